//! What a service does as its disk fills up: below a mark nothing new is taken, and what protects somebody
//! goes on.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use szid_issuer::Limits;
use szid_register::audit::AuditEvent;
use szid_tests::city::*;

/// More than any disk has.
const ALL: Option<u64> = Some(u64::MAX);

async fn conditions(city: &City) -> (StatusCode, String) {
    let (status, body) = answer(city.get("/readyz")).await;
    (status, body["conditions"].to_string())
}

async fn until_low(city: &City) {
    for _ in 0..200 {
        if conditions(city).await.1.contains("DISK_LOW") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nobody says that the disk is nearly full");
}

#[tokio::test]
async fn below_the_mark_nothing_new_is_taken_and_what_protects_goes_on() {
    let mut city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    let offer = city.enrol(SAMPLE).await;
    city.change_limits(|limits| limits.low_water_mb = ALL);
    city.restart().await;
    until_low(&city).await;
    let (status, _) = conditions(&city).await;
    assert_eq!(status, StatusCode::OK, "scans are served: it is a warning");
    let text = city.get("/metrics").send().await.unwrap().text().await.unwrap();
    assert!(text.contains("szid_disk_free_bytes{folder=\"data\"}"), "{text}");
    assert!(text.contains("szid_condition{code=\"DISK_LOW\",severity=\"warning\"} 1"), "{text}");

    // What would make the register grow.
    let body = json!({ "document": { "type": "111", "number": "440399199411020024" }, "name": "陈演示",
        "identity_level": 4, "method": "counter" });
    let enrol = city.post("/v1/registrar/enrolments").bearer_auth(&city.registrar).json(&body);
    let refused = enrol.try_clone().unwrap().send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.headers()["retry-after"], "60");
    assert_problem(answer(enrol).await, "STORAGE_LOW");
    let other = city.wallet("other");
    let text = |name: &str| offer[name].as_str().unwrap().to_owned();
    other.enrol(&text("credential_offer"), &text("tx_code")).await.unwrap_err();
    let gate = json!({ "receipts": ["AAAA"] });
    let key = szid_issuer::keys::FileSigner::throw_away(&szid_register::entropy::SystemEntropy);
    let key = szid_protocol::crypto::Signer::public_key(&key.unwrap()).to_compressed();
    city.store().put_gate("hall", "desk", key, city.clock.time()).await.unwrap();
    let gate = city.post("/v1/receipts").bearer_auth(&city.hall).json(&gate);
    assert_problem(answer(gate).await, "STORAGE_LOW");

    // What protects, and what a venue needs.
    assert_eq!(city.reason(&code(&wallet), LIBRARY, "a").await, "OK");
    assert_eq!(city.reason(&code(&wallet), LIBRARY, "b").await, "REPLAY");
    assert!(wallet.account().await.is_ok());
    assert_eq!(city.set_account(&person, "freeze").await.0, StatusCode::OK);
    city.clock.advance(1);
    assert_eq!(city.reason(&code(&wallet), LIBRARY, "a").await, "FROZEN");
    assert_eq!(city.set_account(&person, "unfreeze").await.0, StatusCode::OK);
    assert_eq!(city.set_account(&person, "revoke").await.0, StatusCode::OK);
    withdraw(&*city.store(), &city.library, city.clock.time()).await;
    city.tidy().await;

    // With room everything is as before, and the offer that was not taken up is still good.
    city.change_limits(|limits| limits.low_water_mb = Some(0));
    city.restart().await;
    other.enrol(&text("credential_offer"), &text("tx_code")).await.unwrap();
    city.stop().await;
}

async fn events(city: &City) -> Vec<AuditEvent> {
    let entries = city.store().audit_entries(0, usize::MAX).await.unwrap();
    entries.into_iter().map(|entry| entry.event).collect()
}

fn unreadable(events: &[AuditEvent]) -> Vec<(&str, u64, u64, u64)> {
    let found = events.iter().filter_map(|event| match event {
        AuditEvent::UnreadableScans { device, count, first, last, .. } => {
            Some((device.as_str(), *count, *first, *last))
        }
        _ => None,
    });
    found.collect()
}

#[tokio::test]
async fn what_is_no_code_of_ours_costs_a_count_and_one_row_a_minute() {
    let mut city = City::with(Limits {
        per_address: None,
        per_credential: None,
        codes_per_credential: None,
        ..Limits::default()
    })
    .await;
    let (_, wallet) = city.citizen(LIN).await;
    let before = city.store().audit_head().await.unwrap().number;
    let first = city.clock.time();
    let junk: Vec<Value> =
        (0..100).map(|n| json!({ "code": n.to_string(), "scene": PARK })).collect();
    let batch =
        city.post("/v1/scans/batch").bearer_auth(&city.hall).json(&json!({ "scans": junk }));
    let (status, verdicts) = answer(batch).await;
    assert_eq!(status, StatusCode::OK);
    assert!(verdicts["verdicts"].as_array().unwrap().iter().all(|verdict| {
        verdict["decision"] == "refuse" && verdict["receipt"].as_str().unwrap().len() == 22
    }));
    city.clock.advance(7);
    let scan = city.post("/v1/scans").bearer_auth(&city.hall).header("idempotency-key", "k");
    let scan = scan.json(&json!({ "code": "x", "scene": PARK }));
    assert_eq!(answer(scan).await.1["reason"], "NOT_A_CITIZEN_CODE");
    assert_eq!(city.store().audit_head().await.unwrap().number, before, "no row each");
    let text = city.get("/metrics").send().await.unwrap().text().await.unwrap();
    assert!(text.contains("szid_unreadable_scans_total 101"), "{text}");

    city.tidy().await;
    let told = events(&city).await;
    assert_eq!(unreadable(&told), [("desk", 101, first, first + 7)]);
    assert_eq!(city.store().audit_head().await.unwrap().number, before + 1);
    city.tidy().await;
    assert_eq!(city.store().audit_head().await.unwrap().number, before + 1, "nothing new to tell");

    // What a genuine pass comes to has its row, in a batch among others as well.
    let old = code(&wallet);
    city.clock.advance(61);
    let scans = json!({ "scans": [{ "code": "x", "scene": PARK }, { "code": old, "scene": PARK },
        { "code": code(&wallet), "scene": PARK }] });
    let batch = city.post("/v1/scans/batch").bearer_auth(&city.hall).json(&scans);
    let (_, verdicts) = answer(batch).await;
    let reasons: Vec<_> =
        verdicts["verdicts"].as_array().unwrap().iter().map(|v| &v["reason"]).collect();
    assert_eq!(reasons, ["NOT_A_CITIZEN_CODE", "CODE_EXPIRED", "OK"]);
    assert_eq!(city.store().audit_head().await.unwrap().number, before + 3);
    // An orderly stop tells what was counted since.
    city.restart().await;
    let told = events(&city).await;
    assert_eq!(unreadable(&told).len(), 2, "{told:?}");
    assert_eq!(unreadable(&told)[1].1, 1);
    city.stop().await;
}
