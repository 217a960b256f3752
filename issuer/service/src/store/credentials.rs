//! Bearer credentials: the secret is shown once, the store keeps its hash.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use super::{Bearer, Store, StoreError};
use crate::entropy::{Entropy, make_random};

/// Makes a credential and returns its secret, 32 random bytes as base64url.
///
/// # Errors
/// [`StoreError`]: nothing was made then.
pub async fn make_credential(
    store: &dyn Store,
    bearer: Bearer,
    entropy: &dyn Entropy,
    at: u64,
) -> Result<String, StoreError> {
    let secret = BASE64URL_NOPAD.encode(&make_random::<32>(entropy)?);
    store.put_credential(Sha256::digest(&secret).into(), bearer, at).await?;
    Ok(secret)
}
