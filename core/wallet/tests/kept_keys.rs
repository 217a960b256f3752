//! Keys of a strip that was replaced since the register was put back: some stay for as long as their days,
//! and no longer.

use szid_protocol::day::DAY;
use szid_wallet::Wallet;

use crate::support::Scenery;

const STRIP: usize = 14;
/// Every second key of a strip.
const KEPT: usize = STRIP / 2;
const MAX_KEPT: usize = 8;

/// A wallet whose strip was replaced since the issuer's epoch went up.
async fn replaced(scenery: &Scenery) -> Wallet {
    let wallet = scenery.enrolled().await;
    scenery.issuer.set_epoch(1);
    assert_eq!(wallet.refresh().await.unwrap(), STRIP);
    assert_eq!((wallet.passes_left().unwrap(), scenery.keys.alive()), (STRIP, STRIP + KEPT));
    wallet
}

#[tokio::test]
async fn kept_keys_are_deleted_when_their_days_are_over() {
    let scenery = Scenery::new().await;
    let wallet = replaced(&scenery).await;
    scenery.clock.advance(7 * DAY);
    wallet.refresh().await.unwrap();
    assert_eq!(scenery.keys.alive(), wallet.passes_left().unwrap() + 4);
    scenery.clock.advance(8 * DAY);
    wallet.refresh().await.unwrap();
    assert_eq!(scenery.keys.alive(), wallet.passes_left().unwrap());
}

#[tokio::test]
async fn no_more_than_a_few_keys_are_kept_however_often_the_register_is_put_back() {
    let scenery = Scenery::new().await;
    let wallet = replaced(&scenery).await;
    for epoch in 2..6 {
        scenery.clock.advance(DAY);
        scenery.issuer.set_epoch(epoch);
        assert_eq!(wallet.refresh().await.unwrap(), STRIP);
        let kept = scenery.keys.alive() - STRIP;
        assert!((KEPT - 1..=MAX_KEPT).contains(&kept), "{kept}");
    }
}

#[tokio::test]
async fn no_key_is_kept_of_passes_that_were_revoked() {
    let scenery = Scenery::new().await;
    let wallet = replaced(&scenery).await;
    scenery.issuer.revoke_passes();
    assert_eq!(wallet.refresh().await.unwrap(), STRIP);
    assert_eq!(scenery.keys.alive(), STRIP);
}

#[tokio::test]
async fn another_enrolment_and_a_wipe_delete_kept_keys() {
    let scenery = Scenery::new().await;
    let wallet = replaced(&scenery).await;
    assert_eq!(wallet.enrol(&scenery.issuer.offer(), "493536").await.unwrap(), STRIP);
    assert_eq!(scenery.keys.alive(), STRIP);
    scenery.issuer.set_epoch(2);
    assert_eq!(wallet.refresh().await.unwrap(), STRIP);
    assert_eq!(scenery.keys.alive(), STRIP + KEPT);
    wallet.wipe().unwrap();
    assert_eq!(scenery.keys.alive(), 0);
}
