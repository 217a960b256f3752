//! Refresh: the strip is filled up, old passes and their keys go.

use szid_protocol::day::DAY;
use szid_wallet::{DeviceKeys, PresentationOptions, WalletError};

use crate::support::Scenery;
use crate::support::mock_issuer::Misdeed;

#[tokio::test]
async fn a_strip_is_filled_up_when_it_runs_low_and_not_before() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    scenery.clock.advance(9 * DAY);
    assert_eq!(wallet.refresh().await.unwrap(), 0, "five are left");
    assert_eq!(scenery.keys.alive(), 5, "the keys of past days are gone");
    scenery.clock.advance(DAY);
    assert!(wallet.status().unwrap().refresh_due);
    assert_eq!(wallet.refresh().await.unwrap(), 10);
    assert_eq!((wallet.passes_left().unwrap(), scenery.keys.alive()), (14, 14));
    let code = wallet.present(&wallet.app_opened(), &PresentationOptions::default()).unwrap();
    assert_eq!(scenery.verdict(&code.digits).reason().code(), "OK");
}

#[tokio::test]
async fn without_an_enrolment_there_is_nothing_to_refresh() {
    let scenery = Scenery::new().await;
    assert!(matches!(scenery.open().refresh().await, Err(WalletError::NotEnrolled)));
}

#[tokio::test]
async fn one_stale_nonce_is_tried_again_and_more_are_not() {
    let scenery = Scenery::new().await;
    scenery.issuer.misbehave(Misdeed::OneStaleNonce);
    let wallet = scenery.enrolled().await;
    assert_eq!((scenery.issuer.asked("nonce"), scenery.issuer.asked("credential")), (2, 2));
    scenery.clock.advance(10 * DAY);
    scenery.issuer.misbehave(Misdeed::StaleNonces);
    let error = wallet.refresh().await.unwrap_err();
    assert!(matches!(&error, WalletError::Refused(word) if word == "invalid_nonce"));
    assert_eq!(scenery.issuer.asked("credential"), 4);
}

#[tokio::test]
async fn an_access_token_that_ended_early_is_renewed() {
    let scenery = Scenery::new().await;
    scenery.issuer.misbehave(Misdeed::OneStaleAccessToken);
    let wallet = scenery.enrolled().await;
    assert_eq!(scenery.issuer.asked("token"), 2);
    assert_eq!(wallet.passes_left().unwrap(), 14);
}

#[tokio::test]
async fn lost_answers_do_not_lose_the_grant() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    for round in 0..4 {
        scenery.clock.advance(10 * DAY);
        scenery.issuer.misbehave(Misdeed::OneLostTokenAnswer);
        assert!(wallet.refresh().await.is_err(), "{round}");
        scenery.issuer.misbehave(Misdeed::OneLostTokenAnswer);
        assert!(wallet.refresh().await.is_err(), "{round}");
        scenery.issuer.misbehave(Misdeed::OneLostPassAnswer);
        assert!(wallet.refresh().await.is_err(), "{round}");
        assert_eq!(wallet.refresh().await.unwrap(), 10, "{round}");
    }
}

#[tokio::test]
async fn the_last_pass_of_a_frozen_network_still_works_and_then_the_wallet_says_so() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    scenery.clock.advance(13 * DAY);
    assert!(wallet.present(&wallet.app_opened(), &PresentationOptions::default()).is_ok());
    scenery.clock.advance(DAY);
    let error =
        wallet.present(&wallet.app_opened(), &PresentationOptions::default()).err().unwrap();
    assert!(matches!(error, WalletError::NoPass));
    assert_eq!(wallet.refresh().await.unwrap(), 14);
    assert_eq!(scenery.keys.alive(), 14);
}

#[tokio::test]
async fn passes_whose_keys_are_lost_are_replaced() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    for handle in scenery.keys.handles() {
        scenery.keys.delete(&handle).unwrap();
    }
    assert_eq!(wallet.refresh().await.unwrap(), 14);
    assert!(wallet.present(&wallet.app_opened(), &PresentationOptions::default()).is_ok());
}

#[tokio::test]
async fn flows_at_the_same_time_do_not_spoil_each_other() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    scenery.clock.advance(10 * DAY);
    let (one, other, account) = tokio::join!(wallet.refresh(), wallet.refresh(), wallet.account());
    assert_eq!((one.unwrap(), other.unwrap()), (10, 0));
    assert!(account.is_ok());
    assert_eq!((wallet.passes_left().unwrap(), scenery.keys.alive()), (14, 14));
}

#[tokio::test]
async fn a_frozen_account_and_an_ended_device_are_told_in_words_of_their_own() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    scenery.issuer.freeze();
    // Though the strip is full.
    let frozen = wallet.refresh().await.unwrap_err();
    assert!(matches!(frozen, WalletError::Frozen) && frozen.advice().zh.contains("冻结"));
    assert_eq!(wallet.passes_left().unwrap(), 14, "nothing is thrown away: it may be lifted");
    scenery.issuer.end_device();
    for ended in [wallet.refresh().await.map(drop), wallet.account().await.map(drop)] {
        let ended = ended.unwrap_err();
        assert!(matches!(ended, WalletError::DeviceEnded) && ended.advice().zh.contains("停用"));
    }
}

#[tokio::test]
async fn passes_that_the_service_revoked_are_replaced_at_the_next_refresh() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    assert_eq!(wallet.refresh().await.unwrap(), 0);
    scenery.issuer.revoke_passes();
    assert_eq!(wallet.refresh().await.unwrap(), 14, "the strip is full, and worth nothing");
    assert_eq!((wallet.passes_left().unwrap(), scenery.keys.alive()), (14, 14));
    assert_eq!(wallet.refresh().await.unwrap(), 0);
}

#[tokio::test]
async fn passes_whose_issuers_key_is_listed_no_more_are_replaced_at_the_next_refresh() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    assert_eq!(wallet.refresh().await.unwrap(), 0);
    scenery.issuer.forget_pass_key();
    assert_eq!(wallet.refresh().await.unwrap(), 14, "the strip is full, and refused everywhere");
    // A register that is put back from before knows keys of the strip that was replaced: every second one is
    // kept.
    assert_eq!((wallet.passes_left().unwrap(), scenery.keys.alive()), (14, 14 + 7));
    assert_eq!(wallet.refresh().await.unwrap(), 0);
}

#[tokio::test]
async fn metadata_are_read_at_a_refresh_and_once_a_day_and_not_before_every_question() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    let read = || scenery.issuer.asked("metadata");
    let after_enrolment = read();
    for _ in 0..3 {
        wallet.account().await.unwrap();
    }
    assert_eq!(read(), after_enrolment);
    drop(wallet);
    let wallet = scenery.open();
    wallet.account().await.unwrap();
    assert_eq!(read(), after_enrolment, "over a restart of the app, too");
    wallet.refresh().await.unwrap();
    assert_eq!(read(), after_enrolment + 1);
    scenery.clock.advance(DAY);
    wallet.account().await.unwrap();
    assert_eq!(read(), after_enrolment + 2);
}

#[tokio::test]
async fn addresses_that_moved_since_they_were_read_are_read_again() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    scenery.issuer.move_token_endpoint();
    scenery.clock.advance(3_600);
    assert!(wallet.account().await.is_ok(), "with a new access token, from where they are now");
}
