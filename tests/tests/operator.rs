//! The operators of a venue over HTTP: what each role sees and does, and what takes two.

use data_encoding::BASE64URL_NOPAD;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use szid_issuer::keys::FileSigner;
use szid_protocol::crypto::Signer;
use szid_protocol::day::DAY;
use szid_protocol::digits;
use szid_protocol::receipt::{Receipt, ScannedCode, derive_receipt_id};
use szid_register::audit::{AuditEvent, ChainReport};
use szid_register::entropy::SystemEntropy;
use szid_register::{Bearer, OperatorRole, Venue};
use szid_tests::city::*;

/// The secrets of the library's operators, and of one of the hall's.
struct Operators {
    li: String,
    wang: String,
    viewer: String,
    foreign: String,
}

impl Operators {
    async fn of(city: &City) -> Self {
        let admit = async |venue: &str, name: &str, duty| {
            let bearer = Bearer::Operator { venue: venue.into(), name: name.into(), duty };
            credential(&*city.store(), bearer, city.clock.time()).await
        };
        Self {
            li: admit("library", "li", OperatorRole::Manager).await,
            wang: admit("library", "wang", OperatorRole::Manager).await,
            viewer: admit("library", "zhao", OperatorRole::Viewer).await,
            foreign: admit("hall", "li", OperatorRole::Manager).await,
        }
    }
}

fn request(city: &City, method: Method, path: &str, secret: &str) -> RequestBuilder {
    let url = format!("{}/v1/operator/{path}", city.base_url);
    city.http.request(method, url).bearer_auth(secret)
}

async fn get(city: &City, path: &str, secret: &str) -> (StatusCode, Value) {
    answer(request(city, Method::GET, path, secret)).await
}

async fn post(city: &City, path: &str, secret: &str) -> (StatusCode, Value) {
    answer(request(city, Method::POST, path, secret)).await
}

async fn ask(city: &City, device: &str, secret: &str) -> (StatusCode, Value) {
    answer(request(city, Method::POST, "requests", secret).json(&json!({ "device": device }))).await
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

async fn assert_whole(city: &City) {
    let head = city.store().audit_head().await.unwrap();
    let report = city.store().audit_verify(Some(head)).await.unwrap();
    assert_eq!(report, ChainReport::Whole(head));
}

#[tokio::test]
async fn a_new_credential_takes_two_managers_and_withdrawing_takes_one() {
    let city = City::found().await;
    let operators = Operators::of(&city).await;
    let (status, asked) = ask(&city, "desk-2", &operators.li).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{asked}");
    assert_eq!((text(&asked, "state"), text(&asked, "asked_by")), ("pending", "li"));
    let confirm = format!("requests/{}/confirm", text(&asked, "id"));

    // Not the asker, not a viewer, not another venue's manager of the same name.
    assert_problem(post(&city, &confirm, &operators.li).await, "REQUEST_OWN");
    assert_problem(post(&city, &confirm, &operators.viewer).await, "OPERATOR_ROLE");
    assert_problem(post(&city, &confirm, &operators.foreign).await, "NOT_FOUND");
    let (_, seen) = get(&city, "requests", &operators.viewer).await;
    assert_eq!(seen["requests"].as_array().unwrap().len(), 1);
    let (_, elsewhere) = get(&city, "requests", &operators.foreign).await;
    assert_eq!(elsewhere, json!({ "requests": [] }));
    let (_, before) = get(&city, "devices", &operators.viewer).await;
    assert_eq!(before["devices"].as_array().unwrap().len(), 1, "asking gives nothing");

    let (status, given) = post(&city, &confirm, &operators.wang).await;
    assert_eq!(status, StatusCode::CREATED, "{given}");
    assert_problem(post(&city, &confirm, &operators.wang).await, "NOT_FOUND");
    let secret = text(&given, "secret");
    let body = json!({ "code": "x", "scene": LIBRARY });
    assert_eq!(city.scan(secret, body.clone()).await.0, StatusCode::OK);

    let (_, list) = get(&city, "devices", &operators.viewer).await;
    let devices = list["devices"].as_array().unwrap();
    assert_eq!(devices.len(), 2);
    let new = devices.iter().find(|device| device["device"] == "desk-2").unwrap();
    assert_eq!((text(new, "state"), &new["gate_key"]), ("good", &json!(false)));
    assert_eq!(new["credential"], given["credential"]);
    assert!(!list.to_string().contains(secret));

    let withdraw = format!("credentials/{}/withdraw", text(new, "credential"));
    assert_problem(post(&city, &withdraw, &operators.viewer).await, "OPERATOR_ROLE");
    assert_problem(post(&city, &withdraw, &operators.foreign).await, "VENUE_FOREIGN");
    assert_eq!(city.scan(secret, body.clone()).await.0, StatusCode::OK);
    for _ in 0..2 {
        let (status, withdrawn) = post(&city, &withdraw, &operators.li).await;
        assert_eq!((status, text(&withdrawn, "state")), (StatusCode::OK, "withdrawn"));
    }
    assert_problem(city.scan(secret, body).await, "CREDENTIAL_REVOKED");
    for wrong in ["x", &BASE64URL_NOPAD.encode(&[9; 16]), &"A".repeat(500)] {
        let path = format!("credentials/{wrong}/withdraw");
        assert_problem(post(&city, &path, &operators.li).await, "NOT_FOUND");
    }

    let entries = city.store().audit_entries(1, 100).await.unwrap();
    let acts: Vec<_> = entries
        .iter()
        .filter_map(|entry| match &entry.event {
            AuditEvent::DeviceCredential { act, venue, device, actor, asked_by, .. } => {
                assert_eq!((venue.as_str(), device.as_str()), ("library", "desk-2"));
                Some((act.as_str(), actor.as_str(), asked_by.as_deref()))
            }
            _ => None,
        })
        .collect();
    let expected =
        [("asked", "li", None), ("confirmed", "wang", Some("li")), ("withdrawn", "li", None)];
    assert_eq!(acts, expected);
    assert_whole(&city).await;
    city.stop().await;
}

#[tokio::test]
async fn a_request_runs_out_can_be_refused_and_has_its_bounds() {
    let city = City::found().await;
    let operators = Operators::of(&city).await;
    assert_problem(ask(&city, "desk-2", &operators.viewer).await, "OPERATOR_ROLE");
    for name in ["", "Desk", "desk 2", "=1+1", "台", &"a".repeat(33)] {
        assert_problem(ask(&city, name, &operators.li).await, "DEVICE_NAME");
    }
    let (_, late) = ask(&city, "late", &operators.li).await;
    city.clock.advance(DAY - 1);
    let (_, refused) = ask(&city, "refused", &operators.li).await;
    city.clock.advance(1);
    let confirm = |asked: &Value| format!("requests/{}/confirm", text(asked, "id"));
    assert_problem(post(&city, &confirm(&late), &operators.wang).await, "REQUEST_EXPIRED");
    let (_, list) = get(&city, "requests", &operators.li).await;
    let states: Vec<&str> =
        list["requests"].as_array().unwrap().iter().map(|one| text(one, "state")).collect();
    assert_eq!(states, ["pending", "expired"]);

    let path = format!("requests/{}", text(&refused, "id"));
    let refuse = |secret: &str| answer(request(&city, Method::DELETE, &path, secret));
    assert_problem(refuse(&operators.viewer).await, "OPERATOR_ROLE");
    assert_problem(refuse(&operators.foreign).await, "NOT_FOUND");
    assert_eq!(refuse(&operators.wang).await.0, StatusCode::NO_CONTENT);
    assert_problem(post(&city, &confirm(&refused), &operators.wang).await, "NOT_FOUND");

    for number in 0..20 {
        let (status, told) = ask(&city, &format!("desk-{number}"), &operators.li).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{told}");
    }
    assert_problem(ask(&city, "one-more", &operators.li).await, "REQUESTS_FULL");
    // A fifth of the list is one manager's.
    assert_eq!(ask(&city, "one-more", &operators.wang).await.0, StatusCode::ACCEPTED);
    assert_eq!(ask(&city, "desk-2", &operators.foreign).await.0, StatusCode::ACCEPTED);
    // What ran out makes room a day later.
    city.clock.advance(3 * DAY);
    while city.store().prune(city.clock.time()).await.unwrap() > 0 {}
    let (_, list) = get(&city, "requests", &operators.li).await;
    assert_eq!(list, json!({ "requests": [] }));
    assert_problem(post(&city, &confirm(&late), &operators.wang).await, "NOT_FOUND");
    assert_whole(&city).await;
    city.stop().await;
}

#[tokio::test]
async fn while_a_venue_is_suspended_its_operators_look_and_withdraw_only() {
    let city = City::found().await;
    let operators = Operators::of(&city).await;
    let (_, asked) = ask(&city, "desk-2", &operators.li).await;
    let venue = city.store().venue("library").await.unwrap().unwrap();
    let now = city.clock.time();
    city.store().put_venue(Venue { suspended: true, ..venue }, now).await.unwrap();
    assert_problem(ask(&city, "desk-3", &operators.li).await, "VENUE_SUSPENDED");
    let confirm = format!("requests/{}/confirm", text(&asked, "id"));
    assert_problem(post(&city, &confirm, &operators.wang).await, "VENUE_SUSPENDED");
    let (status, list) = get(&city, "devices", &operators.viewer).await;
    assert_eq!(status, StatusCode::OK);
    let withdraw = format!("credentials/{}/withdraw", text(&list["devices"][0], "credential"));
    assert_eq!(post(&city, &withdraw, &operators.li).await.0, StatusCode::OK);
    city.stop().await;
}

#[tokio::test]
async fn only_operators_come_in_and_their_page_needs_its_token() {
    let city = City::found().await;
    let operators = Operators::of(&city).await;
    for secret in [&city.library, &city.registrar] {
        for path in ["devices", "requests", "scans", "scans/export?format=csv"] {
            assert_problem(get(&city, path, secret).await, "ROLE_DENIED");
        }
        let body = json!({ "credential": secret });
        assert_problem(answer(city.post("/operator/session").json(&body)).await, "ROLE_DENIED");
    }
    let body = json!({ "code": "x", "scene": LIBRARY });
    assert_problem(city.scan(&operators.li, body).await, "ROLE_DENIED");
    let body = json!({ "credential": operators.li });
    assert_problem(answer(city.post("/console/session").json(&body)).await, "ROLE_DENIED");
    assert_problem(answer(city.get("/v1/operator/devices")).await, "CREDENTIAL_MISSING");

    let response = city.post("/operator/session").json(&body).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let cookie = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.starts_with("szid-operator=") && cookie.contains("HttpOnly; SameSite=Strict"));
    let session: Value = response.json().await.unwrap();
    assert_eq!((text(&session, "venue"), text(&session, "role")), ("library", "manager"));
    let cookie = cookie.split(';').next().unwrap();
    let resumed = answer(city.get("/operator/session").header("cookie", cookie)).await;
    assert_eq!(resumed, (StatusCode::OK, session.clone()));

    let list = || city.get("/v1/operator/devices").header("cookie", cookie);
    assert_problem(answer(list()).await, "SESSION_TOKEN");
    assert_problem(answer(list().header("x-csrf-token", "A".repeat(43))).await, "SESSION_TOKEN");
    let csrf = text(&session, "csrf");
    assert_eq!(answer(list().header("x-csrf-token", csrf)).await.0, StatusCode::OK);
    // Neither page's cookie opens the other one.
    let other = cookie.replace("szid-operator", "szid-session");
    let scan = city.post("/v1/scans").header("cookie", other).header("x-csrf-token", csrf);
    assert_problem(answer(scan.json(&json!({ "code": "x" }))).await, "CREDENTIAL_MISSING");
    let url = format!("{}/operator/session", city.base_url);
    let close = city.http.delete(url).header("cookie", cookie);
    assert_problem(answer(close.try_clone().unwrap()).await, "SESSION_TOKEN");
    assert_eq!(answer(close.header("x-csrf-token", csrf)).await.0, StatusCode::NO_CONTENT);
    let after = answer(list().header("x-csrf-token", csrf)).await;
    assert_problem(after, "CREDENTIAL_MISSING");
    city.stop().await;
}

/// A gate of the library.
async fn gate(city: &City, venue: &str, name: &str) -> (String, FileSigner) {
    let (store, now) = (city.store(), city.clock.time());
    let signer = FileSigner::throw_away(&SystemEntropy).unwrap();
    store.put_gate(venue, name, signer.public_key().to_compressed(), now).await.unwrap();
    let bearer = Bearer::Venue { venue: venue.into(), device: name.into() };
    (credential(&*store, bearer, now).await, signer)
}

/// Lets a gate tell that it accepted a code now.
async fn upload(city: &City, venue: &str, name: &str, code: &str) -> String {
    let (secret, signer) = gate(city, venue, name).await;
    let at = city.clock.time();
    let id = derive_receipt_id(at, &signer.public_key(), 1);
    let (venue, device, reason) = (venue.into(), name.into(), "OK".into());
    let code = Some(ScannedCode::Whole(digits::decode(code).unwrap()));
    let receipt = Receipt { at, id, venue, device, sequence: 1, scene: LIBRARY, reason, code };
    let body = json!({ "receipts": [BASE64URL_NOPAD.encode(&receipt.sign(&signer).unwrap())] });
    let (status, told) = answer(city.post("/v1/receipts").bearer_auth(secret).json(&body)).await;
    assert_eq!((status, &told["kept"]), (StatusCode::OK, &json!(1)), "{told}");
    BASE64URL_NOPAD.encode(&id)
}

fn column<'a>(page: &'a Value, name: &str) -> Vec<&'a str> {
    let scans = page["scans"].as_array().unwrap();
    scans.iter().map(|scan| scan[name].as_str().unwrap_or("")).collect()
}

#[tokio::test]
async fn a_venue_sees_its_own_scans_by_device_day_and_reason() {
    let city = City::found().await;
    let operators = Operators::of(&city).await;
    let (person, wallet) = city.citizen(LIN).await;
    let digits = code(&wallet);
    let body = |code: &str, operator: &str| json!({ "code": code, "scene": LIBRARY, "operator": operator });
    city.scan(&city.library, body(&digits, "a")).await;
    // Within one second the trail has no order.
    city.clock.advance(1);
    city.scan(&city.library, body(&digits, "b")).await;
    // Another venue's scans are in the same audit and in no list here.
    city.reason(&digits, LIBRARY, "a").await;
    city.clock.advance(DAY);
    let now = city.clock.time();
    let seen = code(&wallet);
    let first = upload(&city, "library", "gate-1", &seen).await;
    let second = upload(&city, "hall", "gate-22", &seen).await;

    let (status, page) = get(&city, "scans", &operators.viewer).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert_eq!(column(&page, "kind"), ["double_use", "offline", "online", "online"]);
    assert_eq!(column(&page, "reason"), ["", "OK", "REPLAY", "OK"]);
    assert_eq!(column(&page, "device"), ["gate-1", "gate-1", "desk", "desk"]);
    assert_eq!(column(&page, "decision"), ["", "accept", "refuse", "accept"]);
    assert_eq!(page["scans"][1]["scanned_at"], json!(now));
    assert_eq!(page["scans"][2]["reason_zh"], "此码已使用过");
    assert_eq!(page["scans"][0]["receipt"], first.as_str());
    let written = page.to_string();
    // Of the other venue nothing, of the person nothing.
    for needle in [second.as_str(), "hall", "gate-22", &person, LIN.2, LIN.1, "claims", "number"] {
        assert!(!written.contains(needle), "{needle}: {written}");
    }
    let (_, theirs) = get(&city, "scans", &operators.foreign).await;
    assert_eq!(column(&theirs, "kind"), ["double_use", "offline", "online"]);
    assert_eq!(theirs["scans"][0]["receipt"], second.as_str());

    let count = async |filter: &str| {
        let (status, page) = get(&city, &format!("scans?{filter}"), &operators.viewer).await;
        assert_eq!(status, StatusCode::OK, "{filter} {page}");
        page["scans"].as_array().unwrap().len()
    };
    assert_eq!(count("device=desk").await, 2);
    assert_eq!(count("device=gate-1").await, 2);
    assert_eq!(count("device=gate-22").await, 0);
    assert_eq!(count("reason=REPLAY").await, 1);
    assert_eq!(count("kind=double_use").await, 1);
    assert_eq!(count("kind=offline&reason=OK&device=gate-1").await, 1);
    let day = |seconds_ago: u64| {
        let days = (now - seconds_ago + 28_800) / DAY;
        // The test's own calendar: days since 2026-01-01 within its year and the next ones.
        let (mut left, mut year) = (days - 20_454, 2026);
        let leap = |year: u64| {
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
        };
        while left >= 365 + u64::from(leap(year)) {
            left -= 365 + u64::from(leap(year));
            year += 1;
        }
        let months = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let mut month = 0;
        while left >= months[month] {
            left -= months[month];
            month += 1;
        }
        format!("day={year}-{:02}-{:02}", month + 1, left + 1)
    };
    assert_eq!(count(&day(0)).await, 2);
    assert_eq!(count(&day(DAY)).await, 2);
    assert_eq!(count(&day(2 * DAY)).await, 0);

    // Page by page, the same.
    let (mut seen, mut before) = (Vec::new(), String::new());
    loop {
        let (_, page) = get(&city, &format!("scans?limit=1{before}"), &operators.viewer).await;
        seen.extend(column(&page, "receipt").into_iter().map(str::to_owned));
        let Some(next) = page["next"].as_str() else { break };
        before = format!("&before={next}");
    }
    assert_eq!(seen, column(&page, "receipt"));
    for wrong in [
        "limit=0",
        "limit=201",
        "day=2026-02-30",
        "day=yesterday",
        "kind=other",
        "before=x",
        &format!("device={}", "a".repeat(201)),
    ] {
        let refused = get(&city, &format!("scans?{wrong}"), &operators.viewer).await;
        assert_problem(refused, "BAD_REQUEST");
    }
    assert_whole(&city).await;
    city.stop().await;
}

#[tokio::test]
async fn what_is_exported_is_what_was_filtered_and_holds_no_formulas() {
    let city = City::found().await;
    let operators = Operators::of(&city).await;
    let bearer = Bearer::Venue { venue: "library".into(), device: "=1+1,\"x\"".into() };
    let odd = credential(&*city.store(), bearer, city.clock.time()).await;
    let (_, wallet) = city.citizen(LIN).await;
    let old = code(&wallet);
    city.clock.advance(61);
    let body = json!({ "code": old, "scene": LIBRARY });
    for device in [&odd, &city.library] {
        city.scan(device, body.clone()).await;
        city.clock.advance(1);
    }
    let file = async |query: &str| {
        let path = format!("scans/export?{query}");
        let response = request(&city, Method::GET, &path, &operators.viewer).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let headers = response.headers().clone();
        assert_eq!(headers["cache-control"], "no-store");
        assert!(!headers.contains_key("szid-next"));
        let name = headers["content-disposition"].to_str().unwrap().to_owned();
        (name, headers["content-type"].to_str().unwrap().to_owned(), response.text().await.unwrap())
    };
    let (name, kind, table) = file("format=csv").await;
    assert!(name.ends_with("\"szid-scans.csv\"") && kind.starts_with("text/csv"), "{name} {kind}");
    let lines: Vec<&str> = table.split("\r\n").collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0], "\u{feff}time,gate_time,kind,device,scene,decision,reason,receipt,site");
    assert!(lines[1].contains("+08:00,,online,desk,2,refuse,CODE_EXPIRED,"), "{table}");
    assert!(lines[2].contains(",\"'=1+1,\"\"x\"\"\",2,"), "{table}");
    let (_, _, filtered) = file("format=csv&device=desk").await;
    assert_eq!(filtered.split("\r\n").count(), 3);
    let (name, _, json) = file("format=json&device=desk&limit=1").await;
    assert!(name.ends_with("\"szid-scans.json\""));
    let parsed: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(column(&parsed, "reason"), ["CODE_EXPIRED"]);
    let wrong = get(&city, "scans/export?format=xls", &operators.viewer).await;
    assert_problem(wrong, "BAD_REQUEST");
    city.stop().await;
}

#[tokio::test]
async fn lifting_a_freeze_and_revoking_take_two_registrars() {
    let city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    let (other, _) = city.citizen(SAMPLE).await;
    assert_eq!(city.set_account(&person, "freeze").await.0, StatusCode::OK);
    let ask = async |person: &str, what: &str| {
        let path = format!("/v1/registrar/persons/{person}/{what}");
        let body = json!({ "reason": "found_phone" });
        answer(city.post(&path).bearer_auth(&city.registrar).json(&body)).await
    };
    let confirm = async |asked: &Value, secret: &str| {
        let path = format!("/v1/registrar/requests/{}/confirm", text(asked, "request"));
        answer(city.post(&path).bearer_auth(secret)).await
    };
    let (status, asked) = ask(&person, "unfreeze").await;
    assert_eq!((status, text(&asked, "state")), (StatusCode::ACCEPTED, "pending"));
    assert_eq!(city.reason(&code(&wallet), LIBRARY, "a").await, "FROZEN");
    assert_problem(confirm(&asked, &city.registrar).await, "REQUEST_OWN");
    assert_problem(confirm(&asked, &city.library).await, "ROLE_DENIED");
    let list = answer(city.get("/v1/registrar/requests").bearer_auth(&city.registrar)).await;
    assert_eq!(list.1["requests"], json!([asked.clone()]));
    let (status, account) = confirm(&asked, &city.second_registrar).await;
    assert_eq!((status, text(&account, "account")), (StatusCode::OK, "active"));
    assert_eq!(city.reason(&code(&wallet), LIBRARY, "a").await, "OK");
    assert_problem(confirm(&asked, &city.second_registrar).await, "NOT_FOUND");

    let (_, late) = ask(&person, "revoke").await;
    city.clock.advance(DAY);
    assert_problem(confirm(&late, &city.second_registrar).await, "REQUEST_EXPIRED");
    let (_, dropped) = ask(&person, "revoke").await;
    let path = format!("{}/v1/registrar/requests/{}", city.base_url, text(&dropped, "request"));
    let drop = city.http.delete(path).bearer_auth(&city.second_registrar);
    assert_eq!(answer(drop).await.0, StatusCode::NO_CONTENT);
    // Two requests for one person: the revocation ends the other one.
    assert_eq!(city.set_account(&other, "freeze").await.0, StatusCode::OK);
    let (_, revoke) = ask(&other, "revoke").await;
    let (_, unfreeze) = ask(&other, "unfreeze").await;
    assert_eq!(confirm(&revoke, &city.second_registrar).await.0, StatusCode::OK);
    assert_problem(confirm(&unfreeze, &city.second_registrar).await, "NOT_FOUND");
    assert_problem(ask(&other, "unfreeze").await, "ACCOUNT_STATE");
    assert_problem(ask(&BASE64URL_NOPAD.encode(&[9; 16]), "revoke").await, "NOT_FOUND");

    let entries = city.store().audit_entries(1, 100).await.unwrap();
    let two = entries.iter().any(|entry| {
        matches!(&entry.event, AuditEvent::Account { account, actor, asked_by, reason, .. }
            if account == "active" && actor == "counter-2" && asked_by.as_deref() == Some("counter-1")
                && reason == "found_phone")
    });
    assert!(two);
    assert_whole(&city).await;
    city.stop().await;
}
