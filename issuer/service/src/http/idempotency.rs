//! The header by which a request that is sent again is known.

use axum::http::{HeaderMap, HeaderValue};

use super::Problem;
use crate::idempotency;

/// The key of a request as it was sent, where it has one.
pub(super) fn sent_key(headers: &HeaderMap) -> Option<&[u8]> {
    headers.get("idempotency-key").map(HeaderValue::as_bytes)
}

/// The key of a request, where it has one.
pub(super) fn read_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let read = |sent| idempotency::read_key(sent).ok_or(Problem::IdempotencyKey);
    sent_key(headers).map(read).transpose()
}
