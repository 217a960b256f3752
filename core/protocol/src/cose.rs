//! COSE_Sign1 (RFC 9052, section 4.2) as profile 1 uses it: empty unprotected map, embedded payload, 64-byte
//! signature.

use crate::cbor::{CborError, Reader, Writer};
use crate::crypto::{SIGNATURE_LENGTH, Signature};

/// Protected header labels (RFC 9052, section 3.1; IANA COSE Header Parameters).
pub(crate) mod header {
    pub(crate) const ALG: i64 = 1;
    pub(crate) const KID: i64 = 4;
    /// "A CWT containing a COSE_Key in a cnf claim".
    pub(crate) const KCWT: i64 = 13;
    /// RFC 9596.
    pub(crate) const TYP: i64 = 16;
}

/// The four parts of a COSE_Sign1, still encoded.
#[derive(Clone, Copy)]
pub(crate) struct Sign1<'a> {
    pub(crate) protected: &'a [u8],
    pub(crate) payload: &'a [u8],
    pub(crate) signature: &'a Signature,
}

impl<'a> Sign1<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, CborError> {
        reader.array(4)?;
        let protected = reader.bytes()?;
        reader.map()?.end()?;
        let payload = reader.bytes()?;
        let signature = reader.fixed_bytes::<SIGNATURE_LENGTH>()?;
        Ok(Self { protected, payload, signature })
    }

    /// The bytes under the signature.
    pub(crate) fn to_be_signed(self) -> Vec<u8> {
        to_be_signed(self.protected, self.payload)
    }
}

/// `Sig_structure`: `["Signature1", protected, h'', payload]` (RFC 9052, section 4.4).
pub(crate) fn to_be_signed(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut writer = Writer::with_capacity(protected.len() + payload.len() + 24);
    writer.array(4).text("Signature1").bytes(protected).bytes(&[]).bytes(payload);
    writer.into_bytes()
}

/// Puts the four parts together.
pub(crate) fn write_sign1(
    writer: &mut Writer,
    protected: &[u8],
    payload: &[u8],
    signature: &Signature,
) {
    writer.array(4).bytes(protected).map(0).bytes(payload).bytes(signature);
}
