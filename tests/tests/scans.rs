//! Scans, over HTTP: every reason that the service adds to the protocol's own, and what a venue may ask.

use data_encoding::BASE64URL_NOPAD;
use reqwest::StatusCode;
use serde_json::{Value, json};
use szid_protocol::code::Challenge;
use szid_protocol::level::IdentityLevel;
use szid_register::audit::ChainReport;
use szid_register::{Bearer, Venue};
use szid_tests::city::*;
use szid_wallet::PresentationOptions;

#[tokio::test]
async fn a_code_is_good_once_and_the_same_desk_may_look_again() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let first = code(&wallet);
    assert_eq!(city.reason(&first, LIBRARY, "desk-1").await, "OK");
    assert_eq!(city.reason(&first, LIBRARY, "desk-1").await, "OK_AGAIN");
    assert_eq!(city.reason(&first, LIBRARY, "desk-2").await, "REPLAY");
    // At a gate one code opens once, whoever asks.
    assert_eq!(city.reason(&first, PARK, "desk-1").await, "REPLAY");
    city.clock.advance(1);
    let second = code(&wallet);
    assert_eq!(city.reason(&second, PARK, "gate").await, "OK");
    assert_eq!(city.reason(&second, PARK, "gate").await, "REPLAY");
    let head = city.store().audit_head().await.unwrap();
    assert_eq!(city.store().audit_verify(Some(head)).await.unwrap(), ChainReport::Whole(head));
    city.stop().await;
}

#[tokio::test]
async fn two_desks_at_the_same_moment_get_one_acceptance() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let code = code(&wallet);
    let both = tokio::join!(city.reason(&code, PARK, "a"), city.reason(&code, PARK, "b"));
    let mut both = [both.0, both.1];
    both.sort();
    assert_eq!(both, ["OK", "REPLAY"]);
    city.stop().await;
}

#[tokio::test]
async fn time_level_scene_and_challenge_have_reasons_of_their_own() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let old = code(&wallet);
    city.clock.advance(61);
    assert_eq!(city.reason(&old, LIBRARY, "a").await, "CODE_EXPIRED");
    assert_eq!(city.reason(&code(&wallet), HOTEL, "a").await, "LEVEL_TOO_LOW");
    assert_eq!(city.reason(&code(&wallet), TERMINAL, "a").await, "CHALLENGE_MISSING");
    let for_library = PresentationOptions { scene: LIBRARY, ..Default::default() };
    let for_library = wallet.present(&wallet.app_opened(), &for_library).unwrap().digits;
    assert_eq!(city.reason(&for_library, PARK, "a").await, "SCENE_MISMATCH");

    let nonce = vec![7; 16];
    let challenge = Challenge { audience: "hall".into(), nonce: nonce.clone() };
    let options = PresentationOptions { challenge: Some(challenge), ..Default::default() };
    let answered = wallet.present(&city.finger(&wallet), &options).unwrap().digits;
    let body = |nonce: &[u8]| {
        json!({ "code": answered, "scene": TERMINAL, "operator": "kiosk",
        "nonce": BASE64URL_NOPAD.encode(nonce) })
    };
    let (_, other) = city.scan(&city.hall, body(&[8; 16])).await;
    assert_eq!(other["reason"], "CHALLENGE_MISMATCH");
    // The terminal's scene asks the citizen as well.
    let approve = async {
        let asked = wallet.consents(20).await.unwrap();
        wallet.approve(&asked[0], &city.finger(&wallet)).await.unwrap();
    };
    let ((_, good), ()) = tokio::join!(city.scan(&city.hall, body(&nonce)), approve);
    assert_eq!(good["reason"], "OK", "{good}");
    city.stop().await;
}

#[tokio::test]
async fn the_register_has_the_last_word_on_holder_and_document() {
    let city = City::found().await;
    let (_, resident) = city.citizen(LIN).await;
    let (_, visitor) = city.citizen(SAMPLE).await;
    assert_eq!(city.reason(&code(&resident), RESIDENTS_ONLY, "a").await, "OK");
    assert_eq!(city.reason(&code(&visitor), RESIDENTS_ONLY, "a").await, "CLASS_DENIED");
    // What was refused for its scene was not used up.
    assert_eq!(city.reason(&code(&visitor), LIBRARY, "a").await, "OK");

    // A pass that the right key signed and the register never gave out.
    let forger = StrongPhone::with_index(&city, 999_999, IdentityLevel::InPerson);
    let forged = forger.code(&city, None);
    assert_eq!(city.reason(&forged, LIBRARY, "a").await, "HOLDER_UNKNOWN");
    city.stop().await;
}

#[tokio::test]
async fn what_is_no_code_gets_a_verdict_and_costs_nothing() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let good = code(&wallet);
    let flipped = {
        let mut digits = good.clone().into_bytes();
        digits[300] = if digits[300] == b'1' { b'2' } else { b'1' };
        String::from_utf8(digits).unwrap()
    };
    for (text, reasons) in [
        (String::new(), &["NOT_A_CITIZEN_CODE"][..]),
        ("https://example.cn".into(), &["NOT_A_CITIZEN_CODE"]),
        ("07552123".into(), &["VERSION_UNKNOWN"]),
        ("9".repeat(5000), &["TEXT_TOO_LONG"]),
        (good[..good.len() - 17].into(), &["TEXT_LENGTH"]),
        (
            flipped,
            &["PASS_SIGNATURE", "CODE_SIGNATURE", "MALFORMED", "NOT_CANONICAL", "DEVICE_KEY"],
        ),
    ] {
        let reason = city.reason(&text, LIBRARY, "a").await;
        assert!(reasons.contains(&reason.as_str()), "{reason}");
    }
    let wedge = format!("\u{feff}]Q1{good}\r\n");
    assert_eq!(city.reason(&wedge, LIBRARY, "a").await, "OK");
    city.stop().await;
}

#[tokio::test]
async fn a_batch_answers_in_order_and_a_bad_request_in_it_uses_nothing_up() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let good = code(&wallet);
    let batch = async |scans: Value| {
        let request = city.post("/v1/scans/batch").bearer_auth(&city.hall);
        answer(request.json(&json!({ "scans": scans }))).await
    };
    let one = json!({ "code": good, "scene": PARK, "operator": "a" });
    let denied = json!({ "code": good, "scene": 9, "operator": "a" });
    assert_problem(batch(json!([one, denied])).await, "SCENE_DENIED");
    let long = json!({ "code": good, "scene": PARK, "operator": "x".repeat(65) });
    assert_problem(batch(json!([one, long])).await, "MATTER_INVALID");
    let nonce = json!({ "code": good, "scene": PARK, "nonce": "not base64url!" });
    assert_problem(batch(json!([one, nonce])).await, "BAD_REQUEST");
    let many = vec![json!({ "code": "", "scene": PARK }); 101];
    assert_problem(batch(json!(many)).await, "TOO_LARGE");

    let mut scans = vec![json!({ "code": "nonsense", "scene": PARK }); 40];
    scans[3] = one.clone();
    scans[37] = one;
    let (status, body) = batch(json!(scans)).await;
    assert_eq!(status, StatusCode::OK);
    let reasons: Vec<_> =
        body["verdicts"].as_array().unwrap().iter().map(|v| &v["reason"]).collect();
    assert_eq!(reasons.len(), 40);
    for (at, reason) in reasons.iter().enumerate() {
        let expected = match at {
            3 => "OK",
            37 => "REPLAY",
            _ => "NOT_A_CITIZEN_CODE",
        };
        assert_eq!(**reason, expected, "{at}");
    }
    assert_eq!(batch(json!([])).await, (StatusCode::OK, json!({ "verdicts": [] })));
    city.stop().await;
}

#[tokio::test]
async fn a_venue_scans_for_its_own_scenes_with_a_credential_that_counts() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let body = |scene: Option<u16>| json!({ "code": code(&wallet), "scene": scene });
    assert_problem(city.scan(&city.library, body(Some(PARK))).await, "SCENE_DENIED");
    assert_problem(city.scan(&city.hall, body(None)).await, "SCENE_MISSING");
    let (_, alone) = city.scan(&city.library, body(None)).await;
    assert_eq!((&alone["reason"], &alone["scene"]), (&json!("OK"), &json!(LIBRARY)));
    for secret in ["", "guess"] {
        assert_problem(city.scan(secret, body(None)).await, "CREDENTIAL_MISSING");
    }
    assert_problem(city.scan(&city.registrar, body(None)).await, "ROLE_DENIED");

    let (store, now) = (city.store(), city.clock.time());
    let bearer = Bearer::Venue { venue: "library".into(), device: "lost".into() };
    let lost = credential(&*store, bearer, now).await;
    withdraw(&*store, &lost, now).await;
    assert_problem(city.scan(&lost, body(None)).await, "CREDENTIAL_REVOKED");
    let library = store.venue("library").await.unwrap().unwrap();
    store.put_venue(Venue { suspended: true, ..library }, now).await.unwrap();
    assert_problem(city.scan(&city.library, body(None)).await, "VENUE_SUSPENDED");
    city.stop().await;
}

#[tokio::test]
async fn a_verdict_tells_both_sides_what_to_do_and_names_nobody() {
    let city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    let (_, verdict) = city.scan(&city.library, json!({ "code": code(&wallet) })).await;
    for words in ["text", "staff", "citizen"] {
        assert!(!verdict[words]["zh"].as_str().unwrap().is_empty());
        assert!(!verdict[words]["en"].as_str().unwrap().is_empty());
    }
    assert_eq!((&verdict["level"], &verdict["at"]), (&json!(2), &json!(city.clock.time())));
    let told = verdict.to_string();
    for private in [person.as_str(), LIN.1, LIN.2] {
        assert!(!told.contains(private), "{told}");
    }
    let entries = city.store().audit_entries(0, 100).await.unwrap();
    let kept = serde_json::to_value(entries.last().unwrap()).unwrap();
    assert_eq!(kept["receipt"], verdict["receipt"]);
    assert!(kept.get("person").is_none());
    city.stop().await;
}
