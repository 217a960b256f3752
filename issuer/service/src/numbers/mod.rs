//! Short numbers: said aloud and typed where no scanner works.

mod desk;
mod fault;

use std::sync::Arc;

use desk::Lookup;
pub(crate) use desk::{NUMBER_SECONDS, NumberDesk};
pub(crate) use fault::NumberFault;
use szid_protocol::number::ShortNumber;
use szid_protocol::reason::Reason;
use szid_protocol::scene::ScenePolicy;
use szid_protocol::verdict::Decision;
use szid_register::PersonId;

use crate::access::VenueDevice;
use crate::shared::Common;
use crate::verification::{Verification, verify_own};

/// What short numbers are given out and looked up with.
pub(crate) struct Numbers {
    pub(crate) common: Arc<Common>,
    pub(crate) verification: Arc<Verification>,
    pub(crate) desk: NumberDesk,
}

/// Puts a holder's own code under a short number. The holder's number before ends.
pub(crate) async fn give_out(
    numbers: &Numbers,
    person: PersonId,
    code: String,
) -> Result<ShortNumber, NumberFault> {
    // What its scene asks for is judged when it is typed.
    let any = ScenePolicy::any();
    let verdict = verify_own(&numbers.verification, person, &code, &any, None).await?;
    if verdict.is_none_or(|verdict| verdict.decision() != Decision::Accept) {
        return Err(NumberFault::CodeRefused);
    }
    let now = numbers.common.clock.read().monotonic;
    let number = numbers.desk.leave(person, code, now, &*numbers.common.entropy);
    number.map_err(|fault| {
        tracing::warn!(?fault, "no short number can be given out");
        NumberFault::NoneLeft
    })
}

/// The code that was typed as a short number; anything else stays as it is.
pub(crate) fn resolve(
    numbers: &Numbers,
    caller: &VenueDevice,
    typed: &mut String,
) -> Result<Result<(), Reason>, NumberFault> {
    let number = match ShortNumber::read(typed) {
        None => return Ok(Ok(())),
        Some(Err(_)) => return Ok(Err(Reason::NumberMistyped)),
        Some(Ok(number)) => number,
    };
    let now = numbers.common.clock.read().monotonic;
    match numbers.desk.take(number, &caller.venue.id, &caller.device, now) {
        Lookup::Code(code) => {
            *typed = code;
            Ok(Ok(()))
        }
        Lookup::Unknown => Ok(Err(Reason::NumberUnknown)),
        Lookup::TooMany => {
            numbers.common.metrics.limited("numbers");
            Err(NumberFault::TooManyWrong)
        }
    }
}
