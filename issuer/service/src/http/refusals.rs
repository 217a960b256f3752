//! What the description says of answers that refuse: by status, with the codes that there are for it.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use szid_api::problem::PROBLEM_JSON;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response};

use super::Problem;

type Responses = BTreeMap<String, RefOr<Response>>;

macro_rules! refusals {
    ($($name:ident: $($status:ident)+, $doc:literal;)+) => {$(
        #[doc = $doc]
        pub(crate) enum $name {}

        impl utoipa::IntoResponses for $name {
            fn responses() -> Responses {
                let named = |status: StatusCode| (status.as_str().to_owned(), refused(status));
                [$(StatusCode::$status),+].map(named).into()
            }
        }
    )+};
}

refusals! {
    Problems: BAD_REQUEST REQUEST_TIMEOUT TOO_MANY_REQUESTS INTERNAL_SERVER_ERROR SERVICE_UNAVAILABLE,
        "What every route may answer.";
    Forbidden: FORBIDDEN, "Whoever asks may not do this.";
    Missing: NOT_FOUND, "What the request names is not there.";
    Conflict: CONFLICT, "It does not fit to how things stand.";
    Gone: GONE, "It is over.";
    Unprocessable: UNPROCESSABLE_ENTITY, "A value cannot be right.";
    Unauthorized: UNAUTHORIZED, "A credential is missing or not known.";
}

/// The answer with a problem of this status.
pub(super) fn refused(status: StatusCode) -> RefOr<Response> {
    let codes = Problem::ALL.iter().filter(|problem| problem.status() == status);
    let codes = codes.map(|problem| problem.code()).collect::<Vec<_>>().join(", ");
    let words = status.canonical_reason().unwrap_or_default();
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("ProblemBody"))).build();
    let response = ResponseBuilder::new()
        .description(format!(
            "{words}. `code` is one of {codes}, as far as they concern this route"
        ))
        .content(PROBLEM_JSON, body);
    RefOr::T(response.build())
}

/// What the routes of OAuth 2 and OpenID4VCI may answer: the words of their standards, or a problem of the
/// service.
pub(crate) enum OAuthRefusals {}

impl utoipa::IntoResponses for OAuthRefusals {
    fn responses() -> Responses {
        let mut responses = Problems::responses();
        for status in ["400", "429", "503"] {
            if let Some(RefOr::T(response)) = responses.get_mut(status) {
                let body =
                    ContentBuilder::new().schema(Some(Ref::from_schema_name("OAuthErrorBody")));
                let words = format!("The standard's word, or a problem. {}", response.description);
                response.content.insert("application/json".into(), body.build().into());
                response.description = words;
            }
        }
        responses
    }
}
