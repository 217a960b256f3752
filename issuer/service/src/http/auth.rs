//! Bearer credentials and access tokens: looked up by their SHA-256, so that no secrets are compared and none
//! is stored. Each is an extractor, so that it is asked for before a body is read.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use szid_register::{Bearer, PersonId, Session};

use super::oauth::OAuthError;
use super::sessions::{PageSessions, check_token};
use super::{App, Problem};
use crate::access::{
    Operator, VenueDevice, administrator, bearer, check_active, operator, session, venue_device,
};
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
        let now = service.common.clock.now();
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
        match bearer(&service.common, bearer_hash(&parts.headers)).await? {
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
        Ok(Self(administrator(&service.common, bearer_hash(&parts.headers)).await?))
    }
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
    let living = sessions.find(headers, service.common.clock.now());
    let living = living.ok_or(Problem::CredentialMissing)?;
    check_token(&living, headers)?;
    Ok(living.credential)
}

/// By its bearer secret, or by a session of the desk console and that session's token.
impl FromRequestParts<App> for VenueDevice {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &App) -> Result<Self, Problem> {
        let sessions = PageSessions::of_desks(service);
        Ok(venue_device(&service.access, presented(service, sessions, &parts.headers)?).await?)
    }
}

/// By the bearer secret, or by a session of the operators' page and that session's token.
impl FromRequestParts<App> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &App) -> Result<Self, Problem> {
        let sessions = PageSessions::of_operators(service);
        Ok(operator(&service.common, presented(service, sessions, &parts.headers)?).await?)
    }
}

/// An operator who may change something.
pub(super) struct Manager(pub(super) Operator);

impl FromRequestParts<App> for Manager {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &App) -> Result<Self, Problem> {
        let operator = Operator::from_request_parts(parts, service).await?;
        Ok(Self(operator.who_manages()?))
    }
}

/// The person behind an access token, and the device that it was given to.
pub(super) struct HolderDevice(pub(super) Session);

impl FromRequestParts<App> for HolderDevice {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &App) -> Result<Self, Problem> {
        let session = session(&service.common, bearer_hash(&parts.headers)).await?;
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
        check_active(&service.common, session.person).await?;
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
        let session = session(&service.common, bearer_hash(&parts.headers)).await;
        let session = session.map_err(|error| OAuthError::from(error).into_response())?;
        session.map(Self).ok_or_else(|| OAuthError::INVALID_TOKEN.into_response())
    }
}

fn has_bearer(headers: &HeaderMap) -> bool {
    let value = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let scheme = value.and_then(|value| value.split(|byte| *byte == b' ').next());
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer"))
}
