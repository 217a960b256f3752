//! Venues: registered, described anew, suspended by one administrator and resumed by two.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use szid_identity::read_uscc;
use szid_register::{AdminChange, Administered, Place, Venue, VenuePatch};

use super::requests::AdminRequest;
use super::{administer, answer, read_path};
use crate::administration::{check_ages, check_scenes, is_id, is_place_name};
use crate::http::auth::Administrator;
use crate::http::body::JsonBody;
use crate::http::problem::Refusal;
use crate::http::refusals::{Conflict, Problems, Unprocessable};
use crate::http::{App, Problem};
use crate::service::Service;

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VenueBody {
    name: String,
    /// The unified social credit code of its organisation; both check digits are checked.
    uscc: String,
    /// The scenes that it may scan for: at least one, each once, of those that there are.
    scenes: Vec<u16>,
    /// The ages that it may ask about, 1 to 150 years, each once: "at least so old", yes or no.
    #[serde(default)]
    ages: Vec<u8>,
    /// True to suspend it. False lifts no suspension: that takes two administrators.
    #[serde(default)]
    suspended: bool,
}

/// What changes of a venue: what is left out stays as it is.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VenuePatchBody {
    name: Option<String>,
    /// The unified social credit code of its organisation; both check digits are checked.
    uscc: Option<String>,
    /// The scenes that it may scan for from now on: at least one.
    scenes: Option<Vec<u16>>,
    /// The ages that it may ask about from now on, years; none with an empty list.
    ages: Option<Vec<u8>>,
    /// True to suspend it. False lifts no suspension: that takes two administrators.
    #[serde(default)]
    suspended: bool,
}

impl From<VenueBody> for VenuePatchBody {
    fn from(VenueBody { name, uscc, scenes, ages, suspended }: VenueBody) -> Self {
        let (name, uscc, scenes, ages) = (Some(name), Some(uscc), Some(scenes), Some(ages));
        Self { name, uscc, scenes, ages, suspended }
    }
}

impl VenuePatchBody {
    /// The change that it asks for, if what it names can be right.
    fn checked(self, service: &Service, id: String) -> Result<VenuePatch, Problem> {
        let Self { name, uscc, scenes, ages, suspended } = self;
        if !is_id(&id) {
            return Err(Problem::IdInvalid);
        }
        if name.as_deref().is_some_and(|name| !is_place_name(name)) {
            return Err(Problem::PlaceName);
        }
        let uscc = uscc.map(|uscc| read_uscc(&uscc)).transpose();
        let uscc = uscc.map_err(|_| Problem::UsccInvalid)?;
        if let Some(scenes) = &scenes {
            let known = service.scenes.current();
            check_scenes(scenes, |scene| known.policies.scene(scene).is_ok())?;
        }
        if let Some(ages) = &ages {
            check_ages(ages)?;
        }
        Ok(VenuePatch { id, name, uscc, scenes, ages, suspended })
    }
}

/// A venue as it is now, and as it was.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct ChangedVenue {
    now: RegisteredVenue,
    before: RegisteredVenue,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct RegisteredVenue {
    id: String,
    name: String,
    uscc: String,
    scenes: Vec<u16>,
    ages: Vec<u8>,
    /// While it is, its devices are refused.
    suspended: bool,
}

impl From<Venue> for RegisteredVenue {
    fn from(venue: Venue) -> Self {
        let Venue { id, name, uscc, scenes, suspended, ages } = venue;
        Self { id, name, uscc, scenes, ages, suspended }
    }
}

async fn view(service: &Service, id: &str) -> Result<RegisteredVenue, Problem> {
    service.store.venue(id).await?.map(RegisteredVenue::from).ok_or(Problem::NotFound)
}

/// A venue as it is registered.
#[utoipa::path(get, path = "/v1/admin/venues/{venue}", tag = "administration",
    operation_id = "registered_venue",
    params(("venue" = String, Path, description = "The venue's id")),
    security(("administrator" = [])), responses(
    (status = 200, body = RegisteredVenue),
    Problems,
))]
pub(crate) async fn venue(
    _: Administrator,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<RegisteredVenue>, Problem> {
    Ok(Json(view(&service, &read_path(id)?).await?))
}

/// Registers a venue, or describes it anew. One administrator takes scenes and ages away, and suspends; a new
/// venue, more scenes or ages, another name or organisation wait for a second one.
#[utoipa::path(put, path = "/v1/admin/venues/{venue}", tag = "administration",
    operation_id = "register_venue",
    params(("venue" = String, Path, description = "1 to 22 lower-case letters, digits and hyphens")),
    security(("administrator" = [])), request_body = VenueBody, responses(
    (status = 200, body = RegisteredVenue),
    (status = 202, body = AdminRequest),
    Problems, Conflict, Unprocessable,
))]
pub(crate) async fn put(
    administrator: Administrator,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
    JsonBody(body): JsonBody<VenueBody>,
) -> Result<Response, Refusal> {
    let id = read_path(id)?;
    let change = AdminChange::Venue(VenuePatchBody::from(body).checked(&service, id.clone())?);
    match administer(&service, administrator, change).await? {
        Administered::Done => Ok(Json(view(&service, &id).await?).into_response()),
        waits @ Administered::Waits(_) => answer(&service, waits, ()),
    }
}

/// Changes what is named of a venue, and leaves the rest as it is. One administrator takes scenes and ages
/// away, and suspends; more scenes or ages, another name or organisation wait for a second one.
#[utoipa::path(patch, path = "/v1/admin/venues/{venue}", tag = "administration",
    operation_id = "change_venue",
    params(("venue" = String, Path, description = "The venue's id")),
    security(("administrator" = [])), request_body = VenuePatchBody, responses(
    (status = 200, body = ChangedVenue),
    (status = 202, body = AdminRequest),
    Problems, Conflict, Unprocessable,
))]
pub(crate) async fn patch(
    administrator: Administrator,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
    JsonBody(body): JsonBody<VenuePatchBody>,
) -> Result<Response, Refusal> {
    let id = read_path(id)?;
    let change = AdminChange::Venue(body.checked(&service, id.clone())?);
    let before = view(&service, &id).await?;
    match administer(&service, administrator, change).await? {
        Administered::Done => {
            let now = view(&service, &id).await?;
            Ok(Json(ChangedVenue { now, before }).into_response())
        }
        waits @ Administered::Waits(_) => answer(&service, waits, ()),
    }
}

/// Suspends a venue: its devices are refused at once. One administrator does it; lifting it takes two. Who
/// has taken away 50 credentials, places or scenes alone within the hour needs a second one.
#[utoipa::path(post, path = "/v1/admin/venues/{venue}/suspend", tag = "administration",
    operation_id = "suspend_venue",
    params(("venue" = String, Path, description = "The venue's id")),
    security(("administrator" = [])), responses(
    (status = 200, body = RegisteredVenue, description = "It is suspended"),
    (status = 202, body = AdminRequest),
    Problems, Conflict,
))]
pub(crate) async fn suspend(
    administrator: Administrator,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    let id = read_path(id)?;
    let change = AdminChange::Suspend(Place { venue: id.clone(), site: None });
    let outcome = administer(&service, administrator, change).await?;
    answer(&service, outcome, view(&service, &id).await?)
}

/// Asks for a venue's suspension to be lifted. Another administrator confirms it within 24 hours.
#[utoipa::path(post, path = "/v1/admin/venues/{venue}/resume", tag = "administration",
    operation_id = "resume_venue",
    params(("venue" = String, Path, description = "The venue's id")),
    security(("administrator" = [])), responses(
    (status = 200, body = RegisteredVenue, description = "It is not suspended"),
    (status = 202, body = AdminRequest),
    Problems, Conflict,
))]
pub(crate) async fn resume(
    administrator: Administrator,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    let id = read_path(id)?;
    let change = AdminChange::Resume(Place { venue: id.clone(), site: None });
    let outcome = administer(&service, administrator, change).await?;
    answer(&service, outcome, view(&service, &id).await?)
}
