//! The keys that sign in the service's name, and the files they may lie in.

use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use szid_protocol::crypto::{Signature, Signer, SignerError};
use szid_protocol::key::PublicKey;
pub use szid_protocol::trust::status_prefix;
use szid_protocol::trust::{Purpose, TrustedKey, VerifiedTrustList};
use szid_register::entropy::{Entropy, make_random};
use szid_register::key_file::{KeyFileError, read_private, write_private};
use zeroize::Zeroizing;

/// The keys that sign in the service's name. The root key is not among them: it never lies beside the
/// service.
#[derive(Clone)]
pub struct ServiceKeys {
    /// Signs passes.
    pub pass: Arc<dyn Signer>,
    /// Signs status lists.
    pub status: Arc<dyn Signer>,
    /// Signs scene policies.
    pub scenes: Arc<dyn Signer>,
    /// Signs the time.
    pub time: Arc<dyn Signer>,
    /// Signs venue codes.
    pub venue: Arc<dyn Signer>,
    /// Signs receipts of scans.
    pub receipt: Arc<dyn Signer>,
}

impl ServiceKeys {
    /// The keys that `signer` gives for their names: `pass`, `status`, `scenes`, `time`, `venue`, `receipt`.
    ///
    /// # Errors
    /// The first one of `signer`.
    pub fn try_from_names<E>(signer: impl Fn(&str) -> Result<FileSigner, E>) -> Result<Self, E> {
        Ok(Self {
            pass: Arc::new(signer("pass")?),
            status: Arc::new(signer("status")?),
            scenes: Arc::new(signer("scenes")?),
            time: Arc::new(signer("time")?),
            venue: Arc::new(signer("venue")?),
            receipt: Arc::new(signer("receipt")?),
        })
    }

    /// Keys that live no longer than this process.
    ///
    /// # Errors
    /// [`KeyFileError::Entropy`].
    pub fn throw_away(entropy: &dyn Entropy) -> Result<Self, KeyFileError> {
        Self::try_from_names(|_| FileSigner::throw_away(entropy))
    }

    /// The keys with their purposes.
    pub fn by_purpose(&self) -> [(Purpose, &Arc<dyn Signer>); 6] {
        [
            (Purpose::Pass, &self.pass),
            (Purpose::Status, &self.status),
            (Purpose::Scenes, &self.scenes),
            (Purpose::Time, &self.time),
            (Purpose::Venue, &self.venue),
            (Purpose::Receipt, &self.receipt),
        ]
    }

    /// The entries of a trust list for these keys, valid from `from` to `to`; status lists are served below
    /// `base_url`.
    pub fn trusted(&self, base_url: &str, from: u64, to: u64) -> Vec<TrustedKey> {
        let entries = self.by_purpose().map(|(purpose, signer)| TrustedKey {
            key: signer.public_key(),
            purpose,
            from,
            to,
            status_prefix: (purpose == Purpose::Pass).then(|| status_prefix(base_url)),
        });
        entries.into()
    }
}

/// A key that signs no more, while trust lists name it: what it signed is still good.
#[derive(Clone, Debug)]
pub struct ReplacedKey {
    /// The key.
    pub key: PublicKey,
    /// What it signed.
    pub purpose: Purpose,
    /// Unix seconds: lists name it until then.
    pub until: u64,
}

impl ReplacedKey {
    /// Whether a list leaves the key out that should name it: then the key was forgotten, as after a theft.
    pub fn is_forgotten_by(&self, list: &VerifiedTrustList) -> bool {
        let mut named = list.keys_for(self.purpose);
        self.until > list.issued_at() && !named.any(|(key, _)| *key == self.key)
    }
}

/// A P-256 key in this process's memory, from a file: for a service without an HSM.
pub struct FileSigner {
    pair: EcdsaKeyPair,
    public: PublicKey,
    random: SystemRandom,
}

impl FileSigner {
    /// Makes a key and writes it, PKCS #8 as PEM, to a new file that only its owner may read.
    ///
    /// # Errors
    /// [`KeyFileError`]; a file that is there already is never written over.
    pub fn make(path: &Path, entropy: &dyn Entropy) -> Result<Self, KeyFileError> {
        let pem = make_secret_key(entropy)?
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|_| KeyFileError::Content)?;
        write_private(path, pem.as_bytes())?;
        Self::read(path)
    }

    /// Reads a key.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        Self::read_pem(path).map_err(|error| match error {
            // Anybody may read it, and no other access to it makes it sign.
            KeyFileError::Exposed | KeyFileError::Content if is_public_key(path) => {
                KeyFileError::Public
            }
            error => error,
        })
    }

    fn read_pem(path: &Path) -> Result<Self, KeyFileError> {
        let pem = Zeroizing::new(
            String::from_utf8(read_private(path)?.to_vec()).map_err(|_| KeyFileError::Content)?,
        );
        let secret = p256::SecretKey::from_pkcs8_pem(&pem).map_err(|_| KeyFileError::Content)?;
        Self::of(&secret)
    }

    /// A key that lives no longer than this process.
    ///
    /// # Errors
    /// [`KeyFileError::Entropy`].
    pub fn throw_away(entropy: &dyn Entropy) -> Result<Self, KeyFileError> {
        Self::of(&make_secret_key(entropy)?)
    }

    fn of(secret: &p256::SecretKey) -> Result<Self, KeyFileError> {
        let der = secret.to_pkcs8_der().map_err(|_| KeyFileError::Content)?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.as_bytes())
            .map_err(|_| KeyFileError::Content)?;
        let spki = secret.public_key().to_public_key_der().map_err(|_| KeyFileError::Content)?;
        let public =
            PublicKey::from_spki_der(spki.as_bytes()).map_err(|_| KeyFileError::Content)?;
        Ok(Self { pair, public, random: SystemRandom::new() })
    }
}

impl Signer for FileSigner {
    fn public_key(&self) -> PublicKey {
        self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
        let signature = self.pair.sign(&self.random, message).map_err(|_| SignerError)?;
        signature.as_ref().try_into().map_err(|_| SignerError)
    }
}

fn make_secret_key(entropy: &dyn Entropy) -> Result<p256::SecretKey, KeyFileError> {
    // One draw in 2^32 lies outside the group; three in a row mean that the source is broken.
    for _ in 0..3 {
        let scalar = Zeroizing::new(make_random::<32>(entropy).map_err(|_| KeyFileError::Entropy)?);
        if let Ok(key) = p256::SecretKey::from_slice(scalar.as_slice()) {
            return Ok(key);
        }
    }
    Err(KeyFileError::Entropy)
}

/// Whether a file is the public half of a key, which is no secret.
fn is_public_key(path: &Path) -> bool {
    std::fs::read(path).is_ok_and(|bytes| PublicKey::from_spki_der(&bytes).is_ok())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use szid_protocol::crypto::{P256Backend, SignatureBackend};
    use szid_register::entropy::SystemEntropy;
    use szid_register::master_key::MasterKey;

    use super::*;

    #[test]
    fn a_key_comes_back_from_its_file_and_signs_what_others_verify() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pass.pem");
        let made = FileSigner::make(&path, &SystemEntropy).unwrap();
        let read = FileSigner::read(&path).unwrap();
        assert_eq!(made.public_key(), read.public_key());
        let signature = read.sign(b"message").unwrap();
        let verifying = P256Backend.verifying_key(&made.public_key()).unwrap();
        assert!(verifying.verify(b"message", &signature));
        assert!(!verifying.verify(b"another", &signature));
        assert!(matches!(FileSigner::make(&path, &SystemEntropy), Err(KeyFileError::Exists)));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pass.pem");
        FileSigner::make(&path, &SystemEntropy).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(FileSigner::read(&path), Err(KeyFileError::Exposed)));
        for content in ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
            let other = folder.path().join(format!("other-{}", content.len()));
            write_private(&other, content.as_bytes()).unwrap();
            assert!(matches!(FileSigner::read(&other), Err(KeyFileError::Content)));
        }
    }

    #[test]
    fn a_registers_key_signs_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("register.key");
        MasterKey::make(&path, &SystemEntropy).unwrap();
        assert!(matches!(FileSigner::read(&path), Err(KeyFileError::Content)));
    }
}
