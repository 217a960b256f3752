//! What takes two registrars: one asks, another one confirms. A freeze takes one, and no time.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use szid_register::{
    Account, DeviceRule, EventAuthor, HolderDevice, MAX_DEVICES, PersonId, RequestId,
};

use super::auth::Registrar;
use super::body::JsonBody;
use super::holder_devices::{read_device, write_device};
use super::offer_drafts::Enrolled;
use super::problem::Refusal;
use super::refusals::{Conflict, Gone, Problems, Unprocessable};
use super::registrar::{AccountRequest, PersonAccount, PersonPath, read_person};
use super::{App, Problem};
use crate::devices::named;
use crate::persons::{self, Confirmed, PersonRequest, Reason, ShownChange, Wanted};

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

impl From<persons::Lifting> for Lifting {
    fn from(lifting: persons::Lifting) -> Self {
        let view = |devices: Vec<HolderDevice>| devices.into_iter().map(Into::into).collect();
        Self {
            devices: view(lifting.devices),
            ends: view(lifting.ends),
            frozen_by: lifting.frozen_by.map(EventAuthor::word),
        }
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

impl From<ShownChange> for ChangeView {
    fn from(shown: ShownChange) -> Self {
        let ShownChange { name, identity_level, method, details } = shown;
        Self { name, identity_level, method, details }
    }
}

impl From<PersonRequest> for RegistrarRequest {
    fn from(request: PersonRequest) -> Self {
        let mut view = Self {
            request: BASE64URL_NOPAD.encode(&request.id),
            replaced: request.replaced.map(|id| BASE64URL_NOPAD.encode(&id)),
            kind: "account",
            person: request.person.to_string(),
            account: None,
            lifting: None,
            devices: None,
            differs: request.differs,
            change: None,
            reason: None,
            asked_by: request.asked_by,
            asked_at: request.asked_at,
            expires_at: request.expires_at,
            approved: request.approved,
            state: request.state,
        };
        match request.wanted {
            Wanted::Account { account, reason, lifting } => {
                (view.account, view.reason) = (Some(account), Some(reason));
                view.lifting = lifting.map(Into::into);
            }
            Wanted::Enrolment { devices } => {
                (view.kind, view.devices) = ("enrolment", Some(devices));
            }
            Wanted::Change { shown, reason } => {
                view.kind = "change";
                (view.change, view.reason) = (Some(shown.into()), Some(reason));
            }
        }
        view
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct RegistrarRequests {
    /// The newest first.
    requests: Vec<RegistrarRequest>,
}

/// The request that waits for a second registrar, or the state that the account has without one.
pub(super) fn answer(person: PersonId, account: Account, waits: Option<PersonRequest>) -> Response {
    match waits {
        None => Json(PersonAccount::of(person, account)).into_response(),
        Some(request) => {
            (StatusCode::ACCEPTED, Json(RegistrarRequest::from(request))).into_response()
        }
    }
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
    let person = read_person(person)?;
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
    let waits = persons::lift(&service.common, actor, person, Reason::read(reason)?, back).await?;
    Ok(answer(person, Account::Active, waits))
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
    let (person, reason) = (read_person(person)?, Reason::read(request.reason)?);
    let waits = persons::revoke(&service.common, actor, person, reason).await?;
    Ok(answer(person, Account::Revoked, Some(waits)))
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
    let requests = persons::waiting(&service.common).await?;
    Ok(Json(RegistrarRequests { requests: requests.into_iter().map(Into::into).collect() }))
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
    persons::refuse(&service.common, actor, read_id(id)?).await?;
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
    Ok(match persons::confirm(&service.accounts, actor, read_id(id)?).await? {
        Confirmed::Account(person, account) => answer(person, account, None),
        Confirmed::Offer(offer) => {
            (StatusCode::CREATED, Json(Enrolled::from(offer))).into_response()
        }
    })
}
