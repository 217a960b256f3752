//! The parameters of an address, or which of them cannot be read.

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::Problem;
use super::problem::Refusal;
use crate::unreadable_text::missing_field;

/// The parameters of an address. What the library has to say of a value is not passed on.
pub(super) struct QueryOf<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for QueryOf<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let read = Query::try_from_uri(&parts.uri);
        read.map(|Query(read)| Self(read)).map_err(|rejection| unreadable(&rejection))
    }
}

/// A member or parameter that may be left out: nothing where it was, and else what it reads as.
pub(super) fn read_where_given<T>(
    given: Option<&str>,
    name: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, Refusal> {
    given.map(|text| read(text).ok_or_else(|| Problem::BadRequest.about(name))).transpose()
}

/// The parameter's name stands first, or within the words for one that is missing.
fn unreadable(rejection: &QueryRejection) -> Refusal {
    let text = rejection.body_text();
    let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or_default();
    let named = text.split_once(": ").map(|(name, _)| name);
    let is_name = |name: &&str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    match (missing_field(text), named.filter(is_name)) {
        (Some(missing), _) => Problem::BadRequest.about(format!("{missing}: is missing")),
        (None, Some(name)) => Problem::BadRequest.about(name),
        (None, None) => Problem::BadRequest.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "it is only read")]
    struct Asked {
        wait: u64,
        after: Option<u8>,
    }

    #[test]
    fn a_parameter_that_cannot_be_read_is_named_and_its_value_is_not() {
        let about = |query: &str| {
            let uri = format!("/v1/x?{query}").parse().unwrap();
            unreadable(&Query::<Asked>::try_from_uri(&uri).unwrap_err()).told().1
        };
        assert_eq!(about("after=1").as_deref(), Some("wait: is missing"));
        assert_eq!(about("wait=secret").as_deref(), Some("wait"));
        assert_eq!(about("wait=1&after=999").as_deref(), Some("after"));
    }
}
