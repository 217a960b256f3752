//! Keys that the phone has invalidated: the public half is still there, and signs no more.

use szid_protocol::day::DAY;
use szid_wallet::{
    KeyError, KeyPolicy, Presentation, PresentationOptions, UnlockError, Wallet, WalletError,
};

use crate::support::Scenery;

fn draw(wallet: &Wallet) -> Result<Presentation, WalletError> {
    wallet.present(&wallet.app_opened(), &PresentationOptions::default())
}

#[tokio::test]
async fn a_code_whose_key_was_invalidated_says_so_and_a_refresh_brings_passes_for_new_keys() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    assert!(!wallet.status().unwrap().refresh_due);
    scenery.keys.invalidate_all();

    let error = draw(&wallet).err().unwrap();
    assert!(matches!(error, WalletError::Key(KeyError::Lost)));
    assert!(error.advice().en.contains("go online"), "unlocking the phone would not help");
    assert!(wallet.status().unwrap().refresh_due);
    assert!(matches!(draw(&wallet), Err(WalletError::NoPass)), "with the same advice");

    assert_eq!(wallet.refresh().await.unwrap(), 14, "the keys of later days are as dead");
    let code = draw(&wallet).unwrap();
    assert_eq!(scenery.verdict(&code.digits).reason().code(), "OK");
    assert_eq!(scenery.keys.alive(), 14, "the dead ones were deleted");
}

#[tokio::test]
async fn a_refresh_finds_invalidated_keys_before_a_code_is_asked_for() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    scenery.keys.invalidate_all();
    scenery.clock.advance(2 * DAY);
    assert_eq!(wallet.refresh().await.unwrap(), 14);
    assert_eq!(scenery.verdict(&draw(&wallet).unwrap().digits).reason().code(), "OK");
}

#[tokio::test]
async fn a_key_that_cannot_be_used_now_costs_no_pass() {
    let mut scenery = Scenery::new().await;
    scenery.options.key_policy = KeyPolicy::HolderPresent;
    let wallet = scenery.enrolled().await;
    let begin = || wallet.begin_presentation(&wallet.app_opened(), &PresentationOptions::default());
    for fault in [KeyError::Unavailable, KeyError::NotAllowed, KeyError::WrongSignature] {
        let told = wallet.fail_presentation(begin().unwrap(), fault);
        assert!(matches!(told, WalletError::Key(same) if same == fault));
    }
    assert_eq!(wallet.passes_left().unwrap(), 14);

    let earlier = begin().unwrap();
    wallet.fail_presentation(begin().unwrap(), KeyError::Lost);
    assert!(matches!(begin(), Err(WalletError::NoPass)));
    assert_eq!(wallet.refresh().await.unwrap(), 14);
    wallet.fail_presentation(earlier, KeyError::Lost);
    assert!(begin().is_ok(), "what is told of the key before says nothing of the one that came");
}

#[tokio::test]
async fn a_lost_key_of_the_finger_is_set_up_anew_after_another_proof() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    wallet.set_pin("482915", &wallet.app_opened()).unwrap();
    wallet.enable_biometric(&wallet.unlock_with_pin("482915").unwrap()).unwrap();
    let asked = wallet.begin_biometric().unwrap();
    let told = wallet.fail_biometric(asked, KeyError::NotAllowed);
    assert!(matches!(told, UnlockError::NotAllowed) && wallet.has_biometric().unwrap());

    let told = wallet.fail_biometric(wallet.begin_biometric().unwrap(), KeyError::Lost);
    assert!(told.advice().en.contains("set it up anew"));
    assert!(!wallet.has_biometric().unwrap());
    let unproven = wallet.enable_biometric(&wallet.app_opened());
    assert!(matches!(unproven, Err(UnlockError::ProofNeeded)));
    wallet.enable_biometric(&wallet.unlock_with_pin("482915").unwrap()).unwrap();
    assert!(wallet.begin_biometric().is_ok());
}
