//! MOSIP Claim 169 by claim169-core: one signature over identity data, compressed, in Base45.

use std::io::Write as _;
use std::sync::Arc;

use claim169_core::{
    Claim169, CryptoError, CryptoResult, CwtMeta, Decoder, Encoder, SignatureVerifier,
};
use coset::iana::Algorithm;
use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use szid_protocol::crypto::VerifyingKey;
use szid_verifier::AwsLcBackend;

use crate::peer::{ISSUER, LONG_AFTER, NOW, Peer, uncompressed, verifying_key};

const LACKS: &str = "holder binding (a screenshot is as good), rotation, status";

pub(crate) fn peers() -> Vec<Peer> {
    let person = Claim169 {
        id: Some("3918592438".into()),
        full_name: Some("Li Example".into()),
        date_of_birth: Some("19840418".into()),
        ..Claim169::default()
    };
    let meta = CwtMeta::new()
        .with_issuer("https://id.example")
        .with_issued_at(NOW as i64)
        .with_expires_at(LONG_AFTER as i64);
    let encoder = Encoder::new(person, meta).sign_with_ecdsa_p256(&[ISSUER; 32]).unwrap();
    let text = encoder.encode().unwrap().qr_data;
    let compressed = base45::decode(&text).unwrap();
    let mut message = Vec::new();
    std::io::copy(&mut ZlibDecoder::new(compressed.as_slice()), &mut message).unwrap();

    let key = uncompressed(ISSUER);
    let own: Box<dyn Fn(&str) -> bool> = Box::new(move |text| {
        let decoder = Decoder::new(text).verify_with_ecdsa_p256(&key).unwrap();
        decoder.decode().is_ok()
    });
    let fast = Shared(verifying_key(&AwsLcBackend, ISSUER).into());
    let fast: Box<dyn Fn(&str) -> bool> =
        Box::new(move |text| Decoder::new(text).verify_with(fast.clone()).decode().is_ok());
    [("aws-lc-rs", fast), ("p256 0.13", own)]
        .into_iter()
        .map(|(arithmetic, verify)| Peer {
            name: "Claim 169 (claim169-core 0.3)",
            arithmetic,
            bytes: compressed.len(),
            text: text.clone(),
            signatures: 1,
            lacks: LACKS,
            message: message.clone(),
            wrap,
            verify,
        })
        .collect()
}

/// Compressed, as Base45: also what an HCERT does behind its prefix.
pub(crate) fn wrap(message: &[u8]) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(message).unwrap();
    base45::encode(encoder.finish().unwrap())
}

/// A key that was parsed once, for the decoder's own interface.
#[derive(Clone)]
struct Shared(Arc<dyn VerifyingKey>);

impl SignatureVerifier for Shared {
    fn verify(
        &self,
        algorithm: Algorithm,
        _: Option<&[u8]>,
        data: &[u8],
        signature: &[u8],
    ) -> CryptoResult<()> {
        let signature = signature.try_into().map_err(|_| CryptoError::VerificationFailed)?;
        (algorithm == Algorithm::ES256 && self.0.verify(data, signature))
            .then_some(())
            .ok_or(CryptoError::VerificationFailed)
    }
}
