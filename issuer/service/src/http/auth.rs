//! Bearer credentials and access tokens: looked up by their SHA-256, so that no secrets are compared and none is stored.
//! Each is an extractor, so that it is asked for before a body is read.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use sha2::{Digest, Sha256};

use super::oauth::OAuthError;
use super::{App, Problem};
use crate::service::Service;
use crate::store::{Bearer, PersonId, StoreError, Venue};

/// The longest bearer secret, bytes.
const MAX_SECRET: usize = 200;

/// The SHA-256 of the secret that a request carries.
pub(super) fn bearer_hash(headers: &HeaderMap) -> Option<[u8; 32]> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = value.split_once(' ')?;
    let secret = secret.trim();
    let fits =
        scheme.eq_ignore_ascii_case("bearer") && !secret.is_empty() && secret.len() <= MAX_SECRET;
    fits.then(|| Sha256::digest(secret).into())
}

async fn bearer(service: &Service, headers: &HeaderMap) -> Result<Bearer, Problem> {
    let hash = bearer_hash(headers).ok_or(Problem::CredentialMissing)?;
    let credential = service.store.credential(hash).await?.ok_or(Problem::CredentialMissing)?;
    if credential.revoked { Err(Problem::CredentialRevoked) } else { Ok(credential.bearer) }
}

/// A registrar, by its id.
pub(super) struct Registrar(pub(super) String);

impl FromRequestParts<App> for Registrar {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &App) -> Result<Self, Problem> {
        match bearer(service, &parts.headers).await? {
            Bearer::Registrar { registrar } => Ok(Self(registrar)),
            Bearer::Venue { .. } => Err(Problem::RoleDenied),
        }
    }
}

/// A device of a venue that may scan.
pub(super) struct VenueDevice {
    pub(super) venue: Venue,
    pub(super) device: String,
}

impl FromRequestParts<App> for VenueDevice {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &App) -> Result<Self, Problem> {
        let Bearer::Venue { venue, device } = bearer(service, &parts.headers).await? else {
            return Err(Problem::RoleDenied);
        };
        let venue = service.store.venue(&venue).await?.ok_or(Problem::CredentialMissing)?;
        if venue.suspended { Err(Problem::VenueSuspended) } else { Ok(Self { venue, device }) }
    }
}

async fn session(service: &Service, headers: &HeaderMap) -> Result<Option<PersonId>, StoreError> {
    match bearer_hash(headers) {
        Some(hash) => service.store.session(hash, service.clock.now()).await,
        None => Ok(None),
    }
}

/// The person behind an access token.
pub(super) struct Holder(pub(super) PersonId);

impl FromRequestParts<App> for Holder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &App) -> Result<Self, Problem> {
        let person = session(service, &parts.headers).await?;
        person.map(Self).ok_or(Problem::CredentialMissing)
    }
}

/// The same, for endpoints that answer OAuth's errors.
pub(super) struct TokenHolder(pub(super) PersonId);

impl FromRequestParts<App> for TokenHolder {
    type Rejection = OAuthError;

    async fn from_request_parts(parts: &mut Parts, service: &App) -> Result<Self, OAuthError> {
        let person = session(service, &parts.headers).await?;
        person.map(Self).ok_or(OAuthError::INVALID_TOKEN)
    }
}
