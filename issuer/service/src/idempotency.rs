//! Keys by which a request that is sent again is known: those of
//! draft-ietf-httpapi-idempotency-key-header, as a token or as the quoted string that the draft has.

/// The longest key, bytes: a UUID and more.
const MAX_KEY_BYTES: usize = 64;

/// The key as it was sent; `None` for one that cannot be used.
pub(crate) fn read_key(sent: &[u8]) -> Option<&str> {
    let key = std::str::from_utf8(sent).ok()?;
    let key = key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key);
    let is_visible = key.bytes().all(|byte| byte.is_ascii_graphic());
    (!key.is_empty() && key.len() <= MAX_KEY_BYTES && is_visible).then_some(key)
}
