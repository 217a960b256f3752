//! Keys with which gates sign their receipts: each takes two administrators.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use super::requests::AdminRequest;
use super::{answer, read_path};
use crate::administration::{self, GateKey};
use crate::http::App;
use crate::http::auth::Administrator;
use crate::http::body::JsonBody;
use crate::http::problem::Refusal;
use crate::http::refusals::{Conflict, Problems, Unprocessable};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GateBody {
    /// The P-256 public key as DER SubjectPublicKeyInfo, in base64.
    key: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct GateView {
    venue: String,
    device: String,
    /// The key as a compressed point, in base64url.
    key: String,
}

/// Registers the key with which a device signs its receipts: two administrators do, unless it is registered
/// already. A new key starts a new count.
#[utoipa::path(put, path = "/v1/admin/venues/{venue}/gates/{device}", tag = "administration",
    operation_id = "register_gate_key",
    params(("venue" = String, Path, description = "The venue's id"),
        ("device" = String, Path, description = "The device's label, as in its credential")),
    security(("administrator" = [])), request_body = GateBody, responses(
    (status = 200, body = GateView),
    (status = 202, body = AdminRequest, description = "A second administrator confirms"),
    Problems, Conflict, Unprocessable,
))]
pub(crate) async fn put(
    Administrator(name): Administrator,
    State(service): State<App>,
    path: Result<Path<(String, String)>, PathRejection>,
    JsonBody(GateBody { key }): JsonBody<GateBody>,
) -> Result<Response, Refusal> {
    let (venue, device) = read_path(path)?;
    let gate = GateKey { venue: venue.clone(), device: device.clone(), key };
    let acted = administration::register_gate(&service.common, name, gate).await?;
    let view = |key: [u8; 33]| GateView { venue, device, key: BASE64URL_NOPAD.encode(&key) };
    Ok(answer(acted.map(view)))
}
