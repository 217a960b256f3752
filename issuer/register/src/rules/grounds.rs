//! What a scan that waited rests on, looked at again where it is kept: the device's credential, venue and
//! site, and the citizen's account and pass. Scans that wait for nobody were judged a moment ago.

use szid_protocol::reason::Reason;

use super::statuses::REVOKED;
use super::transaction::Transaction;
use crate::rows::{
    Credentials, Name, OfVenue, PassKey, Passes, Sites, Stations, Status, Statuses, Venues,
};
use crate::{Account, Bearer, Grounds, ScanRecord, StoreError, Venue};

/// Why the scan is not good any more, if it is not.
pub(super) fn gone(
    transaction: &Transaction,
    record: &ScanRecord,
    grounds: &Grounds,
) -> Result<Option<Reason>, StoreError> {
    if !may_scan(transaction, record, grounds)? {
        return Ok(Some(Reason::ScannerWithdrawn));
    }
    let (exp, index, device_key) = grounds.pass;
    let key = PassKey::new(exp, index);
    let pass = transaction.find::<Passes>(&key)?;
    let holder = pass.and_then(|pass| pass.holder_with(device_key));
    let status = transaction.find::<Statuses>(&key)?;
    Ok(match (holder, status) {
        _ if exp <= record.at => Some(Reason::PassExpired),
        (None, _) => Some(Reason::HolderUnknown),
        (_, Some(Status(REVOKED))) => Some(Reason::Revoked),
        (Some(holder), _) if holder.account == Account::Revoked => Some(Reason::Revoked),
        (_, Some(_)) => Some(Reason::Frozen),
        (Some(holder), _) if holder.account == Account::Frozen => Some(Reason::Frozen),
        // Enrolled anew with another document, on which the scene's classes were not judged.
        (Some(holder), _) if holder != grounds.holder => Some(Reason::HolderUnknown),
        (Some(_), None) => None,
    })
}

fn may_scan(
    transaction: &Transaction,
    record: &ScanRecord,
    grounds: &Grounds,
) -> Result<bool, StoreError> {
    let credential = transaction.find::<Credentials>(&grounds.credential)?;
    let bearer = Bearer::Venue { venue: record.venue.clone(), device: record.device.clone() };
    if !credential.is_some_and(|found| !found.revoked && found.bearer == bearer) {
        return Ok(false);
    }
    let venue = transaction.find::<Venues>(&Name::from(&record.venue))?;
    let stands = |venue: Venue| {
        !venue.suspended && venue.scenes.contains(&record.scene) && venue.name == grounds.venue_name
    };
    if !venue.is_some_and(stands) {
        return Ok(false);
    }
    let station = transaction.find::<Stations>(&OfVenue::new(&record.venue, &record.device))?;
    let (site, scenes) = station.map(|station| (station.site, station.scenes)).unwrap_or_default();
    if site != record.site || !(scenes.is_empty() || scenes.contains(&record.scene)) {
        return Ok(false);
    }
    let Some(id) = site else { return Ok(true) };
    let site = transaction.find::<Sites>(&OfVenue::new(&record.venue, &id))?;
    // What was agreed to was agreed to in this name.
    Ok(site.is_some_and(|site| !site.closed && Some(&site.name) == grounds.site_name.as_ref()))
}
