//! A phone that asks for passes again and again: it, and nobody else, gets no more.

use serde_json::{Value, json};
use szid_protocol::day::{DAY, end_of_day};
use szid_register::{DeviceId, KeyDigest, PASSES_PER_DAY, PassAsked, PassesAsked};
use szid_tests::city::{City, LIBRARY, LIN, answer, code};
use szid_wallet::{Wallet, WalletError};

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap().to_owned()
}

/// Gives a device of a person all the passes that it may have for some days, counted from today.
async fn exhaust(city: &City, person: &str, device: DeviceId, days: std::ops::Range<u64>) {
    let now = city.clock.time();
    for day in days {
        let pass = PassAsked { exp: end_of_day(now) + day * DAY, key: KeyDigest([5; 16]) };
        let device = Some(device);
        let passes = vec![pass];
        let asked = PassesAsked {
            person: person.parse().unwrap(),
            device,
            passes,
            proven: Vec::new(),
            at: now,
        };
        for _ in 0..PASSES_PER_DAY {
            // The wallet has had some.
            let _ = city.store().allocate_passes(asked.clone()).await;
        }
    }
}

/// A citizen whose phone this is.
async fn citizen(city: &City) -> (String, Wallet, DeviceId) {
    let (person, wallet) = city.citizen(LIN).await;
    let devices = city.store().devices(person.parse().unwrap(), city.clock.time()).await.unwrap();
    (person, wallet, devices[0].id)
}

async fn another_phone(city: &City, name: &str, devices: &str) -> (Wallet, usize) {
    let body = json!({ "document": { "type": LIN.0, "number": LIN.1 }, "name": LIN.2,
        "identity_level": 4, "method": "counter", "devices": devices });
    let request = city.post("/v1/registrar/enrolments").bearer_auth(&city.registrar);
    let (_, asked) = answer(request.json(&body)).await;
    let (_, offer) = city.confirm(&asked).await;
    let wallet = city.wallet(name);
    let came = wallet.enrol(&text(&offer, "credential_offer"), &text(&offer, "tx_code")).await;
    (wallet, came.unwrap())
}

#[tokio::test]
async fn a_phone_takes_the_days_that_it_can_get_and_its_holder_is_told_of_the_others() {
    let city = City::found().await;
    let (person, wallet, device) = citizen(&city).await;
    exhaust(&city, &person, device, 15..18).await;
    city.clock.advance(10 * DAY);
    assert_eq!(wallet.refresh().await.unwrap(), 7, "three of the ten days have none left");
    city.clock.advance(1);
    assert_eq!(city.reason(&code(&wallet), LIBRARY, "1").await, "OK");
    let events = wallet.events(None).await.unwrap();
    let told: Vec<_> = events.iter().filter(|event| event.event == "passes_refused").collect();
    assert_eq!(told.len(), 1, "once a day: {events:?}");
    assert_eq!(told[0].device.as_deref(), Some(person.as_str()), "which phone it is");
    city.stop().await;
}

#[tokio::test]
async fn a_phone_that_used_its_passes_up_keeps_them_from_no_other_phone() {
    let city = City::found().await;
    let (person, lost, device) = citizen(&city).await;
    exhaust(&city, &person, device, 0..30).await;
    // In addition, and in the place of all: each has its own.
    let (beside, came) = another_phone(&city, "beside", "adds").await;
    assert_eq!(came, 14);
    city.clock.advance(14 * DAY);
    let refused = lost.refresh().await.unwrap_err();
    assert!(matches!(&refused, WalletError::Refused(word) if word == "PASS_QUOTA"), "{refused}");
    assert!(refused.advice().zh.contains("窗口") && refused.advice().zh.contains("12345"));
    assert_eq!(beside.refresh().await.unwrap(), 14);
    // The counter's way out works at once.
    city.set_account(&person, "freeze").await;
    city.set_account(&person, "unfreeze").await;
    let (new, came) = another_phone(&city, "new", "replaces").await;
    assert_eq!(came, 14);
    city.clock.advance(1);
    assert_eq!(city.reason(&code(&new), LIBRARY, "1").await, "OK");
    city.stop().await;
}
