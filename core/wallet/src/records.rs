//! What the wallet keeps in the vault.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use szid_vault::{Change, Vault};

use crate::error::WalletError;

pub(crate) const STATE: &str = "state";
pub(crate) const PASSES: &str = "passes";

/// A day pass and the handle of its device key. Stored under its day.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredPass {
    pub(crate) handle: String,
    pub(crate) pass: Vec<u8>,
}

/// Where the wallet is enrolled.
#[derive(Serialize, Deserialize)]
pub(crate) struct Enrolled {
    pub(crate) issuer: String,
    pub(crate) refresh_token: String,
}

/// The newest signed time, and what the clocks said then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Anchor {
    pub(crate) server: u64,
    pub(crate) wall: u64,
    pub(crate) monotonic: u64,
    pub(crate) boot: u64,
}

/// The trust list as it was received.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredTrust {
    pub(crate) bytes: Vec<u8>,
}

pub(crate) fn load<T: DeserializeOwned>(
    vault: &Vault,
    collection: &str,
    name: &str,
) -> Result<Option<T>, WalletError> {
    let Some(bytes) = vault.get(collection, name)? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|_| WalletError::Answer("a stored record"))
}

pub(crate) fn encode(value: &impl Serialize) -> Result<zeroize::Zeroizing<Vec<u8>>, WalletError> {
    serde_json::to_vec(value).map(Into::into).map_err(|_| WalletError::Answer("a record to store"))
}

pub(crate) fn save(vault: &Vault, name: &str, value: &impl Serialize) -> Result<(), WalletError> {
    let value = encode(value)?;
    Ok(vault.batch(&[Change::Put { collection: STATE, name, value: &value }])?)
}

/// Days sort by name.
pub(crate) fn day_name(exp: u64) -> String {
    format!("{exp:012}")
}
