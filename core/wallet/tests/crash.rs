//! A flow that ends between two steps: the app is killed, or the key store gives up half-way.

use std::time::Duration;

use szid_protocol::day::DAY;
use szid_wallet::{PresentationOptions, Wallet, WalletError};

use crate::support::Scenery;
use crate::support::mock_issuer::Misdeed;

/// Runs a refresh up to the moment when the passes are asked for, and kills it there: nothing of it runs any
/// more.
async fn killed_while_asking(scenery: &Scenery, wallet: Wallet) {
    let before = scenery.issuer.asked("credential");
    scenery.issuer.misbehave(Misdeed::SilentPasses);
    let asked = async {
        while scenery.issuer.asked("credential") == before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        outcome = wallet.refresh() => panic!("it must still be waiting: {outcome:?}"),
        () = asked => {}
    }
    scenery.issuer.misbehave(None);
}

#[tokio::test]
async fn keys_of_a_killed_flow_are_deleted_by_the_next_one() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    scenery.clock.advance(10 * DAY);
    killed_while_asking(&scenery, wallet).await;
    assert_eq!(scenery.keys.alive(), 4 + 10, "the killed flow left its keys");

    let wallet = scenery.open();
    assert!(
        wallet.present(&wallet.app_opened(), &PresentationOptions::default()).is_ok(),
        "the old strip works"
    );
    assert_eq!(wallet.refresh().await.unwrap(), 10);
    assert_eq!(scenery.keys.alive(), 14);
}

#[tokio::test]
async fn keys_of_a_killed_flow_are_deleted_even_if_the_next_one_gets_nowhere() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    scenery.clock.advance(10 * DAY);
    killed_while_asking(&scenery, wallet).await;
    scenery.issuer.misbehave(Misdeed::ForeignMetadata);
    assert!(scenery.open().refresh().await.is_err());
    assert_eq!(scenery.keys.alive(), 4);
}

#[tokio::test]
async fn keys_of_a_killed_flow_are_wiped_too() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    scenery.clock.advance(10 * DAY);
    killed_while_asking(&scenery, wallet).await;
    scenery.open().wipe().unwrap();
    assert_eq!(scenery.keys.alive(), 0);
}

#[tokio::test]
async fn a_key_store_that_gives_up_half_way_leaves_nothing() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    scenery.clock.advance(10 * DAY);
    for allowed in 0..10 {
        scenery.keys.allow_creations(allowed);
        assert!(matches!(wallet.refresh().await, Err(WalletError::Key(_))), "{allowed}");
        assert_eq!(scenery.keys.alive(), 4, "{allowed}");
    }
    scenery.keys.allow_creations(10);
    assert_eq!(wallet.refresh().await.unwrap(), 10);
}

#[tokio::test]
async fn keys_that_cannot_be_deleted_now_are_deleted_later() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    scenery.clock.advance(10 * DAY);
    scenery.keys.refuse_deletion(true);
    assert!(matches!(wallet.refresh().await, Err(WalletError::Key(_))));
    assert_eq!(scenery.keys.alive(), 14);
    assert!(wallet.present(&wallet.app_opened(), &PresentationOptions::default()).is_ok());
    scenery.keys.refuse_deletion(false);
    assert_eq!(wallet.refresh().await.unwrap(), 10);
    assert_eq!(scenery.keys.alive(), 14);
}
