//! A person's identity data as it lies in the register: sealed with a data key of its own, which the
//! register's key wraps. Who destroys the wrapped key destroys the identity: nothing else opens its content.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::PersonId;
use crate::entropy::{Entropy, EntropyError, make_random};
use crate::register_key::{RegisterKey, open_with, seal_with};

/// A data key, 32 bytes, wrapped by the register's key: a nonce of 12 bytes, the key, a tag of 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrappedKey(pub [u8; 60]);

/// Identity data, sealed to the person that it is of: no two persons' can be exchanged for each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedIdentity {
    /// The person's data key. Nothing in rows up to format 5, whose content is sealed with the register's key
    /// itself, until the register is unlocked.
    pub key: Option<WrappedKey>,
    /// The content: a nonce of 12 bytes, what is sealed, a tag of 16 bytes (AES-256-GCM).
    pub content: Vec<u8>,
}

impl SealedIdentity {
    /// SHA-256 of the content: another one in its place is told from it.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.content).into()
    }
}

impl RegisterKey {
    /// Seals identity data with a new data key.
    ///
    /// # Errors
    /// [`EntropyError`].
    pub fn seal_identity(
        &self,
        plain: &[u8],
        person: PersonId,
        entropy: &dyn Entropy,
    ) -> Result<SealedIdentity, EntropyError> {
        let data_key = Zeroizing::new(make_random::<32>(entropy)?);
        let wrapped = self.wrap(&*data_key, &person.0, entropy)?;
        let wrapped = wrapped.try_into().map_err(|_| EntropyError)?;
        let content = seal_with(&data_key, plain, &person.0, entropy)?;
        Ok(SealedIdentity { key: Some(WrappedKey(wrapped)), content })
    }

    /// Opens identity data of this person, `None` for anything else.
    pub fn open_identity(
        &self,
        sealed: &SealedIdentity,
        person: PersonId,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let Some(WrappedKey(wrapped)) = &sealed.key else {
            return self.open(&sealed.content, &person.0);
        };
        let data_key = self.unwrap(wrapped, &person.0)?;
        open_with(data_key.as_slice().try_into().ok()?, &sealed.content, &person.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;

    const ME: PersonId = PersonId([1; 16]);
    const OTHER: PersonId = PersonId([2; 16]);

    #[test]
    fn identities_are_each_under_a_key_of_their_own_and_open_for_their_person_alone() {
        let key = RegisterKey::derive(&[7; 32]);
        let seal = |person| key.seal_identity(b"name", person, &SystemEntropy).unwrap();
        let (mine, others) = (seal(ME), seal(OTHER));
        assert_eq!(key.open_identity(&mine, ME).unwrap().as_slice(), b"name");
        assert!(key.open_identity(&mine, OTHER).is_none());
        assert!(RegisterKey::derive(&[8; 32]).open_identity(&mine, ME).is_none());
        for mixed in [
            SealedIdentity { key: others.key, content: mine.content.clone() },
            SealedIdentity { key: seal(ME).key, content: mine.content.clone() },
            SealedIdentity { key: None, content: mine.content.clone() },
        ] {
            assert!(key.open_identity(&mixed, ME).is_none(), "without its key nothing opens it");
        }
        let WrappedKey(mut wrapped) = mine.key.unwrap();
        for at in 0..wrapped.len() {
            wrapped[at] ^= 1;
            let damaged = SealedIdentity { key: Some(WrappedKey(wrapped)), ..mine.clone() };
            assert!(key.open_identity(&damaged, ME).is_none(), "byte {at}");
            wrapped[at] ^= 1;
        }
    }

    #[test]
    fn what_an_earlier_format_sealed_with_the_registers_key_is_read() {
        let key = RegisterKey::derive(&[7; 32]);
        let content = key.seal(b"name", &ME.0, &SystemEntropy).unwrap();
        let sealed = SealedIdentity { key: None, content };
        assert_eq!(key.open_identity(&sealed, ME).unwrap().as_slice(), b"name");
        assert!(key.open_identity(&sealed, OTHER).is_none());
    }
}
