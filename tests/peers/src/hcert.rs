//! An EU Digital COVID Certificate (HCERT 1) of a fictional person, read by dgc: one signature, compressed,
//! in Base45.

use ciborium::{Value, cbor};
use coset::{CborSerializable, CoseSign1Builder, HeaderBuilder, TaggedCborSerializable, iana};
use dgc::{IntegerOrFloat, TrustList};
use szid_protocol::crypto::Signer;

use crate::claim169;
use crate::peer::{ISSUER, LONG_AFTER, NOW, Peer, signer, uncompressed};

const KID: [u8; 8] = *b"\x11\x22\x33\x44\x55\x66\x77\x88";

pub(crate) fn peer() -> Peer {
    let message = certificate();
    let text = wrap(&message);
    let mut trust = TrustList::new();
    trust.add(&KID, uncompressed(ISSUER).to_vec());
    Peer {
        name: "EU DCC, one vaccination (dgc 0.0.7)",
        arithmetic: "ring 0.16",
        bytes: base45::decode(&text["HC1:".len()..]).unwrap().len(),
        text,
        signatures: 1,
        lacks: "holder binding (an identity document is shown with it), rotation, status in the library",
        message,
        wrap,
        verify: Box::new(move |text| {
            dgc::validate(text, &trust).is_ok_and(|(content, signature)| {
                let fresh = match content.expires_at {
                    Some(IntegerOrFloat::Integer(exp)) => exp > NOW,
                    Some(IntegerOrFloat::Float(exp)) => exp > NOW as f64,
                    None => false,
                };
                signature.is_valid() && fresh
            })
        }),
    }
}

fn wrap(message: &[u8]) -> String {
    format!("HC1:{}", claim169::wrap(message))
}

fn certificate() -> Vec<u8> {
    let vaccination = cbor!({
        "tg" => "840539006", "vp" => "1119349007", "mp" => "EU/1/20/1528", "ma" => "ORG-100030215",
        "dn" => 2, "sd" => 2, "dt" => "2026-02-18", "co" => "XX", "is" => "Example ministry of health",
        "ci" => "URN:UVCI:01:XX:00112233445566778899AABBCCDDEEFF#4",
    });
    let person =
        cbor!({ "fn" => "Example", "fnt" => "EXAMPLE", "gn" => "Gabriele", "gnt" => "GABRIELE" });
    let content = cbor!({
        "ver" => "1.3.0", "nam" => person.unwrap(), "dob" => "1998-02-26",
        "v" => [vaccination.unwrap()],
    });
    let claims = cbor!({
        1 => "XX", 4 => LONG_AFTER, 6 => NOW, -260 => { 1 => content.unwrap() },
    });
    let header =
        HeaderBuilder::new().algorithm(iana::Algorithm::ES256).key_id(KID.to_vec()).build();
    CoseSign1Builder::new()
        .protected(header)
        .payload(Value::to_vec(claims.unwrap()).unwrap())
        .create_signature(b"", |signed| signer(ISSUER).sign(signed).unwrap().to_vec())
        .build()
        .to_tagged_vec()
        .unwrap()
}
