//! Bearer credentials and access tokens: looked up by their SHA-256, so that no secrets are compared and none
//! is stored. Each is an extractor, so that it is asked for before a body is read.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

use super::digest::Digest32;
use super::oauth::OAuthError;
use super::rates::{Payer, Wait};
use super::sessions::Sessions;
use super::{App, Problem};
use crate::service::Service;
use crate::store::{Account, Bearer, OperatorRole, PersonId, Session, Site, StoreError, Venue};

/// Devices that are known at a time, at some 300 bytes each.
const MAX_KNOWN_DEVICES: usize = 10_000;
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
        let pages = [&service.sessions, &service.operator_sessions];
        let living = pages.into_iter().find_map(|sessions| sessions.find(headers, now))?;
        Some(living.credential)
    })
}

async fn bearer(service: &Service, hash: Option<[u8; 32]>) -> Result<Bearer, Problem> {
    let hash = hash.ok_or(Problem::CredentialMissing)?;
    let credential = service.store.credential(hash).await?.ok_or(Problem::CredentialMissing)?;
    if credential.revoked { Err(Problem::CredentialRevoked) } else { Ok(credential.bearer) }
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
            Err(Problem::CredentialRevoked) if is_contested(service, hash).await? => {
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
    sessions: &Sessions,
    headers: &HeaderMap,
) -> Result<[u8; 32], Problem> {
    if headers.contains_key(header::AUTHORIZATION) {
        return bearer_hash(headers).ok_or(Problem::CredentialMissing);
    }
    let living = sessions.find(headers, service.clock.now());
    let living = living.ok_or(Problem::CredentialMissing)?;
    living.check_token(headers)?;
    Ok(living.credential)
}

/// A device of a venue that may scan: by its bearer secret, or by a session of the desk console and that
/// session's token.
#[derive(Clone)]
pub(super) struct VenueDevice(Arc<RegisteredDevice>);

impl Deref for VenueDevice {
    type Target = RegisteredDevice;

    fn deref(&self) -> &RegisteredDevice {
        &self.0
    }
}

pub(super) struct RegisteredDevice {
    /// The SHA-256 of its secret; none where a citizen scanned its venue's code.
    pub(super) credential: Option<[u8; 32]>,
    /// With no more scenes than this device is registered for.
    pub(super) venue: Venue,
    pub(super) device: String,
    /// Where it stands.
    pub(super) site: Option<Site>,
}

impl VenueDevice {
    /// A device as it is registered, unless its venue or site must not scan.
    pub(super) async fn find(
        service: &Service,
        mut venue: Venue,
        device: String,
        credential: Option<[u8; 32]>,
    ) -> Result<Self, Problem> {
        if venue.suspended {
            return Err(Problem::VenueSuspended);
        }
        let mut site = None;
        if let Some(station) = service.store.station(&venue.id, &device).await? {
            if !station.scenes.is_empty() {
                venue.scenes.retain(|scene| station.scenes.contains(scene));
            }
            if let Some(id) = &station.site {
                site = service.store.site(&venue.id, id).await?;
            }
        }
        match &site {
            Some(Site { closed: true, .. }) => Err(Problem::VenueSuspended),
            _ => Ok(Self(Arc::new(RegisteredDevice { credential, venue, device, site }))),
        }
    }
}

impl RegisteredDevice {
    /// Counts codes that this device sends or has signed.
    pub(super) fn pay(&self, service: &Service, codes: usize) -> Result<(), Wait> {
        let Some(credential) = self.credential else { return Ok(()) };
        service.code_rates.take(Payer::Credential(credential), codes, &service.metrics)
    }

    pub(super) fn site_id(&self) -> Option<String> {
        self.site.as_ref().map(|site| site.id.clone())
    }

    /// A hash of all that this device is registered as: another one, once any of it has changed.
    pub(super) fn registration(&self) -> [u8; 32] {
        let Venue { id, name, uscc, scenes, suspended: _, ages } = &self.venue;
        let scenes = scenes.iter().flat_map(|scene| scene.to_be_bytes()).collect::<Vec<_>>();
        let (site, site_name) = self.site.as_ref().map(|site| (&site.id, &site.name)).unzip();
        Digest32::of(b"szid registration v1")
            .part(self.credential.as_ref().map(|hash| hash.as_slice()))
            .part(Some(id.as_bytes()))
            .part(Some(name.as_bytes()))
            .part(Some(uscc.as_bytes()))
            .part(Some(&scenes))
            .part(Some(ages))
            .part(Some(self.device.as_bytes()))
            .part(site.map(String::as_bytes))
            .part(site_name.map(String::as_bytes))
            .finish()
    }

    /// What a citizen is told of where it stands.
    pub(super) fn site_name(&self) -> Option<String> {
        self.site.as_ref().map(|site| site.name.clone())
    }
}

impl FromRequestParts<App> for VenueDevice {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &App) -> Result<Self, Problem> {
        venue_device(service, presented(service, &service.sessions, &parts.headers)?).await
    }
}

/// Devices that were found behind their credentials lately, and how often registrations had changed when they
/// were.
pub(crate) struct KnownDevices(Cache<[u8; 32], (u64, VenueDevice)>);

impl Default for KnownDevices {
    fn default() -> Self {
        Self(Cache::new(MAX_KNOWN_DEVICES))
    }
}

/// The device behind a credential, as long as it is good and its venue may scan.
pub(super) async fn venue_device(
    service: &Service,
    hash: [u8; 32],
) -> Result<VenueDevice, Problem> {
    // Asked before anything is read: a change in between makes what was read old at once.
    let registrations = service.store.registrations();
    if let Some((as_of, device)) = service.devices.0.get(&hash)
        && as_of == registrations
    {
        return Ok(device);
    }
    let device = read_device(service, hash).await?;
    service.devices.0.insert(hash, (registrations, device.clone()));
    Ok(device)
}

async fn read_device(service: &Service, hash: [u8; 32]) -> Result<VenueDevice, Problem> {
    let Bearer::Venue { venue, device } = bearer(service, Some(hash)).await? else {
        return Err(Problem::RoleDenied);
    };
    let venue = service.store.venue(&venue).await?.ok_or(Problem::CredentialMissing)?;
    VenueDevice::find(service, venue, device, Some(hash)).await
}

/// A device that waited, as it is registered now: it may have been withdrawn meanwhile.
pub(super) async fn still_admitted(
    service: &Service,
    waited: &VenueDevice,
) -> Result<VenueDevice, Problem> {
    venue_device(service, waited.credential.ok_or(Problem::CredentialMissing)?).await
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
        operator(service, presented(service, &service.operator_sessions, &parts.headers)?).await
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

async fn session(service: &Service, headers: &HeaderMap) -> Result<Option<Session>, StoreError> {
    match bearer_hash(headers) {
        Some(hash) => service.store.session(hash, service.clock.now()).await,
        None => Ok(None),
    }
}

/// The person behind an access token, and the device that it was given to.
pub(super) struct HolderDevice(pub(super) Session);

impl FromRequestParts<App> for HolderDevice {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &App) -> Result<Self, Problem> {
        let session = session(service, &parts.headers).await?;
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

/// Asks again for a person's access token, after a wait in which it or the account may have been withdrawn.
pub(super) async fn still_active(
    service: &Service,
    headers: &HeaderMap,
    person: PersonId,
) -> Result<(), Problem> {
    let session = session(service, headers).await?;
    if session.is_none_or(|session| session.person != person) {
        return Err(Problem::CredentialMissing);
    }
    check_active(service, person).await
}

async fn check_active(service: &Service, person: PersonId) -> Result<(), Problem> {
    let found = service.store.person(person).await?.ok_or(Problem::CredentialMissing)?;
    match found.account {
        Account::Active => Ok(()),
        Account::Frozen => Err(Problem::AccountFrozen),
        Account::Revoked => Err(Problem::AccountState),
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
        let session = session(service, &parts.headers).await;
        let session = session.map_err(|error| OAuthError::from(error).into_response())?;
        session.map(Self).ok_or_else(|| OAuthError::INVALID_TOKEN.into_response())
    }
}

fn has_bearer(headers: &HeaderMap) -> bool {
    let value = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let scheme = value.and_then(|value| value.split(|byte| *byte == b' ').next());
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer"))
}
