//! The phone's key store, seen from the other side of the border.

use std::sync::Arc;

use szid_protocol::crypto::Signature;
use szid_protocol::key::PublicKey;
use szid_wallet::{KeyError, SealingError};
use uniffi::UnexpectedUniFFICallbackError;
use zeroize::Zeroizing;

use super::signature;

/// The phone's key store: P-256 keys that never leave it. The wallet chooses the handles.
#[uniffi::export(foreign)]
pub trait DeviceKeys: Send + Sync {
    /// Makes a key under a handle, or finds the one that is there; returns its public half as DER
    /// SubjectPublicKeyInfo.
    fn create(&self, handle: String, policy: KeyPolicy) -> Result<Vec<u8>, KeyPortError>;

    /// The public half of a key as DER SubjectPublicKeyInfo.
    fn public_key(&self, handle: String) -> Result<Vec<u8>, KeyPortError>;

    /// Signs with ECDSA over SHA-256, which hashes the message inside. The signature is r and s, 32 bytes
    /// each, or the DER that Android's and Apple's key stores give.
    fn sign(&self, handle: String, message: Vec<u8>) -> Result<Vec<u8>, KeyPortError>;

    /// Destroys a key; answers true once it is gone. One that is not there is fine.
    fn delete(&self, handle: String) -> Result<bool, KeyPortError>;
}

/// When a device key may sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum KeyPolicy {
    /// Whenever the phone is unlocked.
    DeviceUnlocked,
    /// Only with the holder's finger or face for each signature, never with the screen lock's number in their
    /// place, and destroyed by the phone when another finger or face is added.
    HolderPresent,
}

impl From<KeyPolicy> for szid_wallet::KeyPolicy {
    fn from(policy: KeyPolicy) -> Self {
        match policy {
            KeyPolicy::DeviceUnlocked => Self::DeviceUnlocked,
            KeyPolicy::HolderPresent => Self::HolderPresent,
        }
    }
}

/// Why a device key did not do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum KeyPortError {
    /// There is no such key, or the phone has invalidated it for good, as when another finger was added; the
    /// public half may still be there. Never for what passes: the wallet lets go of the key's pass.
    #[error("the device key is gone")]
    Lost,
    /// The device is locked, or the key store is busy: it may work later.
    #[error("the device key cannot be used now")]
    Unavailable,
    /// The holder said no, or was not recognised.
    #[error("the holder did not allow the device key to be used")]
    NotAllowed,
}

impl From<UnexpectedUniFFICallbackError> for KeyPortError {
    fn from(_: UnexpectedUniFFICallbackError) -> Self {
        Self::Unavailable
    }
}

impl From<KeyPortError> for KeyError {
    fn from(error: KeyPortError) -> Self {
        match error {
            KeyPortError::Lost => Self::Lost,
            KeyPortError::Unavailable => Self::Unavailable,
            KeyPortError::NotAllowed => Self::NotAllowed,
        }
    }
}

/// The app's backend, which looks at the phone's own evidence and says where keys lie (OpenID4VCI 1.0,
/// appendix D).
#[uniffi::export(foreign)]
pub trait KeyAttester: Send + Sync {
    /// An attestation (`key-attestation+jwt`) for these keys, in this order, with the issuer's nonce in it;
    /// nothing where this phone has nothing to show. May wait for the backend.
    fn attest(&self, keys: Vec<KeyToAttest>, nonce: String)
    -> Result<Option<String>, KeyPortError>;
}

/// A key that an attestation is asked for.
#[derive(Clone, Debug, uniffi::Record)]
pub struct KeyToAttest {
    /// The handle it was made under.
    pub handle: String,
    /// Its public half as DER SubjectPublicKeyInfo.
    pub public_key: Vec<u8>,
}

/// The phone's key that wraps the vault's key.
#[uniffi::export(foreign)]
pub trait SealingKey: Send + Sync {
    /// Encrypts, with authentication; at most 4096 bytes come back. The key is made if there is none.
    fn wrap(&self, plain: Vec<u8>) -> Result<Vec<u8>, SealingPortError>;

    /// Decrypts what `wrap` returned, and refuses anything else.
    fn unwrap(&self, wrapped: Vec<u8>) -> Result<Vec<u8>, SealingPortError>;

    /// Destroys the key for good; answers true once it is gone, also where it was gone already.
    fn destroy_key(&self) -> Result<bool, SealingPortError>;
}

/// Why the sealing key did not do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum SealingPortError {
    /// The key cannot be used now.
    #[error("the sealing key cannot be used now")]
    Unavailable,
    /// The key is gone, or the platform has invalidated it.
    #[error("the sealing key no longer exists")]
    Lost,
    /// The bytes were not wrapped by this key.
    #[error("the wrapped bytes were not made by this sealing key")]
    Rejected,
}

impl From<UnexpectedUniFFICallbackError> for SealingPortError {
    fn from(_: UnexpectedUniFFICallbackError) -> Self {
        Self::Unavailable
    }
}

impl From<SealingPortError> for SealingError {
    fn from(error: SealingPortError) -> Self {
        match error {
            SealingPortError::Unavailable => Self::Unavailable,
            SealingPortError::Lost => Self::Lost,
            SealingPortError::Rejected => Self::Rejected,
        }
    }
}

/// The app's backend as the core's port.
pub(crate) struct ShellAttester(pub(crate) Arc<dyn KeyAttester>);

impl szid_wallet::KeyAttester for ShellAttester {
    fn attest(
        &self,
        keys: &[(String, PublicKey)],
        nonce: &str,
    ) -> Result<Option<String>, KeyError> {
        let key = |(handle, key): &(String, PublicKey)| {
            let public_key = key.to_spki_der().map_err(|_| KeyError::Unavailable)?;
            Ok(KeyToAttest { handle: handle.clone(), public_key })
        };
        let keys = keys.iter().map(key).collect::<Result<_, KeyError>>()?;
        Ok(self.0.attest(keys, nonce.to_owned())?)
    }
}

/// The shell's key store as the core's port.
pub(crate) struct ShellKeys(pub(crate) Arc<dyn DeviceKeys>);

impl szid_wallet::DeviceKeys for ShellKeys {
    fn create(&self, handle: &str, policy: szid_wallet::KeyPolicy) -> Result<PublicKey, KeyError> {
        let policy = match policy {
            szid_wallet::KeyPolicy::DeviceUnlocked => KeyPolicy::DeviceUnlocked,
            szid_wallet::KeyPolicy::HolderPresent => KeyPolicy::HolderPresent,
            // A policy that shells do not know yet: no key is better than one that is free to sign.
            _ => return Err(KeyError::Unavailable),
        };
        public_key(&self.0.create(handle.to_owned(), policy)?)
    }

    fn public_key(&self, handle: &str) -> Result<PublicKey, KeyError> {
        public_key(&self.0.public_key(handle.to_owned())?)
    }

    fn sign(&self, handle: &str, message: &[u8]) -> Result<Signature, KeyError> {
        let signature = self.0.sign(handle.to_owned(), message.to_vec())?;
        signature::read(&signature).ok_or(KeyError::WrongSignature)
    }

    fn delete(&self, handle: &str) -> Result<(), KeyError> {
        if self.0.delete(handle.to_owned())? { Ok(()) } else { Err(KeyError::Unavailable) }
    }
}

/// A key store that hands out something else than P-256 keys cannot be used.
fn public_key(der: &[u8]) -> Result<PublicKey, KeyError> {
    PublicKey::from_spki_der(der).map_err(|_| KeyError::Unavailable)
}

/// The shell's sealing key as the core's port.
pub(crate) struct ShellSealing(pub(crate) Arc<dyn SealingKey>);

impl szid_wallet::SealingKey for ShellSealing {
    fn wrap(&self, plain: &[u8]) -> Result<Vec<u8>, SealingError> {
        Ok(self.0.wrap(plain.to_vec())?)
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        Ok(Zeroizing::new(self.0.unwrap(wrapped.to_vec())?))
    }

    fn destroy(&self) -> Result<(), SealingError> {
        if self.0.destroy_key()? { Ok(()) } else { Err(SealingError::Unavailable) }
    }
}
