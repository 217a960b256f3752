//! Signed documents of the city: tagged COSE_Sign1 CWTs with a `typ` (RFC 9596), whose keys come from the
//! trust list.

use crate::cbor::{CborError, Reader, Writer};
use crate::cose::{self, Sign1, header};
use crate::crypto::{ES256, SignatureBackend, Signer};
use crate::error::EncodeError;
use crate::key::{KeyId, PublicKey};

/// The CBOR tag of COSE_Sign1 (RFC 9052, section 2).
const SIGN1_TAG: u64 = 18;

/// CWT claim keys that several documents share.
pub(crate) mod claim {
    pub(crate) const SUB: i64 = 2;
    pub(crate) const EXP: i64 = 4;
    pub(crate) const IAT: i64 = 6;
    pub(crate) const NONCE: i64 = 10;
}

/// A document that was read but not verified.
pub(crate) struct UnverifiedDocument<'a> {
    pub(crate) alg: i64,
    pub(crate) kid: KeyId,
    pub(crate) payload: &'a [u8],
    pub(crate) sign1: Sign1<'a>,
}

impl<'a> UnverifiedDocument<'a> {
    pub(crate) fn parse(bytes: &'a [u8], typ: &str, max_bytes: usize) -> Result<Self, CborError> {
        if bytes.len() > max_bytes {
            return Err(CborError::Malformed);
        }
        let mut reader = Reader::new(bytes);
        reader.tag(SIGN1_TAG)?;
        let sign1 = Sign1::read(&mut reader)?;
        reader.finish()?;
        let mut protected = Reader::new(sign1.protected);
        let mut map = protected.map()?;
        map.must(&mut protected, header::ALG)?;
        let alg = protected.int()?;
        map.must(&mut protected, header::KID)?;
        let kid = KeyId(*protected.fixed_bytes()?);
        map.must(&mut protected, header::TYP)?;
        let found = protected.text()?;
        map.end()?;
        protected.finish()?;
        if found != typ {
            return Err(CborError::Malformed);
        }
        Ok(Self { alg, kid, payload: sign1.payload, sign1 })
    }

    /// Whether one of the root keys signed it.
    pub(crate) fn is_signed_by(&self, roots: &[PublicKey], backend: &dyn SignatureBackend) -> bool {
        let message = self.sign1.to_be_signed();
        let verifies = |root: &PublicKey| {
            let key = backend.verifying_key(root);
            key.is_ok_and(|key| key.verify(&message, self.sign1.signature))
        };
        self.alg == ES256
            && roots.iter().any(|root| root.key_id() == Ok(self.kid) && verifies(root))
    }
}

/// Signs a payload as a document of type `typ`.
pub(crate) fn sign_document(
    typ: &str,
    payload: &[u8],
    signer: &dyn Signer,
) -> Result<Vec<u8>, EncodeError> {
    let kid = signer.public_key().key_id().map_err(|_| EncodeError::Key)?;
    let mut protected = Writer::with_capacity(typ.len() + 16);
    protected
        .map(3)
        .int(header::ALG)
        .int(ES256)
        .int(header::KID)
        .bytes(&kid.0)
        .int(header::TYP)
        .text(typ);
    let protected = protected.into_bytes();
    let signature = signer.sign(&cose::to_be_signed(&protected, payload))?;
    let mut writer = Writer::with_capacity(protected.len() + payload.len() + 80);
    writer.tag(SIGN1_TAG);
    cose::write_sign1(&mut writer, &protected, payload, &signature);
    Ok(writer.into_bytes())
}

/// A small city for the tests of documents.
#[cfg(test)]
pub(crate) mod testing {
    use crate::crypto::{P256Backend, Signer, SoftwareSigner};
    use crate::trust::{Purpose, TrustList, TrustedKey, VerifiedTrustList};

    /// The second at which the tests take place.
    pub(crate) const NOW: u64 = 1_768_449_600;

    /// The key with this scalar in each of its bytes.
    pub(crate) fn signer(scalar: u8) -> SoftwareSigner {
        SoftwareSigner::from_scalar(&[scalar; 32]).unwrap()
    }

    /// A list, signed by key 1, in which these keys may sign for these purposes from a minute before [`NOW`]
    /// to `to`.
    pub(crate) fn trust(keys: &[(u8, Purpose)], to: u64) -> VerifiedTrustList {
        let entry = |&(scalar, purpose): &(u8, Purpose)| TrustedKey {
            key: signer(scalar).public_key(),
            purpose,
            from: NOW - 60,
            to,
            status_prefix: None,
        };
        let keys = keys.iter().map(entry).collect();
        let list = TrustList { version: 1, iat: NOW, exp: NOW + 86_400, keys };
        let bytes = list.sign(&signer(1)).unwrap();
        VerifiedTrustList::verify(&bytes, &[signer(1).public_key()], &P256Backend).unwrap()
    }
}
