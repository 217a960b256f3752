//! Sites of a venue: the citizen reads which one asks, a device is narrowed, and the venue's own list tells
//! them apart.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use szid_gate::{sync, upload};
use szid_issuer::keys::FileSigner;
use szid_protocol::crypto::Signer;
use szid_protocol::number::ShortNumber;
use szid_protocol::receipt::{Receipt, receipt_id};
use szid_register::entropy::SystemEntropy;
use szid_register::{Bearer, OperatorRole, Site, Station, StoreError};
use szid_tests::city::*;
use szid_tests::gates::Device;

/// A site of the hall.
fn site(closed: bool) -> Site {
    let (venue, id, name) = ("hall".into(), "nanshan".into(), "南山分厅".into());
    Site { venue, id, name, closed }
}

/// Puts the hall's desk there.
async fn open(city: &City, scenes: Vec<u16>) {
    let (store, now) = (city.store(), city.clock.time());
    store.put_site(site(false), now).await.unwrap();
    let (venue, device, site) = ("hall".into(), "desk".into(), Some("nanshan".into()));
    store.put_station(Station { venue, device, site, scenes }, now).await.unwrap();
}

async fn operator_gets(city: &City, path: &str) -> Value {
    let (venue, name) = ("hall".into(), "zhao".into());
    let bearer = Bearer::Operator { venue, name, duty: OperatorRole::Viewer };
    let secret = credential(&*city.store(), bearer, city.clock.time()).await;
    let request = city.get(&format!("/v1/operator/{path}")).bearer_auth(secret);
    let (status, body) = answer(request).await;
    assert_eq!(status, 200, "{body}");
    body
}

#[tokio::test]
async fn the_list_of_uses_names_who_asked_as_they_were_called_then_and_says_what_they_are_called_now()
 {
    let city = City::found().await;
    open(&city, Vec::new()).await;
    let (_, wallet) = city.citizen(LIN).await;
    let asked_in = async |name: &str| {
        city.clock.advance(1);
        let body = json!({ "code": code(&wallet), "scene": HOSPITAL });
        let approve = async {
            let asked = wallet.consents(20).await.unwrap();
            assert_eq!(asked[0].site_name.as_deref(), Some(name));
            wallet.approve(&asked[0], &screen_lock(&wallet)).await.unwrap();
        };
        let ((_, verdict), ()) = tokio::join!(city.scan(&city.hall, body), approve);
        assert_eq!(verdict["reason"], "OK", "{verdict}");
    };
    asked_in("南山分厅").await;
    // One that asked nobody, and one of a gate.
    city.clock.advance(1);
    city.scan(&city.hall, json!({ "code": code(&wallet), "scene": LIBRARY })).await;
    let gate = Device::register(&city, "gate-1").await;
    let (client, open) = (gate.client(&city.base_url), gate.open(&city));
    sync::once(&open, &client).await;
    city.clock.advance(1);
    assert_eq!(open.scan(&code(&wallet), "").verdict.reason.code(), "OK");
    assert!(upload::once(&open, &client).await);

    let (store, now) = (city.store(), city.clock.time());
    let mut hall = store.venue("hall").await.unwrap().unwrap();
    let hall_then = std::mem::replace(&mut hall.name, "另一大厅".into());
    store.put_venue(hall, now).await.unwrap();
    let mut park = store.venue("park").await.unwrap().unwrap();
    let park_then = std::mem::replace(&mut park.name, "另一公园".into());
    store.put_venue(park, now).await.unwrap();
    store.put_site(Site { name: "另一分厅".into(), ..site(false) }, now).await.unwrap();
    asked_in("另一分厅").await;

    let told = wallet.uses(None).await.unwrap().into_iter().map(|one| {
        let names = [Some(one.venue_name), one.venue_name_now, one.site_name, one.site_name_now];
        names.map(Option::unwrap_or_default)
    });
    let then = [hall_then.as_str(), "另一大厅", "南山分厅", "另一分厅"];
    let expected = [["另一大厅", "", "另一分厅", ""], [&park_then, "另一公园", "", ""], then, then];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    city.stop().await;
}

#[tokio::test]
async fn the_citizen_is_told_which_site_asks_and_which_one_looked() {
    let city = City::found().await;
    open(&city, Vec::new()).await;
    let (_, wallet) = city.citizen(LIN).await;
    let body = json!({ "code": code(&wallet), "scene": HOSPITAL });
    let approve = async {
        let asked = wallet.consents(20).await.unwrap();
        assert_eq!(asked[0].site_name.as_deref(), Some("南山分厅"));
        wallet.approve(&asked[0], &screen_lock(&wallet)).await.unwrap();
    };
    let ((_, verdict), ()) = tokio::join!(city.scan(&city.hall, body), approve);
    assert_eq!(verdict["reason"], "OK", "{verdict}");
    city.clock.advance(1);
    city.scan(&city.library, json!({ "code": code(&wallet) })).await;
    let uses = wallet.uses(None).await.unwrap();
    let told: Vec<_> =
        uses.iter().map(|one| (one.venue.as_str(), one.site_name.as_deref())).collect();
    assert_eq!(told, [("library", None), ("hall", Some("南山分厅"))]);

    // And so does whoever reads the venue's own code first.
    let request = city.post("/v1/venue-codes").bearer_auth(&city.hall);
    let (_, drawn) = answer(request.json(&json!({ "scene": LIBRARY }))).await;
    let asked = wallet.ask_venue(drawn["digits"].as_str().unwrap()).await.unwrap();
    assert_eq!(asked.asked.site_name.as_deref(), Some("南山分厅"));
    city.stop().await;
}

#[tokio::test]
async fn a_device_scans_for_its_own_scenes_and_a_closed_site_for_none() {
    let city = City::found().await;
    // The park gate of another venue is no scene of this one, whatever a registration says.
    open(&city, vec![LIBRARY, 65_000]).await;
    let (_, wallet) = city.citizen(LIN).await;
    assert_eq!(city.reason(&code(&wallet), LIBRARY, "1").await, "OK");
    for scene in [HOSPITAL, 65_000] {
        let body = json!({ "code": code(&wallet), "scene": scene });
        assert_problem(city.scan(&city.hall, body).await, "SCENE_DENIED");
    }
    // The only one that is left need not be named.
    city.clock.advance(1);
    let (_, verdict) = city.scan(&city.hall, json!({ "code": code(&wallet) })).await;
    assert_eq!((&verdict["reason"], &verdict["scene"]), (&json!("OK"), &json!(LIBRARY)));
    let session = city.post("/console/session").json(&json!({ "credential": city.hall }));
    let (_, session) = answer(session).await;
    assert_eq!(session["site_name"], "南山分厅");
    assert_eq!(session["scenes"].as_array().unwrap().len(), 1);

    city.store().put_site(site(true), city.clock.time()).await.unwrap();
    let body = json!({ "code": code(&wallet), "scene": LIBRARY });
    assert_problem(city.scan(&city.hall, body).await, "VENUE_SUSPENDED");
    city.stop().await;
}

#[tokio::test]
async fn a_venue_lists_its_scans_by_site_those_of_gates_too() {
    let city = City::found().await;
    open(&city, Vec::new()).await;
    let (store, now) = (city.store(), city.clock.time());
    let signer = FileSigner::throw_away(&SystemEntropy).unwrap();
    store.put_gate("hall", "gate-1", signer.public_key().to_compressed(), now).await.unwrap();
    let bearer = Bearer::Venue { venue: "hall".into(), device: "gate-1".into() };
    let gate = credential(&*store, bearer, now).await;
    let (venue, device, site) = ("hall".into(), "gate-1".into(), Some("nanshan".into()));
    store.put_station(Station { venue, device, site, scenes: vec![PARK] }, now).await.unwrap();
    let receipt = Receipt {
        at: now,
        id: receipt_id(now, [1; 16]),
        venue: "hall".into(),
        device: "gate-1".into(),
        sequence: 1,
        scene: PARK,
        reason: "OK".into(),
        code: None,
    };
    let body = json!({ "receipts": [BASE64URL_NOPAD.encode(&receipt.sign(&signer).unwrap())] });
    answer(city.post("/v1/receipts").bearer_auth(&gate).json(&body)).await;
    // A wrong short number has its row.
    let wrong = ShortNumber::new(7).unwrap().digits();
    city.scan(&city.hall, json!({ "code": wrong, "scene": LIBRARY })).await;
    let (venue, name) = ("hall".to_owned(), "福田分厅".to_owned());
    store.put_site(Site { venue, id: "futian".into(), name, closed: false }, now).await.unwrap();

    let all = operator_gets(&city, "scans").await;
    let there = operator_gets(&city, "scans?site=nanshan").await;
    assert_eq!(all["scans"].as_array().unwrap().len(), 2);
    assert_eq!(there, all);
    for scan in there["scans"].as_array().unwrap() {
        assert_eq!((&scan["site"], &scan["site_name"]), (&json!("nanshan"), &json!("南山分厅")));
    }
    assert_eq!(operator_gets(&city, "scans?site=futian").await["scans"], json!([]));
    let exported = operator_gets(&city, "scans/export?format=json&site=nanshan").await;
    assert_eq!(exported["scans"][0]["site"], "nanshan");
    let devices = operator_gets(&city, "devices").await;
    let seen: Vec<_> = devices["devices"].as_array().unwrap().iter().collect();
    assert_eq!((&seen[0]["device"], &seen[0]["scenes"]), (&json!("desk"), &json!([])));
    assert_eq!((&seen[1]["site_name"], &seen[1]["scenes"]), (&json!("南山分厅"), &json!([PARK])));
    city.stop().await;
}

#[tokio::test]
async fn sites_and_devices_stand_on_what_is_registered() {
    let city = City::found().await;
    let (store, now) = (city.store(), city.clock.time());
    let nowhere = Site { venue: "museum".into(), ..site(false) };
    assert_eq!(store.put_site(nowhere, now).await, Err(StoreError::NotFound));
    let station = |venue: &str, site: Option<&str>| Station {
        venue: venue.into(),
        device: "desk".into(),
        site: site.map(str::to_owned),
        scenes: Vec::new(),
    };
    assert_eq!(store.put_station(station("museum", None), now).await, Err(StoreError::NotFound));
    let unknown = station("hall", Some("nanshan"));
    assert_eq!(store.put_station(unknown.clone(), now).await, Err(StoreError::NotFound));
    store.put_site(site(false), now).await.unwrap();
    store.put_station(unknown, now).await.unwrap();
    // Another venue's site is not this one's.
    let foreign = station("library", Some("nanshan"));
    assert_eq!(store.put_station(foreign, now).await, Err(StoreError::NotFound));
    city.stop().await;
}
