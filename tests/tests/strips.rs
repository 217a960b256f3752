//! Strips of passes: which keys give the word of a phone, and which ones only show a code.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use reqwest::StatusCode;
use serde_json::{Value, json};
use szid_protocol::code::Challenge;
use szid_protocol::day::DAY;
use szid_tests::city::*;
use szid_tests::phones::{BarePhone, another_pass, draw, nonce, proof, vouched_pass};
use szid_wallet::{Http, HttpError, HttpFuture, HttpRequest, ReqwestHttp, Wallet, WalletError};

/// What a code names that ends this wallet's phone, and where it is sent.
async fn ending_of(wallet: &Wallet) -> (Option<Challenge>, String) {
    let devices = wallet.devices().await.unwrap();
    let id = &devices.iter().find(|device| device.this_device).unwrap().id;
    let nonce = data_encoding::BASE64URL_NOPAD.decode(id.as_bytes()).unwrap();
    let challenge = Challenge { audience: "szid:devices".into(), nonce };
    (Some(challenge), format!("/v1/holder/devices/{id}/end"))
}

async fn send(city: &City, path: &str, token: &str, code: String) -> (StatusCode, Value) {
    answer(city.post(path).bearer_auth(token).json(&json!({ "code": code }))).await
}

/// The tokens that a refresh token is exchanged for: access token and refresh token.
async fn renew(city: &City, token: &str) -> (String, String) {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    let (status, tokens) = answer(city.post("/v1/token").form(&form)).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    (text("access_token"), text("refresh_token"))
}

#[tokio::test]
async fn a_copied_refresh_token_ends_no_other_phone_however_long_it_waits() {
    let city = City::found().await;
    let phone = BarePhone::of(&city, LIN).await;
    let (_, other) = city.citizen(LIN).await;
    let (challenge, path) = ending_of(&other).await;
    city.clock.advance(70);
    // A thief has copied the vault, and not the keys.
    let (access, refresh) = renew(&city, &phone.refresh_token).await;
    let (key, pass) = another_pass(&city, &access).await;
    let code = draw(&city, &key, &pass, challenge.clone());
    let (status, refused) = send(&city, &path, &access, code).await;
    assert_ne!(status, StatusCode::NO_CONTENT, "{refused}");
    city.clock.advance(630);
    let (access, _) = renew(&city, &refresh).await;
    let code = draw(&city, &key, &pass, challenge.clone());
    let (status, refused) = send(&city, &path, &access, code).await;
    assert_eq!(refused["code"], "DEVICE_UNPROVEN", "{refused}");
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(other.devices().await.unwrap().len(), 2);
    // Nor does a key of theirs that the first one vouched for, nor one together with a key of another phone.
    let another = BarePhone::of(&city, LIN).await;
    for by in [&key, &another.key] {
        let (key, pass) = vouched_pass(&city, &access, &[by]).await;
        let code = draw(&city, &key, &pass, challenge.clone());
        assert_problem(send(&city, &path, &access, code).await, "DEVICE_UNPROVEN");
    }
    // The phone itself has a key of its own vouch, and waits for nothing; so it goes over strips.
    let (own, _) = vouched_pass(&city, &access, &[&another.key, &phone.key]).await;
    let (key, pass) = vouched_pass(&city, &access, &[&own]).await;
    let code = draw(&city, &key, &pass, challenge);
    assert_eq!(send(&city, &path, &access, code).await.0, StatusCode::NO_CONTENT);
    assert!(matches!(other.account().await, Err(WalletError::DeviceEnded)));
    city.stop().await;
}

#[tokio::test]
async fn the_owner_is_told_once_a_day_of_passes_that_a_copied_refresh_token_got() {
    let city = City::found().await;
    let phone = BarePhone::of(&city, LIN).await;
    let (_, other) = city.citizen(LIN).await;
    city.clock.advance(70);
    let told = async || {
        let events = other.events(None).await.unwrap();
        events.into_iter().filter(|event| event.event == "passes_unproven").collect::<Vec<_>>()
    };
    // What the phone itself vouches for is nothing to be told of.
    let (access, _) = renew(&city, &phone.refresh_token).await;
    let (own, _) = vouched_pass(&city, &access, &[&phone.key]).await;
    assert!(told().await.is_empty());
    let (theirs, _) = another_pass(&city, &access).await;
    assert_eq!(other.account().await.unwrap().unseen_events, 1);
    // Again, and by a key of theirs: the same of that day.
    another_pass(&city, &access).await;
    vouched_pass(&city, &access, &[&theirs]).await;
    let events = told().await;
    assert!(events.len() == 1 && events[0].by == "service", "{events:?}");
    assert!(events[0].device.is_some() && events[0].times.is_none(), "{events:?}");
    assert!(events[0].zh.contains("停用") && events[0].en.contains("end it"), "{events:?}");
    // Beside a key of the phone's own it is the phone.
    vouched_pass(&city, &access, &[&theirs, &own]).await;
    assert_eq!(told().await.len(), 1);
    // Once no pass of a key that was vouched for is in its day, the phone may have none.
    city.clock.advance(DAY);
    let (access, _) = renew(&city, &phone.refresh_token).await;
    another_pass(&city, &access).await;
    assert_eq!(told().await.len(), 1);
    city.stop().await;
}

#[tokio::test]
async fn a_copied_refresh_token_approves_no_new_phone() {
    let city = City::found().await;
    let phone = BarePhone::of(&city, LIN).await;
    let body = json!({ "document": { "type": LIN.0, "number": LIN.1 }, "name": LIN.2,
        "identity_level": 4, "method": "counter" });
    let request = city.post("/v1/registrar/enrolments").bearer_auth(&city.registrar);
    assert_eq!(answer(request.json(&body)).await.0, StatusCode::ACCEPTED);
    city.clock.advance(700);
    let (access, _) = renew(&city, &phone.refresh_token).await;
    let read = city.get("/v1/holder/enrolments").bearer_auth(&access);
    let question = answer(read).await.1["enrolments"][0].clone();
    let id = question["id"].as_str().unwrap();
    let challenge = Challenge {
        audience: question["audience"].as_str().unwrap().into(),
        nonce: data_encoding::BASE64URL_NOPAD.decode(id.as_bytes()).unwrap(),
    };
    let approve = |code: String| {
        let body = json!({ "approve": true, "code": code });
        let path = format!("/v1/holder/enrolments/{id}");
        answer(city.post(&path).bearer_auth(&access).json(&body))
    };
    let (key, pass) = another_pass(&city, &access).await;
    city.clock.advance(590);
    let refused = approve(draw(&city, &key, &pass, Some(challenge.clone()))).await;
    assert_problem(refused, "DEVICE_UNPROVEN");
    assert_eq!(approve(phone.code(&city, Some(challenge))).await.0, StatusCode::OK);
    city.stop().await;
}

#[tokio::test]
async fn who_vouches_does_so_for_one_request_and_signs_nothing_else_by_it() {
    let city = City::found().await;
    let phone = BarePhone::of(&city, LIN).await;
    city.clock.advance(1);
    let ask = async |typ: &str, own: &str, vouched_by: &str| {
        let of_pass = proof(&city, "openid4vci-proof+jwt", &phone.key, own);
        let vouching = proof(&city, typ, &phone.key, vouched_by);
        let body = json!({ "credential_configuration_id": "szid-day-pass",
            "proofs": { "jwt": [of_pass] }, "szid_key_proofs": [vouching] });
        let request = city.post("/v1/credential").bearer_auth(&phone.access_token).json(&body);
        answer(request).await.1["error"].as_str().map(str::to_owned)
    };
    let (one, other) = (nonce(&city).await, nonce(&city).await);
    let refused = |word: &str| Some(word.to_owned());
    assert_eq!(ask("szid-strip-proof+jwt", &one, &other).await, refused("invalid_nonce"));
    for typ in ["szid-key-proof+jwt", "openid4vci-proof+jwt"] {
        assert_eq!(ask(typ, &one, &one).await, refused("invalid_proof"), "{typ}");
    }
    assert_eq!(ask("szid-strip-proof+jwt", &one, &one).await, None);
    assert_eq!(ask("szid-strip-proof+jwt", &one, &one).await, refused("invalid_nonce"));
    city.stop().await;
}

#[tokio::test]
async fn a_phone_ends_another_one_after_every_refresh_by_itself() {
    let city = City::found().await;
    let (_, phone) = city.citizen(LIN).await;
    // Each strip is vouched for by the one before, whatever it is replaced for.
    for days in [10, 10] {
        city.clock.advance(days * DAY);
        assert!(phone.refresh().await.unwrap() > 0, "{days}");
    }
    let offer = city.enrol(LIN).await;
    let text = |name: &str| offer[name].as_str().unwrap().to_owned();
    let other = city.wallet("other phone");
    other.enrol(&text("credential_offer"), &text("tx_code")).await.unwrap();
    end_by(&phone, &other).await.unwrap();
    assert!(matches!(other.account().await, Err(WalletError::DeviceEnded)));
    city.stop().await;
}

#[tokio::test]
async fn a_phone_whose_first_answer_was_lost_gives_its_word_all_the_same() {
    let city = City::found().await;
    let (_, other) = city.citizen(LIN).await;
    let offer = city.enrol(LIN).await;
    let text = |name: &str| offer[name].as_str().unwrap().to_owned();
    let way = Arc::new(Losing { way: ReqwestHttp::new(), left: 2.into() });
    let phone = city.wallet_over("phone", way);
    for _ in 0..2 {
        let lost = phone.enrol(&text("credential_offer"), &text("tx_code")).await;
        assert!(matches!(lost, Err(WalletError::Network)), "{lost:?}");
    }
    // The app was closed meanwhile, and comes back days later.
    drop(phone);
    city.clock.advance(3 * DAY);
    let phone = city.wallet_over("phone", Arc::new(ReqwestHttp::new()));
    assert_eq!(phone.refresh().await.unwrap(), 14);
    end_by(&phone, &other).await.unwrap();
    city.stop().await;
}

#[tokio::test]
async fn a_phone_that_lost_all_its_keys_gives_its_word_again_after_two_weeks() {
    let city = City::found().await;
    let phone = BarePhone::of(&city, LIN).await;
    let (_, other) = city.citizen(LIN).await;
    city.clock.advance(700);
    let (mut access, mut refresh) = renew(&city, &phone.refresh_token).await;
    let (mut key, mut pass) = another_pass(&city, &access).await;
    for day in 1..=14 {
        let (challenge, path) = ending_of(&other).await;
        let refused = send(&city, &path, &access, draw(&city, &key, &pass, challenge)).await;
        assert_eq!(refused.1["code"], "DEVICE_UNPROVEN", "{day}");
        assert!(refused.1["detail_zh"].as_str().unwrap().contains("两名登记员"));
        city.clock.advance(DAY);
        other.refresh().await.unwrap();
        (access, refresh) = renew(&city, &refresh).await;
        // Whichever key asks: the time counts from the first one that came by the token alone.
        (key, pass) = vouched_pass(&city, &access, &[&key]).await;
    }
    let (challenge, path) = ending_of(&other).await;
    let ended = send(&city, &path, &access, draw(&city, &key, &pass, challenge)).await;
    assert_eq!(ended.0, StatusCode::NO_CONTENT, "{}", ended.1);
    city.stop().await;
}

/// One phone ends another one of its holder.
async fn end_by(phone: &Wallet, other: &Wallet) -> Result<(), WalletError> {
    let of_other = other.account().await.unwrap().device.unwrap();
    let devices = phone.devices().await.unwrap();
    let device = devices.iter().find(|device| device.id == of_other.id).unwrap();
    phone.end_device(device, Some(&screen_lock(phone))).await
}

/// A way on which the answers to so many requests for passes are lost.
struct Losing {
    way: ReqwestHttp,
    left: AtomicUsize,
}

impl Http for Losing {
    fn send(&self, request: HttpRequest) -> HttpFuture<'_> {
        Box::pin(async move {
            let asks = request.url.ends_with("/v1/credential");
            let answer = self.way.send(request).await;
            let loses = |left: usize| left.checked_sub(1);
            if asks && self.left.fetch_update(SeqCst, SeqCst, loses).is_ok() {
                return Err(HttpError::Unreachable);
            }
            answer
        })
    }
}
