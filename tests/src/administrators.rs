//! Two administrators of the running service over HTTP, and what the audit says of them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use szid_register::Bearer;
use szid_register::audit::{AuditEvent, ChainReport};

use crate::city::{City, answer, credential};

/// The secrets of two administrators.
pub struct Administrators {
    /// Of the one who asks.
    pub chen: String,
    /// Of the one who confirms.
    pub zhao: String,
}

impl Administrators {
    /// Admits chen and zhao.
    pub async fn of(city: &City) -> Self {
        let admit = async |name: &str| {
            let bearer = Bearer::Administrator { name: name.into() };
            credential(&*city.store(), bearer, city.clock.time()).await
        };
        Self { chen: admit("chen").await, zhao: admit("zhao").await }
    }
}

/// A request to the administration, with its answer.
pub async fn send(
    city: &City,
    method: Method,
    path: &str,
    secret: &str,
    body: Option<Value>,
) -> (StatusCode, Value) {
    let url = format!("{}/v1/admin/{path}", city.base_url);
    let request = city.http.request(method, url).bearer_auth(secret);
    answer(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

/// What a look-up answers, which succeeds.
pub async fn get(city: &City, path: &str, secret: &str) -> Value {
    let (status, body) = send(city, Method::GET, path, secret, None).await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    body
}

/// A POST without a body.
pub async fn post(city: &City, path: &str, secret: &str) -> (StatusCode, Value) {
    send(city, Method::POST, path, secret, None).await
}

/// A PUT.
pub async fn put(city: &City, path: &str, secret: &str, body: Value) -> (StatusCode, Value) {
    send(city, Method::PUT, path, secret, Some(body)).await
}

/// Asks for a credential.
pub async fn make(city: &City, secret: &str, bearer: Value) -> (StatusCode, Value) {
    send(city, Method::POST, "credentials", secret, Some(bearer)).await
}

/// A member that is a text.
pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name}: {value}"))
}

/// Confirms a request that waits; what it came to.
pub async fn confirm(
    city: &City,
    (status, asked): &(StatusCode, Value),
    secret: &str,
) -> (StatusCode, Value) {
    assert_eq!(*status, StatusCode::ACCEPTED, "{asked}");
    post(city, &format!("requests/{}/confirm", text(asked, "request")), secret).await
}

/// What an administrator did: what, id, act, step, actor, asked_by.
pub type Registered = (String, String, Option<String>, Option<String>, String, Option<String>);

/// The audit's entries of administrators, and nothing of those that set the city up.
pub async fn registered(city: &City) -> Vec<Registered> {
    let entries = city.store().audit_entries(1, 1000).await.unwrap();
    let done = entries.into_iter().filter_map(|entry| match entry.event {
        AuditEvent::Registration { what, id, act, step, actor, asked_by, .. } => {
            Some((what, id, act, step, actor?, asked_by))
        }
        _ => None,
    });
    let done = done.filter(|(.., actor, _)| actor != "offline").collect();
    let head = city.store().audit_head().await.unwrap();
    let report = city.store().audit_verify(Some(head)).await.unwrap();
    assert_eq!(report, ChainReport::Whole(head));
    done
}

/// An expected entry: by whom, and asked for by whom, if by anybody.
pub fn entry(
    subject: [&str; 2],
    act: Option<&str>,
    step: Option<&str>,
    by: [&str; 2],
) -> Registered {
    let [what, id] = subject.map(str::to_owned);
    let [actor, asked_by] = by.map(str::to_owned);
    let asked_by = (!asked_by.is_empty()).then_some(asked_by);
    (what, id, act.map(str::to_owned), step.map(str::to_owned), actor, asked_by)
}

/// What is registered of a venue, in the form in which it is described anew.
pub async fn described(city: &City, id: &str) -> Value {
    let venue = city.store().venue(id).await.unwrap().unwrap();
    json!({ "name": venue.name, "uscc": venue.uscc, "scenes": venue.scenes, "ages": venue.ages })
}
