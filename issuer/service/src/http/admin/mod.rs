//! The administration of the running service: for administrators alone, on the local socket and, where the
//! operator allows it, on the service's own address. One file per subject; what takes two of them is decided
//! in the register.

pub(super) mod audit;
pub(super) mod clock;
pub(super) mod credentials;
pub(super) mod devices;
pub(super) mod gates;
pub(super) mod requests;
pub(super) mod sites;
pub(super) mod venues;

use axum::Json;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use requests::AdminRequest;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{App, Problem};
use crate::administration::Acted;

/// Every route of the administration.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(venues::venue, venues::put, venues::patch))
        .routes(routes!(venues::suspend))
        .routes(routes!(venues::resume))
        .routes(routes!(sites::sites))
        .routes(routes!(sites::put, sites::patch))
        .routes(routes!(sites::suspend))
        .routes(routes!(sites::resume))
        .routes(routes!(devices::put))
        .routes(routes!(gates::put))
        .routes(routes!(credentials::credentials, credentials::make))
        .routes(routes!(credentials::withdraw))
        .routes(routes!(credentials::contest))
        .routes(routes!(requests::requests))
        .routes(routes!(requests::reject))
        .routes(routes!(requests::confirm))
        .routes(routes!(audit::head))
        .routes(routes!(audit::verify))
        .routes(routes!(audit::entries))
        .routes(routes!(clock::clock))
        .routes(routes!(clock::confirm))
}

/// What was done, or the request that waits (202).
fn answer(acted: Acted<impl Serialize>) -> Response {
    match acted {
        Acted::Done(now) => Json(now).into_response(),
        Acted::Waits(request) => {
            (StatusCode::ACCEPTED, Json(AdminRequest::from(*request))).into_response()
        }
    }
}

/// The parts of an address.
fn read_path<T>(path: Result<Path<T>, PathRejection>) -> Result<T, Problem> {
    path.map(|Path(parts)| parts).map_err(|_| Problem::NotFound)
}
