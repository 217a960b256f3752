//! Bearer credentials: looked up by their SHA-256, so that no comparison of secrets takes place.

use axum::http::{HeaderMap, header};
use sha2::{Digest, Sha256};

use super::Problem;
use crate::service::Service;
use crate::store::{Bearer, PersonId};

/// The longest bearer secret, bytes.
const MAX_SECRET: usize = 200;

fn bearer_hash(headers: &HeaderMap) -> Option<[u8; 32]> {
    let secret = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
    (!secret.is_empty() && secret.len() <= MAX_SECRET).then(|| Sha256::digest(secret).into())
}

/// Who presents a registered credential.
pub(super) async fn bearer(service: &Service, headers: &HeaderMap) -> Result<Bearer, Problem> {
    let hash = bearer_hash(headers).ok_or(Problem::CredentialMissing)?;
    let credential = service.store.credential(hash).await?.ok_or(Problem::CredentialMissing)?;
    if credential.revoked { Err(Problem::CredentialRevoked) } else { Ok(credential.bearer) }
}

/// The registrar's id.
pub(super) async fn registrar(service: &Service, headers: &HeaderMap) -> Result<String, Problem> {
    match bearer(service, headers).await? {
        Bearer::Registrar { registrar } => Ok(registrar),
        Bearer::Venue { .. } => Err(Problem::RoleDenied),
    }
}

/// The person behind an access token.
pub(super) async fn holder(service: &Service, headers: &HeaderMap) -> Result<PersonId, Problem> {
    let hash = bearer_hash(headers).ok_or(Problem::CredentialMissing)?;
    service.store.session(hash, service.clock.now()).await?.ok_or(Problem::CredentialMissing)
}
