//! How far one administrator's secret gets by withdrawing others, and what those do whom it withdrew.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use szid_protocol::day::DAY;
use szid_register::{Bearer, CredentialId};
use szid_tests::administrators::*;
use szid_tests::city::*;

const HOUR: u64 = 3600;

/// The name of the one good credential of somebody.
async fn id_of(city: &City, secret: &str, role: &str, name: &str) -> String {
    let list = get(city, &format!("credentials?role={role}"), secret).await;
    let found = list["credentials"].as_array().unwrap().iter();
    let mut good = found.filter(|one| one["bearer"]["name"] == name && one["state"] == "good");
    text(good.next().unwrap(), "credential").to_owned()
}

async fn withdraw(city: &City, id: &str, secret: &str) -> (StatusCode, Value) {
    post(city, &format!("credentials/{id}/withdraw"), secret).await
}

async fn admit(city: &City, name: &str) -> String {
    let bearer = Bearer::Administrator { name: name.into() };
    credential(&*city.store(), bearer, city.clock.time()).await
}

/// Registrars of no counter, for whoever withdraws many.
async fn registrars(city: &City, from: u8, to: u8) -> Vec<String> {
    let at = city.clock.time();
    for number in from..to {
        let bearer = Bearer::Registrar { registrar: format!("clerk{number}") };
        city.store().put_credential([number; 32], bearer, at).await.unwrap();
    }
    let id = |number| data_encoding::BASE64URL_NOPAD.encode(&CredentialId::from([number; 16]));
    (from..to).map(id).collect()
}

/// What holds, and of which credentials; the service looks each second.
async fn condition(city: &City, code: &str, holds: bool) -> Value {
    for _ in 0..100 {
        let (_, told) = answer(city.get("/readyz")).await;
        let found = told["conditions"].as_array().unwrap().iter().find(|one| one["code"] == code);
        if found.is_some() == holds {
            return found.map(|found| found["credentials"].clone()).unwrap_or_default();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{code} does not come to be {holds}");
}

#[tokio::test]
async fn one_administrator_alone_is_not_the_last_one_left() {
    let city = City::found().await;
    let Administrators { chen, zhao } = Administrators::of(&city).await;
    let wang = admit(&city, "wang").await;
    let zhao_id = id_of(&city, &chen, "administrator", "zhao").await;
    let wang_id = id_of(&city, &chen, "administrator", "wang").await;
    // At once, as a lost secret wants.
    let (status, view) = withdraw(&city, &zhao_id, &chen).await;
    assert_eq!((status, text(&view, "withdrawn_alone_by")), (StatusCode::OK, "chen"), "{view}");
    assert_problem(make(&city, &zhao, json!({})).await, "CREDENTIAL_CONTESTED");
    assert_eq!(condition(&city, "ADMINISTRATOR_CONTESTED", true).await, json!([zhao_id]));
    // All further ones wait for somebody who did not ask: of the other administrator, and of those at the
    // counters.
    let another = withdraw(&city, &wang_id, &chen).await;
    assert_eq!(another.0, StatusCode::ACCEPTED, "{}", another.1);
    assert_eq!(another.1["wanted"]["act"], "withdraw");
    let counter = id_of(&city, &chen, "registrar", "counter-1").await;
    let waits = withdraw(&city, &counter, &chen).await;
    assert_problem(confirm(&city, &waits, &chen).await, "REQUEST_OWN");
    assert_eq!(id_of(&city, &wang, "registrar", "counter-1").await, counter, "still good");
    // Whom they withdrew withdraws them, once, and nothing else.
    let (status, answer) = post(&city, "contest", &zhao).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["credentials"][0]["bearer"]["name"], "chen");
    assert_problem(post(&city, "contest", &zhao).await, "CREDENTIAL_REVOKED");
    assert_problem(post(&city, "contest", &chen).await, "CREDENTIAL_REVOKED");
    assert_problem(withdraw(&city, &counter, &chen).await, "CREDENTIAL_REVOKED");
    assert_problem(confirm(&city, &waits, &wang).await, "NOT_FOUND");
    condition(&city, "ADMINISTRATOR_CONTESTED", false).await;
    assert_problem(post(&city, "contest", &wang).await, "CONTEST_NONE");
    assert_problem(post(&city, "contest", &city.registrar).await, "ROLE_DENIED");
    let done = registered(&city).await;
    let withdrawn = |name, by| entry(["administrator", name], Some("withdrawn"), None, [by, ""]);
    assert!(done.contains(&withdrawn("zhao", "chen")) && done.contains(&withdrawn("chen", "zhao")));
    city.stop().await;
}

#[tokio::test]
async fn of_two_administrators_who_stand_against_each_other_neither_is_left() {
    let city = City::found().await;
    let Administrators { chen, zhao } = Administrators::of(&city).await;
    let id = id_of(&city, &chen, "administrator", "zhao").await;
    withdraw(&city, &id, &chen).await;
    assert_eq!(post(&city, "contest", &zhao).await.0, StatusCode::OK);
    for secret in [&chen, &zhao] {
        assert_problem(make(&city, secret, json!({})).await, "CREDENTIAL_REVOKED");
    }
    // The counters go on.
    city.citizen(LIN).await;
    city.stop().await;
}

#[tokio::test]
async fn a_second_administrator_confirms_what_one_alone_withdrew() {
    let city = City::found().await;
    let Administrators { chen, zhao } = Administrators::of(&city).await;
    let wang = admit(&city, "wang").await;
    let id = id_of(&city, &chen, "administrator", "zhao").await;
    withdraw(&city, &id, &chen).await;
    let waits = get(&city, "requests", &wang).await["requests"][0].clone();
    assert_eq!(waits["wanted"]["credential"], json!(id));
    assert_problem(
        confirm(&city, &(StatusCode::ACCEPTED, waits.clone()), &chen).await,
        "REQUEST_OWN",
    );
    let (status, _) = confirm(&city, &(StatusCode::ACCEPTED, waits), &wang).await;
    assert_eq!(status, StatusCode::OK);
    assert_problem(post(&city, "contest", &zhao).await, "CREDENTIAL_REVOKED");
    condition(&city, "ADMINISTRATOR_CONTESTED", false).await;
    let confirmed =
        entry(["administrator", "zhao"], Some("withdrawn"), Some("confirmed"), ["wang", "chen"]);
    assert_eq!(registered(&city).await.last(), Some(&confirmed));
    // Whoever it was alone is free again, and the same is confirmed by being withdrawn again.
    let counter = id_of(&city, &chen, "registrar", "counter-1").await;
    assert_eq!(withdraw(&city, &counter, &chen).await.0, StatusCode::OK);
    let li = admit(&city, "li").await;
    let id = id_of(&city, &chen, "administrator", "li").await;
    withdraw(&city, &id, &chen).await;
    assert_eq!(withdraw(&city, &id, &chen).await.0, StatusCode::OK, "it changes nothing");
    assert_problem(make(&city, &li, json!({})).await, "CREDENTIAL_CONTESTED");
    let (status, view) = withdraw(&city, &id, &wang).await;
    assert_eq!((status, view.get("withdrawn_alone_by")), (StatusCode::OK, None));
    assert_problem(post(&city, "contest", &li).await, "CREDENTIAL_REVOKED");
    assert_eq!(get(&city, "requests", &wang).await["requests"], json!([]));
    city.stop().await;
}

#[tokio::test]
async fn who_has_withdrawn_somebody_alone_has_no_right_left_when_a_third_withdraws_them() {
    let city = City::found().await;
    let Administrators { chen, zhao } = Administrators::of(&city).await;
    let wang = admit(&city, "wang").await;
    let zhao_id = id_of(&city, &chen, "administrator", "zhao").await;
    let chen_id = id_of(&city, &chen, "administrator", "chen").await;
    withdraw(&city, &zhao_id, &chen).await;
    assert_eq!(withdraw(&city, &chen_id, &wang).await.0, StatusCode::OK);
    assert_problem(post(&city, "contest", &chen).await, "CREDENTIAL_REVOKED");
    // Nobody is left whom zhao could withdraw.
    assert_problem(post(&city, "contest", &zhao).await, "CREDENTIAL_REVOKED");
    let counter = id_of(&city, &wang, "registrar", "counter-1").await;
    assert_eq!(withdraw(&city, &counter, &wang).await.0, StatusCode::OK);
    city.stop().await;
}

#[tokio::test]
async fn the_right_to_contest_is_over_after_a_day_of_the_checked_clock() {
    let city = City::found().await;
    let Administrators { chen, zhao } = Administrators::of(&city).await;
    let id = id_of(&city, &chen, "administrator", "zhao").await;
    city.store().prune(city.clock.time()).await.unwrap();
    withdraw(&city, &id, &chen).await;
    // A step of the wall clock alone ends neither the right nor what it holds back.
    city.machine.set_ahead(2 * i64::try_from(DAY).unwrap());
    let counter = id_of(&city, &chen, "registrar", "counter-1").await;
    assert_eq!(withdraw(&city, &counter, &chen).await.0, StatusCode::ACCEPTED);
    assert_problem(make(&city, &zhao, json!({})).await, "CREDENTIAL_CONTESTED");
    city.machine.set_ahead(0);
    city.clock.advance(DAY);
    city.store().prune(city.clock.time()).await.unwrap();
    assert_problem(post(&city, "contest", &zhao).await, "CREDENTIAL_REVOKED");
    assert_eq!(withdraw(&city, &counter, &chen).await.0, StatusCode::OK);
    city.stop().await;
}

#[tokio::test]
async fn many_withdrawals_by_one_are_told_and_then_wait_whatever_the_clock_says() {
    let mut city = City::found().await;
    let Administrators { chen, zhao } = Administrators::of(&city).await;
    city.store().prune(city.clock.time()).await.unwrap();
    let chen_id = id_of(&city, &chen, "administrator", "chen").await;
    let clerks = registrars(&city, 1, 54).await;
    for id in &clerks[..19] {
        assert_eq!(withdraw(&city, id, &chen).await.0, StatusCode::OK);
    }
    tokio::time::sleep(Duration::from_millis(1500)).await;
    condition(&city, "ADMINISTRATOR_UNUSUAL", false).await;
    withdraw(&city, &clerks[19], &chen).await;
    assert_eq!(condition(&city, "ADMINISTRATOR_UNUSUAL", true).await, json!([chen_id]));
    for id in &clerks[20..50] {
        assert_eq!(withdraw(&city, id, &chen).await.0, StatusCode::OK);
    }
    assert_eq!(withdraw(&city, &clerks[50], &chen).await.0, StatusCode::ACCEPTED);
    // Neither a restart nor a step of the wall clock makes them fewer.
    city.restart().await;
    city.machine.set_ahead(2 * i64::try_from(HOUR).unwrap());
    assert_eq!(withdraw(&city, &clerks[51], &chen).await.0, StatusCode::ACCEPTED);
    city.machine.set_ahead(0);
    let waits = withdraw(&city, &clerks[51], &chen).await;
    assert_eq!(waits.0, StatusCode::ACCEPTED);
    // A second one does it, and withdraws on alone.
    assert_eq!(confirm(&city, &waits, &zhao).await.0, StatusCode::OK);
    assert_eq!(withdraw(&city, &clerks[50], &zhao).await.0, StatusCode::OK);
    city.clock.advance(HOUR);
    city.store().prune(city.clock.time()).await.unwrap();
    condition(&city, "ADMINISTRATOR_UNUSUAL", false).await;
    assert_eq!(withdraw(&city, &clerks[52], &chen).await.0, StatusCode::OK);
    city.stop().await;
}

/// A change, and how one administrator asks for it.
type Restriction<'a> = (&'a str, Method, &'a str, Option<Value>);

#[tokio::test]
async fn what_one_alone_takes_away_counts_together_whatever_it_is_taken_from() {
    let city = City::found().await;
    let Administrators { chen, zhao } = Administrators::of(&city).await;
    for site in ["east", "west"] {
        let path = format!("venues/library/sites/{site}");
        let asked = put(&city, &path, &zhao, json!({ "name": site })).await;
        assert_eq!(confirm(&city, &asked, &chen).await.0, StatusCode::OK);
    }
    // Devices that were given their credentials just now are being set up: nothing is taken from them.
    city.store().prune(city.clock.time()).await.unwrap();
    let station = json!({ "site": "west" });
    put(&city, "venues/library/devices/desk", &chen, station).await;
    city.clock.advance(HOUR);
    city.store().prune(city.clock.time()).await.unwrap();
    let clerks = registrars(&city, 1, 47).await;
    for id in &clerks {
        assert_eq!(withdraw(&city, id, &chen).await.0, StatusCode::OK);
    }
    let ask = async |(_, method, path, body): Restriction<'_>| {
        send(&city, method, path, &chen, body).await
    };
    let mut fewer = described(&city, "hall").await;
    fewer["scenes"].as_array_mut().unwrap().pop();
    let fewer = ("fewer scenes", Method::PUT, "venues/hall", Some(fewer));
    let site = ("a site", Method::POST, "venues/library/sites/east/suspend", None);
    let (device, east) = ("venues/library/devices/desk", json!({ "site": "east" }));
    let moved = ("another site", Method::PUT, device, Some(east.clone()));
    let narrow = json!({ "site": "east", "scenes": [LIBRARY] });
    let narrowed = ("a device", Method::PUT, device, Some(narrow));
    // The same again takes nothing away.
    for restriction in [fewer.clone(), fewer, moved.clone(), moved, narrowed, site.clone(), site] {
        let what = restriction.0;
        let (status, answer) = ask(restriction).await;
        assert_eq!(status, StatusCode::OK, "{what}: {answer}");
    }

    let mut library = described(&city, "library").await;
    library["suspended"] = json!(true);
    let described_suspended = ("described", Method::PUT, "venues/library", Some(library));
    let mut fewer = described(&city, "hall").await;
    fewer["scenes"] = json!([HOTEL]);
    let waiting: [Restriction<'_>; 5] = [
        described_suspended,
        ("a venue", Method::POST, "venues/hall/suspend", None),
        ("a site", Method::POST, "venues/library/sites/west/suspend", None),
        ("fewer scenes", Method::PUT, "venues/hall", Some(fewer)),
        (
            "a site by words",
            Method::PUT,
            "venues/library/sites/west",
            Some(json!({ "name": "west", "suspended": true })),
        ),
    ];
    let mut asked = Vec::new();
    for restriction in waiting {
        let what = restriction.0;
        let waits = ask(restriction).await;
        assert_eq!(waits.0, StatusCode::ACCEPTED, "{what}: {}", waits.1);
        asked.push(waits);
    }
    let is_suspended = async |venue: &str| {
        get(&city, &format!("venues/{venue}"), &chen).await["suspended"] == true
    };
    assert!(!is_suspended("library").await && !is_suspended("hall").await);
    condition(&city, "ADMINISTRATOR_UNUSUAL", true).await;

    // A second one does it, and goes on alone.
    assert_eq!(confirm(&city, &asked[0], &zhao).await.0, StatusCode::OK);
    assert!(is_suspended("library").await);
    let (status, done) = confirm(&city, &asked[1], &zhao).await;
    assert_eq!((status, text(&done["done"], "act")), (StatusCode::OK, "suspend"), "{done}");
    assert!(is_suspended("hall").await);
    let west = post(&city, "venues/library/sites/west/suspend", &zhao).await;
    assert_eq!(west.0, StatusCode::OK);
    city.stop().await;
}
