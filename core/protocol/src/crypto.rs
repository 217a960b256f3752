//! Signature algorithms: one registry of identifiers, and the ports behind which the arithmetic lies.
//!
//! The algorithm that counts is the one of the trusted key. What a message claims must be equal to it and is
//! never used to choose anything.

use crate::key::PublicKey;

/// The COSE algorithm identifier of ECDSA with P-256 and SHA-256 (RFC 9053, section 2.1).
pub const ES256: i64 = -7;

/// The length of every signature of profile 1, in bytes: r and s, 32 bytes each.
pub const SIGNATURE_LENGTH: usize = 64;

/// A raw signature: r and s as big-endian 32-byte integers.
pub type Signature = [u8; SIGNATURE_LENGTH];

/// A key is not one that the algorithm can use: not a point on the curve, or the point at infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the public key is not a point on its curve")]
pub struct InvalidKey;

/// Makes verifying keys. Implementations: [`P256Backend`] here; a faster one in the verifier crate.
pub trait SignatureBackend: Send + Sync {
    /// Prepares a public key for use.
    ///
    /// # Errors
    /// [`InvalidKey`] when the coordinates are no point on the curve.
    fn verifying_key(&self, key: &PublicKey) -> Result<Box<dyn VerifyingKey>, InvalidKey>;

    /// Prepares a public key that will verify very many signatures; a backend may spend memory on it.
    ///
    /// # Errors
    /// As [`verifying_key`](Self::verifying_key).
    fn lasting_key(&self, key: &PublicKey) -> Result<Box<dyn VerifyingKey>, InvalidKey> {
        self.verifying_key(key)
    }
}

/// A public key that is ready to verify ES256 signatures.
pub trait VerifyingKey: Send + Sync {
    /// True when `signature` over `message` was made by this key. `message` is hashed inside.
    fn verify(&self, message: &[u8], signature: &Signature) -> bool;
}

/// A signing key, wherever it lies: a file, an HSM, a phone's key store.
pub trait Signer: Send + Sync {
    /// The public half.
    fn public_key(&self) -> PublicKey;

    /// Signs `message` (hashed inside) with ES256.
    ///
    /// # Errors
    /// [`SignerError`] when the key cannot be used now.
    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError>;
}

/// A signer could not sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signing key is not available")]
pub struct SignerError;

/// ES256 by the `p256` crate: pure Rust, used on phones and where no faster backend is at hand.
#[derive(Clone, Copy, Debug, Default)]
pub struct P256Backend;

impl SignatureBackend for P256Backend {
    fn verifying_key(&self, key: &PublicKey) -> Result<Box<dyn VerifyingKey>, InvalidKey> {
        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&key.to_compressed())
            .map_err(|_| InvalidKey)?;
        Ok(Box::new(key))
    }
}

impl VerifyingKey for p256::ecdsa::VerifyingKey {
    fn verify(&self, message: &[u8], signature: &Signature) -> bool {
        p256::ecdsa::Signature::from_slice(signature).is_ok_and(|signature| {
            p256::ecdsa::signature::Verifier::verify(self, message, &signature).is_ok()
        })
    }
}

/// A signing key in this process's memory: for tests, the command line and mocks of key stores. Zeroised when
/// dropped.
pub struct SoftwareSigner(p256::ecdsa::SigningKey);

impl SoftwareSigner {
    /// The key whose private scalar is these 32 big-endian bytes.
    ///
    /// # Errors
    /// [`InvalidKey`] for zero and for values not below the group order.
    pub fn from_scalar(scalar: &[u8; 32]) -> Result<Self, InvalidKey> {
        p256::ecdsa::SigningKey::from_slice(scalar).map(Self).map_err(|_| InvalidKey)
    }
}

impl Signer for SoftwareSigner {
    fn public_key(&self) -> PublicKey {
        PublicKey::from_p256(self.0.verifying_key())
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
        use p256::ecdsa::signature::Signer as _;
        let signature: p256::ecdsa::Signature =
            self.0.try_sign(message).map_err(|_| SignerError)?;
        Ok(signature.to_bytes().into())
    }
}
