//! Proofs of device keys for which no attester speaks: those of a device that renews its tokens, or reports a
//! loss.

use std::collections::BTreeSet;
use std::sync::Arc;

use szid_register::KeyDigest;

use super::proof::{Expected, FOR_LOSSES, verify_possession};
use super::{Issuance, IssuanceFault, nonces, on_blocking_thread};

/// Checks proofs off the threads that serve others.
pub(super) async fn check_aside<T: Send + 'static>(
    issuance: &Arc<Issuance>,
    now: u64,
    check: impl FnOnce(&Expected<'_>) -> T + Send + 'static,
) -> Result<T, IssuanceFault> {
    let issuance = Arc::clone(issuance);
    let checked = on_blocking_thread(move || {
        check(&Expected {
            issuer: &issuance.common.base_url,
            attesters: &[],
            now,
            nonce_is_good: &|nonce| nonces::is_good(&issuance, nonce, now),
        })
    });
    checked.await
}

/// The keys that the good ones among these proofs of a loss speak for, where a report counts without them as
/// well; none where a nonce of theirs was used before.
pub(crate) async fn proven_keys(issuance: &Arc<Issuance>, proofs: Vec<String>) -> Vec<KeyDigest> {
    let now = issuance.common.clock.now();
    let proven = check_aside(issuance, now, move |expected| {
        let (mut keys, mut nonces) = (Vec::new(), BTreeSet::new());
        for proof in &proofs {
            // One that is none spoils no other.
            if let Ok((key, nonce)) =
                verify_possession(std::slice::from_ref(proof), FOR_LOSSES, expected)
            {
                keys.extend(key);
                nonces.extend(nonce);
            }
        }
        (keys, nonces)
    });
    let Ok((keys, nonces)) = proven.await else { return Vec::new() };
    if keys.is_empty() || issuance.nonces.use_up(&nonces, now).is_err() {
        return Vec::new();
    }
    keys.iter().map(KeyDigest::of).collect()
}
