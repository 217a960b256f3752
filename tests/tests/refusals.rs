//! Who refuses much of what others asked for keeps them from working: whoever runs the service is told of it,
//! and by whom.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use szid_register::{Bearer, OperatorRole};
use szid_tests::administrators::{Administrators, get, text};
use szid_tests::city::*;

/// The credentials of which the condition tells, once there are so many; the service looks each second.
async fn told_of(city: &City, count: usize) -> Vec<String> {
    let mut named = Vec::new();
    for _ in 0..100 {
        let (_, told) = answer(city.get("/readyz")).await;
        let conditions = told["conditions"].as_array().unwrap();
        let found = conditions.iter().find(|one| one["code"] == "REFUSALS_UNUSUAL");
        let credentials = found.and_then(|found| found["credentials"].as_array());
        let credentials = credentials.into_iter().flatten().map(|id| id.as_str().unwrap().into());
        named = credentials.collect();
        if named.len() == count {
            return named;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not {count}: {named:?}");
}

async fn ask(city: &City, path: &str, secret: &str, body: Value) -> String {
    let (status, asked) = answer(city.post(path).bearer_auth(secret).json(&body)).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{asked}");
    let id = ["request", "id"].into_iter().find_map(|name| asked[name].as_str());
    id.unwrap().to_owned()
}

async fn refuse(city: &City, approvers: &str, id: &str, secret: &str) -> StatusCode {
    let url = format!("{}/v1/{approvers}/requests/{id}", city.base_url);
    answer(city.http.request(Method::DELETE, url).bearer_auth(secret)).await.0
}

#[tokio::test]
async fn many_refusals_by_one_of_any_staff_are_told_with_their_credential() {
    let city = City::found().await;
    city.store().prune(city.clock.time()).await.unwrap();
    let Administrators { chen, zhao } = Administrators::of(&city).await;
    let manager = async |name: &str| {
        let (venue, duty) = ("library".to_owned(), OperatorRole::Manager);
        let bearer = Bearer::Operator { venue, name: name.into(), duty };
        credential(&*city.store(), bearer, city.clock.time()).await
    };
    let (li, wang) = (manager("li").await, manager("wang").await);
    let (person, _) = city.citizen(LIN).await;
    let id_of = async |scope: &str, name: &str| {
        let list = get(&city, &format!("credentials?{scope}"), &chen).await;
        let mut found = list["credentials"].as_array().unwrap().iter();
        let found = found.find(|one| one["bearer"]["name"] == name).unwrap();
        text(found, "credential").to_owned()
    };
    let administrator = json!({ "role": "registrar", "name": "new" });
    let revoke = format!("/v1/registrar/persons/{person}/revoke");
    let staff: [(&str, &str, Value, [&String; 2]); 3] = [
        ("admin", "/v1/admin/credentials", administrator, [&chen, &zhao]),
        ("operator", "/v1/operator/requests", json!({ "device": "desk-9" }), [&li, &wang]),
        ("registrar", &revoke, json!({ "reason": "x" }), [&city.registrar, &city.second_registrar]),
    ];
    let mut told = Vec::new();
    for (approvers, path, body, [asks, refuses]) in staff {
        for number in 1..=20 {
            let id = ask(&city, path, asks, body.clone()).await;
            assert_eq!(refuse(&city, approvers, &id, refuses).await, StatusCode::NO_CONTENT);
            if number == 9 {
                tokio::time::sleep(Duration::from_millis(1200)).await;
                told_of(&city, told.len()).await;
            }
        }
        told.push(match approvers {
            "admin" => id_of("role=administrator", "zhao").await,
            "operator" => id_of("venue=library", "wang").await,
            _ => id_of("role=registrar", "counter-2").await,
        });
        let mut named = told_of(&city, told.len()).await;
        named.sort();
        told.sort();
        assert_eq!(named, told);
    }
    // An hour later it is over.
    city.clock.advance(3600);
    city.store().prune(city.clock.time()).await.unwrap();
    told_of(&city, 0).await;
    city.stop().await;
}
