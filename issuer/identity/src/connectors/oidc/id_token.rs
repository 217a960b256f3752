//! ID tokens (OpenID Connect Core 1.0, sections 2 and 3.1.3.7): what they have to say to be taken.

use serde_json::Value;
use subtle::ConstantTimeEq;

use crate::connectors::ProofFault;

/// By so much a provider's clock may differ, seconds.
const LEEWAY: u64 = 60;
/// A token is of this login: it was made not longer ago than a visit may take, seconds.
const MAX_AGE: u64 = 900;
/// The longest subject (section 2), bytes.
const MAX_SUB: usize = 255;

/// What a token has to fit to.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    /// Unix seconds.
    pub(super) now: u64,
}

/// A token that was verified and fits.
#[derive(Debug)]
pub(super) struct IdToken {
    pub(super) sub: String,
    pub(super) acr: Option<String>,
    pub(super) amr: Vec<String>,
    /// When the person logged in, or the token was made, Unix seconds.
    pub(super) proven_at: u64,
    /// All claims.
    pub(super) claims: Value,
}

impl IdToken {
    /// Reads claims whose signature is verified.
    ///
    /// # Errors
    /// [`ProofFault::Answer`] with the claim that does not fit.
    pub(super) fn read(claims: &Value, expected: &Expected<'_>) -> Result<Self, ProofFault> {
        let text = |name: &'static str| claims.get(name).and_then(Value::as_str);
        let number = |name: &'static str| claims.get(name).and_then(read_time);
        let check = |holds: bool, name| if holds { Ok(()) } else { Err(ProofFault::Answer(name)) };
        check(text("iss") == Some(expected.issuer), "iss")?;
        check(is_for(claims, expected.client_id), "aud")?;
        let nonce = text("nonce").unwrap_or_default();
        check(bool::from(nonce.as_bytes().ct_eq(expected.nonce.as_bytes())), "nonce")?;
        let now = expected.now;
        let exp = number("exp").ok_or(ProofFault::Answer("exp"))?;
        check(now < exp.saturating_add(LEEWAY), "exp")?;
        check(number("nbf").is_none_or(|nbf| nbf <= now + LEEWAY), "nbf")?;
        let iat = number("iat").ok_or(ProofFault::Answer("iat"))?;
        check(iat <= now + LEEWAY && now <= iat.saturating_add(MAX_AGE), "iat")?;
        let sub = text("sub").filter(|sub| !sub.is_empty() && sub.len() <= MAX_SUB);
        let sub = sub.ok_or(ProofFault::Answer("sub"))?.to_owned();
        let amr = match claims.get("amr") {
            None => Vec::new(),
            Some(Value::Array(methods)) => {
                methods.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            Some(_) => return Err(ProofFault::Answer("amr")),
        };
        let logged_in_at = number("auth_time").map_or(iat, |at| at.min(iat));
        let acr = text("acr").map(str::to_owned);
        Ok(Self { sub, acr, amr, proven_at: logged_in_at, claims: claims.clone() })
    }
}

/// A second of the clock, which providers may write with a fraction.
fn read_time(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        let seconds = value.as_f64().filter(|seconds| (0.0..1e12).contains(seconds))?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "bounded above"
        )]
        Some(seconds as u64)
    })
}

/// Whether a token is meant for this client. For others as well is for no one: the provider of one of them
/// could have had it made.
fn is_for(claims: &Value, client_id: &str) -> bool {
    let is_it = |value: &Value| value.as_str() == Some(client_id);
    let meant = match claims.get("aud") {
        Some(Value::Array(all)) => all.len() == 1 && all.iter().all(is_it),
        Some(one) => is_it(one),
        None => false,
    };
    meant && claims.get("azp").is_none_or(is_it)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: u64 = 1_768_449_600;

    fn sound() -> Value {
        json!({ "iss": "https://party", "aud": "city", "nonce": "n", "exp": NOW + 60, "iat": NOW - 5,
            "sub": "somebody", "acr": "loa2", "amr": ["face"], "auth_time": NOW - 30 })
    }

    fn read(claims: &Value) -> Result<IdToken, ProofFault> {
        let expected =
            Expected { issuer: "https://party", client_id: "city", nonce: "n", now: NOW };
        IdToken::read(claims, &expected)
    }

    #[test]
    fn a_sound_token_says_who_logged_in_how_and_when() {
        let token = read(&sound()).unwrap();
        assert_eq!((&*token.sub, token.acr.as_deref()), ("somebody", Some("loa2")));
        assert_eq!((token.amr, token.proven_at), (vec!["face".to_owned()], NOW - 30));
        let mut without = sound();
        without.as_object_mut().unwrap().remove("auth_time");
        assert_eq!(read(&without).unwrap().proven_at, NOW - 5);
    }

    #[test]
    fn each_claim_that_does_not_fit_is_named() {
        for (name, value) in [
            ("iss", json!("https://another")),
            ("iss", json!(null)),
            ("aud", json!("another")),
            ("aud", json!(["city", "another"])),
            ("aud", json!([])),
            ("azp", json!("another")),
            ("nonce", json!("m")),
            ("nonce", json!(null)),
            ("exp", json!(NOW - 60)),
            ("exp", json!("soon")),
            ("nbf", json!(NOW + 61)),
            ("iat", json!(NOW + 61)),
            ("iat", json!(NOW - 901)),
            ("iat", json!(-1)),
            ("sub", json!("")),
            ("sub", json!("s".repeat(256))),
            ("amr", json!("face")),
        ] {
            let mut claims = sound();
            claims[name] = value.clone();
            let told = if name == "azp" { "aud" } else { name };
            assert_eq!(read(&claims).unwrap_err(), ProofFault::Answer(told), "{name} {value}");
        }
    }
}
