//! What an operator relies on: limits, metrics, readiness, the description, and an orderly end.

use std::num::NonZeroU32;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use szid_issuer::keys::FileSigner;
use szid_issuer::{Limits, Rate};
use szid_protocol::crypto::Signer;
use szid_protocol::trust::TrustList;
use szid_register::entropy::SystemEntropy;
use szid_tests::city::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn rate(per_second: u32, burst: u32) -> Option<Rate> {
    let number = |value| NonZeroU32::new(value).unwrap();
    Some(Rate { per_second: number(per_second), burst: number(burst) })
}

/// Some route whose rate is counted.
const LIMITED: &str = "/v1/trust";

#[tokio::test]
async fn too_many_requests_of_an_address_wait_and_other_addresses_do_not() {
    let proxies = vec!["127.0.0.1".parse().unwrap(), "10.8.0.0/16".parse().unwrap()];
    let limits = Limits { per_address: rate(1, 5), proxies, ..Limits::default() };
    let city = City::with(limits).await;
    let from = |address: &str| city.get(LIMITED).header("x-forwarded-for", address);
    for _ in 0..5 {
        assert_eq!(from("10.0.0.1").send().await.unwrap().status(), StatusCode::OK);
    }
    let refused = from("10.0.0.1").send().await.unwrap();
    let seconds: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=2).contains(&seconds));
    // What a client says of itself, and what a second proxy adds, changes nothing.
    assert_problem(answer(from("6.6.6.6, 10.0.0.1")).await, "TOO_MANY");
    assert_problem(answer(from("10.0.0.1, 10.8.1.1")).await, "TOO_MANY");
    assert_eq!(from("10.0.0.2").send().await.unwrap().status(), StatusCode::OK);
    city.stop().await;
}

#[tokio::test]
async fn nobody_but_a_named_proxy_says_where_a_request_comes_from() {
    let proxies = vec!["10.0.0.0/8".parse().unwrap()];
    let limits = Limits { per_address: rate(1, 5), proxies, ..Limits::default() };
    let city = City::with(limits).await;
    let from =
        |number: u32| city.get(LIMITED).header("x-forwarded-for", format!("10.0.0.{number}"));
    for number in 0..5 {
        assert_eq!(from(number).send().await.unwrap().status(), StatusCode::OK);
    }
    assert_problem(answer(from(6)).await, "TOO_MANY");
    city.stop().await;
}

#[tokio::test]
async fn a_page_of_another_origin_reads_that_it_has_to_wait() {
    let limits = Limits { per_address: rate(1, 1), ..Limits::default() };
    let city = City::with(limits).await;
    let page = || city.get(LIMITED).header("origin", "https://verifier.example");
    assert_eq!(page().send().await.unwrap().status(), StatusCode::OK);
    let refused = page().send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()["access-control-allow-origin"], "*");
    assert!(refused.headers().contains_key("retry-after"));
    let asks = city.http.request("OPTIONS".parse().unwrap(), format!("{}{LIMITED}", city.base_url));
    let asks = asks.header("origin", "https://verifier.example");
    let may = asks.header("access-control-request-method", "GET").send().await.unwrap();
    assert_eq!(may.status(), StatusCode::OK, "the browser's own question costs nobody's rate");
    city.stop().await;
}

#[tokio::test]
async fn whoever_asks_for_its_health_is_never_told_to_wait() {
    let limits = Limits { per_address: rate(1, 1), requests: 1, ..Limits::default() };
    let city = City::with(limits).await;
    for _ in 0..20 {
        for path in ["/healthz", "/readyz"] {
            assert_eq!(city.get(path).send().await.unwrap().status(), StatusCode::OK, "{path}");
        }
    }
    city.stop().await;
}

#[tokio::test]
async fn a_credential_has_a_rate_of_its_own() {
    let limits = Limits { per_address: None, per_credential: rate(1, 3), ..Limits::default() };
    let city = City::with(limits).await;
    let scan = async |secret: &str| city.scan(secret, json!({ "code": "x", "scene": PARK })).await;
    for _ in 0..3 {
        assert_eq!(scan(&city.hall).await.0, StatusCode::OK);
    }
    assert_problem(scan(&city.hall).await, "TOO_MANY");
    assert_problem(scan(&city.library).await, "SCENE_DENIED");
    let (_, text) = (0, city.get("/metrics").send().await.unwrap().text().await.unwrap());
    assert!(text.contains("szid_requests_limited_total{limit=\"rate\"} 1"), "{text}");
    city.stop().await;
}

#[tokio::test]
async fn heads_and_bodies_are_bounded() {
    let limits = Limits { request_seconds: 1, ..Limits::default() };
    let city = City::with(limits).await;
    let address = city.base_url.strip_prefix("http://").unwrap();
    let exchange = async |text: String| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // The service may close before all of it was sent.
        let _ = stream.write_all(text.as_bytes()).await;
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        let _ = tokio::time::timeout(Duration::from_secs(5), read).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    };
    let long = format!("GET /healthz HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "x".repeat(40_000));
    assert!(exchange(long).await.starts_with("HTTP/1.1 431"));
    let many = "x: y\r\n".repeat(100);
    assert!(exchange(format!("GET / HTTP/1.1\r\n{many}\r\n")).await.starts_with("HTTP/1.1 431"));
    assert!(exchange("nonsense\r\n\r\n".into()).await.starts_with("HTTP/1.1 400"));
    // A body that never comes costs the request's time and no more.
    let head = "POST /v1/scans HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\n\
        content-length: 10\r\nauthorization: Bearer ";
    let slow = exchange(format!("{head}{}\r\n\r\n", city.hall)).await;
    assert!(slow.starts_with("HTTP/1.1 408") && slow.contains("\"TIMEOUT\""), "{slow}");

    city.stop().await;
}

/// Waits for the other end to close, which sends nothing before.
async fn is_closed(stream: &mut TcpStream) -> bool {
    let mut byte = [0; 1];
    let read = stream.read(&mut byte);
    matches!(tokio::time::timeout(Duration::from_secs(5), read).await, Ok(Ok(0) | Err(_)))
}

#[tokio::test]
async fn idle_connections_make_way_and_a_venues_last_of_all() {
    let limits = Limits { connections: 8, per_address: None, ..Limits::default() };
    let city = City::with(limits).await;
    let address = city.base_url.strip_prefix("http://").unwrap();
    let scan = async |client: &reqwest::Client| {
        let request = client.post(format!("{}/v1/scans", city.base_url)).bearer_auth(&city.hall);
        let request = request.json(&json!({ "code": "x", "scene": PARK }));
        request.send().await.map(|answer| answer.status().as_u16()).ok()
    };
    let desk = reqwest::Client::builder().pool_max_idle_per_host(1).build().unwrap();
    assert_eq!(scan(&desk).await, Some(200));
    // Far more sockets than there are places, none of which sends anything.
    let mut flood = Vec::new();
    for _ in 0..40 {
        flood.push(TcpStream::connect(address).await.unwrap());
    }
    // The first ones have made way.
    assert!(is_closed(&mut flood[0]).await);
    // The desk goes on over the connection that it has, and another one gets a new one.
    assert_eq!(scan(&desk).await, Some(200));
    let other = reqwest::Client::builder().build().unwrap();
    assert_eq!(scan(&other).await, Some(200));
    city.stop().await;
}

#[tokio::test]
async fn one_address_does_not_hold_all_connections() {
    let limits = Limits { connections_per_address: 2, ..Limits::default() };
    let city = City::with(limits).await;
    let address = city.base_url.strip_prefix("http://").unwrap();
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(TcpStream::connect(address).await.unwrap());
    }
    // None of them is used: the oldest makes way.
    assert!(is_closed(&mut held[0]).await);
    drop(held);
    while city.get("/healthz").send().await.is_err() {}
    city.stop().await;
}

#[tokio::test]
async fn one_token_does_not_hold_all_long_polls() {
    // Without rates: whoever is refused is refused for the polls that wait.
    let (per_address, per_credential) = (None, None);
    let limits =
        Limits { waiting_per_credential: 2, per_address, per_credential, ..Limits::default() };
    let city = City::with(limits).await;
    let token = city.access_token(LIN).await;
    let poll = |token: &str, wait: u32| {
        city.get(&format!("/v1/holder/consents?wait={wait}")).bearer_auth(token)
    };
    let metric = async |name: &str| {
        let text = city.get("/metrics").send().await.unwrap().text().await.unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0.0, |value| value.parse::<f64>().unwrap())
    };
    let waiting: Vec<_> = (0..2).map(|_| tokio::spawn(answer(poll(&token, 25)))).collect();
    // Both are there once three requests are answered at a time: they, and the one that asks.
    while metric("szid_http_requests_in_flight").await < 3.0 {
        tokio::task::yield_now().await;
    }
    assert_problem(answer(poll(&token, 0)).await, "TOO_MANY");
    let refused = "szid_requests_limited_total{limit=\"waiting\"}";
    assert_eq!(metric(refused).await, 1.0);
    let other = city.access_token(SAMPLE).await;
    assert_eq!(answer(poll(&other, 0)).await.0, StatusCode::OK);
    // Whoever goes away gives its place back, and is counted no longer.
    waiting[0].abort();
    while metric("szid_http_requests_in_flight").await > 2.0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(answer(poll(&token, 0)).await.0, StatusCode::OK);
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
    city.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_too() {
    let city = City::found().await;
    assert_problem(answer(city.get("/v2/scans")).await, "NOT_FOUND");
    assert_problem(answer(city.get("/v1/scans")).await, "METHOD_NOT_ALLOWED");
    assert_problem(answer(city.post("/v1/trust")).await, "METHOD_NOT_ALLOWED");
    city.stop().await;
}

#[tokio::test]
async fn metrics_count_without_naming_anybody() {
    let city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    let digits = code(&wallet);
    city.reason(&digits, PARK, "gate").await;
    city.reason(&digits, PARK, "gate").await;
    let response = city.get("/metrics").send().await.unwrap();
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    assert!(kind.starts_with("application/openmetrics-text"));
    let text = response.text().await.unwrap();
    for line in [
        "szid_scans_total{decision=\"accept\",reason=\"OK\"} 1",
        "szid_scans_total{decision=\"refuse\",reason=\"REPLAY\"} 1",
        "szid_passes_issued_total 14",
        "szid_persons_enrolled_total 1",
        "szid_http_requests_total{route=\"/v1/scans\",method=\"POST\",status=\"200\"} 2",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(text.ends_with("# EOF\n") && !text.contains(&person) && !text.contains("hall"));
    city.stop().await;
}

#[tokio::test]
async fn the_description_is_openapi_3_1_and_names_every_route() {
    let city = City::found().await;
    let (status, description) = answer(city.get("/openapi.json")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths = description["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 79);
    for (path, operations) in paths {
        for (method, operation) in operations.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{path} has no summary");
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.keys().any(|status| status.starts_with('2')), "{path}");
            // What is described is served: whatever is missing in this request, it is not the route.
            let method = method.to_uppercase().parse().unwrap();
            let real = path
                .replace("{id}", "x")
                .replace("{person}", "x")
                .replace("{exp}", "1")
                .replace("{list}", "0");
            let sent = city.http.request(method, format!("{}{real}", city.base_url));
            let (status, body) = answer(sent).await;
            assert_ne!(status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
            let parameters = path.contains('{');
            assert!(parameters || status != StatusCode::NOT_FOUND, "{path} {body}");
        }
    }
    // Every schema that is named is there.
    let mut names = Vec::new();
    references(&description, &mut names);
    assert!(!names.is_empty());
    for name in names {
        assert!(description.pointer(&name[1..]).is_some(), "{name}");
    }
    city.stop().await;
}

#[tokio::test]
async fn every_request_and_answer_has_examples_that_fit_its_schema() {
    let city = City::found().await;
    let (_, description) = answer(city.get("/openapi.json")).await;
    let mut bodies = Vec::new();
    let operations = description["paths"].as_object().unwrap().values();
    for operation in operations.flat_map(|path| path.as_object().unwrap().values()) {
        references(&operation["requestBody"], &mut bodies);
        references(&operation["responses"], &mut bodies);
    }
    bodies.sort_unstable();
    bodies.dedup();
    assert!(bodies.len() > 40, "{bodies:?}");
    for name in &bodies {
        let examples = description.pointer(&format!("{}/examples", &name[1..]));
        let examples = examples.unwrap_or_else(|| panic!("{name} has no example"));
        // JSON Schema 2020-12, which OpenAPI 3.1 takes as it is.
        let schema = json!({ "$ref": name, "components": description["components"] });
        let schema = jsonschema::validator_for(&schema).unwrap();
        for example in examples.as_array().unwrap() {
            let faults: Vec<_> =
                schema.iter_errors(example).map(|fault| fault.to_string()).collect();
            assert!(faults.is_empty(), "{name}: {example}: {faults:?}");
            // A member that the schema does not know is a slip as well.
            let known = description.pointer(&format!("{}/properties", &name[1..])).unwrap();
            for member in example.as_object().unwrap().keys() {
                assert!(known.get(member).is_some(), "{name}: {member}");
            }
        }
        assert!(!examples.as_array().unwrap().is_empty(), "{name}");
    }
    // No example is left over, its schema renamed.
    let text = include_str!("../../issuer/service/data/examples.json");
    let written: Value = serde_json::from_str(text).unwrap();
    for name in written.as_object().unwrap().keys() {
        let examples = description.pointer(&format!("/components/schemas/{name}/examples"));
        assert_eq!(examples, Some(&written[name]), "{name}");
    }
    city.stop().await;
}

#[tokio::test]
async fn the_examples_are_what_the_service_takes_and_gives() {
    let city = City::found().await;
    let (_, description) = answer(city.get("/openapi.json")).await;
    let examples = |name: &str| {
        let path = format!("/components/schemas/{name}/examples");
        description.pointer(&path).unwrap().as_array().unwrap().clone()
    };
    // Each request is read as one, whatever becomes of it: the example's code is an old one.
    for example in examples("ScanRequest") {
        let (status, body) = city.scan(&city.hall, example.clone()).await;
        let otherwise = ["SCENE_DENIED", "SCENE_MISSING"].map(|code| body["code"] == code);
        let read = status == StatusCode::OK || otherwise.contains(&true);
        assert!(read, "{example}: {body}");
    }
    let enrolment = city.post("/v1/registrar/enrolments").bearer_auth(&city.registrar);
    let (status, enrolled) = answer(enrolment.json(&examples("EnrolmentRequest")[0])).await;
    assert_eq!(status, StatusCode::CREATED, "{enrolled}");
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&enrolled), names(&examples("Enrolled")[0]));
    // And an answer has the members of one of its examples.
    let (_, refused) = city.scan(&city.library, json!({ "code": "1" })).await;
    let known = examples("ScanAnswer").iter().flat_map(names).collect::<Vec<_>>();
    assert!(names(&refused).iter().all(|name| known.contains(name)), "{refused}");
    city.stop().await;
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(name)) = members.get("$ref") {
                found.push(name.clone());
            }
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn a_service_is_ready_until_its_trust_list_has_run_out() {
    let city = City::found().await;
    assert_eq!(city.get("/readyz").send().await.unwrap().status(), StatusCode::OK);
    city.clock.advance(30 * 86_400);
    let (status, body) = answer(city.get("/readyz")).await;
    assert_eq!((status, &body["ready"]), (StatusCode::SERVICE_UNAVAILABLE, &json!(false)));
    assert_eq!(body["conditions"][0]["code"], "TRUST_OVER");
    let metrics = city.get("/metrics").send().await.unwrap().text().await.unwrap();
    assert!(
        metrics.contains("szid_condition{code=\"TRUST_OVER\",severity=\"not_ready\"} 1"),
        "{metrics}"
    );
    assert_eq!(city.get("/healthz").send().await.unwrap().status(), StatusCode::OK);
    city.stop().await;
}

#[tokio::test]
async fn a_trust_list_that_runs_out_is_told_a_fortnight_before() {
    let city = City::found().await;
    let conditions = async || {
        let (status, body) = answer(city.get("/readyz")).await;
        let codes = body["conditions"].as_array().unwrap().iter();
        (status, codes.map(|one| one["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>())
    };
    // Long before, venues without a connection take none of that age: that is told as well.
    let told = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>();
    city.clock.advance(16 * 86_400 - 1);
    assert_eq!(conditions().await, (StatusCode::OK, told(&["TRUST_OLD"])));
    city.clock.advance(1);
    assert_eq!(conditions().await, (StatusCode::OK, told(&["TRUST_EXPIRES", "TRUST_OLD"])));
    let metrics = city.get("/metrics").send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("szid_condition{code=\"TRUST_EXPIRES\",severity=\"warning\"} 1"));
    city.clock.advance(14 * 86_400);
    let over = vec!["TRUST_OVER".to_owned()];
    assert_eq!(conditions().await, (StatusCode::SERVICE_UNAVAILABLE, over));
    city.stop().await;
}

#[tokio::test]
async fn a_key_that_the_trust_list_lets_run_out_and_a_list_that_is_refused_are_told() {
    const DAY: u64 = 86_400;
    let root = FileSigner::throw_away(&SystemEntropy).unwrap();
    let mut keys = None;
    let city = City::changed(|parts| {
        let now = parts.clock.now();
        let trusted = parts.keys.trusted(&parts.base_url, now, now + 400 * DAY);
        let list = TrustList { version: 1, iat: now, exp: now + 60 * DAY, keys: trusted };
        parts.roots = vec![root.public_key()];
        // Another root has signed the policy that came with them.
        parts.levels = None;
        parts.trust_list = list.sign(&root).unwrap();
        keys = Some(parts.keys.clone());
    })
    .await;
    let (keys, now) = (keys.unwrap(), city.clock.time());
    let list = |version, base_url: &str, pass_days: u64| {
        let mut trusted = keys.trusted(base_url, now, now + 400 * DAY);
        trusted[0].to = now + pass_days * DAY;
        let iat = city.clock.time();
        let list = TrustList { version, iat, exp: now + 60 * DAY, keys: trusted };
        list.sign(&root).unwrap()
    };
    let conditions = async || {
        let (status, body) = answer(city.get("/readyz")).await;
        let codes = body["conditions"].as_array().unwrap().iter();
        (
            status.as_u16(),
            codes.map(|one| one["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>(),
        )
    };
    let (old, ending) = (list(1, &city.base_url, 400), list(2, &city.base_url, 16));
    city.replace_trust_list(&ending).unwrap();
    assert_eq!(conditions().await, (200, vec![]));
    // From here on a pass for the last day that is issued would outlive its key.
    city.clock.advance(DAY + 1);
    assert_eq!(conditions().await, (200, vec!["KEY_ENDS".to_owned()]));
    city.clock.advance(15 * DAY);
    let unlisted = ["KEY_NOT_LISTED", "TRUST_OLD"].map(str::to_owned).to_vec();
    assert_eq!(conditions().await, (503, unlisted));
    let metrics = city.get("/metrics").send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("szid_condition{code=\"KEY_NOT_LISTED\",severity=\"not_ready\"} 1"));
    let good = list(3, &city.base_url, 400);
    city.replace_trust_list(&good).unwrap();
    assert_eq!(conditions().await, (200, vec![]));

    // What a start would refuse is refused while it runs, and told until there is a good one.
    let elsewhere = list(4, "https://elsewhere.example", 400);
    for refused in [&old, &elsewhere, &ending, &b"no list".to_vec()] {
        assert!(city.replace_trust_list(refused).is_err());
        assert_eq!(conditions().await, (200, vec!["TRUST_REFUSED".to_owned()]));
        city.replace_trust_list(&good).unwrap();
        assert_eq!(conditions().await, (200, vec![]));
    }
    city.stop().await;
}

#[tokio::test]
async fn a_background_task_that_panics_is_told_and_runs_again() {
    let city = City::found().await;
    city.clock.panic_once();
    // The next one to look at the clock is a background task: nobody asks anything meanwhile.
    while city.clock.is_about_to_panic() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let told = async || {
        let (status, body) = answer(city.get("/readyz")).await;
        (status, body["conditions"][0]["code"].as_str().map(str::to_owned))
    };
    let mut seen = told().await;
    while seen.0 == StatusCode::OK {
        seen = told().await;
    }
    assert_eq!(seen.1.as_deref(), Some("TASK_ENDED"));
    while seen.0 != StatusCode::OK {
        tokio::time::sleep(Duration::from_millis(100)).await;
        seen = told().await;
    }
    assert_eq!(seen.1, None);
    city.stop().await;
}

#[tokio::test]
async fn what_was_asked_before_the_end_is_answered() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let body = json!({ "code": code(&wallet), "scene": PARK, "operator": "gate" });
    let last = tokio::spawn(city.post("/v1/scans").bearer_auth(&city.hall).json(&body).send());
    tokio::time::sleep(Duration::from_millis(20)).await;
    city.stop().await;
    let answered: Value = last.await.unwrap().unwrap().json().await.unwrap();
    assert_eq!(answered["reason"], "OK");
}

#[tokio::test]
async fn who_closes_the_own_side_after_asking_is_answered() {
    let city = City::found().await;
    let (_, wallet) = city.citizen(LIN).await;
    let address = city.base_url.strip_prefix("http://").unwrap();
    let exchange = async |request: String, seconds: u64| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        tokio::time::timeout(Duration::from_secs(seconds), read).await.unwrap().unwrap();
        String::from_utf8(answer).unwrap()
    };
    let mut cut_off = String::new();
    for _ in 0..10 {
        city.clock.advance(1);
        let body = json!({ "code": code(&wallet), "scene": PARK, "operator": "gate" }).to_string();
        let head = format!(
            "POST /v1/scans HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
             authorization: Bearer {}\r\ncontent-length: {}\r\n\r\n",
            city.hall,
            body.len()
        );
        // The end comes with the answer, not with the time that is left for one.
        let answer = exchange(format!("{head}{body}"), 2).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"OK\""), "{answer}");
        cut_off = head + &body[..20];
    }
    assert!(!exchange(cut_off, 5).await.contains("\"OK\""), "it is no request");
    // A large answer comes whole.
    let large = exchange("GET /openapi.json HTTP/1.1\r\nhost: a\r\n\r\n".into(), 5).await;
    assert!(
        large.starts_with("HTTP/1.1 200") && large.trim_end().ends_with('}'),
        "{}",
        large.len()
    );
    city.stop().await;
}

#[tokio::test]
async fn bodies_that_trickle_hold_nothing_that_others_work_on() {
    let limits = Limits {
        requests: 2,
        request_seconds: 30,
        body_seconds: 20,
        per_address: None,
        ..Limits::default()
    };
    let city = City::with(limits).await;
    let address = city.base_url.strip_prefix("http://").unwrap();
    let mut slow = Vec::new();
    for path in ["/v1/token", "/v1/scans", "/v1/scans/batch", "/v1/receipts", "/v1/holder/freeze"] {
        for _ in 0..4 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let head = format!(
                "POST {path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
                 authorization: Bearer {}\r\ncontent-length: 100\r\n\r\n{{",
                city.hall
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            slow.push(stream);
        }
    }
    // All of them have come so far that they are counted.
    let begun = async {
        loop {
            let text = city.get("/metrics").send().await.unwrap().text().await.unwrap();
            if text.contains("szid_http_requests_in_flight 21") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), begun).await.unwrap();
    let scan = json!({ "code": "x", "scene": PARK });
    assert_eq!(city.scan(&city.hall, scan).await.0, StatusCode::OK);
    assert_eq!(city.get(LIMITED).send().await.unwrap().status(), StatusCode::OK);
    drop(slow);
    city.stop().await;
}
