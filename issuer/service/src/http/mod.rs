//! The HTTP side: one file per flow, one shared state.

mod admin;
mod auth;
mod body;
mod consents;
mod console;
mod cross_origin;
mod description;
mod documents;
mod enrolment_approvals;
mod enrolments;
mod examples;
mod faults;
mod gatekeeper;
mod holder;
mod holder_devices;
mod holder_events;
mod idempotency;
mod issuance;
mod local;
mod loss_reports;
mod numbers;
mod oauth;
mod offer_drafts;
mod operations;
mod operator;
mod person_changes;
mod problem;
mod proofs;
mod query;
mod receipts;
mod refusals;
mod registrar;
mod registrar_requests;
mod rooms;
mod scan_receipts;
mod scans;
mod sessions;
#[cfg(test)]
mod tests;
mod use_reports;
mod venue_codes;
mod visits;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use szid_api::problem::{OAuthErrorBody, ProblemBody};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use local::serve_locally;
pub use oauth::OAUTH_ERRORS;
pub use operator::times::start_of as start_of_day;
pub use problem::Problem;

use crate::limits::Limits;
use crate::service::Service;
use gatekeeper::Gatekeeper;
use operations::Credentials;

type App = Arc<Service>;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "szid issuer service",
        description = "Enrolment, issuance (OpenID4VCI 1.0), signed documents and scans of the citizen code (市民码).",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "/", description = "The service that answers with this description")),
    components(schemas(ProblemBody, OAuthErrorBody)),
    modifiers(&Credentials),
    tags(
        (name = "issuance", description = "OpenID4VCI 1.0, pre-authorised code grant"),
        (name = "holder", description = "The holder's own account"),
        (name = "registrar", description = "Enrolment at the counter, states of accounts"),
        (name = "documents", description = "The city's signed documents, for anyone"),
        (name = "scans", description = "Verdicts for venues"),
        (name = "console", description = "The desk console's sessions, in a browser"),
        (name = "operator", description = "For the operators of a venue: devices, requests, scans"),
        (name = "operation", description = "For the operator"),
        (name = "administration", description = "For administrators, on the local socket or where the operator allows it"),
    )
)]
struct Description;

/// What is served to anyone who reaches the address, beside the documents.
fn public_routes() -> OpenApiRouter<App> {
    probes()
        .routes(routes!(issuance::offers::offer))
        .routes(routes!(issuance::tokens::token))
        .routes(routes!(issuance::nonces::nonce))
        .routes(routes!(issuance::credentials::credential))
        .routes(routes!(holder::account))
        .routes(routes!(loss_reports::freeze))
        .routes(routes!(holder::uses))
        .routes(routes!(use_reports::report))
        .routes(routes!(holder_devices::devices))
        .routes(routes!(holder_devices::sign_off))
        .routes(routes!(holder_devices::end))
        .routes(routes!(holder_events::events))
        .routes(routes!(enrolment_approvals::questions))
        .routes(routes!(enrolment_approvals::answer))
        .routes(routes!(consents::consents))
        .routes(routes!(consents::answer))
        .routes(routes!(numbers::number))
        .routes(routes!(proofs::begin))
        .routes(routes!(proofs::look))
        .routes(routes!(proofs::come_back))
        .routes(routes!(visits::venue))
        .routes(routes!(visits::visit))
        .routes(routes!(scan_receipts::of_holder))
        .routes(routes!(enrolments::enrol))
        .routes(routes!(registrar::devices))
        .routes(routes!(registrar::freeze))
        .routes(routes!(person_changes::ask))
        .routes(routes!(registrar_requests::unfreeze))
        .routes(routes!(registrar_requests::revoke))
        .routes(routes!(registrar_requests::requests))
        .routes(routes!(registrar_requests::refuse))
        .routes(routes!(registrar_requests::confirm))
        .routes(routes!(scans::scan))
        .routes(routes!(scans::batch))
        .routes(routes!(receipts::standing, receipts::upload))
        .routes(routes!(scan_receipts::of_venue))
        .routes(routes!(venue_codes::make))
        .routes(routes!(visits::visits))
        .routes(routes!(console::open, console::session, console::close))
        .routes(routes!(
            operator::session::open,
            operator::session::session,
            operator::session::close
        ))
        .routes(routes!(operator::devices::devices))
        .routes(routes!(operator::devices::withdraw))
        .routes(routes!(operator::requests::requests, operator::requests::ask))
        .routes(routes!(operator::requests::refuse))
        .routes(routes!(operator::requests::confirm))
        .routes(routes!(operator::scans::scans))
        .routes(routes!(operator::export::export))
        .routes(routes!(operations::metrics))
}

/// What is published for anyone, pages of other origins too.
fn documents() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(issuance::metadata::issuer))
        .routes(routes!(issuance::metadata::authorization_server))
        .routes(routes!(documents::trust))
        .routes(routes!(documents::scenes))
        .routes(routes!(documents::status))
        .routes(routes!(documents::status_lists))
        .routes(routes!(documents::time))
        .routes(routes!(documents::audit_head))
        .routes(routes!(operations::description))
}

/// Whether it lives and is ready: on every address.
fn probes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(operations::healthy))
        .routes(routes!(operations::ready))
}

/// The OpenAPI 3.1 description of every route, as JSON, generated from the code that serves them.
///
/// # Errors
/// None in practice: description and examples are made of plain values, and a test reads them.
pub fn openapi() -> Result<String, serde_json::Error> {
    let mut description = public_routes().merge(documents()).merge(admin::routes()).into_openapi();
    description::complete(&mut description);
    examples::add(&mut description)?;
    description.to_pretty_json()
}

/// The routes of the service's address; those of the administration only where the operator allows it.
pub(crate) fn router(service: App, limits: &Limits, administration: bool) -> Router {
    let gatekeeper = Arc::new(Gatekeeper::new(Arc::clone(&service), limits));
    let routes = public_routes();
    let routes = if administration { routes.merge(admin::routes()) } else { routes };
    let routes = routes.split_for_parts().0.merge(szid_console::service_router());
    let documents = documents().split_for_parts().0;
    let documents = guarded(documents, Arc::clone(&service), Arc::clone(&gatekeeper));
    guarded(routes.fallback(not_found), service, gatekeeper)
        .merge(cross_origin::for_any_page(documents))
}

/// The routes of the local socket.
pub(crate) fn admin_router(service: App, limits: &Limits) -> Router {
    let gatekeeper = Arc::new(Gatekeeper::new(Arc::clone(&service), limits));
    let (router, _) = probes().merge(admin::routes()).split_for_parts();
    guarded(router.fallback(not_found), service, gatekeeper)
}

async fn not_found() -> Problem {
    Problem::NotFound
}

fn guarded(router: Router<App>, service: App, gatekeeper: Arc<Gatekeeper>) -> Router {
    let body_bytes = gatekeeper.body_bytes();
    router
        .method_not_allowed_fallback(|| async { Problem::MethodNotAllowed })
        .layer(DefaultBodyLimit::max(body_bytes))
        .layer(from_fn_with_state(gatekeeper, gatekeeper::pass))
        .with_state(service)
}
