//! Certificates in the header of a JWT (RFC 7515, section 4.1.6). What is trusted is the key of the first
//! one, where it is registered here; who has certified it is nobody's word here, so that the others are not
//! looked at.

use data_encoding::BASE64;
use szid_protocol::key::PublicKey;
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode};

/// The P-256 key that the first certificate of a chain is for, while that is valid.
pub(super) fn leaf_key(chain: &[String], now: u64) -> Option<PublicKey> {
    let der = BASE64.decode(chain.first()?.as_bytes()).ok()?;
    let certificate = Certificate::from_der(&der).ok()?;
    let leaf = certificate.tbs_certificate();
    let [begins, ends] = [leaf.validity().not_before, leaf.validity().not_after]
        .map(|time| time.to_unix_duration().as_secs());
    let key = leaf.subject_public_key_info().to_der().ok()?;
    let key = PublicKey::from_spki_der(&key).ok()?;
    (begins..=ends).contains(&now).then_some(key)
}
