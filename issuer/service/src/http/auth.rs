//! Bearer credentials and access tokens: looked up by their SHA-256, so that no secrets are compared and none
//! is stored. Each is an extractor, so that it is asked for before a body is read.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use szid_register::{Bearer, OperatorRole, PersonId, Session, Venue};

use super::oauth::OAuthError;
use super::sessions::{PageSessions, check_token};
use super::{App, Problem};
use crate::access::{AccessFault, VenueDevice, bearer, check_active, session, venue_device};
use crate::service::Service;

/// The longest bearer secret, bytes.
const MAX_SECRET: usize = 200;

/// The SHA-256 of the secret that a request carries.
pub(super) fn bearer_hash(headers: &HeaderMap) -> Option<[u8; 32]> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") { hash_secret(secret.trim()) } else { None }
}

/// The SHA-256 of a secret, if it can be one.
pub(super) fn hash_secret(secret: &str) -> Option<[u8; 32]> {
    let fits = !secret.is_empty() && secret.len() <= MAX_SECRET;
    fits.then(|| Sha256::digest(secret).into())
}

/// What a request's rate is counted by: its secret, or the credential behind its page's session.
pub(super) fn caller_hash(service: &Service, headers: &HeaderMap) -> Option<[u8; 32]> {
    bearer_hash(headers).or_else(|| {
        let now = service.clock.now();
        let pages = [PageSessions::of_desks(service), PageSessions::of_operators(service)];
        let living = pages.into_iter().find_map(|sessions| sessions.find(headers, now))?;
        Some(living.credential)
    })
}

/// A registrar, by its id.
pub(super) struct Registrar(pub(super) String);

impl FromRequestParts<App> for Registrar {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &App) -> Result<Self, Problem> {
        match bearer(service, bearer_hash(&parts.headers)).await? {
            Bearer::Registrar { registrar } => Ok(Self(registrar)),
            _ => Err(Problem::RoleDenied),
        }
    }
}

/// An administrator of the service, by name.
pub(super) struct Administrator(pub(super) String);

impl FromRequestParts<App> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &App) -> Result<Self, Problem> {
        let hash = bearer_hash(&parts.headers);
        match bearer(service, hash).await {
            Err(AccessFault::CredentialWithdrawn) if is_contested(service, hash).await? => {
                Err(Problem::CredentialContested)
            }
            found => Self::of(found?),
        }
    }
}

impl Administrator {
    fn of(bearer: Bearer) -> Result<Self, Problem> {
        match bearer {
            Bearer::Administrator { name } => Ok(Self(name)),
            _ => Err(Problem::RoleDenied),
        }
    }
}

/// Whether another administrator alone has withdrawn this one, and it is still to be confirmed.
async fn is_contested(service: &Service, hash: Option<[u8; 32]>) -> Result<bool, Problem> {
    let Some(hash) = hash else { return Ok(false) };
    let credential = service.store.credential(hash).await?;
    let Some(made) = credential.and_then(|credential| credential.contested) else {
        return Ok(false);
    };
    Ok(made.is_contest(service.store.checked_time().await?))
}

/// The hash of the credential that a request carries, or whose session it names with that session's token.
/// The credential itself is asked for every time: a session ends with it.
fn presented(
    service: &Service,
    sessions: PageSessions<'_>,
    headers: &HeaderMap,
) -> Result<[u8; 32], Problem> {
    if headers.contains_key(header::AUTHORIZATION) {
        return bearer_hash(headers).ok_or(Problem::CredentialMissing);
    }
    let living = sessions.find(headers, service.clock.now());
    let living = living.ok_or(Problem::CredentialMissing)?;
    check_token(&living, headers)?;
    Ok(living.credential)
}

/// By its bearer secret, or by a session of the desk console and that session's token.
impl FromRequestParts<App> for VenueDevice {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &App) -> Result<Self, Problem> {
        let sessions = PageSessions::of_desks(service);
        Ok(venue_device(service, presented(service, sessions, &parts.headers)?).await?)
    }
}

/// An operator of a venue: by the bearer secret, or by a session of the operators' page and that session's
/// token.
pub(super) struct Operator {
    pub(super) venue: Venue,
    pub(super) name: String,
    pub(super) role: OperatorRole,
}

impl FromRequestParts<App> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &App) -> Result<Self, Problem> {
        let sessions = PageSessions::of_operators(service);
        operator(service, presented(service, sessions, &parts.headers)?).await
    }
}

/// The operator behind a credential, as long as it is good. One whose venue is suspended still looks, and
/// still withdraws.
pub(super) async fn operator(service: &Service, hash: [u8; 32]) -> Result<Operator, Problem> {
    let Bearer::Operator { venue, name, duty } = bearer(service, Some(hash)).await? else {
        return Err(Problem::RoleDenied);
    };
    let venue = service.store.venue(&venue).await?.ok_or(Problem::CredentialMissing)?;
    Ok(Operator { venue, name, role: duty })
}

/// An operator who may change something.
pub(super) struct Manager(pub(super) Operator);

impl FromRequestParts<App> for Manager {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &App) -> Result<Self, Problem> {
        let operator = Operator::from_request_parts(parts, service).await?;
        match operator.role {
            OperatorRole::Manager => Ok(Self(operator)),
            OperatorRole::Viewer => Err(Problem::OperatorRole),
        }
    }
}

/// The person behind an access token, and the device that it was given to.
pub(super) struct HolderDevice(pub(super) Session);

impl FromRequestParts<App> for HolderDevice {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &App) -> Result<Self, Problem> {
        let session = session(service, bearer_hash(&parts.headers)).await?;
        session.map(Self).ok_or(Problem::CredentialMissing)
    }
}

/// The person behind an access token.
pub(super) struct Holder(pub(super) PersonId);

impl FromRequestParts<App> for Holder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &App) -> Result<Self, Problem> {
        let HolderDevice(session) = HolderDevice::from_request_parts(parts, service).await?;
        Ok(Self(session.person))
    }
}

/// Person and device, as long as the account is active.
pub(super) struct ActiveDevice(pub(super) Session);

impl FromRequestParts<App> for ActiveDevice {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &App) -> Result<Self, Problem> {
        let HolderDevice(session) = HolderDevice::from_request_parts(parts, service).await?;
        check_active(service, session.person).await?;
        Ok(Self(session))
    }
}

/// The same, as long as the account is active.
pub(super) struct ActiveHolder(pub(super) PersonId);

impl FromRequestParts<App> for ActiveHolder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &App) -> Result<Self, Problem> {
        let ActiveDevice(session) = ActiveDevice::from_request_parts(parts, service).await?;
        Ok(Self(session.person))
    }
}

/// Person and device, for endpoints that answer OAuth's errors.
pub(super) struct TokenHolder(pub(super) Session);

impl FromRequestParts<App> for TokenHolder {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, service: &App) -> Result<Self, Response> {
        // Whoever has shown no token has none that is wrong (RFC 6750, section 3.1).
        if !has_bearer(&parts.headers) {
            return Err(Problem::CredentialMissing.into_response());
        }
        let session = session(service, bearer_hash(&parts.headers)).await;
        let session = session.map_err(|error| OAuthError::from(error).into_response())?;
        session.map(Self).ok_or_else(|| OAuthError::INVALID_TOKEN.into_response())
    }
}

fn has_bearer(headers: &HeaderMap) -> bool {
    let value = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let scheme = value.and_then(|value| value.split(|byte| *byte == b' ').next());
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer"))
}
