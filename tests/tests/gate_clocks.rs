//! Gates whose clock is ahead: their uses reach the citizens all the same, and they are told.

use serde_json::json;
use szid_gate::{Gate, sync, upload};
use szid_protocol::day::DAY;
use szid_register::audit::AuditEvent;
use szid_tests::city::*;
use szid_tests::gates::{Device, old_code};

fn conditions(gate: &Gate) -> Vec<&'static str> {
    gate.state().conditions.iter().map(|condition| condition.code).collect()
}

#[tokio::test]
async fn what_a_gate_that_is_ahead_lets_pass_reaches_the_citizens_list_and_is_a_double_use() {
    for is_checked in [true, false] {
        for ahead in [31, 45, 60] {
            let city = City::found().await;
            let old = old_code(&city).await;
            let (_, wallet) = city.citizen(LIN).await;
            let device = Device::register(&city, "gate-1").await;
            let client = device.client(&city.base_url);
            if is_checked {
                city.clock.advance(60);
                city.tidy().await;
            }
            let gate = device.open(&city);
            sync::once(&gate, &client).await;
            device.set_ahead(ahead);
            let shown = code(&wallet);
            let answer = gate.scan(&shown, "");
            assert_eq!(answer.verdict.reason.code(), "OK");
            let (_, online) = city.scan(&city.hall, json!({ "code": shown, "scene": PARK })).await;
            assert_eq!(online["reason"], "OK", "{online}");
            // Another one is refused, which holds no code.
            gate.scan(&old, "");
            assert!(upload::once(&gate, &client).await, "{ahead}");
            assert_eq!(gate.state().queued, 0);
            assert!(city.store().set_aside_receipts(10).await.unwrap().is_empty());
            let uses = wallet.uses(None).await.unwrap();
            let its = uses.iter().find(|one| one.offline).expect("it is in the list");
            assert_eq!(Some(&its.receipt), answer.receipt.as_ref());
            assert_eq!(its.at, city.clock.time(), "no use is later than its arrival");
            let doubles = city.store().audit_entries(1, 1000).await.unwrap().into_iter();
            let doubles =
                doubles.filter(|entry| matches!(entry.event, AuditEvent::DoubleUse { .. }));
            assert_eq!(doubles.count(), 1);
            // The citizen's own copy, which is signed, is good.
            wallet.receipt(&its.receipt).await.unwrap();
            city.stop().await;
        }
    }
}

#[tokio::test]
async fn a_proven_use_counts_however_far_ahead_phone_and_gate_are() {
    let city = City::found().await;
    let old = old_code(&city).await;
    let (_, wallet) = city.citizen(LIN).await;
    let device = Device::register(&city, "gate-1").await;
    let client = device.client(&city.base_url);
    city.clock.advance(60);
    city.tidy().await;
    let gate = device.open(&city);
    sync::once(&gate, &client).await;
    // The phone and the gate are two hours ahead, and agree.
    city.clock.advance(7200);
    let shown = code(&wallet);
    city.clock.set_back(7200);
    device.set_ahead(7200);
    let answer = gate.scan(&shown, "");
    assert_eq!(answer.verdict.reason.code(), "OK");
    gate.scan(&old, "");
    assert!(upload::once(&gate, &client).await);
    let uses = wallet.uses(None).await.unwrap();
    assert_eq!((uses.len(), Some(&uses[0].receipt)), (1, answer.receipt.as_ref()));
    assert_eq!(uses[0].at, city.clock.time());
    // What proves nothing, and cannot be of that time, is in nobody's list and set aside.
    let set_aside = city.store().set_aside_receipts(10).await.unwrap();
    assert_eq!((set_aside.len(), &*set_aside[0].objection), (1, "RECEIPT_AHEAD"));
    city.stop().await;
}

#[tokio::test]
async fn a_gate_that_is_ahead_says_so_in_every_answer_until_its_clock_is_right() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let (device, client, gate) = Device::at_work(&city).await;
    assert_eq!((gate.state().clock_ahead, conditions(&gate)), (None, vec![]));
    for (ahead, told) in [(9, None), (10, Some(10)), (45, Some(45)), (259_200, Some(3 * DAY))] {
        device.set_ahead(ahead);
        sync::once(&gate, &client).await;
        let state = gate.state();
        assert_eq!((state.clock_ahead, state.clock_behind), (told, None));
        let mut expected = if told.is_some() { vec!["GATE_CLOCK_AHEAD"] } else { vec![] };
        // By that clock what the service has just signed is three days old.
        expected.extend((ahead > DAY as i64).then_some("GATE_LISTS_TOO_OLD"));
        assert_eq!(conditions(&gate), expected, "{ahead}");
        assert_eq!(gate.scan(&code(&wallet), "").clock_ahead, told);
        city.clock.advance(1);
    }
    // It is set right: told no more from the next round on.
    device.set_ahead(0);
    assert!(sync::once(&gate, &client).await.faults.is_empty());
    assert_eq!((gate.state().clock_ahead, conditions(&gate)), (None, vec![]));
    city.stop().await;
}

#[tokio::test]
async fn a_gate_that_is_behind_says_so_and_is_not_ready_until_its_clock_is_right() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let (device, client, gate) = Device::at_work(&city).await;
    assert!(gate.is_ready() && conditions(&gate).is_empty());
    // Before any comparison: by what it holds that the service has signed.
    device.set_ahead(-300);
    assert!(!gate.is_ready());
    assert_eq!(conditions(&gate), ["GATE_CLOCK_BEHIND"]);
    // What it holds is no later than its clock any more, and nothing newer is taken.
    city.clock.advance(301);
    let round = sync::once(&gate, &client).await;
    assert_eq!((round.unanswered, round.faults.is_empty()), (0, false), "{:?}", round.faults);
    let alone = (gate.is_ready(), conditions(&gate));
    assert_eq!(alone, (true, vec![]), "the service alone may be the one that is wrong");
    assert_eq!(gate.scan(&code(&wallet), "").verdict.reason.code(), "CLOCK_AHEAD");
    assert_eq!(
        (gate.state().clock_behind, conditions(&gate)),
        (Some(300), vec!["GATE_CLOCK_BEHIND"])
    );
    assert!(!gate.is_ready(), "it lets nobody pass");
    // Its clock is set right while there is no connection: what the service said counts no more.
    device.set_ahead(0);
    assert!(gate.is_ready() && conditions(&gate).is_empty());
    assert!(sync::once(&gate, &client).await.faults.is_empty());
    assert!(gate.is_ready() && conditions(&gate).is_empty());
    assert_eq!(gate.scan(&code(&wallet), "").verdict.reason.code(), "OK");
    city.stop().await;
}

#[tokio::test]
async fn a_service_that_is_ahead_takes_no_gate_out_of_service() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let (_device, client, gate) = Device::at_work(&city).await;
    city.machine.set_ahead(40);
    sync::once(&gate, &client).await;
    assert_eq!(gate.scan(&code(&wallet), "").verdict.reason.code(), "OK");
    assert!(gate.is_ready());
    city.stop().await;
}

#[tokio::test]
async fn a_trust_list_that_nobody_signs_anew_closes_a_gate_and_is_told() {
    let city = City::found().await;
    let (_device, client, gate) = Device::at_work(&city).await;
    city.clock.advance(8 * DAY);
    city.tidy().await;
    sync::once(&gate, &client).await;
    assert!(!gate.is_ready());
    assert!(conditions(&gate).contains(&"GATE_LISTS_TOO_OLD"), "{:?}", conditions(&gate));
    let (_, wallet) = city.citizen(LIN).await;
    assert_eq!(gate.scan(&code(&wallet), "").verdict.reason.code(), "TRUST_TOO_OLD");
    city.stop().await;
}

#[tokio::test]
async fn a_service_whose_clock_is_behind_accuses_no_gate() {
    let city = City::found().await;
    let (_device, client, gate) = Device::at_work(&city).await;
    // It says that it is earlier than it has signed itself.
    city.machine.set_ahead(-3600);
    city.clock.advance(60);
    sync::once(&gate, &client).await;
    assert_eq!((gate.state().clock_ahead, conditions(&gate)), (None, vec![]));
    city.stop().await;
}

/// The city's service over a line on which each answer takes so many seconds.
async fn over_a_slow_line(city: &City, seconds: u64) -> String {
    let (service, http, clock) = (city.base_url.clone(), city.http.clone(), city.clock.clone());
    let forward = move |request: axum::extract::Request| {
        let (http, clock) = (http.clone(), clock.clone());
        let url = format!("{service}{}", request.uri());
        async move {
            clock.advance(seconds);
            let (parts, body) = request.into_parts();
            let body = axum::body::to_bytes(body, 1 << 16).await.unwrap();
            let mut headers = parts.headers;
            headers.remove(axum::http::header::HOST);
            let sent = http.request(parts.method, url).headers(headers).body(body).send().await;
            let answer = sent.unwrap();
            let mut response = axum::http::Response::builder().status(answer.status());
            *response.headers_mut().unwrap() = answer.headers().clone();
            response.body(axum::body::Body::from(answer.bytes().await.unwrap())).unwrap()
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = axum::Router::new().fallback(forward);
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

#[tokio::test]
async fn a_gate_on_a_slow_line_takes_what_is_signed_while_it_asks() {
    let city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    let device = Device::register(&city, "gate-1").await;
    let gate = device.open(&city);
    let client = device.client(&over_a_slow_line(&city, 100).await);
    let round = sync::once(&gate, &client).await;
    assert_eq!((round.faults, conditions(&gate)), (vec![], vec![]));
    assert_eq!(gate.scan(&code(&wallet), "").verdict.reason.code(), "OK");
    // A freeze reaches it with the next round.
    city.set_account(&person, "freeze").await;
    let round = sync::once(&gate, &client).await;
    assert_eq!(round.faults, vec![]);
    assert_ne!(gate.scan(&code(&wallet), "").verdict.reason.code(), "OK");
    city.stop().await;
}
