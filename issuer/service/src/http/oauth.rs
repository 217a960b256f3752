//! The errors of OAuth 2 (RFC 6749, section 5.2; RFC 6750, section 3.1) and OpenID4VCI 1.0 (section 8.3.1).

use std::borrow::Cow;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use szid_api::problem::{FreezeTold, OAuthErrorBody};
use szid_protocol::reason::Text;
use szid_register::StoreError;

use super::Problem;
use crate::access::Wait;
use crate::failure::Failure;

/// Every value that `error` can have, with what to do, for the catalogue in `docs/errors.md`. Answers carry
/// English alone: the standards take no other letters in `error_description`.
pub const OAUTH_ERRORS: &[(&str, Text)] = &[
    (
        "invalid_request",
        text(
            "请求缺少参数或表单无法读取：请对照接口说明",
            "a parameter is missing or the form cannot be read: compare it with the description",
        ),
    ),
    (
        "invalid_grant",
        text(
            "申领码、交易码或刷新令牌有误，或已使用、终止、过期：请重新申领",
            "the code, the transaction code or the refresh token is wrong, used, ended or has run out: apply again",
        ),
    ),
    (
        "use_key_proof",
        text(
            "服务数据已恢复备份：请用本机市民码的密钥证明（key_proofs），再换取令牌",
            "the service's data were put back from a backup: renew the token together with proofs by keys of this device's passes (key_proofs)",
        ),
    ),
    (
        "unsupported_grant_type",
        text("请使用服务元数据所列的授权方式", "use one of the server metadata's grants"),
    ),
    (
        "invalid_token",
        text("请用刷新令牌换取新的访问令牌", "get a new access token with the refresh token"),
    ),
    (
        "invalid_credential_request",
        text(
            "请求无法读取，或日期、证明的数量超出范围",
            "the request cannot be read, or its days or the number of proofs are out of range",
        ),
    ),
    (
        "unknown_credential_configuration",
        text("请使用签发方元数据中的配置", "use the configuration of the issuer's metadata"),
    ),
    (
        "unknown_credential_identifier",
        text(
            "请写明配置名称：本服务不发放标识",
            "name the configuration: no identifiers are given out",
        ),
    ),
    (
        "invalid_proof",
        text(
            "证明格式有误、不是由其密钥签名，或密钥重复：error_description 指出有误的部分",
            "a proof is malformed, not signed by its key, or a key comes twice: error_description names the part",
        ),
    ),
    (
        "invalid_nonce",
        text("请获取新的随机数并重新生成证明", "get a new nonce and make the proofs again"),
    ),
    (
        "invalid_encryption_parameters",
        text("请索取未加密的应答：TLS 已作保护", "ask for a plain answer: TLS protects it"),
    ),
    (
        "credential_request_denied",
        text(
            "账户不是有效状态，当日的凭证数量已用完，或身份核验已到期",
            "the account is not active, the day's quota is used up, or the proof of identity has run out",
        ),
    ),
    (
        "temporarily_unavailable",
        text(
            "请稍后重试；本次请求未作任何处理",
            "try again later; nothing of the request was done",
        ),
    ),
];

const fn text(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// An error that its standard has named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OAuthError {
    status: StatusCode,
    error: &'static str,
    description: &'static str,
    code: Option<&'static str>,
    freeze: Option<Freeze>,
    /// Seconds after which another try is worth it.
    retry_after: Option<u64>,
}

/// The freeze that stopped a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Freeze {
    /// Unix seconds.
    pub(crate) at: u64,
    /// `holder`, `registrar` or `service`.
    pub(crate) by: &'static str,
}

impl OAuthError {
    pub(crate) const fn bad(error: &'static str, description: &'static str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error,
            description,
            code: None,
            freeze: None,
            retry_after: None,
        }
    }

    /// The same with a code of this service: its holder is told what it is, and not to look at a code again.
    pub(crate) const fn with(self, problem: Problem) -> Self {
        Self { code: Some(problem.code()), ..self }
    }

    /// The same for a device that a freeze stopped.
    pub(crate) const fn of_freeze(self, freeze: Option<Freeze>) -> Self {
        Self { freeze, ..self }
    }

    pub(crate) const NOT_ACTIVE: Self =
        Self::bad("credential_request_denied", "the account is not active");

    /// No proof of identity counts any more.
    pub(crate) const LEVEL_LAPSED: Self =
        Self::bad("credential_request_denied", "no proof of identity counts any more")
            .with(Problem::LevelLapsed);

    /// On one of the days none counts any more.
    pub(crate) const PASS_LEVEL: Self = Self::bad(
        "credential_request_denied",
        "no proof of identity counts any more on one of these days",
    )
    .with(Problem::PassLevel);

    pub(crate) const UNAVAILABLE: Self = Self {
        status: StatusCode::SERVICE_UNAVAILABLE,
        error: "temporarily_unavailable",
        description: "try again later; nothing of this request was done",
        code: None,
        freeze: None,
        retry_after: None,
    };

    /// Something has run out by a clock that is in doubt.
    pub(crate) const CLOCK_UNCHECKED: Self = Self {
        description: "the service's own clock is in doubt: try again later",
        code: Some(Problem::ClockUnchecked.code()),
        retry_after: Some(60),
        ..Self::UNAVAILABLE
    };

    pub(crate) const INVALID_TOKEN: Self = Self {
        status: StatusCode::UNAUTHORIZED,
        error: "invalid_token",
        description: "the access token is unknown or has expired: get a new one",
        code: None,
        freeze: None,
        retry_after: None,
    };
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let body = OAuthErrorBody {
            error: self.error.into(),
            error_description: self.description.into(),
            szid_code: self.code.map(Cow::from),
            szid_freeze: self.freeze.map(|Freeze { at, by }| FreezeTold { at, by: by.into() }),
        };
        let mut response = (self.status, Json(body)).into_response();
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

/// What failed in the service: the log has heard of it.
impl<T> From<T> for OAuthError
where
    Failure: From<T>,
{
    fn from(what: T) -> Self {
        let Failure::Store(error) = Failure::from(what) else { return Self::UNAVAILABLE };
        match error {
            StoreError::AccountFrozen => {
                Self::bad("credential_request_denied", "the account is frozen")
                    .with(Problem::AccountFrozen)
            }
            StoreError::AccountState | StoreError::NotFound => Self::NOT_ACTIVE,
            StoreError::Quota => Self::bad(
                "credential_request_denied",
                "the quota of passes for one of these days is used up",
            )
            .with(Problem::PassQuota),
            StoreError::LowWater => Self {
                description: "the service's disk is nearly full: try again once there is room",
                retry_after: Some(60),
                ..Self::UNAVAILABLE
            },
            _ => Self::UNAVAILABLE,
        }
    }
}
