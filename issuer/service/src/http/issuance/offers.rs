//! Credential offers by reference (OpenID4VCI 1.0, section 4.1.3).

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use szid_register::GrantFault;

use super::{CONFIGURATION, PRE_AUTHORISED};
use crate::clock_guard::ClockState;
use crate::http::refusals::{Gone, Problems};
use crate::http::{App, Problem};

/// The credential offer object for a pre-authorised code.
pub(in crate::http) fn offer_object(base_url: &str, code: &str) -> Value {
    json!({
        "credential_issuer": base_url,
        "credential_configuration_ids": [CONFIGURATION],
        "grants": { PRE_AUTHORISED: {
            "pre-authorized_code": code,
            "tx_code": { "input_mode": "numeric", "length": 6 },
        } },
    })
}

/// An offer, until it was used or has run out.
#[utoipa::path(get, path = "/v1/offers/{id}", tag = "issuance",
    params(("id" = String, Path, description = "The offer's id")), responses(
    (status = 200, content_type = "application/json", body = Object),
    Problems, Gone,
))]
pub(in crate::http) async fn offer(
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<impl IntoResponse, Problem> {
    let Path(id) = id.map_err(|_| Problem::NotFound)?;
    let hash: [u8; 32] = Sha256::digest(&id).into();
    let (reading, clock) = service.look_at_clock();
    let sealed = service.store.offer(hash, reading.wall).await?;
    let sealed = sealed.map_err(|fault| match fault {
        GrantFault::Expired if clock != ClockState::Checked => Problem::ClockUnchecked,
        GrantFault::Expired => Problem::OfferExpired,
        GrantFault::Used => Problem::OfferUsed,
        GrantFault::Locked => Problem::OfferLocked,
        _ => Problem::NotFound,
    })?;
    let offer = service
        .register_key
        .open(&sealed, &hash)
        .ok_or_else(|| Problem::internal("a sealed offer does not open"))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], offer.to_vec()))
}
