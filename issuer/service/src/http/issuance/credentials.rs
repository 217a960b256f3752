//! The credential endpoint: a strip of day passes, one for each device key (OpenID4VCI 1.0, section 8).

use std::collections::BTreeSet;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use data_encoding::BASE64URL_NOPAD;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use szid_protocol::day::{DAY, end_of_day, is_end_of_day};
use szid_protocol::key::PublicKey;
use szid_protocol::level::IdentityLevel;
use szid_protocol::pass::PassClaims;
use szid_register::{KeyDigest, PassAsked, PassesAsked};

use super::proof::{
    Expected, FOR_STRIPS, ProofFault, ProvenKeys, verify_possession, verify_proofs,
};
use super::{BATCH, CONFIGURATION, DAYS_AHEAD};
use crate::access::Payer;
use crate::http::App;
use crate::http::auth::TokenHolder;
use crate::http::body::{is_json, without_mark};
use crate::http::oauth::{OAuthError, OAuthErrorBody};
use crate::http::problem::ProblemBody;
use crate::http::refusals::OAuthRefusals;
use crate::issuance::nonces::{self, NonceFault};

/// One key that the register knows is enough; a register that was put back knows the older ones of a strip
/// alone.
const MAX_VOUCHING: usize = 16;

#[derive(Deserialize, utoipa::ToSchema)]
pub(in crate::http) struct CredentialRequest {
    /// `szid-day-pass`.
    credential_configuration_id: Option<String>,
    /// Not given out here, so not taken.
    #[schema(value_type = Option<String>)]
    credential_identifier: Option<IgnoredAny>,
    /// Of the drafts before 1.0: not taken.
    #[schema(value_type = Option<Object>)]
    format: Option<IgnoredAny>,
    proofs: Option<Proofs>,
    /// Of the drafts before 1.0: not taken.
    #[schema(value_type = Option<Object>)]
    proof: Option<IgnoredAny>,
    /// Not offered here.
    #[schema(value_type = Option<Object>)]
    credential_response_encryption: Option<IgnoredAny>,
    /// The day of the first pass, by its end in Unix seconds; today where absent.
    szid_from_day: Option<u64>,
    /// JWTs by device keys of passes that the device has, at most 16: one of them vouches for the keys of the
    /// new passes.
    #[serde(default)]
    szid_key_proofs: Vec<String>,
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Proofs {
    /// One JWT for each pass, each by a key of its own; or one with a `key_attestation`, for a pass for each
    /// attested key.
    #[schema(required = true, min_items = 1, max_items = 15)]
    jwt: Option<Vec<String>>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct CredentialAnswer {
    /// In the order of the proofs, or of the attested keys.
    credentials: Vec<Credential>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct Credential {
    /// The pass, base64url.
    credential: String,
}

/// Issues a pass for each key; all of them or none.
#[utoipa::path(post, path = "/v1/credential", tag = "issuance", security(("holder" = [])),
    request_body = CredentialRequest, responses(
    (status = 200, body = CredentialAnswer),
    OAuthRefusals,
    (status = 401, description = "A token that is not good, or none", content(
        (OAuthErrorBody = "application/json"),
        (ProblemBody = "application/problem+json"),
    )),
))]
pub(in crate::http) async fn credential(
    TokenHolder(holder): TokenHolder,
    State(service): State<App>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<impl IntoResponse, OAuthError> {
    let now = service.clock.now();
    let Asked { proofs, vouching, from_day } = read(&headers, body)?;
    let proofs_paid = proofs.len();
    let pay =
        |count| service.code_rates.take(Payer::Device(holder.device), count, &service.metrics);
    pay(proofs_paid + vouching.len())?;
    let person = service.store.person(holder.person).await?;
    let level = person.as_ref().map(|person| u64::from(person.identity_level(now)));
    let level = level.and_then(|level| IdentityLevel::try_from(level).ok());
    let (Some(person), Some(level)) = (person, level) else {
        return Err(OAuthError::bad("credential_request_denied", "the account is not active"));
    };
    let checking = App::clone(&service);
    let proven = on_blocking_thread(move || {
        let expected = Expected {
            issuer: &checking.base_url,
            attesters: &checking.attesters,
            now,
            nonce_is_good: &|nonce| nonces::is_good(&checking, nonce, now),
        };
        let proven = verify_proofs(&proofs, &expected)?;
        let (vouching, nonces) = verify_possession(&vouching, FOR_STRIPS, &expected)?;
        // Whoever vouches does so for the keys of this request alone.
        if !nonces.is_subset(&proven.nonces) {
            return Err(ProofFault::Nonce);
        }
        Ok((proven, vouching))
    });
    let (ProvenKeys { keys, protection, nonces }, vouching) = proven.await?.map_err(refusal)?;
    if !are_distinct(&keys) {
        return Err(OAuthError::bad("invalid_proof", "each proof needs a key of its own"));
    }
    // One proof may stand for many keys, by an attestation.
    if keys.len() > proofs_paid {
        pay(keys.len() - proofs_paid)?;
    }
    let days = days(from_day, keys.len(), now).ok_or(OUT_OF_RANGE)?;
    // The last thing before it counts: a request that is refused for something else may be mended.
    use_nonces_up(&service, &nonces, now)?;
    let asked = days.iter().zip(&keys);
    let asked = asked.map(|(&exp, key)| PassAsked { exp, key: KeyDigest::of(key) }).collect();
    let proven = vouching.iter().map(KeyDigest::of).collect();
    let asked = PassesAsked {
        person: person.id,
        device: Some(holder.device),
        passes: asked,
        proven,
        at: now,
    };
    let indices = service.give_passes(asked).await?;
    let signing = App::clone(&service);
    let passes = on_blocking_thread(move || {
        let sign = |((exp, device_key), status_index)| {
            let claims = PassClaims {
                exp,
                device_key,
                identity_level: level,
                key_protection: protection,
                status_index,
                concessions: None,
                masked_name: None,
            };
            claims.sign_with_kid(signing.pass_kid, &*signing.keys.pass)
        };
        days.into_iter().zip(keys).zip(indices).map(sign).collect::<Result<Vec<_>, _>>()
    });
    let passes = passes.await?.map_err(|error| {
        tracing::error!(%error, "a pass cannot be signed");
        OAuthError::UNAVAILABLE
    })?;
    service.metrics.passes_issued.inc_by(passes.len() as u64);
    let credentials =
        passes.iter().map(|pass| Credential { credential: BASE64URL_NOPAD.encode(pass) }).collect();
    Ok(Json(CredentialAnswer { credentials }))
}

struct Asked {
    proofs: Vec<String>,
    vouching: Vec<String>,
    from_day: Option<u64>,
}

const OUT_OF_RANGE: OAuthError = OAuthError::bad(
    "invalid_credential_request",
    "the days or the number of keys are out of range",
);

pub(super) fn use_nonces_up(
    service: &App,
    nonces: &BTreeSet<String>,
    now: u64,
) -> Result<(), OAuthError> {
    service.nonces.use_up(nonces, now).map_err(|fault| match fault {
        NonceFault::Used => refusal(ProofFault::Nonce),
        NonceFault::Full => OAuthError::UNAVAILABLE,
    })
}

pub(super) fn refusal(fault: ProofFault) -> OAuthError {
    match fault {
        ProofFault::Proof(part) => OAuthError::bad("invalid_proof", part.of_proof()),
        ProofFault::Attestation(part) => OAuthError::bad("invalid_proof", part.of_attestation()),
        ProofFault::Nonce => OAuthError::bad(
            "invalid_nonce",
            "nonce: used, too old, not of this service, or another one in the attestation: get a new one",
        ),
    }
}

fn read(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Asked, OAuthError> {
    let bad = |description| OAuthError::bad("invalid_credential_request", description);
    if !is_json(headers) {
        return Err(bad("the request is not application/json"));
    }
    let body = body.map_err(|_| bad("the request is too large or was cut off"))?;
    let request: CredentialRequest = serde_json::from_slice(without_mark(&body))
        .map_err(|_| bad("the request cannot be read"))?;
    if request.credential_identifier.is_some() {
        return Err(OAuthError::bad("unknown_credential_identifier", "name the configuration"));
    }
    if request.credential_response_encryption.is_some() {
        return Err(OAuthError::bad("invalid_encryption_parameters", "answers go over TLS only"));
    }
    if request.credential_configuration_id.as_deref() != Some(CONFIGURATION) {
        let description = match (&request.credential_configuration_id, &request.format) {
            (None, Some(_)) => {
                "this is OpenID4VCI 1.0: send credential_configuration_id, not the format of the drafts"
            }
            _ => "see credential_configurations_supported in the metadata",
        };
        return Err(OAuthError::bad("unknown_credential_configuration", description));
    }
    let proofs = match (request.proofs, request.proof) {
        (Some(Proofs { jwt: Some(proofs) }), _) => Ok(proofs),
        (Some(Proofs { jwt: None }), _) => Err("proofs.jwt is missing: no other type is taken"),
        (None, Some(_)) => Err("this is OpenID4VCI 1.0: send proofs, not the proof of the drafts"),
        (None, None) => Err("proofs are missing"),
    };
    let proofs = proofs.map_err(|description| OAuthError::bad("invalid_proof", description))?;
    if !(1..=BATCH).contains(&proofs.len()) {
        return Err(bad("proofs.jwt: there are none, or more than the batch_size of the metadata"));
    }
    let vouching = request.szid_key_proofs;
    if vouching.len() > MAX_VOUCHING {
        return Err(bad("there are too many key proofs"));
    }
    Ok(Asked { proofs, vouching, from_day: request.szid_from_day })
}

/// Proofs and signatures are milliseconds of arithmetic: off the threads that answer others.
pub(super) async fn on_blocking_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, OAuthError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| OAuthError::UNAVAILABLE)
}

fn are_distinct(keys: &[PublicKey]) -> bool {
    keys.iter().enumerate().all(|(at, key)| !keys[..at].contains(key))
}

/// The days that a batch is for, or `None` outside what is issued.
fn days(from: Option<u64>, count: usize, now: u64) -> Option<Vec<u64>> {
    let today = end_of_day(now);
    let from = from.unwrap_or(today);
    let last = from.checked_add((count as u64).checked_sub(1)?.checked_mul(DAY)?)?;
    let fits =
        count <= BATCH && is_end_of_day(from) && from >= today && last <= today + DAYS_AHEAD * DAY;
    fits.then(|| (0..count as u64).map(|day| from + day * DAY).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_768_449_600;
    const TODAY: u64 = 1_768_492_800;

    #[test]
    fn a_batch_of_the_size_that_is_told_fits_and_a_larger_one_does_not() {
        assert_eq!(days(None, BATCH, NOW).map(|days| days.len()), Some(BATCH));
        assert_eq!(days(None, BATCH + 1, NOW), None);
    }

    #[test]
    fn passes_are_for_whole_days_from_today_to_a_fortnight_ahead() {
        assert_eq!(days(None, 2, NOW), Some(vec![TODAY, TODAY + DAY]));
        assert_eq!(days(Some(TODAY + 14 * DAY), 1, NOW), Some(vec![TODAY + 14 * DAY]));
        for (from, count) in [
            (None, 0),
            (None, 16),
            (Some(TODAY - DAY), 1),
            (Some(TODAY + 1), 1),
            (Some(TODAY + 14 * DAY), 2),
            (Some(u64::MAX), 1),
            (Some(u64::MAX - 28_799), usize::MAX),
        ] {
            assert_eq!(days(from, count, NOW), None, "{from:?} {count}");
        }
    }
}
