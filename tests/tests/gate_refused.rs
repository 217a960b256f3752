//! A gate that the service refuses: its venue or site suspended, its credential withdrawn or not known. It
//! says so, and lets nobody pass where the service itself has said that it must not scan.

use axum::http::{StatusCode, header};
use serde_json::json;
use szid_gate::{Gate, ServiceClient, http, upload};
use szid_issuer::keys::FileSigner;
use szid_protocol::crypto::Signer;
use szid_register::entropy::SystemEntropy;
use szid_register::{AdminChange, Author, Bearer};
use szid_tests::administrators::*;
use szid_tests::city::*;
use szid_tests::gates::Device;
use szid_wallet::Wallet;

fn conditions(gate: &Gate) -> Vec<&'static str> {
    gate.state().conditions.iter().map(|condition| condition.code).collect()
}

/// What somebody who shows a fresh code at the gate is answered.
fn reason(city: &City, gate: &Gate, wallet: &Wallet) -> &'static str {
    city.clock.advance(3);
    gate.scan(&code(wallet), "").verdict.reason.code()
}

/// The gate has asked, holds this condition alone, and is not ready since nobody passes.
async fn is_closed(city: &City, gate: &Gate, client: &ServiceClient, wallet: &Wallet, code: &str) {
    assert!(!upload::once(gate, client).await);
    assert_eq!((conditions(gate), gate.is_ready()), (vec![code], false));
    assert_eq!(reason(city, gate, wallet), "SCANNER_WITHDRAWN");
}

/// All is well, and what waited went up.
async fn is_open(city: &City, gate: &Gate, client: &ServiceClient, wallet: &Wallet) {
    city.clock.advance(61);
    assert!(upload::once(gate, client).await);
    assert_eq!((conditions(gate), gate.is_ready()), (vec![], true));
    assert_eq!(reason(city, gate, wallet), "OK");
    assert!(upload::once(gate, client).await);
    assert_eq!(gate.state().queued, 0);
}

#[tokio::test]
async fn a_gate_whose_venue_or_site_is_suspended_says_so_and_lets_nobody_pass_until_it_is_resumed()
{
    let city = City::found().await;
    let admin = Administrators::of(&city).await;
    let (_, wallet) = city.citizen(LIN).await;
    let (device, client, gate) = Device::at_work(&city).await;
    assert_eq!(reason(&city, &gate, &wallet), "OK");
    post(&city, "venues/park/suspend", &admin.chen).await;
    is_closed(&city, &gate, &client, &wallet, "GATE_VENUE_SUSPENDED").await;
    // A service that is away meanwhile has taken nothing back, nor has a start without it.
    let away = ServiceClient::new("http://127.0.0.1:1", "x").unwrap();
    is_closed(&city, &gate, &away, &wallet, "GATE_VENUE_SUSPENDED").await;
    // Nor a record that could not be kept, once it can.
    std::fs::remove_file(device.folder.path().join("refused.kept")).unwrap();
    is_closed(&city, &gate, &client, &wallet, "GATE_VENUE_SUSPENDED").await;
    drop(gate);
    let gate = device.open(&city);
    assert_eq!((conditions(&gate), gate.is_ready()), (vec!["GATE_VENUE_SUSPENDED"], false));
    is_closed(&city, &gate, &away, &wallet, "GATE_VENUE_SUSPENDED").await;
    let asked = post(&city, "venues/park/resume", &admin.chen).await;
    confirm(&city, &asked, &admin.zhao).await;
    is_open(&city, &gate, &client, &wallet).await;
    drop(gate);
    let gate = device.open(&city);
    assert_eq!((conditions(&gate), gate.is_ready()), (vec![], true), "it was resumed");

    let asked = put(&city, "venues/park/sites/east", &admin.chen, json!({ "name": "东门" })).await;
    confirm(&city, &asked, &admin.zhao).await;
    put(&city, "venues/park/devices/gate-1", &admin.chen, json!({ "site": "east" })).await;
    is_open(&city, &gate, &client, &wallet).await;
    post(&city, "venues/park/sites/east/suspend", &admin.chen).await;
    city.clock.advance(61);
    is_closed(&city, &gate, &client, &wallet, "GATE_VENUE_SUSPENDED").await;
    city.stop().await;
}

#[tokio::test]
async fn a_gate_whose_credential_is_withdrawn_says_so_and_lets_nobody_pass_until_it_has_another() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let (device, client, gate) = Device::at_work(&city).await;
    withdraw(&*city.store(), &device.secret, city.clock.time()).await;
    is_closed(&city, &gate, &client, &wallet, "GATE_CREDENTIAL_WITHDRAWN").await;
    let page = http::readiness(&gate);
    assert_eq!(page.0, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        page.1.starts_with("the service has withdrawn this gate") && page.1.contains("\nGATE_")
    );
    let bearer = Bearer::Venue { venue: "park".into(), device: "gate-1".into() };
    let secret = credential(&*city.store(), bearer, city.clock.time()).await;
    let client = ServiceClient::new(&city.base_url, &secret).unwrap();
    is_open(&city, &gate, &client, &wallet).await;
    city.stop().await;
}

#[tokio::test]
async fn a_gate_whose_credential_is_not_known_says_so_and_people_pass() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let (_device, client, gate) = Device::at_work(&city).await;
    // A word that is nobody's, and a credential of another role.
    for secret in ["nobodys", &city.registrar] {
        let wrong = ServiceClient::new(&city.base_url, secret).unwrap();
        assert!(!upload::once(&gate, &wrong).await);
        assert_eq!(conditions(&gate), ["GATE_CREDENTIAL_REFUSED"]);
        assert_eq!((reason(&city, &gate, &wallet), gate.is_ready()), ("OK", true));
        let page = http::readiness(&gate);
        assert!(page.0 == StatusCode::OK && page.1.contains("\nGATE_CREDENTIAL_REFUSED: "));
    }
    is_open(&city, &gate, &client, &wallet).await;
    // Another device's, for which no key is registered.
    let bearer = Bearer::Venue { venue: "park".into(), device: "desk-1".into() };
    let other = credential(&*city.store(), bearer, city.clock.time()).await;
    city.clock.advance(61);
    assert!(!upload::once(&gate, &ServiceClient::new(&city.base_url, &other).unwrap()).await);
    assert_eq!(conditions(&gate), ["GATE_KEY_NOT_REGISTERED"]);
    let about = |gate: &Gate| gate.state().conditions[0].about.clone();
    assert_eq!(about(&gate).as_deref(), Some("park/desk-1"), "whose credential it is");
    assert!(http::readiness(&gate).1.contains("\nGATE_KEY_NOT_REGISTERED (park/desk-1): "));
    // A gate's, for which another key is registered.
    let bearer = Bearer::Venue { venue: "park".into(), device: "gate-2".into() };
    let other = credential(&*city.store(), bearer, city.clock.time()).await;
    let key = FileSigner::throw_away(&SystemEntropy).unwrap().public_key().to_compressed();
    let row = AdminChange::Gate { venue: "park".into(), device: "gate-2".into(), key };
    city.store().administer(row, Author::Offline, city.clock.time()).await.unwrap().unwrap();
    city.clock.advance(61);
    assert!(!upload::once(&gate, &ServiceClient::new(&city.base_url, &other).unwrap()).await);
    assert_eq!(about(&gate).as_deref(), Some("park/gate-2"));
    is_open(&city, &gate, &client, &wallet).await;
    city.stop().await;
}

/// What stands between gate and service may answer as it likes: it is told, and closes no gate.
#[tokio::test]
async fn a_proxy_that_refuses_by_itself_closes_no_gate() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let (_device, client, gate) = Device::at_work(&city).await;
    let json = "application/problem+json";
    let answers = [
        (StatusCode::FORBIDDEN, "text/html", "<h1>CREDENTIAL_REVOKED</h1>"),
        (StatusCode::UNAUTHORIZED, json, r#"{"title":"no"}"#),
        (StatusCode::FORBIDDEN, json, r#"{"code":"SOMETHING_ELSE"}"#),
        (StatusCode::FORBIDDEN, "application/json", r#"{"code":"VENUE_SUSPENDED"}"#),
    ];
    for (status, kind, body) in answers {
        let proxy = proxy(status, kind, body).await;
        city.clock.advance(61);
        assert!(!upload::once(&gate, &proxy).await);
        assert_eq!((conditions(&gate), gate.is_ready()), (vec!["GATE_CREDENTIAL_REFUSED"], true));
        assert_eq!(reason(&city, &gate, &wallet), "OK");
        is_open(&city, &gate, &client, &wallet).await;
    }
    city.stop().await;
}

/// A proxy that names the letters of an answer makes no other answer of it.
#[tokio::test]
async fn the_services_word_counts_through_a_proxy_that_adds_a_charset() {
    let city = City::found().await;
    let (_device, client, gate) = Device::at_work(&city).await;
    let (_, wallet) = city.citizen(LIN).await;
    let kind = "Application/problem+json; charset=utf-8";
    let body = r#"{"code":"VENUE_SUSPENDED"}"#;
    let proxy = proxy(StatusCode::FORBIDDEN, kind, body).await;
    assert!(!upload::once(&gate, &proxy).await);
    assert_eq!((conditions(&gate), gate.is_ready()), (vec!["GATE_VENUE_SUSPENDED"], false));
    is_open(&city, &gate, &client, &wallet).await;
    city.stop().await;
}

/// Something that answers everything so.
async fn proxy(status: StatusCode, kind: &'static str, body: &'static str) -> ServiceClient {
    let answer = move || async move { (status, [(header::CONTENT_TYPE, kind)], body) };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = axum::Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    ServiceClient::new(&format!("http://{address}"), "x").unwrap()
}
