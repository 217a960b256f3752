//! The desk console over HTTP: its files, its sessions, and what a session may do.

use std::num::NonZeroU32;

use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use szid_issuer::{Limits, Rate};
use szid_register::Venue;
use szid_tests::city::*;

/// A browser that has signed in.
struct Browser {
    cookie: String,
    csrf: String,
    answer: Value,
}

impl Browser {
    async fn sign_in(city: &City, secret: &str) -> Self {
        let body = json!({ "credential": secret });
        let response = city.post("/console/session").json(&body).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["cache-control"], "no-store");
        let cookie = response.headers()["set-cookie"].to_str().unwrap().to_owned();
        let answer: Value = response.json().await.unwrap();
        let csrf = answer["csrf"].as_str().unwrap().to_owned();
        Self { cookie, csrf, answer }
    }

    fn with_cookie(&self, request: RequestBuilder) -> RequestBuilder {
        request.header("cookie", self.cookie.split(';').next().unwrap())
    }

    fn with_all(&self, request: RequestBuilder) -> RequestBuilder {
        self.with_cookie(request).header("x-csrf-token", &self.csrf)
    }

    async fn scan(&self, city: &City, code: &str) -> (StatusCode, Value) {
        let body = json!({ "code": code, "scene": LIBRARY, "operator": "a" });
        answer(self.with_all(city.post("/v1/scans")).json(&body)).await
    }
}

#[tokio::test]
async fn the_page_comes_with_its_policy_and_once() {
    let city = City::found().await;
    for path in ["/console/", "/console/console.js", "/console/console.css"] {
        let response = city.get(path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let headers = response.headers().clone();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; "), "{policy}");
        assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert!(headers["permissions-policy"].to_str().unwrap().starts_with("camera=(self)"));
        let again = city.get(path).header("if-none-match", &headers["etag"]).send().await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
    }
    assert_eq!(city.get("/console").send().await.unwrap().headers()["location"], "console/");
    assert_problem(answer(city.get("/console/other.js")).await, "NOT_FOUND");
    assert_problem(answer(city.post("/console/")).await, "METHOD_NOT_ALLOWED");
    city.stop().await;
}

#[tokio::test]
async fn a_session_stands_for_its_credential() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let browser = Browser::sign_in(&city, &city.library).await;
    assert!(browser.cookie.starts_with("szid-session="), "{}", browser.cookie);
    assert!(browser.cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/; Max-Age=43200"));
    assert_eq!(browser.answer["venue"], json!({ "id": "library", "name": "library" }));
    assert_eq!(browser.answer["device"], "desk");
    let scenes = json!([{ "id": 2, "name_zh": "图书借阅", "name_en": "library", "consent": "none",
        "claims": [1], "challenge": false, "case": false }]);
    assert_eq!(browser.answer["scenes"], scenes);
    let (_, resumed) = answer(browser.with_cookie(city.get("/console/session"))).await;
    assert_eq!(resumed, browser.answer);

    let digits = code(&wallet);
    let (status, verdict) = browser.scan(&city, &digits).await;
    assert_eq!((status, &verdict["reason"]), (StatusCode::OK, &json!("OK")));
    // The same device by its secret is the same desk.
    let body = json!({ "code": digits, "scene": LIBRARY, "operator": "a" });
    assert_eq!(city.scan(&city.library, body.clone()).await.1["reason"], "OK_AGAIN");
    let batch = browser.with_all(city.post("/v1/scans/batch")).json(&json!({ "scans": [body] }));
    assert_eq!(answer(batch).await.1["verdicts"][0]["reason"], "OK_AGAIN");
    city.stop().await;
}

#[tokio::test]
async fn a_cookie_without_its_token_changes_nothing() {
    let city = City::found().await;
    let browser = Browser::sign_in(&city, &city.library).await;
    let other = Browser::sign_in(&city, &city.library).await;
    assert_ne!(browser.csrf, other.csrf);
    let body = json!({ "code": "07551", "scene": LIBRARY });
    for token in [None, Some(""), Some(&*other.csrf), Some(&browser.csrf[1..])] {
        for mut request in [city.post("/v1/scans").json(&body), delete(&city)] {
            if let Some(token) = token {
                request = request.header("x-csrf-token", token);
            }
            assert_problem(answer(browser.with_cookie(request)).await, "SESSION_TOKEN");
        }
    }
    // A token alone is nothing, and neither stands for a registrar.
    let bare = city.post("/v1/scans").header("x-csrf-token", &browser.csrf).json(&body);
    assert_problem(answer(bare).await, "CREDENTIAL_MISSING");
    let enrolment = browser.with_all(city.post("/v1/registrar/enrolments")).json(&json!({}));
    assert_problem(answer(enrolment).await, "CREDENTIAL_MISSING");
    // A bearer header that is wrong is not made up for by the cookie.
    let both = browser.with_all(city.post("/v1/scans")).bearer_auth("wrong").json(&body);
    assert_problem(answer(both).await, "CREDENTIAL_MISSING");
    assert_eq!(browser.scan(&city, "07551").await.0, StatusCode::OK);
    city.stop().await;
}

#[tokio::test]
async fn only_a_good_venue_device_signs_in() {
    let city = City::found().await;
    let sign_in = async |body: Value| answer(city.post("/console/session").json(&body)).await;
    assert_problem(sign_in(json!({ "credential": "wrong" })).await, "CREDENTIAL_MISSING");
    assert_problem(sign_in(json!({ "credential": "" })).await, "CREDENTIAL_MISSING");
    assert_problem(sign_in(json!({ "credential": "x".repeat(201) })).await, "CREDENTIAL_MISSING");
    assert_problem(sign_in(json!({ "credential": city.registrar })).await, "ROLE_DENIED");
    assert_problem(sign_in(json!({})).await, "BAD_REQUEST");
    // A form of another site cannot send JSON without asking first.
    let plain = city.post("/console/session").header("content-type", "text/plain");
    let plain = plain.body(json!({ "credential": city.library }).to_string());
    assert_problem(answer(plain).await, "MEDIA_TYPE");
    assert_problem(answer(city.get("/console/session")).await, "CREDENTIAL_MISSING");
    city.stop().await;
}

#[tokio::test]
async fn a_session_ends_with_time_sign_out_credential_or_venue() {
    let city = City::found().await;
    let browser = Browser::sign_in(&city, &city.library).await;
    city.clock.advance(12 * 3600 - 1);
    assert_eq!(browser.scan(&city, "x").await.0, StatusCode::OK);
    city.clock.advance(1);
    assert_problem(browser.scan(&city, "x").await, "CREDENTIAL_MISSING");

    let browser = Browser::sign_in(&city, &city.library).await;
    let closed = browser.with_all(delete(&city)).send().await.unwrap();
    assert_eq!(closed.status(), StatusCode::NO_CONTENT);
    assert!(closed.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert_problem(browser.scan(&city, "x").await, "CREDENTIAL_MISSING");

    let browser = Browser::sign_in(&city, &city.library).await;
    let suspended = Venue {
        id: "library".into(),
        name: "library".into(),
        uscc: "12440399EXAMPLEB3N".into(),
        scenes: vec![LIBRARY],
        suspended: true,
        ages: Vec::new(),
    };
    let now = city.clock.time();
    city.store().put_venue(suspended.clone(), now).await.unwrap();
    assert_problem(browser.scan(&city, "x").await, "VENUE_SUSPENDED");
    let resumed = answer(browser.with_cookie(city.get("/console/session"))).await;
    assert_problem(resumed, "VENUE_SUSPENDED");
    city.store().put_venue(Venue { suspended: false, ..suspended }, now).await.unwrap();
    assert_eq!(browser.scan(&city, "x").await.0, StatusCode::OK);

    withdraw(&*city.store(), &city.library, now).await;
    assert_problem(browser.scan(&city, "x").await, "CREDENTIAL_REVOKED");
    city.stop().await;
}

#[tokio::test]
async fn a_session_shares_its_credentials_rate() {
    let number = |value| NonZeroU32::new(value).unwrap();
    let rate = Rate { per_second: number(1), burst: number(2) };
    let limits = Limits { per_address: None, per_credential: Some(rate), ..Limits::default() };
    let city = City::with(limits).await;
    let browser = Browser::sign_in(&city, &city.library).await;
    let body = json!({ "code": "x", "scene": LIBRARY });
    assert_eq!(city.scan(&city.library, body.clone()).await.0, StatusCode::OK);
    assert_eq!(browser.scan(&city, "x").await.0, StatusCode::OK);
    assert_problem(browser.scan(&city, "x").await, "TOO_MANY");
    assert_problem(city.scan(&city.library, body).await, "TOO_MANY");
    city.stop().await;
}

fn delete(city: &City) -> RequestBuilder {
    city.http.delete(format!("{}/console/session", city.base_url))
}
