//! Scans of venues: one total verification each, the register's own word, the citizen's where the scene asks,
//! and an answer only after it is on disk.

mod answer;
mod asking;
mod batch;
mod confirming;
mod deciding;
mod fault;
mod judging;
mod release;
mod repeating;
mod request;
mod shown;

use std::sync::Arc;

use crate::access::{Access, Admission, VenueDevice};
use crate::consents::Consents;
use crate::numbers::Numbers;
use crate::publication::Publication;
use crate::shared::Common;
use crate::unreadable::UnreadableScans;
use crate::verification::Verification;
pub(crate) use answer::{ScanAnswer, read_receipt};
pub(crate) use asking::scene_of;
pub(crate) use batch::batch;
pub(crate) use deciding::Scan;
pub(crate) use fault::ScanFault;
#[cfg(test)]
pub(crate) use release::MAX_CONSENT_SECONDS;
pub(crate) use repeating::ScansInFlight;
use repeating::{ScanJob, answer_once};
pub(crate) use request::ScanRequest;
pub(crate) use shown::{WINDOW, WINDOWS, nonce as shown_nonce};

/// What scans are judged, asked about and kept with. Shared: a scan that asks goes on when the client that
/// sent it has gone.
pub(crate) struct Scans {
    pub(crate) common: Arc<Common>,
    pub(crate) access: Arc<Access>,
    pub(crate) publication: Arc<Publication>,
    pub(crate) verification: Arc<Verification>,
    pub(crate) consents: Arc<Consents>,
    pub(crate) numbers: Arc<Numbers>,
    pub(crate) in_flight: ScansInFlight,
    pub(crate) unreadable: UnreadableScans,
}

/// Verifies one code, asks the citizen where the scene does, and answers once it is kept. The key, as it was
/// sent, names the request when it is sent again.
pub(crate) async fn scan(
    scans: Arc<Scans>,
    caller: VenueDevice,
    admission: Admission,
    request: ScanRequest,
    key: Option<&[u8]>,
) -> Result<ScanAnswer, ScanFault> {
    caller.pay(&scans.access, 1)?;
    let now = scans.common.clock.now();
    let scenes = scans.publication.scenes.current();
    let checked = asking::check(request, &caller, &scenes)?;
    let retry = asking::retry(key, &caller, &checked)?;
    let job = ScanJob { scans, caller, scenes, checked, admission, now };
    match retry {
        None => job.run_to_its_end().await,
        Some(retry) => answer_once(job, retry).await,
    }
}
