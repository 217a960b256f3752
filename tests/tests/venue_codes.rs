//! What a phone reads at a venue, and what a citizen says aloud: challenge mode, the reverse flow, short
//! numbers, receipts.

use reqwest::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use szid_protocol::code::Challenge;
use szid_protocol::crypto::P256Backend;
use szid_protocol::number::ShortNumber;
use szid_protocol::scan_receipt::ScanReceipt;
use szid_protocol::trust::VerifiedTrustList;
use szid_protocol::venue::{VenueCode, VenueCodeFault};
use szid_tests::city::*;
use szid_wallet::{PresentationOptions, VenueView, WalletError};

async fn venue_code(city: &City, device: &str, body: Value) -> String {
    let request = city.post("/v1/venue-codes").bearer_auth(device).json(&body);
    let (status, made) = answer(request).await;
    assert_eq!(status, StatusCode::OK, "{made}");
    assert!(made["svg"].as_str().unwrap().contains("<svg"));
    made["digits"].as_str().unwrap().to_owned()
}

async fn typed(city: &City, device: &str, number: &str, scene: u16) -> Value {
    let body = json!({ "code": number, "scene": scene, "operator": "7" });
    let (status, verdict) = city.scan(device, body).await;
    assert_eq!(status, StatusCode::OK, "{verdict}");
    verdict
}

/// What a desk's screen shows.
async fn visits(city: &City, device: &str, after: &str) -> Vec<Value> {
    let path = format!("/v1/visits?wait=0{after}");
    let (status, list) = answer(city.get(&path).bearer_auth(device)).await;
    assert_eq!(status, StatusCode::OK, "{list}");
    list["visits"].as_array().unwrap().clone()
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, WalletError>, code: &str) {
    match outcome {
        Err(WalletError::Refused(word)) => assert_eq!(word, code),
        other => panic!("{other:?} instead of {code}"),
    }
}

#[tokio::test]
async fn a_number_stands_for_a_code_once_within_a_minute_and_with_all_its_rules() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let given = wallet.short_number(&wallet.app_opened()).await.unwrap();
    assert_eq!((given.expires_in, given.grouped.len()), (60, 11));
    // One digit wrong is found before it is looked up, and costs nothing.
    let mut wrong = given.number.clone().into_bytes();
    wrong[4] = b'0' + (wrong[4] - b'0' + 1) % 10;
    let wrong = String::from_utf8(wrong).unwrap();
    for _ in 0..12 {
        assert_eq!(typed(&city, &city.hall, &wrong, LIBRARY).await["reason"], "NUMBER_MISTYPED");
    }
    let verdict = typed(&city, &city.hall, &given.grouped, LIBRARY).await;
    assert_eq!(verdict["reason"], "OK", "{verdict}");
    assert!(verdict["claims"]["pairwise_id"].is_string());
    let again = typed(&city, &city.hall, &given.number, LIBRARY).await;
    assert_eq!(again["reason"], "NUMBER_UNKNOWN");
    let uses = wallet.uses(None).await.unwrap();
    assert_eq!(uses.len(), 1, "a number that is not there is nobody's use");
    assert_eq!(json!(uses[0].receipt), verdict["receipt"]);

    // The rules are the code's: scene, level, account, time.
    let next = async || {
        city.clock.advance(1);
        wallet.short_number(&wallet.app_opened()).await.unwrap().number
    };
    let low = typed(&city, &city.hall, &next().await, HOTEL).await;
    assert_eq!(low["reason"], "LEVEL_TOO_LOW");
    let late = next().await;
    city.clock.advance(60);
    assert_eq!(typed(&city, &city.hall, &late, LIBRARY).await["reason"], "NUMBER_UNKNOWN");
    let (first, second) = (next().await, next().await);
    assert_eq!(typed(&city, &city.hall, &first, LIBRARY).await["reason"], "NUMBER_UNKNOWN");
    assert_eq!(typed(&city, &city.library, &second, LIBRARY).await["reason"], "OK");

    // In a batch it is none, and it stays for a desk that types it.
    let number = next().await;
    let body = json!({ "scans": [{ "code": number, "scene": LIBRARY }] });
    let (_, batch) = answer(city.post("/v1/scans/batch").bearer_auth(&city.hall).json(&body)).await;
    assert_eq!(batch["verdicts"][0]["reason"], "NUMBER_NOT_HERE");
    assert_eq!(typed(&city, &city.hall, &number, LIBRARY).await["reason"], "OK");
    city.stop().await;
}

#[tokio::test]
async fn a_typed_number_that_is_sent_again_counts_once() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    city.clock.advance(1);
    let number = wallet.short_number(&wallet.app_opened()).await.unwrap().number;
    let send = async || {
        let body = json!({ "code": number, "scene": LIBRARY, "operator": "7" });
        let request = city.post("/v1/scans").bearer_auth(&city.hall).json(&body);
        answer(request.header("idempotency-key", "n-1")).await.1
    };
    let (first, second) = (send().await, send().await);
    assert_eq!((&first["reason"], &first["receipt"]), (&json!("OK"), &second["receipt"]));
    assert_eq!(second["claims"], first["claims"]);
    city.stop().await;
}

#[tokio::test]
async fn guessing_numbers_ends_after_ten_tries_and_nobody_makes_one_for_another() {
    let city = City::found().await;
    let (_, lin) = city.citizen(LIN).await;
    let good = lin.short_number(&lin.app_opened()).await.unwrap().number;
    for guess in 0..10 {
        let number = ShortNumber::new(40_000_000 + guess).unwrap().digits();
        assert_eq!(typed(&city, &city.library, &number, LIBRARY).await["reason"], "NUMBER_UNKNOWN");
    }
    let body = json!({ "code": good, "scene": LIBRARY, "operator": "7" });
    let request = city.post("/v1/scans").bearer_auth(&city.library).json(&body);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(typed(&city, &city.hall, &good, LIBRARY).await["reason"], "OK");

    let (_, sample) = city.citizen(SAMPLE).await;
    let stolen = json!({ "code": code(&sample) });
    let tokenless = answer(city.post("/v1/holder/numbers").json(&stolen)).await;
    assert_problem(tokenless, "CREDENTIAL_MISSING");
    let token = city.access_token(LIN).await;
    for body in [stolen, json!({ "code": "07551" }), json!({ "code": "" })] {
        let request = city.post("/v1/holder/numbers").bearer_auth(&token).json(&body);
        assert_problem(answer(request).await, "NUMBER_CODE");
    }
    city.stop().await;
}

#[tokio::test]
async fn a_code_answers_what_this_desk_shows_now_and_nothing_else() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let shown = venue_code(&city, &city.hall, json!({ "scene": KIOSK })).await;
    let read = wallet.read_venue_code(&shown).unwrap();
    assert_eq!((read.venue.as_str(), read.scene), ("hall", KIOSK));
    let answers = |challenge: Option<Challenge>| {
        city.clock.advance(1);
        let options = PresentationOptions { challenge, ..Default::default() };
        wallet.present(&wallet.app_opened(), &options).unwrap().digits
    };
    let scan = async |code: &str, scene: u16| typed(&city, &city.hall, code, scene).await;
    let good = answers(read.challenge());
    assert_eq!(scan(&good, KIOSK).await["reason"], "OK");
    assert_eq!(scan(&good, KIOSK).await["reason"], "REPLAY");
    assert_eq!(scan(&answers(None), KIOSK).await["reason"], "CHALLENGE_MISSING");
    // The nonce of another scene, and of another desk.
    let elsewhere = venue_code(&city, &city.hall, json!({ "scene": LIBRARY })).await;
    let elsewhere = wallet.read_venue_code(&elsewhere).unwrap().challenge();
    assert_eq!(scan(&answers(elsewhere), KIOSK).await["reason"], "CHALLENGE_MISMATCH");
    let other = venue_code(&city, &city.library, json!({})).await;
    let other = wallet.read_venue_code(&other).unwrap().challenge();
    assert_eq!(scan(&answers(other), KIOSK).await["reason"], "CHALLENGE_MISMATCH");
    // What was shown minutes ago.
    city.clock.advance(150);
    assert_eq!(scan(&answers(read.challenge()), KIOSK).await["reason"], "CHALLENGE_MISMATCH");
    let expired = wallet.read_venue_code(&shown);
    assert!(matches!(expired, Err(WalletError::VenueCode(VenueCodeFault::Expired))));
    city.stop().await;
}

#[tokio::test]
async fn the_wallet_refuses_a_code_that_the_city_did_not_sign() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let real = venue_code(&city, &city.library, json!({ "printed": true })).await;
    let read = wallet.read_venue_code(&format!(" {real}\n")).unwrap();
    assert_eq!((read.nonce, read.exp), (None, city.clock.time() + 90 * 86_400));
    // Another city's venue, and this city's key for passes.
    let stranger =
        szid_issuer::keys::FileSigner::throw_away(&szid_register::entropy::SystemEntropy);
    for forged in [read.sign(&stranger.unwrap()), read.sign(&*city.keys.pass)] {
        let forged = forged.unwrap();
        let told = wallet.read_venue_code(&forged);
        assert!(matches!(told, Err(WalletError::VenueCode(VenueCodeFault::Signature))), "{told:?}");
        assert!(matches!(wallet.ask_venue(&forged).await, Err(WalletError::VenueCode(_))));
        // The service does not take it either.
        let token = city.access_token(SAMPLE).await;
        let body = json!({ "venue_code": forged });
        let request = city.post("/v1/holder/venue").bearer_auth(&token).json(&body);
        assert_problem(answer(request).await, "VENUE_CODE");
    }
    // Signed by the city for a venue that has gone, and for a scene that it lost.
    for gone in [VenueCode { venue: "gone".into(), ..read.clone() }, read.clone()] {
        let text = gone.sign(&*city.keys.venue).unwrap();
        if gone.venue == "gone" {
            refused(wallet.ask_venue(&text).await, "VENUE_CODE");
        } else {
            let hotel = VenueCode { scene: HOTEL, ..gone }.sign(&*city.keys.venue).unwrap();
            refused(wallet.ask_venue(&hotel).await, "SCENE_DENIED");
        }
    }
    // A citizen's code is no venue's, and a venue's no citizen's.
    let own = wallet.read_venue_code(&code(&wallet));
    assert!(matches!(own, Err(WalletError::VenueCode(VenueCodeFault::Malformed))));
    let body = json!({ "code": real, "scene": LIBRARY });
    assert_eq!(city.scan(&city.library, body).await.1["reason"], "NOT_A_CITIZEN_CODE");
    city.stop().await;
}

#[tokio::test]
async fn the_citizen_scans_confirms_and_the_desk_shows_it() {
    let city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    let text = venue_code(&city, &city.hall, json!({ "scene": HOSPITAL, "printed": true })).await;
    let asked = wallet.ask_venue(&text).await.unwrap();
    let VenueView { venue, scene_zh, claims, followed, .. } = &asked.asked;
    assert_eq!((venue.as_str(), scene_zh.as_str()), ("hall", "就医挂号"));
    assert_eq!((claims.len(), *followed), (3, false));
    // Nobody looks: nothing is recorded.
    refused(wallet.confirm_visit(&asked, &screen_lock(&wallet)).await, "VENUE_AWAY");
    assert!(wallet.uses(None).await.unwrap().is_empty());
    assert!(visits(&city, &city.hall, "").await.is_empty());
    // The scene asks for an unlocked phone.
    refused(wallet.confirm_visit(&asked, &wallet.app_opened()).await, "CONSENT_CODE");
    city.clock.advance(1);
    let told = wallet.confirm_visit(&asked, &screen_lock(&wallet)).await.unwrap();
    assert_eq!((told.decision.as_str(), told.reason.as_str()), ("accept", "OK"));
    let shown = visits(&city, &city.hall, "").await;
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0]["receipt"], json!(told.receipt));
    assert_eq!(shown[0]["consent"], "approved");
    let given = json!({ "name": "林示例", "sex": "male", "birth_date": "1988-03-15" });
    assert_eq!(shown[0]["claims"], given);
    assert!(visits(&city, &city.hall, &format!("&after={}", told.receipt)).await.is_empty());
    // Only this desk: the library's screen stays empty, and both sides hold the use.
    assert!(visits(&city, &city.library, "").await.is_empty());
    let uses = wallet.uses(None).await.unwrap();
    assert_eq!((uses.len(), uses[0].receipt.as_str()), (1, told.receipt.as_str()));

    // A minute and more later the same confirmation is worth nothing.
    city.clock.advance(300);
    visits(&city, &city.hall, "").await;
    refused(wallet.confirm_visit(&asked, &screen_lock(&wallet)).await, "CONSENT_CODE");
    // What is refused is shown as refused.
    let asked = wallet.ask_venue(&text).await.unwrap();
    assert!(asked.asked.followed);
    city.set_account(&person, "freeze").await;
    let told = wallet.confirm_visit(&asked, &screen_lock(&wallet)).await.unwrap();
    assert_eq!((told.decision.as_str(), told.reason.as_str()), ("refuse", "FROZEN"));
    let shown = visits(&city, &city.hall, "").await;
    assert_eq!(shown[0]["reason"], "FROZEN");
    assert!(shown[0].get("claims").is_none());
    // Where the clerk has to name a case, there is nothing to confirm this way.
    let case = venue_code(&city, &city.hall, json!({ "scene": CASEWORK, "printed": true })).await;
    refused(wallet.ask_venue(&case).await, "MATTER_MISSING");
    city.stop().await;
}

#[tokio::test]
async fn a_waiting_desk_sees_a_visit_within_a_second_and_a_confirmation_is_one_persons() {
    let city = City::found().await;
    let (_, lin) = city.citizen(LIN).await;
    let (_, sample) = city.citizen(SAMPLE).await;
    let text = venue_code(&city, &city.library, json!({})).await;
    let desk = async {
        let request = city.get("/v1/visits?wait=25").bearer_auth(&city.library);
        let (_, list) = answer(request).await;
        list["visits"][0]["reason"].as_str().unwrap().to_owned()
    };
    let phone = async {
        // The desk's request has to be there first.
        while !lin.ask_venue(&text).await.unwrap().asked.followed {}
        let asked = lin.ask_venue(&text).await.unwrap();
        refused(sample.confirm_visit(&asked, &sample.app_opened()).await, "CONSENT_CODE");
        lin.confirm_visit(&asked, &lin.app_opened()).await.unwrap().reason
    };
    let both = async { tokio::join!(desk, phone) };
    let (shown, told) =
        tokio::time::timeout(std::time::Duration::from_secs(20), both).await.unwrap();
    assert_eq!((shown.as_str(), told.as_str()), ("OK", "OK"));
    city.stop().await;
}

#[tokio::test]
async fn a_desk_that_is_withdrawn_while_it_waits_is_shown_no_visit() {
    let city = City::found().await;
    let (_, lin) = city.citizen(LIN).await;
    let text = venue_code(&city, &city.library, json!({})).await;
    let desk = answer(city.get("/v1/visits?wait=25").bearer_auth(&city.library));
    let phone = async {
        // The desk's request has to be there first.
        while !lin.ask_venue(&text).await.unwrap().asked.followed {}
        let asked = lin.ask_venue(&text).await.unwrap();
        let id = Sha256::digest(&city.library)[..16].try_into().unwrap();
        let now = city.clock.time();
        city.store().withdraw_credential("library", id, "manager".into(), now).await.unwrap();
        lin.confirm_visit(&asked, &lin.app_opened()).await.unwrap();
    };
    let (shown, ()) = tokio::join!(desk, phone);
    assert_problem(shown, "CREDENTIAL_REVOKED");
    city.stop().await;
}

#[tokio::test]
async fn both_sides_get_the_same_signed_receipt_and_nobody_elses() {
    let city = City::found().await;
    let (_, lin) = city.citizen(LIN).await;
    let (_, sample) = city.citizen(SAMPLE).await;
    let verdict = typed(&city, &city.library, &code(&lin), LIBRARY).await;
    let id = verdict["receipt"].as_str().unwrap();
    city.clock.advance(3600);
    let fetch = async |device: &str, id: &str| {
        let request = city.get(&format!("/v1/receipts/{id}")).bearer_auth(device);
        let response = request.send().await.unwrap();
        let status = response.status();
        (status, response.bytes().await.unwrap().to_vec())
    };
    let (status, document) = fetch(&city.library, id).await;
    assert_eq!(status, StatusCode::OK);
    let list = city.get("/v1/trust").send().await.unwrap().bytes().await.unwrap();
    let trust = VerifiedTrustList::verify(&list, &[city.root], &P256Backend).unwrap();
    let of_venue = ScanReceipt::verify(&document, &trust).unwrap();
    let of_citizen = lin.receipt(id).await.unwrap();
    assert_eq!(of_venue, of_citizen.receipt);
    assert_eq!(ScanReceipt::verify(&of_citizen.document, &trust), Ok(of_venue.clone()));
    assert_eq!((of_venue.venue.as_str(), of_venue.reason.as_str()), ("library", "OK"));
    assert_eq!((of_venue.at, of_venue.signed_at), (city.clock.time() - 3600, city.clock.time()));
    assert_eq!(of_venue.claims, ["pairwise_id"]);
    // Other venues and persons are told that there is none; so are made-up ids.
    assert_eq!(fetch(&city.hall, id).await.0, StatusCode::NOT_FOUND);
    refused(sample.receipt(id).await, "NOT_FOUND");
    for none in ["AAAAAAAAAAAAAAAAAAAAAA", "x", "%00"] {
        assert_eq!(fetch(&city.library, none).await.0, StatusCode::NOT_FOUND, "{none}");
        refused(lin.receipt(none).await, "NOT_FOUND");
    }
    refused(lin.receipt("../uses").await, "NOT_FOUND");
    // A refused scan has one as well.
    let old = code(&lin);
    city.clock.advance(61);
    let refusal = typed(&city, &city.library, &old, LIBRARY).await;
    let (_, document) = fetch(&city.library, refusal["receipt"].as_str().unwrap()).await;
    assert_eq!(ScanReceipt::verify(&document, &trust).unwrap().reason, "CODE_EXPIRED");
    // What is no code of this city has a name for the venue alone.
    let refusal = typed(&city, &city.library, "075512345", LIBRARY).await;
    assert_eq!(refusal["reason"], "TEXT_LENGTH");
    let none = fetch(&city.library, refusal["receipt"].as_str().unwrap()).await;
    assert_eq!(none.0, StatusCode::NOT_FOUND);
    city.stop().await;
}

#[tokio::test]
async fn a_wallet_without_good_trust_reads_no_venue_code() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let text = venue_code(&city, &city.library, json!({ "printed": true, "days": 300 })).await;
    assert!(wallet.read_venue_code(&text).is_ok());
    city.clock.advance(31 * 86_400);
    assert!(matches!(wallet.read_venue_code(&text), Err(WalletError::Untrusted(_))));
    for days in [0, 367] {
        let body = json!({ "printed": true, "days": days });
        let request = city.post("/v1/venue-codes").bearer_auth(&city.library).json(&body);
        assert_problem(answer(request).await, "BAD_REQUEST");
    }
    let hotel = json!({ "scene": HOTEL });
    let request = city.post("/v1/venue-codes").bearer_auth(&city.library).json(&hotel);
    assert_problem(answer(request).await, "SCENE_DENIED");
    city.stop().await;
}
