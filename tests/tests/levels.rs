//! Evidence that ages: the next passes say the lower level, and the citizen is told before.

use data_encoding::HEXLOWER;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use szid_issuer::StartError;
use szid_issuer::keys::FileSigner;
use szid_protocol::crypto::Signer;
use szid_protocol::day::DAY;
use szid_protocol::level_policy::{LevelPolicy, Way};
use szid_protocol::reason::Text;
use szid_register::audit::{AuditEvent, AuditQuery};
use szid_register::entropy::{SystemEntropy, make_random};
use szid_register::{Approval, Evidence, PersonChange, Request};
use szid_tests::city::*;
use szid_tests::folders::put_back;
use szid_tests::restoring::{copy_aside, restored, witness_folder};
use szid_tests::workspace_root;
use szid_wallet::{Wallet, WalletError};

/// By which a counter's word counts for some days.
fn policy_of(days: u32) -> LevelPolicy {
    let counter = Way {
        id: 1,
        connector: "registrar".into(),
        method: "counter".into(),
        name_zh: "服务窗口核验".into(),
        name_en: "Service counter".into(),
        cap: 4,
        days: Some(days),
        classes: vec![111],
    };
    LevelPolicy { ways: vec![counter], sums: Vec::new() }
}

/// With a policy by which a counter's word counts for 20 days.
async fn city_of_twenty_days() -> City {
    city_of(&FileSigner::throw_away(&SystemEntropy).unwrap()).await
}

/// The same, with the root that has signed the policy.
async fn city_of(root: &FileSigner) -> City {
    City::changed(|parts| {
        parts.levels = Some(policy_of(20).sign(5, parts.clock.now(), root).unwrap());
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
    assert!(wallet.status().unwrap().proof_due, "nothing counts any more");
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
async fn a_wallet_without_network_reminds_a_month_before_its_level_falls() {
    let root = FileSigner::throw_away(&SystemEntropy).unwrap();
    let city = City::changed(|parts| {
        parts.levels = Some(policy_of(40).sign(1, parts.clock.now(), &root).unwrap());
        parts.roots.push(root.public_key());
    })
    .await;
    let enrolled_at = city.clock.time();
    let (_, wallet) = city.citizen(LIN).await;
    let told = |wallet: &Wallet| {
        let status = wallet.status().unwrap();
        (status.level_falls_at, status.proof_due)
    };
    let falls_at = Some(enrolled_at + 40 * DAY);
    assert_eq!(told(&wallet), (None, false), "the service was not asked yet");
    wallet.account().await.unwrap();
    assert_eq!(told(&wallet), (falls_at, false));
    city.clock.advance(10 * DAY - 1);
    assert_eq!(told(&wallet), (falls_at, false));
    city.clock.advance(1);
    assert_eq!(told(&wallet), (falls_at, true), "thirty days before");
    city.clock.advance(31 * DAY);
    assert_eq!(told(&wallet), (falls_at, true), "it has fallen since");
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

/// The policies that the audit was told of, the newest first: the version, and the digest of the file.
async fn told_to_the_audit(city: &City) -> Vec<(Option<u64>, String)> {
    let query =
        AuditQuery { kind: Some("level_policy".into()), limit: 100, ..AuditQuery::default() };
    let page = city.store().audit_page(query).await.unwrap();
    let told = page.entries.into_iter().filter_map(|entry| match entry.event {
        AuditEvent::LevelPolicy { version, digest } => Some((version, digest)),
        _ => None,
    });
    told.collect()
}

fn digest(document: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(document))
}

#[tokio::test]
async fn the_audit_is_told_of_each_policy_that_comes_into_force() {
    let root = FileSigner::throw_away(&SystemEntropy).unwrap();
    let mut city = City::changed(|parts| {
        parts.roots.push(root.public_key());
        parts.levels = None;
    })
    .await;
    let file = workspace_root().join("issuer/identity/levels/policy.json");
    let bundled = (None, digest(&std::fs::read(file).unwrap()));
    assert_eq!(told_to_the_audit(&city).await, std::slice::from_ref(&bundled));
    city.restart().await;
    assert_eq!(told_to_the_audit(&city).await, std::slice::from_ref(&bundled), "it is the same");
    let own = policy_of(20).sign(1, city.clock.time(), &root).unwrap();
    city.lay_levels(Some(own.clone()));
    city.restart().await;
    city.restart().await;
    assert_eq!(told_to_the_audit(&city).await, [(Some(1), digest(&own)), bundled]);
    city.stop().await;
}

#[tokio::test]
async fn an_older_policy_is_not_put_back_together_with_the_data() {
    let root = FileSigner::throw_away(&SystemEntropy).unwrap();
    let mut city = city_of(&root).await;
    let newer = policy_of(10).sign(6, city.clock.time(), &root).unwrap();
    let older = policy_of(20).sign(5, city.clock.time(), &root).unwrap();
    city.halt().await;
    let (data, witness) = copy_aside(&city);
    city.lay_levels(Some(newer.clone()));
    city.start().await.unwrap();
    city.halt().await;
    put_back(&data, &city.data());
    restored(&city, None).await.unwrap();
    for (laid, told) in [(Some(older.clone()), "lower"), (None, "none is named now")] {
        city.lay_levels(laid);
        match city.start().await.unwrap_err() {
            StartError::Levels(why) => assert!(why.en.contains(told), "{}", why.en),
            other => panic!("{other}"),
        }
    }
    city.lay_levels(Some(newer));
    city.start().await.unwrap();
    assert_eq!(told_to_the_audit(&city).await[0].0, Some(6), "what was told went with the copy");
    city.halt().await;
    // What nothing kept, nothing knows.
    put_back(&data, &city.data());
    put_back(&witness, &witness_folder(&city));
    city.lay_levels(Some(older));
    city.start().await.unwrap();
    city.stop().await;
}
