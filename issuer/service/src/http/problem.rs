//! RFC 9457 problem details, and the errors of OAuth 2 and OpenID4VCI.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::store::StoreError;

macro_rules! problems {
    ($($case:ident, $code:literal, $status:ident, $zh:literal, $en:literal;)+) => {
        /// What can be wrong with a request. Codes are stable and listed in `docs/errors.md`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Problem { $(#[doc = $en] $case),+ }

        impl Problem {
            /// Every problem.
            pub const ALL: &'static [Problem] = &[$(Problem::$case),+];

            /// The stable code.
            pub const fn code(self) -> &'static str { match self { $(Self::$case => $code),+ } }
            /// The HTTP status.
            pub const fn status(self) -> StatusCode { match self { $(Self::$case => StatusCode::$status),+ } }
            /// What happened and what to do, in Chinese and English.
            pub const fn titles(self) -> (&'static str, &'static str) { match self { $(Self::$case => ($zh, $en)),+ } }
        }
    };
}

problems! {
    NotFound, "NOT_FOUND", NOT_FOUND, "没有此地址或记录", "there is no such address or record";
    MethodNotAllowed, "METHOD_NOT_ALLOWED", METHOD_NOT_ALLOWED, "此地址不支持该方法", "this address does not take that method";
    BadRequest, "BAD_REQUEST", BAD_REQUEST, "请求内容无法识别，请对照接口文档", "the request cannot be read: compare it with the interface's description";
    TooLarge, "TOO_LARGE", PAYLOAD_TOO_LARGE, "请求内容过大", "the request is too large";
    CredentialMissing, "CREDENTIAL_MISSING", UNAUTHORIZED, "缺少或无效的访问凭据", "the bearer credential is missing or not known";
    CredentialRevoked, "CREDENTIAL_REVOKED", FORBIDDEN, "访问凭据已撤销，请联系平台", "the bearer credential was withdrawn: contact the operator";
    RoleDenied, "ROLE_DENIED", FORBIDDEN, "此凭据无权调用该接口", "this credential may not use this address";
    VenueSuspended, "VENUE_SUSPENDED", FORBIDDEN, "场所已暂停，请联系平台", "the venue is suspended: contact the operator";
    SceneDenied, "SCENE_DENIED", FORBIDDEN, "场所未登记此场景", "the venue is not registered for this scene";
    DocumentInvalid, "DOCUMENT_INVALID", UNPROCESSABLE_ENTITY, "证件类型或号码有误，请核对证件原件", "the document's type or number is wrong: compare it with the document itself";
    LevelInvalid, "LEVEL_INVALID", UNPROCESSABLE_ENTITY, "认证等级应为1至4", "the identity level must be 1 to 4";
    NameInvalid, "NAME_INVALID", UNPROCESSABLE_ENTITY, "姓名为空或过长", "the name is empty or too long";
    AccountState, "ACCOUNT_STATE", CONFLICT, "账户当前状态不允许此操作", "the account's state does not allow this";
    Busy, "BUSY", SERVICE_UNAVAILABLE, "服务繁忙或存储不可用，请稍后再试", "the service is busy or its store is not available: try again later";
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (zh, en) = self.titles();
        let body = json!({
            "type": format!("urn:szid:problem:{}", self.code().to_ascii_lowercase()),
            "title": en,
            "title_zh": zh,
            "status": self.status().as_u16(),
            "code": self.code(),
        });
        let mut response = (self.status(), Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status() == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::NotFound,
            StoreError::AccountState => Self::AccountState,
            other => {
                tracing::error!(code = other.code(), "the store failed");
                Self::Busy
            }
        }
    }
}

/// An error of OAuth 2 (RFC 6749, section 5.2) or OpenID4VCI 1.0 (section 8.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OAuthError(
    pub(super) StatusCode,
    pub(super) &'static str,
    pub(super) &'static str,
);

impl OAuthError {
    pub(super) const fn bad(error: &'static str, description: &'static str) -> Self {
        Self(StatusCode::BAD_REQUEST, error, description)
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.1, "error_description": self.2 });
        (self.0, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
    }
}

impl From<StoreError> for OAuthError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::AccountState => {
                Self::bad("credential_request_denied", "the account is not active")
            }
            StoreError::Quota => {
                Self::bad("credential_request_denied", "the quota for this day is used up")
            }
            other => {
                tracing::error!(code = other.code(), "the store failed");
                Self(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "try again later")
            }
        }
    }
}
