//! Short numbers: said aloud and typed where no scanner works.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use szid_protocol::number::ShortNumber;
use szid_protocol::reason::Reason;
use szid_protocol::scene::ScenePolicy;
use szid_protocol::verdict::Decision;

use super::auth::Holder;
use super::body::JsonBody;
use super::consents::verify_own;
use super::refusals::{Conflict, Problems, Unprocessable};
use super::{App, Problem};
use crate::access::VenueDevice;
use crate::numbers::{Lookup, SECONDS};
use crate::service::Service;

#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct NumberRequest {
    /// A citizen code of this holder, drawn just now and without a challenge.
    code: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct NumberGiven {
    /// Nine digits.
    number: String,
    /// The same in groups of three, to be read aloud.
    grouped: String,
    /// Seconds that it is good for, once.
    expires_in: u64,
}

/// Puts a code under a short number. The holder's number before ends.
#[utoipa::path(post, path = "/v1/holder/numbers", tag = "holder",
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
    // What its scene asks for is judged when it is typed.
    let any = ScenePolicy::any();
    let verdict = verify_own(&service, person, &code, &any, None).await?;
    if verdict.is_none_or(|verdict| verdict.decision() != Decision::Accept) {
        return Err(Problem::NumberCode);
    }
    let now = service.clock.read().monotonic;
    let number = service.numbers.leave(person, code, now, &*service.entropy);
    let number = number.map_err(|fault| {
        tracing::warn!(?fault, "no short number can be given out");
        Problem::Busy
    })?;
    let given =
        NumberGiven { number: number.digits(), grouped: number.grouped(), expires_in: SECONDS };
    Ok(Json(given))
}

/// The code that was typed as a short number; anything else stays as it is.
pub(super) fn resolve(
    service: &Service,
    caller: &VenueDevice,
    typed: &mut String,
) -> Result<Result<(), Reason>, Problem> {
    let number = match ShortNumber::read(typed) {
        None => return Ok(Ok(())),
        Some(Err(_)) => return Ok(Err(Reason::NumberMistyped)),
        Some(Ok(number)) => number,
    };
    let now = service.clock.read().monotonic;
    match service.numbers.take(number, &caller.venue.id, &caller.device, now) {
        Lookup::Code(code) => {
            *typed = code;
            Ok(Ok(()))
        }
        Lookup::Unknown => Ok(Err(Reason::NumberUnknown)),
        Lookup::TooMany => {
            service.metrics.limited("numbers");
            Err(Problem::TooMany)
        }
    }
}
