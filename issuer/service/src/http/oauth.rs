//! The errors of OAuth 2 (RFC 6749, section 5.2; RFC 6750, section 3.1) and OpenID4VCI 1.0 (section 8.3.1).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::Problem;
use super::rates::Wait;
use crate::entropy::EntropyError;
use crate::store::StoreError;

/// Every value that `error` can have, for the catalogue in `docs/errors.md`.
pub const OAUTH_ERRORS: &[&str] = &[
    "invalid_request",
    "invalid_grant",
    "unsupported_grant_type",
    "invalid_token",
    "invalid_credential_request",
    "unknown_credential_configuration",
    "unknown_credential_identifier",
    "invalid_proof",
    "invalid_nonce",
    "invalid_encryption_parameters",
    "credential_request_denied",
    "temporarily_unavailable",
];

/// An error that its standard has named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OAuthError {
    status: StatusCode,
    error: &'static str,
    description: &'static str,
    code: Option<&'static str>,
    /// Seconds after which another try is worth it.
    retry_after: Option<u64>,
}

/// Its body.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct OAuthErrorBody {
    /// The standard's word.
    error: &'static str,
    /// What to do, for the one who reads logs.
    error_description: &'static str,
    /// A code of this service that says more than the standard's word, such as `ACCOUNT_FROZEN`.
    #[serde(skip_serializing_if = "Option::is_none")]
    szid_code: Option<&'static str>,
}

impl OAuthError {
    pub(crate) const fn bad(error: &'static str, description: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, description, code: None, retry_after: None }
    }

    /// The same where the account is frozen: its holder is told so, and not to look at a code again.
    pub(crate) fn of_frozen(self) -> Self {
        Self { code: Some(Problem::AccountFrozen.code()), ..self }
    }

    pub(crate) const UNAVAILABLE: Self = Self {
        status: StatusCode::SERVICE_UNAVAILABLE,
        error: "temporarily_unavailable",
        description: "try again later; nothing of this request was done",
        code: None,
        retry_after: None,
    };

    pub(crate) const INVALID_TOKEN: Self = Self {
        status: StatusCode::UNAUTHORIZED,
        error: "invalid_token",
        description: "the access token is missing, unknown or has expired: get a new one",
        code: None,
        retry_after: None,
    };
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let body = OAuthErrorBody {
            error: self.error,
            error_description: self.description,
            szid_code: self.code,
        };
        let mut response =
            (self.status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<Wait> for OAuthError {
    fn from(Wait(seconds): Wait) -> Self {
        Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            description: "too many proofs: wait for the seconds in the Retry-After header",
            retry_after: Some(seconds),
            ..Self::UNAVAILABLE
        }
    }
}

impl From<StoreError> for OAuthError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::AccountFrozen => {
                Self::bad("credential_request_denied", "the account is frozen").of_frozen()
            }
            StoreError::AccountState | StoreError::NotFound => {
                Self::bad("credential_request_denied", "the account is not active")
            }
            StoreError::Quota => Self::bad(
                "credential_request_denied",
                "the quota of passes for one of these days is used up",
            ),
            StoreError::LowWater => Self {
                description: "the service's disk is nearly full: try again once there is room",
                retry_after: Some(60),
                ..Self::UNAVAILABLE
            },
            other => {
                tracing::error!(code = other.code(), "the store failed");
                Self::UNAVAILABLE
            }
        }
    }
}

impl From<EntropyError> for OAuthError {
    fn from(_: EntropyError) -> Self {
        tracing::error!("no randomness");
        Self::UNAVAILABLE
    }
}
