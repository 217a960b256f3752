//! Which phone is which, for whoever stands at a counter after a loss.

use serde_json::{Value, json};
use szid_protocol::day::{DAY, is_end_of_day};
use szid_tests::city::*;

async fn listed(city: &City, person: &str) -> Value {
    let path = format!("/v1/registrar/persons/{person}/devices");
    answer(city.get(&path).bearer_auth(&city.registrar)).await.1
}

/// A phone that is frozen can be told nothing any more: it knows its id before.
#[tokio::test]
async fn a_phone_knows_the_id_that_a_counter_sees_from_its_enrolment_on() {
    let city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    let id = city.devices(&person).await[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(wallet.status().unwrap().device_id.as_deref(), Some(&*id));
    city.set_account(&person, "freeze").await;
    wallet.refresh().await.unwrap_err();
    assert_eq!(wallet.status().unwrap().device_id.as_deref(), Some(&*id));
    // Enrolled anew it is another device.
    confirm_unfreeze(&city, &person).await;
    let offer = city.enrol(LIN).await;
    let (uri, tx_code) = (offer["credential_offer"].as_str(), offer["tx_code"].as_str());
    wallet.enrol(uri.unwrap(), tx_code.unwrap()).await.unwrap();
    let newer = wallet.status().unwrap().device_id.unwrap();
    assert_ne!(newer, id);
    assert!(city.devices(&person).await.iter().any(|device| device["id"] == *newer));
    city.stop().await;
}

async fn confirm_unfreeze(city: &City, person: &str) {
    let (_, asked) = city.act(person, "unfreeze", json!({ "reason": "found" })).await;
    if asked.get("request").is_some() {
        city.confirm(&asked).await;
    }
}

/// The day of the city, which begins at 16:00 of another day in UTC: nobody has used a phone before it was
/// enrolled.
#[tokio::test]
async fn the_day_of_a_devices_last_use_is_the_citys_day() {
    let city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    for _ in 0..3 {
        let devices = city.devices(&person).await;
        let day = devices[0]["last_used_at"].as_u64().unwrap();
        let now = city.clock.time();
        assert!(is_end_of_day(day) && day <= now && now < day + DAY, "{day} at {now}");
        city.clock.advance(DAY / 3);
        wallet.account().await.unwrap();
    }
    city.stop().await;
}

#[tokio::test]
async fn a_counter_sees_that_the_account_is_frozen_and_which_phones_that_stopped() {
    let city = City::found().await;
    let (person, _wallet) = city.citizen(LIN).await;
    let before = listed(&city, &person).await;
    assert_eq!((&before["account"], before["devices"][0].get("stopped")), (&json!("active"), None));
    let id = before["devices"][0]["id"].clone();
    city.act(&person, "freeze", json!({ "reason": "lost_phone", "keep_device": id })).await;
    let kept = listed(&city, &person).await;
    assert_eq!((&kept["account"], kept["devices"][0].get("stopped")), (&json!("frozen"), None));
    city.stop().await;

    let city = City::found().await;
    let (person, _wallet) = city.citizen(LIN).await;
    city.act(&person, "freeze", json!({ "reason": "lost_phone" })).await;
    let stopped = listed(&city, &person).await;
    assert_eq!(stopped["devices"][0]["stopped"], true, "{stopped}");
    city.stop().await;
}
