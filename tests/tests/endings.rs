//! What ends with a phone, a freeze, a revocation or a registrar: approvals, waiting enrolments, and offers
//! that are out.

use reqwest::StatusCode;
use serde_json::{Value, json};
use szid_protocol::day::DAY;
use szid_register::{Account, Bearer};
use szid_tests::city::*;
use szid_tests::phones::first_pass;
use szid_wallet::{EnrolmentQuestion, PresentationOptions, Wallet, WalletError};

const PRE_AUTHORISED: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("{name}: {value}")).to_owned()
}

/// The first registrar asks for a new phone of somebody known.
async fn apply(city: &City) -> (StatusCode, Value) {
    let body = json!({ "document": { "type": LIN.0, "number": LIN.1 }, "name": LIN.2,
        "identity_level": 4, "method": "counter", "devices": "adds" });
    let request = city.post("/v1/registrar/enrolments").bearer_auth(&city.registrar);
    answer(request.json(&body)).await
}

async fn confirm_as(city: &City, secret: &str, asked: &Value) -> (StatusCode, Value) {
    let path = format!("/v1/registrar/requests/{}/confirm", text(asked, "request"));
    answer(city.post(&path).bearer_auth(secret)).await
}

async fn confirm_alone(city: &City, asked: &Value) -> (StatusCode, Value) {
    confirm_as(city, &city.registrar, asked).await
}

async fn approve(wallet: &Wallet) -> EnrolmentQuestion {
    let question = wallet.enrolment_questions().await.unwrap().remove(0);
    wallet.approve_enrolment(&question, &screen_lock(wallet)).await.unwrap();
    question
}

async fn take_up(city: &City, name: &str, offer: &Value) -> Result<Wallet, WalletError> {
    let wallet = city.wallet(name);
    wallet.enrol(&text(offer, "credential_offer"), &text(offer, "tx_code")).await?;
    Ok(wallet)
}

/// A person with two phones.
async fn two_phones(city: &City) -> (String, Wallet, Wallet) {
    let (person, lost) = city.citizen(LIN).await;
    city.clock.advance(1);
    let offer = city.enrol(LIN).await;
    (person, lost, take_up(city, "kept phone", &offer).await.unwrap())
}

/// The code of an offer, past the wallet.
async fn read_code(city: &City, offer: &Value) -> String {
    let answered = city.http.get(text(offer, "credential_offer_uri")).send().await.unwrap();
    let object: Value = answered.json().await.unwrap();
    text(&object["grants"][PRE_AUTHORISED], "pre-authorized_code")
}

async fn redeem(city: &City, code: &str, tx_code: &str, name: &str) -> (StatusCode, Value) {
    let form = [
        ("grant_type", PRE_AUTHORISED),
        ("pre-authorized_code", code),
        ("tx_code", tx_code),
        ("device_name", name),
    ];
    answer(city.post("/v1/token").form(&form)).await
}

async fn account(city: &City, person: &str) -> Account {
    city.store().person(person.parse().unwrap()).await.unwrap().unwrap().account
}

async fn waiting(city: &City) -> usize {
    let list = city.get("/v1/registrar/requests").bearer_auth(&city.second_registrar);
    answer(list).await.1["requests"].as_array().unwrap().len()
}

#[tokio::test]
async fn an_approval_ends_with_the_phone_that_gave_it() {
    let city = City::found().await;
    let (_, lost, kept) = two_phones(&city).await;
    let (_, asked) = apply(&city).await;
    approve(&lost).await;
    // The other phone ends it: the request is back where it was, for a second registrar.
    let devices = kept.devices().await.unwrap();
    let of_lost = devices.iter().find(|device| !device.this_device).unwrap();
    kept.end_device(of_lost, Some(&screen_lock(&kept))).await.unwrap();
    assert_problem(confirm_alone(&city, &asked).await, "REQUEST_OWN");
    // One that is there approves it again.
    approve(&kept).await;
    assert_eq!(confirm_alone(&city, &asked).await.0, StatusCode::CREATED);
    city.stop().await;
}

#[tokio::test]
async fn a_freeze_or_a_revocation_ends_what_was_asked_and_approved_before() {
    for (action, after) in [("freeze", Account::Frozen), ("revoke", Account::Revoked)] {
        let city = City::found().await;
        let (person, lost, _kept) = two_phones(&city).await;
        let (_, approved) = apply(&city).await;
        let (_, only_asked) = apply(&city).await;
        approve(&lost).await;
        assert_eq!(city.set_account(&person, action).await.0, StatusCode::OK);
        for asked in [&approved, &only_asked] {
            assert_problem(confirm_alone(&city, asked).await, "NOT_FOUND");
            assert_problem(city.confirm(asked).await, "NOT_FOUND");
        }
        assert_eq!(account(&city, &person).await, after, "nobody brought it back alone");
        assert_eq!(waiting(&city).await, 0);
        city.stop().await;
    }
}

#[tokio::test]
async fn a_lifting_that_was_asked_for_before_a_freeze_does_not_lift_it() {
    let city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    wallet.report_lost().await.unwrap();
    let path = format!("/v1/registrar/persons/{person}/unfreeze");
    let ask = || city.post(&path).bearer_auth(&city.registrar).json(&json!({ "reason": "found" }));
    let ((_, first), (_, second)) = (answer(ask()).await, answer(ask()).await);
    assert_eq!(city.confirm(&first).await.0, StatusCode::OK);
    // Lost again: what was asked for about the first loss is over.
    wallet.report_lost().await.unwrap();
    assert_problem(city.confirm(&second).await, "NOT_FOUND");
    assert_eq!(account(&city, &person).await, Account::Frozen);
    city.stop().await;
}

#[tokio::test]
async fn the_citizen_sees_an_approved_enrolment_and_takes_the_approval_back() {
    let city = City::found().await;
    let (_, wallet, other) = two_phones(&city).await;
    let (_, asked) = apply(&city).await;
    let question = approve(&wallet).await;
    // On any of the phones, until it is confirmed.
    for phone in [&wallet, &other] {
        let questions = phone.enrolment_questions().await.unwrap();
        assert_eq!(questions.len(), 1);
        assert_eq!(questions[0].id, question.id);
    }
    assert_eq!(other.events(None).await.unwrap()[0].event, "enrolment_approved");
    other.refuse_enrolment(&question).await.unwrap();
    assert_problem(confirm_alone(&city, &asked).await, "NOT_FOUND");
    assert!(wallet.enrolment_questions().await.unwrap().is_empty());
    city.stop().await;
}

#[tokio::test]
async fn a_phone_approves_with_its_own_codes_alone() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let token = city.access_token(LIN).await;
    let (_, asked) = apply(&city).await;
    let list = answer(city.get("/v1/holder/enrolments").bearer_auth(&token)).await.1;
    let nonce = data_encoding::BASE64URL_NOPAD.decode(text(&asked, "request").as_bytes()).unwrap();
    let challenge = szid_protocol::code::Challenge {
        audience: text(&list["enrolments"][0], "audience"),
        nonce,
    };
    let options =
        PresentationOptions { challenge: Some(challenge), ..PresentationOptions::default() };
    let code = wallet.present(&screen_lock(&wallet), &options).unwrap().digits;
    let path = format!("/v1/holder/enrolments/{}", text(&asked, "request"));
    let body = json!({ "approve": true, "code": code });
    let other_phones = answer(city.post(&path).bearer_auth(&token).json(&body)).await;
    assert_problem(other_phones, "CONSENT_CODE");
    assert_problem(confirm_alone(&city, &asked).await, "REQUEST_OWN");
    city.stop().await;
}

#[tokio::test]
async fn an_offer_that_a_phone_approved_ends_with_that_phone() {
    let city = City::found().await;
    let (_, lost, kept) = two_phones(&city).await;
    let (_, asked) = apply(&city).await;
    approve(&lost).await;
    let (status, offer) = confirm_alone(&city, &asked).await;
    assert_eq!(status, StatusCode::CREATED);
    let devices = kept.devices().await.unwrap();
    let of_lost = devices.iter().find(|device| !device.this_device).unwrap();
    kept.end_device(of_lost, Some(&screen_lock(&kept))).await.unwrap();
    let refused = take_up(&city, "thief", &offer).await;
    assert!(matches!(refused, Err(WalletError::Refused(word)) if word == "NOT_FOUND"));
    assert_eq!(kept.devices().await.unwrap().len(), 1);
    city.stop().await;
}

#[tokio::test]
async fn no_offer_from_before_a_freeze_or_a_revocation_is_ever_good_again() {
    for (action, back) in [("freeze", "unfreeze"), ("revoke", "")] {
        let city = City::found().await;
        let (person, _wallet) = city.citizen(LIN).await;
        let offer = city.enrol(LIN).await;
        // Somebody has read the code of another one already.
        let read = city.enrol(LIN).await;
        let code = read_code(&city, &read).await;
        let redeem = async |tx_code: &str| redeem(&city, &code, tx_code, "phone").await;
        let tx_code = text(&read, "tx_code");
        let wrong = if tx_code == "000000" { "111111" } else { "000000" };
        assert_eq!(city.set_account(&person, action).await.0, StatusCode::OK);

        let meanwhile = take_up(&city, "meanwhile", &offer).await;
        let (status, refused) = redeem(&tx_code).await;
        assert_eq!((status, &refused["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_grant")));
        if action == "freeze" {
            // Told to whoever has the whole offer: the code to check is another one.
            assert!(matches!(meanwhile, Err(WalletError::Frozen)), "{:?}", meanwhile.err());
            assert_eq!(refused["szid_code"], "ACCOUNT_FROZEN");
        } else {
            assert!(matches!(meanwhile, Err(WalletError::Refused(_))));
        }
        assert_eq!(redeem(wrong).await.1.get("szid_code"), None);

        if back.is_empty() {
            city.enrol(LIN).await;
        } else {
            assert_eq!(city.set_account(&person, back).await.0, StatusCode::OK);
        }
        assert_eq!(account(&city, &person).await, Account::Active);
        let devices = city.devices(&person).await.len();
        let later = take_up(&city, "later", &offer).await;
        assert!(matches!(later, Err(WalletError::Refused(_))), "{:?}", later.err());
        assert_eq!(redeem(&tx_code).await.1["error"], "invalid_grant");
        assert_eq!(city.devices(&person).await.len(), devices);
        city.stop().await;
    }
}

#[tokio::test]
async fn while_an_account_is_frozen_no_offer_is_made_for_it() {
    let city = City::found().await;
    let (person, _wallet) = city.citizen(LIN).await;
    city.set_account(&person, "freeze").await;
    assert_problem(apply(&city).await, "ACCOUNT_FROZEN");
    assert_eq!(waiting(&city).await, 0);
    city.set_account(&person, "unfreeze").await;
    let offer = city.enrol(LIN).await;
    take_up(&city, "new phone", &offer).await.unwrap();
    city.stop().await;
}

#[tokio::test]
async fn whatever_ends_phones_ends_them_under_a_clock_that_is_months_ahead() {
    // A freeze, a revocation, the citizen's own word (in the register), and a new phone in the place of all.
    for way in ["freeze", "revoke", "end", "replaces"] {
        let city = City::found().await;
        let (person, lost) = city.citizen(LIN).await;
        let id = person.parse().unwrap();
        let now = city.clock.time();
        let devices = city.store().devices(id, now).await.unwrap();
        city.machine.set_ahead(100 * i64::try_from(DAY).unwrap());
        match way {
            "end" => {
                let later = now + 100 * DAY;
                city.store().end_device(id, devices[0].id, later).await.unwrap();
            }
            "replaces" => {
                let body = json!({ "document": { "type": LIN.0, "number": LIN.1 }, "name": LIN.2,
                    "identity_level": 4, "method": "counter" });
                let request = city.post("/v1/registrar/enrolments").bearer_auth(&city.registrar);
                let (_, asked) = answer(request.json(&body)).await;
                let (_, offer) = city.confirm(&asked).await;
                let code = read_code(&city, &offer).await;
                let taken = redeem(&city, &code, &text(&offer, "tx_code"), "new phone").await;
                assert_eq!(taken.0, StatusCode::OK, "{}", taken.1);
                first_pass(&city, &person, &taken.1, now + 100 * DAY).await;
            }
            action => {
                assert_eq!(city.set_account(&person, action).await.0, StatusCode::OK);
            }
        }
        city.machine.set_ahead(0);
        let now = city.clock.time();
        // A registrar's freeze ends it with the lifting, which does not name it.
        if way == "freeze" {
            assert!(matches!(lost.account().await, Err(WalletError::Frozen)));
            assert_eq!(city.set_account(&person, "unfreeze").await.0, StatusCode::OK);
        }
        let left = city.store().devices(id, now).await.unwrap();
        assert!(left.iter().all(|device| device.id != devices[0].id), "{way}: {left:?}");
        assert!(matches!(lost.account().await, Err(WalletError::DeviceEnded)), "{way}");
        assert!(matches!(lost.refresh().await, Err(WalletError::DeviceEnded)), "{way}");
        city.stop().await;
    }
}

#[tokio::test]
async fn a_freeze_under_a_clock_that_is_months_ahead_keeps_the_phone_that_it_names() {
    let city = City::found().await;
    let (person, lost, kept) = two_phones(&city).await;
    let devices = city.devices(&person).await;
    city.machine.set_ahead(100 * i64::try_from(DAY).unwrap());
    let path = format!("/v1/registrar/persons/{person}/freeze");
    let body = json!({ "reason": "lost_phone", "keep_device": devices[1]["id"] });
    let frozen = answer(city.post(&path).bearer_auth(&city.registrar).json(&body)).await;
    assert_eq!(frozen.0, StatusCode::OK, "{}", frozen.1);
    city.machine.set_ahead(0);
    assert!(matches!(lost.account().await, Err(WalletError::Frozen)));
    assert_eq!(kept.account().await.unwrap().state, szid_wallet::AccountState::Frozen);
    city.stop().await;
}

#[tokio::test]
async fn a_registrar_who_is_withdrawn_leaves_no_offer_and_no_request() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let (_, asked) = apply(&city).await;
    approve(&wallet).await;
    // Somebody new, whose offer takes one registrar; and one that the withdrawn one has confirmed.
    let new = city.enrol(SAMPLE).await;
    let by_approval = confirm_alone(&city, &asked).await.1;
    let (_, still_asked) = apply(&city).await;
    let kept = city.enrol(("154", "810099198506200018", "李港样")).await;
    let kept_by_two = city.enrol(LIN).await;
    // A second credential of the same name: who withdraws the stolen one has made it before.
    let bearer = Bearer::Registrar { registrar: "counter-1".into() };
    credential(&*city.store(), bearer, city.clock.time()).await;
    withdraw(&*city.store(), &city.registrar, city.clock.time()).await;
    for (name, offer) in [("new", &new), ("by approval", &by_approval), ("kept", &kept)] {
        let refused = take_up(&city, name, offer).await;
        assert!(matches!(refused, Err(WalletError::Refused(_))), "{name}");
    }
    assert_problem(city.confirm(&still_asked).await, "NOT_FOUND");
    // What the other registrar has confirmed stands on that one's word.
    take_up(&city, "by two", &kept_by_two).await.unwrap();
    city.stop().await;
}

#[tokio::test]
async fn a_phone_whose_old_token_comes_back_is_stopped_and_its_holder_is_told() {
    let city = City::found().await;
    let (person, older, other) = two_phones(&city).await;
    let offer = city.enrol(LIN).await;
    let read = read_code(&city, &offer).await;
    city.clock.advance(1);
    let (_, tokens) = redeem(&city, &read, &text(&offer, "tx_code"), "copied phone").await;
    let now = city.clock.time();
    let day = szid_protocol::day::end_of_day(now);
    let index = first_pass(&city, &person, &tokens, now).await;
    let refresh = async |token: &str| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        answer(city.post("/v1/token").form(&form)).await
    };
    let first = text(&tokens, "refresh_token");
    let second = text(&refresh(&first).await.1, "refresh_token");
    city.clock.advance(61);
    let third = text(&refresh(&second).await.1, "refresh_token");
    assert_eq!(refresh(&first).await.1["error"], "invalid_grant", "an old one came back");
    assert_eq!(refresh(&third).await.1["error"], "invalid_grant", "nobody goes on with it");

    let status = async || {
        let listed = city.store().statuses().await.unwrap();
        listed.iter().find(|row| (row.exp, row.index) == (day, index)).map_or(0, |row| row.status)
    };
    assert_eq!(status().await, 2, "its passes are suspended at once");
    // The other phones go on, see it among those that ended, and are told.
    assert_eq!(city.reason(&code(&older), LIBRARY, "a").await, "OK");
    let events = other.events(None).await.unwrap();
    assert_eq!((events[0].event.as_str(), events[0].by.as_str()), ("device_copied", "service"));
    assert_eq!(events[0].device.as_deref(), Some("copied phone"));
    assert_eq!(other.devices().await.unwrap().len(), 2);
    let token = city.access_token(LIN).await;
    let listed = answer(city.get("/v1/holder/devices").bearer_auth(&token)).await.1;
    let ended = listed["ended"][0].clone();
    assert_eq!((&ended["name"], &ended["why"]), (&json!("copied phone"), &json!("copied")));

    // Lifting a freeze, or lifting where nothing is frozen, gives them back to nobody: a thief may hold some
    // of them.
    city.set_account(&person, "unfreeze").await;
    assert_eq!(status().await, 2);
    // The holder's last word ends them for good.
    let copied = other.ended_devices().await.unwrap().remove(0);
    assert_eq!((copied.device.id.as_str(), copied.why.as_str()), (&*text(&ended, "id"), "copied"));
    other.end_ended(&copied, &screen_lock(&other)).await.unwrap();
    assert_eq!(status().await, 1);
    city.stop().await;
}
