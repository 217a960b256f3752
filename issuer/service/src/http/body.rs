//! Bodies as they are expected: JSON of the right media type, or the problem that is wrong with them.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use hyper::body::Body as _;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::Problem;
use super::problem::Refusal;
use crate::connections::Connection;
use crate::unreadable_text::missing_field;

/// True when the body says that it is JSON, whatever the parameters.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// What stands behind a byte order mark: .NET and PowerShell put one before their JSON, and RFC 8259 lets a
/// reader ignore it.
pub(super) fn without_mark(json: &[u8]) -> &[u8] {
    json.strip_prefix("\u{feff}".as_bytes()).unwrap_or(json)
}

/// Waits for a whole body. Of one that is longer than it may be, what has come is given on: whoever reads it
/// says so in the form of its own interface.
async fn arrive(mut body: Body, most: usize) -> Result<Body, axum::Error> {
    let (mut first, mut more) = (Bytes::new(), Vec::new());
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        // Trailers say nothing to anybody here.
        let Ok(data) = frame?.into_data() else { continue };
        if first.is_empty() {
            first = data;
        } else {
            more.extend_from_slice(&data);
        }
        if first.len() + more.len() > most {
            break;
        }
    }
    if more.is_empty() {
        return Ok(Body::from(first));
    }
    Ok(Body::from([first.as_ref(), &more].concat()))
}

/// The same within a time, during which its connection counts as idle.
pub(super) async fn arrive_in_time(
    body: Body,
    connection: Option<&Connection>,
    time: Duration,
    most: usize,
) -> Result<Body, Problem> {
    let _awaits = connection.map(Connection::awaits);
    match tokio::time::timeout(time, arrive(body, most)).await {
        Ok(Ok(body)) => Ok(body),
        // It was cut off: nobody is there to be answered.
        Ok(Err(_)) => Err(Problem::BadRequest),
        Err(_) => Err(Problem::Timeout),
    }
}

/// What of a body cannot be read, as far as it can be told: the member, and what may stand there. What serde
/// has to say beside is not passed on: it quotes values, and values are personal.
fn unreadable(error: serde_path_to_error::Error<serde_json::Error>) -> Refusal {
    // A name that no body has is somebody's text as well.
    let path = Some(error.path().to_string()).filter(|path| is_member(path));
    let told = error.into_inner();
    if told.classify() != Category::Data {
        let (line, column) = (told.line(), told.column());
        return Problem::BadRequest.about(format!("JSON, line {line}, column {column}"));
    }
    let text = told.to_string();
    // Where it was found comes after it.
    let text = text.rsplit_once(" at line ").map_or(&*text, |(text, _)| text);
    // Whatever was quoted stands before it.
    let expected = text.rsplit_once(", expected ").map(|(_, expected)| expected);
    match (path, missing_field(text), expected) {
        (None, Some(missing), _) => Problem::BadRequest.about(format!("{missing}: is missing")),
        (Some(parent), Some(missing), _) => {
            Problem::BadRequest.about(format!("{parent}.{missing}: is missing"))
        }
        (Some(path), None, Some(expected)) => {
            Problem::BadRequest.about(format!("{path}: {expected}"))
        }
        (None, None, Some(expected)) => Problem::BadRequest.about(expected),
        (Some(path), None, None) => Problem::BadRequest.about(path),
        (None, None, None) => Problem::BadRequest.into(),
    }
}

/// Whether a path is of members as bodies have them: words, and places in a list.
fn is_member(path: &str) -> bool {
    let fits = |one: char| one.is_ascii_lowercase() || "_.[]".contains(one);
    let mut in_list = false;
    path.len() <= 100
        && path.starts_with(|one: char| one.is_ascii_lowercase())
        && path.chars().all(|one| {
            in_list = one == '[' || in_list && one != ']';
            fits(one) || in_list && one.is_ascii_digit()
        })
}

/// A JSON body.
pub(super) struct JsonBody<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        if !is_json(request.headers()) {
            return Err(Problem::MediaType.into());
        }
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::TooLarge,
            _ => Problem::BadRequest,
        })?;
        let read = &mut serde_json::Deserializer::from_slice(without_mark(&body));
        let value = serde_path_to_error::deserialize(&mut *read).map_err(unreadable)?;
        read.end().map_err(|_| Problem::BadRequest.about("JSON"))?;
        Ok(Self(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_byte_order_mark_before_json_is_passed_over() {
        let read = async |body: &str| {
            let request = Request::post("/").header(header::CONTENT_TYPE, "application/json");
            let request = request.body(Body::from(body.to_owned())).unwrap();
            JsonBody::<Vec<u8>>::from_request(request, &()).await.ok().map(|body| body.0)
        };
        for body in ["[1,2]", "\u{feff}[1,2]", "\u{feff} [1,2]\r\n"] {
            assert_eq!(read(body).await, Some(vec![1, 2]), "{body:?}");
        }
        for body in ["\u{feff}\u{feff}[1,2]", "[1,2]\u{feff}", "\u{feff}", ""] {
            assert_eq!(read(body).await, None, "{body:?}");
        }
    }

    #[tokio::test]
    async fn a_body_arrives_as_it_was_sent_and_no_further_than_just_beyond_the_bound() {
        let whole = arrive(Body::from("abc"), 3).await.unwrap();
        assert_eq!(axum::body::to_bytes(whole, 9).await.unwrap(), "abc");
        let empty = arrive(Body::empty(), 3).await.unwrap();
        assert!(axum::body::to_bytes(empty, 9).await.unwrap().is_empty());
        let long = arrive(Body::from("abcdef"), 3).await.unwrap();
        assert!(axum::body::to_bytes(long, 3).await.is_err(), "its reader finds it too long");
    }
}
