//! Enrolment: from an offer to a strip of passes.

use std::sync::Mutex;

use szid_protocol::day::{DAY, end_of_day};
use szid_wallet::{
    AccountState, EnrolObserver, EnrolStep, PresentationOptions, TimeSource, WalletError,
};

use crate::support::mock_issuer::Misdeed;
use crate::support::{NOON, Scenery};

#[tokio::test]
async fn an_offer_becomes_a_strip_that_venues_accept() {
    let scenery = Scenery::new().await;
    scenery.clock.set_wall_ahead_by(-100_000);
    let wallet = scenery.open();
    assert!(wallet.open_report().created && !wallet.status().unwrap().enrolled);
    assert_eq!(wallet.enrol(&scenery.issuer.offer(), "493536").await.unwrap(), 14);

    let status = wallet.status().unwrap();
    assert!(status.enrolled && !status.refresh_due);
    assert_eq!((status.now, status.clock_offset), (NOON, 100_000));
    assert_eq!(status.time_source, TimeSource::Signed);
    let days: Vec<u64> = (0..14).map(|ahead| end_of_day(NOON) + ahead * DAY).collect();
    assert_eq!(status.days, days);
    assert_eq!(scenery.keys.alive(), 14);
    let code = wallet.present(&wallet.app_opened(), &PresentationOptions::default()).unwrap();
    assert_eq!(scenery.verdict(&code.digits).reason().code(), "OK");
    assert_eq!(scenery.issuer.device_name().as_deref(), Some("test phone"));
    let account = wallet.account().await.unwrap();
    assert_eq!((account.state, account.identity_level), (AccountState::Active, 4));
    scenery.issuer.expire_access_token();
    assert!(wallet.account().await.is_ok(), "with a new access token");
}

#[tokio::test]
async fn a_wrong_transaction_code_is_refused_and_can_be_corrected() {
    let scenery = Scenery::new().await;
    let wallet = scenery.open();
    let offer = scenery.issuer.offer();
    let refused = wallet.enrol(&offer, "000000").await.unwrap_err();
    assert!(matches!(&refused, WalletError::Refused(word) if word == "invalid_grant"));
    assert!(!wallet.status().unwrap().enrolled);
    assert_eq!(wallet.enrol(&offer, "493536").await.unwrap(), 14);
}

#[tokio::test]
async fn the_same_offer_goes_on_where_it_stopped() {
    let scenery = Scenery::new().await;
    let wallet = scenery.open();
    let offer = scenery.issuer.offer();
    scenery.issuer.misbehave(Misdeed::OneLostPassAnswer);
    assert!(wallet.enrol(&offer, "493536").await.is_err());
    let of_the_lost_answer = 1;
    assert_eq!(
        (scenery.issuer.asked("token"), scenery.keys.alive()),
        (1, of_the_lost_answer),
        "one key stays that can vouch for the next try"
    );
    assert_eq!(wallet.enrol(&offer, "493536").await.unwrap(), 14);
    assert_eq!(scenery.issuer.asked("token"), 1, "the tokens were there");
    assert_eq!(scenery.keys.alive(), 14, "the key of the lost answer is gone");
    assert_eq!(wallet.enrol(&offer, "493536").await.unwrap(), 0, "all is done");
}

#[tokio::test]
async fn a_new_offer_replaces_every_pass_and_key() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    let before = scenery.keys.handles();
    scenery.issuer.misbehave(Misdeed::UnlistedPassKey);
    let offer = scenery.issuer.offer();
    assert!(wallet.enrol(&offer, "493536").await.is_err());
    let after = scenery.keys.handles();
    assert!(after.is_superset(&before), "the old strip is whole");
    assert_eq!(after.len(), before.len() + 1, "and one key stays that can vouch for the next try");
    assert!(wallet.present(&wallet.app_opened(), &PresentationOptions::default()).is_ok());
    assert!(wallet.status().unwrap().refresh_due, "the new strip is still to come");

    scenery.issuer.misbehave(None);
    assert_eq!(wallet.refresh().await.unwrap(), 14);
    assert_eq!(scenery.keys.alive(), 14);
    assert!(scenery.keys.handles().is_disjoint(&before));
    assert!(!wallet.status().unwrap().refresh_due);
}

#[tokio::test]
async fn small_batches_fill_the_strip_as_well() {
    let scenery = Scenery::new().await;
    scenery.issuer.set_batch_size(4);
    let wallet = scenery.open();
    assert_eq!(wallet.enrol(&scenery.issuer.offer(), "493536").await.unwrap(), 14);
    assert_eq!((scenery.issuer.asked("credential"), scenery.keys.alive()), (4, 14));
}

/// Keeps what it is told.
#[derive(Default)]
struct Steps(Mutex<Vec<EnrolStep>>);

impl EnrolObserver for Steps {
    fn reached(&self, step: EnrolStep) {
        self.0.lock().unwrap().push(step);
    }
}

#[tokio::test]
async fn an_observer_is_told_of_each_key_and_each_batch_and_a_repeat_begins_where_it_stopped() {
    let scenery = Scenery::new().await;
    scenery.issuer.set_batch_size(4);
    scenery.keys.allow_creations(6);
    let offer = scenery.issuer.offer();
    let steps = Steps::default();
    let cut_short = scenery.open().enrol_observed(&offer, "493536", &steps).await;
    assert!(matches!(cut_short, Err(WalletError::Key(_))));
    let keys =
        |made: std::ops::RangeInclusive<usize>| made.map(|made| EnrolStep::Keys { made, of: 14 });
    let passes = |came| [EnrolStep::Passes { came, of: 14 }];
    let begun = [EnrolStep::ServiceVerified, EnrolStep::OfferTaken];
    let expected: Vec<_> =
        begun.into_iter().chain(keys(1..=4)).chain(passes(4)).chain(keys(5..=6)).collect();
    assert_eq!(steps.0.into_inner().unwrap(), expected);

    scenery.keys.allow_creations(usize::MAX);
    let steps = Steps::default();
    let wallet = scenery.open();
    assert_eq!(wallet.enrol_observed(&offer, "", &steps).await.unwrap(), 10);
    let rest = keys(5..=8).chain(passes(8)).chain(keys(9..=12)).chain(passes(12));
    let rest = rest.chain(keys(13..=14)).chain(passes(14));
    assert_eq!(steps.0.into_inner().unwrap(), begun.into_iter().chain(rest).collect::<Vec<_>>());

    let steps = Steps::default();
    assert_eq!(wallet.enrol_observed(&offer, "", &steps).await.unwrap(), 0);
    assert_eq!(steps.0.into_inner().unwrap(), [&begun[..], &passes(14)].concat());
}

#[tokio::test]
async fn offers_that_cannot_be_used_are_refused_before_anything_is_sent() {
    let scenery = Scenery::new().await;
    let wallet = scenery.open();
    for offer in ["", "https//", "openid-credential-offer://?x=1", "ftp://id.example/offer"] {
        let error = wallet.enrol(offer, "493536").await.unwrap_err();
        assert!(matches!(error, WalletError::Offer), "{offer}");
    }
    let error = wallet.enrol("http://id.example/offer", "493536").await.unwrap_err();
    assert!(matches!(error, WalletError::NotHttps), "{error}");
}
