//! Enrolment at the counter, over HTTP.

use reqwest::StatusCode;
use serde_json::{Value, json};
use szid_tests::city::{City, LIN, answer, assert_problem};

fn body() -> Value {
    json!({ "document": { "type": LIN.0, "number": LIN.1 }, "name": LIN.2, "identity_level": 4,
        "method": "counter" })
}

#[tokio::test]
async fn one_document_is_one_person_however_often_and_however_written() {
    let city = City::found().await;
    let first = city.enrol(LIN).await;
    let again = city.enrol(("111", "４４０３９９１９８８０３１５００１８", LIN.2)).await;
    assert_eq!(first["person"], again["person"]);
    assert_ne!(first["credential_offer_uri"], again["credential_offer_uri"]);
    let tx_code = first["tx_code"].as_str().unwrap();
    assert!(tx_code.len() == 6 && tx_code.bytes().all(|digit| digit.is_ascii_digit()));
    assert!(first.get("name").is_none() && !first.to_string().contains(LIN.1));
    city.stop().await;
}

#[tokio::test]
async fn a_counter_whose_answer_got_lost_asks_again_and_gets_the_same_offer() {
    let city = City::found().await;
    let ask = async |key: &str, name: &str, registrar: &str| {
        let mut body = body();
        body["name"] = json!(name);
        let request = city.post("/v1/registrar/enrolments").bearer_auth(registrar);
        answer(request.header("Idempotency-Key", key).json(&body)).await
    };
    let (status, first) = ask("a-1", LIN.2, &city.registrar).await;
    assert_eq!(status, StatusCode::CREATED, "{first}");
    city.clock.advance(60);
    let (status, mut again) = ask("a-1", LIN.2, &city.registrar).await;
    assert_eq!((status, again["expires_in"].take()), (StatusCode::CREATED, json!(540)), "{again}");
    again["expires_in"] = json!(600);
    assert_eq!(again, first);
    // Another request, another counter and another key ask for what takes two.
    for (key, name, registrar) in [
        ("a-1", "林示", &city.registrar),
        ("a-1", LIN.2, &city.second_registrar),
        ("a-2", LIN.2, &city.registrar),
    ] {
        let (status, asked) = ask(key, name, registrar).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{asked}");
    }
    assert_problem(ask("", LIN.2, &city.registrar).await, "IDEMPOTENCY_KEY");

    // Once it is taken up, nobody gets it again.
    let text = |name: &str| first[name].as_str().unwrap();
    let wallet = city.wallet(text("person"));
    wallet.enrol(text("credential_offer"), text("tx_code")).await.unwrap();
    let (status, asked) = ask("a-1", LIN.2, &city.registrar).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{asked}");
    city.stop().await;
}

#[tokio::test]
async fn the_member_that_cannot_be_read_is_named_and_nothing_that_was_sent() {
    let city = City::found().await;
    let value = "林示例, expected 440399198803150018";
    let whole = |changed: Value| {
        let mut whole = body();
        let members = whole.as_object_mut().unwrap();
        members.extend(changed.as_object().unwrap().clone());
        whole
    };
    let person = json!({ "reason": "lost_phone", value: 1 });
    let enrolments = "/v1/registrar/enrolments";
    let lift = format!("/v1/registrar/persons/{}/unfreeze", "A".repeat(22));
    for (path, sent, about) in [
        (enrolments, whole(json!({ "devices": "add" })), "devices: `replaces` or `adds`"),
        (enrolments, whole(json!({ "devices": value })), "devices: `replaces` or `adds`"),
        (enrolments, whole(json!({ "identity_level": value })), "identity_level: u8"),
        (enrolments, whole(json!({ "identity_level": 999 })), "identity_level: u8"),
        (
            enrolments,
            whole(json!({ "document": { "type": "111" } })),
            "document.number: is missing",
        ),
        (enrolments, json!({}), "document: is missing"),
        (
            &lift,
            json!({ "reason": "a", "device": "x" }),
            "device: one of `reason`, `devices`, `keep_device`",
        ),
        (&lift, person, "one of `reason`, `devices`, `keep_device`"),
        (&lift, json!({ "reason": "a", "keep_device": value }), "keep_device"),
        (&lift, json!({ "reason": "a", "devices": ["a", 7] }), "devices[1]: a string"),
    ] {
        let asked = city.post(path).bearer_auth(&city.registrar).json(&sent);
        let refused = answer(asked).await;
        assert_eq!(refused.1["about"], about, "{sent}");
        let told = refused.1.to_string();
        assert!(!told.contains("林示例") && !told.contains("440399"), "{told}");
        assert_problem(refused, "BAD_REQUEST");
    }
    let half = city.post(enrolments).bearer_auth(&city.registrar);
    let half = half.header("content-type", "application/json").body("{\n\"name\": 林}");
    let refused = answer(half).await;
    assert_eq!(refused.1["about"], "JSON, line 2, column 9");
    city.stop().await;
}

#[tokio::test]
async fn what_is_wrong_is_named_and_nothing_is_written() {
    let city = City::found().await;
    let before = city.store().audit_head().await.unwrap();
    let long = "林".repeat(41);
    for (at, value, code) in [
        ("/document/type", json!("999"), "DOCUMENT_TYPE"),
        ("/document/number", json!("440399198803150019"), "DOCUMENT_NUMBER"),
        ("/document/number", json!("11010519491231002X"), "DOCUMENT_DEMO"),
        ("/name", json!(""), "NAME_INVALID"),
        ("/name", json!(long), "NAME_INVALID"),
        ("/name", json!("a\u{0}b"), "NAME_INVALID"),
        ("/identity_level", json!(0), "LEVEL_INVALID"),
        ("/identity_level", json!(5), "LEVEL_INVALID"),
        ("/identity_level", json!(-1), "BAD_REQUEST"),
        ("/method", json!("telepathy"), "METHOD_INVALID"),
        ("/name", json!(7), "BAD_REQUEST"),
        ("/document", json!(null), "BAD_REQUEST"),
    ] {
        let mut wrong = body();
        *wrong.pointer_mut(at).unwrap() = value;
        let request = city.post("/v1/registrar/enrolments").bearer_auth(&city.registrar);
        assert_problem(answer(request.json(&wrong)).await, code);
    }
    let request = || city.post("/v1/registrar/enrolments").bearer_auth(&city.registrar);
    for text in ["", "{", "[]", "\u{feff}{}", "{\"name\":\"a\",\"name\":\"b\"}"] {
        let sent = request().header("content-type", "application/json").body(text);
        assert_problem(answer(sent).await, "BAD_REQUEST");
    }
    assert_problem(answer(request().body(body().to_string())).await, "MEDIA_TYPE");
    let large = vec![b' '; 200_000];
    let sent = request().header("content-type", "application/json").body(large);
    assert_problem(answer(sent).await, "TOO_LARGE");
    assert_eq!(city.store().audit_head().await.unwrap(), before);
    city.stop().await;
}

#[tokio::test]
async fn only_a_registrar_enrols() {
    let city = City::found().await;
    let request = || city.post("/v1/registrar/enrolments").json(&body());
    assert_problem(answer(request()).await, "CREDENTIAL_MISSING");
    assert_problem(answer(request().bearer_auth("guess")).await, "CREDENTIAL_MISSING");
    assert_problem(answer(request().bearer_auth("x".repeat(5000))).await, "CREDENTIAL_MISSING");
    assert_problem(answer(request().basic_auth("a", Some("b"))).await, "CREDENTIAL_MISSING");
    assert_problem(answer(request().bearer_auth(&city.hall)).await, "ROLE_DENIED");
    let response = request().send().await.unwrap();
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    city.stop().await;
}

#[tokio::test]
async fn names_and_numbers_lie_in_the_register_sealed_only() {
    let city = City::found().await;
    let person = city.enrol(LIN).await["person"].as_str().unwrap().to_owned();
    let kept = city.store().person(person.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((kept.document_class, kept.claimed_level(city.clock.time())), (111, 4));
    for part in [LIN.1.as_bytes(), LIN.2.as_bytes()] {
        assert!(!kept.sealed.content.windows(part.len()).any(|window| window == part));
    }
    let entries = city.store().audit_entries(0, 100).await.unwrap();
    let told = serde_json::to_string(&entries).unwrap();
    assert!(told.contains(&person) && !told.contains(LIN.1) && !told.contains(LIN.2));
    let (status, _) = city.set_account("nobody", "freeze").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    city.stop().await;
}
