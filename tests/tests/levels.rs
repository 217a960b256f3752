//! Evidence that ages: the next passes say the lower level, and the citizen is told before.

use reqwest::StatusCode;
use serde_json::{Value, json};
use szid_issuer::keys::FileSigner;
use szid_protocol::crypto::Signer;
use szid_protocol::day::DAY;
use szid_protocol::level_policy::{LevelPolicy, Way};
use szid_protocol::reason::Text;
use szid_register::entropy::{SystemEntropy, make_random};
use szid_register::{Approval, Evidence, PersonChange, Request};
use szid_tests::city::*;
use szid_wallet::{Wallet, WalletError};

/// With a policy by which a counter's word counts for 20 days.
async fn city_of_twenty_days() -> City {
    let counter = Way {
        id: 1,
        connector: "registrar".into(),
        method: "counter".into(),
        name_zh: "服务窗口核验".into(),
        name_en: "Service counter".into(),
        cap: 4,
        days: Some(20),
        classes: vec![111],
    };
    let policy = LevelPolicy { ways: vec![counter], sums: Vec::new() };
    City::changed(|parts| {
        let root = FileSigner::throw_away(&SystemEntropy).unwrap();
        parts.levels = Some(policy.sign(5, parts.clock.now(), &root).unwrap());
        parts.roots.push(root.public_key());
    })
    .await
}

#[tokio::test]
async fn passes_say_the_lower_level_once_evidence_is_too_old_and_a_counter_raises_it_again() {
    let city = city_of_twenty_days().await;
    let enrolled_at = city.clock.time();
    let (person, wallet) = city.citizen(LIN).await;
    let account = wallet.account().await.unwrap();
    assert_eq!((account.identity_level, account.level_falls_at), (4, Some(enrolled_at + 20 * DAY)));
    assert_eq!(account.level_up, None, "there is nothing above");
    let renewal = account.level_renewal.unwrap();
    assert_eq!((renewal.level, &*renewal.steps[0].connector), (4, "registrar"));

    // At noon of the twentieth day its time is over: that day's pass is made, and none of a later one.
    city.clock.advance(19 * DAY);
    assert_eq!(wallet.refresh().await.unwrap(), 2, "the days on which a proof counts");
    assert_eq!(wallet.refresh().await.unwrap(), 0, "a strip that ends with the level is no fault");
    let level = |wallet: &Wallet| wallet.status().unwrap().identity_level;
    assert_eq!(level(&wallet), Some(4));
    city.clock.advance(DAY);
    assert_eq!(level(&wallet), Some(4));
    let account = wallet.account().await.unwrap();
    assert_eq!((account.identity_level, account.level_falls_at), (0, None));
    assert_eq!(account.level_up.unwrap().level, 4);
    assert_is_lapsed(&wallet).await;
    assert_eq!(level(&wallet), Some(4), "the pass of the day stays");
    city.clock.advance(DAY);
    assert_eq!(level(&wallet), None, "nothing counts on that day");
    assert_is_lapsed(&wallet).await;

    let body = json!({ "identity_level": 4, "method": "counter", "reason": "seen_in_person" });
    let (status, asked) = city.act(&person, "changes", body).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{asked}");
    let (status, told) = city.confirm(&asked).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    wallet.refresh().await.unwrap();
    assert_eq!(level(&wallet), Some(4));
    assert_eq!(wallet.account().await.unwrap().identity_level, 4);
    city.stop().await;
}

/// That the holder is told to prove who they are, and where.
async fn assert_is_lapsed(wallet: &Wallet) {
    let refused = wallet.refresh().await.unwrap_err();
    assert!(matches!(&refused, WalletError::Refused(word) if word == "LEVEL_LAPSED"), "{refused}");
    let Text { zh, en } = refused.advice();
    assert!(zh.contains("重新核验身份") && zh.contains("服务窗口"), "{zh}");
    assert!(en.contains("prove it again at a service counter"), "{en}");
}

#[tokio::test]
async fn a_request_for_a_day_on_which_nothing_counts_is_refused_as_a_whole() {
    let city = city_of_twenty_days().await;
    let (_, wallet) = city.citizen(LIN).await;
    city.clock.advance(12 * DAY);
    // Two of the first strip are left; the days after the twentieth have no level.
    assert_eq!(wallet.refresh().await.unwrap(), 7);
    let days = wallet.status().unwrap().days;
    assert_eq!(days.len(), 9, "from the twelfth day to the twentieth: {days:?}");
    city.stop().await;
}

#[tokio::test]
async fn a_name_is_changed_of_somebody_whose_evidence_is_over() {
    let city = city_of_twenty_days().await;
    let (person, wallet) = city.citizen(LIN).await;
    city.clock.advance(21 * DAY);
    let body = json!({ "name": "林改名", "reason": "marriage" });
    let (status, asked) = city.act(&person, "changes", body).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{asked}");
    let (status, told) = city.confirm(&asked).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    assert_eq!(wallet.account().await.unwrap().identity_level, 0, "nothing was proven");
    // A level is not proven without a method.
    let body = json!({ "identity_level": 3, "reason": "seen" });
    assert_problem(city.act(&person, "changes", body).await, "METHOD_INVALID");
    city.stop().await;
}

/// Puts a connector's word in the place of the registrars' own.
async fn prove_by_face(city: &City, person: &str) {
    let store = city.store();
    let now = city.clock.time();
    let kept = store.person(person.parse().unwrap()).await.unwrap().unwrap();
    let face = Evidence::of_registrar("face".into(), 3, 111, now);
    let change = PersonChange {
        person: kept.id,
        evidence: Evidence { connector: "alipay".into(), ..face },
        made_from: kept.sealed.digest(),
        sealed: kept.sealed,
        changed: vec!["method".into()],
        reason: "test".into(),
    };
    let act = Approval::Change(Box::new(change));
    let id = make_random(&SystemEntropy).unwrap();
    let (asked_by, asked_at) = ("counter-1".into(), now);
    let request = Request { id, act, asked_by, asked_at, approved_on: None };
    store.request_approval(request).await.unwrap().unwrap();
    store.confirm_change(id, "counter-2".into(), now).await.unwrap().unwrap();
}

/// What both registrars do to somebody.
async fn change(city: &City, person: &str, body: Value) {
    let (status, asked) = city.act(person, "changes", body).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{asked}");
    let (status, told) = city.confirm(&asked).await;
    assert_eq!(status, StatusCode::OK, "{told}");
}

#[tokio::test]
async fn what_a_connector_proved_holds_up_no_level_that_registrars_lower() {
    let city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    let level = async || wallet.account().await.unwrap().identity_level;
    prove_by_face(&city, &person).await;
    assert_eq!(level().await, 3);
    let proven =
        |level: u8| json!({ "identity_level": level, "method": "counter", "reason": "seen" });
    change(&city, &person, proven(4)).await;
    assert_eq!(level().await, 4);
    let kept = city.store().person(person.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(kept.evidence.len(), 2, "both are good, and independent");
    change(&city, &person, proven(2)).await;
    assert_eq!(level().await, 2);
    city.stop().await;
}

#[tokio::test]
async fn a_name_is_not_changed_under_which_the_level_was_proven_without_another_proof() {
    let city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    prove_by_face(&city, &person).await;
    let body = json!({ "name": "林改名", "reason": "marriage" });
    assert_problem(city.act(&person, "changes", body.clone()).await, "LEVEL_NEEDED");
    let mut proven = body;
    proven["identity_level"] = json!(2);
    proven["method"] = json!("counter");
    change(&city, &person, proven).await;
    assert_eq!(wallet.account().await.unwrap().identity_level, 2, "as the registrars say");
    city.stop().await;
}

#[tokio::test]
async fn a_counter_renews_a_level_before_it_falls() {
    let city = city_of_twenty_days().await;
    let (person, wallet) = city.citizen(LIN).await;
    city.clock.advance(10 * DAY);
    let renewed_at = city.clock.time();
    let body = json!({ "identity_level": 4, "method": "counter", "reason": "seen_in_person" });
    let (status, asked) = city.act(&person, "changes", body).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{asked}");
    let (status, told) = city.confirm(&asked).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    let account = wallet.account().await.unwrap();
    assert_eq!((account.identity_level, account.level_falls_at), (4, Some(renewed_at + 20 * DAY)));
    wallet.refresh().await.unwrap();
    assert_eq!(wallet.status().unwrap().identity_level, Some(4));
    city.stop().await;
}

#[tokio::test]
async fn a_document_that_no_way_of_the_policy_takes_is_not_enrolled() {
    let city = city_of_twenty_days().await;
    let body = json!({ "document": { "type": "414", "number": "XDEMO0001" }, "name": "TEST, YUKI",
        "identity_level": 2, "method": "counter", "devices": "adds" });
    let request = city.post("/v1/registrar/enrolments").bearer_auth(&city.registrar).json(&body);
    assert_problem(answer(request).await, "LEVEL_INVALID");
    city.stop().await;
}
