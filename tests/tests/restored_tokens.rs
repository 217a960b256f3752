//! Tokens of a register that was put back from a copy: it takes one for good that was replaced since, so that
//! a token alone is not enough.

use reqwest::StatusCode;
use serde_json::Value;
use szid_issuer::keys::FileSigner;
use szid_register::entropy::SystemEntropy;
use szid_tests::city::{City, LIBRARY, LIN, SAMPLE, answer, code};
use szid_tests::folders::put_back;
use szid_tests::phones::{BarePhone, another_pass, nonce, proof};
use szid_tests::restoring::{copy_aside, lose, restored};
use szid_wallet::WalletError;

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("{name}: {value}")).to_owned()
}

async fn renew(city: &City, token: &str, proofs: Option<&str>) -> (StatusCode, Value) {
    let mut form = vec![("grant_type", "refresh_token"), ("refresh_token", token)];
    form.extend(proofs.map(|proofs| ("key_proofs", proofs)));
    answer(city.post("/v1/token").form(&form)).await
}

async fn error(city: &City, token: &str, proofs: Option<&str>) -> String {
    let (status, refused) = renew(city, token, proofs).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{refused}");
    text(&refused, "error")
}

#[tokio::test]
async fn a_token_that_was_replaced_after_the_copy_gets_nothing_and_ends_nothing_without_a_key() {
    let mut city = City::found().await;
    let phone = BarePhone::of(&city, LIN).await;
    // What a thief has copied: the tokens, and not the keys, which lie in the phone's hardware.
    let (stolen, access) = (phone.refresh_token.clone(), phone.access_token.clone());
    lose(&mut city, async |city| {
        let mut newest = stolen.clone();
        for _ in 0..3 {
            city.clock.advance(70);
            newest = text(&renew(city, &newest, None).await.1, "refresh_token");
        }
    })
    .await;
    restored(&city, None).await.unwrap();
    city.start().await.unwrap();

    for _ in 0..2 {
        assert_eq!(error(&city, &stolen, None).await, "use_key_proof");
    }
    let read = answer(city.get("/v1/holder").bearer_auth(&access)).await;
    assert_eq!(read.0, StatusCode::UNAUTHORIZED, "{}", read.1);
    let thiefs = FileSigner::throw_away(&SystemEntropy).unwrap();
    let of_thief = |nonce: &str| proof(&city, "szid-key-proof+jwt", &thiefs, nonce);
    let foreign = of_thief(&nonce(&city).await);
    assert_eq!(error(&city, &stolen, Some(&foreign)).await, "use_key_proof");
    assert_eq!(error(&city, &stolen, Some(&foreign)).await, "invalid_nonce", "it serves once");
    assert_eq!(error(&city, &stolen, Some("x")).await, "invalid_proof");
    let many = vec!["x"; 17].join(" ");
    assert_eq!(error(&city, &stolen, Some(&many)).await, "invalid_request");
    // One that was made to ask for a pass renews no token.
    let of_a_pass = proof(&city, "openid4vci-proof+jwt", &phone.key, &nonce(&city).await);
    assert_eq!(error(&city, &stolen, Some(&of_a_pass)).await, "invalid_proof");

    // The phone itself goes on, with any key of a pass that the copy knows; and is told.
    let own = proof(&city, "szid-key-proof+jwt", &phone.key, &nonce(&city).await);
    let unknown = of_thief(&nonce(&city).await);
    let (status, tokens) = renew(&city, &stolen, Some(&format!("{unknown} {own}"))).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");
    let events = city.get("/v1/holder/events").bearer_auth(text(&tokens, "access_token"));
    let (_, events) = answer(events).await;
    assert_eq!(events["events"][0]["event"], "device_returned", "{events}");
    // What the thief has is the token before now, and then an old one: neither gets anything or ends the
    // phone.
    assert_eq!(error(&city, &stolen, None).await, "use_key_proof");
    city.clock.advance(70);
    assert_eq!(error(&city, &stolen, None).await, "use_key_proof");
    let newer = text(&tokens, "refresh_token");
    let (status, tokens) = renew(&city, &newer, None).await;
    assert_eq!(status, StatusCode::OK, "one of this epoch is enough by itself: {tokens}");
    city.clock.advance(70);
    let newest = text(&tokens, "refresh_token");
    assert_eq!(renew(&city, &newest, None).await.0, StatusCode::OK);
    assert_eq!(error(&city, &stolen, None).await, "use_key_proof");
    // An old one of this epoch ends the device, as ever.
    assert_eq!(error(&city, &newer, None).await, "invalid_grant");
    city.stop().await;
}

#[tokio::test]
async fn a_key_that_came_by_a_token_alone_renews_none_of_before_while_one_that_was_vouched_for_is_kept()
 {
    let mut city = City::found().await;
    let phone = BarePhone::of(&city, LIN).await;
    // Before the copy, with the access token of a copied vault.
    let (thiefs, _) = another_pass(&city, &phone.access_token).await;
    lose(&mut city, async |city| {
        let mut newest = phone.refresh_token.clone();
        for _ in 0..3 {
            city.clock.advance(70);
            newest = text(&renew(city, &newest, None).await.1, "refresh_token");
        }
    })
    .await;
    restored(&city, None).await.unwrap();
    city.start().await.unwrap();

    for _ in 0..2 {
        let proofs = proof(&city, "szid-key-proof+jwt", &thiefs, &nonce(&city).await);
        assert_eq!(error(&city, &phone.refresh_token, Some(&proofs)).await, "use_key_proof");
    }
    // The phone's own key does, and nothing of what was tried has ended the phone.
    let own = proof(&city, "szid-key-proof+jwt", &phone.key, &nonce(&city).await);
    let (status, tokens) = renew(&city, &phone.refresh_token, Some(&own)).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");
    let proofs = proof(&city, "szid-key-proof+jwt", &thiefs, &nonce(&city).await);
    assert_eq!(error(&city, &phone.refresh_token, Some(&proofs)).await, "use_key_proof");
    city.clock.advance(70);
    let newer = text(&tokens, "refresh_token");
    assert_eq!(renew(&city, &newer, None).await.0, StatusCode::OK);
    city.stop().await;
}

#[tokio::test]
async fn a_wallet_comes_back_by_itself_and_its_holder_is_told() {
    let mut city = City::found().await;
    let (_, lin) = city.citizen(LIN).await;
    lose(&mut city, async |city| {
        city.clock.advance(3 * 86_400);
        city.citizen(SAMPLE).await;
    })
    .await;
    restored(&city, None).await.unwrap();
    city.start().await.unwrap();
    city.clock.advance(40);
    assert_eq!(city.reason(&code(&lin), LIBRARY, "a").await, "OK");
    // Whatever it asks first.
    assert_eq!(lin.devices().await.unwrap().len(), 1);
    assert_eq!(lin.events(None).await.unwrap()[0].event, "device_returned");
    assert!(lin.refresh().await.unwrap() > 0, "the strip is replaced");
    city.clock.advance(40);
    assert_eq!(city.reason(&code(&lin), LIBRARY, "a").await, "OK");
    city.clock.advance(700);
    assert_eq!(lin.refresh().await.unwrap(), 0);
    let told = lin.events(None).await.unwrap();
    let returned = told.iter().filter(|event| event.event == "device_returned");
    assert_eq!(returned.count(), 1);
    city.stop().await;
}

#[tokio::test]
async fn a_phone_that_was_online_in_between_comes_back_from_the_same_copy_again_and_again() {
    let mut city = City::found().await;
    let (_, lin) = city.citizen(LIN).await;
    city.halt().await;
    let (data, _) = copy_aside(&city);
    city.start().await.unwrap();
    for day in 0..4 {
        // It renews its token until the copy knows none of them.
        for _ in 0..3 {
            city.clock.advance(700);
            lin.devices().await.unwrap();
        }
        city.halt().await;
        put_back(&data, &city.data());
        restored(&city, None).await.unwrap();
        city.start().await.unwrap();
        city.clock.advance(86_400);
        assert!(lin.refresh().await.unwrap() > 0, "the strip is replaced on day {day}");
        city.clock.advance(40);
        assert_eq!(city.reason(&code(&lin), LIBRARY, "a").await, "OK", "day {day}");
        let told = lin.events(None).await.unwrap();
        assert_eq!(told.iter().filter(|event| event.event == "device_returned").count(), 1);
    }
    city.stop().await;
}

#[tokio::test]
async fn a_device_without_a_pass_has_nothing_to_prove() {
    let mut city = City::found().await;
    let tokens = city.tokens(LIN).await;
    lose(&mut city, async |city| drop(city.citizen(SAMPLE).await)).await;
    restored(&city, None).await.unwrap();
    city.start().await.unwrap();
    let (status, renewed) = renew(&city, &text(&tokens, "refresh_token"), None).await;
    assert_eq!(status, StatusCode::OK, "{renewed}");
    city.stop().await;
}

#[tokio::test]
async fn a_wallet_whose_keys_ask_for_the_holder_is_not_ended_and_goes_on_after_its_passes() {
    let mut city = City::found().await;
    let offer = city.enrol(LIN).await;
    let wallet = city.wallet_of_a_finger("finger");
    wallet.enrol(&text(&offer, "credential_offer"), &text(&offer, "tx_code")).await.unwrap();
    lose(&mut city, async |city| drop(city.citizen(SAMPLE).await)).await;
    restored(&city, None).await.unwrap();
    city.start().await.unwrap();
    // Nobody is asked for a finger while nobody looks.
    for _ in 0..2 {
        let refused = wallet.refresh().await.unwrap_err();
        assert!(matches!(&refused, WalletError::Refused(word) if word == "use_key_proof"));
        assert!(refused.advice().zh.contains("恢复备份"));
    }
    assert_eq!(wallet.passes_left().unwrap(), 14);
    city.clock.advance(40);
    assert_eq!(city.reason(&code(&wallet), LIBRARY, "a").await, "OK");
    // Once the register has let go of its passes there is nothing left to prove.
    city.clock.advance(16 * 86_400);
    city.store().prune(city.clock.time()).await.unwrap();
    assert_eq!(wallet.refresh().await.unwrap(), 14);
    city.stop().await;
}
