//! The end of a wallet.

use szid_wallet::{PresentationOptions, SealingKey, Wallet, WalletError};

use crate::support::Scenery;

#[tokio::test]
async fn nothing_is_left_of_a_wiped_wallet() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    wallet.wipe().unwrap();
    wallet.wipe().unwrap();
    assert_eq!(scenery.keys.alive(), 0);
    let left: Vec<_> = std::fs::read_dir(scenery.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(scenery.sealing.unwrap(b"x").is_err(), "the sealing key is destroyed");
    let error =
        wallet.present(&wallet.app_opened(), &PresentationOptions::default()).err().unwrap();
    assert!(matches!(error, WalletError::Vault(_)));
    assert!(wallet.refresh().await.is_err());
}

#[tokio::test]
async fn keys_that_could_not_be_deleted_are_deleted_by_the_next_try() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    scenery.keys.refuse_deletion(true);
    assert!(matches!(wallet.wipe(), Err(WalletError::Key(_))));
    assert!(
        wallet.present(&wallet.app_opened(), &PresentationOptions::default()).is_err(),
        "the vault is gone all the same"
    );
    scenery.keys.refuse_deletion(false);
    wallet.wipe().unwrap();
    assert_eq!(scenery.keys.alive(), 0);
}

#[tokio::test]
async fn a_wallet_wiped_during_a_flow_leaves_no_keys() {
    let scenery = Scenery::new().await;
    let wallet = scenery.open();
    scenery.issuer.misbehave(crate::support::mock_issuer::Misdeed::SilentPasses);
    let offer = scenery.issuer.offer();
    let wipe_soon = async {
        while scenery.issuer.asked("credential") == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        wallet.wipe()
    };
    let (enrolled, wiped) = tokio::join!(wallet.enrol(&offer, "493536"), wipe_soon);
    assert!(enrolled.is_err() && wiped.is_ok());
    assert_eq!(scenery.keys.alive(), 0);
}

#[tokio::test]
async fn a_wallet_that_does_not_open_can_be_wiped() {
    let scenery = Scenery::new().await;
    drop(scenery.enrolled().await);
    Wallet::wipe_closed(&scenery.path(), &*scenery.sealing).unwrap();
    Wallet::wipe_closed(&scenery.path(), &*scenery.sealing).unwrap();
}
