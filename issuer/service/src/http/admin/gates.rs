//! Keys with which gates sign their receipts: each takes two administrators.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde::{Deserialize, Serialize};
use szid_protocol::key::PublicKey;
use szid_register::AdminChange;

use super::requests::AdminRequest;
use super::{administer, answer, read_path};
use crate::administration::is_label;
use crate::http::auth::Administrator;
use crate::http::body::JsonBody;
use crate::http::problem::Refusal;
use crate::http::refusals::{Conflict, Problems, Unprocessable};
use crate::http::{App, Problem};

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
    administrator: Administrator,
    State(service): State<App>,
    path: Result<Path<(String, String)>, PathRejection>,
    JsonBody(GateBody { key }): JsonBody<GateBody>,
) -> Result<Response, Refusal> {
    let (venue, device) = read_path(path)?;
    if !is_label(&device) {
        return Err(Problem::DeviceName.into());
    }
    let der = BASE64.decode(key.as_bytes()).map_err(|_| Problem::KeyInvalid)?;
    let key = PublicKey::from_spki_der(&der).map_err(|_| Problem::KeyInvalid)?.to_compressed();
    let view = GateView {
        venue: venue.clone(),
        device: device.clone(),
        key: BASE64URL_NOPAD.encode(&key),
    };
    let change = AdminChange::Gate { venue, device, key };
    let outcome = administer(&service, administrator, change).await?;
    answer(&service, outcome, view)
}
