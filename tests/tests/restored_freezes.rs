//! What freezes of after a copy are, once the copy is put back: one registrar's word ends no phone over a
//! restore either, and what a holder or a returning token stopped does not come back.

use reqwest::StatusCode;
use serde_json::{Value, json};
use szid_register::Finding;
use szid_tests::city::*;
use szid_tests::phones;
use szid_tests::restoring::{lose, restored, witness_folder};
use szid_wallet::{Wallet, WalletError};

const PRE_AUTHORISED: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

/// A person with two phones, and their ids.
async fn two_phones(city: &City) -> (String, [Wallet; 2], [Value; 2]) {
    let (person, first, second) = phones::two_phones(city).await;
    let devices = city.devices(&person).await;
    (person, [first, second], [devices[0]["id"].clone(), devices[1]["id"].clone()])
}

async fn lift(city: &City, person: &str, devices: &[&Value]) -> Value {
    let (_, asked) =
        city.act(person, "unfreeze", json!({ "reason": "restored", "devices": devices })).await;
    assert_eq!(city.confirm(&asked).await.0, StatusCode::OK, "{asked}");
    city.clock.advance(40);
    asked
}

/// What a registrar sees of a person's phones.
async fn phones(city: &City, person: &str) -> Value {
    let path = format!("/v1/registrar/persons/{person}/devices");
    answer(city.get(&path).bearer_auth(&city.registrar)).await.1
}

#[tokio::test]
async fn one_registrars_freeze_of_after_the_copy_ends_no_phone() {
    let mut city = City::found().await;
    let (person, wallets, ids) = two_phones(&city).await;
    lose(&mut city, async |city| {
        let (status, _) = city.act(&person, "freeze", json!({ "reason": "spite" })).await;
        assert_eq!(status, StatusCode::OK);
    })
    .await;
    let done = restored(&city, None).await.unwrap();
    assert_eq!(done.persons[&person.parse().unwrap()], Finding::Suspended);
    city.start().await.unwrap();
    city.clock.advance(40);
    for wallet in &wallets {
        assert_eq!(city.reason(&code(wallet), LIBRARY, "a").await, "FROZEN");
        assert!(matches!(wallet.refresh().await, Err(WalletError::Frozen)));
    }
    // As after the freeze itself, the lifting names what comes back, and ends all else.
    let asked = lift(&city, &person, &[&ids[0]]).await;
    assert_eq!(asked["lifting"]["ends"][0]["id"], ids[1], "{asked}");
    wallets[0].refresh().await.unwrap();
    city.clock.advance(40);
    assert_eq!(city.reason(&code(&wallets[0]), LIBRARY, "a").await, "OK");
    assert!(matches!(wallets[1].refresh().await, Err(WalletError::DeviceEnded)));
    assert_eq!(city.reason(&code(&wallets[1]), LIBRARY, "a").await, "REVOKED");
    city.stop().await;
}

#[tokio::test]
async fn a_phone_that_was_reported_lost_after_the_copy_stays_ended() {
    let mut city = City::found().await;
    let (person, [lost, kept], ids) = two_phones(&city).await;
    lose(&mut city, async |_| _ = kept.report_lost().await.unwrap()).await;
    restored(&city, None).await.unwrap();
    city.start().await.unwrap();
    city.clock.advance(40);
    assert_eq!(city.reason(&code(&kept), LIBRARY, "a").await, "FROZEN");
    assert!(lost.refresh().await.is_err());
    let seen = phones(&city, &person).await;
    assert_eq!(seen["devices"].as_array().unwrap().len(), 1, "{seen}");
    let refused =
        city.act(&person, "unfreeze", json!({ "reason": "it", "devices": [ids[0]] })).await;
    assert_problem(refused, "DEVICE_NOT_KEPT");
    lift(&city, &person, &[&ids[1]]).await;
    kept.refresh().await.unwrap();
    city.clock.advance(40);
    assert_eq!(city.reason(&code(&kept), LIBRARY, "a").await, "OK");
    assert_eq!(city.reason(&code(&lost), LIBRARY, "a").await, "REVOKED");
    city.stop().await;
}

#[tokio::test]
async fn a_phone_that_was_stopped_as_copied_after_the_copy_is_stopped_again() {
    let mut city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    let offer = city.enrol(LIN).await;
    let text = |value: &Value, name: &str| value[name].as_str().unwrap().to_owned();
    let at_offer = city.http.get(text(&offer, "credential_offer_uri")).send().await.unwrap();
    let object: Value = at_offer.json().await.unwrap();
    city.clock.advance(1);
    let form = [
        ("grant_type", PRE_AUTHORISED.to_owned()),
        ("pre-authorized_code", text(&object["grants"][PRE_AUTHORISED], "pre-authorized_code")),
        ("tx_code", text(&offer, "tx_code")),
        ("device_name", "copied phone".into()),
    ];
    let tokens = answer(city.post("/v1/token").form(&form)).await.1;
    phones::first_pass(&city, &person, &tokens, city.clock.time()).await;
    let first = text(&tokens, "refresh_token");
    lose(&mut city, async |city| {
        let refresh = async |token: &str| {
            let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
            answer(city.post("/v1/token").form(&form)).await.1
        };
        let second = text(&refresh(&first).await, "refresh_token");
        city.clock.advance(61);
        refresh(&second).await;
        assert_eq!(refresh(&first).await["error"], "invalid_grant");
    })
    .await;
    restored(&city, None).await.unwrap();
    city.start().await.unwrap();
    city.clock.advance(40);
    let seen = phones(&city, &person).await;
    assert_eq!(seen["ended"][0]["why"], "copied", "{seen}");
    // No lifting brings it back; the other phone, which nobody stopped, comes back as it was.
    let named = json!({ "reason": "it", "devices": [seen["ended"][0]["id"]] });
    assert_problem(city.act(&person, "unfreeze", named).await, "DEVICE_NOT_KEPT");
    city.set_account(&person, "unfreeze").await;
    city.clock.advance(40);
    let token = [("grant_type", "refresh_token"), ("refresh_token", &first)];
    assert_eq!(answer(city.post("/v1/token").form(&token)).await.1["error"], "invalid_grant");
    let listed = city.store().statuses().await.unwrap();
    assert!(listed.iter().any(|row| row.status == 2), "{listed:?}");
    assert_eq!(city.reason(&code(&wallet), LIBRARY, "a").await, "OK");
    city.stop().await;
}

#[tokio::test]
async fn a_witness_that_does_not_tell_freezes_from_copies_ends_the_phones_of_both() {
    let mut city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    lose(&mut city, async |city| {
        city.act(&person, "freeze", json!({ "reason": "spite" })).await;
    })
    .await;
    let file = witness_folder(&city).join("protections.json");
    let mut kept: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    kept.as_object_mut().unwrap().remove("copied").unwrap();
    std::fs::write(&file, kept.to_string()).unwrap();
    restored(&city, None).await.unwrap();
    city.start().await.unwrap();
    city.clock.advance(40);
    assert_eq!(city.reason(&code(&wallet), LIBRARY, "a").await, "REVOKED");
    city.stop().await;
}
