//! Issuance by OpenID4VCI 1.0, over HTTP: the standard's errors, and a wallet's strip.

use data_encoding::BASE64URL_NOPAD;
use reqwest::StatusCode;
use serde_json::{Value, json};
use szid_issuer::keys::FileSigner;
use szid_protocol::crypto::Signer;
use szid_protocol::day::{DAY, end_of_day};
use szid_protocol::pass::UnverifiedPass;
use szid_register::entropy::SystemEntropy;
use szid_tests::city::{City, HOTEL, LIBRARY, LIN, SAMPLE, answer, assert_problem};
use szid_wallet::{PresentationOptions, Unlocking, Wallet};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

fn assert_error((status, body): (StatusCode, Value), error: &str) {
    assert_eq!(body["error"], error, "{body}");
    let expected = match error {
        "invalid_token" => StatusCode::UNAUTHORIZED,
        _ => StatusCode::BAD_REQUEST,
    };
    assert_eq!(status, expected);
}

/// A code whose offer came to this end.
fn assert_ended((status, body): (StatusCode, Value), code: &str) {
    assert_eq!(body["szid_code"], code, "{body}");
    assert_error((status, body), "invalid_grant");
}

async fn token(city: &City, form: &[(&str, &str)]) -> (StatusCode, Value) {
    answer(city.post("/v1/token").form(form)).await
}

/// Enrols and fetches the offer: the pre-authorised code and the transaction code.
async fn offered(city: &City) -> (String, String) {
    let offer = city.enrol(LIN).await;
    let uri = offer["credential_offer_uri"].as_str().unwrap();
    let (_, object) = answer(city.http.get(uri)).await;
    assert_eq!(object["credential_issuer"], city.base_url);
    let code = object["grants"][GRANT]["pre-authorized_code"].as_str().unwrap().to_owned();
    assert!(!object.to_string().contains(offer["tx_code"].as_str().unwrap()));
    (code, offer["tx_code"].as_str().unwrap().to_owned())
}

async fn redeemed(city: &City) -> Value {
    let (code, tx_code) = offered(city).await;
    let form = [("grant_type", GRANT), ("pre-authorized_code", &code), ("tx_code", &tx_code)];
    let (status, tokens) = token(city, &form).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");
    tokens
}

async fn nonce(city: &City) -> String {
    let (_, body) = answer(city.post("/v1/nonce")).await;
    body["c_nonce"].as_str().unwrap().to_owned()
}

fn proof(city: &City, key: &FileSigner, nonce: &str) -> String {
    let encode = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let (x, y) = key.public_key().to_coordinates().unwrap();
    let (x, y) = (BASE64URL_NOPAD.encode(&x), BASE64URL_NOPAD.encode(&y));
    let jwk = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y });
    let header = json!({ "typ": "openid4vci-proof+jwt", "alg": "ES256", "jwk": jwk });
    let claims = json!({ "aud": city.base_url, "iat": city.clock.time(), "nonce": nonce });
    let message = format!("{}.{}", encode(&header), encode(&claims));
    let signature = key.sign(message.as_bytes()).unwrap();
    format!("{message}.{}", BASE64URL_NOPAD.encode(&signature))
}

async fn credential(city: &City, token: &str, body: &Value) -> (StatusCode, Value) {
    answer(city.post("/v1/credential").bearer_auth(token).json(body)).await
}

fn asked(proofs: &[String]) -> Value {
    json!({ "credential_configuration_id": "szid-day-pass", "proofs": { "jwt": proofs } })
}

#[tokio::test]
async fn metadata_lead_to_every_endpoint() {
    let city = City::found().await;
    let (_, issuer) = answer(city.get("/.well-known/openid-credential-issuer")).await;
    assert_eq!(issuer["credential_issuer"], city.base_url);
    assert_eq!(issuer["batch_credential_issuance"]["batch_size"], 15);
    let locales: Vec<_> =
        issuer["display"].as_array().unwrap().iter().map(|one| &one["locale"]).collect();
    assert_eq!(locales, ["zh-CN", "en"]);
    let (_, server) = answer(city.get("/.well-known/oauth-authorization-server")).await;
    assert_eq!(server["issuer"], city.base_url);
    // A list of none is left out (RFC 8414, section 3.2).
    for list in server.as_object().unwrap().values().filter_map(Value::as_array) {
        assert!(!list.is_empty(), "{server}");
    }
    for endpoint in
        [&issuer["nonce_endpoint"], &issuer["credential_endpoint"], &server["token_endpoint"]]
    {
        let (status, _) = answer(city.http.post(endpoint.as_str().unwrap())).await;
        assert_ne!(status, StatusCode::NOT_FOUND);
    }
    city.stop().await;
}

#[tokio::test]
async fn a_grant_is_for_one_device_and_bears_five_wrong_codes() {
    let city = City::found().await;
    let (code, tx_code) = offered(&city).await;
    let wrong = if tx_code == "000000" { "000001" } else { "000000" };
    let form = |tx_code| {
        [("grant_type", GRANT), ("pre-authorized_code", code.as_str()), ("tx_code", tx_code)]
    };
    for _ in 0..5 {
        assert_error(token(&city, &form(wrong)).await, "invalid_grant");
    }
    assert_ended(token(&city, &form(&tx_code)).await, "OFFER_LOCKED");
    let (code, tx_code) = offered(&city).await;
    let form = [("grant_type", GRANT), ("pre-authorized_code", &code), ("tx_code", &tx_code)];
    let (status, tokens) = token(&city, &form).await;
    assert_eq!(status, StatusCode::OK);
    // The answer may have been lost: for a minute the same tokens come again.
    city.clock.advance(60);
    let (status, again) = token(&city, &form).await;
    assert_eq!((status, &again["refresh_token"]), (StatusCode::OK, &tokens["refresh_token"]));
    city.clock.advance(1);
    assert_ended(token(&city, &form).await, "OFFER_USED");
    let (code, tx_code) = offered(&city).await;
    city.clock.advance(601);
    let form = [("grant_type", GRANT), ("pre-authorized_code", &code), ("tx_code", &tx_code)];
    assert_ended(token(&city, &form).await, "OFFER_EXPIRED");
    assert_error(token(&city, &[("grant_type", "password")]).await, "unsupported_grant_type");
    assert_error(token(&city, &[("grant_type", GRANT)]).await, "invalid_request");
    assert_error(token(&city, &[("nothing", "")]).await, "invalid_request");
    let not_a_form = city.post("/v1/token").json(&json!({ "grant_type": GRANT }));
    assert_error(answer(not_a_form).await, "invalid_request");
    city.stop().await;
}

#[tokio::test]
async fn a_strip_is_issued_whole_with_the_days_and_keys_that_were_asked_for() {
    let city = City::found().await;
    let tokens = redeemed(&city).await;
    let access = tokens["access_token"].as_str().unwrap();
    let first = nonce(&city).await;
    let keys: Vec<_> = (0..15).map(|_| FileSigner::throw_away(&SystemEntropy).unwrap()).collect();
    let proofs: Vec<_> = keys.iter().map(|key| proof(&city, key, &first)).collect();
    let (status, body) = credential(&city, access, &asked(&proofs)).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let today = end_of_day(city.clock.time());
    let credentials = body["credentials"].as_array().unwrap();
    assert_eq!(credentials.len(), 15);
    for (day, (credential, key)) in credentials.iter().zip(&keys).enumerate() {
        let text = credential["credential"].as_str().unwrap();
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).unwrap();
        let pass = UnverifiedPass::parse(&bytes).unwrap();
        assert_eq!(pass.exp(), today + day as u64 * DAY);
        assert_eq!(pass.device_key(), key.public_key());
    }
    // A device has a quota for each day.
    let one_more = async || {
        let proof = proof(&city, &keys[0], &nonce(&city).await);
        credential(&city, access, &asked(&[proof])).await
    };
    for _ in 1..szid_register::PASSES_PER_DAY {
        assert_eq!(one_more().await.0, StatusCode::OK);
    }
    let (status, refused) = one_more().await;
    assert_eq!(refused["szid_code"], "PASS_QUOTA", "{refused}");
    assert_error((status, refused), "credential_request_denied");
    city.stop().await;
}

#[tokio::test]
async fn wrong_credential_requests_get_the_standards_word() {
    let city = City::found().await;
    let tokens = redeemed(&city).await;
    let access = tokens["access_token"].as_str().unwrap();
    let fresh = nonce(&city).await;
    let key = FileSigner::throw_away(&SystemEntropy).unwrap();
    let good = proof(&city, &key, &fresh);
    let with = |name: &str, value: Value| {
        let mut body = asked(std::slice::from_ref(&good));
        body[name] = value;
        body
    };
    let far = end_of_day(city.clock.time()) + 15 * DAY;
    for (body, error) in [
        (json!([]), "invalid_credential_request"),
        (with("credential_configuration_id", json!("other")), "unknown_credential_configuration"),
        (with("credential_identifier", json!("x")), "unknown_credential_identifier"),
        (with("credential_response_encryption", json!({})), "invalid_encryption_parameters"),
        (with("szid_from_day", json!(far)), "invalid_credential_request"),
        (with("szid_from_day", json!(1)), "invalid_credential_request"),
        (with("proofs", json!(null)), "invalid_proof"),
        (with("proofs", json!({ "attestation": ["x"] })), "invalid_proof"),
        (with("proofs", json!({ "jwt": [] })), "invalid_credential_request"),
        (with("proofs", json!({ "jwt": ["x.y.z"] })), "invalid_proof"),
        (asked(&[good.clone(), good.clone()]), "invalid_proof"),
        (asked(&vec![good.clone(); 16]), "invalid_credential_request"),
        (asked(&[proof(&city, &key, "AAAA")]), "invalid_nonce"),
    ] {
        assert_error(credential(&city, access, &body).await, error);
    }
    assert_error(credential(&city, "guess", &asked(&[])).await, "invalid_token");
    city.clock.advance(301);
    assert_error(
        credential(&city, access, &asked(std::slice::from_ref(&good))).await,
        "invalid_nonce",
    );
    city.clock.advance(300);
    assert_error(credential(&city, access, &asked(&[good])).await, "invalid_token");
    city.stop().await;
}

#[tokio::test]
async fn a_wallets_developer_is_told_which_part_is_wrong() {
    let city = City::found().await;
    let tokens = redeemed(&city).await;
    let access = tokens["access_token"].as_str().unwrap();
    let key = FileSigner::throw_away(&SystemEntropy).unwrap();
    let good = proof(&city, &key, &nonce(&city).await);
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (header, claims) = message.split_once('.').unwrap();
    let read = |part: &str| -> Value {
        serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
    };
    let encode = |part: &Value| BASE64URL_NOPAD.encode(part.to_string().as_bytes());
    let with_claim = |name: &str, value: Value| {
        let mut other = read(claims);
        other[name] = value;
        asked(&[format!("{header}.{}.{signature}", encode(&other))])
    };
    let with_header = |name: &str, value: Value| {
        let mut other = read(header);
        other[name] = value;
        asked(&[format!("{}.{claims}.{signature}", encode(&other))])
    };
    let mut draft = asked(&[]);
    draft.as_object_mut().unwrap().remove("proofs");
    draft["proof"] = json!({ "proof_type": "jwt", "jwt": good });
    let older = json!({ "format": "szid_pass_cwt", "proof": draft["proof"] });
    for (body, part) in [
        (with_claim("aud", json!("https://elsewhere.example")), "aud"),
        (with_claim("iat", json!("now")), "iat"),
        (with_claim("exp", json!(1)), "exp"),
        (with_claim("nbf", json!(u32::MAX)), "nbf"),
        (with_claim("nonce", json!(null)), "nonce"),
        (with_header("typ", json!("JWT")), "typ"),
        (with_header("jwk", json!({})), "jwk"),
        (with_claim("extra", json!(1)), "signature"),
        (draft, "send proofs, not the proof of the drafts"),
        (older, "send credential_configuration_id, not the format of the drafts"),
        (asked(&vec![good.clone(); 16]), "batch_size"),
    ] {
        let (status, told) = credential(&city, access, &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(told["error_description"].as_str().unwrap().contains(part), "{part}: {told}");
    }
    city.stop().await;
}

#[tokio::test]
async fn whoever_shows_no_token_is_told_of_none_that_is_wrong() {
    let city = City::found().await;
    let bare = || city.post("/v1/credential").json(&asked(&[]));
    for request in [bare(), bare().basic_auth("wallet", Some("secret"))] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        let body: Value = response.json().await.unwrap();
        assert_eq!((&body["code"], &body["error"]), (&json!("CREDENTIAL_MISSING"), &Value::Null));
    }
    let wrong = bare().bearer_auth("guess").send().await.unwrap();
    assert_eq!(wrong.headers()["www-authenticate"], "Bearer error=\"invalid_token\"");
    city.stop().await;
}

#[tokio::test]
async fn a_page_of_any_origin_reads_what_is_published_and_nothing_else() {
    let city = City::found().await;
    let today = end_of_day(city.clock.time());
    let published = [
        "/.well-known/openid-credential-issuer",
        "/.well-known/oauth-authorization-server",
        "/v1/trust",
        "/v1/scenes",
        &format!("/v1/status/{today}"),
        &format!("/v1/status/{today}/0"),
        "/openapi.json",
    ];
    let page = "https://verifier.example";
    for path in published {
        let response = city.get(path).header("origin", page).send().await.unwrap();
        assert_eq!(response.headers()["access-control-allow-origin"], "*", "{path}");
        let asks =
            city.http.request("OPTIONS".parse().unwrap(), format!("{}{path}", city.base_url));
        let asks = asks
            .header("origin", page)
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", "if-none-match");
        let may = asks.send().await.unwrap();
        assert_eq!(may.status(), StatusCode::OK, "{path}");
        assert_eq!(may.headers()["access-control-allow-methods"], "GET", "{path}");
        assert_eq!(may.headers()["access-control-allow-headers"], "if-none-match", "{path}");
        assert_problem(answer(city.post(path)).await, "METHOD_NOT_ALLOWED");
    }
    for path in ["/v1/holder", "/v1/scans", "/console/session", "/v1/operator/devices"] {
        let response = city.get(path).header("origin", page).send().await.unwrap();
        assert!(!response.headers().contains_key("access-control-allow-origin"), "{path}");
    }
    city.stop().await;
}

#[tokio::test]
async fn a_proof_is_taken_once_whoever_sends_it_again() {
    let city = City::found().await;
    let tokens = redeemed(&city).await;
    let access = tokens["access_token"].as_str().unwrap();
    let key = FileSigner::throw_away(&SystemEntropy).unwrap();
    let fresh = nonce(&city).await;
    let body = asked(&[proof(&city, &key, &fresh)]);
    assert_eq!(credential(&city, access, &body).await.0, StatusCode::OK);
    assert_error(credential(&city, access, &body).await, "invalid_nonce");
    // Nor does its nonce serve another key.
    let other = FileSigner::throw_away(&SystemEntropy).unwrap();
    let other = asked(&[proof(&city, &other, &fresh)]);
    assert_error(credential(&city, access, &other).await, "invalid_nonce");
    city.stop().await;
}

#[tokio::test]
async fn several_that_refresh_at_once_all_hold_tokens_that_last() {
    let city = City::found().await;
    let tokens = redeemed(&city).await;
    let first = tokens["refresh_token"].as_str().unwrap().to_owned();
    let refresh = |of: &str| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", of)];
        answer(city.post("/v1/token").form(&form))
    };
    let at_once = (0..8).map(|_| tokio::spawn(refresh(&first))).collect::<Vec<_>>();
    let mut given = Vec::new();
    for one in at_once {
        let (status, tokens) = one.await.unwrap();
        assert_eq!(status, StatusCode::OK, "{tokens}");
        given.push(tokens);
    }
    let account = |tokens: &Value| {
        city.get("/v1/holder").bearer_auth(tokens["access_token"].as_str().unwrap()).send()
    };
    for tokens in &given {
        assert_eq!(tokens["refresh_token"], given[0]["refresh_token"]);
        assert_eq!(account(tokens).await.unwrap().status(), StatusCode::OK);
    }
    // A day later each of them goes on from there, and one after the other.
    city.clock.advance(DAY);
    let (status, next) = refresh(given[7]["refresh_token"].as_str().unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{next}");
    assert_eq!(account(&next).await.unwrap().status(), StatusCode::OK);
    // The first one again, now that its successor was used, is a thief's: everything of this family ends.
    assert_error(refresh(&first).await, "invalid_grant");
    assert_eq!(account(&next).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    city.stop().await;
}

#[tokio::test]
async fn refresh_tokens_rotate_and_a_frozen_account_gets_no_passes() {
    let city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    assert_eq!(wallet.status().unwrap().passes_left, 14);
    city.clock.advance(11 * DAY);
    assert_eq!(wallet.refresh().await.unwrap(), 11);
    city.set_account(&person, "freeze").await;
    city.clock.advance(11 * DAY);
    let refused = wallet.refresh().await.unwrap_err();
    assert!(matches!(refused, szid_wallet::WalletError::Frozen), "{refused}");
    city.stop().await;
}

/// The reason for a code that the holder unlocked in this way.
async fn unlocked(city: &City, wallet: &Wallet, by: &Unlocking, scene: u16) -> String {
    city.clock.advance(1);
    let code = wallet.present(by, &PresentationOptions::default()).unwrap();
    city.reason(&code.digits, scene, "1").await
}

#[tokio::test]
async fn attested_keys_reach_scenes_that_software_keys_do_not() {
    let city = City::found().await;
    let (_, attested) = city.attested_citizen(LIN).await;
    let (_, software) = city.citizen(SAMPLE).await;
    assert_eq!(unlocked(&city, &software, &city.finger(&software), HOTEL).await, "LEVEL_TOO_LOW");
    assert_eq!(unlocked(&city, &software, &city.finger(&software), LIBRARY).await, "OK");
    assert_eq!(unlocked(&city, &attested, &city.finger(&attested), HOTEL).await, "OK");
    assert_eq!(unlocked(&city, &attested, &attested.app_opened(), HOTEL).await, "LEVEL_TOO_LOW");

    // A whole strip came with one proof, and so does the next one.
    assert_eq!(attested.status().unwrap().passes_left, 14);
    city.clock.advance(13 * DAY);
    assert_eq!(attested.refresh().await.unwrap(), 13);
    city.clock.advance(5 * DAY);
    assert_eq!(unlocked(&city, &attested, &city.finger(&attested), HOTEL).await, "OK");
    city.stop().await;
}

#[tokio::test]
async fn what_has_run_out_by_a_wrong_clock_is_for_later_and_good_again_under_the_right_one() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let offer = city.enrol(SAMPLE).await;
    let text = |name: &str| offer[name].as_str().unwrap();
    let other = city.wallet("other");
    let take_up = || other.enrol(text("credential_offer"), text("tx_code"));
    city.clock.advance(60);
    city.tidy().await;
    city.machine.set_ahead(100 * 86_400);
    let later = |error: szid_wallet::WalletError| {
        let szid_wallet::WalletError::Refused(word) = &error else { panic!("{error}") };
        assert!(["temporarily_unavailable", "CLOCK_UNCHECKED"].contains(&&**word), "{word}");
        assert!(error.advice().zh.contains("稍后"), "{error}");
    };
    later(wallet.refresh().await.unwrap_err());
    later(take_up().await.unwrap_err());
    let (status, told) = answer(city.http.get(text("credential_offer_uri"))).await;
    assert_eq!((status.as_u16(), &told["code"]), (503, &json!("CLOCK_UNCHECKED")), "{told}");
    city.machine.set_ahead(0);
    assert_eq!(wallet.refresh().await.unwrap(), 0);
    take_up().await.unwrap();
    // What a checked clock says is final.
    let offer = offered(&city).await;
    let tokens = redeemed(&city).await;
    city.clock.advance(91 * DAY);
    let (code, tx_code) = offer;
    let form = [("grant_type", GRANT), ("pre-authorized_code", &code), ("tx_code", &tx_code)];
    assert_error(token(&city, &form).await, "invalid_grant");
    let old = tokens["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", old)];
    assert_error(token(&city, &form).await, "invalid_grant");
    city.stop().await;
}
