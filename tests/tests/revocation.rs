//! Freeze, unfreeze, revoke: at once for online scans, with the next status list for the rest.

use reqwest::StatusCode;
use serde_json::{Value, json};
use szid_protocol::day::{DAY, end_of_day};
use szid_protocol::status::{Status, VerifiedStatusList};
use szid_protocol::trust::VerifiedTrustList;
use szid_register::Account;
use szid_tests::city::*;
use szid_verifier::AwsLcBackend;

/// The statuses, other than valid, that a day's signed list states.
async fn listed(city: &City, day: u64) -> Vec<Status> {
    let bytes = async |path: String| city.get(&path).send().await.unwrap().bytes().await.unwrap();
    let trust = bytes("/v1/trust".into()).await;
    let trust = VerifiedTrustList::verify(&trust, &[city.root], &AwsLcBackend).unwrap();
    let list = bytes(format!("/v1/status/{day}/0")).await;
    let list = VerifiedStatusList::verify(&list, &trust, city.clock.time()).unwrap();
    let all = (0..1 << 20).map(|position| list.status(position).unwrap());
    all.filter(|status| *status != Status::Valid).collect()
}

#[tokio::test]
async fn a_freeze_is_seen_at_once_online_and_in_every_days_list() {
    let city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    let (_, other) = city.citizen(SAMPLE).await;
    let today = end_of_day(city.clock.time());
    assert_eq!(listed(&city, today).await, []);
    let (status, body) = city.set_account(&person, "freeze").await;
    assert_eq!((status, &body["account"]), (StatusCode::OK, &json!("frozen")));
    assert_eq!(city.reason(&code(&wallet), LIBRARY, "a").await, "FROZEN");
    assert_eq!(city.reason(&code(&other), LIBRARY, "a").await, "OK");
    for day in [today, today + 13 * DAY] {
        assert_eq!(listed(&city, day).await, [Status::Suspended]);
    }
    city.set_account(&person, "unfreeze").await;
    assert_eq!(city.reason(&code(&wallet), LIBRARY, "a").await, "OK");
    assert_eq!(listed(&city, today).await, []);
    city.stop().await;
}

#[tokio::test]
async fn a_revocation_is_final_until_the_person_is_enrolled_again() {
    let city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    city.set_account(&person, "revoke").await;
    assert_eq!(city.reason(&code(&wallet), LIBRARY, "a").await, "REVOKED");
    assert_problem(city.set_account(&person, "unfreeze").await, "ACCOUNT_STATE");
    city.clock.advance(11 * DAY);
    assert!(wallet.refresh().await.is_err());
    // A new enrolment of the same person is good; what was revoked stays so.
    let revoked = code(&wallet);
    let offer = city.enrol(LIN).await;
    assert_eq!(offer["person"], person);
    assert_eq!(city.reason(&revoked, LIBRARY, "a").await, "REVOKED");
    let fresh = city.wallet("fresh");
    let text = |name: &str| offer[name].as_str().unwrap().to_owned();
    fresh.enrol(&text("credential_offer"), &text("tx_code")).await.unwrap();
    assert_eq!(city.reason(&code(&fresh), LIBRARY, "a").await, "OK");
    city.stop().await;
}

#[tokio::test]
async fn a_freeze_reaches_the_disk_and_the_scans_though_its_client_goes_away() {
    let city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    let id = person.parse().unwrap();
    let path = format!("/v1/registrar/persons/{person}/freeze");
    let body = json!({ "reason": "test", "keep_device": city.devices(&person).await[0]["id"] });
    for _ in 0..20 {
        let freeze = answer(city.post(&path).bearer_auth(&city.registrar).json(&body));
        // Cut off somewhere between the request's first byte and its answer.
        let _ = tokio::time::timeout(std::time::Duration::from_micros(700), freeze).await;
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        let account = async || city.store().person(id).await.unwrap().unwrap().account;
        // The freeze may still be on its way: then the scan may be before it or after it.
        loop {
            let before = account().await;
            city.clock.advance(1);
            let reason = city.reason(&code(&wallet), LIBRARY, "a").await;
            if account().await == before {
                assert_eq!(reason, if before == Account::Frozen { "FROZEN" } else { "OK" });
                break;
            }
        }
        city.set_account(&person, "unfreeze").await;
    }
    city.stop().await;
}

#[tokio::test]
async fn wrong_requests_change_nothing() {
    let city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    let post =
        |path: String, body: Value| city.post(&path).bearer_auth(&city.registrar).json(&body);
    let freeze = format!("/v1/registrar/persons/{person}/freeze");
    for reason in ["", "Lost Phone", "他说丢了"] {
        let body = json!({ "reason": reason });
        assert_problem(answer(post(freeze.clone(), body)).await, "REASON_INVALID");
    }
    assert_problem(answer(post(freeze.clone(), json!({}))).await, "BAD_REQUEST");
    let unknown = format!("/v1/registrar/persons/{}/freeze", "A".repeat(22));
    assert_problem(answer(post(unknown, json!({ "reason": "test" }))).await, "NOT_FOUND");
    let action = format!("/v1/registrar/persons/{person}/promote");
    assert_problem(answer(post(action, json!({ "reason": "test" }))).await, "NOT_FOUND");
    let venue = city.post(&freeze).bearer_auth(&city.hall).json(&json!({ "reason": "test" }));
    assert_problem(answer(venue).await, "ROLE_DENIED");
    assert_eq!(city.reason(&code(&wallet), LIBRARY, "a").await, "OK");
    city.stop().await;
}
