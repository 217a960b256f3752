//! The key hierarchy: one master key, and one derived key for each purpose.

use aes_gcm::{Aes256Gcm, KeyInit};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Length of the master key.
pub(crate) const MASTER_KEY_LEN: usize = 32;
/// Length of the public, random identifier of a vault, which salts every derivation.
pub(crate) const VAULT_ID_LEN: usize = 16;

/// The labels of the derivations. A label is never reused for another purpose.
pub(crate) const LABEL_HEADER: &[u8] = b"szid-vault/1/header-mac";
pub(crate) const LABEL_SEAL: &[u8] = b"szid-vault/1/record-seal";
pub(crate) const LABEL_BLIND: &[u8] = b"szid-vault/1/name-blind";
pub(crate) const LABEL_MIRROR: &[u8] = b"szid-vault/1/mirror-mac";

/// The derived keys of an open vault. Has no `Debug`, and its parts are cleared when it is dropped.
pub(crate) struct Keys {
    /// Seals and opens records; the cipher clears its key schedule when dropped.
    pub(crate) seal: Aes256Gcm,
    header: Zeroizing<[u8; 32]>,
    blind: Zeroizing<[u8; 32]>,
    mirror: Zeroizing<[u8; 32]>,
}

impl Keys {
    /// Derives all keys from the master key.
    pub(crate) fn derive(master: &[u8; MASTER_KEY_LEN], vault_id: &[u8; VAULT_ID_LEN]) -> Keys {
        let seal = derive_key(master, vault_id, LABEL_SEAL);
        Keys {
            seal: Aes256Gcm::new((&*seal).into()),
            header: derive_key(master, vault_id, LABEL_HEADER),
            blind: derive_key(master, vault_id, LABEL_BLIND),
            mirror: derive_key(master, vault_id, LABEL_MIRROR),
        }
    }

    /// Proves that the key file belongs to this master key.
    pub(crate) fn header_tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        mac(&self.header, parts)
    }

    /// Turns a name into bytes that say nothing about it.
    pub(crate) fn blind(&self, parts: &[&[u8]]) -> [u8; 32] {
        mac(&self.blind, parts)
    }

    /// Authenticates a frame of the mirror.
    pub(crate) fn mirror_tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        mac(&self.mirror, parts)
    }
}

/// HKDF-SHA256 with the vault's identifier as salt and a label as info.
pub(crate) fn derive_key(
    master: &[u8; 32],
    vault_id: &[u8; VAULT_ID_LEN],
    label: &[u8],
) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0u8; 32]);
    // Expanding one block cannot exceed HKDF's limit of 255 blocks.
    let _ = Hkdf::<Sha256>::new(Some(vault_id), master).expand(label, key.as_mut());
    key
}

/// HMAC-SHA256 over length-prefixed parts, so that no two lists of parts give the same input.
fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&padded_block(key).into());
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// HMAC pads a short key with zeros to the block; done here, so that no fallible constructor is needed.
fn padded_block(key: &[u8; 32]) -> [u8; 64] {
    let mut block = [0u8; 64];
    block[..32].copy_from_slice(key);
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with an independent HKDF (Python's hmac and hashlib): master 00..1f, vault identifier a0..af.
    #[test]
    fn derivations_are_frozen() {
        let master: [u8; 32] = std::array::from_fn(|i| i as u8);
        let id: [u8; 16] = std::array::from_fn(|i| 0xa0 + i as u8);
        let hex = |label| {
            derive_key(&master, &id, label).iter().map(|b| format!("{b:02x}")).collect::<String>()
        };
        assert_eq!(
            hex(LABEL_HEADER),
            "59d761ebdcffd887914272565a27ee5e2dd0849ea91e669b2d4f98b31ffa069a"
        );
        assert_eq!(
            hex(LABEL_SEAL),
            "1ca8a716592f2fab091b32f17c3a966936e9a0ea59c5f5887ad49ab3aca825e0"
        );
        assert_eq!(
            hex(LABEL_BLIND),
            "6e53f85aa6868f54414377f962b0abf7404ceb21e489de5d0e58020309684780"
        );
        assert_eq!(
            hex(LABEL_MIRROR),
            "569f56d6f349f1e896212a6f631ba9dd784828387cc1d471cc3f0a48eb36b1f9"
        );
        let tag: String = Keys::derive(&master, &id)
            .blind(&[b"a", b"bc"])
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        assert_eq!(tag, "b8b13d604559eb1c0fa5f77b8130015c8e345b5cd5c360482a714a1c3a0c1185");
    }
}
