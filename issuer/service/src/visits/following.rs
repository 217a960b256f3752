//! A desk that follows the citizens who scan its code.

use std::time::Duration;

use serde_json::Value;

use super::{Unseen, VisitFault, Visits};
use crate::access::{
    AccessFault, Admission, MAX_WAIT_SECONDS, VenueDevice, WaitsFor, still_admitted,
};

/// The verdicts after the one that the desk's window saw last, as soon as there is one or the seconds are
/// over.
pub(crate) async fn follow(
    visits: &Visits,
    caller: &VenueDevice,
    admission: &Admission,
    after: Option<[u8; 16]>,
    seconds: u64,
) -> Result<Unseen<Value>, VisitFault> {
    let time = Duration::from_secs(seconds.min(MAX_WAIT_SECONDS));
    let desk = (caller.venue.id.clone(), caller.device.clone());
    let follow =
        |time| visits.desk.follow(desk.clone(), after, time, || visits.scans.common.clock.now());
    // Without a place to wait it is told at once what there is.
    let unseen = match admission.wait(WaitsFor::News, time, follow(time)).await {
        Ok(unseen) => unseen,
        Err(_) => follow(Duration::ZERO).await,
    };
    still_admitted(&visits.scans.access, caller).await?;
    Ok(unseen.ok_or(AccessFault::NoPlace)?)
}
