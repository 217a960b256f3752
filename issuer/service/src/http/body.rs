//! Bodies as they are expected: JSON of the right media type, or the problem that is wrong with them.

use std::future::poll_fn;
use std::pin::Pin;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use hyper::body::Body as _;
use serde::de::DeserializeOwned;

use super::Problem;

/// True when the body says that it is JSON, whatever the parameters.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// Waits for a whole body. Of one that is longer than it may be, what has come is given on: whoever reads it says so in the form of
/// its own interface.
pub(super) async fn arrive(mut body: Body, most: usize) -> Result<Body, axum::Error> {
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

/// A JSON body. What serde has to say is not passed on: it quotes values, and values are personal.
pub(super) struct JsonBody<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::MediaType);
        }
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::TooLarge,
            _ => Problem::BadRequest,
        })?;
        serde_json::from_slice(&body).map(Self).map_err(|_| Problem::BadRequest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
