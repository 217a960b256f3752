//! Venue codes: what a desk prints or shows for phones to read (docs/protocol/venue-codes.md).

use szid_protocol::day::DAY;
use szid_protocol::trust::Purpose;
use szid_protocol::venue::VenueCode;

use super::{VisitFault, Visits};
use crate::access::VenueDevice;
use crate::failure::Failure;
use crate::scans::{WINDOW, WINDOWS, scene_of, shown_nonce};

const PRINTED_DAYS: u32 = 90;
const MAX_PRINTED_DAYS: u32 = 366;

/// What code a desk asks for.
pub(crate) struct CodeAsked {
    /// One of the venue's scenes, where it has several.
    pub(crate) scene: Option<u16>,
    /// Whether it is printed: then it has no nonce.
    pub(crate) printed: bool,
    /// Days that a printed one is good for.
    pub(crate) days: Option<u32>,
}

/// A venue code that was made.
pub(crate) struct CodeMade {
    pub(crate) digits: String,
    pub(crate) scene: u16,
    /// After how many seconds the next one is there; none for a printed code.
    pub(crate) refresh_in: Option<u64>,
    /// Unix seconds.
    pub(crate) expires: u64,
}

/// Makes a venue code for this desk: one to be printed, or the one that its screen shows now.
pub(crate) fn make(
    visits: &Visits,
    caller: &VenueDevice,
    asked: &CodeAsked,
) -> Result<CodeMade, VisitFault> {
    caller.pay(&visits.scans.access, 1)?;
    let now = visits.scans.common.clock.now();
    let scene = scene_of(&caller.venue, asked.scene)?;
    let days = asked.days.unwrap_or(PRINTED_DAYS);
    if !(1..=MAX_PRINTED_DAYS).contains(&days) {
        return Err(VisitFault::DaysInvalid);
    }
    let window = now / WINDOW;
    let (nonce, exp) = if asked.printed {
        // It would be refused once its key has ended, whatever it says itself.
        let key = visits.signer.public_key();
        let trust = visits.scans.publication.trusted().map_err(|_| VisitFault::NoTrustList)?;
        let end = trust.listed_until(&key, Purpose::Venue, now).unwrap_or(u64::MAX);
        (None, end.min(now + u64::from(days) * DAY))
    } else {
        let nonce = shown_nonce(&visits.scans.common.register_key, caller, scene, window);
        (Some(nonce), (window + WINDOWS - 1) * WINDOW)
    };
    let (venue, device) = (caller.venue.id.clone(), caller.device.clone());
    let code = VenueCode { exp, iat: now, nonce, venue, device, scene };
    let digits = code.sign(&*visits.signer).map_err(|error| {
        tracing::error!(%error, "a venue code cannot be signed");
        Failure::Internal
    })?;
    let refresh_in = (!asked.printed).then(|| WINDOW - now % WINDOW);
    Ok(CodeMade { digits, scene, refresh_in, expires: exp })
}
