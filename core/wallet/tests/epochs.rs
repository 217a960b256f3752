//! How often the issuer's register was put back from a copy: believed where the city has signed it, and
//! nowhere else.

use crate::support::Scenery;
use crate::support::mock_issuer::Misdeed;
const STRIP: usize = 14;

#[tokio::test]
async fn an_epoch_that_no_signed_document_shows_is_not_believed() {
    for made_up in
        [Misdeed::InflatedEpoch, Misdeed::StaleHead, Misdeed::ForgedHead, Misdeed::NoHead]
    {
        let scenery = Scenery::new().await;
        let wallet = scenery.enrolled().await;
        for epoch in 1..3 {
            scenery.issuer.misbehave(made_up);
            assert_eq!(wallet.refresh().await.unwrap(), 0, "{made_up:?}: the strip stays");
            scenery.issuer.misbehave(None);
            scenery.issuer.set_epoch(epoch);
            assert_eq!(wallet.refresh().await.unwrap(), STRIP, "{made_up:?}: it was put back");
            assert!(
                scenery.keys.alive() > STRIP,
                "{made_up:?}: and keys are kept for the next time"
            );
        }
    }
}

#[tokio::test]
async fn an_epoch_that_was_made_up_at_the_enrolment_does_not_stay() {
    let scenery = Scenery::new().await;
    scenery.issuer.misbehave(Misdeed::InflatedEpoch);
    let wallet = scenery.enrolled().await;
    scenery.issuer.misbehave(None);
    assert_eq!(wallet.refresh().await.unwrap(), 0);
    scenery.issuer.set_epoch(1);
    assert_eq!(wallet.refresh().await.unwrap(), STRIP);
    assert_eq!(wallet.refresh().await.unwrap(), 0, "once");
}

#[tokio::test]
async fn a_wallet_that_is_enrolled_in_a_later_epoch_replaces_nothing() {
    let scenery = Scenery::new().await;
    scenery.issuer.set_epoch(3);
    let wallet = scenery.enrolled().await;
    assert_eq!(wallet.refresh().await.unwrap(), 0);
    assert_eq!(scenery.issuer.asked("audit head"), 1, "asked for where it is needed");
}

#[tokio::test]
async fn a_head_of_another_register_says_nothing_of_this_one() {
    let scenery = Scenery::new().await;
    scenery.issuer.set_epoch(1);
    let wallet = scenery.enrolled().await;
    scenery.issuer.misbehave(Misdeed::ForeignHead);
    assert_eq!(wallet.refresh().await.unwrap(), 0);
    scenery.issuer.misbehave(None);
    scenery.issuer.set_epoch(2);
    assert_eq!(wallet.refresh().await.unwrap(), STRIP);
}
