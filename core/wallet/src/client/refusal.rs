//! What a refusal comes to: the service's word, or something that was made up on the way. Gateways and
//! proxies say no in many ways of their own, and whoever believed these would send a holder to a counter for
//! nothing.

use std::borrow::Cow;

use szid_api::problem::{OAuthErrorBody, ProblemBody, TYPE_PREFIX};

use super::{DEVICE_UNKNOWN, LEVEL_LAPSED, PASS_LEVEL, PASS_QUOTA};
use crate::error::WalletError;
use crate::last_known::Freeze;

/// The words of OAuth 2 and OpenID4VCI that the service says. They have no mark of it, so that others count
/// for nothing.
const OAUTH_WORDS: [&str; 13] = [
    "invalid_request",
    "invalid_grant",
    "use_key_proof",
    "unsupported_grant_type",
    INVALID_TOKEN,
    "invalid_credential_request",
    "unknown_credential_configuration",
    "unknown_credential_identifier",
    "invalid_proof",
    "invalid_nonce",
    "invalid_encryption_parameters",
    "credential_request_denied",
    TEMPORARILY_UNAVAILABLE,
];
const INVALID_TOKEN: &str = "invalid_token";
const TEMPORARILY_UNAVAILABLE: &str = "temporarily_unavailable";
/// Codes of a service of the city that say more to a holder than the standard's word beside them.
const TOLD: [&str; 7] = [
    "OFFER_USED",
    "OFFER_EXPIRED",
    "OFFER_LOCKED",
    DEVICE_UNKNOWN,
    PASS_QUOTA,
    PASS_LEVEL,
    LEVEL_LAPSED,
];
const ACCOUNT_FROZEN: &str = "ACCOUNT_FROZEN";

/// What a refusal is to the wallet. Its media type is not looked at: each kind of body names itself by what
/// it says.
pub(super) fn refusal(status: u16, body: &[u8]) -> WalletError {
    match word_of_the_service(status, body) {
        Some(word) if word == ACCOUNT_FROZEN => WalletError::Frozen,
        Some(word) => WalletError::Refused(word),
        None if is_of_a_gateway(status) => WalletError::Refused(status.to_string()),
        None => WalletError::NotTheService,
    }
}

/// What a refusal says of the freeze behind it; one that cannot be read says nothing.
pub(super) fn freeze_told(body: &[u8]) -> Option<Freeze> {
    let told: OAuthErrorBody = serde_json::from_slice(body).ok()?;
    told.szid_freeze.map(Freeze::of)
}

fn word_of_the_service(status: u16, body: &[u8]) -> Option<String> {
    if let Ok(ProblemBody { r#type, code, .. }) = serde_json::from_slice(body)
        && !r#type.is_empty()
    {
        let named = r#type.strip_prefix(TYPE_PREFIX)?;
        let is_its_own = is_code(&code) && named == code.to_ascii_lowercase();
        return is_its_own.then(|| code.into_owned());
    }
    let OAuthErrorBody { error, szid_code, .. } = serde_json::from_slice(body).ok()?;
    let is_its_own = OAUTH_WORDS.contains(&&*error) && has_status(&error, status);
    let told = |code: &Cow<'_, str>| code == ACCOUNT_FROZEN || TOLD.contains(&&**code);
    is_its_own.then(|| szid_code.filter(told).unwrap_or(error).into_owned())
}

/// The status that the service says a word of OAuth with.
fn has_status(word: &str, status: u16) -> bool {
    match word {
        INVALID_TOKEN => status == 401,
        TEMPORARILY_UNAVAILABLE => matches!(status, 429 | 503),
        _ => status == 400,
    }
}

/// What a gateway in front of the service says when it cannot reach it, or has enough of somebody: later,
/// perhaps.
fn is_of_a_gateway(status: u16) -> bool {
    matches!(status, 408 | 429 | 502 | 503 | 504)
}

/// What may be shown and logged; free text never is.
fn is_code(word: &str) -> bool {
    (1..=64).contains(&word.len())
        && word
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::catalogued;
    use serde_json::{Value, json};

    fn told(status: u16, body: &Value) -> String {
        match refusal(status, body.to_string().as_bytes()) {
            WalletError::Refused(word) => word,
            other => other.code().to_owned(),
        }
    }

    #[test]
    fn the_services_own_words_are_passed_on() {
        let problem = |status: u16, code: &str| {
            let named = format!("urn:szid:problem:{}", code.to_ascii_lowercase());
            told(status, &json!({ "type": named, "status": status, "code": code, "title": "x" }))
        };
        for (status, code) in [(404, "NOT_FOUND"), (401, "CREDENTIAL_MISSING"), (500, "INTERNAL")] {
            assert_eq!(problem(status, code), code);
        }
        assert_eq!(problem(403, "ACCOUNT_FROZEN"), "WALLET_FROZEN");
        // One of a newer service.
        assert_eq!(problem(409, "SOMETHING_NEW_2"), "SOMETHING_NEW_2");
        for word in OAUTH_WORDS {
            let status = [400, 401, 503].into_iter().find(|status| has_status(word, *status));
            assert_eq!(told(status.unwrap(), &json!({ "error": word })), word);
        }
        let with = |code: &str| json!({ "error": "invalid_grant", "szid_code": code });
        assert_eq!(told(400, &with("OFFER_USED")), "OFFER_USED");
        assert_eq!(told(400, &with("ACCOUNT_FROZEN")), "WALLET_FROZEN");
        assert_eq!(told(400, &with("SOMETHING")), "invalid_grant");
        assert_eq!(
            told(429, &json!({ "error": "temporarily_unavailable" })),
            "temporarily_unavailable"
        );
    }

    #[test]
    fn whatever_else_says_no_is_the_networks() {
        let longest = "X".repeat(65);
        for (status, body) in [
            (403, json!({ "error": "access_denied" })),
            (401, json!({ "error": "unauthorized" })),
            (403, json!({ "code": "ACCOUNT_FROZEN" })),
            (403, json!({ "error": "x", "szid_code": "ACCOUNT_FROZEN" })),
            (404, json!({ "type": "about:blank", "code": "NOT_FOUND" })),
            (404, json!({ "type": "urn:szid:problem:busy", "code": "NOT_FOUND" })),
            (400, json!({ "type": "urn:szid:problem:a b", "code": "A B" })),
            (
                400,
                json!({ "type": format!("urn:szid:problem:{}", "x".repeat(65)), "code": longest }),
            ),
            (401, json!({ "error": "invalid_grant" })),
            (403, json!({ "error": "invalid_token" })),
            (400, json!({ "error": "<b>林示例</b>" })),
            (418, json!("x")),
        ] {
            assert_eq!(told(status, &body), "WALLET_NOT_THE_SERVICE", "{status} {body}");
        }
        for status in [408, 429, 502, 503, 504] {
            assert_eq!(told(status, &json!({ "message": "x" })), status.to_string());
        }
    }

    #[test]
    fn the_words_are_those_that_the_catalogue_lists() {
        assert_eq!(catalogued("Errors of OAuth 2"), OAUTH_WORDS);
    }
}
