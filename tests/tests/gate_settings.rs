//! A gate that is set up for another device, another scene or another city: it says so by itself, before
//! anything is lost.

use szid_gate::{ConditionView, Gate, http, sync, upload};
use szid_tests::city::*;
use szid_tests::gates::Device;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn conditions(gate: &Gate) -> Vec<ConditionView> {
    gate.state().conditions
}

/// It holds this condition alone, names it below `readyz`, and is not ready; what it is about.
fn holds(gate: &Gate, code: &str) -> Option<String> {
    let [one] = &conditions(gate)[..] else { panic!("{code}: {:?}", conditions(gate)) };
    assert_eq!((one.code, gate.is_ready()), (code, false), "{one:?}");
    let page = http::readiness(gate);
    assert!(page.0 == 503 && page.1.contains(&format!("\n{code}")), "{}", page.1);
    one.about.clone()
}

#[tokio::test]
async fn a_gate_that_bears_another_devices_name_names_both_and_uploads_nothing_until_it_is_mended()
{
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let mut device = Device::register(&city, "gate-1").await;
    let client = device.client(&city.base_url);
    device.name = "gate-9";
    let gate = device.open_synchronised(&city).await;
    assert!(gate.is_ready(), "nobody has asked yet");
    assert!(!upload::once(&gate, &client).await);
    let about = holds(&gate, "GATE_DEVICE_DIFFERS").unwrap();
    assert_eq!(about, "gate.toml: park/gate-9, credential: park/gate-1");
    // Whoever passes all the same: the receipt stays.
    assert_eq!(gate.scan(&code(&wallet), "").verdict.reason.code(), "OK");
    for _ in 0..2 {
        city.clock.advance(61);
        assert!(!upload::once(&gate, &client).await);
        assert_eq!(gate.state().queued, 1);
    }
    holds(&gate, "GATE_DEVICE_DIFFERS");
    assert!(city.store().set_aside_receipts(10).await.unwrap().is_empty());
    drop(gate);
    device.name = "gate-1";
    let folder = tempfile::tempdir().unwrap();
    let gate = device.open_in(&city, folder.path());
    sync::once(&gate, &client).await;
    assert!(upload::once(&gate, &client).await);
    assert!(conditions(&gate).is_empty() && gate.is_ready());
    city.stop().await;
}

#[tokio::test]
async fn a_scene_that_the_city_does_not_have_is_told_before_anybody_is_turned_away() {
    let city = City::found().await;
    let mut device = Device::register(&city, "gate-1").await;
    let client = device.client(&city.base_url);
    device.scene = 999;
    let gate = device.open(&city);
    assert!(conditions(&gate).is_empty(), "before there are lists nobody knows");
    sync::once(&gate, &client).await;
    assert_eq!(holds(&gate, "GATE_SCENE_UNKNOWN").as_deref(), Some("999"));
    drop(gate);
    device.scene = PARK;
    let gate = device.open(&city);
    assert!(conditions(&gate).is_empty() && gate.is_ready());
    city.stop().await;
}

#[tokio::test]
async fn a_scene_that_the_venue_is_not_registered_for_is_told_with_the_venues_own() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let mut device = Device::register(&city, "gate-1").await;
    let client = device.client(&city.base_url);
    device.scene = LIBRARY;
    let gate = device.open_synchronised(&city).await;
    assert!(!upload::once(&gate, &client).await);
    let about = format!("gate.toml: {LIBRARY}, park: {PARK}");
    assert_eq!(holds(&gate, "GATE_SCENE_NOT_REGISTERED"), Some(about));
    // Whoever passes all the same: the receipt stays until the venue is registered for it.
    assert_eq!(gate.scan(&code(&wallet), "").verdict.reason.code(), "OK");
    city.clock.advance(61);
    assert!(!upload::once(&gate, &client).await && gate.state().queued == 1);
    assert!(city.store().set_aside_receipts(10).await.unwrap().is_empty());
    let store = city.store();
    let mut park = store.venue("park").await.unwrap().unwrap();
    park.scenes.push(LIBRARY);
    store.put_venue(park, city.clock.time()).await.unwrap();
    assert!(upload::once(&gate, &client).await);
    assert!(conditions(&gate).is_empty() && gate.is_ready() && gate.state().queued == 0);
    assert!(store.set_aside_receipts(10).await.unwrap().is_empty());
    city.stop().await;
}

#[tokio::test]
async fn a_scene_that_is_verified_online_alone_is_told_as_that_and_not_as_lists_that_are_old() {
    let city = City::found().await;
    let mut device = Device::register(&city, "gate-1").await;
    for scene in [HOTEL, HOSPITAL] {
        device.scene = scene;
        let folder = tempfile::tempdir().unwrap();
        let gate = device.open_in(&city, folder.path());
        assert!(conditions(&gate).is_empty(), "before there are lists nobody knows");
        sync::once(&gate, &device.client(&city.base_url)).await;
        city.clock.advance(61);
        assert_eq!(holds(&gate, "GATE_SCENE_ONLINE_ONLY"), Some(scene.to_string()));
    }
    city.stop().await;
}

#[tokio::test]
async fn another_citys_root_is_told_as_that_and_not_as_lists_that_do_not_come() {
    let (city, other) = (City::found().await, City::found().await);
    let mut device = Device::register(&city, "gate-1").await;
    let client = device.client(&city.base_url);
    device.root = other.root;
    let gate = device.open(&city);
    let round = sync::once(&gate, &client).await;
    let trust = round.faults.iter().find(|(path, _)| path == "/v1/trust").unwrap();
    assert_eq!(trust.1, "TRUST_SIGNATURE", "the log says why");
    holds(&gate, "GATE_ROOT_DIFFERS");
    drop(gate);
    device.root = city.root;
    let gate = device.open_synchronised(&city).await;
    assert!(conditions(&gate).is_empty() && gate.is_ready());
    // A list that somebody else signed is refused later, too; the one that is held stays in force.
    sync::once(&gate, &device.client(&other.base_url)).await;
    assert_eq!(conditions(&gate)[0].code, "GATE_ROOT_DIFFERS");
    assert!(gate.is_ready());
    sync::once(&gate, &device.client(&city.base_url)).await;
    assert!(conditions(&gate).is_empty());
    city.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn a_new_gate_whose_clock_is_hours_behind_is_told_so_at_once() {
    let city = City::found().await;
    let device = Device::register(&city, "gate-1").await;
    let client = device.client(&city.base_url);
    device.set_ahead(-8 * 3600);
    let gate = device.open(&city);
    sync::once(&gate, &client).await;
    holds(&gate, "GATE_CLOCK_BEHIND");
    assert_eq!(gate.state().clock_behind, Some(8 * 3600));
    // Codes are refused for what such a clock takes none of, before any step looks at the clock.
    let page = http::readiness(&gate).1;
    assert!(page.starts_with("this device's clock is behind"), "{page}");
    device.set_ahead(0);
    sync::once(&gate, &client).await;
    assert!(conditions(&gate).is_empty() && gate.is_ready());
    city.stop().await;
}

/// Somebody who answers each request on a port of this machine with this, or nobody.
async fn somebody(answer: Option<&'static str>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    if let Some(answer) = answer {
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = [0; 4096];
                _ = stream.read(&mut request).await;
                _ = stream.write_all(answer.as_bytes()).await;
            }
        });
    }
    address
}

#[tokio::test]
async fn a_wrong_address_of_the_service_is_told_by_how_it_is_wrong() {
    let city = City::found().await;
    let device = Device::register(&city, "gate-1").await;
    let gate = device.open(&city);
    let nobody = somebody(None).await;
    let page = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";
    let none = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let of_city = city.base_url.replace("http://", "https://");
    for (address, code) in [
        (format!("http://{nobody}"), "GATE_SERVICE_NOT_LISTENING"),
        (format!("https://{nobody}"), "GATE_SERVICE_NOT_LISTENING"),
        (of_city, "GATE_SERVICE_TLS"),
        ("http://no-such-host.invalid".to_owned(), "GATE_SERVICE_UNREACHABLE"),
        (format!("{}/v1", city.base_url), "GATE_SERVICE_FOREIGN"),
        (format!("http://{}", somebody(Some(page)).await), "GATE_SERVICE_FOREIGN"),
        (format!("http://{}", somebody(Some(none)).await), "GATE_SERVICE_FOREIGN"),
    ] {
        sync::once(&gate, &device.client(&address)).await;
        let about = holds(&gate, code).unwrap();
        assert!(about.starts_with(&format!("{address}: ")), "{about}");
    }
    sync::once(&gate, &device.client(&city.base_url)).await;
    assert!(conditions(&gate).is_empty() && gate.is_ready());
    // Once there are lists, a gate goes on alone, and that is no fault of its settings.
    sync::once(&gate, &device.client(&format!("http://{nobody}"))).await;
    assert!(conditions(&gate).is_empty() && gate.is_ready());
    city.stop().await;
}
