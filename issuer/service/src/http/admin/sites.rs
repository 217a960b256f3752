//! Sites of a venue: registered, described anew, suspended by one administrator and resumed by two.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use szid_register::{Site, SitePatch};

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
pub(crate) struct SiteBody {
    /// As a citizen knows it.
    name: String,
    /// True to suspend it. False lifts no suspension: that takes two administrators.
    #[serde(default)]
    suspended: bool,
}

/// What changes of a site: what is left out stays as it is.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SitePatchBody {
    /// As a citizen knows it.
    name: Option<String>,
    /// True to suspend it. False lifts no suspension: that takes two administrators.
    #[serde(default)]
    suspended: bool,
}

/// A site as it is now, and as it was.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct ChangedSite {
    now: RegisteredSite,
    before: RegisteredSite,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct RegisteredSite {
    venue: String,
    id: String,
    name: String,
    /// While it is, its devices are refused.
    suspended: bool,
}

impl From<Site> for RegisteredSite {
    fn from(site: Site) -> Self {
        let Site { venue, id, name, closed: suspended } = site;
        Self { venue, id, name, suspended }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct RegisteredSites {
    /// By their ids.
    sites: Vec<RegisteredSite>,
}

impl From<Before<Site>> for ChangedSite {
    fn from(Before { now, before }: Before<Site>) -> Self {
        Self { now: now.into(), before: before.into() }
    }
}

type SitePath = Result<Path<(String, String)>, PathRejection>;

/// The sites of a venue.
#[utoipa::path(get, path = "/v1/admin/venues/{venue}/sites", tag = "administration",
    operation_id = "registered_sites",
    params(("venue" = String, Path, description = "The venue's id")),
    security(("administrator" = [])), responses(
    (status = 200, body = RegisteredSites),
    Problems,
))]
pub(crate) async fn sites(
    _: Administrator,
    State(service): State<App>,
    venue: Result<Path<String>, PathRejection>,
) -> Result<Json<RegisteredSites>, Refusal> {
    let sites = administration::sites(&service.common, &read_path(venue)?).await?;
    Ok(Json(RegisteredSites { sites: sites.into_iter().map(Into::into).collect() }))
}

/// Registers a site, or describes it anew. A new one and another name wait for a second administrator:
/// citizens are asked in it.
#[utoipa::path(put, path = "/v1/admin/venues/{venue}/sites/{site}", tag = "administration",
    operation_id = "register_site",
    params(("venue" = String, Path, description = "The venue's id"),
        ("site" = String, Path, description = "1 to 22 lower-case letters, digits and hyphens")),
    security(("administrator" = [])), request_body = SiteBody, responses(
    (status = 200, body = RegisteredSite),
    (status = 202, body = AdminRequest),
    Problems, Conflict, Unprocessable,
))]
pub(crate) async fn put(
    Administrator(administrator): Administrator,
    State(service): State<App>,
    path: SitePath,
    JsonBody(SiteBody { name, suspended }): JsonBody<SiteBody>,
) -> Result<Response, Refusal> {
    let (venue, id) = read_path(path)?;
    let site = SitePatch { venue, id, name: Some(name), closed: suspended };
    let acted = administration::put_site(&service.common, administrator, site).await?;
    Ok(answer(acted.map(RegisteredSite::from)))
}

/// Changes what is named of a site, and leaves the rest as it is. Another name waits for a second
/// administrator.
#[utoipa::path(patch, path = "/v1/admin/venues/{venue}/sites/{site}", tag = "administration",
    operation_id = "change_site",
    params(("venue" = String, Path, description = "The venue's id"),
        ("site" = String, Path, description = "The site's id")),
    security(("administrator" = [])), request_body = SitePatchBody, responses(
    (status = 200, body = ChangedSite),
    (status = 202, body = AdminRequest),
    Problems, Conflict, Unprocessable,
))]
pub(crate) async fn patch(
    Administrator(administrator): Administrator,
    State(service): State<App>,
    path: SitePath,
    JsonBody(SitePatchBody { name, suspended }): JsonBody<SitePatchBody>,
) -> Result<Response, Refusal> {
    let (venue, id) = read_path(path)?;
    let site = SitePatch { venue, id, name, closed: suspended };
    let acted = administration::change_site(&service.common, administrator, site).await?;
    Ok(answer(acted.map(ChangedSite::from)))
}

/// Suspends a site: its devices are refused at once. One administrator does it; lifting it takes two. Who has
/// taken away 50 credentials, places or scenes alone within the hour needs a second one.
#[utoipa::path(post, path = "/v1/admin/venues/{venue}/sites/{site}/suspend", tag = "administration",
    operation_id = "suspend_site",
    params(("venue" = String, Path, description = "The venue's id"),
        ("site" = String, Path, description = "The site's id")),
    security(("administrator" = [])), responses(
    (status = 200, body = RegisteredSite, description = "It is suspended"),
    (status = 202, body = AdminRequest),
    Problems, Conflict,
))]
pub(crate) async fn suspend(
    Administrator(name): Administrator,
    State(service): State<App>,
    path: SitePath,
) -> Result<Response, Refusal> {
    let (venue, id) = read_path(path)?;
    let acted = administration::suspend_site(&service.common, name, &venue, &id).await?;
    Ok(answer(acted.map(RegisteredSite::from)))
}

/// Asks for a site's suspension to be lifted. Another administrator confirms it within 24 hours.
#[utoipa::path(post, path = "/v1/admin/venues/{venue}/sites/{site}/resume", tag = "administration",
    operation_id = "resume_site",
    params(("venue" = String, Path, description = "The venue's id"),
        ("site" = String, Path, description = "The site's id")),
    security(("administrator" = [])), responses(
    (status = 200, body = RegisteredSite, description = "It is not suspended"),
    (status = 202, body = AdminRequest),
    Problems, Conflict,
))]
pub(crate) async fn resume(
    Administrator(name): Administrator,
    State(service): State<App>,
    path: SitePath,
) -> Result<Response, Refusal> {
    let (venue, id) = read_path(path)?;
    let acted = administration::resume_site(&service.common, name, &venue, &id).await?;
    Ok(answer(acted.map(RegisteredSite::from)))
}
