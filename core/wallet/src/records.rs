//! What the wallet keeps in the vault, and how it is written.

use data_encoding::BASE64URL_NOPAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use szid_vault::{Change, DamagedPart, MAX_VALUE_LEN, Vault, VaultError};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::error::WalletError;

/// Single records, named below, and the parts of the trust list.
pub(crate) const STATE: &str = "state";
/// Day passes, by their day.
pub(crate) const PASSES: &str = "passes";
/// Handles of device keys that no pass names, or not yet: they are deleted when the next flow begins.
pub(crate) const LOOSE_KEYS: &str = "loose-keys";
/// Handles of keys whose passes were asked for, and whose answer has not come.
pub(crate) const ASKED_KEYS: &str = "asked-keys";
/// Passes that a new strip replaced and whose keys are kept, by their day: no code is made of them.
pub(crate) const KEPT_PASSES: &str = "kept-passes";

pub(crate) const ENROLLED: &str = "enrolled";
pub(crate) const ACCESS: &str = "access";
pub(crate) const ANCHOR: &str = "anchor";
/// The issuer's metadata, and when they were read.
pub(crate) const METADATA: &str = "metadata";
/// A signed time that lies ahead of the wallet's, until it is said again.
pub(crate) const DOUBTED: &str = "doubted-time";
/// The newest event of the account that was shown.
pub(crate) const SEEN_EVENT: &str = "seen-event";
/// What the service last said of the account.
pub(crate) const LAST_KNOWN: &str = "last-known";
/// The identity level that the service last told.
pub(crate) const LEVEL: &str = "identity-level";
/// What the service calls this device.
pub(crate) const THIS_DEVICE: &str = "this-device";
/// The holder's masked name, where the holder chose to see it.
pub(crate) const MASKED_NAME: &str = "masked-name";
/// The PIN, as Argon2id keeps it.
pub(crate) const PIN: &str = "pin";
/// Tries of the PIN since the last right one.
pub(crate) const TRIES: &str = "pin-tries";
/// Since when a PIN may be set without another unlocking.
pub(crate) const PIN_MAY_BE_SET: &str = "pin-may-be-set";
/// The key that a finger or face unlocks.
pub(crate) const BIOMETRIC: &str = "biometric";
/// An offer was taken up whose first strip has not come: with it, unlocking begins anew.
pub(crate) const ENROLLED_ANEW: &str = "enrolled-anew";
/// An offer whose tokens were asked for and have not come.
pub(crate) const TAKING_UP: &str = "taking-up";
/// A report of a loss that has not been answered.
pub(crate) const REPORT: &str = "loss-report";
const TRUST: &str = "trust";

/// A day pass and the handle of its device key. Stored under its day.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredPass {
    pub(crate) handle: String,
    #[serde(with = "base64url")]
    pub(crate) pass: Vec<u8>,
    /// Whether its key asks for the holder at each signature. Records of before had no such keys.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) holder_present: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls it with")]
fn is_false(value: &bool) -> bool {
    !value
}

/// Where the wallet is enrolled.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Enrolled {
    pub(crate) issuer: String,
    pub(crate) refresh_token: String,
    /// SHA-256 of the offer that was taken up, so that a retry with the same one goes on where it stopped.
    #[serde(with = "base64url")]
    pub(crate) offer: Vec<u8>,
    /// The passes that are there come from an earlier enrolment: the next strip replaces them all.
    pub(crate) replace_strip: bool,
    /// They are replaced since the issuer's register was put back, or since no list names the key that signed
    /// them: some of their own keys are kept.
    #[serde(default, rename = "replaced_for_epoch")]
    pub(crate) keeps_replaced: bool,
    /// The issuer's epoch when the strip was last replaced, or begun, as a signed head shows it; of before it
    /// was asked for one, as the metadata said.
    #[serde(default)]
    pub(crate) epoch: u32,
    /// The register that signed heads are of, in base64url; `None` until there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) register: Option<String>,
    /// The refresh token before. A register that was put back from a copy may know this one and not its
    /// successor.
    #[serde(default)]
    pub(crate) refresh_token_before: Option<String>,
}

/// An offer that is being taken up: what it takes to ask for its tokens again, since the service gives the
/// offer itself no more once they were asked for. The transaction code is not kept: whoever goes on brings
/// it.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(crate) struct TakingUp {
    /// SHA-256 of the offer.
    #[serde(with = "base64url")]
    pub(crate) offer: Vec<u8>,
    pub(crate) issuer: String,
    pub(crate) code: String,
    /// What only this wallet knows: whoever asks for the tokens again without it is another one. None in
    /// records of before.
    #[serde(default)]
    pub(crate) retry_secret: Option<String>,
}

/// The access token of the last answer, for as long as it is good.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Access {
    pub(crate) token: String,
    /// In corrected time.
    pub(crate) expires_at: u64,
}

/// Bytes as base64url text: JSON arrays of numbers are three times as long.
pub(crate) mod base64url {
    use super::BASE64URL_NOPAD;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64URL_NOPAD.encode(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        BASE64URL_NOPAD.decode(String::deserialize(from)?.as_bytes()).map_err(D::Error::custom)
    }
}

/// Changes that are written together.
#[derive(Default)]
pub(crate) struct Batch(Vec<Entry>);

struct Entry {
    collection: &'static str,
    name: String,
    /// `None` to delete.
    value: Option<Zeroizing<Vec<u8>>>,
}

impl Batch {
    pub(crate) fn put(
        &mut self,
        collection: &'static str,
        name: impl Into<String>,
        value: &impl Serialize,
    ) -> Result<(), WalletError> {
        let value = serde_json::to_vec(value)
            .map_err(|_| WalletError::Answer("a record cannot be written"))?;
        self.put_bytes(collection, name, value);
        Ok(())
    }

    fn put_bytes(&mut self, collection: &'static str, name: impl Into<String>, value: Vec<u8>) {
        self.0.push(Entry { collection, name: name.into(), value: Some(value.into()) });
    }

    pub(crate) fn delete(&mut self, collection: &'static str, name: impl Into<String>) {
        self.0.push(Entry { collection, name: name.into(), value: None });
    }

    /// The trust list may be larger than one record: it is cut into parts, the shorter last one (or an empty
    /// one) ends it.
    pub(crate) fn put_trust(&mut self, list: &[u8]) {
        let parts = list.len() / MAX_VALUE_LEN + 1;
        for part in 0..parts {
            let from = part * MAX_VALUE_LEN;
            let to = list.len().min(from + MAX_VALUE_LEN);
            self.put_bytes(STATE, format!("{TRUST}-{part}"), list[from..to].to_vec());
        }
    }

    pub(crate) fn write(&self, vault: &Vault) -> Result<(), WalletError> {
        let changes: Vec<Change<'_>> = self
            .0
            .iter()
            .map(|Entry { collection, name, value }| match value {
                Some(value) => Change::Put { collection, name, value },
                None => Change::Delete { collection, name },
            })
            .collect();
        Ok(vault.batch(&changes)?)
    }
}

pub(crate) fn load<T: DeserializeOwned>(
    vault: &Vault,
    collection: &str,
    name: &str,
) -> Result<Option<T>, WalletError> {
    let Some(bytes) = vault.get(collection, name)? else { return Ok(None) };
    // The vault authenticates what it gives, so that only another version of this software can have written
    // this.
    let damaged = |_| WalletError::Vault(VaultError::Damaged(DamagedPart::Store));
    serde_json::from_slice(&bytes).map(Some).map_err(damaged)
}

/// The trust list as it was received.
pub(crate) fn load_trust(vault: &Vault) -> Result<Option<Vec<u8>>, WalletError> {
    let mut list = Vec::new();
    for part in 0.. {
        match vault.get(STATE, &format!("{TRUST}-{part}"))? {
            None if part == 0 => return Ok(None),
            None => break,
            Some(bytes) => {
                list.extend_from_slice(&bytes);
                if bytes.len() < MAX_VALUE_LEN {
                    break;
                }
            }
        }
    }
    Ok(Some(list))
}

/// Days sort by name.
pub(crate) fn day_name(exp: u64) -> String {
    format!("{exp:012}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::software::{MockSealingKey, SystemEntropy};
    use std::sync::Arc;

    #[test]
    fn passes_keep_the_bytes_that_they_had_before_keys_could_ask_for_the_holder() {
        let before = r#"{"handle":"pass-1-ab","pass":"AQID"}"#;
        let read: StoredPass = serde_json::from_str(before).unwrap();
        assert!(!read.holder_present && read.pass == [1, 2, 3]);
        assert_eq!(serde_json::to_string(&read).unwrap(), before);
        let asking = StoredPass { holder_present: true, ..read };
        let bytes = r#"{"handle":"pass-1-ab","pass":"AQID","holder_present":true}"#;
        assert_eq!(serde_json::to_string(&asking).unwrap(), bytes);
        assert!(serde_json::from_str::<StoredPass>(bytes).unwrap().holder_present);
    }

    #[test]
    fn trust_lists_of_every_size_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let (vault, _) = Vault::open(
            folder.path().join("vault"),
            Arc::new(MockSealingKey::default()),
            Arc::new(SystemEntropy),
        )
        .unwrap();
        assert_eq!(load_trust(&vault).unwrap(), None);
        for length in [65_536, 40_000, 2 * MAX_VALUE_LEN, MAX_VALUE_LEN, 200, MAX_VALUE_LEN + 1] {
            let list: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let mut batch = Batch::default();
            batch.put_trust(&list);
            batch.write(&vault).unwrap();
            assert!(load_trust(&vault).unwrap() == Some(list), "{length}");
        }
    }
}
