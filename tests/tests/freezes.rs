//! What one registrar's freeze does to a citizen's phones, and how many freezes one registrar makes alone.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use szid_register::{Account, Enrolment, Evidence, PersonId, SealedIdentity};
use szid_tests::city::*;
use szid_tests::phones::two_phones;
use szid_wallet::{FrozenBy, Standing, Wallet, WalletError};

fn is_frozen<T>(outcome: Result<T, WalletError>) -> bool {
    matches!(outcome, Err(WalletError::Frozen))
}

fn is_ended<T>(outcome: Result<T, WalletError>) -> bool {
    matches!(outcome, Err(WalletError::DeviceEnded))
}

#[tokio::test]
async fn one_registrars_freeze_ends_no_phone_and_the_lifting_names_those_that_come_back() {
    let city = City::found().await;
    let (person, first, second) = two_phones(&city).await;
    let devices = city.devices(&person).await;
    let both = json!([devices[0]["id"], devices[1]["id"]]);
    assert_eq!(city.act(&person, "freeze", json!({ "reason": "spite" })).await.0, StatusCode::OK);
    for phone in [&first, &second] {
        assert_eq!(city.reason(&code(phone), LIBRARY, "a").await, "FROZEN");
        assert!(is_frozen(phone.refresh().await) && is_frozen(phone.report_lost().await));
        assert!(is_frozen(phone.uses(None).await), "a thief's reads nothing either");
    }
    assert_eq!(city.devices(&person).await.len(), 2);
    let wrong = json!({ "reason": "mistake", "devices": ["A".repeat(22)] });
    assert_problem(city.act(&person, "unfreeze", wrong).await, "DEVICE_NOT_KEPT");
    let two = json!({ "reason": "mistake", "devices": both, "keep_device": devices[0]["id"] });
    assert_problem(city.act(&person, "unfreeze", two).await, "BAD_REQUEST");
    let (_, first_asked) = city.act(&person, "unfreeze", json!({ "reason": "mistake" })).await;
    let named = json!({ "reason": "mistake", "devices": both });
    let (_, asked) = city.act(&person, "unfreeze", named.clone()).await;
    assert_eq!(asked["replaced"], first_asked["request"], "the one that is over is named");
    assert_eq!(city.act(&person, "unfreeze", named).await.1.get("replaced"), None);
    assert_problem(city.confirm(&first_asked).await, "NOT_FOUND");
    assert_eq!(asked["lifting"]["devices"].as_array().unwrap().len(), 2, "{asked}");
    assert!(asked["lifting"].get("ends").is_none());
    assert_eq!(city.confirm(&asked).await.0, StatusCode::OK);
    city.clock.advance(1);
    for phone in [&first, &second] {
        assert_eq!(city.reason(&code(phone), LIBRARY, "a").await, "OK");
        phone.refresh().await.unwrap();
    }
    city.stop().await;
}

#[tokio::test]
async fn a_phone_that_a_freeze_stopped_says_so_without_network_and_by_which_id_a_counter_knows_it()
{
    let city = City::found().await;
    let (person, first, second) = two_phones(&city).await;
    let devices = city.devices(&person).await;
    for phone in [&first, &second] {
        phone.refresh().await.unwrap();
    }
    assert_eq!(city.act(&person, "freeze", json!({ "reason": "spite" })).await.0, StatusCode::OK);
    for (phone, device) in [&first, &second].into_iter().zip(&devices) {
        assert!(is_frozen(phone.refresh().await));
        let status = phone.status().unwrap();
        assert_eq!(status.last_known.unwrap().standing, Standing::Frozen);
        assert_eq!(status.device_id.as_deref(), device["id"].as_str());
    }
    city.stop().await;
}

#[tokio::test]
async fn a_freeze_that_stops_nothing_more_leaves_the_lifting_that_waits() {
    let city = City::found().await;
    let (person, _, kept) = two_phones(&city).await;
    let devices = city.devices(&person).await;
    let freeze = json!({ "reason": "lost_phone", "keep_device": devices[1]["id"] });
    assert_eq!(city.act(&person, "freeze", freeze.clone()).await.0, StatusCode::OK);
    let lift = || city.act(&person, "unfreeze", json!({ "reason": "new_phone" }));
    let (_, asked) = lift().await;
    assert_eq!(city.act(&person, "freeze", freeze).await.0, StatusCode::OK);
    // One that stops the phone that was kept as well is another matter, once.
    let all = json!({ "reason": "spite" });
    assert_eq!(city.act(&person, "freeze", all.clone()).await.0, StatusCode::OK);
    assert!(is_frozen(kept.account().await));
    assert_problem(city.confirm(&asked).await, "NOT_FOUND");
    let named = json!({ "reason": "mistake", "devices": [devices[1]["id"]] });
    let (_, asked) = city.act(&person, "unfreeze", named).await;
    for _ in 0..3 {
        assert_eq!(city.act(&person, "freeze", all.clone()).await.0, StatusCode::OK);
    }
    assert_eq!(city.confirm(&asked).await.0, StatusCode::OK);
    kept.refresh().await.unwrap();
    city.stop().await;
}

#[tokio::test]
async fn a_lost_phone_comes_back_by_no_lifting_that_does_not_name_it() {
    let city = City::found().await;
    let (person, lost, kept) = two_phones(&city).await;
    let devices = city.devices(&person).await;
    let freeze = json!({ "reason": "lost_phone", "keep_device": devices[1]["id"] });
    assert_eq!(city.act(&person, "freeze", freeze).await.0, StatusCode::OK);
    let (_, asked) = city.act(&person, "unfreeze", json!({ "reason": "new_phone" })).await;
    assert_eq!(asked["lifting"]["devices"][0]["id"], devices[1]["id"], "{asked}");
    assert_eq!(asked["lifting"]["ends"][0]["id"], devices[0]["id"]);
    let path = "/v1/registrar/requests";
    let (_, list) = answer(city.get(path).bearer_auth(&city.second_registrar)).await;
    assert_eq!(list["requests"][0]["lifting"], asked["lifting"], "whoever confirms sees it too");
    assert_eq!(city.confirm(&asked).await.0, StatusCode::OK);
    city.clock.advance(1);
    assert_eq!(city.reason(&code(&lost), LIBRARY, "a").await, "REVOKED");
    assert!(is_ended(lost.refresh().await));
    assert_eq!(city.reason(&code(&kept), LIBRARY, "a").await, "OK");
    // Where the one that was kept is the stolen one, the next lifting names another or none.
    assert_eq!(city.act(&person, "freeze", json!({ "reason": "stolen" })).await.0, StatusCode::OK);
    assert!(is_frozen(kept.account().await));
    let (_, asked) = city.act(&person, "unfreeze", json!({ "reason": "none" })).await;
    assert_eq!(asked["lifting"]["devices"], json!([]));
    city.confirm(&asked).await;
    assert!(is_ended(kept.refresh().await));
    city.stop().await;
}

/// How often the citizen was told of something.
async fn told(phone: &Wallet, event: &str) -> usize {
    let events = phone.events(None).await.unwrap();
    events.iter().filter(|one| one.event == event).count()
}

#[tokio::test]
async fn an_account_that_is_active_is_answered_so_and_nobody_is_told_of_a_lifting() {
    let city = City::found().await;
    let (person, first, second) = two_phones(&city).await;
    let entries = async || city.store().audit_head().await.unwrap().number;
    let before = entries().await;
    for devices in [json!({ "reason": "x" }), json!({ "reason": "x", "devices": [] })] {
        let (status, active) = city.act(&person, "unfreeze", devices).await;
        assert_eq!((status, &active["account"]), (StatusCode::OK, &json!("active")), "{active}");
    }
    assert_eq!((entries().await, told(&first, "active").await), (before, 0));
    let path = "/v1/registrar/requests";
    let (_, list) = answer(city.get(path).bearer_auth(&city.second_registrar)).await;
    assert_eq!(list["requests"], json!([]));

    // Two registrars ask for one lifting: it is done once.
    assert_eq!(city.act(&person, "freeze", json!({ "reason": "spite" })).await.0, StatusCode::OK);
    let devices = city.devices(&person).await;
    let both = json!({ "reason": "x", "devices": [devices[0]["id"], devices[1]["id"]] });
    let (_, asked) = city.act(&person, "unfreeze", both).await;
    let unfreeze = format!("/v1/registrar/persons/{person}/unfreeze");
    let other = city.post(&unfreeze).bearer_auth(&city.second_registrar);
    let (status, other) = answer(other.json(&json!({ "reason": "x", "devices": [] }))).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{other}");
    assert_eq!(city.confirm(&asked).await.0, StatusCode::OK);
    let confirm = format!("{path}/{}/confirm", other["request"].as_str().unwrap());
    let late = answer(city.post(&confirm).bearer_auth(&city.registrar)).await;
    assert_problem(late, "NOT_FOUND");
    for phone in [&first, &second] {
        phone.refresh().await.unwrap();
    }
    assert_eq!(told(&first, "active").await, 1);
    city.stop().await;
}

/// What a phone knows of the freeze that stopped it, after it has asked.
async fn told_of_freeze(phone: &Wallet) -> Option<(u64, FrozenBy)> {
    assert!(is_frozen(phone.account().await));
    let known = phone.status().unwrap().last_known.unwrap();
    assert_eq!(known.standing, Standing::Frozen);
    known.freeze.map(|freeze| (freeze.at, freeze.by))
}

#[tokio::test]
async fn a_phone_that_a_registrar_froze_says_when_and_who_and_reads_nothing_else() {
    let city = City::found().await;
    let (person, first, second) = two_phones(&city).await;
    city.clock.advance(60);
    let at = city.clock.time();
    assert_eq!(city.act(&person, "freeze", json!({ "reason": "spite" })).await.0, StatusCode::OK);
    city.clock.advance(600);
    for phone in [&first, &second] {
        assert_eq!(told_of_freeze(phone).await, Some((at, FrozenBy::Registrar)));
        assert!(is_frozen(phone.uses(None).await) && is_frozen(phone.events(None).await));
        assert!(is_frozen(phone.devices().await));
    }
    let devices = city.devices(&person).await;
    let both = json!({ "reason": "mistake", "devices": [devices[0]["id"], devices[1]["id"]] });
    let (_, asked) = city.act(&person, "unfreeze", both).await;
    assert_eq!(city.confirm(&asked).await.0, StatusCode::OK);
    first.account().await.unwrap();
    let known = first.status().unwrap().last_known.unwrap();
    assert_eq!((known.standing, known.freeze), (Standing::Active, None));
    city.stop().await;
}

#[tokio::test]
async fn a_phone_beside_the_one_that_a_freeze_kept_is_told_nothing_of_it() {
    let city = City::found().await;
    let (person, lost, kept) = two_phones(&city).await;
    let devices = city.devices(&person).await;
    let freeze = json!({ "reason": "lost_phone", "keep_device": devices[1]["id"] });
    assert_eq!(city.act(&person, "freeze", freeze).await.0, StatusCode::OK);
    assert_eq!(told_of_freeze(&lost).await, None);
    assert!(is_frozen(lost.uses(None).await) && is_frozen(lost.events(None).await));
    kept.uses(None).await.unwrap();
    let (_, asked) = city.act(&person, "unfreeze", json!({ "reason": "found" })).await;
    assert_eq!(city.confirm(&asked).await.0, StatusCode::OK);
    assert!(is_ended(lost.account().await));
    assert_eq!(lost.status().unwrap().last_known.unwrap().freeze, None);
    city.stop().await;
}

#[tokio::test]
async fn a_phone_that_its_owner_reported_from_another_one_is_told_nothing() {
    let city = City::found().await;
    let (_, lost, kept) = two_phones(&city).await;
    kept.report_lost().await.unwrap();
    assert!(is_ended(lost.account().await) && is_ended(lost.uses(None).await));
    assert_eq!(lost.status().unwrap().last_known.unwrap().freeze, None);
    kept.events(None).await.unwrap();
    city.stop().await;
}

/// Persons without a phone, for whoever freezes many.
async fn persons(city: &City, count: u8) -> Vec<PersonId> {
    let mut persons = Vec::new();
    for number in 0..count {
        let enrolment = Enrolment {
            candidate: PersonId([number; 16]),
            lookup: [number; 32],
            document_class: 111,
            evidence: Evidence::of_registrar("counter".into(), 4, 111, city.clock.time()),
            sealed: SealedIdentity { key: None, content: vec![1] },
            actor: "counter-1".into(),
            at: city.clock.time(),
            offer: None,
        };
        persons.push(city.store().enrol(enrolment).await.unwrap());
    }
    persons
}

async fn unusual(city: &City) -> Option<Value> {
    let (_, told) = answer(city.get("/readyz")).await;
    let mut conditions = told["conditions"].as_array().unwrap().iter();
    let found = conditions.find(|one| one["code"] == "REGISTRAR_UNUSUAL");
    found.map(|one| one["credentials"].clone())
}

#[tokio::test]
async fn many_freezes_by_one_registrar_are_told_and_then_wait_over_a_restart() {
    let mut city = City::found().await;
    city.store().prune(city.clock.time()).await.unwrap();
    let persons = persons(&city, 103).await;
    let freeze = async |city: &City, number: usize| {
        let body = json!({ "reason": "lost_phone" });
        let (status, told) = city.act(&persons[number].to_string(), "freeze", body).await;
        let account = city.store().person(persons[number]).await.unwrap().unwrap().account;
        (status, told, account == Account::Frozen)
    };
    for number in 0..19 {
        assert_eq!(freeze(&city, number).await.0, StatusCode::OK);
    }
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(unusual(&city).await, None);
    freeze(&city, 19).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(unusual(&city).await.unwrap().as_array().unwrap().len(), 1);
    for number in 20..100 {
        let (status, told, frozen) = freeze(&city, number).await;
        assert!(status == StatusCode::OK && frozen, "{number}: {told}");
        // Within the rate of one credential.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    city.restart().await;
    city.machine.set_ahead(7200);
    let (status, _, frozen) = freeze(&city, 100).await;
    assert!(status == StatusCode::ACCEPTED && !frozen);
    city.machine.set_ahead(0);
    let (_, asked, frozen) = freeze(&city, 101).await;
    assert!(asked["account"] == "frozen" && !frozen, "{asked}");
    let alone = format!("/v1/registrar/requests/{}/confirm", asked["request"].as_str().unwrap());
    assert_problem(answer(city.post(&alone).bearer_auth(&city.registrar)).await, "REQUEST_OWN");
    assert_eq!(city.confirm(&asked).await.0, StatusCode::OK);
    let account = city.store().person(persons[101]).await.unwrap().unwrap().account;
    assert_eq!(account, Account::Frozen);
    // Another registrar freezes as before, and so does a citizen.
    let path = format!("/v1/registrar/persons/{}/freeze", persons[102]);
    let other = city.post(&path).bearer_auth(&city.second_registrar);
    let other = answer(other.json(&json!({ "reason": "lost_phone" }))).await;
    assert_eq!(other.0, StatusCode::OK, "{}", other.1);
    city.clock.advance(3600);
    city.store().prune(city.clock.time()).await.unwrap();
    assert_eq!(freeze(&city, 100).await.0, StatusCode::OK);
    city.stop().await;
}
