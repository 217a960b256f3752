//! The city's signed documents: conditional requests, bounds, and the signed time.

use std::time::{Duration, UNIX_EPOCH};

use data_encoding::BASE64URL_NOPAD;
use reqwest::StatusCode;
use reqwest::header::{ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use serde_json::json;
use szid_protocol::day::{DAY, end_of_day};
use szid_protocol::time::verify_time;
use szid_protocol::trust::VerifiedTrustList;
use szid_tests::city::{City, LIN, answer, assert_problem};
use szid_verifier::AwsLcBackend;

#[tokio::test]
async fn who_has_a_document_is_told_so() {
    let city = City::found().await;
    let today = end_of_day(city.clock.time());
    for (path, media_type) in [
        ("/v1/trust".to_owned(), "application/szid-trust+cwt"),
        ("/v1/scenes".to_owned(), "application/szid-scenes+cwt"),
        (format!("/v1/status/{today}/0"), "application/statuslist+cwt"),
    ] {
        let whole = city.get(&path).send().await.unwrap();
        assert_eq!(whole.headers()["content-type"], media_type);
        assert!(whole.headers()["cache-control"].to_str().unwrap().starts_with("public, max-age="));
        let headers = whole.headers().clone();
        assert!(!whole.bytes().await.unwrap().is_empty());
        let again = city.get(&path).header(IF_NONE_MATCH, &headers[ETAG]).send().await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(again.headers()[&ETAG], headers[&ETAG]);
        assert!(again.bytes().await.unwrap().is_empty());
        let other = city.get(&path).header(IF_NONE_MATCH, "\"other\"").send().await.unwrap();
        assert_eq!(other.status(), StatusCode::OK);
    }
    city.stop().await;
}

#[tokio::test]
async fn what_is_of_one_caller_is_kept_by_no_cache() {
    let city = City::found().await;
    let (person, _) = city.citizen(LIN).await;
    let token = city.access_token(LIN).await;
    let devices = format!("/v1/registrar/persons/{person}/devices");
    let of_holder =
        ["", "/devices", "/enrolments", "/events", "/uses"].map(|of| format!("/v1/holder{of}"));
    let of_holder = of_holder.iter().map(|path| city.get(path).bearer_auth(&token));
    let requests = of_holder.chain([
        city.get(&devices).bearer_auth(&city.registrar),
        city.get("/v1/registrar/requests").bearer_auth(&city.registrar),
        city.get("/readyz"),
        city.get("/.well-known/openid-credential-issuer"),
        city.post("/v1/scans").bearer_auth(&city.library).json(&json!({ "code": "x" })),
    ]);
    for request in requests {
        let answer = request.send().await.unwrap();
        let (url, headers) = (answer.url().clone(), answer.headers().clone());
        assert_eq!(answer.status(), StatusCode::OK, "{url}");
        let said = headers.get("cache-control").map(|said| said.to_str().unwrap());
        assert_eq!(said, Some("no-store"), "{url}");
    }
    city.stop().await;
}

#[tokio::test]
async fn two_lists_of_one_second_are_told_apart() {
    let city = City::found().await;
    let (person, _) = city.citizen(LIN).await;
    let path = format!("/v1/status/{}/0", end_of_day(city.clock.time()));
    let first = city.get(&path).send().await.unwrap();
    assert!(!first.headers().contains_key(LAST_MODIFIED), "another one may come in this second");
    let first = first.bytes().await.unwrap();
    city.set_account(&person, "freeze").await;
    let made_at = UNIX_EPOCH + Duration::from_secs(city.clock.time());
    let date = httpdate::fmt_http_date(made_at);
    let second = city.get(&path).header(IF_MODIFIED_SINCE, &date).send().await.unwrap();
    assert_eq!(second.status(), StatusCode::OK);
    let tag = second.headers()[ETAG].clone();
    assert_ne!(second.bytes().await.unwrap(), first);
    // Its age is told a second later, and the tag alone still decides.
    city.clock.advance(1);
    let later = city.get(&path).header(IF_MODIFIED_SINCE, &date).send().await.unwrap();
    assert_eq!(later.status(), StatusCode::OK);
    assert_eq!(later.headers()[LAST_MODIFIED], date.as_str());
    let known = city.get(&path).header(IF_NONE_MATCH, tag).send().await.unwrap();
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    city.stop().await;
}

#[tokio::test]
async fn a_list_is_signed_anew_when_it_changed_or_grew_old_and_not_before() {
    let city = City::found().await;
    let (person, _) = city.citizen(LIN).await;
    let path = format!("/v1/status/{}/0", end_of_day(city.clock.time()));
    let get = async || city.get(&path).send().await.unwrap().bytes().await.unwrap();
    let first = get().await;
    city.clock.advance(29);
    assert_eq!(get().await, first);
    city.set_account(&person, "freeze").await;
    let second = get().await;
    assert_ne!(second, first);
    city.clock.advance(30);
    assert_ne!(get().await, second);
    city.stop().await;
}

#[tokio::test]
async fn days_and_lists_that_are_not_there_are_not_found() {
    let city = City::found().await;
    let today = end_of_day(city.clock.time());
    for path in [
        format!("{}/0", today - DAY),
        format!("{}/0", today + 17 * DAY),
        format!("{}/0", today + 1),
        format!("{today}/1"),
        format!("{today}/4294967295"),
        format!("{today}/4294967296"),
        format!("{today}/-1"),
        "18446744073709551615/0".to_owned(),
        "today/0".to_owned(),
    ] {
        assert_problem(answer(city.get(&format!("/v1/status/{path}"))).await, "NOT_FOUND");
    }
    city.stop().await;
}

#[tokio::test]
async fn the_time_is_signed_with_the_askers_nonce() {
    let city = City::found().await;
    let nonce = [9; 16];
    let path = |nonce: &[u8]| format!("/v1/time?nonce={}", BASE64URL_NOPAD.encode(nonce));
    let signed = city.get(&path(&nonce)).send().await.unwrap();
    assert_eq!(signed.headers()["cache-control"], "no-store");
    let signed = signed.bytes().await.unwrap();
    let trust = city.get("/v1/trust").send().await.unwrap().bytes().await.unwrap();
    let trust = VerifiedTrustList::verify(&trust, &[city.root], &AwsLcBackend).unwrap();
    assert_eq!(verify_time(&signed, &nonce, &trust), Ok(city.clock.time()));
    assert!(verify_time(&signed, &[8; 16], &trust).is_err());
    for path in [path(&[1; 15]), path(&[1; 17]), "/v1/time".into(), "/v1/time?nonce=%%".into()] {
        assert_problem(answer(city.get(&path)).await, "BAD_REQUEST");
    }
    city.stop().await;
}
