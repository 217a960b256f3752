//! A citizen's devices over HTTP, with real wallets: a lost phone is ended, and nothing brings it back.

use reqwest::StatusCode;
use serde_json::{Value, json};
use szid_protocol::code::Challenge;
use szid_protocol::day::{DAY, end_of_day};
use szid_protocol::status::{Status, VerifiedStatusList};
use szid_protocol::trust::VerifiedTrustList;
use szid_tests::city::*;
use szid_tests::phones::{BarePhone, another_pass, draw};
use szid_verifier::AwsLcBackend;
use szid_wallet::{AccountState, PresentationOptions, Wallet, WalletError};

/// A person with two phones.
async fn two_phones(city: &City) -> (String, Wallet, Wallet) {
    let (person, lost) = city.citizen(LIN).await;
    // Devices are listed by their seconds.
    city.clock.advance(1);
    let offer = city.enrol(LIN).await;
    let text = |name: &str| offer[name].as_str().unwrap().to_owned();
    let kept = city.wallet("kept phone");
    kept.enrol(&text("credential_offer"), &text("tx_code")).await.unwrap();
    (person, lost, kept)
}

fn is_ended<T>(outcome: Result<T, WalletError>) -> bool {
    matches!(outcome, Err(WalletError::DeviceEnded))
}

/// How many passes of a day are revoked and suspended in its signed list.
async fn listed(city: &City, day: u64) -> (usize, usize) {
    let bytes = async |path: String| city.get(&path).send().await.unwrap().bytes().await.unwrap();
    let trust = bytes("/v1/trust".into()).await;
    let trust = VerifiedTrustList::verify(&trust, &[city.root], &AwsLcBackend).unwrap();
    let list = bytes(format!("/v1/status/{day}/0")).await;
    let list = VerifiedStatusList::verify(&list, &trust, city.clock.time()).unwrap();
    let count = |status| (0..1 << 20).filter(|at| list.status(*at).unwrap() == status).count();
    (count(Status::Invalid), count(Status::Suspended))
}

#[tokio::test]
async fn a_lost_phone_is_ended_by_the_report_and_lifting_the_freeze_does_not_revive_it() {
    let city = City::found().await;
    let (person, lost, kept) = two_phones(&city).await;
    for phone in [&lost, &kept] {
        assert_eq!(city.reason(&code(phone), LIBRARY, "a").await, "OK");
    }
    kept.report_lost().await.unwrap();
    city.clock.advance(1);
    assert_eq!(city.reason(&code(&lost), LIBRARY, "a").await, "REVOKED");
    assert_eq!(city.reason(&code(&kept), LIBRARY, "a").await, "FROZEN");
    // Gates are told the same by the lists, of every day that is out.
    for day in [end_of_day(city.clock.time()), end_of_day(city.clock.time()) + 13 * DAY] {
        assert_eq!(listed(&city, day).await, (1, 1));
    }
    assert!(is_ended(lost.uses(None).await), "nothing is read on it, though its token was good");
    assert!(is_ended(lost.account().await) && is_ended(lost.refresh().await));
    // The phone that reported reads the account and its uses, and is told why it shows no code.
    assert_eq!(kept.account().await.unwrap().state, AccountState::Frozen);
    assert!(kept.uses(None).await.unwrap().len() >= 2);
    assert!(matches!(kept.refresh().await, Err(WalletError::Frozen)));
    assert!(matches!(kept.consents(0).await, Err(WalletError::Frozen)));

    assert_eq!(city.set_account(&person, "unfreeze").await.0, StatusCode::OK);
    city.clock.advance(11 * DAY);
    assert_eq!(city.reason(&code(&lost), LIBRARY, "a").await, "REVOKED");
    assert!(is_ended(lost.refresh().await), "no new passes either");
    assert_eq!(city.reason(&code(&kept), LIBRARY, "a").await, "OK");
    assert_eq!(kept.refresh().await.unwrap(), 11);
    city.stop().await;
}

#[tokio::test]
async fn a_citizen_sees_each_device_and_ends_one() {
    let city = City::found().await;
    let (_, older, newer) = two_phones(&city).await;
    let devices = newer.devices().await.unwrap();
    let names: Vec<_> = devices.iter().map(|device| device.this_device).collect();
    assert_eq!(names, [false, true]);
    assert_eq!(devices[1].name, "kept phone");
    let account = newer.account().await.unwrap();
    assert_eq!((account.devices, account.device.unwrap().name.as_str()), (2, "kept phone"));
    assert!(account.unseen_events >= 3);
    newer.end_device(&devices[0], Some(&screen_lock(&newer))).await.unwrap();
    city.clock.advance(1);
    assert_eq!(city.reason(&code(&older), LIBRARY, "a").await, "REVOKED");
    assert_eq!(city.reason(&code(&newer), LIBRARY, "a").await, "OK");
    assert!(is_ended(older.account().await));
    let again = newer.end_device(&devices[0], Some(&screen_lock(&newer))).await;
    assert!(matches!(again, Err(WalletError::Refused(word)) if word == "NOT_FOUND"));
    // The newest first; and what was shown is seen.
    let events = newer.events(None).await.unwrap();
    let told: Vec<_> = events.iter().map(|event| event.event.as_str()).collect();
    let expected =
        ["device_ended", "device_added", "enrolment_confirmed", "enrolment_asked", "device_added"];
    assert_eq!(told, [expected.as_slice(), &["enrolled"]].concat());
    assert_eq!((events[0].by.as_str(), events[2].by.as_str()), ("holder", "registrar"));
    assert_eq!(newer.account().await.unwrap().unseen_events, 0);
    assert_eq!(newer.events(Some(&events[4].id)).await.unwrap(), events[5..]);
    city.stop().await;
}

#[tokio::test]
async fn a_token_alone_ends_no_phone_for_good_but_its_own_beside_another() {
    let city = City::found().await;
    let (_, own) = city.citizen(LIN).await;
    // What a thief has: the token of another phone of the same person, and not its keys.
    let token = city.access_token(LIN).await;
    let listed = answer(city.get("/v1/holder/devices").bearer_auth(&token)).await.1;
    let id_of = |this: bool| {
        let listed = listed["devices"].as_array().unwrap();
        let device = listed.iter().find(|device| device["this_device"] == this).unwrap();
        device["id"].as_str().unwrap().to_owned()
    };
    let (owners, stolen) = (id_of(false), id_of(true));
    let at = |id: &str| format!("/v1/holder/devices/{id}");
    let delete =
        |path: String| city.http.delete(format!("{}{path}", city.base_url)).bearer_auth(&token);
    assert_problem(answer(delete(at(&owners))).await, "CONSENT_CODE");
    assert_problem(answer(delete(at(&owners) + "?this_device=true")).await, "CONSENT_CODE");
    // Codes of the owner's own phone, as a venue sees them, and as the phone gives them for another device.
    let end = |id: &str, code: &str| {
        let body = json!({ "code": code });
        city.post(&format!("{}/end", at(id))).bearer_auth(&token).json(&body)
    };
    let challenge = |id: &str| {
        let nonce = data_encoding::BASE64URL_NOPAD.decode(id.as_bytes()).unwrap();
        Some(Challenge { audience: "szid:devices".into(), nonce })
    };
    let drawn = |challenge| {
        let options = PresentationOptions { challenge, ..PresentationOptions::default() };
        own.present(&screen_lock(&own), &options).unwrap().digits
    };
    for code in ["", "07551", &code(&own), &drawn(challenge(&stolen)), &drawn(challenge(&owners))] {
        // The last one says what is asked, by a phone whose token this is not.
        assert_problem(answer(end(&owners, code)).await, "CONSENT_CODE");
    }
    city.clock.advance(1);
    assert_eq!(city.reason(&code(&own), LIBRARY, "a").await, "OK");
    // Its own ends with it, as somebody signs off; the last one of a person does not.
    assert_problem(answer(delete(at(&stolen))).await, "DEVICE_OWN");
    assert_eq!(answer(delete(at(&stolen) + "?this_device=true")).await.0, StatusCode::NO_CONTENT);
    let last = own.devices().await.unwrap();
    assert!(matches!(&own.end_device(&last[0], None).await,
        Err(WalletError::Refused(word)) if word == "CONSENT_CODE"));
    let app_open = own.app_opened();
    assert!(matches!(&own.end_device(&last[0], Some(&app_open)).await,
        Err(WalletError::Refused(word)) if word == "CONSENT_CODE"));
    own.end_device(&last[0], Some(&screen_lock(&own))).await.unwrap();
    assert!(is_ended(own.account().await));
    city.stop().await;
}

#[tokio::test]
async fn a_pass_that_a_token_has_got_just_now_ends_no_phone() {
    let city = City::found().await;
    let phone = BarePhone::of(&city, LIN).await;
    let (_, other) = city.citizen(LIN).await;
    let devices = other.devices().await.unwrap();
    let of_other = devices.iter().find(|device| device.this_device).unwrap();
    let nonce = data_encoding::BASE64URL_NOPAD.decode(of_other.id.as_bytes()).unwrap();
    let challenge = Some(Challenge { audience: "szid:devices".into(), nonce });
    let end = |token: &str, code: String| {
        let path = format!("/v1/holder/devices/{}/end", of_other.id);
        answer(city.post(&path).bearer_auth(token).json(&json!({ "code": code })))
    };
    city.clock.advance(1);
    // A thief with the phone's token has a pass issued to a key of their own, and signs with that.
    let (key, pass) = another_pass(&city, &phone.access_token).await;
    for seconds in [1, 300, 290] {
        city.clock.advance(seconds);
        let code = draw(&city, &key, &pass, challenge.clone());
        assert_problem(end(&phone.access_token, code).await, "DEVICE_UNPROVEN");
    }
    // The phone itself goes on with the pass that it had first.
    city.clock.advance(20);
    let form = [("grant_type", "refresh_token"), ("refresh_token", phone.refresh_token.as_str())];
    let (_, tokens) = answer(city.post("/v1/token").form(&form)).await;
    let token = tokens["access_token"].as_str().unwrap();
    let fresh = another_pass(&city, token).await;
    let by_fresh = draw(&city, &fresh.0, &fresh.1, challenge.clone());
    assert_problem(end(token, by_fresh).await, "DEVICE_UNPROVEN");
    let first = end(token, phone.code(&city, challenge.clone())).await;
    assert_eq!(first.0, StatusCode::NO_CONTENT, "{}", first.1);
    assert!(is_ended(other.account().await));
    let of_before = draw(&city, &key, &pass, challenge);
    assert_problem(end(token, of_before).await, "DEVICE_UNPROVEN");
    city.stop().await;
}

#[tokio::test]
async fn a_phone_without_passes_is_no_other_phone_to_be_left() {
    let city = City::found().await;
    let (_, own) = city.citizen(LIN).await;
    // Taken up, and never more: what is left would be a citizen without a code.
    city.access_token(LIN).await;
    let devices = own.devices().await.unwrap();
    let this = devices.iter().find(|device| device.this_device).unwrap();
    assert!(matches!(&own.end_device(this, None).await,
        Err(WalletError::Refused(word)) if word == "CONSENT_CODE"));
    city.stop().await;
}

#[tokio::test]
async fn a_report_by_a_phone_that_never_had_a_pass_ends_no_other_phone() {
    let city = City::found().await;
    let (person, own) = city.citizen(LIN).await;
    city.clock.advance(1);
    // Taken up, and never more.
    let token = city.access_token(LIN).await;
    let report = || answer(city.post("/v1/holder/freeze").bearer_auth(&token));
    assert_eq!(report().await.0, StatusCode::OK);
    assert_eq!(city.reason(&code(&own), LIBRARY, "a").await, "FROZEN", "a loss stops all at once");
    let devices = city.devices(&person).await;
    assert_eq!(devices.len(), 2, "and ends none");
    // Nobody knows which of both is in its owner's hands: neither goes on.
    assert!(matches!(own.refresh().await, Err(WalletError::Frozen)));
    assert_problem(report().await, "CREDENTIAL_MISSING");
    let named = json!({ "reason": "checked", "keep_device": devices[0]["id"] });
    let path = format!("/v1/registrar/persons/{person}/unfreeze");
    let (_, asked) = answer(city.post(&path).bearer_auth(&city.registrar).json(&named)).await;
    assert_eq!(asked["lifting"]["frozen_by"], "holder", "{asked}");
    assert_eq!(asked["lifting"]["ends"][0]["id"], devices[1]["id"], "{asked}");
    assert_eq!(city.confirm(&asked).await.0, StatusCode::OK);
    city.clock.advance(1);
    assert_eq!(city.reason(&code(&own), LIBRARY, "a").await, "OK");
    assert_problem(report().await, "CREDENTIAL_MISSING");
    city.stop().await;
}

#[tokio::test]
async fn a_registrars_freeze_keeps_the_device_that_it_names_and_no_other() {
    let city = City::found().await;
    let (person, lost, kept) = two_phones(&city).await;
    let devices = city.devices(&person).await;
    assert_eq!(devices[1]["name"], "kept phone");
    let freeze = async |keep: Value| {
        let path = format!("/v1/registrar/persons/{person}/freeze");
        let body = json!({ "reason": "lost_phone", "keep_device": keep });
        answer(city.post(&path).bearer_auth(&city.registrar).json(&body)).await
    };
    assert_problem(freeze(json!("A".repeat(22))).await, "DEVICE_NOT_KEPT");
    assert_problem(freeze(json!("?")).await, "BAD_REQUEST");
    assert_eq!(freeze(devices[1]["id"].clone()).await.0, StatusCode::OK);
    assert!(matches!(lost.account().await, Err(WalletError::Frozen)));
    assert_eq!(kept.account().await.unwrap().state, AccountState::Frozen);
    // No later freeze lets the other one go on, and without a name none does.
    assert_problem(freeze(devices[0]["id"].clone()).await, "DEVICE_NOT_KEPT");
    assert_eq!(freeze(json!(null)).await.0, StatusCode::OK);
    assert!(matches!(kept.account().await, Err(WalletError::Frozen)));
    city.set_account(&person, "unfreeze").await;
    assert!(is_ended(lost.refresh().await) && is_ended(kept.refresh().await));
    assert_eq!(city.reason(&code(&kept), LIBRARY, "a").await, "REVOKED");
    city.stop().await;
}

#[tokio::test]
async fn a_lifting_names_the_phone_that_comes_back_and_who_reported() {
    let city = City::found().await;
    let (person, own, stolen) = two_phones(&city).await;
    let own_id = city.devices(&person).await[0]["id"].clone();
    stolen.report_lost().await.unwrap();
    assert!(is_ended(own.account().await));
    let events = stolen.events(None).await.unwrap();
    let frozen = events.iter().find(|event| event.event == "frozen").unwrap();
    assert_eq!(frozen.device.as_deref(), Some("kept phone"), "which one reported");
    let back = city.devices(&person).await;
    let lift = async |keep: &Value| {
        let path = format!("/v1/registrar/persons/{person}/unfreeze");
        let body = json!({ "reason": "found", "keep_device": keep });
        answer(city.post(&path).bearer_auth(&city.registrar).json(&body)).await
    };
    // The counter names the phone that it sees.
    assert_problem(lift(&own_id).await, "DEVICE_NOT_KEPT");
    assert_problem(lift(&json!("?")).await, "BAD_REQUEST");
    let (status, asked) = lift(&back[0]["id"]).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{asked}");
    // When a device was used is not among it: a look at that is counted, and told to the holder.
    let named = json!([{ "id": back[0]["id"], "name": back[0]["name"] }]);
    assert!(back[0]["last_used_at"].is_u64());
    let lifting = json!({ "devices": named, "frozen_by": "holder" });
    assert_eq!(asked["lifting"], lifting);
    let path = "/v1/registrar/requests";
    let (_, list) = answer(city.get(path).bearer_auth(&city.second_registrar)).await;
    assert_eq!(list["requests"][0]["lifting"], lifting, "whoever confirms sees it too");
    city.stop().await;
}

#[tokio::test]
async fn a_new_phone_that_replaces_ends_the_older_one_once_it_is_there() {
    let city = City::found().await;
    let (_, older) = city.citizen(LIN).await;
    let body = json!({ "document": { "type": LIN.0, "number": LIN.1 }, "name": LIN.2,
        "identity_level": 4, "method": "counter" });
    let request = city.post("/v1/registrar/enrolments").bearer_auth(&city.registrar);
    let (_, asked) = answer(request.json(&body)).await;
    assert_eq!(asked["devices"], "replaces", "where nothing is said");
    let (status, offer) = city.confirm(&asked).await;
    assert_eq!(status, StatusCode::CREATED, "{offer}");
    assert_eq!(older.refresh().await.unwrap(), 0, "an offer ends nothing");
    assert_eq!(city.reason(&code(&older), LIBRARY, "a").await, "OK");
    let text = |name: &str| offer[name].as_str().unwrap().to_owned();
    let newer = city.wallet("new phone");
    newer.enrol(&text("credential_offer"), &text("tx_code")).await.unwrap();
    city.clock.advance(1);
    assert!(is_ended(older.refresh().await));
    assert_eq!(city.reason(&code(&older), LIBRARY, "a").await, "REVOKED");
    assert_eq!(city.reason(&code(&newer), LIBRARY, "a").await, "OK");
    // Five at most.
    for _ in 1..5 {
        city.access_token(LIN).await;
    }
    let more = json!({ "document": { "type": LIN.0, "number": LIN.1 }, "name": LIN.2,
        "identity_level": 4, "method": "counter", "devices": "adds" });
    let request = city.post("/v1/registrar/enrolments").bearer_auth(&city.registrar);
    assert_problem(answer(request.json(&more)).await, "DEVICES_FULL");
    city.stop().await;
}
