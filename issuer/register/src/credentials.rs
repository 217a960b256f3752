//! Bearer credentials: the secret is shown once, the store keeps its hash.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use super::{Bearer, Store, StoreError};
use crate::entropy::{Entropy, EntropyError, make_random};

/// A new bearer secret: 32 random bytes as base64url.
///
/// # Errors
/// [`EntropyError`].
pub fn draw_secret(entropy: &dyn Entropy) -> Result<String, EntropyError> {
    Ok(BASE64URL_NOPAD.encode(&make_random::<32>(entropy)?))
}

/// Makes a credential and returns its secret.
///
/// # Errors
/// [`StoreError`]: nothing was made then.
pub async fn make_credential(
    store: &dyn Store,
    bearer: Bearer,
    entropy: &dyn Entropy,
    at: u64,
) -> Result<String, StoreError> {
    let secret = draw_secret(entropy)?;
    store.put_credential(Sha256::digest(&secret).into(), bearer, at).await?;
    Ok(secret)
}
