//! What one registrar cannot do alone to somebody known, and what two do.

use reqwest::StatusCode;
use serde_json::{Value, json};
use szid_register::audit::AuditEvent;
use szid_register::{Account, Bearer};
use szid_tests::administrators::{Administrators, confirm, make, text};
use szid_tests::city::*;
use szid_wallet::WalletError;

/// The first registrar applies for a document.
async fn apply(city: &City, name: &str, devices: &str) -> (StatusCode, Value) {
    let body = json!({ "document": { "type": LIN.0, "number": LIN.1 }, "name": name,
        "identity_level": 2, "method": "counter", "devices": devices });
    let request = city.post("/v1/registrar/enrolments").bearer_auth(&city.registrar);
    answer(request.json(&body)).await
}

async fn confirm_alone(city: &City, asked: &Value) -> (StatusCode, Value) {
    let path = format!("/v1/registrar/requests/{}/confirm", asked["request"].as_str().unwrap());
    answer(city.post(&path).bearer_auth(&city.registrar)).await
}

async fn change(city: &City, person: &str, body: Value) -> (StatusCode, Value) {
    let path = format!("/v1/registrar/persons/{person}/changes");
    answer(city.post(&path).bearer_auth(&city.registrar).json(&body)).await
}

#[tokio::test]
async fn one_registrar_alone_makes_no_offer_for_somebody_known_and_changes_nothing() {
    let city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    let id = person.parse().unwrap();
    let before = city.store().person(id).await.unwrap();
    let (status, asked) = apply(&city, "他人", "adds").await;
    assert_eq!((status, asked["state"].as_str()), (StatusCode::ACCEPTED, Some("pending")));
    assert!(asked.get("credential_offer").is_none() && asked.get("tx_code").is_none(), "{asked}");
    assert_eq!(asked["differs"], json!(true), "told, and neither what nor taken");
    assert_problem(confirm_alone(&city, &asked).await, "REQUEST_OWN");
    assert_eq!(city.store().person(id).await.unwrap(), before);
    // The citizen is told at once, on the phone that is there.
    assert_eq!(wallet.events(None).await.unwrap()[0].event, "enrolment_asked");
    // Two make an offer, and still change no name and no level.
    let (status, offer) = city.confirm(&asked).await;
    assert_eq!((status, &offer["person"]), (StatusCode::CREATED, &json!(person)));
    assert_eq!(city.store().person(id).await.unwrap(), before);
    assert_problem(city.confirm(&asked).await, "NOT_FOUND");
    city.stop().await;
}

#[tokio::test]
async fn whoever_guesses_what_is_kept_learns_little_and_the_citizen_sees_each_guess() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    // The same request with another guess each time.
    for guess in 0..9 {
        let (status, asked) = apply(&city, &format!("演示{guess}"), "adds").await;
        assert_eq!((status, &asked["differs"]), (StatusCode::ACCEPTED, &json!(true)));
    }
    let events = wallet.events(None).await.unwrap();
    assert_eq!((events[0].event.as_str(), events[0].times), ("enrolment_asked", Some(9)));
    apply(&city, "演示", "adds").await;
    assert_problem(apply(&city, LIN.2, "adds").await, "TOO_MANY");
    // Of somebody else, and at another counter, it is as before.
    assert_eq!(city.enrol(SAMPLE).await["tx_code"].as_str().unwrap().len(), 6);
    city.clock.advance(3600);
    city.store().prune(city.clock.time()).await.unwrap();
    assert_eq!(apply(&city, LIN.2, "adds").await.0, StatusCode::ACCEPTED);
    city.stop().await;
}

#[tokio::test]
async fn the_citizens_own_phone_takes_the_place_of_the_second_registrar() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let (_, stranger) = city.citizen(SAMPLE).await;
    let (_, asked) = apply(&city, LIN.2, "adds").await;
    assert!(stranger.enrolment_questions().await.unwrap().is_empty());
    let questions = wallet.enrolment_questions().await.unwrap();
    assert_eq!((questions.len(), questions[0].devices.as_str()), (1, "adds"));
    let foreign = stranger.approve_enrolment(&questions[0], &screen_lock(&stranger)).await;
    assert!(matches!(foreign, Err(WalletError::Refused(word)) if word == "NOT_FOUND"));
    let weak = wallet.approve_enrolment(&questions[0], &wallet.app_opened()).await;
    assert!(matches!(weak, Err(WalletError::Refused(word)) if word == "CONSENT_CODE"));
    assert_problem(confirm_alone(&city, &asked).await, "REQUEST_OWN");
    wallet.approve_enrolment(&questions[0], &screen_lock(&wallet)).await.unwrap();
    let left = wallet.enrolment_questions().await.unwrap();
    assert!(left.len() == 1 && left[0].approved, "seen until it is confirmed");
    let (status, offer) = confirm_alone(&city, &asked).await;
    assert_eq!(status, StatusCode::CREATED, "{offer}");
    // What the phone refuses is over.
    let (_, asked) = apply(&city, LIN.2, "replaces").await;
    let questions = wallet.enrolment_questions().await.unwrap();
    wallet.refuse_enrolment(&questions[0]).await.unwrap();
    assert_problem(city.confirm(&asked).await, "NOT_FOUND");
    assert_eq!(wallet.events(None).await.unwrap()[0].event, "enrolment_refused");
    city.stop().await;
}

#[tokio::test]
async fn a_revoked_person_is_active_again_by_two_alone() {
    let city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    city.set_account(&person, "revoke").await;
    let account =
        async || city.store().person(person.parse().unwrap()).await.unwrap().unwrap().account;
    let (_, asked) = apply(&city, LIN.2, "replaces").await;
    assert_eq!(account().await, Account::Revoked);
    assert_problem(confirm_alone(&city, &asked).await, "REQUEST_OWN");
    assert_eq!(account().await, Account::Revoked);
    assert_eq!(city.confirm(&asked).await.0, StatusCode::CREATED);
    assert_eq!(account().await, Account::Active);
    assert_eq!(city.reason(&code(&wallet), LIBRARY, "a").await, "REVOKED");
    city.stop().await;
}

#[tokio::test]
async fn a_name_or_level_changes_by_two_and_the_passes_that_are_out_are_replaced() {
    let city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    let id = person.parse().unwrap();
    let before = city.store().person(id).await.unwrap();
    for (body, code) in [
        (json!({ "reason": "seen" }), "CHANGE_NONE"),
        (json!({ "name": LIN.2, "identity_level": 4, "reason": "seen" }), "CHANGE_NONE"),
        (json!({ "name": "", "reason": "seen" }), "NAME_INVALID"),
        (json!({ "identity_level": 5, "reason": "seen" }), "LEVEL_INVALID"),
        (json!({ "identity_level": 3, "method": "guess", "reason": "seen" }), "METHOD_INVALID"),
        (json!({ "details": { "phone": "x" }, "reason": "seen" }), "DETAILS_INVALID"),
        (json!({ "name": "林示范", "reason": "Because" }), "REASON_INVALID"),
    ] {
        assert_problem(change(&city, &person, body).await, code);
    }
    let renamed = json!({ "name": "林示范", "identity_level": 1, "reason": "name_changed" });
    let (status, asked) = change(&city, &person, renamed).await;
    assert_eq!((status, asked["kind"].as_str()), (StatusCode::ACCEPTED, Some("change")));
    assert_problem(confirm_alone(&city, &asked).await, "REQUEST_OWN");
    assert_eq!(city.store().person(id).await.unwrap(), before, "nothing has changed yet");
    assert_eq!(city.reason(&code(&wallet), LIBRARY, "a").await, "OK");
    // Whoever confirms sees what is to be kept.
    let path = "/v1/registrar/requests";
    let (_, list) = answer(city.get(path).bearer_auth(&city.second_registrar)).await;
    let shown = json!({ "name": "林示范", "identity_level": 1, "details": false });
    assert_eq!(list["requests"][0]["change"], shown);
    let (_, other) =
        change(&city, &person, json!({ "details": { "phone": "15400000001" }, "reason": "new" }))
            .await;
    assert_eq!(city.confirm(&asked).await.0, StatusCode::OK);
    assert_problem(city.confirm(&other).await, "REQUEST_OUTDATED");
    city.clock.advance(1);
    assert_eq!(city.reason(&code(&wallet), LIBRARY, "a").await, "REVOKED");
    assert!(wallet.account().await.unwrap().lacks_passes);
    assert_eq!(wallet.refresh().await.unwrap(), 14);
    assert!(!wallet.account().await.unwrap().lacks_passes);
    assert_eq!(city.reason(&code(&wallet), PARK, "a").await, "OK");
    assert_eq!(city.reason(&code(&wallet), LIBRARY, "b").await, "LEVEL_TOO_LOW", "the new level");
    let kept = city.store().person(id).await.unwrap().unwrap();
    assert_eq!(kept.claimed_level(city.clock.time()), 1);
    let events = wallet.events(None).await.unwrap();
    let told: Vec<_> = events.iter().take(2).map(|event| event.event.as_str()).collect();
    assert_eq!(told, ["name_changed", "change_asked"]);
    assert_eq!(events[1].times, Some(2), "equal ones of the day");
    // Neither the events nor the audit say which name.
    let entries = city.store().audit_entries(0, 100).await.unwrap();
    assert!(!serde_json::to_string(&entries).unwrap().contains("林示范"));
    city.stop().await;
}

#[tokio::test]
async fn who_asks_again_has_one_request() {
    let city = City::found().await;
    let (person, _) = city.citizen(LIN).await;
    city.set_account(&person, "freeze").await;
    let ask = async |secret: &str, act: &str, body: Value| {
        let path = format!("/v1/registrar/persons/{person}/{act}");
        let (status, told) = answer(city.post(&path).bearer_auth(secret).json(&body)).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{told}");
        text(&told, "request").to_owned()
    };
    let lift = async |secret: &str, reason: &str| {
        ask(secret, "unfreeze", json!({ "reason": reason })).await
    };
    let first = lift(&city.registrar, "found").await;
    for _ in 0..120 {
        assert_eq!(lift(&city.registrar, "found").await, first, "the same again");
    }
    assert_ne!(lift(&city.second_registrar, "found").await, first, "somebody else's");
    // What differs is not confirmed by whoever read the first one.
    let confirm = async |request: &str| {
        let path = format!("/v1/registrar/requests/{request}/confirm");
        answer(city.post(&path).bearer_auth(&city.second_registrar)).await
    };
    let change = async |name: &str| {
        ask(&city.registrar, "changes", json!({ "name": name, "reason": "marriage" })).await
    };
    let (one, other) = (change("林示范").await, change("林改名").await);
    assert_problem(confirm(&one).await, "NOT_FOUND");
    assert_eq!(confirm(&other).await.0, StatusCode::OK);
    let second = lift(&city.registrar, "mistake").await;
    assert_problem(confirm(&first).await, "NOT_FOUND");
    assert_eq!(confirm(&second).await.0, StatusCode::OK);
    city.stop().await;
}

#[tokio::test]
async fn a_name_that_looks_like_another_is_nobody_elses() {
    let city = City::found().await;
    let admin = Administrators::of(&city).await;
    // A Cyrillic letter, a letter of full width, one that nobody sees.
    for name in ["ch\u{435}n", "\u{ff43}hen", "chen\u{200b}", "Offline"] {
        let bearer = json!({ "role": "administrator", "name": name });
        let (status, told) = make(&city, &admin.chen, bearer).await;
        assert_eq!(
            (status, &told["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("STAFF_NAME")),
            "{name}"
        );
    }
    let bearer = json!({ "role": "administrator", "name": "Chen" });
    let (status, told) = make(&city, &admin.chen, bearer).await;
    assert_eq!((status, &told["code"]), (StatusCode::CONFLICT, &json!("NAME_TWICE")));
    // One of older software is there, and is the same person as the one whose name it looks like.
    let bearer = Bearer::Administrator { name: "Chen".into() };
    let second = credential(&*city.store(), bearer, city.clock.time()).await;
    let bearer = json!({ "role": "registrar", "name": "somebody" });
    let asked = make(&city, &admin.chen, bearer).await;
    let (_, told) = confirm(&city, &asked, &second).await;
    assert_eq!(told["code"], "REQUEST_OWN");
    assert!(confirm(&city, &asked, &admin.zhao).await.0.is_success());
    city.stop().await;
}

#[tokio::test]
async fn a_registrars_look_at_somebodys_devices_is_told_and_counted() {
    let city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    let path = format!("/v1/registrar/persons/{person}/devices");
    let look = async |secret: &str| answer(city.get(&path).bearer_auth(secret)).await;
    for _ in 0..10 {
        assert_eq!(look(&city.registrar).await.0, StatusCode::OK);
    }
    assert_problem(look(&city.registrar).await, "TOO_MANY");
    assert_eq!(look(&city.second_registrar).await.0, StatusCode::OK, "another one looks");
    let events = wallet.events(None).await.unwrap();
    let looks: Vec<_> = events.iter().filter(|event| event.event == "devices_read").collect();
    assert_eq!((looks.len(), looks[0].times), (1, Some(11)), "one row of the day, and how often");
    let entries = city.store().audit_entries(1, 1000).await.unwrap();
    let by = |name: &str| {
        let is_it = |event: &AuditEvent| matches!(event, AuditEvent::DevicesRead { actor, .. } if actor == name);
        entries.iter().filter(|entry| is_it(&entry.event)).count()
    };
    assert_eq!((by("counter-1"), by("counter-2")), (10, 1));
    city.stop().await;
}

#[tokio::test]
async fn what_a_counter_mistypes_is_refused_and_not_done_without_it() {
    let city = City::found().await;
    let (person, _) = city.citizen(LIN).await;
    city.set_account(&person, "freeze").await;
    let device = city.devices(&person).await[0]["id"].clone();
    // Without the device's name the lifting would end it for good.
    let mistyped = [
        ("unfreeze", json!({ "reason": "found", "device": [device] })),
        ("unfreeze", json!({ "reason": "found", "keepDevice": device })),
        ("freeze", json!({ "reason": "lost_phone", "keep": device })),
        ("revoke", json!({ "reason": "moved", "devices": [device] })),
        ("changes", json!({ "name": "林示范", "levle": 3, "reason": "marriage" })),
    ];
    for (act, body) in mistyped {
        let path = format!("/v1/registrar/persons/{person}/{act}");
        let asked = city.post(&path).bearer_auth(&city.registrar).json(&body);
        assert_problem(answer(asked).await, "BAD_REQUEST");
    }
    city.stop().await;
}
