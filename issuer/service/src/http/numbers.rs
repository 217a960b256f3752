//! Short numbers: said aloud and typed where no scanner works.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use szid_api::numbers::{NumberGiven, NumberRequest};
use szid_api::paths;

use super::auth::Holder;
use super::body::JsonBody;
use super::refusals::{Conflict, Problems, Unprocessable};
use super::{App, Problem};
use crate::numbers::{self, NUMBER_SECONDS};

/// Puts a code under a short number. The holder's number before ends.
#[utoipa::path(post, path = paths::NUMBERS, tag = "holder",
    operation_id = "make_short_number", security(("holder" = [])),
    request_body = NumberRequest, responses(
    (status = 200, body = NumberGiven),
    Problems, Conflict, Unprocessable,
))]
pub(super) async fn number(
    Holder(person): Holder,
    State(service): State<App>,
    JsonBody(NumberRequest { code }): JsonBody<NumberRequest>,
) -> Result<impl IntoResponse, Problem> {
    let number = numbers::give_out(&service.numbers, person, code).await?;
    let given = NumberGiven {
        number: number.digits(),
        grouped: number.grouped(),
        expires_in: NUMBER_SECONDS,
    };
    Ok(Json(given))
}
