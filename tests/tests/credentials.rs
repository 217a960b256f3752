//! Credentials over the running service: made by two, withdrawn by one, at once, and listed.

use reqwest::{Method, StatusCode};
use serde_json::json;
use szid_register::{Bearer, OperatorRole};
use szid_tests::administrators::*;
use szid_tests::city::*;

#[tokio::test]
async fn a_registrar_is_made_by_two_and_withdrawn_by_one_without_the_secret() {
    let city = City::found().await;
    let admin = Administrators::of(&city).await;
    let wanted = json!({ "role": "registrar", "name": "counter-9" });
    let asked = make(&city, &admin.chen, wanted).await;
    assert_eq!((text(&asked.1, "asked_by"), text(&asked.1, "state")), ("chen", "pending"));
    assert_problem(confirm(&city, &asked, &admin.chen).await, "REQUEST_OWN");
    let before = get(&city, "credentials?role=registrar", &admin.chen).await;
    assert_eq!(before["credentials"].as_array().unwrap().len(), 2, "asking gives nothing");

    let (status, given) = confirm(&city, &asked, &admin.zhao).await;
    assert_eq!(status, StatusCode::OK, "{given}");
    assert_problem(confirm(&city, &asked, &admin.zhao).await, "NOT_FOUND");
    let secret = text(&given, "secret");
    let requests = || answer(city.get("/v1/registrar/requests").bearer_auth(secret));
    assert_eq!(requests().await.0, StatusCode::OK);

    let list = get(&city, "credentials?role=registrar", &admin.chen).await;
    assert!(!list.to_string().contains(secret));
    let new = list["credentials"].as_array().unwrap().iter();
    let new = new.clone().find(|one| one["credential"] == given["credential"]).unwrap();
    assert_eq!((text(new, "state"), text(new, "made_by")), ("good", "zhao"));
    assert_eq!(new["made_at"], json!(city.clock.time()));

    let withdraw = format!("credentials/{}/withdraw", text(&given, "credential"));
    assert_problem(post(&city, &withdraw, secret).await, "ROLE_DENIED");
    assert_eq!(requests().await.0, StatusCode::OK);
    for _ in 0..2 {
        let (status, withdrawn) = post(&city, &withdraw, &admin.chen).await;
        assert_eq!((status, text(&withdrawn, "state")), (StatusCode::OK, "withdrawn"));
    }
    assert_problem(requests().await, "CREDENTIAL_REVOKED");

    let subject = ["registrar", "counter-9"];
    let expected = [
        entry(subject, None, Some("asked"), ["chen", ""]),
        entry(subject, None, Some("confirmed"), ["zhao", "chen"]),
        entry(subject, Some("withdrawn"), None, ["chen", ""]),
    ];
    assert_eq!(registered(&city).await, expected);
    city.stop().await;
}

#[tokio::test]
async fn a_desk_is_made_by_two_and_its_withdrawal_ends_its_sessions_at_once() {
    let city = City::found().await;
    let admin = Administrators::of(&city).await;
    let wanted = json!({ "role": "device", "venue": "library", "name": "desk-2" });
    let asked = make(&city, &admin.chen, wanted).await;
    let (_, made) = confirm(&city, &asked, &admin.zhao).await;
    let secret = text(&made, "secret").to_owned();
    let body = json!({ "code": "x" });
    assert_eq!(city.scan(&secret, body.clone()).await.0, StatusCode::OK);
    let sign_in = city.post("/console/session").json(&json!({ "credential": secret }));
    let session = sign_in.send().await.unwrap();
    let cookie = session.headers()["set-cookie"].to_str().unwrap().to_owned();
    let cookie = cookie.split(';').next().unwrap();
    let resume = || answer(city.get("/console/session").header("cookie", cookie));
    assert_eq!(resume().await.0, StatusCode::OK);

    let withdraw = format!("credentials/{}/withdraw", text(&made, "credential"));
    assert_eq!(post(&city, &withdraw, &admin.zhao).await.0, StatusCode::OK);
    assert_problem(city.scan(&secret, body).await, "CREDENTIAL_REVOKED");
    assert_problem(resume().await, "CREDENTIAL_REVOKED");
    let list = get(&city, "credentials?venue=library", &admin.chen).await;
    let states = list["credentials"].as_array().unwrap().iter();
    let states: Vec<_> =
        states.map(|one| (text(&one["bearer"], "name"), text(one, "state"))).collect();
    assert_eq!(states, [("desk", "good"), ("desk-2", "withdrawn")]);
    city.stop().await;
}

#[tokio::test]
async fn operators_are_made_by_two_whatever_they_may_do() {
    let city = City::found().await;
    let admin = Administrators::of(&city).await;
    let operator = |name: &str, duty: &str| json!({ "role": "operator", "venue": "library", "name": name, "duty": duty });
    let asked = make(&city, &admin.zhao, operator("zhou", "viewer")).await;
    assert_eq!(confirm(&city, &asked, &admin.chen).await.0, StatusCode::OK);
    let asked = make(&city, &admin.chen, operator("li", "manager")).await;
    let (_, given) = confirm(&city, &asked, &admin.zhao).await;
    let devices = city.get("/v1/operator/devices").bearer_auth(text(&given, "secret"));
    assert_eq!(answer(devices).await.0, StatusCode::OK);
    for scope in ["credentials?role=operator", "credentials?venue=library"] {
        let list = get(&city, scope, &admin.chen).await;
        let list = list["credentials"].as_array().unwrap().iter();
        let names: Vec<_> = list
            .filter(|one| one["bearer"]["role"] == "operator")
            .map(|one| (text(&one["bearer"], "name"), text(&one["bearer"], "duty")))
            .collect();
        assert_eq!(names, [("li", "manager"), ("zhou", "viewer")], "{scope}");
    }
    city.stop().await;
}

#[tokio::test]
async fn whoever_is_withdrawn_has_nothing_waiting_and_the_last_administrator_stays() {
    let city = City::found().await;
    let admin = Administrators::of(&city).await;
    let manager = async |name: &str| {
        let (venue, name) = ("library".into(), name.into());
        let bearer = Bearer::Operator { venue, name, duty: OperatorRole::Manager };
        credential(&*city.store(), bearer, city.clock.time()).await
    };
    let (li, wang) = (manager("li").await, manager("wang").await);
    let requests = || city.http.get(format!("{}/v1/operator/requests", city.base_url));
    let ask = city.post("/v1/operator/requests").bearer_auth(&li);
    let (status, _) = answer(ask.json(&json!({ "device": "desk-3" }))).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let list = get(&city, "credentials?venue=library", &admin.zhao).await;
    let list = list["credentials"].as_array().unwrap();
    let one = list.iter().find(|one| one["bearer"]["name"] == "li").unwrap();
    let withdraw = format!("credentials/{}/withdraw", text(one, "credential"));
    assert_eq!(post(&city, &withdraw, &admin.zhao).await.0, StatusCode::OK);
    let left = answer(requests().bearer_auth(&wang)).await;
    assert_eq!(left, (StatusCode::OK, json!({ "requests": [] })));

    // So it is with an administrator.
    let asked =
        make(&city, &admin.chen, json!({ "role": "registrar", "name": "accomplice" })).await;
    let named = async |name: &str| {
        let list = get(&city, "credentials?role=administrator", &admin.zhao).await;
        let list = list["credentials"].as_array().unwrap();
        let one = list.iter().find(|one| one["bearer"]["name"] == name).unwrap();
        format!("credentials/{}/withdraw", text(one, "credential"))
    };
    assert_eq!(post(&city, &named("chen").await, &admin.zhao).await.0, StatusCode::OK);
    assert_problem(
        post(&city, "venues/library/suspend", &admin.chen).await,
        "CREDENTIAL_CONTESTED",
    );
    assert_problem(confirm(&city, &asked, &admin.zhao).await, "NOT_FOUND");
    let waits = get(&city, "requests", &admin.zhao).await["requests"].clone();
    assert_eq!(waits.as_array().unwrap().len(), 1, "the withdrawal, for a second one: {waits}");
    assert_problem(post(&city, &named("zhao").await, &admin.zhao).await, "ADMINISTRATOR_LAST");

    // Alone, an administrator protects and gives no power.
    assert_eq!(post(&city, "venues/library/suspend", &admin.zhao).await.0, StatusCode::OK);
    let alone = make(&city, &admin.zhao, json!({ "role": "administrator", "name": "qian" })).await;
    assert_problem(confirm(&city, &alone, &admin.zhao).await, "REQUEST_OWN");
    // A second credential of the same name is the same person.
    let bearer = Bearer::Administrator { name: "zhao".into() };
    let second = credential(&*city.store(), bearer, city.clock.time()).await;
    assert_problem(confirm(&city, &alone, &second).await, "REQUEST_OWN");
    assert_eq!(post(&city, &named("zhao").await, &second).await.0, StatusCode::OK);

    let steps = registered(&city).await;
    let dropped = entry(["registrar", "accomplice"], None, Some("refused"), ["zhao", "chen"]);
    assert!(steps.contains(&dropped), "{steps:?}");
    city.stop().await;
}

#[tokio::test]
async fn a_long_list_comes_in_pages() {
    let city = City::found().await;
    let admin = Administrators::of(&city).await;
    for number in 0..203 {
        let bearer = Bearer::Venue { venue: "hall".into(), device: format!("desk-{number:03}") };
        credential(&*city.store(), bearer, city.clock.time()).await;
    }
    let viewer =
        Bearer::Operator { venue: "hall".into(), name: "li".into(), duty: OperatorRole::Viewer };
    credential(&*city.store(), viewer, city.clock.time()).await;
    let page = get(&city, "credentials?venue=hall", &admin.chen).await;
    assert_eq!(page["credentials"].as_array().unwrap().len(), 200);
    let next = format!("credentials?venue=hall&after={}", text(&page, "next"));
    let rest = get(&city, &next, &admin.chen).await;
    let names = rest["credentials"].as_array().unwrap().iter();
    let names: Vec<_> = names.map(|one| text(&one["bearer"], "name")).collect();
    assert_eq!(names, ["desk-199", "desk-200", "desk-201", "desk-202", "li"]);
    assert!(rest.get("next").is_none());
    let elsewhere = format!("credentials?venue=library&after={}", text(&page, "next"));
    assert_problem(send(&city, Method::GET, &elsewhere, &admin.chen, None).await, "BAD_REQUEST");
    city.stop().await;
}
