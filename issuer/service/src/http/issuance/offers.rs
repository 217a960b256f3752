//! Credential offers by reference (OpenID4VCI 1.0, section 4.1.3).

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;
use szid_api::paths;

use crate::http::refusals::{Gone, Problems};
use crate::http::{App, Problem};
use crate::issuance::open_offer;

/// An offer, until it was used or has run out.
#[utoipa::path(get, path = paths::OFFER, tag = "issuance",
    params(("id" = String, Path, description = "The offer's id")), responses(
    (status = 200, content_type = "application/json", body = Object),
    Problems, Gone,
))]
pub(in crate::http) async fn offer(
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<impl IntoResponse, Problem> {
    let Path(id) = id.map_err(|_| Problem::NotFound)?;
    let offer = open_offer(&service.common, &id).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], offer.to_vec()))
}
