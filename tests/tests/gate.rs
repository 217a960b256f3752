//! Gates, with the service up, down and back: verdicts from what they hold, receipts that arrive once.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use szid_gate::{GateAnswer, Webhook, sync, upload};
use szid_protocol::day::{DAY, end_of_day};
use szid_register::audit::{AuditEvent, ChainReport};
use szid_register::{DayLists, Restoration};
use szid_tests::city::*;
use szid_tests::gates::{Device, old_code};
use szid_verifier::{AwsLcBackend, FolderStore, InMemoryReplay, Verifier, VerifierSetup};

fn reason(answer: &GateAnswer) -> &'static str {
    answer.verdict.reason.code()
}

#[tokio::test]
async fn a_gate_goes_on_without_the_service_and_over_its_own_restart() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let (frozen, frozen_wallet) = city.citizen(SAMPLE).await;
    let device = Device::register(&city, "gate-1").await;
    let gate = device.open(&city);
    let client = device.client(&city.base_url);
    assert!(!gate.is_ready());
    assert_eq!(reason(&gate.scan(&code(&wallet), "")), "TRUST_MISSING");
    city.set_account(&frozen, "freeze").await;
    let first = sync::once(&gate, &client).await;
    assert!(first.faults.is_empty() && first.changed >= 3, "{first:?}");
    let second = sync::once(&gate, &client).await;
    assert_eq!((second.changed, second.faults.len()), (0, 0), "only what has changed is fetched");
    let clock = Arc::clone(&city.clock);

    let good = code(&wallet);
    let accepted = gate.scan(&good, "");
    assert_eq!(reason(&accepted), "OK");
    assert!(accepted.offline && accepted.receipt.is_some() && accepted.clock_behind.is_none());
    assert_eq!(reason(&gate.scan(&good, "")), "REPLAY");
    assert_eq!(reason(&gate.scan(&code(&frozen_wallet), "")), "FROZEN");
    // Power goes and comes back: lists, used codes and receipts are there, the service is not.
    drop(gate);
    let gate = device.open(&city);
    assert!(gate.is_ready());
    assert_eq!(reason(&gate.scan(&good, "")), "REPLAY");
    clock.advance(1);
    assert_eq!(reason(&gate.scan(&code(&wallet), "")), "OK");
    assert!(!upload::once(&gate, &device.client("http://127.0.0.1:9")).await);
    assert_eq!(gate.state().queued, 6);

    // Older than the scene allows: the scene's rule, with the lists' ages in the answer.
    clock.advance(DAY + 60);
    let stale = gate.scan(&code(&wallet), "");
    assert_eq!(reason(&stale), "STATUS_TOO_OLD", "tomorrow's list is a day old");
    clock.advance(7 * DAY);
    let stale = gate.scan(&code(&wallet), "");
    assert_eq!(reason(&stale), "TRUST_TOO_OLD");
    assert!(stale.verdict.freshness.trust_age.unwrap() > 7 * DAY);
    city.stop().await;
}

/// What a webhook was sent: id, signature, body.
type Told = Arc<Mutex<Vec<(String, String, Value)>>>;

async fn hook(
    State(told): State<Told>,
    headers: axum::http::HeaderMap,
    body: String,
) -> StatusCode {
    let text = |name: &str| headers[name].to_str().unwrap().to_owned();
    let body: Value = serde_json::from_str(&body).unwrap();
    told.lock().unwrap().push((text("webhook-id"), text("webhook-signature"), body));
    StatusCode::NO_CONTENT
}

#[tokio::test]
async fn a_webhook_is_told_each_verdict_and_never_waited_for() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let device = Device::register(&city, "gate-1").await;
    let told = Told::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/verdict", listener.local_addr().unwrap());
    let router = Router::new().route("/verdict", post(hook)).with_state(Arc::clone(&told));
    tokio::spawn(async { axum::serve(listener, router).await });
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let clock = Arc::clone(&city.clock);
    let start = |url: &str| {
        let clock = Arc::clone(&clock);
        let (notifier, telling) = Webhook::new(url, Some(secret)).unwrap().start();
        (notifier, async move { telling.run(|| clock.time()).await })
    };
    let (notifier, telling) = start(&url);
    tokio::spawn(telling);
    let gate = device.open_with(&city, device.folder.path(), Some(notifier));
    sync::once(&gate, &device.client(&city.base_url)).await;
    let good = code(&wallet);
    let answers = [gate.scan(&good, ""), gate.scan(&good, ""), gate.scan("half a code", "")];
    for _ in 0..200 {
        if told.lock().unwrap().len() == 3 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let heard = told.lock().unwrap().clone();
    assert_eq!(heard.len(), 3);
    assert!(answers[1].receipt.is_some() && answers[2].receipt.is_none());
    for (answer, (id, signature, body)) in answers.iter().zip(&heard) {
        // What is no code of this city has no receipt, and an id of its own.
        assert!(id.len() == 22 && answer.receipt.as_ref().is_none_or(|receipt| receipt == id));
        assert_eq!(body["reason"], reason(answer));
        assert!(signature.starts_with("v1,") && signature.len() > 40);
    }
    drop(gate);
    // Nobody takes it: verdicts come all the same, and what does not fit is let go.
    let (notifier, telling) = start("http://127.0.0.1:9/");
    let gate = device.open_with(&city, device.folder.path(), Some(notifier));
    for _ in 0..20 {
        assert_eq!(reason(&gate.scan(&good, "")), "REPLAY");
    }
    // Minutes later nothing of it is told.
    clock.advance(300);
    drop(gate);
    telling.await;
    assert_eq!(told.lock().unwrap().len(), 3);
    city.stop().await;
}

#[tokio::test]
async fn a_clock_that_is_behind_is_told_loudly() {
    let city = City::found().await;
    let device = Device::register(&city, "gate-1").await;
    let gate = device.open(&city);
    sync::once(&gate, &device.client(&city.base_url)).await;
    let (_, wallet) = city.citizen(LIN).await;
    let now = code(&wallet);
    city.clock.set_back(600);
    let behind = gate.scan(&now, "");
    assert_eq!(reason(&behind), "VERIFIER_CLOCK_BEHIND");
    assert_eq!(behind.clock_behind, Some(600));
    assert_eq!(gate.state().clock_behind, Some(600));
    city.stop().await;
}

#[tokio::test]
async fn more_status_lists_than_a_gate_holds_are_told() {
    let city = City::found().await;
    let device = Device::register(&city, "gate-1").await;
    let gate = device.open(&city);
    let client = device.client(&city.base_url);
    assert!(!sync::once(&gate, &client).await.lists_left_out);
    assert!(gate.state().conditions.is_empty());
    let now = city.clock.time();
    let days = vec![DayLists { exp: end_of_day(now), lists: 70, ..DayLists::default() }];
    let restoration = Restoration { days, at: now, since: now, ..Restoration::default() };
    city.store().restore(restoration).await.unwrap();
    let round = sync::once(&gate, &client).await;
    assert!(round.lists_left_out, "{round:?}");
    let told: Vec<_> = gate.state().conditions.iter().map(|one| one.code).collect();
    assert_eq!(told, ["GATE_STATUS_LISTS_LEFT_OUT"]);
    city.stop().await;
}

#[tokio::test]
async fn a_gate_that_is_full_takes_todays_newest_list_before_tomorrows() {
    let city = City::found().await;
    let device = Device::register(&city, "gate-1").await;
    let client = device.client(&city.base_url);
    let now = city.clock.time();
    let lists =
        |day, lists| DayLists { exp: end_of_day(now) + day * DAY, lists, ..DayLists::default() };
    let days = vec![lists(0, 20), lists(1, 50)];
    let restoration = Restoration { days, at: now, since: now, ..Restoration::default() };
    city.store().restore(restoration).await.unwrap();
    let gate = device.open(&city);
    assert!(sync::once(&gate, &client).await.lists_left_out);
    assert_eq!(gate.state().lists.status_lists, 64);
    // The first pass of a list that was not there before.
    let (_, wallet) = city.citizen(LIN).await;
    let round = sync::once(&gate, &client).await;
    assert!(round.lists_left_out && round.faults.is_empty(), "{round:?}");
    assert_eq!(reason(&gate.scan(&code(&wallet), "")), "OK");
    assert_eq!(gate.state().lists.status_lists, 64);
    // So it is after a start, and as the next day begins.
    drop(gate);
    let gate = device.open(&city);
    city.clock.advance(1);
    assert_eq!(reason(&gate.scan(&code(&wallet), "")), "OK");
    city.clock.advance(end_of_day(now) - city.clock.time() + 30);
    let round = sync::once(&gate, &client).await;
    assert!(round.faults.is_empty(), "{round:?}");
    assert_eq!(reason(&gate.scan(&code(&wallet), "")), "OK");
    city.clock.advance(60);
    assert!(!sync::once(&gate, &client).await.lists_left_out);
    assert!(gate.state().conditions.is_empty());
    city.stop().await;
}

#[tokio::test]
async fn a_service_whose_clock_is_ahead_for_a_while_leaves_gates_as_they_were() {
    let mut city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let (device, client, gate) = Device::at_work(&city).await;
    city.machine.set_ahead(8 * 3600);
    city.restart().await;
    for _ in 0..3 {
        city.clock.advance(60);
        let round = sync::once(&gate, &client).await;
        let told: Vec<_> = round.faults.iter().map(|(path, word)| (&path[..6], &**word)).collect();
        // Scene policies, and the status lists of today and tomorrow.
        assert_eq!(told, [("/v1/sc", AHEAD), ("/v1/st", AHEAD), ("/v1/st", AHEAD)]);
        assert_eq!(gate.state().clock_behind, None, "it is not this clock that is wrong");
        assert_eq!(reason(&gate.scan(&code(&wallet), "")), "OK");
    }
    city.machine.set_ahead(0);
    city.clock.advance(60);
    city.tidy().await;
    drop(gate);
    let gate = device.open(&city);
    let round = sync::once(&gate, &client).await;
    assert!(round.faults.is_empty() && round.changed >= 2, "{round:?}");
    assert_eq!(reason(&gate.scan(&code(&wallet), "")), "OK");
    assert_eq!(gate.state().lists.status_age, Some(0));
    city.stop().await;
}

const AHEAD: &str = "VERIFIER_DOCUMENT_AHEAD";

/// What a gate holds that took everything while its clock and the service's were ahead.
async fn hold_what_is_ahead(city: &City, lists: &Path) {
    let setup = VerifierSetup::new(
        vec![city.root],
        Arc::new(AwsLcBackend),
        Arc::new(InMemoryReplay::new(10)),
    );
    let setup = VerifierSetup { store: Some(Arc::new(FolderStore::open(lists).unwrap())), ..setup };
    let then = city.clock.time() + 8 * 3600;
    let verifier = Verifier::open(setup, then).unwrap();
    let fetch =
        async |path: String| city.get(&path).send().await.unwrap().bytes().await.unwrap().to_vec();
    verifier.ingest_trust(&fetch("/v1/trust".into()).await, then).unwrap();
    verifier.ingest_scenes(&fetch("/v1/scenes".into()).await, then).unwrap();
    let today = end_of_day(city.clock.time());
    let list = fetch(format!("/v1/status/{today}/0")).await;
    verifier.ingest_status(&list, None, then).unwrap();
}

#[tokio::test]
async fn a_gate_that_holds_what_never_was_recovers_by_itself() {
    let mut city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let device = Device::register(&city, "gate-1").await;
    city.machine.set_ahead(8 * 3600);
    city.restart().await;
    hold_what_is_ahead(&city, &device.folder.path().join("lists")).await;
    city.machine.set_ahead(0);
    city.tidy().await;
    let client = device.client(&city.base_url);
    let gate = device.open(&city);
    assert_eq!(reason(&gate.scan(&code(&wallet), "")), "VERIFIER_CLOCK_BEHIND");
    sync::once(&gate, &client).await;
    assert_eq!(reason(&gate.scan(&code(&wallet), "")), "VERIFIER_CLOCK_BEHIND", "said once");
    city.clock.advance(60);
    let round = sync::once(&gate, &client).await;
    assert!(round.faults.is_empty(), "{round:?}");
    assert_eq!(reason(&gate.scan(&code(&wallet), "")), "OK");
    drop(gate);
    let gate = device.open(&city);
    city.clock.advance(1);
    assert_eq!(reason(&gate.scan(&code(&wallet), "")), "OK", "and stays so");
    assert_eq!(gate.state().clock_behind, None);
    city.stop().await;
}

#[tokio::test]
async fn a_freeze_in_the_last_minute_of_a_days_codes_reaches_gates() {
    let city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    let device = Device::register(&city, "gate-1").await;
    let client = device.client(&city.base_url);
    let gate = device.open(&city);
    city.clock.advance(end_of_day(city.clock.time()) - city.clock.time() - 5);
    sync::once(&gate, &client).await;
    let last = code(&wallet);
    city.clock.advance(25);
    city.set_account(&person, "freeze").await;
    sync::once(&gate, &client).await;
    assert_eq!(reason(&gate.scan(&last, "")), "FROZEN");
    city.stop().await;
}

#[tokio::test]
async fn every_receipt_arrives_once_and_a_double_use_is_reported() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let (north, south) =
        (Device::register(&city, "north").await, Device::register(&city, "south").await);
    let gates = [(&north, north.open(&city)), (&south, south.open(&city))];
    for (device, gate) in &gates {
        sync::once(gate, &device.client(&city.base_url)).await;
    }
    let good = code(&wallet);
    let receipts: Vec<_> = gates
        .iter()
        .map(|(_, gate)| {
            let answer = gate.scan(&good, "");
            assert_eq!(reason(&answer), "OK", "no gate can know of the other");
            answer.receipt.unwrap()
        })
        .collect();
    assert_eq!(reason(&gates[0].1.scan("12345", "")), "NOT_A_CITIZEN_CODE");
    city.clock.advance(120);
    for _ in 0..2 {
        for (device, gate) in &gates {
            assert!(upload::once(gate, &device.client(&city.base_url)).await);
            assert_eq!(gate.state().queued, 0);
        }
    }
    let entries = city.store().audit_entries(1, 100).await.unwrap();
    let kept: Vec<_> = entries
        .iter()
        .filter_map(|entry| match &entry.event {
            AuditEvent::OfflineScan { receipt, .. } => Some(receipt.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(kept.len(), 2, "what is no code has no row");
    let doubles: Vec<_> = entries
        .iter()
        .filter_map(|entry| match &entry.event {
            AuditEvent::DoubleUse { receipt, first, .. } => Some((receipt.clone(), first.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(doubles, [(receipts[1].clone(), receipts[0].clone())]);
    // The citizen sees both, and that no connection was there.
    let uses = wallet.uses(None).await.unwrap();
    assert_eq!(uses.len(), 2);
    assert!(uses.iter().all(|one| one.offline && one.reason == "OK" && one.claims.is_empty()));
    assert!(uses.iter().all(|one| receipts.contains(&one.receipt)));
    let head = city.store().audit_head().await.unwrap();
    assert_eq!(city.store().audit_verify(Some(head)).await.unwrap(), ChainReport::Whole(head));
    let text = city.get("/metrics").send().await.unwrap().text().await.unwrap();
    assert!(text.contains("szid_double_uses_total 1"), "{text}");
    city.stop().await;
}

/// A service that keeps receipts and then loses some of its answers.
#[derive(Default)]
struct Forgetful {
    kept: Mutex<Vec<String>>,
    requests: AtomicUsize,
}

async fn take(
    State(service): State<Arc<Forgetful>>,
    Json(body): Json<Value>,
) -> Result<Json<Value>, StatusCode> {
    let receipts = body["receipts"].as_array().unwrap().clone();
    let mut kept = service.kept.lock().unwrap();
    let turn = service.requests.fetch_add(1, Ordering::SeqCst);
    if turn == 0 {
        return Err(StatusCode::INTERNAL_SERVER_ERROR);
    }
    for receipt in receipts {
        let receipt = receipt.as_str().unwrap().to_owned();
        if !kept.contains(&receipt) {
            kept.push(receipt);
        }
    }
    // It kept them, and the answer got lost.
    if turn == 1 {
        return Err(StatusCode::BAD_GATEWAY);
    }
    Ok(Json(json!({ "last": kept.len(), "kept": 0, "known": 0 })))
}

#[tokio::test]
async fn lost_answers_cost_nothing() {
    let city = City::found().await;
    let device = Device::register(&city, "gate-1").await;
    let gate = device.open(&city);
    let old = old_code(&city).await;
    (0..250).for_each(|_| drop(gate.scan(&old, "")));
    let service = Arc::new(Forgetful::default());
    let router = Router::new().route("/v1/receipts", post(take)).with_state(Arc::clone(&service));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let client = device.client(&base_url);
    assert!(!upload::once(&gate, &client).await && !upload::once(&gate, &client).await);
    assert_eq!(gate.state().queued, 250);
    assert!(upload::once(&gate, &client).await);
    assert_eq!((gate.state().queued, service.kept.lock().unwrap().len()), (0, 250));
    city.stop().await;
}

#[tokio::test]
async fn what_is_no_code_of_this_city_costs_a_gate_a_count_and_leaves_no_receipt() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let (device, client, gate) = Device::at_work(&city).await;
    let before = city.store().audit_head().await.unwrap().number;
    let mut forged = code(&wallet);
    // Another signature of the same length, in the last group.
    let last = if forged.pop() == Some('1') { '2' } else { '1' };
    forged.push(last);
    for junk in ["1", "https://example.cn", "07550123", &code(&wallet)[..300], &forged] {
        let answer = gate.scan(junk, "");
        assert!(answer.receipt.is_none() && !answer.verdict.reason.is_accept(), "{answer:?}");
    }
    let state = gate.state();
    assert_eq!((state.unreadable, state.queued), (5, 0));
    // What a genuine code comes to has its receipt, and the numbers have no gap.
    let good = code(&wallet);
    for expected in ["OK", "REPLAY"] {
        let answer = gate.scan(&good, "");
        assert_eq!((reason(&answer), answer.receipt.is_some()), (expected, true));
        gate.scan("1", "");
    }
    assert!(upload::once(&gate, &client).await);
    assert_eq!(city.store().audit_head().await.unwrap().number, before + 2);
    assert_eq!(city.store().gate("park", "gate-1").await.unwrap().unwrap().last, 2);
    // One that the service has withdrawn says so, and counts all the same.
    withdraw(&*city.store(), &device.secret, city.clock.time()).await;
    city.clock.advance(61);
    assert!(!upload::once(&gate, &client).await);
    for (shown, has_receipt) in [("1".to_owned(), false), (code(&wallet), true)] {
        let answer = gate.scan(&shown, "");
        assert_eq!(reason(&answer), "SCANNER_WITHDRAWN");
        assert_eq!(answer.receipt.is_some(), has_receipt);
    }
    assert_eq!(gate.state().unreadable, 8);
    city.stop().await;
}
