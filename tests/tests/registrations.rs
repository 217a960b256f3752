//! What administrators change: told whole in the audit, refused where it cannot be right, and with what
//! follows from it.

use data_encoding::BASE64;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use szid_issuer::keys::FileSigner;
use szid_protocol::crypto::Signer;
use szid_register::entropy::SystemEntropy;
use szid_register::{AdminChange, Author, Bearer, StoreError};
use szid_tests::administrators::*;
use szid_tests::city::*;

/// The rows of the audit that are about this, the oldest first.
async fn rows(city: &City, what: &str, id: &str) -> Vec<Value> {
    let entries = city.store().audit_entries(1, 1000).await.unwrap().into_iter();
    let rows = entries.filter(|entry| entry.event.kind() == "registration");
    let rows = rows.map(|entry| entry.event.details());
    rows.filter(|row| row["what"] == what && row["id"] == id && row["actor"] != "offline").collect()
}

async fn patch(city: &City, path: &str, secret: &str, body: Value) -> (StatusCode, Value) {
    send(city, Method::PATCH, path, secret, Some(body)).await
}

#[tokio::test]
async fn what_a_venue_a_site_and_a_device_were_and_are_is_in_the_audit() {
    let city = City::found().await;
    let Administrators { chen, zhao } = Administrators::of(&city).await;
    let before = described(&city, "library").await;
    let change = json!({ "name": "市图书馆新馆", "uscc": "11440399EXAMPLE119", "ages": [60] });
    let asked = patch(&city, "venues/library", &chen, change).await;
    confirm(&city, &asked, &zhao).await;
    let found = rows(&city, "venue", "library").await;
    assert_eq!(found.len(), 2);
    for row in &found {
        for member in ["name", "uscc", "scenes"] {
            assert_eq!(row["before"][member], before[member], "{row}");
        }
        assert_eq!(row["after"]["name"], "市图书馆新馆");
        assert_eq!(row["after"]["uscc"], "11440399EXAMPLE119");
        assert_eq!(row["after"]["ages"], json!([60]));
    }
    // What one alone takes away.
    patch(&city, "venues/library", &chen, json!({ "ages": [] })).await;
    let found = rows(&city, "venue", "library").await;
    assert_eq!((&found[2]["before"]["ages"], found[2]["after"].get("ages")), (&json!([60]), None));

    let site = async |name: &str| {
        let body = json!({ "name": name });
        let asked = put(&city, "venues/library/sites/east", &chen, body).await;
        confirm(&city, &asked, &zhao).await;
    };
    site("东馆").await;
    site("新东馆").await;
    let found = rows(&city, "site", "library/east").await;
    assert_eq!((found.len(), found[1].get("before")), (4, None));
    assert_eq!(
        (&found[3]["before"]["name"], &found[3]["after"]["name"]),
        (&json!("东馆"), &json!("新东馆"))
    );
    put(&city, "venues/library/devices/desk", &chen, json!({ "site": "east" })).await;
    let found = rows(&city, "device", "library/desk").await;
    assert_eq!((found.len(), &found[0]["after"]["site"]), (1, &json!("east")));
    city.stop().await;
}

#[tokio::test]
async fn what_changes_nothing_is_in_no_row() {
    let city = City::found().await;
    let Administrators { chen, zhao } = Administrators::of(&city).await;
    let same = described(&city, "library").await;
    assert_eq!(put(&city, "venues/library", &chen, same).await.0, StatusCode::OK);
    assert_eq!(rows(&city, "venue", "library").await, [] as [Value; 0]);
    let east = json!({ "name": "东馆" });
    let asked = put(&city, "venues/library/sites/east", &chen, east.clone()).await;
    confirm(&city, &asked, &zhao).await;
    put(&city, "venues/library/sites/east", &chen, east).await;
    assert_eq!(rows(&city, "site", "library/east").await.len(), 2);
    for _ in 0..2 {
        put(&city, "venues/library/devices/desk", &chen, json!({ "site": "east" })).await;
    }
    assert_eq!(rows(&city, "device", "library/desk").await.len(), 1);
    city.stop().await;
}

#[tokio::test]
async fn who_confirms_what_is_outdated_has_refused_nothing() {
    let city = City::found().await;
    let Administrators { chen, zhao } = Administrators::of(&city).await;
    let asked = patch(&city, "venues/library", &chen, json!({ "name": "书城" })).await;
    patch(&city, "venues/library", &zhao, json!({ "suspended": true })).await;
    assert_problem(confirm(&city, &asked, &zhao).await, "REQUEST_OUTDATED");
    let found = rows(&city, "venue", "library").await;
    let last = found.last().unwrap();
    assert_eq!((&last["step"], &last["actor"]), (&json!("outdated"), &json!("zhao")), "{last}");
    city.stop().await;
}

#[tokio::test]
async fn scenes_that_there_are_not_and_impossible_ages_are_refused_when_they_are_asked_for() {
    let city = City::found().await;
    let Administrators { chen, .. } = Administrators::of(&city).await;
    for (change, code) in [
        (json!({ "scenes": [2, 99] }), "SCENES_INVALID"),
        (json!({ "scenes": [2, 2] }), "SCENES_INVALID"),
        (json!({ "ages": [0] }), "AGES_INVALID"),
        (json!({ "ages": [60, 151] }), "AGES_INVALID"),
        (json!({ "ages": [60, 60] }), "AGES_INVALID"),
    ] {
        let mut whole = described(&city, "library").await;
        assert_problem(patch(&city, "venues/library", &chen, change.clone()).await, code);
        for (member, value) in change.as_object().unwrap() {
            whole[member] = value.clone();
        }
        assert_problem(put(&city, "venues/library", &chen, whole).await, code);
    }
    // What is asked for may be there already.
    let (status, _) = patch(&city, "venues/library", &chen, json!({ "ages": [18, 60] })).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    city.stop().await;
}

#[tokio::test]
async fn who_asks_and_who_confirms_a_second_scene_are_told_that_devices_have_to_name_theirs() {
    let city = City::found().await;
    let Administrators { chen, zhao } = Administrators::of(&city).await;
    let only = described(&city, "library").await["scenes"].clone();
    assert_eq!(only.as_array().unwrap().len(), 1, "{only}");
    let unnamed = async || city.scan(&city.library, json!({ "code": "x" })).await;
    assert_eq!(unnamed().await.0, StatusCode::OK);
    let (_, named) = patch(&city, "venues/library", &chen, json!({ "name": "书城" })).await;
    assert_eq!(named["wanted"].get("scene_to_be_named"), None, "{named}");
    let asked = patch(&city, "venues/library", &chen, json!({ "scenes": [only[0], HOTEL] })).await;
    assert_eq!(asked.1["wanted"]["scene_to_be_named"], true, "{}", asked.1);
    let waiting = get(&city, "requests", &zhao).await;
    let found = waiting["requests"].as_array().unwrap();
    let found = found.iter().find(|one| one["request"] == asked.1["request"]).unwrap();
    assert_eq!(found["wanted"]["scene_to_be_named"], true, "{found}");
    let (_, done) = confirm(&city, &asked, &zhao).await;
    assert_eq!(done["done"]["scene_to_be_named"], true, "{done}");
    assert_problem(unnamed().await, "SCENE_MISSING");
    // A device that is narrowed to one need not name it, until it is widened again.
    let one = json!({ "scenes": only });
    put(&city, "venues/library/devices/desk", &chen, one).await;
    assert_eq!(unnamed().await.0, StatusCode::OK);
    let (_, wider) = put(&city, "venues/library/devices/desk", &chen, json!({})).await;
    assert_eq!(wider["wanted"]["scene_to_be_named"], true, "{wider}");
    city.stop().await;
}

#[tokio::test]
async fn a_key_that_is_registered_for_one_gate_is_refused_for_another() {
    let city = City::found().await;
    let Administrators { chen, zhao } = Administrators::of(&city).await;
    let key = FileSigner::throw_away(&SystemEntropy).unwrap().public_key();
    let body = json!({ "key": BASE64.encode(&key.to_spki_der().unwrap()) });
    let gate = async |name: &str| {
        put(&city, &format!("venues/library/gates/{name}"), &chen, body.clone()).await
    };
    // Nobody has it while both wait: whoever confirms the second one sees that it is outdated.
    let (first, second) = (gate("gate-1").await, gate("gate-2").await);
    assert_eq!(confirm(&city, &first, &zhao).await.0, StatusCode::OK);
    assert_problem(confirm(&city, &second, &zhao).await, "REQUEST_OUTDATED");
    let refused = gate("gate-2").await;
    assert_eq!(refused.1["about"], "library/gate-1", "which gate has it");
    assert_problem(refused, "GATE_KEY_TWICE");
    assert_eq!(gate("gate-1").await.0, StatusCode::OK, "it is so already");
    let gate = AdminChange::Gate {
        venue: "library".into(),
        device: "gate-3".into(),
        key: key.to_compressed(),
    };
    let offline = city.store().administer(gate, Author::Offline, city.clock.time()).await;
    let about = offline.unwrap().unwrap_err().about();
    assert_eq!(about.as_deref(), Some("library/gate-1"));
    city.stop().await;
}

#[tokio::test]
async fn the_credentials_of_a_venue_that_there_is_not_are_no_empty_list() {
    let city = City::found().await;
    let Administrators { chen, .. } = Administrators::of(&city).await;
    let asked = send(&city, Method::GET, "credentials?venue=libary", &chen, None).await;
    assert_problem(asked, "NOT_FOUND");
    get(&city, "credentials?venue=library", &chen).await;
    city.stop().await;
}

#[tokio::test]
async fn who_has_refused_as_many_as_one_may_is_told_that_limit() {
    let city = City::found().await;
    let Administrators { chen, zhao } = Administrators::of(&city).await;
    for number in 0..=20 {
        let bearer = json!({ "role": "registrar", "name": format!("counter-{number}") });
        let (_, asked) = make(&city, &chen, bearer).await;
        let path = format!("requests/{}", text(&asked, "request"));
        let url = format!("{}/v1/admin/{path}", city.base_url);
        let answer = city.http.delete(url).bearer_auth(&zhao).send().await.unwrap();
        if number < 20 {
            assert_eq!(answer.status(), StatusCode::NO_CONTENT);
            continue;
        }
        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(answer.headers()["retry-after"], "3600");
        let told: Value = answer.json().await.unwrap();
        assert_eq!(told["code"], "REFUSALS_SPENT", "{told}");
    }
    city.stop().await;
}

/// A stolen credential refused much and was withdrawn: the one that its owner got since has done nothing.
#[tokio::test]
async fn what_a_withdrawn_credential_refused_is_not_told_of_the_one_that_came_after_it() {
    let city = City::found().await;
    city.store().prune(city.clock.time()).await.unwrap();
    let Administrators { chen, zhao } = Administrators::of(&city).await;
    let refuse = async |by: &str, count: usize| {
        for _ in 0..count {
            let bearer = json!({ "role": "registrar", "name": "new" });
            let (_, asked) = make(&city, &chen, bearer).await;
            let path = format!("requests/{}", text(&asked, "request"));
            let (status, _) = send(&city, Method::DELETE, &path, by, None).await;
            assert_eq!(status, StatusCode::NO_CONTENT);
        }
    };
    refuse(&zhao, 10).await;
    assert_eq!(city.store().unusual().await.unwrap().len(), 1);
    city.clock.advance(60);
    withdraw(&*city.store(), &zhao, city.clock.time()).await;
    let bearer = Bearer::Administrator { name: "zhao".into() };
    let newer = credential(&*city.store(), bearer, city.clock.time()).await;
    assert_eq!(city.store().unusual().await.unwrap(), []);
    refuse(&newer, 9).await;
    assert_eq!(city.store().unusual().await.unwrap(), []);
    refuse(&newer, 1).await;
    assert_eq!(city.store().unusual().await.unwrap().len(), 1);
    city.stop().await;
}

#[test]
fn a_register_that_takes_no_writes_says_so_and_not_that_it_is_busy() {
    for error in [StoreError::Disk("no room".into()), StoreError::ReadOnly] {
        assert_eq!(szid_issuer::Problem::from(error).code(), "STORAGE_LOW");
    }
    assert_eq!(szid_issuer::Problem::from(StoreError::Busy).code(), "BUSY");
}
