//! The keys, in every form that a reader may want.

use serde::Serialize;
use szid_protocol::crypto::Signer;

use super::case::hex;
use super::city::Role;

#[derive(Serialize)]
pub(super) struct Key {
    name: &'static str,
    /// The private key.
    scalar: String,
    x: String,
    y: String,
    y_is_odd: bool,
    /// The DER SubjectPublicKeyInfo.
    spki: String,
    /// The first 8 bytes of SHA-256 over `spki`.
    kid: String,
}

pub(super) fn cases() -> Vec<Key> {
    Role::ALL
        .iter()
        .map(|(role, name)| {
            let key = role.signer().public_key();
            let (x, y) = key.to_coordinates().unwrap();
            Key {
                name,
                scalar: hex(&role.scalar()),
                x: hex(&x),
                y: hex(&y),
                y_is_odd: y[31] & 1 == 1,
                spki: hex(&key.to_spki_der().unwrap()),
                kid: hex(&key.key_id().unwrap().0),
            }
        })
        .collect()
}
