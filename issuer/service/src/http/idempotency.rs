//! The header by which a request that is sent again is known: that of
//! draft-ietf-httpapi-idempotency-key-header, as a token or as the quoted string that the draft has.

use axum::http::HeaderMap;

use super::Problem;

/// The longest key, bytes: a UUID and more.
const MAX_KEY_BYTES: usize = 64;

/// The key of a request, where it has one.
pub(super) fn read_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().map_err(|_| Problem::IdempotencyKey)?;
    let key = key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key);
    let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
    if key.is_empty() || key.len() > MAX_KEY_BYTES || !visible {
        return Err(Problem::IdempotencyKey);
    }
    Ok(Some(key))
}
