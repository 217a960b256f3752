//! What happened on the phone decides what a venue accepts: the one table, in the pages, in the code and at
//! the service.

use serde_json::json;
use szid_issuer::default_scenes;
use szid_protocol::level::{IdentityLevel, KeyProtection, effective_level};
use szid_protocol::scene::{ConsentRule, ScenePolicy};
use szid_tests::city::*;
use szid_tests::workspace_root;
use szid_wallet::{PresentationOptions, UnlockError, UnlockMethod, Unlocking, Wallet, WalletError};

const PIN: &str = "493536";
const KEYS: [KeyProtection; 4] = [
    KeyProtection::Software,
    KeyProtection::Tee,
    KeyProtection::SecureElement,
    KeyProtection::Certified,
];

/// The level of somebody whom a counter has seen.
fn level(method: UnlockMethod, key: KeyProtection) -> u8 {
    effective_level(IdentityLevel::InPerson, key, method.tier())
}

fn names<'a>(scenes: impl Iterator<Item = &'a ScenePolicy>, chinese: bool) -> String {
    let name = |scene: &'a ScenePolicy| {
        if chinese { scene.name_zh.as_str() } else { scene.name_en.as_str() }
    };
    let (names, between) =
        (scenes.map(name).collect::<Vec<_>>(), if chinese { "、" } else { ", " });
    if names.is_empty() { "-".into() } else { names.join(between) }
}

/// The rows of the page's tables, as the code says them.
fn rows(chinese: bool) -> Vec<String> {
    let mut rows = Vec::new();
    for method in UnlockMethod::ALL {
        let text = if chinese { method.text().zh } else { method.text().en };
        let levels = KEYS.map(|key| level(method, key).to_string()).join(" | ");
        let (idle, at_most) = (method.ends_when_idle_for(), method.lasts_at_most());
        rows.push(format!(
            "| {text} | {} | {levels} | {idle} s | {at_most} s |",
            method.tier() as u8
        ));
    }
    let scenes = default_scenes().unwrap();
    for level in 1..=4u8 {
        let of_level = scenes.iter().filter(|scene| scene.min_level == level);
        rows.push(format!("| {level} | {} |", names(of_level, chinese)));
    }
    for tier in 1..=3u8 {
        let asking = scenes
            .iter()
            .filter(|scene| scene.consent == ConsentRule::Ask && scene.consent_tier == tier);
        rows.push(format!("| {tier} | {} |", names(asking, chinese)));
    }
    rows
}

#[test]
fn both_pages_say_what_the_code_does() {
    for (page, chinese) in [("unlocking.md", false), ("unlocking.zh.md", true)] {
        let text =
            std::fs::read_to_string(workspace_root().join("docs/mobile").join(page)).unwrap();
        let rows = rows(chinese);
        let written: Vec<&str> =
            text.lines().filter(|line| rows.iter().any(|row| row == line)).collect();
        assert!(written == rows, "{page} needs these rows in this order:\n{}", rows.join("\n"));
    }
}

/// The four ways to unlock, each done for real.
fn unlockings(city: &City, wallet: &Wallet) -> Vec<Unlocking> {
    vec![
        wallet.app_opened(),
        wallet.unlock_with_pin(PIN).unwrap(),
        screen_lock(wallet),
        city.finger(wallet),
    ]
}

#[tokio::test]
async fn the_service_accepts_by_what_happened() {
    let city = City::found().await;
    let (_, attested) = city.attested_citizen(LIN).await;
    let (_, software) = city.citizen(SAMPLE).await;
    let scenes = default_scenes().unwrap();
    for (wallet, key) in
        [(&attested, KeyProtection::SecureElement), (&software, KeyProtection::Software)]
    {
        wallet.set_pin(PIN, &wallet.app_opened()).unwrap();
        for by in unlockings(&city, wallet) {
            for scene in [PARK, LIBRARY, HOTEL] {
                city.clock.advance(1);
                let code = wallet.present(&by, &PresentationOptions::default()).unwrap();
                let needs = scenes.iter().find(|policy| policy.id == scene).unwrap().min_level;
                let expected =
                    if level(by.method(), key) >= needs { "OK" } else { "LEVEL_TOO_LOW" };
                let told = city.reason(&code.digits, scene, "1").await;
                assert_eq!(told, expected, "{:?} {key:?} {scene}", by.method());
            }
        }
    }
    city.stop().await;
}

#[tokio::test]
async fn an_approval_takes_what_the_scene_asks_for() {
    let city = City::found().await;
    let (_, wallet) = city.attested_citizen(LIN).await;
    wallet.set_pin(PIN, &wallet.app_opened()).unwrap();
    let by = unlockings(&city, &wallet);
    for (scene, needs) in [(HOSPITAL, 2), (CASEWORK, 3)] {
        for by in &by {
            city.clock.advance(1);
            let mut body = json!({ "code": code(&wallet), "scene": scene, "operator": "7" });
            if scene == CASEWORK {
                (body["purpose"], body["case"]) = (json!("户籍办理"), json!("2026-0001"));
            }
            let approve = async {
                let asked = wallet.consents(20).await.unwrap();
                assert_eq!(asked[0].tier, needs);
                let approved = wallet.approve(&asked[0], by).await;
                if by.method().tier() as u8 >= needs {
                    approved.unwrap();
                } else {
                    let refused = approved.unwrap_err();
                    assert!(
                        matches!(refused, WalletError::Refused(word) if word == "CONSENT_CODE")
                    );
                    wallet.deny(&asked[0]).await.unwrap();
                }
            };
            let ((_, verdict), ()) = tokio::join!(city.scan(&city.hall, body), approve);
            let accepted = by.method().tier() as u8 >= needs;
            let expected = if accepted { "OK" } else { "CONSENT_DENIED" };
            assert_eq!(verdict["reason"], expected, "{:?} {scene}", by.method());
        }
    }
    city.stop().await;
}

#[tokio::test]
async fn a_guessed_pin_reaches_no_hotel() {
    let city = City::found().await;
    let (_, wallet) = city.attested_citizen(LIN).await;
    wallet.set_pin(PIN, &wallet.app_opened()).unwrap();
    let locked = loop {
        city.clock.advance(wallet.pin_status().unwrap().wait);
        match wallet.unlock_with_pin("702958").err().unwrap() {
            UnlockError::PinWrong { .. } => {}
            other => break other,
        }
    };
    assert!(matches!(locked, UnlockError::PinLocked));
    city.clock.advance(1);
    // What is left is what an open app gives.
    assert_eq!(city.reason(&code(&wallet), HOTEL, "1").await, "LEVEL_TOO_LOW");
    city.clock.advance(1);
    assert_eq!(city.reason(&code(&wallet), LIBRARY, "1").await, "OK");
    city.stop().await;
}
