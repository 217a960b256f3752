//! An mdoc response (ISO/IEC 18013-5) by isomdl, one of five elements disclosed: the issuer's and the
//! device's signature. The standard sends it over a radio link and not in a QR symbol; the text form here is
//! Base45, to compare.

use std::collections::BTreeMap;

use ciborium::Value;
use coset_of_isomdl::iana::Algorithm;
use isomdl::cbor;
use isomdl::definitions::device_request::{DataElements, ItemsRequest, Namespaces as Asked};
use isomdl::definitions::device_signed::DeviceAuthType;
use isomdl::definitions::session::SessionTranscript;
use isomdl::definitions::x509::X5Chain;
use isomdl::definitions::{
    CoseKey, DeviceKeyInfo, DeviceResponse, DigestAlgorithm, EC2Curve, EC2Y, ValidityInfo,
};
use isomdl::issuance::Mdoc;
use isomdl::presentation::authentication::mdoc::{device_authentication, issuer_authentication};
use isomdl::presentation::device::{DeviceSession, Document, Documents};
use isomdl::presentation::reader;
use serde::{Deserialize, Serialize};
use szid_protocol::crypto::Signer;
use time::OffsetDateTime;

use crate::peer::{DEVICE, ISSUER, LONG_AFTER, NOW, Peer, signer};

const TYPE: &str = "org.iso.18013.5.1.mDL";
const NAMESPACE: &str = "org.iso.18013.5.1";
const SHOWN: &str = "age_over_18";

pub(crate) fn peer() -> Peer {
    let message = cbor::to_vec(&response()).unwrap();
    let known = certificate();
    Peer {
        name: "mdoc response (isomdl 0.2)",
        arithmetic: "p256 0.13",
        bytes: message.len(),
        text: base45::encode(&message),
        signatures: 2,
        lacks: "one-way use: the phone must first receive the reader's session; status; in this library the comparison of digests and dates",
        message,
        wrap: |message| base45::encode(message),
        verify: Box::new(move |text| accepts(text, &known).is_some()),
    }
}

/// The signer's certificate must be one that the reader holds; its path to a root is neither checked nor
/// timed.
fn accepts(text: &str, known: &X5Chain) -> Option<()> {
    let response: DeviceResponse = cbor::from_slice(&base45::decode(text).ok()?).ok()?;
    let (document, stated, _) = reader::parse(&response).ok()?;
    (stated.into_cbor() == known.into_cbor()).then_some(())?;
    issuer_authentication(stated, &document.issuer_signed).ok()?;
    device_authentication(document, transcript()).ok()
}

/// Whether the library takes a response whose holder turned the disclosed "over 18: yes" into "no".
pub(crate) fn accepts_a_changed_value(peer: &Peer) -> bool {
    let before = [b"elementValue".as_slice(), &[0xf5]].concat();
    let at = peer.message.windows(before.len()).position(|part| part == before).unwrap();
    let mut message = peer.message.clone();
    message[at + before.len() - 1] = 0xf4;
    (peer.verify)(&(peer.wrap)(&message))
}

fn certificate() -> X5Chain {
    let pem = include_bytes!("../fixtures/document-signer.pem");
    X5Chain::builder().with_pem_certificate(pem).unwrap().build().unwrap()
}

fn response() -> DeviceResponse {
    let holder = Holder(Documents::new(TYPE.into(), Document::from(issued())));
    let asked = ItemsRequest {
        doc_type: TYPE.into(),
        namespaces: Asked::new(NAMESPACE.into(), DataElements::new(SHOWN.into(), false)),
        request_info: None,
    };
    let allowed = BTreeMap::from([(NAMESPACE.into(), vec![SHOWN.into()])]);
    let mut prepared =
        holder.prepare_response(&vec![asked], BTreeMap::from([(TYPE.into(), allowed)]));
    let (_, signed) = prepared.get_next_signature_payload().unwrap();
    let signature = signer(DEVICE).sign(signed).unwrap();
    prepared.submit_next_signature(signature.to_vec());
    prepared.finalize_response()
}

fn issued() -> Mdoc {
    let elements = [
        ("family_name", Value::from("Example")),
        ("given_name", "Li".into()),
        ("birth_date", Value::Tag(1004, Box::new("1984-04-18".into()))),
        ("document_number", "D0000001".into()),
        (SHOWN, true.into()),
    ];
    let elements = elements.map(|(name, value)| (name.to_owned(), value)).into();
    let date = |seconds: u64| OffsetDateTime::from_unix_timestamp(seconds as i64).unwrap();
    let (x, y) = signer(DEVICE).public_key().to_coordinates().unwrap();
    let prepared = Mdoc::builder()
        .doc_type(TYPE.into())
        .namespaces(BTreeMap::from([(NAMESPACE.into(), elements)]))
        .validity_info(ValidityInfo {
            signed: date(NOW),
            valid_from: date(NOW),
            valid_until: date(LONG_AFTER),
            expected_update: None,
        })
        .digest_algorithm(DigestAlgorithm::SHA256)
        .device_key_info(DeviceKeyInfo {
            device_key: CoseKey::EC2 {
                crv: EC2Curve::P256,
                x: x.to_vec(),
                y: EC2Y::Value(y.to_vec()),
            },
            key_authorizations: None,
            key_info: None,
        })
        .enable_decoy_digests(false)
        .prepare(Algorithm::ES256)
        .unwrap();
    let signature = signer(ISSUER).sign(prepared.signature_payload()).unwrap();
    prepared.complete(certificate(), signature.to_vec())
}

/// What both sides know of their session: here of OpenID4VP, the shortest kind.
#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
struct Transcript(Value);

impl SessionTranscript for Transcript {}

fn transcript() -> Transcript {
    let handover = vec!["OpenID4VPHandover".into(), Value::Bytes(vec![0xab; 32])];
    Transcript(Value::Array(vec![Value::Null, Value::Null, Value::Array(handover)]))
}

struct Holder(Documents);

impl DeviceSession for Holder {
    type ST = Transcript;

    fn documents(&self) -> &Documents {
        &self.0
    }

    fn session_transcript(&self) -> Transcript {
        transcript()
    }

    fn device_auth_type(&self) -> DeviceAuthType {
        DeviceAuthType::Sign1
    }
}
