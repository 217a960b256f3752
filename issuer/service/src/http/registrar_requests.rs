//! What takes two registrars: one asks, another one confirms. A freeze takes one, and no time.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use szid_identity::Identity;
use szid_register::entropy::make_random;
use szid_register::{
    Account, Approval, Approvers, Asked, DeviceId, DeviceRule, HolderDevice, MAX_DEVICES,
    PersonChange, PersonId, Request, RequestFault, RequestId,
};

use super::auth::Registrar;
use super::body::JsonBody;
use super::holder_devices::{read_device, write_device};
use super::offer_drafts::{Draft, Enrolled, Secrets};
use super::problem::Refusal;
use super::refusals::{Conflict, Gone, Problems, Unprocessable};
use super::registrar::{AccountRequest, PersonAccount, PersonPath, read_person};
use super::{App, Problem};
use crate::devices::{named, newest_freeze};
use crate::service::Service;

/// What a registrar asked for.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct RegistrarRequest {
    /// Names the request.
    request: String,
    /// In the answer to whoever asks: an earlier request of theirs to the same end, whose place this one has
    /// taken. It is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced: Option<String>,
    /// `account`, `enrolment` or `change`.
    kind: &'static str,
    /// The person's opaque id.
    person: String,
    /// Of an account: the state that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<Account>,
    /// Of a lifting: what comes back with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    lifting: Option<Lifting>,
    /// Of an enrolment: what the new device means for the older ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    devices: Option<DeviceRule>,
    /// Of an enrolment, for whoever asks: that the counter sees something that the register does not keep so.
    /// It stays as it is kept, and what it is is not said: whoever asks need not know it, and may be
    /// guessing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    differs: bool,
    /// Of a change: what is to be kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<ChangeView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The registrar who asked.
    asked_by: String,
    /// Unix seconds.
    asked_at: u64,
    /// When it can no longer be confirmed, Unix seconds.
    expires_at: u64,
    /// Whether the person approved it on a phone that is not ended: then whoever asked confirms it.
    approved: bool,
    /// `pending` or `expired`.
    state: &'static str,
    /// Of a lifting: the devices that it names.
    #[serde(skip)]
    named: Option<Vec<DeviceId>>,
}

/// What the lifting of a freeze gives back, and what ends with it for good. The phone that reported a loss
/// stays, and may be the one that was stolen: the counter looks whether the citizen holds it.
#[derive(Serialize, utoipa::ToSchema)]
struct Lifting {
    /// The devices that come back.
    devices: Vec<DeviceOfLifting>,
    /// Those that end: a lost one is here, and one in the citizen's hands is not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ends: Vec<DeviceOfLifting>,
    /// Who froze the account last: `holder` from one of these devices, `registrar` or `service`.
    #[serde(skip_serializing_if = "Option::is_none")]
    frozen_by: Option<&'static str>,
}

/// A device as whoever confirms has to know it. When it was used is told to who looks at the person's
/// devices, which is counted and told to the holder.
#[derive(Serialize, utoipa::ToSchema)]
struct DeviceOfLifting {
    /// Its opaque name.
    id: String,
    /// What its holder calls it.
    name: String,
}

impl From<HolderDevice> for DeviceOfLifting {
    fn from(device: HolderDevice) -> Self {
        Self { id: write_device(device.id), name: named(device.name) }
    }
}

impl Lifting {
    async fn find(
        service: &Service,
        id: PersonId,
        named: Option<&[DeviceId]>,
    ) -> Result<Self, Problem> {
        let devices = service.store.devices(id, service.clock.now()).await?;
        let person = service.store.person(id).await?.ok_or(Problem::NotFound)?;
        let comes_back = |device: &HolderDevice| match named {
            Some(named) => named.contains(&device.id),
            None => !person.suspends(device.id),
        };
        let (devices, ends): (Vec<_>, Vec<_>) = devices.into_iter().partition(comes_back);
        let view = |devices: Vec<HolderDevice>| devices.into_iter().map(Into::into).collect();
        let frozen = newest_freeze(&*service.store, id).await?;
        Ok(Self {
            devices: view(devices),
            ends: view(ends),
            frozen_by: frozen.map(|event| event.by.word()),
        })
    }
}

/// What is asked of the lifting of a freeze.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UnfreezeRequest {
    /// A short word such as `found`: it goes into the audit trail.
    #[schema(pattern = "^[a-z0-9_]{1,40}$")]
    reason: String,
    /// The devices that come back: those in the citizen's hands. All others end. Where nothing is said, the
    /// one comes back that reported or that the freeze kept, and those end that the freeze suspended.
    devices: Option<Vec<String>>,
    /// The same for one device.
    keep_device: Option<String>,
}

/// What is to be kept of a person, as far as it changes.
#[derive(Serialize, utoipa::ToSchema)]
struct ChangeView {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity_level: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    /// Whether other details change.
    details: bool,
}

impl ChangeView {
    fn of(service: &Service, change: &PersonChange) -> Option<Self> {
        let identity = service.register_key.open_identity(&change.sealed, change.person)?;
        let identity: Identity = serde_json::from_slice(&identity).ok()?;
        Some(Self {
            name: change.changes("name").then_some(identity.name),
            identity_level: change.changes("identity_level").then_some(change.evidence.level),
            method: change.changes("method").then(|| change.evidence.method.clone()),
            details: change.changes("details"),
        })
    }
}

impl RegistrarRequest {
    /// Nothing for what is no registrar's.
    pub(super) fn of(service: &Service, request: Request, now: u64) -> Option<Self> {
        let (expires_at, state) = (request.expires_at(), request.state(now));
        let mut view = Self {
            request: BASE64URL_NOPAD.encode(&request.id),
            replaced: None,
            kind: "account",
            person: String::new(),
            account: None,
            lifting: None,
            devices: None,
            differs: false,
            named: None,
            change: None,
            reason: None,
            asked_by: request.asked_by,
            asked_at: request.asked_at,
            expires_at,
            approved: request.approved_on.is_some(),
            state,
        };
        match request.act {
            Approval::Account { person, account, reason, devices } => {
                view.named = devices;
                view.person = person.to_string();
                (view.account, view.reason) = (Some(account), Some(reason));
            }
            Approval::Enrolment { person, devices } => {
                (view.kind, view.person) = ("enrolment", person.to_string());
                view.devices = Some(devices);
            }
            Approval::Change(change) => {
                (view.kind, view.person) = ("change", change.person.to_string());
                view.change = Some(ChangeView::of(service, &change)?);
                view.reason = Some(change.reason);
            }
            _ => return None,
        }
        Some(view)
    }

    /// What waits since it was asked for.
    pub(super) fn of_asked(service: &Service, asked: Asked, now: u64) -> Option<Self> {
        let replaced = asked.replaced.map(|id| BASE64URL_NOPAD.encode(&id));
        Some(Self { replaced, ..Self::of(service, asked.request, now)? })
    }

    /// The same, of a lifting with the devices that come back.
    async fn with_lifting(mut self, service: &Service) -> Result<Self, Problem> {
        if self.account == Some(Account::Active)
            && let Ok(person) = self.person.parse()
        {
            self.lifting = Some(Lifting::find(service, person, self.named.as_deref()).await?);
        }
        Ok(self)
    }

    pub(super) fn with_differences(self, differs: bool) -> Self {
        Self { differs, ..self }
    }
}

/// A registrar's request that cannot be shown: none that was just made.
pub(super) fn unreadable() -> Problem {
    Problem::internal("a registrar's request cannot be read")
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct RegistrarRequests {
    /// The newest first.
    requests: Vec<RegistrarRequest>,
}

async fn ask(
    service: &Service,
    actor: String,
    person: PersonId,
    request: AccountRequest,
    account: Account,
    devices: Option<Vec<DeviceId>>,
) -> Result<Response, Problem> {
    let reason = request.reason()?;
    // What could not be done is told now, not to the second registrar.
    let known = service.store.person(person).await?.ok_or(Problem::NotFound)?;
    match known.account {
        Account::Revoked => return Err(Problem::AccountState),
        // Nothing is lifted, and nobody is told of it.
        Account::Active if account == Account::Active => {
            return Ok(Json(PersonAccount::of(person, account)).into_response());
        }
        Account::Active | Account::Frozen => {}
    }
    let now = service.clock.now();
    let request = Request {
        id: make_random(&*service.entropy)?,
        act: Approval::Account { person, account, reason, devices },
        asked_by: actor,
        asked_at: now,
        approved_on: None,
    };
    let asked = service.store.request_approval(request).await??;
    let asked = RegistrarRequest::of_asked(service, asked, now).ok_or_else(unreadable)?;
    Ok((StatusCode::ACCEPTED, Json(asked.with_lifting(service).await?)).into_response())
}

/// Asks for a freeze to be lifted. Another registrar confirms it within 24 hours.
#[utoipa::path(post, path = "/v1/registrar/persons/{person}/unfreeze", tag = "registrar",
    operation_id = "unfreeze_person",
    params(("person" = String, Path, description = "The person's opaque id")),
    security(("registrar" = [])), request_body = UnfreezeRequest, responses(
    (status = 200, body = PersonAccount, description = "The account is active already: nothing was done"),
    (status = 202, body = RegistrarRequest),
    Problems, Conflict, Unprocessable,
))]
pub(super) async fn unfreeze(
    Registrar(actor): Registrar,
    State(service): State<App>,
    person: PersonPath,
    JsonBody(request): JsonBody<UnfreezeRequest>,
) -> Result<Response, Refusal> {
    let UnfreezeRequest { reason, devices, keep_device } = request;
    let (person, request) = (read_person(person)?, AccountRequest { reason });
    let (member, named) = match (devices, keep_device) {
        (None, None) => ("", None),
        (Some(devices), None) if devices.len() <= MAX_DEVICES => ("devices", Some(devices)),
        (Some(_), None) => return Err(Problem::BadRequest.about("devices")),
        (None, Some(device)) => ("keep_device", Some(vec![device])),
        (Some(_), Some(_)) => return Err(Problem::BadRequest.about("devices, keep_device")),
    };
    let mut back = None;
    if let Some(named) = named {
        let read =
            |text: &String| read_device(text).ok_or_else(|| Problem::BadRequest.about(member));
        back = Some(named.iter().map(read).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(ask(&service, actor, person, request, Account::Active, back).await?)
}

/// Asks for all passes and tokens of a person to be ended, for good. Another registrar confirms it within 24
/// hours.
#[utoipa::path(post, path = "/v1/registrar/persons/{person}/revoke", tag = "registrar",
    operation_id = "revoke_person",
    params(("person" = String, Path, description = "The person's opaque id")),
    security(("registrar" = [])), request_body = AccountRequest, responses(
    (status = 202, body = RegistrarRequest),
    Problems, Conflict, Unprocessable,
))]
pub(super) async fn revoke(
    Registrar(actor): Registrar,
    State(service): State<App>,
    person: PersonPath,
    JsonBody(request): JsonBody<AccountRequest>,
) -> Result<Response, Problem> {
    ask(&service, actor, read_person(person)?, request, Account::Revoked, None).await
}

/// The requests that wait, and those that ran out within the last day.
#[utoipa::path(get, path = "/v1/registrar/requests", tag = "registrar",
    operation_id = "registrar_requests", security(("registrar" = [])), responses(
    (status = 200, body = RegistrarRequests),
    Problems,
))]
pub(super) async fn requests(
    _: Registrar,
    State(service): State<App>,
) -> Result<Json<RegistrarRequests>, Problem> {
    let now = service.clock.now();
    let mut found = service.store.requests(&Approvers::Registrars).await?;
    found.sort_by_key(|request| std::cmp::Reverse((request.asked_at, request.id)));
    let mut requests = Vec::with_capacity(found.len());
    for request in found {
        if let Some(view) = RegistrarRequest::of(&service, request, now) {
            requests.push(view.with_lifting(&service).await?);
        }
    }
    Ok(Json(RegistrarRequests { requests }))
}

pub(super) fn read_id(path: Result<Path<String>, PathRejection>) -> Result<RequestId, Problem> {
    let Path(id) = path.map_err(|_| Problem::NotFound)?;
    let bytes = BASE64URL_NOPAD.decode(id.as_bytes()).map_err(|_| Problem::NotFound)?;
    bytes.try_into().map_err(|_| Problem::NotFound)
}

/// Ends a request without its act: one's own, or another's.
#[utoipa::path(delete, path = "/v1/registrar/requests/{id}", tag = "registrar",
    operation_id = "refuse_registrar_request",
    params(("id" = String, Path, description = "The request")),
    security(("registrar" = [])), responses(
    (status = 204, description = "It is over"),
    Problems, Conflict, Gone,
))]
pub(super) async fn refuse(
    Registrar(actor): Registrar,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let (id, now) = (read_id(id)?, service.clock.now());
    service.store.reject_approval(&Approvers::Registrars, id, actor, now).await??;
    Ok(StatusCode::NO_CONTENT)
}

/// Confirms another registrar's request: it is done now. Of an enrolment, the answer is the offer.
#[utoipa::path(post, path = "/v1/registrar/requests/{id}/confirm", tag = "registrar",
    operation_id = "confirm_registrar_request",
    params(("id" = String, Path, description = "The request")),
    security(("registrar" = [])), responses(
    (status = 200, body = PersonAccount, description = "Of an account or a change"),
    (status = 201, body = Enrolled, description = "Of an enrolment"),
    Problems, Conflict, Gone,
))]
pub(super) async fn confirm(
    Registrar(actor): Registrar,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let id = read_id(id)?;
    let request = service.store.request(&Approvers::Registrars, id).await?;
    let (person, account) = match request.ok_or(RequestFault::Unknown)?.act {
        Approval::Account { .. } => service.confirm_account(id, actor).await??,
        Approval::Change(_) => service.confirm_change(id, actor).await??,
        Approval::Enrolment { person, .. } => {
            let secrets = Secrets::draw(&*service.entropy)?;
            let Draft { enrolled, offer_hash, grant } =
                Draft::new(&service, person, actor.clone(), &secrets)?;
            let now = service.clock.now();
            service.store.confirm_enrolment(id, actor, offer_hash, grant, now).await??;
            return Ok((StatusCode::CREATED, Json(enrolled)).into_response());
        }
        _ => return Err(Problem::NotFound),
    };
    Ok(Json(PersonAccount::of(person, account)).into_response())
}
