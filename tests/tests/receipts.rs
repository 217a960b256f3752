//! Receipts of gates: none takes the place of another scan, none can be made up, and what was put back from a
//! copy is found.

use axum::http::StatusCode;
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use szid_gate::{Gate, upload};
use szid_protocol::code::Challenge;
use szid_protocol::day::{DAY, end_of_day};
use szid_protocol::digits;
use szid_protocol::level::IdentityLevel;
use szid_protocol::receipt::{Receipt, ScannedCode, ToldCode, derive_receipt_id, receipt_id};
use szid_register::audit::AuditEvent;
use szid_tests::city::*;
use szid_tests::folders;
use szid_tests::gates::{Device, old_code};

/// A receipt that a device may sign: of an accepted code, now.
fn receipt(city: &City, device: &Device, sequence: u64, code: &str) -> Receipt {
    let at = city.clock.time();
    Receipt {
        at,
        id: derive_receipt_id(at, &device.signer.public_key(), sequence),
        venue: "park".into(),
        device: device.name.into(),
        sequence,
        scene: PARK,
        reason: "OK".into(),
        code: Some(ScannedCode::Whole(digits::decode(code).unwrap())),
    }
}

fn signed(device: &Device, receipts: &[Receipt]) -> Vec<Vec<u8>> {
    receipts.iter().map(|receipt| receipt.sign(&*device.signer).unwrap()).collect()
}

async fn send(city: &City, device: &Device, receipts: &[Receipt]) -> Value {
    send_bytes(city, device, signed(device, receipts)).await
}

async fn send_bytes(city: &City, device: &Device, receipts: Vec<Vec<u8>>) -> Value {
    let receipts: Vec<_> = receipts.iter().map(|bytes| BASE64URL_NOPAD.encode(bytes)).collect();
    let request = city.post("/v1/receipts").bearer_auth(&device.secret);
    let (status, told) = answer(request.json(&json!({ "receipts": receipts }))).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    told
}

fn objections(told: &Value) -> Vec<&str> {
    let set_aside = told["set_aside"].as_array().map_or(&[][..], Vec::as_slice);
    set_aside.iter().map(|one| one["reason"].as_str().unwrap()).collect()
}

async fn events(city: &City) -> Vec<AuditEvent> {
    let entries = city.store().audit_entries(1, 1000).await.unwrap();
    entries.into_iter().map(|entry| entry.event).collect()
}

/// The double uses in the audit: what came second and what came first.
async fn double_uses(city: &City) -> Vec<(String, String)> {
    let found = events(city).await.into_iter().filter_map(|event| match event {
        AuditEvent::DoubleUse { receipt, first, .. } => Some((receipt, first)),
        _ => None,
    });
    found.collect()
}

async fn metrics(city: &City) -> String {
    city.get("/metrics").send().await.unwrap().text().await.unwrap()
}

/// An accepted scan of the hall at the park's scene; its receipt.
async fn scan_online(city: &City, code: &str) -> String {
    let (_, verdict) = city.scan(&city.hall, json!({ "code": code, "scene": PARK })).await;
    assert_eq!(verdict["reason"], "OK", "{verdict}");
    verdict["receipt"].as_str().unwrap().to_owned()
}

fn accepted(gate: &Gate, code: &str) -> String {
    let answer = gate.scan(code, "");
    assert_eq!(answer.verdict.reason.code(), "OK");
    answer.receipt.unwrap()
}

fn conditions(gate: &Gate) -> Vec<&'static str> {
    gate.state().conditions.iter().map(|condition| condition.code).collect()
}

#[tokio::test]
async fn a_use_cannot_be_made_up_nor_written_over_and_the_count_goes_on() {
    let city = City::found().await;
    // What speaks against a receipt by its time speaks once the service's clock is checked.
    city.clock.advance(60);
    let (person, wallet) = city.citizen(LIN).await;
    let device = Device::register(&city, "gate-1").await;
    let seen = code(&wallet);
    let (_, verdict) = city.scan(&device.secret, json!({ "code": seen, "scene": PARK })).await;
    let online = verdict["receipt"].as_str().unwrap().to_owned();
    let before = wallet.uses(None).await.unwrap();
    let its_id: [u8; 16] = BASE64URL_NOPAD.decode(online.as_bytes()).unwrap().try_into().unwrap();
    let now = city.clock.time();
    let good = |sequence| receipt(&city, &device, sequence, &seen);
    let key = device.signer.public_key();
    let at =
        |sequence, at| Receipt { at, id: derive_receipt_id(at, &key, sequence), ..good(sequence) };
    // Never enrolled, and with a pass that this city did not sign.
    let nobody = StrongPhone::with_index(&City::found().await, 77, IdentityLevel::InPerson);
    let forged = nobody.code(&city, None);
    let phone = StrongPhone::of(&city, &person, IdentityLevel::InPerson).await;
    let challenge = Challenge { audience: "hall".into(), nonce: vec![1; 16] };
    let answering = phone.code(&city, Some(challenge));
    let told = ToldCode { device: [7; 16], iat: now, exp: end_of_day(now), status_index: 3 };
    let told = Some(ScannedCode::Told(told));
    let bad = [
        Receipt { id: its_id, ..good(1) },
        Receipt { id: its_id, code: told, ..good(2) },
        Receipt { id: receipt_id(now, [9; 16]), ..good(3) },
        at(4, now + 75 * 365 * DAY),
        at(5, now - 32 * DAY),
        at(6, now - 61),
        Receipt { scene: 65_535, ..good(7) },
        Receipt { scene: HOTEL, ..good(8) },
        Receipt { reason: "<b>x".into(), ..good(9) },
        receipt(&city, &device, 10, &forged),
        receipt(&city, &device, 11, &answering),
        Receipt { device: "gate-2".into(), ..good(12) },
    ];
    let bad = signed(&device, &bad);
    let answer = send_bytes(&city, &device, bad.clone()).await;
    let expected = [
        "RECEIPT_ID",
        "RECEIPT_ID",
        "RECEIPT_ID",
        "RECEIPT_AHEAD",
        "RECEIPT_TOO_OLD",
        "RECEIPT_CODE",
        "RECEIPT_SCENE",
        "RECEIPT_SCENE",
        "RECEIPT_REASON",
        "RECEIPT_CODE",
        "RECEIPT_CODE",
        "RECEIPT_FOREIGN",
    ];
    assert_eq!(objections(&answer), expected, "{answer}");
    assert_eq!((&answer["kept"], &answer["done"]), (&json!(0), &json!(12)));
    let junk = send_bytes(&city, &device, vec![vec![0; 2000], b"half".to_vec()]).await;
    assert_eq!(objections(&junk), ["RECEIPT_INVALID", "RECEIPT_INVALID"]);
    assert_eq!(wallet.uses(None).await.unwrap(), before, "nothing was added or written over");
    // What follows is kept, and the same again changes nothing.
    let follows = signed(&device, &[good(13)]);
    for (kept, known) in [(1, 0), (0, 1)] {
        let answer = send_bytes(&city, &device, follows.clone()).await;
        assert_eq!((&answer["kept"], &answer["known"]), (&json!(kept), &json!(known)), "{answer}");
        assert_eq!(answer["last"], 13);
    }
    let again = send_bytes(&city, &device, bad).await;
    assert_eq!((&again["known"], objections(&again).len()), (&json!(12), 0), "{again}");
    let uses = wallet.uses(None).await.unwrap();
    assert_eq!((uses.len(), uses.iter().filter(|one| one.offline).count()), (before.len() + 1, 1));
    let set_aside = city.store().set_aside_receipts(100).await.unwrap();
    assert_eq!(set_aside.len(), 14);
    assert!(set_aside.iter().any(|one| one.number == Some(9) && one.objection == "RECEIPT_REASON"));
    let text = metrics(&city).await;
    assert!(text.contains(r#"szid_receipts_total{outcome="RECEIPT_SCENE"} 2"#), "{text}");
    city.stop().await;
}

#[tokio::test]
async fn receipts_without_the_code_are_in_the_audit_and_in_nobodys_list() {
    for taken in [true, false] {
        let city = City::changed(|parts| parts.codeless_receipts = taken).await;
        let (_, wallet) = city.citizen(LIN).await;
        let device = Device::register(&city, "gate-1").await;
        let seen = receipt(&city, &device, 1, &code(&wallet));
        let now = city.clock.time();
        // What a gate of an earlier version says of a code: of a citizen who may never have been there.
        let told = ToldCode { device: [7; 16], iat: now, exp: end_of_day(now), status_index: 3 };
        let old = |sequence, code| Receipt {
            sequence,
            id: receipt_id(now, [sequence as u8; 16]),
            code,
            ..seen.clone()
        };
        let refused = Receipt { reason: "NOT_A_CITIZEN_CODE".into(), ..old(3, None) };
        let receipts = [old(1, Some(ScannedCode::Told(told))), old(2, None), refused];
        let answer = send(&city, &device, &receipts).await;
        let expected = if taken { vec![] } else { vec!["RECEIPT_CODELESS"; 2] };
        assert_eq!(objections(&answer), expected, "{answer}");
        assert!(wallet.uses(None).await.unwrap().is_empty());
        let scans = events(&city).await.into_iter().filter_map(|event| match event {
            AuditEvent::OfflineScan { unproven, .. } => Some(unproven),
            _ => None,
        });
        let expected = if taken { vec![true, true, false] } else { vec![false] };
        assert_eq!(scans.collect::<Vec<_>>(), expected);
        let unproven =
            format!("szid_receipts_total{{outcome=\"unproven\"}} {}", u8::from(taken) * 2);
        assert!(metrics(&city).await.contains(&unproven));
        city.stop().await;
    }
}

#[tokio::test]
async fn a_code_used_online_and_at_a_gate_is_reported_whichever_came_first_and_however_late() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let device = Device::register(&city, "gate-1").await;
    let client = device.client(&city.base_url);
    let gate = device.open_synchronised(&city).await;
    // Online first, then the gate, which cannot know.
    let first = code(&wallet);
    let online = scan_online(&city, &first).await;
    let offline = accepted(&gate, &first);
    // The gate first, then online, which cannot know.
    city.clock.advance(1);
    let second = code(&wallet);
    let second_offline = accepted(&gate, &second);
    let second_online = scan_online(&city, &second).await;
    // Three weeks without connection: by then the register has forgotten the pass.
    city.clock.advance(21 * DAY);
    while city.store().prune(city.clock.time()).await.unwrap() > 0 {}
    assert!(upload::once(&gate, &client).await);
    let expected = [(offline, online.clone()), (second_offline, second_online)];
    assert_eq!(double_uses(&city).await, expected);
    let text = metrics(&city).await;
    assert!(text.contains("szid_double_uses_total 2"), "{text}");
    city.stop().await;
}

#[tokio::test]
async fn a_code_whose_receipt_has_arrived_is_used_up_online_too() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let device = Device::register(&city, "gate-1").await;
    let gate = device.open_synchronised(&city).await;
    let shown = code(&wallet);
    accepted(&gate, &shown);
    assert!(upload::once(&gate, &device.client(&city.base_url)).await);
    city.clock.advance(20);
    assert_eq!(city.reason(&shown, PARK, "").await, "REPLAY");
    assert!(double_uses(&city).await.is_empty(), "it was not accepted twice");
    city.clock.advance(1);
    assert_eq!(city.reason(&code(&wallet), PARK, "").await, "OK");
    city.stop().await;
}

#[tokio::test]
async fn a_gate_whose_folder_was_put_back_goes_beyond_and_refuses_what_it_may_have_seen() {
    let city = City::found().await;
    let old = old_code(&city).await;
    let (_, wallet) = city.citizen(LIN).await;
    let device = Device::register(&city, "gate-1").await;
    let client = device.client(&city.base_url);
    let gate = device.open_synchronised(&city).await;
    gate.scan(&old, "");
    assert!(upload::once(&gate, &client).await);
    drop(gate);
    let copy = tempfile::tempdir().unwrap();
    folders::copy(device.folder.path(), copy.path());
    let gate = device.open(&city);
    let shown = code(&wallet);
    let kept = accepted(&gate, &shown);
    assert!(upload::once(&gate, &client).await);
    drop(gate);

    // As it was before the code: without a connection nobody can know, and the code passes again.
    city.clock.advance(5);
    let gate = device.open_in(&city, copy.path());
    let again = accepted(&gate, &shown);
    assert!(conditions(&gate).is_empty());
    assert!(upload::once(&gate, &client).await);
    assert_eq!(gate.state().queued, 0);
    assert!(conditions(&gate).contains(&"GATE_FOLDER_WENT_BACK"), "{:?}", conditions(&gate));
    // The second receipt of its number is kept, told, and its use is a double one.
    let set_aside = city.store().set_aside_receipts(10).await.unwrap();
    assert_eq!((set_aside.len(), set_aside[0].number), (1, Some(2)));
    assert_eq!(set_aside[0].objection, "RECEIPT_NUMBER");
    assert_eq!(double_uses(&city).await, [(again.clone(), kept.clone())]);
    let uses = wallet.uses(None).await.unwrap();
    assert!([&again, &kept].iter().all(|id| uses.iter().any(|one| one.receipt == **id)));
    let ready = city.get("/readyz").send().await.unwrap().text().await.unwrap();
    assert!(ready.contains("RECEIPT_CONFLICT"), "{ready}");
    // Any code up to now may have been used under the copy; over a restart, too.
    let older = code(&wallet);
    assert_ne!(gate.scan(&older, "").verdict.reason.code(), "OK");
    drop(gate);
    let gate = device.open_in(&city, copy.path());
    city.clock.advance(1);
    assert_ne!(gate.scan(&older, "").verdict.reason.code(), "OK");
    city.clock.advance(60);
    let fresh = accepted(&gate, &code(&wallet));
    assert!(upload::once(&gate, &client).await);
    assert!(wallet.uses(None).await.unwrap().iter().any(|one| one.receipt == fresh));
    let set_aside = city.store().set_aside_receipts(10).await.unwrap();
    assert_eq!(set_aside.len(), 1, "numbers go on where nobody has been");
    city.stop().await;
}

#[tokio::test]
async fn a_put_back_folder_is_found_before_anything_is_scanned() {
    let city = City::found().await;
    let old = old_code(&city).await;
    let device = Device::register(&city, "gate-1").await;
    let client = device.client(&city.base_url);
    let gate = device.open_synchronised(&city).await;
    drop(gate);
    let copy = tempfile::tempdir().unwrap();
    folders::copy(device.folder.path(), copy.path());
    let gate = device.open(&city);
    (0..3).for_each(|_| _ = gate.scan(&old, ""));
    assert!(upload::once(&gate, &client).await);
    drop(gate);
    let gate = device.open_in(&city, copy.path());
    assert!(upload::once(&gate, &client).await, "it asks though nothing waits");
    assert_eq!(conditions(&gate), ["GATE_FOLDER_WENT_BACK"]);
    gate.scan(&old, "");
    assert!(upload::once(&gate, &client).await);
    assert!(city.store().set_aside_receipts(10).await.unwrap().is_empty());
    let gate_row = city.store().gate("park", "gate-1").await.unwrap().unwrap();
    assert_eq!(gate_row.last, 4);
    city.stop().await;
}

#[tokio::test]
async fn a_register_that_was_put_back_gets_what_is_still_there_and_notes_what_is_not() {
    let city = City::found().await;
    let old = old_code(&city).await;
    let device = Device::register(&city, "gate-1").await;
    let gate = device.open_synchronised(&city).await;
    (0..5).for_each(|_| _ = gate.scan(&old, ""));
    assert!(upload::once(&gate, &device.client(&city.base_url)).await);
    // Another register that knows the gate and none of its receipts.
    let other = City::found().await;
    let there = Device::register(&other, "gate-1").await;
    let (key, now) = (device.signer.public_key().to_compressed(), other.clock.time());
    other.store().put_gate("park", "gate-1", key, now).await.unwrap();
    gate.scan(&old, "");
    assert!(upload::once(&gate, &there.client(&other.base_url)).await);
    assert_eq!(conditions(&gate), ["GATE_SERVICE_WENT_BACK"]);
    assert_eq!(other.store().gate("park", "gate-1").await.unwrap().unwrap().last, 6);
    let scans = |events: Vec<AuditEvent>| {
        events.iter().filter(|event| matches!(event, AuditEvent::OfflineScan { .. })).count()
    };
    assert_eq!(scans(events(&other).await), 6, "all were still in the gate's file");
    // What is nowhere any more is a gap, and the count goes on.
    let refused = |sequence| Receipt {
        id: receipt_id(other.clock.time(), [sequence as u8; 16]),
        at: other.clock.time(),
        reason: "NOT_A_CITIZEN_CODE".into(),
        sequence,
        venue: "park".into(),
        device: "gate-1".into(),
        scene: PARK,
        code: None,
    };
    let signed = [7, 500].map(|number| refused(number).sign(&*device.signer).unwrap());
    let answer = send_bytes(&other, &there, signed.to_vec()).await;
    assert_eq!((&answer["last"], &answer["kept"]), (&json!(500), &json!(2)));
    let gaps = events(&other).await.into_iter().filter_map(|event| match event {
        AuditEvent::ReceiptGap { from, to, .. } => Some((from, to)),
        _ => None,
    });
    assert_eq!(gaps.collect::<Vec<_>>(), [(8, 499)]);
    assert!(metrics(&other).await.contains("szid_receipt_gaps_total 1"));
    other.stop().await;
    city.stop().await;
}

#[tokio::test]
async fn a_bad_receipt_stops_no_queue_and_another_key_is_told_before_anything_is_sent() {
    let city = City::found().await;
    let old = old_code(&city).await;
    let (_, wallet) = city.citizen(LIN).await;
    let mut device = Device::register(&city, "gate-1").await;
    let client = device.client(&city.base_url);
    // It has a receipt in its queue whose key was never registered for it.
    device.signer = Device::register(&city, "gate-2").await.signer;
    let gate = device.open_synchronised(&city).await;
    gate.scan(&old, "");
    drop(gate);
    device.signer = Device::register(&city, "gate-3").await.signer;
    let gate = device.open(&city);
    let kept = accepted(&gate, &code(&wallet));
    assert!(!upload::once(&gate, &client).await);
    assert_eq!((conditions(&gate), gate.state().queued), (vec!["GATE_KEY_NOT_REGISTERED"], 2));
    let key = device.signer.public_key().to_compressed();
    city.store().put_gate("park", "gate-1", key, city.clock.time()).await.unwrap();
    assert!(upload::once(&gate, &client).await);
    assert_eq!((conditions(&gate), gate.state().queued), (vec!["GATE_RECEIPTS_SET_ASIDE"], 0));
    let uses = wallet.uses(None).await.unwrap();
    assert_eq!((uses.len(), &uses[0].receipt), (1, &kept));
    let set_aside = city.store().set_aside_receipts(10).await.unwrap();
    assert_eq!((set_aside.len(), set_aside[0].objection.as_str()), (1, "RECEIPT_INVALID"));
    city.stop().await;
}

#[tokio::test]
async fn receipts_that_come_while_the_services_clock_is_wrong_wait_at_the_gate_and_count_later() {
    for ahead in [-3600, 40 * 86_400] {
        let city = City::found().await;
        let (_, wallet) = city.citizen(LIN).await;
        let device = Device::register(&city, "gate-1").await;
        let client = device.client(&city.base_url);
        let gate = device.open_synchronised(&city).await;
        city.clock.advance(60);
        city.tidy().await;
        city.machine.set_ahead(ahead);
        let shown = code(&wallet);
        let kept = accepted(&gate, &shown);
        assert!(!upload::once(&gate, &client).await, "it is to be sent again");
        assert_eq!((gate.state().queued, conditions(&gate)), (1, vec![]), "{ahead}");
        let one = receipt(&city, &device, 1, &shown).sign(&*device.signer).unwrap();
        let body = json!({ "receipts": [BASE64URL_NOPAD.encode(&one)] });
        let request = city.post("/v1/receipts").bearer_auth(&device.secret).json(&body);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(response.headers().contains_key("retry-after"));
        let told: Value = response.json().await.unwrap();
        assert_eq!(told["code"], "CLOCK_UNCHECKED", "{told}");
        assert!(city.store().set_aside_receipts(10).await.unwrap().is_empty());
        // Right again: nothing was lost, and the code is used up.
        city.machine.set_ahead(0);
        assert!(upload::once(&gate, &client).await);
        assert_eq!((gate.state().queued, conditions(&gate)), (0, vec![]));
        let uses = wallet.uses(None).await.unwrap();
        assert_eq!((uses.len(), &uses[0].receipt), (1, &kept));
        assert_eq!(city.reason(&shown, PARK, "").await, "REPLAY");
        city.stop().await;
    }
}
