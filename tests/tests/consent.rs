//! Consent on the citizen's phone, and the list of uses that the citizen sees.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use szid_protocol::code::Challenge;
use szid_protocol::level::IdentityLevel;
use szid_register::audit::{AuditEvent, ChainReport};
use szid_register::{Site, Station, Venue};
use szid_tests::city::*;
use szid_wallet::{Wallet, WalletError};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

async fn ask(city: &City, wallet: &Wallet, scene: u16) -> Value {
    city.clock.advance(1);
    let body = json!({ "code": code(wallet), "scene": scene, "operator": "7",
        "purpose": "户籍办理", "case": "2026-0001" });
    let (status, verdict) = city.scan(&city.hall, body).await;
    assert_eq!(status, 200, "{verdict}");
    verdict
}

async fn answer_first(wallet: &Wallet, approves: bool) {
    let asked = wallet.consents(20).await.unwrap();
    if approves {
        wallet.approve(&asked[0], &screen_lock(wallet)).await.unwrap();
    } else {
        wallet.deny(&asked[0]).await.unwrap();
    }
}

#[tokio::test]
async fn a_hospital_receives_what_the_citizen_approves_and_both_sides_keep_it() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let approve = async {
        let asked = wallet.consents(20).await.unwrap();
        assert_eq!(asked.len(), 1);
        assert_eq!(
            (asked[0].venue_name.as_str(), asked[0].scene_zh.as_str()),
            ("hall", "就医挂号")
        );
        assert_eq!(asked[0].claims, ["birth_date", "name", "sex"]);
        wallet.approve(&asked[0], &screen_lock(&wallet)).await.unwrap();
        let twice = wallet.approve(&asked[0], &screen_lock(&wallet)).await;
        assert!(matches!(twice, Err(WalletError::Refused(word)) if word == "CONSENT_OVER"));
    };
    let (verdict, ()) = tokio::join!(ask(&city, &wallet, HOSPITAL), approve);
    assert_eq!(verdict["reason"], "OK", "{verdict}");
    assert_eq!(verdict["consent"], "approved");
    let given = json!({ "name": "林示例", "sex": "male", "birth_date": "1988-03-15" });
    assert_eq!(verdict["claims"], given);

    // A used code is refused at once: nobody is asked about it, and nobody here would answer.
    let used = code(&wallet);
    city.clock.advance(1);
    let body = json!({ "code": used, "scene": HOSPITAL, "operator": "8" });
    let (_, replayed) = city.scan(&city.hall, body).await;
    assert_eq!(
        (&replayed["reason"], &replayed["consent"]),
        (&json!("REPLAY"), &json!("not_asked"))
    );

    let refuse = async {
        let asked = wallet.consents(20).await.unwrap();
        wallet.deny(&asked[0]).await.unwrap();
    };
    let (denied, ()) = tokio::join!(ask(&city, &wallet, HOSPITAL), refuse);
    assert_eq!(
        (&denied["reason"], &denied["consent"]),
        (&json!("CONSENT_DENIED"), &json!("denied"))
    );
    assert!(denied.get("claims").is_none(), "{denied}");

    // The citizen sees both, by the receipts that the venue holds and the audit keeps.
    let uses = wallet.uses(None).await.unwrap();
    let receipts: Vec<_> = uses.iter().map(|one| json!(one.receipt)).collect();
    let [denied, replayed, verdict] = [denied, replayed, verdict].map(|one| one["receipt"].clone());
    assert_eq!(receipts, [denied, replayed, verdict]);
    assert_eq!(uses[2].claims, ["birth_date", "name", "sex"]);
    assert!(uses[1].claims.is_empty() && uses[1].reason == "REPLAY");
    assert!(uses[0].claims.is_empty() && uses[0].consent == "denied");
    let entries = city.store().audit_entries(1, 100).await.unwrap();
    let audited = entries.iter().filter_map(|entry| match &entry.event {
        AuditEvent::Scan { receipt, .. } => Some(json!(receipt)),
        _ => None,
    });
    assert!(audited.eq(receipts.into_iter().rev()));
    let text = format!("{entries:?} {uses:?}");
    assert!(!text.contains("林示例") && !text.contains("1988"), "no claim values are kept");
    let head = city.store().audit_head().await.unwrap();
    assert_eq!(city.store().audit_verify(Some(head)).await.unwrap(), ChainReport::Whole(head));
    city.stop().await;
}

#[tokio::test]
async fn an_approval_is_the_devices_own_at_the_tier_that_is_asked_for() {
    let city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    let stranger = city.citizen(SAMPLE).await.1;
    let answering = async {
        let asked = wallet.consents(20).await.unwrap();
        let request = &asked[0];
        let matter = request.matter.as_ref().unwrap();
        assert_eq!((matter.purpose.as_str(), matter.case.as_str()), ("户籍办理", "2026-0001"));
        assert!(stranger.consents(0).await.unwrap().is_empty());
        let other = stranger.approve(request, &city.finger(&stranger)).await;
        assert!(matches!(other, Err(WalletError::Refused(word)) if word == "CONSENT_OVER"));
        let weak = wallet.approve(request, &screen_lock(&wallet)).await;
        assert!(matches!(weak, Err(WalletError::Refused(word)) if word == "CONSENT_CODE"));
        wallet.approve(request, &city.finger(&wallet)).await.unwrap();
    };
    let (verdict, ()) = tokio::join!(ask(&city, &wallet, CASEWORK), answering);
    assert_eq!(verdict["reason"], "OK", "{verdict}");
    assert_eq!(verdict["claims"]["document_number"], "440399198803150018");
    let matter = wallet.uses(None).await.unwrap()[0].matter.clone().unwrap();
    assert_eq!((matter.operator.as_str(), matter.case.as_str()), ("7", "2026-0001"));

    // Nobody answers: the scene's second passes.
    assert_eq!(ask(&city, &wallet, CASEWORK).await["reason"], "CONSENT_EXPIRED");
    // A code for the venue's own challenge is no approval, and a batch asks nobody.
    let phone = StrongPhone::of(&city, &person, IdentityLevel::InPerson).await;
    let challenge = Challenge { audience: "hall".into(), nonce: vec![1; 16] };
    let batch = json!({ "scans": [
        { "code": phone.code(&city, None), "scene": HOSPITAL },
        { "code": phone.code(&city, Some(challenge)), "scene": LIBRARY },
    ] });
    let request = city.post("/v1/scans/batch").bearer_auth(&city.hall).json(&batch);
    let (_, verdicts) = answer(request).await;
    assert_eq!(verdicts["verdicts"][0]["reason"], "CONSENT_NEEDED", "{verdicts}");
    city.stop().await;
}

#[tokio::test]
async fn a_case_is_named_or_nothing_is_scanned() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let code = code(&wallet);
    for body in [
        json!({ "code": code, "scene": CASEWORK }),
        json!({ "code": code, "scene": CASEWORK, "operator": "7", "purpose": " ", "case": "1" }),
    ] {
        assert_problem(city.scan(&city.hall, body).await, "MATTER_MISSING");
    }
    // Beside what is too long, what shows the citizen another text than the one that is there.
    let long = "x".repeat(65);
    for (member, word) in
        [("purpose", long.as_str()), ("operator", "7\n"), ("operator", "7\u{202e}")]
            .into_iter()
            .chain([("purpose", "户籍\u{200b}办理"), ("case", "\u{2066}1"), ("case", "1\u{feff}")])
    {
        let mut body = json!({ "code": code, "scene": CASEWORK, "operator": "7",
            "purpose": "户籍办理", "case": "1" });
        body[member] = json!(word);
        assert_problem(city.scan(&city.hall, body).await, "MATTER_INVALID");
    }
    assert!(wallet.uses(None).await.unwrap().is_empty());
    city.stop().await;
}

#[tokio::test]
async fn who_was_withdrawn_while_the_citizen_was_asked_receives_nothing() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let store = city.store();
    let hall = store.venue("hall").await.unwrap().unwrap();
    let site =
        |id: &str, closed| Site { venue: "hall".into(), id: id.into(), name: id.into(), closed };
    let station = |site: &str, scenes: Vec<u16>| Station {
        venue: "hall".into(),
        device: "desk".into(),
        site: Some(site.into()),
        scenes,
    };
    let now = city.clock.time();
    for name in ["east", "west"] {
        store.put_site(site(name, false), now).await.unwrap();
    }
    store.put_station(station("east", vec![]), now).await.unwrap();
    for (change, told) in [
        ("the venue is suspended", "VENUE_SUSPENDED"),
        ("the venue has the scene no more", ""),
        ("the site is closed", "VENUE_SUSPENDED"),
        ("the venue gets another name", ""),
        ("the site gets another name", ""),
        ("the device is moved", ""),
        ("the device is narrowed", ""),
        ("the device is withdrawn", "CREDENTIAL_REVOKED"),
    ] {
        city.clock.advance(1);
        let body = json!({ "code": code(&wallet), "scene": HOSPITAL, "operator": "7" });
        let approve = async {
            let asked = wallet.consents(20).await.unwrap();
            match change {
                "the venue is suspended" => {
                    store.put_venue(Venue { suspended: true, ..hall.clone() }, now).await.unwrap();
                }
                "the venue has the scene no more" => {
                    let venue = Venue { scenes: vec![LIBRARY], ..hall.clone() };
                    store.put_venue(venue, now).await.unwrap();
                }
                "the venue gets another name" => {
                    store
                        .put_venue(Venue { name: "派出所".into(), ..hall.clone() }, now)
                        .await
                        .unwrap();
                }
                "the site gets another name" => {
                    let site = Site { name: "户政窗口".into(), ..site("east", false) };
                    store.put_site(site, now).await.unwrap();
                }
                "the site is closed" => store.put_site(site("east", true), now).await.unwrap(),
                "the device is moved" => {
                    store.put_station(station("west", vec![]), now).await.unwrap();
                }
                "the device is narrowed" => {
                    store.put_station(station("east", vec![LIBRARY]), now).await.unwrap();
                }
                _ => {
                    let id = Sha256::digest(&city.hall)[..16].try_into().unwrap();
                    store.withdraw_credential("hall", id, "manager".into(), now).await.unwrap();
                }
            }
            wallet.approve(&asked[0], &screen_lock(&wallet)).await.unwrap();
        };
        let (answer, ()) = tokio::join!(city.scan(&city.hall, body), approve);
        assert!(answer.1.get("claims").is_none(), "{change}: {answer:?}");
        if told.is_empty() {
            assert_eq!(answer.1["reason"], "SCANNER_WITHDRAWN", "{change}: {answer:?}");
        } else {
            assert_problem(answer, told);
        }
        let used = &wallet.uses(None).await.unwrap()[0];
        assert_eq!(
            (used.reason.as_str(), used.consent.as_str()),
            ("SCANNER_WITHDRAWN", "approved")
        );
        assert!(used.claims.is_empty(), "{change}");
        store.put_venue(hall.clone(), now).await.unwrap();
        store.put_site(site("east", false), now).await.unwrap();
        store.put_station(station("east", vec![]), now).await.unwrap();
    }
    assert_eq!(wallet.uses(None).await.unwrap().len(), 8, "the citizen sees each of them");
    city.stop().await;
}

#[tokio::test]
async fn a_phone_that_hears_late_is_told_the_seconds_that_are_left() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let token = city.access_token(LIN).await;
    let hear = async || {
        let (_, told) = answer(city.get("/v1/holder/consents?wait=20").bearer_auth(&token)).await;
        let asked = &told["consents"][0];
        (asked["seconds"].as_u64().unwrap(), asked["seconds_left"].as_u64())
    };
    let answering = async {
        let (seconds, left) = hear().await;
        assert_eq!(left, Some(seconds), "it was put just now");
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        let (all, left) = hear().await;
        assert_eq!(all, seconds, "what the venue waits in all stays");
        assert!((1..seconds).contains(&left.unwrap()), "{left:?} of {seconds}");
        // The city's clock stands still meanwhile, and may be set: it is not what the desk of consents goes
        // by.
        city.clock.advance(seconds);
        assert!(hear().await.1.unwrap() > 0);
        answer_first(&wallet, false).await;
    };
    let (verdict, ()) = tokio::join!(ask(&city, &wallet, HOSPITAL), answering);
    assert_eq!(verdict["consent"], "denied");
    city.stop().await;
}

#[tokio::test]
async fn a_token_that_ended_while_its_wallet_waited_is_told_nothing() {
    let city = City::found().await;
    let token = city.access_token(LIN).await;
    let person = city.enrol(LIN).await["person"].as_str().unwrap().to_owned();
    let waiting = answer(city.get("/v1/holder/consents?wait=1").bearer_auth(&token));
    let revoked = async { city.set_account(&person, "revoke").await };
    let (told, (status, _)) = tokio::join!(waiting, revoked);
    assert!(status.is_success());
    assert_problem(told, "CREDENTIAL_MISSING");
    city.stop().await;
}

/// A desk that sends its request and hangs up once the citizen is asked.
async fn hang_up(city: &City, wallet: &Wallet, body: &Value) {
    let address = city.base_url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let (body, desk) = (body.to_string(), &city.hall);
    let head = format!(
        "POST /v1/scans HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {desk}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).await.unwrap();
    assert_eq!(wallet.consents(20).await.unwrap().len(), 1);
    // A reset, not an end of what is sent: nobody reads an answer.
    stream.set_zero_linger().unwrap();
}

#[tokio::test]
async fn a_question_is_a_use_whatever_the_desk_does_and_a_code_asks_once() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let body = json!({ "code": code(&wallet), "scene": CASEWORK, "operator": "7",
        "purpose": "户籍办理", "case": "2026-0001" });
    city.clock.advance(1);
    hang_up(&city, &wallet, &body).await;
    // The same code again, while it waits: refused, and nobody is asked once more.
    let (_, meanwhile) = city.scan(&city.hall, body.clone()).await;
    assert_eq!(
        (&meanwhile["reason"], &meanwhile["consent"]),
        (&json!("REPLAY"), &json!("not_asked"))
    );
    let mut uses = Vec::new();
    for _ in 0..100 {
        uses = wallet.uses(None).await.unwrap();
        if uses.len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let told: BTreeSet<_> =
        uses.iter().map(|one| (one.reason.as_str(), one.consent.as_str())).collect();
    let expected = [("CONSENT_EXPIRED", "expired"), ("REPLAY", "not_asked")];
    assert_eq!(told, BTreeSet::from(expected), "the desk that hung up is in the list");
    let (_, again) = city.scan(&city.hall, body).await;
    assert_eq!(again["reason"], "REPLAY", "its code is used up: {again}");
    let entries = city.store().audit_entries(1, 100).await.unwrap();
    let scans = entries.iter().filter(|entry| matches!(entry.event, AuditEvent::Scan { .. }));
    assert_eq!(scans.count(), 3);

    // Nor does the desk of an approved or refused scan ask with the same code again.
    for approves in [true, false] {
        city.clock.advance(1);
        let body = json!({ "code": code(&wallet), "scene": HOSPITAL, "operator": "7" });
        let answering = answer_first(&wallet, approves);
        let (first, ()) = tokio::join!(city.scan(&city.hall, body.clone()), answering);
        assert_eq!(first.1["reason"], if approves { "OK" } else { "CONSENT_DENIED" });
        let again = tokio::time::timeout(Duration::from_secs(20), city.scan(&city.hall, body));
        assert_eq!(again.await.unwrap().1["reason"], "REPLAY", "approved: {approves}");
    }
    city.stop().await;
}

#[tokio::test]
async fn an_answer_is_acknowledged_once_the_use_that_it_led_to_is_kept() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    for (round, approves) in [true, false].repeat(4).into_iter().enumerate() {
        let answering = async {
            answer_first(&wallet, approves).await;
            // Whatever comes now, the service's end included: it is in the list.
            let uses = wallet.uses(None).await.unwrap();
            assert_eq!(uses.len(), round + 1, "acknowledged, and nowhere kept");
            assert_eq!(uses[0].consent, if approves { "approved" } else { "denied" });
        };
        let (verdict, ()) = tokio::join!(ask(&city, &wallet, HOSPITAL), answering);
        assert_eq!(verdict["consent"], if approves { "approved" } else { "denied" });
    }
    city.stop().await;
}
