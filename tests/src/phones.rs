//! A phone past the wallet: its tokens, keys and passes lie open.

use data_encoding::BASE64URL_NOPAD;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use szid_issuer::keys::FileSigner;
use szid_protocol::code::{Challenge, CodeClaims, CodeDraft};
use szid_protocol::crypto::Signer;
use szid_protocol::day::end_of_day;
use szid_protocol::level::AuthenticationTier;
use szid_register::entropy::SystemEntropy;
use szid_register::{KeyDigest, PassAsked, PassesAsked};
use szid_wallet::Wallet;

use crate::city::{City, LIN, answer};

/// A person with two phones.
pub async fn two_phones(city: &City) -> (String, Wallet, Wallet) {
    let (person, first) = city.citizen(LIN).await;
    city.clock.advance(1);
    let offer = city.enrol(LIN).await;
    let text = |name: &str| offer[name].as_str().unwrap().to_owned();
    let second = city.wallet("second phone");
    second.enrol(&text("credential_offer"), &text("tx_code")).await.unwrap();
    (person, first, second)
}

/// Gives the device that has these tokens a pass for the day, past the wallet: its index.
pub async fn first_pass(city: &City, person: &str, tokens: &Value, now: u64) -> u32 {
    let hash = Sha256::digest(tokens["access_token"].as_str().unwrap()).into();
    let device = Some(city.store().session(hash, now).await.unwrap().unwrap().device);
    let passes = vec![PassAsked { exp: end_of_day(now), key: KeyDigest([5; 16]) }];
    let person = person.parse().unwrap();
    let asked = PassesAsked { person, device, passes, proven: Vec::new(), at: now };
    city.store().allocate_passes(asked).await.unwrap().indices[0]
}

/// A device with a pass for today.
pub struct BarePhone {
    /// The access token that it was given first.
    pub access_token: String,
    /// The refresh token that it was given first.
    pub refresh_token: String,
    /// The key of its pass.
    pub key: FileSigner,
    /// Its pass.
    pub pass: Vec<u8>,
}

impl BarePhone {
    /// Enrols a person, and lets this phone take the offer up.
    pub async fn of(city: &City, who: (&str, &str, &str)) -> Self {
        let tokens = city.tokens(who).await;
        let token = |name: &str| tokens[name].as_str().expect("a token").to_owned();
        let (access_token, refresh_token) = (token("access_token"), token("refresh_token"));
        let (key, pass) = another_pass(city, &access_token).await;
        Self { access_token, refresh_token, key, pass }
    }

    /// A code for now, as after a fingerprint.
    pub fn code(&self, city: &City, challenge: Option<Challenge>) -> String {
        draw(city, &self.key, &self.pass, challenge)
    }
}

/// What whoever has an access token gets: a pass for today to a key of their own.
pub async fn another_pass(city: &City, access_token: &str) -> (FileSigner, Vec<u8>) {
    vouched_pass(city, access_token, &[]).await
}

/// The same together with proofs by keys that vouch for it.
pub async fn vouched_pass(
    city: &City,
    access_token: &str,
    by: &[&FileSigner],
) -> (FileSigner, Vec<u8>) {
    let key = FileSigner::throw_away(&SystemEntropy).expect("a key");
    let nonce = nonce(city).await;
    let vouching: Vec<_> =
        by.iter().map(|by| proof(city, "szid-strip-proof+jwt", by, &nonce)).collect();
    let proof = proof(city, "openid4vci-proof+jwt", &key, &nonce);
    let body = json!({ "credential_configuration_id": "szid-day-pass",
        "proofs": { "jwt": [proof] }, "szid_key_proofs": vouching });
    let request = city.post("/v1/credential").bearer_auth(access_token).json(&body);
    let (status, given) = answer(request).await;
    assert_eq!(status, StatusCode::OK, "{given}");
    let pass = given["credentials"][0]["credential"].as_str().expect("a pass");
    (key, BASE64URL_NOPAD.decode(pass.as_bytes()).expect("a pass"))
}

/// A code for now by this key, as after a fingerprint.
pub fn draw(city: &City, key: &FileSigner, pass: &[u8], challenge: Option<Challenge>) -> String {
    let tier = AuthenticationTier::Biometric;
    let claims = CodeClaims { iat: city.clock.time(), tier, scene: 0, challenge };
    let draft = CodeDraft::new(pass, &claims).expect("a draft");
    let signature = key.sign(&draft.to_be_signed()).expect("a signature");
    draft.finish_as_digits(&signature)
}

/// A nonce for proofs.
pub async fn nonce(city: &City) -> String {
    let (_, body) = answer(city.post("/v1/nonce")).await;
    body["c_nonce"].as_str().expect("a nonce").to_owned()
}

/// A proof of this type by this key.
pub fn proof(city: &City, typ: &str, key: &FileSigner, nonce: &str) -> String {
    let encode = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let (x, y) = key.public_key().to_coordinates().expect("a point");
    let (x, y) = (BASE64URL_NOPAD.encode(&x), BASE64URL_NOPAD.encode(&y));
    let jwk = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y });
    let header = json!({ "typ": typ, "alg": "ES256", "jwk": jwk });
    let claims = json!({ "aud": city.base_url, "iat": city.clock.time(), "nonce": nonce });
    let message = format!("{}.{}", encode(&header), encode(&claims));
    let signature = key.sign(message.as_bytes()).expect("a signature");
    format!("{message}.{}", BASE64URL_NOPAD.encode(&signature))
}
