//! The token endpoint: pre-authorised codes and refresh tokens (RFC 6749, section 5; OpenID4VCI 1.0, section
//! 6).

use aws_lc_rs::hmac;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::IntoResponse;
use axum::{Form, Json};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use szid_protocol::day::DAY;
use szid_register::entropy::make_random;
use szid_register::{
    ACCESS_SECONDS, DeviceId, EventKind, GrantFault, KeyDigest, NewDevice, PersonId, Rotated,
    Shown, TokenPair,
};

use super::PRE_AUTHORISED;
use super::credentials::{refusal as refused_proof, use_nonces_up};
use super::possession::check_aside;
use super::proof::{FOR_TOKENS, verify_possession};
use crate::clock_guard::ClockState;
use crate::http::holder::read_passes;
use crate::http::holder_devices::clean_name;
use crate::http::holder_events::MAX_EVENTS;
use crate::http::oauth::{FreezeTold, OAuthError};
use crate::http::refusals::OAuthRefusals;
use crate::http::{App, Problem};

/// As many as a wallet holds passes, and one more.
const MAX_KEY_PROOFS: usize = 16;
const REFRESH_SECONDS: u64 = 90 * DAY;

#[derive(Deserialize, utoipa::ToSchema)]
pub(in crate::http) struct TokenRequest {
    grant_type: String,
    #[serde(rename = "pre-authorized_code")]
    code: Option<String>,
    /// Six digits.
    tx_code: Option<String>,
    refresh_token: Option<String>,
    /// With a refresh token from before the register was put back: JWTs by device keys, one after the other
    /// with a space between them, at most 16.
    key_proofs: Option<String>,
    /// With proofs: the passes that the device holds, 28 bytes each as base64url, as `GET /v1/holder` takes
    /// them.
    passes: Option<String>,
    /// With a code: what the holder calls the device; cut to 32 bytes.
    device_name: Option<String>,
    /// With a code: a secret of the device. Once the code is used, nobody gets the same tokens again without
    /// it.
    retry_secret: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct Tokens {
    access_token: String,
    token_type: &'static str,
    /// Seconds.
    expires_in: u64,
    refresh_token: String,
    /// Seconds.
    refresh_token_expires_in: u64,
    /// Names the device in its holder's list, and in the one that a counter sees.
    szid_device: String,
}

/// Exchanges a pre-authorised code with its transaction code, or a refresh token, for fresh tokens.
#[utoipa::path(post, path = "/v1/token", tag = "issuance",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
    (status = 200, body = Tokens),
    OAuthRefusals,
))]
pub(in crate::http) async fn token(
    State(service): State<App>,
    form: Result<Form<TokenRequest>, FormRejection>,
) -> Result<impl IntoResponse, OAuthError> {
    let Form(request) =
        form.map_err(|_| OAuthError::bad("invalid_request", "the form cannot be read"))?;
    let access_token = BASE64URL_NOPAD.encode(&make_random::<32>(&*service.entropy)?);
    let salt = make_random::<32>(&*service.entropy)?;
    let (reading, clock) = service.look_at_clock();
    let now = reading.wall;
    let pair = |follows: &Follows| TokenPair {
        access_hash: Sha256::digest(&access_token).into(),
        access_expires_at: now + ACCESS_SECONDS,
        refresh_hash: Sha256::digest(follows.derive(&salt)).into(),
        refresh_expires_at: now + REFRESH_SECONDS,
        salt,
    };
    let TokenRequest {
        grant_type,
        code,
        tx_code,
        refresh_token: old,
        key_proofs,
        passes,
        device_name,
        retry_secret,
    } = request;
    let (follows, given) = match (grant_type.as_str(), code, tx_code, old) {
        (PRE_AUTHORISED, Some(code), Some(tx_code), _) => {
            let hashes = (Sha256::digest(&code).into(), Sha256::digest(tx_code).into());
            let follows = Follows::Code(code);
            let retry_hash = retry_secret.map(|secret| Sha256::digest(secret).into());
            let device = NewDevice { name: clean_name(device_name.as_deref()), retry_hash };
            let tokens = pair(&follows);
            let given = service.store.redeem(hashes.0, hashes.1, device, tokens, now).await?;
            (follows, given.map_err(|fault| refused_offer(fault, clock))?)
        }
        ("refresh_token", _, _, Some(old)) => {
            let hash = Sha256::digest(&old).into();
            let follows = Follows::Refresh(old);
            let tokens = pair(&follows);
            let mut given = service.rotate(hash, Shown::default(), tokens, now).await?;
            // Proofs cost as many signatures: only a token that needs them has them looked at.
            if let (Err(GrantFault::KeyProof), Some(proofs)) = (&given, key_proofs) {
                let passes = passes.as_deref().map(read_passes);
                let malformed = OAuthError::bad("invalid_request", "the passes cannot be read");
                let passes = passes.map(|passes| passes.ok_or(malformed)).transpose()?;
                let keys = proven_keys(&service, &proofs, now).await?;
                given = service.rotate(hash, Shown { keys, passes }, tokens, now).await?;
            }
            if let Err(GrantFault::Stopped(person)) = given {
                let freeze = newest_freeze(&service, person).await?;
                return Err(refused(GrantFault::Frozen, clock).of_freeze(freeze));
            }
            (follows, given.map_err(|fault| refused(fault, clock))?)
        }
        (PRE_AUTHORISED | "refresh_token", ..) => {
            return Err(OAuthError::bad("invalid_request", "a parameter of this grant is missing"));
        }
        _ => return Err(OAuthError::bad("unsupported_grant_type", "see the server's metadata")),
    };
    let Rotated { device, salt, refresh_expires_at, .. } = given;
    let refresh_token = follows.derive(&salt);
    Ok(answer(access_token, refresh_token, refresh_expires_at.saturating_sub(now), device))
}

/// The freeze that stopped a device. It may be the lost one: it learns when and who, and nothing else of the
/// account.
async fn newest_freeze(service: &App, person: PersonId) -> Result<Option<FreezeTold>, OAuthError> {
    let events = service.store.events(person, None, MAX_EVENTS).await?;
    let frozen = events.into_iter().find(|event| event.kind == EventKind::Frozen);
    Ok(frozen.map(|event| FreezeTold { at: event.at, by: event.by.word() }))
}

/// The device keys that proofs speak for; each of their nonces serves once.
async fn proven_keys(service: &App, proofs: &str, now: u64) -> Result<Vec<KeyDigest>, OAuthError> {
    let proofs: Vec<String> = proofs.split(' ').map(str::to_owned).collect();
    if proofs.len() > MAX_KEY_PROOFS {
        return Err(OAuthError::bad("invalid_request", "there are too many proofs"));
    }
    let proven =
        check_aside(service, now, move |expected| verify_possession(&proofs, FOR_TOKENS, expected));
    let (keys, nonces) = proven.await?.map_err(refused_proof)?;
    use_nonces_up(service, &nonces, now)?;
    Ok(keys.iter().map(KeyDigest::of).collect())
}

fn answer(
    access_token: String,
    refresh_token: String,
    refresh_token_expires_in: u64,
    device: DeviceId,
) -> impl IntoResponse {
    let tokens = Tokens {
        access_token,
        token_type: "Bearer",
        expires_in: ACCESS_SECONDS,
        refresh_token,
        refresh_token_expires_in,
        szid_device: BASE64URL_NOPAD.encode(&device.0),
    };
    Json(tokens)
}

/// What a refresh token follows on. Whoever shows the same again a moment later must get the same token for
/// it: it follows from what they show, which the register does not know, and from a salt, which nobody else
/// does.
enum Follows {
    /// The code of an offer.
    Code(String),
    /// The refresh token before.
    Refresh(String),
}

impl Follows {
    fn derive(&self, salt: &[u8; 32]) -> String {
        let (shown, purpose) = match self {
            Self::Code(code) => (code, b"szid first refresh token".as_slice()),
            Self::Refresh(old) => (old, b"szid refresh token successor".as_slice()),
        };
        let key = hmac::Key::new(hmac::HMAC_SHA256, shown.as_bytes());
        BASE64URL_NOPAD.encode(hmac::sign(&key, &[purpose, salt].concat()).as_ref())
    }
}

/// The same of an offer: whoever shows its code is told which of the ends it came to.
fn refused_offer(fault: GrantFault, clock: ClockState) -> OAuthError {
    let refused = refused(fault, clock);
    match fault {
        GrantFault::Used => refused.with(Problem::OfferUsed),
        GrantFault::Locked => refused.with(Problem::OfferLocked),
        GrantFault::Expired if clock == ClockState::Checked => refused.with(Problem::OfferExpired),
        _ => refused,
    }
}

/// Whoever is told that something has run out applies again at a counter: a checked clock alone says so.
fn refused(fault: GrantFault, clock: ClockState) -> OAuthError {
    if matches!(fault, GrantFault::Expired | GrantFault::Lost) && clock != ClockState::Checked {
        return OAuthError::CLOCK_UNCHECKED;
    }
    if fault == GrantFault::KeyProof {
        return OAuthError::bad(
            "use_key_proof",
            "the register was put back from a copy: send key_proofs by keys of this device's passes",
        );
    }
    if fault == GrantFault::Lost {
        return OAuthError::bad("invalid_grant", "the register was put back and lacks this device")
            .with(Problem::DeviceUnknown);
    }
    let description = match fault {
        GrantFault::KeyProof | GrantFault::Lost | GrantFault::Unknown => {
            "the code or token is unknown or was ended"
        }
        GrantFault::Used => "the offer was taken up already",
        GrantFault::Locked => "the transaction code was wrong too often: another offer is needed",
        GrantFault::Expired => "the code or token has expired",
        GrantFault::WrongTxCode => "the transaction code is wrong",
        GrantFault::TooManyDevices => {
            "there are as many devices as one person may have: end one of them first"
        }
        GrantFault::Reused => "an old refresh token came back: enrol again",
        GrantFault::Frozen | GrantFault::Stopped(_) => {
            "the account is frozen: a counter lifts the freeze and makes another offer"
        }
    };
    let refused = OAuthError::bad("invalid_grant", description);
    if matches!(fault, GrantFault::Frozen | GrantFault::Stopped(_)) {
        refused.with(Problem::AccountFrozen)
    } else {
        refused
    }
}
