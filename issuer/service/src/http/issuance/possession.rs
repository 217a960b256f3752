//! Which device keys are there, where a request counts without them as well.

use std::collections::BTreeSet;

use super::credentials::run_aside;
use super::nonces;
use super::proof::{Expected, FOR_LOSSES, verify_possession};
use crate::http::App;
use crate::store::KeyDigest;

/// The keys that the good ones among these proofs speak for; none where a nonce of theirs was used before.
pub(in crate::http) async fn proven_keys(service: &App, proofs: Vec<String>) -> Vec<KeyDigest> {
    let now = service.clock.now();
    let checking = App::clone(service);
    let proven = run_aside(move || {
        let expected = Expected {
            issuer: &checking.base_url,
            attesters: &[],
            now,
            nonce_is_good: &|nonce| nonces::is_good(&checking, nonce, now),
        };
        let (mut keys, mut nonces) = (Vec::new(), BTreeSet::new());
        for proof in &proofs {
            // One that is none spoils no other.
            if let Ok((key, nonce)) =
                verify_possession(std::slice::from_ref(proof), FOR_LOSSES, &expected)
            {
                keys.extend(key);
                nonces.extend(nonce);
            }
        }
        (keys, nonces)
    });
    let Ok((keys, nonces)) = proven.await else { return Vec::new() };
    if keys.is_empty() || service.nonces.use_up(&nonces, now).is_err() {
        return Vec::new();
    }
    keys.iter().map(KeyDigest::of).collect()
}
