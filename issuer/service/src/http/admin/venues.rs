//! Venues: registered, described anew, suspended by one administrator and resumed by two.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use szid_register::{Venue, VenuePatch};

use super::requests::AdminRequest;
use super::{answer, read_path};
use crate::administration::{self, Before};
use crate::http::App;
use crate::http::auth::Administrator;
use crate::http::body::JsonBody;
use crate::http::problem::Refusal;
use crate::http::refusals::{Conflict, Problems, Unprocessable};

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
    fn of(self, id: String) -> VenuePatch {
        let Self { name, uscc, scenes, ages, suspended } = self;
        VenuePatch { id, name, uscc, scenes, ages, suspended }
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

impl From<Before<Venue>> for ChangedVenue {
    fn from(Before { now, before }: Before<Venue>) -> Self {
        Self { now: now.into(), before: before.into() }
    }
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
) -> Result<Json<RegisteredVenue>, Refusal> {
    Ok(Json(administration::registered_venue(&service.common, &read_path(id)?).await?.into()))
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
    Administrator(name): Administrator,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
    JsonBody(body): JsonBody<VenueBody>,
) -> Result<Response, Refusal> {
    let patch = VenuePatchBody::from(body).of(read_path(id)?);
    let acted =
        administration::put_venue(&service.common, &service.publication, name, patch).await?;
    Ok(answer(acted.map(RegisteredVenue::from)))
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
    Administrator(name): Administrator,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
    JsonBody(body): JsonBody<VenuePatchBody>,
) -> Result<Response, Refusal> {
    let patch = body.of(read_path(id)?);
    let acted =
        administration::change_venue(&service.common, &service.publication, name, patch).await?;
    Ok(answer(acted.map(ChangedVenue::from)))
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
    Administrator(name): Administrator,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    let acted = administration::suspend_venue(&service.common, name, &read_path(id)?).await?;
    Ok(answer(acted.map(RegisteredVenue::from)))
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
    Administrator(name): Administrator,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    let acted = administration::resume_venue(&service.common, name, &read_path(id)?).await?;
    Ok(answer(acted.map(RegisteredVenue::from)))
}
