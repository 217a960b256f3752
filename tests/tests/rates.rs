//! Rates count codes: what a credential costs is what it sends, however it is put into requests.

use std::num::NonZeroU32;

use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use szid_issuer::{Limits, Rate};
use szid_tests::city::*;

/// A city in which requests have no limit, and codes have.
async fn city(per_second: u32, burst: u32) -> City {
    let number = |value| NonZeroU32::new(value).unwrap();
    let rate = Rate { per_second: number(per_second), burst: number(burst) };
    let limits = Limits {
        per_address: None,
        per_credential: None,
        codes_per_credential: Some(rate),
        ..Limits::default()
    };
    City::with(limits).await
}

fn batch(city: &City, device: &str, codes: usize) -> RequestBuilder {
    let scans: Vec<Value> = vec![json!({ "code": "x", "scene": PARK }); codes];
    city.post("/v1/scans/batch").bearer_auth(device).json(&json!({ "scans": scans }))
}

/// Checks that a request is refused for its rate, and returns the seconds to wait.
async fn assert_waits(response: Response) -> u64 {
    let status = response.status();
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    let seconds = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert_problem((status, response.json().await.unwrap()), "TOO_MANY");
    seconds
}

#[tokio::test]
async fn a_batch_of_many_codes_costs_as_many_and_other_credentials_pay_nothing() {
    let city = city(1, 150).await;
    assert_eq!(batch(&city, &city.hall, 100).send().await.unwrap().status(), StatusCode::OK);
    let seconds = assert_waits(batch(&city, &city.hall, 100).send().await.unwrap()).await;
    assert!((45..=51).contains(&seconds), "as long as it takes for fifty codes: {seconds}");
    // What was refused was not counted, and single scans pay from the same.
    assert_eq!(batch(&city, &city.hall, 49).send().await.unwrap().status(), StatusCode::OK);
    let scan = json!({ "code": "x", "scene": PARK });
    let (first, _) = city.scan(&city.hall, scan.clone()).await;
    assert_eq!(first, StatusCode::OK);
    let scan = city.post("/v1/scans").bearer_auth(&city.hall).json(&scan);
    let mut last = StatusCode::OK;
    for _ in 0..5 {
        last = scan.try_clone().unwrap().send().await.unwrap().status();
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(city.scan(&city.library, json!({ "code": "x" })).await.0, StatusCode::OK);
    let text = city.get("/metrics").send().await.unwrap().text().await.unwrap();
    assert!(text.contains("szid_requests_limited_total{limit=\"codes\"}"), "{text}");
    city.stop().await;
}

#[tokio::test]
async fn a_batch_that_is_larger_than_the_burst_costs_all_of_it_and_passes() {
    let city = city(1, 10).await;
    assert_eq!(batch(&city, &city.hall, 100).send().await.unwrap().status(), StatusCode::OK);
    let seconds = assert_waits(batch(&city, &city.hall, 1).send().await.unwrap()).await;
    assert!((1..=2).contains(&seconds), "{seconds}");
    let seconds = assert_waits(batch(&city, &city.hall, 100).send().await.unwrap()).await;
    assert!((9..=11).contains(&seconds), "{seconds}");
    city.stop().await;
}

#[tokio::test]
async fn receipts_venue_codes_and_scans_of_one_device_pay_from_one_rate() {
    let city = city(1, 20).await;
    let key = szid_issuer::keys::FileSigner::throw_away(&szid_register::entropy::SystemEntropy);
    let key = szid_protocol::crypto::Signer::public_key(&key.unwrap()).to_compressed();
    city.store().put_gate("hall", "desk", key, city.clock.time()).await.unwrap();
    let code = city.post("/v1/venue-codes").bearer_auth(&city.hall).json(&json!({ "scene": PARK }));
    for _ in 0..5 {
        let made = code.try_clone().unwrap().send().await.unwrap();
        assert_eq!(made.status(), StatusCode::OK);
    }
    let upload = |receipts: usize| {
        let body = json!({ "receipts": vec!["AAAA"; receipts] });
        city.post("/v1/receipts").bearer_auth(&city.hall).json(&body)
    };
    assert_eq!(upload(14).send().await.unwrap().status(), StatusCode::OK);
    assert_waits(upload(14).send().await.unwrap()).await;
    assert_waits(batch(&city, &city.hall, 14).send().await.unwrap()).await;
    let mut last = code.try_clone().unwrap().send().await.unwrap();
    for _ in 0..5 {
        last = code.try_clone().unwrap().send().await.unwrap();
    }
    assert_waits(last).await;
    city.stop().await;
}

#[tokio::test]
async fn a_phones_proofs_and_confirmations_have_a_rate_of_their_own_whichever_token_it_shows() {
    let city = city(1, 20).await;
    let tokens = city.tokens(LIN).await;
    let token = tokens["access_token"].as_str().unwrap();
    let ask = |token: &str| {
        let proofs = vec!["x.y.z"; 15];
        let body = json!({ "credential_configuration_id": "szid-day-pass",
            "proofs": { "jwt": proofs } });
        city.post("/v1/credential").bearer_auth(token).json(&body)
    };
    assert_eq!(ask(token).send().await.unwrap().status(), StatusCode::BAD_REQUEST);
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let (_, renewed) = answer(city.post("/v1/token").form(&form)).await;
    let refused = ask(renewed["access_token"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let seconds: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((7..=10).contains(&seconds), "{seconds}");
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["error"], "temporarily_unavailable");
    let visit = json!({ "venue_code": "x", "code": "x" });
    let visit_as = |token: &str| city.post("/v1/holder/visits").bearer_auth(token).json(&visit);
    let visit = visit_as(token);
    assert_problem(answer(visit.try_clone().unwrap()).await, "VENUE_CODE");
    let mut last = visit.try_clone().unwrap().send().await.unwrap();
    for _ in 0..20 {
        if last.status() == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
        last = visit.try_clone().unwrap().send().await.unwrap();
    }
    assert_waits(last).await;
    // Another phone of the same person, which may be the owner's beside a thief's, pays for itself.
    let own = city.access_token(LIN).await;
    assert_problem(answer(visit_as(&own)).await, "VENUE_CODE");
    assert_eq!(ask(&own).send().await.unwrap().status(), StatusCode::BAD_REQUEST);
    city.stop().await;
}
