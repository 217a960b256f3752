//! Phones whose tokens went with what a restoration lost: the key of a pass from before the copy brings them
//! back, and nothing else does.

use data_encoding::BASE64URL_NOPAD;
use reqwest::StatusCode;
use serde_json::{Value, json};
use szid_issuer::keys::FileSigner;
use szid_protocol::pass::UnverifiedPass;
use szid_protocol::verify::derive_device_digest;
use szid_tests::city::*;
use szid_tests::phones::{BarePhone, another_pass, nonce, proof};
use szid_tests::restoring::{lose, restored, witness_folder};
use szid_wallet::{Wallet, WalletError};

const DAY: u64 = 86_400;

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("{name}: {value}")).to_owned()
}

async fn renew(city: &City, token: &str, shown: &[(&str, &str)]) -> (StatusCode, Value) {
    let form = [&[("grant_type", "refresh_token"), ("refresh_token", token)], shown].concat();
    answer(city.post("/v1/token").form(&form)).await
}

/// Renews a token so many times, ten minutes apart, and answers the newest.
async fn renew_often(city: &City, token: &str, times: usize) -> Value {
    let mut tokens = json!({ "refresh_token": token });
    for _ in 0..times {
        city.clock.advance(700);
        let (status, renewed) = renew(city, &text(&tokens, "refresh_token"), &[]).await;
        assert_eq!(status, StatusCode::OK, "{renewed}");
        tokens = renewed;
    }
    tokens
}

/// Opens the app three times.
async fn go_on(city: &City, wallet: &Wallet) {
    for _ in 0..3 {
        city.clock.advance(700);
        wallet.devices().await.unwrap();
    }
}

/// Two rounds of housekeeping: nobody is sent to a counter by a clock that is not checked.
async fn check_clock(city: &City) {
    for _ in 0..2 {
        city.clock.advance(60);
        city.tidy().await;
    }
}

fn name(pass: &[u8]) -> Vec<u8> {
    let pass = UnverifiedPass::parse(pass).unwrap();
    let index = u32::try_from(pass.status_index()).unwrap();
    let key = derive_device_digest(&pass.device_key());
    [&pass.exp().to_be_bytes()[..], &index.to_be_bytes(), &key].concat()
}

/// What a phone answers that shows these keys and names these passes.
async fn refused(city: &City, token: &str, keys: &[&FileSigner], passes: &[&[u8]]) -> Value {
    let (status, body) = show(city, token, keys, passes).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    json!([body["error"], body["szid_code"]])
}

async fn show(
    city: &City,
    token: &str,
    keys: &[&FileSigner],
    passes: &[&[u8]],
) -> (StatusCode, Value) {
    let mut proofs = Vec::new();
    for key in keys {
        proofs.push(proof(city, "szid-key-proof+jwt", key, &nonce(city).await));
    }
    let named: Vec<_> = passes.iter().flat_map(|pass| name(pass)).collect();
    let named = BASE64URL_NOPAD.encode(&named);
    renew(city, token, &[("key_proofs", &proofs.join(" ")), ("passes", &named)]).await
}

#[tokio::test]
async fn a_phone_in_use_comes_back_by_itself_however_often_it_renewed_since_the_copy() {
    let mut city = City::found().await;
    let (person, lin) = city.citizen(LIN).await;
    city.clock.advance(DAY);
    lose(&mut city, async |city| {
        go_on(city, &lin).await;
        city.clock.advance(10 * DAY);
        assert!(lin.refresh().await.unwrap() > 0, "it holds passes that the copy does not know");
        go_on(city, &lin).await;
    })
    .await;
    restored(&city, None).await.unwrap();
    city.start().await.unwrap();
    city.clock.advance(40);
    assert!(lin.refresh().await.unwrap() > 0, "the strip is replaced");
    city.clock.advance(40);
    assert_eq!(city.reason(&code(&lin), LIBRARY, "a").await, "OK");
    let told = lin.events(None).await.unwrap();
    let returned = told.iter().filter(|event| event.event == "device_returned");
    assert_eq!(returned.count(), 1);
    assert_eq!(city.devices(&person).await.len(), 1);
    go_on(&city, &lin).await;
    city.stop().await;
}

#[tokio::test]
async fn an_unknown_token_gets_nothing_without_the_key_of_a_pass_of_before() {
    let mut city = City::found().await;
    let phone = BarePhone::of(&city, LIN).await;
    city.clock.advance(700);
    let mut after = None;
    lose(&mut city, async |city| {
        let tokens = renew_often(city, &phone.refresh_token, 3).await;
        let (key, pass) = another_pass(city, &text(&tokens, "access_token")).await;
        after = Some((text(&tokens, "refresh_token"), key, pass));
    })
    .await;
    restored(&city, None).await.unwrap();
    city.start().await.unwrap();
    check_clock(&city).await;
    let (token, later_key, later_pass) = after.unwrap();
    let unknown = json!(["invalid_grant", "DEVICE_UNKNOWN"]);
    // A copied vault: token and passes, and no key.
    assert_eq!(text(&renew(&city, &token, &[]).await.1, "error"), "use_key_proof");
    let both: [&[u8]; 2] = [&phone.pass, &later_pass];
    let thiefs = BarePhone::of(&city, SAMPLE).await;
    assert_eq!(refused(&city, &token, &[&thiefs.key], &both).await, unknown);
    // A pass of after the copy, which a token alone may have got.
    assert_eq!(refused(&city, &token, &[&later_key], &both).await, unknown);
    // Keys of two devices, and a key whose pass nobody names.
    let two: [&[u8]; 2] = [&phone.pass, &thiefs.pass];
    assert_eq!(refused(&city, &token, &[&phone.key, &thiefs.key], &two).await, unknown);
    assert_eq!(refused(&city, &token, &[&phone.key], &[&later_pass]).await, unknown);
    // A phone that was enrolled since the restoration needs it never.
    city.clock.advance(700);
    assert_eq!(refused(&city, "made up", &[&thiefs.key], &[&thiefs.pass]).await, unknown);

    // The phone itself; again where the answer was lost, until it has renewed a token of now.
    let mut newest = String::new();
    for _ in 0..2 {
        let (status, tokens) = show(&city, &token, &[&later_key, &phone.key], &both).await;
        assert_eq!(status, StatusCode::OK, "{tokens}");
        newest = text(&tokens, "refresh_token");
    }
    renew_often(&city, &newest, 2).await;
    assert_eq!(refused(&city, &token, &[&phone.key], &both).await, unknown);
    city.stop().await;
}

#[tokio::test]
async fn a_phone_that_was_ended_or_stopped_after_the_copy_does_not_come_back_by_it() {
    let mut city = City::found().await;
    let (person, lost) = city.citizen(LIN).await;
    let offer = city.enrol(LIN).await;
    let kept = city.wallet("second phone");
    kept.enrol(&text(&offer, "credential_offer"), &text(&offer, "tx_code")).await.unwrap();
    let (other, frozen) = city.citizen(SAMPLE).await;
    city.clock.advance(700);
    lose(&mut city, async |city| {
        for wallet in [&lost, &frozen] {
            go_on(city, wallet).await;
        }
        kept.report_lost().await.unwrap();
        city.set_account(&other, "freeze").await;
    })
    .await;
    restored(&city, None).await.unwrap();
    city.start().await.unwrap();
    city.clock.advance(40);
    for _ in 0..2 {
        assert!(matches!(lost.refresh().await, Err(WalletError::DeviceEnded)));
        assert!(matches!(frozen.refresh().await, Err(WalletError::Frozen)));
    }
    assert_eq!(city.devices(&person).await.len(), 1);
    // Two registrars lift the freeze and name the phone: then it comes back.
    let device = city.devices(&other).await[0]["id"].clone();
    let path = format!("/v1/registrar/persons/{other}/unfreeze");
    let body = json!({ "reason": "found", "devices": [device] });
    let (_, asked) = answer(city.post(&path).bearer_auth(&city.registrar).json(&body)).await;
    assert_eq!(city.confirm(&asked).await.0, StatusCode::OK, "{asked}");
    assert!(frozen.refresh().await.unwrap() > 0);
    city.stop().await;
}

#[tokio::test]
async fn a_phone_that_was_stopped_as_copied_after_the_copy_does_not_come_back_by_it() {
    let mut city = City::found().await;
    let phone = BarePhone::of(&city, LIN).await;
    city.clock.advance(700);
    let mut newest = String::new();
    lose(&mut city, async |city| {
        newest = text(&renew_often(city, &phone.refresh_token, 3).await, "refresh_token");
        let (_, stopped) = renew(city, &phone.refresh_token, &[]).await;
        assert_eq!(text(&stopped, "error"), "invalid_grant");
    })
    .await;
    restored(&city, None).await.unwrap();
    city.start().await.unwrap();
    let ended = refused(&city, &newest, &[&phone.key], &[&phone.pass]).await;
    assert_eq!(ended, json!(["invalid_grant", null]));
    city.stop().await;
}

#[tokio::test]
async fn whom_the_register_does_not_know_is_told_that_and_not_that_the_phone_was_ended() {
    let mut city = City::found().await;
    let (_, lin) = city.citizen(LIN).await;
    city.clock.advance(700);
    let late = city.wallet("late");
    lose(&mut city, async |city| {
        go_on(city, &lin).await;
        let offer = city.enrol(SAMPLE).await;
        late.enrol(&text(&offer, "credential_offer"), &text(&offer, "tx_code")).await.unwrap();
    })
    .await;
    // Nobody tells what was ended since: no phone comes back by a key alone.
    let _ = std::fs::remove_dir_all(witness_folder(&city));
    restored(&city, Some(0)).await.unwrap();
    city.start().await.unwrap();
    check_clock(&city).await;
    for wallet in [&lin, &late] {
        let told = wallet.refresh().await.unwrap_err();
        assert!(matches!(&told, WalletError::Refused(word) if word == "DEVICE_UNKNOWN"), "{told}");
        assert!(told.advice().zh.contains("备份") && told.advice().en.contains("backup"));
        assert!(wallet.passes_left().unwrap() > 0, "its codes go on");
    }
    city.stop().await;
}
