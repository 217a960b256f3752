//! An issuer, or whoever stands in its place, that answers wrongly: nothing is kept, no key is left, every
//! wait ends.

use std::time::{Duration, Instant};

use serde_json::json;
use szid_protocol::day::DAY;
use szid_protocol::reason::{Reason, Text};
use szid_wallet::{PresentationOptions, WalletError};

use crate::support::Scenery;
use crate::support::mock_issuer::Misdeed;

/// What a refresh says while the issuer misbehaves; in the form of code and detail.
async fn refused(misdeed: Misdeed) -> String {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    scenery.clock.advance(10 * DAY);
    let keys = scenery.keys.handles();
    let days = wallet.status().unwrap().days;
    scenery.issuer.misbehave(misdeed);
    let error = wallet.refresh().await.unwrap_err();

    assert_eq!(wallet.status().unwrap().days, days, "{misdeed:?}: nothing was kept");
    assert!(scenery.keys.handles().is_subset(&keys), "{misdeed:?}: no key is left");
    let code = wallet.present(&wallet.app_opened(), &PresentationOptions::default()).unwrap();
    assert_eq!(scenery.verdict(&code.digits).reason().code(), "OK", "{misdeed:?}");
    scenery.issuer.misbehave(None);
    assert_eq!(wallet.refresh().await.unwrap(), 10, "{misdeed:?}: it goes on afterwards");
    match &error {
        WalletError::Untrusted(reason) => format!("{} {}", error.code(), reason.code()),
        WalletError::Refused(word) => format!("{} {word}", error.code()),
        _ => error.code().to_owned(),
    }
}

#[tokio::test]
async fn passes_that_are_not_ours_are_not_kept() {
    for (misdeed, error) in [
        (Misdeed::UnlistedPassKey, "WALLET_UNTRUSTED ISSUER_UNKNOWN"),
        (Misdeed::ForgedPassSignature, "WALLET_UNTRUSTED PASS_SIGNATURE"),
        (Misdeed::PassKeyOfOtherPurpose, "WALLET_UNTRUSTED KEY_PURPOSE"),
        (Misdeed::ForeignDeviceKey, "WALLET_UNTRUSTED PASS_CLAIMS"),
        (Misdeed::WrongDay, "WALLET_UNTRUSTED PASS_CLAIMS"),
        (Misdeed::DuplicatedPass, "WALLET_UNTRUSTED PASS_CLAIMS"),
        (Misdeed::GarbagePass, "WALLET_UNTRUSTED MALFORMED"),
        (Misdeed::MissingPass, "WALLET_ANSWER"),
        (Misdeed::ExtraPass, "WALLET_ANSWER"),
    ] {
        assert_eq!(refused(misdeed).await, error, "{misdeed:?}");
    }
}

#[tokio::test]
async fn signed_documents_that_are_not_the_citys_are_refused() {
    for (misdeed, error) in [
        (Misdeed::ForeignTrustList, "WALLET_UNTRUSTED TRUST_SIGNATURE"),
        (Misdeed::ExpiredTrustList, "WALLET_UNTRUSTED TRUST_EXPIRED"),
        (Misdeed::RolledBackTrustList, "WALLET_UNTRUSTED TRUST_ROLLBACK"),
        (Misdeed::GarbageTrustList, "WALLET_UNTRUSTED TRUST_MALFORMED"),
        (Misdeed::OversizedTrustList, "WALLET_ANSWER"),
        (Misdeed::ReplayedTime, "WALLET_UNTRUSTED TRUST_SIGNATURE"),
    ] {
        assert_eq!(refused(misdeed).await, error, "{misdeed:?}");
    }
}

#[tokio::test]
async fn large_and_misleading_answers_are_not_followed() {
    for (misdeed, error) in [
        (Misdeed::OversizedPasses, "WALLET_ANSWER"),
        (Misdeed::EndlessPasses, "WALLET_ANSWER"),
        (Misdeed::RedirectedPasses, "WALLET_ANSWER"),
        (Misdeed::ForeignMetadata, "WALLET_ANSWER"),
        (Misdeed::PlainHttpEndpoint, "WALLET_ANSWER"),
        (Misdeed::ForeignTokenEndpoint, "WALLET_ANSWER"),
        (Misdeed::ForeignNonceEndpoint, "WALLET_ANSWER"),
    ] {
        assert_eq!(refused(misdeed).await, error, "{misdeed:?}");
    }
}

#[tokio::test]
async fn what_a_network_answers_in_the_services_place_is_told_as_the_networks() {
    assert_eq!(refused(Misdeed::RefusalInProse).await, "WALLET_NOT_THE_SERVICE");
    for misdeed in [Misdeed::LoginPage, Misdeed::LoginRedirect, Misdeed::LoginRefusal] {
        assert_eq!(refused(misdeed).await, "WALLET_NOT_THE_SERVICE", "{misdeed:?}");
        let scenery = Scenery::new().await;
        let wallet = scenery.enrolled().await;
        scenery.issuer.misbehave(misdeed);
        let error = wallet.account().await.unwrap_err();
        assert_eq!(error.code(), "WALLET_NOT_THE_SERVICE", "{misdeed:?}");
        // The answer to this one has no body that could be wrong.
        let this = json!({ "id": "00", "name": "this", "this_device": true });
        let ended = wallet.end_device(&serde_json::from_value(this).unwrap(), None).await;
        assert_eq!(ended.unwrap_err().code(), "WALLET_NOT_THE_SERVICE", "{misdeed:?}");
        let error = wallet.enrol(&scenery.issuer.offer(), "493536").await.unwrap_err();
        assert_eq!(error.code(), "WALLET_NOT_THE_SERVICE", "{misdeed:?}");
    }
}

/// What gateways and proxies say no with.
const MADE_UP: [(u16, &str); 11] = [
    (401, r#"{"error":"unauthorized"}"#),
    (401, "<html>no</html>"),
    (403, r#"{"code":"FORBIDDEN"}"#),
    (403, r#"{"error":"access_denied"}"#),
    (403, r#"{"error":"forbidden","message":"x"}"#),
    (403, r#"{"type":"about:blank","status":403,"code":"ACCOUNT_FROZEN"}"#),
    (403, "<html>no</html>"),
    (404, r#"{"code":"NOT_FOUND"}"#),
    (404, "<html>no</html>"),
    (400, ""),
    (500, r#"{"error":{"message":"x"}}"#),
];

#[tokio::test]
async fn a_refusal_that_is_made_up_on_the_way_sends_nobody_to_a_counter_or_a_store() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    scenery.clock.advance(10 * DAY);
    for path in ["/v1/token", "/v1/holder", "/v1/nonce", "/v1/credential"] {
        for (status, body) in MADE_UP {
            scenery.issuer.answer_for(Some((path, status, body)));
            let mut told = vec![wallet.refresh().await.unwrap_err()];
            if path == "/v1/holder" {
                told.push(wallet.account().await.unwrap_err());
                told.push(wallet.report_lost().await.unwrap_err());
            }
            scenery.issuer.answer_for(None);
            for error in told {
                let what = format!("{path} {status} {body}: {error}");
                assert_eq!(error.code(), "WALLET_NOT_THE_SERVICE", "{what}");
                let Text { zh, en } = error.advice();
                assert!(zh.contains("稍后") && zh.contains("已有的市民码不受影响"), "{what}: {zh}");
                assert!(en.contains("later") && en.contains("still work"), "{what}: {en}");
                assert!(!zh.contains("申领") && !en.contains("counter"), "{what}: {zh} {en}");
            }
            let code = wallet.present(&wallet.app_opened(), &PresentationOptions::default());
            assert_eq!(scenery.verdict(&code.unwrap().digits).reason().code(), "OK");
        }
    }
    assert_eq!(wallet.refresh().await.unwrap(), 10, "it goes on afterwards");
}

#[tokio::test]
async fn a_service_whose_clock_went_back_behind_its_keys_is_told_as_a_matter_of_clocks() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    scenery.clock.advance(10 * DAY);
    scenery.issuer.misbehave(Misdeed::TimeBeforeItsKey);
    let error = wallet.refresh().await.unwrap_err();
    assert!(matches!(error, WalletError::Untrusted(Reason::KeyNotValid)), "{error:?}");
    let Text { zh, en } = error.advice();
    assert!(zh.contains("时间") && zh.contains("稍后") && zh.contains("不受影响"), "{zh}");
    assert!(
        en.contains("date and time") && en.contains("later") && en.contains("still work"),
        "{en}"
    );
    scenery.issuer.misbehave(None);
    assert_eq!(wallet.refresh().await.unwrap(), 10, "it goes on afterwards");
}

#[tokio::test]
async fn slow_answers_end_with_the_limit() {
    for misdeed in [Misdeed::SilentPasses, Misdeed::DrippingPasses] {
        #[expect(clippy::disallowed_methods, reason = "this test measures real waiting")]
        let begun = Instant::now();
        assert_eq!(refused(misdeed).await, "WALLET_NETWORK", "{misdeed:?}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{misdeed:?}");
    }
}

#[tokio::test]
async fn an_offer_that_is_no_json_may_be_the_networks() {
    let scenery = Scenery::new().await;
    scenery.issuer.misbehave(Misdeed::GarbageJson);
    let error = scenery.open().enrol(&scenery.issuer.offer(), "493536").await.unwrap_err();
    assert!(matches!(error, WalletError::NotTheService), "{error:?}");
}

#[tokio::test]
async fn tokens_of_another_device_are_not_taken_at_the_enrolment_or_later() {
    let scenery = Scenery::new().await;
    let wallet = scenery.open();
    scenery.issuer.misbehave(Misdeed::OneMixedUpTokenAnswer);
    let refused = wallet.enrol(&scenery.issuer.offer(), "493536").await.unwrap_err();
    assert!(matches!(refused, WalletError::NotTheService), "{refused:?}");
    assert!(!wallet.status().unwrap().enrolled);
    wallet.enrol(&scenery.issuer.offer(), "493536").await.unwrap();
    let own = wallet.status().unwrap().device_id.unwrap();

    scenery.clock.advance(10 * DAY);
    scenery.issuer.misbehave(Misdeed::OneMixedUpTokenAnswer);
    let refused = wallet.refresh().await.unwrap_err();
    assert!(matches!(refused, WalletError::NotTheService), "{refused:?}");
    let status = wallet.status().unwrap();
    assert_eq!((status.device_id, status.days.len()), (Some(own.clone()), 4));
    assert_eq!(wallet.refresh().await.unwrap(), 10);
    assert_eq!(wallet.status().unwrap().device_id, Some(own));
}
