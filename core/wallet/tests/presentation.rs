//! Presentation: offline, with a wrong clock, and with keys that need the holder.

use szid_protocol::code::Challenge;
use szid_protocol::day::DAY;
use szid_protocol::level::AuthenticationTier;
use szid_wallet::{DeviceKeys, KeyError, KeyPolicy, PresentationOptions, WalletError};

use crate::support::{NOON, Scenery};

#[tokio::test]
async fn two_weeks_without_network_and_with_wrong_clocks() {
    let scenery = Scenery::new().await;
    drop(scenery.enrolled().await);
    let before = scenery.issuer.asked("metadata");
    for day in 0..14 {
        scenery.clock.set_wall_ahead_by(day * 10_000_000);
        let wallet = scenery.open();
        let code = wallet.present(&wallet.app_opened(), &PresentationOptions::default()).unwrap();
        assert_eq!(scenery.verdict(&code.digits).reason().code(), "OK", "day {day}");
        assert_eq!((code.digits.len(), code.qr.version), (603, 11));
        drop(wallet);
        scenery.clock.advance(DAY);
    }
    assert_eq!(scenery.issuer.asked("metadata"), before, "nobody was asked");
}

#[tokio::test]
async fn after_a_restart_the_offset_of_the_wall_clock_counts() {
    let scenery = Scenery::new().await;
    scenery.clock.set_wall_ahead_by(-7_000);
    let wallet = scenery.enrolled().await;
    scenery.clock.advance(DAY);
    scenery.clock.restart();
    let code = wallet.present(&wallet.app_opened(), &PresentationOptions::default()).unwrap();
    assert_eq!(code.iat, NOON + DAY);
    assert_eq!(scenery.verdict(&code.digits).reason().code(), "OK");
}

#[tokio::test]
async fn a_code_says_how_long_it_lasts_and_how_it_is_shown() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    let code = wallet.present(&wallet.app_opened(), &PresentationOptions::default()).unwrap();
    assert_eq!((code.redraw_in, code.expires_in), (15, 60));
    assert_eq!([0, 15, 60, 61].map(|later| code.seconds_left(NOON + later)), [60, 45, 0, 0]);
    let hints = code.hints;
    assert!(hints.full_brightness && hints.keep_awake && hints.secure_screen);
    assert!(!hints.accessibility_label.zh.is_empty() && !hints.accessibility_label.en.is_empty());
    scenery.clock.advance(61);
    assert_eq!(scenery.verdict(&code.digits).reason().code(), "CODE_EXPIRED");
}

#[tokio::test]
async fn a_key_that_needs_the_holder_signs_outside() {
    let mut scenery = Scenery::new().await;
    scenery.options.key_policy = KeyPolicy::HolderPresent;
    let wallet = scenery.enrolled().await;
    let options = PresentationOptions::default();
    let begin = || wallet.begin_presentation(&wallet.app_opened(), &options).unwrap();

    let pending = begin();
    let request = pending.signing_request();
    let signature = scenery.keys.sign(request.handle, request.message).unwrap();
    scenery.clock.advance(30);
    let code = wallet.finish_presentation(pending, &signature).unwrap();
    assert_eq!((code.iat, code.redraw_in, code.expires_in), (NOON, 15, 30));
    let verdict = scenery.verdict(&code.digits);
    assert_eq!(verdict.reason().code(), "OK");
    // Nobody unlocked anything else: the signature itself is what the tier rests on.
    assert_eq!(verdict.holder().unwrap().tier, AuthenticationTier::Biometric);
    let unsigned = wallet.present(&wallet.app_opened(), &options).unwrap();
    let verdict = scenery.verdict(&unsigned.digits);
    assert_eq!(verdict.holder().unwrap().tier, AuthenticationTier::AppOpen, "not asked outside");

    let failure = |signature, pending| match wallet.finish_presentation(pending, &signature) {
        Err(WalletError::Key(error)) => error,
        _ => panic!("it must not be drawn"),
    };
    assert_eq!(failure(signature, begin()), KeyError::WrongSignature, "of an earlier code");
    let pending = begin();
    let other =
        scenery.keys.handles().into_iter().find(|it| it != pending.signing_request().handle);
    let signature = scenery.keys.sign(&other.unwrap(), pending.signing_request().message).unwrap();
    assert_eq!(failure(signature, pending), KeyError::WrongSignature, "by another key");
    let pending = begin();
    let request = pending.signing_request();
    let signature = scenery.keys.sign(request.handle, request.message).unwrap();
    scenery.clock.advance(31);
    assert_eq!(failure(signature, pending), KeyError::TooLate);
}

#[tokio::test]
async fn a_challenge_is_answered_and_overlong_ones_are_not() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    let with = |audience: &str, nonce: usize| PresentationOptions {
        challenge: Some(Challenge { audience: audience.into(), nonce: vec![7; nonce] }),
        ..Default::default()
    };
    let code = wallet.present(&wallet.app_opened(), &with("library", 16)).unwrap();
    assert_eq!(scenery.verdict(&code.digits).reason().code(), "CHALLENGE_MISMATCH");
    assert!(code.qr.version <= 13);
    for bad in [with("", 16), with("library", 7), with(&"x".repeat(23), 16)] {
        assert!(matches!(wallet.present(&wallet.app_opened(), &bad), Err(WalletError::Drawing)));
    }
}
