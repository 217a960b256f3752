//! Reports of a loss: always heard, and final for other phones only with a key that gives the reporting
//! phone's word.

use reqwest::StatusCode;
use serde_json::{Value, json};
use szid_issuer::keys::FileSigner;
use szid_protocol::day::DAY;
use szid_tests::city::*;
use szid_tests::phones::{BarePhone, another_pass, nonce, proof, two_phones, vouched_pass};
use szid_wallet::{Wallet, WalletError};

/// A report together with proofs.
async fn report(city: &City, token: &str, proofs: &[String]) -> (StatusCode, Value) {
    let body = json!({ "szid_key_proofs": proofs });
    answer(city.post("/v1/holder/freeze").bearer_auth(token).json(&body)).await
}

/// The same with an id that tells it from every other one.
async fn report_once(
    city: &City,
    token: &str,
    key: &str,
    proofs: &[String],
) -> (StatusCode, Value) {
    let body = json!({ "szid_key_proofs": proofs });
    let request = city.post("/v1/holder/freeze").bearer_auth(token).header("idempotency-key", key);
    answer(request.json(&body)).await
}

/// Two registrars lift the freeze for all devices that are there.
async fn lift(city: &City, person: &str) {
    let there = city.devices(person).await;
    let back: Vec<_> = there.iter().map(|device| device["id"].clone()).collect();
    let body = json!({ "reason": "found", "devices": back });
    let (status, asked) = city.act(person, "unfreeze", body).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{asked}");
    assert_eq!(city.confirm(&asked).await.0, StatusCode::OK);
}

async fn proof_by(city: &City, key: &FileSigner) -> String {
    proof(city, "szid-loss-proof+jwt", key, &nonce(city).await)
}

/// The access token that a copied refresh token gets.
async fn renew(city: &City, token: &str) -> String {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    let (status, tokens) = answer(city.post("/v1/token").form(&form)).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");
    tokens["access_token"].as_str().unwrap().to_owned()
}

/// A city with a phone whose keys lie open, and the owner's other one.
async fn city_of_two() -> (City, String, BarePhone, Wallet) {
    let city = City::found().await;
    let phone = BarePhone::of(&city, LIN).await;
    let (person, other) = city.citizen(LIN).await;
    city.clock.advance(70);
    (city, person, phone, other)
}

/// That this report stops everything, and ends nothing.
async fn assert_suspends(
    city: &City,
    person: &str,
    other: &Wallet,
    report: impl Future<Output = (StatusCode, Value)>,
) {
    let there = city.devices(person).await.len();
    let heard = json!({ "account": "frozen", "other_devices": "suspended" });
    assert_eq!(report.await, (StatusCode::OK, heard));
    assert_eq!(city.reason(&code(other), LIBRARY, "a").await, "FROZEN", "a loss stops all");
    assert_eq!(city.devices(person).await.len(), there, "and ends none");
    assert!(matches!(other.refresh().await, Err(WalletError::Frozen)));
}

#[tokio::test]
async fn a_copied_refresh_token_reports_a_loss_and_ends_no_other_phone() {
    let (city, person, phone, other) = city_of_two().await;
    let access = renew(&city, &phone.refresh_token).await;
    // As wallets of before report.
    let bare = answer(city.post("/v1/holder/freeze").bearer_auth(&access));
    assert_suspends(&city, &person, &other, bare).await;
    assert_problem(report(&city, &access, &[]).await, "CREDENTIAL_MISSING");
    city.stop().await;
}

#[tokio::test]
async fn what_is_no_proof_by_a_key_of_the_phones_word_ends_no_other_phone() {
    for way in ["key of the token", "key of another phone", "strip proof", "old", "used", "junk"] {
        let (city, person, phone, other) = city_of_two().await;
        let access = renew(&city, &phone.refresh_token).await;
        let proof = match way {
            "key of the token" => {
                let (key, _) = another_pass(&city, &access).await;
                // Nor does one that it vouches for.
                let (by_it, _) = vouched_pass(&city, &access, &[&key]).await;
                proof_by(&city, &by_it).await
            }
            "key of another phone" => {
                let third = BarePhone::of(&city, LIN).await;
                proof_by(&city, &third.key).await
            }
            "strip proof" => proof(&city, "szid-strip-proof+jwt", &phone.key, &nonce(&city).await),
            "old" => {
                let proof = proof_by(&city, &phone.key).await;
                city.clock.advance(300);
                proof
            }
            "used" => {
                // Captured on its way, after it served.
                let proof = proof_by(&city, &phone.key).await;
                let (status, told) = report(&city, &access, std::slice::from_ref(&proof)).await;
                assert_eq!((status, &told["other_devices"]), (StatusCode::OK, &json!("ended")));
                assert_eq!(city.set_account(&person, "unfreeze").await.0, StatusCode::OK);
                let offer = city.enrol(LIN).await;
                let text = |name: &str| offer[name].as_str().unwrap().to_owned();
                let another = city.wallet("new phone");
                another.enrol(&text("credential_offer"), &text("tx_code")).await.unwrap();
                assert_suspends(&city, &person, &another, report(&city, &access, &[proof])).await;
                city.stop().await;
                continue;
            }
            _ => "x".repeat(3000),
        };
        assert_suspends(&city, &person, &other, report(&city, &access, &[proof])).await;
        city.stop().await;
    }
}

#[tokio::test]
async fn a_body_that_says_nothing_is_a_report_all_the_same() {
    for body in ["", "{}", "null", "[", "{\"szid_key_proofs\": 1}"] {
        let (city, person, phone, other) = city_of_two().await;
        let request = city.post("/v1/holder/freeze").bearer_auth(&phone.access_token);
        assert_suspends(&city, &person, &other, answer(request.body(body))).await;
        city.stop().await;
    }
}

#[tokio::test]
async fn a_key_that_was_vouched_for_ends_the_other_phones_beside_proofs_that_are_none() {
    let (city, person, phone, other) = city_of_two().await;
    let access = renew(&city, &phone.refresh_token).await;
    let (of_token, _) = another_pass(&city, &access).await;
    let proofs =
        ["x.y.z".to_owned(), proof_by(&city, &of_token).await, proof_by(&city, &phone.key).await];
    let (status, told) = report(&city, &access, &proofs).await;
    let heard = json!({ "account": "frozen", "other_devices": "ended" });
    assert_eq!((status, told), (StatusCode::OK, heard));
    assert!(matches!(other.account().await, Err(WalletError::DeviceEnded)));
    assert_eq!(city.devices(&person).await.len(), 1);
    let account = answer(city.get("/v1/holder").bearer_auth(&access)).await.1;
    assert_eq!(account["account"], "frozen", "the phone that reported reads on");
    city.stop().await;
}

#[tokio::test]
async fn a_report_again_changes_nothing_and_ends_no_lifting_that_waits() {
    let (city, person, phone, _) = city_of_two().await;
    let proofs = [proof_by(&city, &phone.key).await];
    let ended = json!({ "account": "frozen", "other_devices": "ended" });
    let token = &phone.access_token;
    assert_eq!(report(&city, token, &proofs).await, (StatusCode::OK, ended.clone()));
    let lift = || city.act(&person, "unfreeze", json!({ "reason": "found" }));
    let (status, asked) = lift().await;
    assert_eq!(status, StatusCode::ACCEPTED, "{asked}");
    // The answer was lost: the very same again, one with a new proof, and one of a copied token without.
    let new = [proof_by(&city, &phone.key).await];
    for again in [proofs.as_slice(), new.as_slice(), &[]] {
        assert_eq!(report(&city, token, again).await, (StatusCode::OK, ended.clone()));
    }
    let events = answer(city.get("/v1/holder/events").bearer_auth(token)).await.1;
    let frozen = events["events"].as_array().unwrap().iter();
    let frozen: Vec<_> = frozen.filter(|event| event["event"] == "frozen").collect();
    assert!(frozen.len() == 1 && frozen[0].get("times").is_none(), "{events}");
    assert_eq!(city.confirm(&asked).await.0, StatusCode::OK);
    city.stop().await;
}

#[tokio::test]
async fn the_phone_that_a_registrars_freeze_kept_ends_the_others_by_its_word_alone() {
    let (city, person, phone, other) = city_of_two().await;
    let token = &phone.access_token;
    let account = || answer(city.get("/v1/holder").bearer_auth(token));
    let kept = account().await.1["device"]["id"].clone();
    let freeze = json!({ "reason": "lost_phone", "keep_device": kept });
    assert_eq!(city.act(&person, "freeze", freeze).await.0, StatusCode::OK);
    assert_suspends(&city, &person, &other, report(&city, token, &[])).await;
    assert_eq!(account().await.0, StatusCode::OK, "a copied token does not stop it");
    let (_, told) = report(&city, token, &[proof_by(&city, &phone.key).await]).await;
    assert_eq!(told["other_devices"], "ended");
    assert_eq!(city.devices(&person).await.len(), 1);
    assert!(matches!(other.account().await, Err(WalletError::DeviceEnded)));
    city.stop().await;
}

#[tokio::test]
async fn a_wallet_gives_its_word_by_itself_after_every_refresh() {
    let city = City::found().await;
    let (_, reports, other) = two_phones(&city).await;
    for phone in [&reports, &other] {
        city.clock.advance(5 * DAY);
        phone.refresh().await.unwrap();
    }
    reports.report_lost().await.unwrap();
    assert!(matches!(other.account().await, Err(WalletError::DeviceEnded)));
    city.stop().await;
}

#[tokio::test]
async fn a_late_copy_of_a_report_changes_nothing_after_two_have_lifted_the_freeze() {
    for others in ["ended", "suspended"] {
        let (mut city, person, phone, other) = city_of_two().await;
        let token = &phone.access_token;
        let proofs = match others {
            "ended" => vec![proof_by(&city, &phone.key).await],
            _ => Vec::new(),
        };
        let heard = (StatusCode::OK, json!({ "account": "frozen", "other_devices": others }));
        assert_eq!(report_once(&city, token, "a", &proofs).await, heard);
        // Two give back what is there, and the report of before comes once more, as it was.
        lift(&city, &person).await;
        let state = async |city: &City| {
            let account = answer(city.get("/v1/holder").bearer_auth(token)).await.1;
            let events = answer(city.get("/v1/holder/events").bearer_auth(token)).await.1;
            (account["account"].clone(), account["devices"].clone(), events)
        };
        let before = state(&city).await;
        assert_eq!(before.0, "active");
        for start in 0..2 {
            assert_eq!(report_once(&city, token, "a", &proofs).await, heard, "{others} {start}");
            // Nor does it count for more where its body is another one's.
            assert_eq!(report_once(&city, token, "a", &[]).await, heard, "{others} {start}");
            assert_eq!(state(&city).await, before, "{others} {start}");
            city.restart().await;
        }
        if others == "suspended" {
            assert_eq!(city.reason(&code(&other), LIBRARY, "a").await, "OK");
        }
        // Each new report is heard.
        assert_eq!(report_once(&city, token, "b", &[]).await.1["account"], "frozen");
        assert!(matches!(
            other.refresh().await,
            Err(WalletError::Frozen | WalletError::DeviceEnded)
        ));
        city.stop().await;
    }
}

#[tokio::test]
async fn a_report_is_heard_whatever_its_key_is_and_that_of_another_phone_is_another_one() {
    let (city, person, phone, other) = city_of_two().await;
    let report = report_once(&city, &phone.access_token, "a b", &[]);
    assert_suspends(&city, &person, &other, report).await;
    lift(&city, &person).await;
    // Another phone's report under the same key is another report.
    let second = BarePhone::of(&city, LIN).await;
    for phone in [&phone, &second] {
        let report = report_once(&city, &phone.access_token, "a", &[]);
        assert_suspends(&city, &person, &other, report).await;
        lift(&city, &person).await;
    }
    city.stop().await;
}

#[tokio::test]
async fn a_loss_that_is_reported_again_after_a_lifting_is_another_one() {
    let city = City::found().await;
    let (person, reports, other) = two_phones(&city).await;
    reports.report_lost().await.unwrap();
    assert_eq!(city.set_account(&person, "unfreeze").await.0, StatusCode::OK);
    assert!(matches!(other.account().await, Err(WalletError::DeviceEnded)));
    reports.report_lost().await.unwrap();
    assert!(matches!(reports.refresh().await, Err(WalletError::Frozen)));
    city.stop().await;
}
