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
use szid_register::entropy::make_random;
use szid_register::{AdminChange, Administered, Author};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::auth::Administrator;
use super::problem::Refusal;
use super::{App, Problem};
use crate::service::Service;

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

/// Makes a change in an administrator's name, or keeps it for a second one.
async fn administer(
    service: &Service,
    Administrator(name): Administrator,
    change: AdminChange,
) -> Result<Administered, Refusal> {
    let author = Author::Administrator { name, request: make_random(&*service.entropy)? };
    Ok(service.store.administer(change, author, service.clock.now()).await??)
}

/// What was done, or the request that waits (202).
fn answer(
    service: &Service,
    outcome: Administered,
    done: impl Serialize,
) -> Result<Response, Refusal> {
    match outcome {
        Administered::Done => Ok(Json(done).into_response()),
        Administered::Waits(request) => {
            let view = AdminRequest::of(request, service.clock.now());
            let view = view.ok_or_else(|| Problem::internal("a request of another approvers"))?;
            Ok((StatusCode::ACCEPTED, Json(view)).into_response())
        }
    }
}

/// The parts of an address.
fn read_path<T>(path: Result<Path<T>, PathRejection>) -> Result<T, Problem> {
    path.map(|Path(parts)| parts).map_err(|_| Problem::NotFound)
}
