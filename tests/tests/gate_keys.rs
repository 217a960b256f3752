//! A gate gets another key: what it signed before reaches the citizens, and nobody is accused of what did not
//! happen.

use std::sync::Arc;

use axum::http::StatusCode;
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use szid_gate::{Gate, sync, upload};
use szid_issuer::keys::FileSigner;
use szid_protocol::crypto::Signer;
use szid_protocol::day::DAY;
use szid_protocol::receipt::{Receipt, receipt_id};
use szid_register::audit::AuditEvent;
use szid_register::entropy::SystemEntropy;
use szid_tests::city::*;
use szid_tests::gates::Device;
use szid_wallet::Wallet;

fn another_key() -> Arc<dyn Signer> {
    Arc::new(FileSigner::throw_away(&SystemEntropy).unwrap())
}

async fn register(city: &City, signer: &dyn Signer) {
    let key = signer.public_key().to_compressed();
    city.store().put_gate("park", "gate-1", key, city.clock.time()).await.unwrap();
}

fn conditions(gate: &Gate) -> Vec<&'static str> {
    gate.state().conditions.iter().map(|condition| condition.code).collect()
}

/// So many people pass, a second apart; their receipts.
fn passed(city: &City, gate: &Gate, wallet: &Wallet, people: usize) -> Vec<String> {
    let pass = |_| {
        city.clock.advance(1);
        let answer = gate.scan(&code(wallet), "");
        assert_eq!(answer.verdict.reason.code(), "OK");
        answer.receipt.unwrap()
    };
    (0..people).map(pass).collect()
}

async fn gaps(city: &City) -> Vec<(u64, u64)> {
    let entries = city.store().audit_entries(1, 1000).await.unwrap().into_iter();
    let gaps = entries.filter_map(|entry| match entry.event {
        AuditEvent::ReceiptGap { from, to, .. } => Some((from, to)),
        _ => None,
    });
    gaps.collect()
}

/// All of these are in the citizen's list, each once, nothing was set aside, and nobody was accused.
async fn all_is_well(city: &City, gate: &Gate, wallet: &Wallet, expected: &[String]) {
    let uses = wallet.uses(None).await.unwrap();
    let mut found: Vec<_> = uses.into_iter().map(|one| one.receipt).collect();
    found.reverse();
    assert_eq!(found, expected);
    assert_eq!((gate.state().queued, conditions(gate)), (0, vec![]));
    assert!(city.store().set_aside_receipts(10).await.unwrap().is_empty());
    assert_eq!(gaps(city).await, []);
}

#[tokio::test]
async fn receipts_that_wait_when_a_gate_gets_another_key_reach_the_citizens_list() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let (mut device, client, gate) = Device::at_work(&city).await;
    let mut all = passed(&city, &gate, &wallet, 3);
    assert!(upload::once(&gate, &client).await);
    // These wait, and the key is replaced as planned: first at the service, then here.
    all.extend(passed(&city, &gate, &wallet, 2));
    let (older, newer) = (Arc::clone(&device.signer), another_key());
    register(&city, &*newer).await;
    all.extend(passed(&city, &gate, &wallet, 1));
    drop(gate);
    device.signer = Arc::clone(&newer);
    let gate = device.open(&city);
    assert!(upload::once(&gate, &client).await);
    all_is_well(&city, &gate, &wallet, &all).await;
    // Under the new key the numbers go on, over a restart of the gate, too.
    all.extend(passed(&city, &gate, &wallet, 2));
    drop(gate);
    let gate = device.open(&city);
    assert!(upload::once(&gate, &client).await);
    all_is_well(&city, &gate, &wallet, &all).await;
    // And back to the older one, which goes on where the new one was.
    all.extend(passed(&city, &gate, &wallet, 1));
    register(&city, &*older).await;
    drop(gate);
    device.signer = older;
    let gate = device.open(&city);
    all.extend(passed(&city, &gate, &wallet, 1));
    assert!(upload::once(&gate, &client).await);
    all_is_well(&city, &gate, &wallet, &all).await;
    drop(gate);
    let gate = device.open(&city);
    assert!(upload::once(&gate, &client).await);
    all_is_well(&city, &gate, &wallet, &all).await;
    city.stop().await;
}

#[tokio::test]
async fn a_key_that_was_registered_by_mistake_and_put_right_accuses_nobody() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let (device, client, gate) = Device::at_work(&city).await;
    let mut all = passed(&city, &gate, &wallet, 2);
    assert!(upload::once(&gate, &client).await);
    register(&city, &*another_key()).await;
    all.extend(passed(&city, &gate, &wallet, 1));
    assert!(!upload::once(&gate, &client).await);
    assert_eq!((conditions(&gate), gate.state().queued), (vec!["GATE_KEY_NOT_REGISTERED"], 1));
    register(&city, &*device.signer).await;
    assert!(upload::once(&gate, &client).await);
    all_is_well(&city, &gate, &wallet, &all).await;
    let row = city.store().gate("park", "gate-1").await.unwrap().unwrap();
    assert_eq!(row.last, 3);
    city.stop().await;
}

#[tokio::test]
async fn a_new_folder_with_a_new_key_begins_at_one_and_the_older_device_may_come_back() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let (mut device, client, gate) = Device::at_work(&city).await;
    let mut all = passed(&city, &gate, &wallet, 4);
    assert!(upload::once(&gate, &client).await);
    drop(gate);
    // Another device in its place: a new folder and a new key.
    let (older, newer) = (Arc::clone(&device.signer), another_key());
    register(&city, &*newer).await;
    device.signer = newer;
    let folder = tempfile::tempdir().unwrap();
    let gate = device.open_in(&city, folder.path());
    let client = device.client(&city.base_url);
    sync::once(&gate, &client).await;
    for people in [1, 2] {
        all.extend(passed(&city, &gate, &wallet, people));
        assert!(upload::once(&gate, &client).await);
        all_is_well(&city, &gate, &wallet, &all).await;
    }
    drop(gate);
    // The older one is mended and comes back, with its own folder and key.
    register(&city, &*older).await;
    device.signer = older;
    let gate = device.open(&city);
    all.extend(passed(&city, &gate, &wallet, 1));
    assert!(upload::once(&gate, &client).await);
    all_is_well(&city, &gate, &wallet, &all).await;
    assert_eq!(city.store().gate("park", "gate-1").await.unwrap().unwrap().last, 5);
    city.stop().await;
}

/// A refusal of the park's gate, signed by a key; what the service answers.
async fn refused(city: &City, device: &Device, signer: &dyn Signer, sequence: u64) -> Value {
    let at = city.clock.time();
    let receipt = Receipt {
        at,
        id: receipt_id(at, [sequence as u8; 16]),
        venue: "park".into(),
        device: "gate-1".into(),
        sequence,
        scene: PARK,
        reason: "NOT_A_CITIZEN_CODE".into(),
        code: None,
    };
    let receipt = BASE64URL_NOPAD.encode(&receipt.sign(signer).unwrap());
    let request = city.post("/v1/receipts").bearer_auth(&device.secret);
    let (status, told) = answer(request.json(&json!({ "receipts": [receipt] }))).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    told
}

#[tokio::test]
async fn what_is_left_out_is_told_under_each_key_and_a_replaced_key_signs_for_a_month() {
    let city = City::found().await;
    let device = Device::register(&city, "gate-1").await;
    let (older, newer) = (&*device.signer, &*another_key());
    for number in [1, 2] {
        assert_eq!(refused(&city, &device, older, number).await["kept"], 1);
    }
    register(&city, newer).await;
    // Of the older one 4 is missing, and then 6 of the newer one.
    for (signer, number) in [(older, 3), (older, 5), (newer, 7)] {
        city.clock.advance(1);
        let told = refused(&city, &device, signer, number).await;
        assert_eq!((&told["kept"], &told["last"]), (&json!(1), &json!(number)), "{told}");
    }
    assert_eq!(gaps(&city).await, [(4, 4), (6, 6)]);
    // One that was never registered is nobody's, and the older one is for no longer than a gate may stay
    // alone.
    assert_eq!(
        refused(&city, &device, &*another_key(), 8).await["set_aside"][0]["reason"],
        INVALID
    );
    city.clock.advance(31 * DAY - 60);
    assert_eq!(refused(&city, &device, older, 8).await["kept"], 1);
    city.clock.advance(120);
    assert_eq!(refused(&city, &device, older, 9).await["set_aside"][0]["reason"], INVALID);
    assert_eq!(refused(&city, &device, newer, 9).await["kept"], 1);
    assert_eq!(gaps(&city).await, [(4, 4), (6, 6)]);
    city.stop().await;
}

const INVALID: &str = "RECEIPT_INVALID";

#[tokio::test]
async fn a_register_that_was_put_back_to_before_a_new_key_signed_is_told_as_that() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let device = Device::register(&city, "gate-1").await;
    let gate = device.open(&city);
    sync::once(&gate, &device.client(&city.base_url)).await;
    passed(&city, &gate, &wallet, 2);
    assert!(upload::once(&gate, &device.client(&city.base_url)).await);
    // Another register, in which an older device has sent four, and this key none.
    let other = City::found().await;
    let there = Device::register(&other, "gate-1").await;
    for number in 1..=4 {
        refused(&other, &there, &*there.signer, number).await;
    }
    register(&other, &*device.signer).await;
    passed(&city, &gate, &wallet, 1);
    drop(gate);
    let gate = device.open(&city);
    assert!(upload::once(&gate, &there.client(&other.base_url)).await);
    assert_eq!((conditions(&gate)[0], gate.state().queued), ("GATE_SERVICE_WENT_BACK", 0));
    let row = other.store().gate("park", "gate-1").await.unwrap().unwrap();
    assert_eq!((row.last, row.count), (3, 3));
    city.stop().await;
    other.stop().await;
}
