//! The key in `register.key`: it wraps the register's data secret, and can be replaced without touching a
//! record.

use std::path::Path;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::DataSecret;
use crate::entropy::{Entropy, make_random};
use crate::key_file::{KeyFileError, read_private, write_private};

/// Never leaves this process; has no `Debug`.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl MasterKey {
    /// Makes a key and writes it, in hexadecimal, to a new file that only its owner may read.
    ///
    /// # Errors
    /// [`KeyFileError`]; a file that is there already is never written over.
    pub fn make(path: &Path, entropy: &dyn Entropy) -> Result<Self, KeyFileError> {
        let key = Self::throw_away(entropy)?;
        let mut text = Zeroizing::new(String::with_capacity(65));
        HEXLOWER.encode_append(key.0.as_slice(), &mut text);
        text.push('\n');
        write_private(path, text.as_bytes())?;
        Ok(key)
    }

    /// Reads what [`make`](Self::make) made.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        let text = read_private(path)?;
        let hex = text.trim_ascii();
        let bytes =
            Zeroizing::new(HEXLOWER_PERMISSIVE.decode(hex).map_err(|_| KeyFileError::Content)?);
        let key: &[u8; 32] = bytes.as_slice().try_into().map_err(|_| KeyFileError::Content)?;
        Ok(Self(Zeroizing::new(*key)))
    }

    /// A key that lives no longer than this process.
    ///
    /// # Errors
    /// [`KeyFileError::Entropy`].
    pub fn throw_away(entropy: &dyn Entropy) -> Result<Self, KeyFileError> {
        let key = make_random(entropy).map_err(|_| KeyFileError::Entropy)?;
        Ok(Self(Zeroizing::new(key)))
    }

    /// Tells this key from others and says nothing else of it.
    pub(crate) fn check_value(&self) -> [u8; 16] {
        let mut value = [0; 16];
        value.copy_from_slice(&self.derive("szid register key check v1")[..16]);
        value
    }

    /// A key derived for one purpose (HKDF-SHA256).
    pub(crate) fn derive(&self, label: &str) -> Zeroizing<[u8; 32]> {
        derive(&self.0, label)
    }

    /// The data secret of a register from before secrets were wrapped: there the key itself had its place.
    pub(crate) fn as_data_secret(&self) -> DataSecret {
        self.0.clone()
    }
}

/// HKDF-SHA256 with one label.
pub(crate) fn derive(secret: &[u8; 32], label: &str) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    // 32 bytes are far below HKDF's limit, so that this cannot fail.
    let _ = Hkdf::<Sha256>::new(None, secret).expand(label.as_bytes(), key.as_mut());
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;

    #[test]
    fn a_key_comes_back_from_its_file_and_has_a_check_value_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("register.key");
        let made = MasterKey::make(&path, &SystemEntropy).unwrap();
        assert_eq!(MasterKey::read(&path).unwrap().check_value(), made.check_value());
        let other = MasterKey::throw_away(&SystemEntropy).unwrap();
        assert_ne!(other.check_value(), made.check_value());
        assert!(matches!(MasterKey::make(&path, &SystemEntropy), Err(KeyFileError::Exists)));
    }
}
