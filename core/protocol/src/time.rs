//! Signed time: the service's clock, with the asker's nonce, so that an old answer cannot be given again.

use crate::cbor::{CborError, Reader, Writer};
use crate::crypto::Signer;
use crate::document::{UnverifiedDocument, claim, sign_document};
use crate::error::EncodeError;
use crate::reason::Reason;
use crate::trust::{KeyFault, Purpose, VerifiedTrustList};

/// The document's media type.
pub const TYP: &str = "application/szid-time+cwt";
/// The largest document, in bytes.
pub const MAX_BYTES: usize = 512;
/// The length of the nonce, in bytes.
pub const NONCE_BYTES: usize = 16;

/// Signs the time `iat` for the asker who sent `nonce`.
///
/// # Errors
/// [`EncodeError`] when the key does not sign.
pub fn sign_time(
    iat: u64,
    nonce: &[u8; NONCE_BYTES],
    signer: &dyn Signer,
) -> Result<Vec<u8>, EncodeError> {
    let mut writer = Writer::with_capacity(32);
    writer.map(2).int(claim::IAT).uint(iat).int(claim::NONCE).bytes(nonce);
    sign_document(TYP, &writer.into_bytes(), signer)
}

/// Verifies a signed time that answers `nonce` and returns it, Unix seconds.
/// The signing key must be valid at the time that it states.
///
/// # Errors
/// `MALFORMED` or `NOT_CANONICAL`; `KEY_NOT_VALID` when it names a time key of the list that is not good at
/// the time that it states, as one of a clock that went back behind a change of keys does; `TRUST_SIGNATURE`
/// when no time key of the list signed it for this nonce.
pub fn verify_time(
    bytes: &[u8],
    nonce: &[u8; NONCE_BYTES],
    trust: &VerifiedTrustList,
) -> Result<u64, Reason> {
    let document = UnverifiedDocument::parse(bytes, TYP, MAX_BYTES)?;
    let (iat, answered) = read(document.payload)?;
    if answered != nonce {
        return Err(Reason::TrustSignature);
    }
    match trust.check(&document, Purpose::Time, iat) {
        Ok(()) => Ok(iat),
        Err(KeyFault::NotValid) => Err(Reason::KeyNotValid),
        Err(_) => Err(Reason::TrustSignature),
    }
}

fn read(payload: &[u8]) -> Result<(u64, &[u8; NONCE_BYTES]), CborError> {
    let mut reader = Reader::new(payload);
    let mut map = reader.map()?;
    map.must(&mut reader, claim::IAT)?;
    let iat = reader.uint()?;
    map.must(&mut reader, claim::NONCE)?;
    let nonce = reader.fixed_bytes()?;
    map.end()?;
    reader.finish()?;
    Ok((iat, nonce))
}
