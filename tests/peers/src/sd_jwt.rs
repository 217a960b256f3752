//! An SD-JWT credential with key binding (RFC 9901), one of four claims disclosed. sd-jwt-payload takes it
//! apart and checks the disclosures' digests; the signatures, the binding and the times are left to its
//! caller, which is done here.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use data_encoding::BASE64URL_NOPAD;
use sd_jwt_payload::{
    Hasher, JsonObject, JwsSigner, KeyBindingJwtBuilder, RequiredKeyBinding, SdJwt, SdJwtBuilder,
    Sha256Hasher,
};
use serde_json::{Value, json};
use szid_protocol::crypto::{P256Backend, SignatureBackend, Signer, SoftwareSigner, VerifyingKey};
use szid_protocol::key::PublicKey;
use szid_verifier::AwsLcBackend;

use crate::peer::{DEVICE, ISSUER, LONG_AFTER, NOW, Peer, signer, verifying_key};

const AUDIENCE: &str = "x509_san_dns:venue.example";
const NONCE: &str = "n-0S6_WzA2Mj8Qd1bX3v7w";

pub(crate) fn peers() -> Vec<Peer> {
    let text = ready(presentation());
    let backends: [(_, Box<dyn SignatureBackend>); 2] =
        [("aws-lc-rs", Box::new(AwsLcBackend)), ("p256 0.14", Box::new(P256Backend))];
    backends
        .into_iter()
        .map(|(arithmetic, backend)| Peer {
            name: "SD-JWT with key binding (sd-jwt-payload 0.5)",
            arithmetic,
            bytes: text.len(),
            text: text.clone(),
            signatures: 2,
            lacks: "one-way use: the phone must first receive the venue's nonce; status is named, not looked up",
            message: text.clone().into_bytes(),
            wrap: |message| String::from_utf8_lossy(message).into_owned(),
            verify: verification(backend),
        })
        .collect()
}

fn verification(backend: Box<dyn SignatureBackend>) -> Box<dyn Fn(&str) -> bool> {
    let issuer = verifying_key(backend.as_ref(), ISSUER);
    Box::new(move |text| is_valid(text, issuer.as_ref(), backend.as_ref()).unwrap_or(false))
}

/// None where something is not as it must be.
fn is_valid(text: &str, issuer: &dyn VerifyingKey, backend: &dyn SignatureBackend) -> Option<bool> {
    let parsed = SdJwt::parse(text).ok()?;
    let credential = text.split('~').next()?;
    let (bound, binding) = text.split_at(text.rfind('~')? + 1);

    let header = parsed.headers();
    let right_kind = header.get("alg")? == "ES256" && header.get("typ")? == "dc+sd-jwt";
    let fresh = parsed.claims().get("exp")?.as_u64()? > NOW;
    let RequiredKeyBinding::Jwk(holder) = parsed.required_key_bind()? else { return None };
    let coordinate = |name| BASE64URL_NOPAD.decode(holder.get(name)?.as_str()?.as_bytes()).ok();
    let x = coordinate("x")?.try_into().ok()?;
    let y = coordinate("y")?.try_into().ok()?;
    let holder = backend.verifying_key(&PublicKey::from_coordinates(&x, &y).ok()?).ok()?;

    let hasher = Sha256Hasher::new();
    let said = parsed.key_binding_jwt()?.claims();
    let bound_now = said.aud == AUDIENCE
        && said.nonce == NONCE
        && said.iat.abs_diff(NOW as i64) <= 60
        && said.sd_hash == hasher.encoded_digest(bound);
    let signed = is_signed(credential, issuer)? && is_signed(binding, holder.as_ref())?;
    let disclosed = parsed.into_disclosed_object(&hasher).ok()?;
    Some(right_kind && fresh && bound_now && signed && disclosed.get("age_over_18")? == true)
}

fn is_signed(jws: &str, key: &dyn VerifyingKey) -> Option<bool> {
    let (signed, signature) = jws.rsplit_once('.')?;
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).ok()?.try_into().ok()?;
    Some(key.verify(signed.as_bytes(), &signature))
}

async fn presentation() -> String {
    let (x, y) = signer(DEVICE).public_key().to_coordinates().unwrap();
    let holder = json!({
        "kty": "EC", "crv": "P-256",
        "x": BASE64URL_NOPAD.encode(&x), "y": BASE64URL_NOPAD.encode(&y),
    });
    let Value::Object(holder) = holder else { unreachable!() };
    let claims = json!({
        "iss": "https://id.example",
        "iat": NOW,
        "exp": LONG_AFTER,
        "vct": "https://id.example/citizen",
        "status": { "status_list": { "idx": 77, "uri": "https://id.example/v1/status/3" } },
        "family_name": "Example", "given_name": "Li", "birthdate": "1984-04-18", "age_over_18": true,
    });
    let hasher = Sha256Hasher::new();
    let mut builder = SdJwtBuilder::new(claims).unwrap();
    for path in ["/family_name", "/given_name", "/birthdate", "/age_over_18"] {
        builder = builder.make_concealable(path).unwrap();
    }
    let issued = builder
        .header("typ", "dc+sd-jwt")
        .require_key_binding(RequiredKeyBinding::Jwk(holder))
        .finish(&Jws(signer(ISSUER)), "ES256")
        .await
        .unwrap();
    let (mut shown, _) = issued
        .into_presentation(&hasher)
        .unwrap()
        .conceal_all()
        .disclose("/age_over_18")
        .unwrap()
        .finish();
    let binding = KeyBindingJwtBuilder::new()
        .aud(AUDIENCE)
        .nonce(NONCE)
        .iat(NOW as i64)
        .finish(&shown, &hasher, "ES256", &Jws(signer(DEVICE)))
        .await
        .unwrap();
    shown.attach_key_binding_jwt(binding);
    shown.presentation()
}

struct Jws(SoftwareSigner);

#[async_trait]
impl JwsSigner for Jws {
    type Error = String;

    async fn sign(&self, header: &JsonObject, payload: &JsonObject) -> Result<Vec<u8>, String> {
        let part = |object: &JsonObject| {
            BASE64URL_NOPAD.encode(Value::Object(object.clone()).to_string().as_bytes())
        };
        let signed = format!("{}.{}", part(header), part(payload));
        let signature = self.0.sign(signed.as_bytes()).map_err(|error| error.to_string())?;
        Ok(format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature)).into_bytes())
    }
}

/// The outcome of something that is called asynchronous and waits for nothing.
fn ready<T>(work: impl Future<Output = T>) -> T {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => unreachable!("signing with a key in memory does not wait"),
    }
}
