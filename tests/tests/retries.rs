//! Requests that are sent again: a key stands for one request, the citizen is asked once, and values are
//! repeated for as long as nothing has changed and not for long.

use reqwest::StatusCode;
use serde_json::{Value, json};
use szid_register::{Bearer, Site, Station, Venue};
use szid_tests::city::*;

async fn send(city: &City, device: &str, key: &str, body: &Value) -> (StatusCode, Value) {
    let request = city.post("/v1/scans").bearer_auth(device).json(body);
    answer(request.header("idempotency-key", key)).await
}

fn scan_of(code: &str, scene: u16) -> Value {
    json!({ "code": code, "scene": scene, "operator": "7" })
}

fn with(body: &Value, member: &str, value: Value) -> Value {
    let mut changed = body.clone();
    changed[member] = value;
    changed
}

fn assert_same(again: &Value, once: &Value) {
    for same in ["decision", "reason", "receipt", "at", "consent", "claims", "retention_days"] {
        assert_eq!(again[same], once[same], "{same}: {again}");
    }
}

fn assert_same_without_values(again: &Value, once: &Value) {
    for same in ["decision", "reason", "receipt", "at", "consent"] {
        assert_eq!(again[same], once[same], "{same}: {again}");
    }
    for gone in ["claims", "retention_days"] {
        assert!(once.get(gone).is_some() && again.get(gone).is_none(), "{gone}: {again}");
    }
}

#[tokio::test]
async fn a_request_that_is_sent_again_counts_once() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let first = code(&wallet);
    city.clock.advance(1);
    let second = code(&wallet);
    let entries = city.store().audit_head().await.unwrap().number;
    let (_, once) = send(&city, &city.hall, "a-1", &scan_of(&first, PARK)).await;
    assert_eq!((&once["reason"], once.get("repeated")), (&json!("OK"), None), "{once}");
    // Twice as old as a code may be.
    city.clock.advance(120);
    let (_, again) = send(&city, &city.hall, "a-1", &scan_of(&first, PARK)).await;
    assert_same(&again, &once);
    assert_eq!((&again["repeated"], &again["staff"]), (&json!(true), &once["staff"]), "{again}");
    // After two minutes the verdict and its receipt are left, and words which nobody takes for a code that is
    // shown now.
    for seconds in [1, 3600] {
        city.clock.advance(seconds);
        let (_, again) = send(&city, &city.hall, "a-1", &scan_of(&first, PARK)).await;
        assert_same_without_values(&again, &once);
        assert_eq!(again["repeated"], true, "{again}");
        for words in ["text", "staff", "citizen"] {
            assert_ne!(again[words], once[words], "{words}: {again}");
        }
    }
    assert_eq!(city.store().audit_head().await.unwrap().number, entries + 1);
    assert_eq!(wallet.uses(None).await.unwrap().len(), 1);
    let other = send(&city, &city.hall, "a-1", &scan_of(&second, PARK)).await;
    assert_problem(other, "IDEMPOTENCY_REUSED");
    for bad in ["", "a b", &"a".repeat(65)] {
        let refused = send(&city, &city.hall, bad, &scan_of(&second, PARK)).await;
        assert_problem(refused, "IDEMPOTENCY_KEY");
    }
    // A refusal stays the same refusal.
    let (_, refused) = send(&city, &city.hall, "a-2", &scan_of(&first, PARK)).await;
    let (_, still) = send(&city, &city.hall, "a-2", &scan_of(&first, PARK)).await;
    assert_same(&still, &refused);
    assert_eq!(refused["reason"], "CODE_EXPIRED");
    city.clock.advance(3600);
    let (_, still) = send(&city, &city.hall, "a-2", &scan_of(&first, PARK)).await;
    assert_eq!((&still["repeated"], &still["text"]), (&json!(true), &refused["text"]), "{still}");
    city.stop().await;
}

#[tokio::test]
async fn a_key_stands_for_one_request_with_every_member_that_decides() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    city.clock.advance(1);
    let body = with(&scan_of(&code(&wallet), HOSPITAL), "claims", json!(["name", "sex"]));
    let approve = async {
        let asked = wallet.consents(20).await.unwrap();
        assert_eq!(asked[0].claims, ["name", "sex"]);
        wallet.approve(&asked[0], &screen_lock(&wallet)).await.unwrap();
    };
    let (once, ()) = tokio::join!(send(&city, &city.hall, "k-1", &body), approve);
    assert_eq!(once.1["claims"], json!({ "name": "林示例", "sex": "male" }), "{once:?}");
    // Only what was given is given again.
    let (_, again) = send(&city, &city.hall, "k-1", &body).await;
    assert_same(&again, &once.1);
    let (_, again) =
        send(&city, &city.hall, "k-1", &with(&body, "claims", json!(["sex", "name", "sex"]))).await;
    assert_same(&again, &once.1);

    city.clock.advance(1);
    let mut without = body.clone();
    without.as_object_mut().unwrap().remove("claims");
    for other in [
        without,
        with(&body, "claims", json!(["name"])),
        with(&body, "claims", json!([])),
        with(&body, "code", json!(code(&wallet))),
        with(&body, "operator", json!("8")),
        with(&body, "nonce", json!("AAAA")),
        scan_of(&code(&wallet), PARK),
    ] {
        let refused = send(&city, &city.hall, "k-1", &other).await;
        assert_problem(refused, "IDEMPOTENCY_REUSED");
    }
    assert!(wallet.consents(0).await.unwrap().is_empty());
    // Another device's key is another key.
    let (_, elsewhere) = send(&city, &city.library, "k-1", &scan_of(&code(&wallet), LIBRARY)).await;
    assert_eq!(elsewhere["reason"], "OK");
    assert_eq!(wallet.uses(None).await.unwrap().len(), 2);
    city.stop().await;
}

#[tokio::test]
async fn purpose_and_case_are_part_of_the_request_where_the_scene_demands_them() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    city.clock.advance(1);
    let body = with(&scan_of(&code(&wallet), CASEWORK), "purpose", json!("户籍办理"));
    let body = with(&body, "case", json!("2026-0001"));
    let deny = async {
        let asked = wallet.consents(20).await.unwrap();
        wallet.deny(&asked[0]).await.unwrap();
    };
    let (once, ()) = tokio::join!(send(&city, &city.hall, "c-1", &body), deny);
    assert_eq!(once.1["reason"], "CONSENT_DENIED");
    let (_, again) = send(&city, &city.hall, "c-1", &body).await;
    assert_same(&again, &once.1);
    for (member, value) in [("purpose", "other"), ("case", "2026-0002"), ("operator", "8")] {
        let refused = send(&city, &city.hall, "c-1", &with(&body, member, json!(value))).await;
        assert_problem(refused, "IDEMPOTENCY_REUSED");
    }
    city.stop().await;
}

#[tokio::test]
async fn the_citizen_is_asked_once_and_all_get_the_same_answer() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    city.clock.advance(1);
    let body = scan_of(&code(&wallet), HOSPITAL);
    let same = || send(&city, &city.hall, "o-1", &body);
    let answering = async {
        let asked = wallet.consents(20).await.unwrap();
        assert_eq!(asked.len(), 1);
        // The key is taken by the request that waits; the citizen is not asked about another one.
        let other = send(&city, &city.hall, "o-1", &with(&body, "claims", json!([]))).await;
        assert_problem(other, "IDEMPOTENCY_REUSED");
        assert_eq!(wallet.consents(0).await.unwrap(), asked);
        wallet.approve(&asked[0], &screen_lock(&wallet)).await.unwrap();
    };
    let (a, b, c, d, ()) = tokio::join!(same(), same(), same(), same(), answering);
    assert_eq!((&a.1["reason"], &a.1["consent"]), (&json!("OK"), &json!("approved")));
    assert_eq!(a.1["claims"]["name"], "林示例");
    for other in [b, c, d] {
        assert_same(&other.1, &a.1);
    }
    assert!(wallet.consents(0).await.unwrap().is_empty());
    assert_eq!(wallet.uses(None).await.unwrap().len(), 1);

    // Two with one key of which one wants all: the one that is refused never gets the other's approval.
    city.clock.advance(1);
    let all = scan_of(&code(&wallet), HOSPITAL);
    let none = with(&all, "claims", json!([]));
    let approve = async {
        let asked = wallet.consents(20).await.unwrap();
        wallet.approve(&asked[0], &screen_lock(&wallet)).await.unwrap();
    };
    let (approved, ()) = tokio::join!(send(&city, &city.hall, "o-2", &none), approve);
    assert!(approved.1["reason"] == "OK" && approved.1.get("claims").is_none(), "{approved:?}");
    assert_problem(send(&city, &city.hall, "o-2", &all).await, "IDEMPOTENCY_REUSED");
    assert!(wallet.uses(None).await.unwrap()[0].claims.is_empty());
    city.stop().await;
}

#[tokio::test]
async fn a_client_that_comes_again_finds_the_question_that_it_left() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    city.clock.advance(1);
    let body = scan_of(&code(&wallet), HOSPITAL);
    let asked = tokio::select! {
        answered = send(&city, &city.hall, "g-1", &body) => panic!("{answered:?}"),
        asked = wallet.consents(20) => asked.unwrap(),
    };
    // The client has closed its connection.
    let answering = async {
        assert_eq!(wallet.consents(20).await.unwrap(), asked, "the same question still stands");
        wallet.approve(&asked[0], &screen_lock(&wallet)).await.unwrap();
    };
    let (again, ()) = tokio::join!(send(&city, &city.hall, "g-1", &body), answering);
    assert_eq!(again.1["consent"], "approved", "{again:?}");
    assert_eq!(again.1["claims"]["name"], "林示例");
    assert_eq!(wallet.uses(None).await.unwrap().len(), 1);
    city.stop().await;
}

#[tokio::test]
async fn values_are_not_repeated_once_anything_has_changed() {
    let city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    let store = city.store();
    let bearer = Bearer::Venue { venue: "hall".into(), device: "desk".into() };
    let second_secret = credential(&*store, bearer, city.clock.time()).await;
    let hall = store.venue("hall").await.unwrap().unwrap();
    let now = city.clock.time();
    let site = |name: &str| Site {
        venue: "hall".into(),
        id: "east".into(),
        name: name.into(),
        closed: false,
    };
    for change in ["secret", "venue", "device", "site", "identity", "freeze"] {
        city.clock.advance(1);
        let body = scan_of(&code(&wallet), PARK);
        let (_, once) = send(&city, &city.hall, change, &body).await;
        assert_eq!(once["reason"], "OK", "{change}: {once}");
        let mut device = &city.hall;
        match change {
            "secret" => device = &second_secret,
            "venue" => {
                let ages = vec![18, 60];
                store.put_venue(Venue { ages, ..hall.clone() }, now).await.unwrap();
            }
            "device" => {
                store.put_site(site("东门"), now).await.unwrap();
                let (venue, device) = ("hall".into(), "desk".into());
                let station = Station { venue, device, site: Some("east".into()), scenes: vec![] };
                store.put_station(station, now).await.unwrap();
            }
            "site" => store.put_site(site("东二门"), now).await.unwrap(),
            "identity" => {
                let path = format!("/v1/registrar/persons/{person}/changes");
                let body = json!({ "details": { "phone": "15400000001" }, "reason": "new_phone" });
                let asked = city.post(&path).bearer_auth(&city.registrar).json(&body);
                let (status, _) = city.confirm(&answer(asked).await.1).await;
                assert!(status.is_success());
            }
            "freeze" => drop(city.set_account(&person, "freeze").await),
            _ => unreachable!(),
        }
        let (_, again) = send(&city, device, change, &body).await;
        assert_same_without_values(&again, &once);
        if change == "freeze" {
            city.set_account(&person, "unfreeze").await;
            let (_, again) = send(&city, device, change, &body).await;
            assert_same_without_values(&again, &once);
        }
    }
    city.stop().await;
}

#[tokio::test]
async fn a_header_that_names_who_asks_or_whether_again_is_there_once_or_refused() {
    let city = City::found().await;
    let once = || city.post("/v1/scans").json(&scan_of("1", 2)).bearer_auth(&city.hall);
    let refused = answer(once().header("authorization", "Bearer other")).await;
    assert_problem(refused, "BAD_REQUEST");
    let twice = once().header("idempotency-key", "a").header("idempotency-key", "b");
    assert_problem(answer(twice).await, "BAD_REQUEST");
    assert_ne!(answer(once().header("idempotency-key", "a")).await.0, StatusCode::BAD_REQUEST);
    city.stop().await;
}

#[tokio::test]
async fn of_equal_requests_that_come_at_once_one_is_no_repetition_and_all_others_say_that_they_are()
{
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    city.clock.advance(1);
    let body = scan_of(&code(&wallet), PARK);
    let mut sent = tokio::task::JoinSet::new();
    for _ in 0..24 {
        let request = city.post("/v1/scans").bearer_auth(&city.hall).json(&body);
        sent.spawn(answer(request.header("idempotency-key", "at-once")));
    }
    let answers = sent.join_all().await;
    let (answered, busy): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|(status, _)| *status == StatusCode::OK);
    assert!(busy.iter().all(|(_, told)| told["code"] == "BUSY"), "{busy:?}");
    let first = answered.iter().filter(|(_, told)| told.get("repeated").is_none()).count();
    assert_eq!((first, answered.len() > 1), (1, true), "{answered:?}");
    for (_, told) in &answered {
        assert_same(told, &answered[0].1);
        assert_eq!(told["text"], answered[0].1["text"]);
    }
    city.stop().await;
}
