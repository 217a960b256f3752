//! Changes that take two administrators: one asked, another one confirms.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use szid_register::{AdminAct, Place, RequestId, Site, Station, Venue};

use super::read_path;
use crate::administration::{self, BearerView, Confirmed, WaitingAct};
use crate::http::auth::Administrator;
use crate::http::operator::read_bytes;
use crate::http::problem::Refusal;
use crate::http::refusals::{Conflict, Gone, Problems, Unprocessable};
use crate::http::{App, Problem};

/// What is asked for.
#[derive(Default, Serialize, utoipa::ToSchema)]
pub(crate) struct AdminActView {
    /// `venue`, `site`, `device`, `credential`, `gate`, `resume` or `withdraw`.
    act: &'static str,
    /// Whose credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    bearer: Option<BearerView>,
    /// Which credential is withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<String>,
    /// The venue's id, unless it is about a credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    venue: Option<String>,
    /// The id of the site that is resumed or gets another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<String>,
    /// The label of a device or gate.
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<String>,
    /// The gate's new key as a compressed point, in base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// The gate's key of now, in the same form; none where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_now: Option<String>,
    /// What a venue or device is to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    wanted: Option<Registered>,
    /// What it is now; a new venue is nothing yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    now: Option<Registered>,
    /// Suspended venues of the same organisation: look at why they are before you confirm.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suspended_elsewhere: Vec<String>,
    /// That devices which need not name a scene in their scans have to from then on, or are answered
    /// `SCENE_MISSING`: more than one takes the place of the only one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    scene_to_be_named: bool,
}

/// What a venue or device is registered for.
#[derive(Default, Serialize, utoipa::ToSchema)]
pub(crate) struct Registered {
    /// The name of the venue or site.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The organisation's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    uscc: Option<String>,
    /// The scenes; of a device, all of the venue's if there are none.
    scenes: Vec<u16>,
    /// The ages that the venue may ask about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ages: Vec<u8>,
    /// The id of the site where the device stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<String>,
}

impl From<Venue> for Registered {
    fn from(Venue { name, uscc, scenes, ages, .. }: Venue) -> Self {
        Self { name: Some(name), uscc: Some(uscc), scenes, ages, site: None }
    }
}

impl From<Site> for Registered {
    fn from(Site { name, .. }: Site) -> Self {
        Self { name: Some(name), ..Self::default() }
    }
}

impl From<Station> for Registered {
    fn from(Station { site, scenes, .. }: Station) -> Self {
        Self { site, scenes, ..Self::default() }
    }
}

impl From<AdminAct> for AdminActView {
    fn from(act: AdminAct) -> Self {
        match act {
            AdminAct::Venue(change) => Self {
                act: "venue",
                venue: Some(change.wanted.id.clone()),
                scene_to_be_named: change.wanted.scenes.len() > 1
                    && change.known.as_ref().is_some_and(|known| known.scenes.len() == 1),
                wanted: Some(change.wanted.into()),
                now: change.known.map(Registered::from),
                suspended_elsewhere: change.suspended_elsewhere,
                ..Self::default()
            },
            AdminAct::Site(change) => Self {
                act: "site",
                venue: Some(change.wanted.venue.clone()),
                site: Some(change.wanted.id.clone()),
                wanted: Some(change.wanted.into()),
                now: change.known.map(Registered::from),
                ..Self::default()
            },
            AdminAct::Station(change) => Self {
                act: "device",
                venue: Some(change.wanted.venue.clone()),
                device: Some(change.wanted.device.clone()),
                // None are all of the venue's, which may be several.
                scene_to_be_named: change.wanted.scenes.len() != 1
                    && change.known.as_ref().is_some_and(|known| known.scenes.len() == 1),
                wanted: Some(change.wanted.into()),
                now: change.known.map(Registered::from),
                ..Self::default()
            },
            AdminAct::Credential(bearer) => {
                Self { act: "credential", bearer: Some(bearer.into()), ..Self::default() }
            }
            AdminAct::Gate { venue, device, key, known } => Self {
                act: "gate",
                venue: Some(venue),
                device: Some(device),
                key: Some(BASE64URL_NOPAD.encode(&key)),
                key_now: known.map(|key| BASE64URL_NOPAD.encode(&key)),
                ..Self::default()
            },
            AdminAct::Resume(Place { venue, site }) => {
                Self { act: "resume", venue: Some(venue), site, ..Self::default() }
            }
            AdminAct::Suspend(Place { venue, site }) => {
                Self { act: "suspend", venue: Some(venue), site, ..Self::default() }
            }
            AdminAct::Withdraw { credential, bearer } => Self {
                act: "withdraw",
                bearer: Some(bearer.into()),
                credential: Some(BASE64URL_NOPAD.encode(&credential)),
                ..Self::default()
            },
        }
    }
}

/// A change that waits for a second administrator.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct AdminRequest {
    /// Names the request.
    request: String,
    wanted: AdminActView,
    /// The administrator who asked.
    asked_by: String,
    /// Unix seconds.
    asked_at: u64,
    /// When it can no longer be confirmed, Unix seconds.
    expires_at: u64,
    /// `pending` or `expired`.
    state: &'static str,
}

impl From<WaitingAct> for AdminRequest {
    fn from(waits: WaitingAct) -> Self {
        let WaitingAct { id, act, asked_by, asked_at, expires_at, state } = waits;
        let request = BASE64URL_NOPAD.encode(&id);
        Self { request, wanted: act.into(), asked_by, asked_at, expires_at, state }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct AdminRequests {
    /// The newest first, at most 100.
    requests: Vec<AdminRequest>,
}

/// The requests that wait, and those that ran out within the last day.
#[utoipa::path(get, path = "/v1/admin/requests", tag = "administration",
    operation_id = "admin_requests",
    security(("administrator" = [])), responses(
    (status = 200, body = AdminRequests),
    Problems,
))]
pub(crate) async fn requests(
    _: Administrator,
    State(service): State<App>,
) -> Result<Json<AdminRequests>, Refusal> {
    let requests = administration::waiting(&service.common).await?;
    Ok(Json(AdminRequests { requests: requests.into_iter().map(Into::into).collect() }))
}

fn read_id(path: Result<Path<String>, PathRejection>) -> Result<RequestId, Problem> {
    read_bytes(&read_path(path)?).ok_or(Problem::NotFound)
}

/// Ends a request without its act: one's own, or another's.
#[utoipa::path(delete, path = "/v1/admin/requests/{id}", tag = "administration",
    operation_id = "refuse_admin_request",
    params(("id" = String, Path, description = "The request")),
    security(("administrator" = [])), responses(
    (status = 204, description = "It is over"),
    Problems, Conflict, Gone,
))]
pub(crate) async fn reject(
    Administrator(actor): Administrator,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Refusal> {
    administration::refuse(&service.common, actor, read_id(id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct AdminConfirmed {
    /// What is done now.
    done: AdminActView,
    /// Names the credential that was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<String>,
    /// Its bearer secret. It is shown here and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// Confirms another administrator's request: it is done now.
#[utoipa::path(post, path = "/v1/admin/requests/{id}/confirm", tag = "administration",
    operation_id = "confirm_admin_request",
    params(("id" = String, Path, description = "The request")),
    security(("administrator" = [])), responses(
    (status = 200, body = AdminConfirmed),
    Problems, Conflict, Gone, Unprocessable,
))]
pub(crate) async fn confirm(
    Administrator(actor): Administrator,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<AdminConfirmed>, Refusal> {
    let Confirmed { act, credential } =
        administration::confirm(&service.common, actor, read_id(id)?).await?;
    let written = credential.map(|(id, secret)| (BASE64URL_NOPAD.encode(&id), secret));
    let (credential, secret) = written.unzip();
    Ok(Json(AdminConfirmed { done: act.into(), credential, secret }))
}
