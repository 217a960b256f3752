//! What a scan that waited rests on, looked at again where it is kept: the device's credential, venue and
//! site, and the citizen's account and pass. Scans that wait for nobody were judged a moment ago.

use szid_protocol::reason::Reason;

use super::gates::key;
use super::pass_keys::pass_key;
use super::records::{PassRow, Record, decode_found};
use super::tables::Table;
use super::transaction::Transaction;
use crate::{Account, Bearer, Credential, Grounds, ScanRecord, Site, Station, StoreError, Venue};

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
    let row = pass_key(exp, index);
    let pass: Option<PassRow> = find(transaction, Table::Passes, &row)?;
    let holder = pass.and_then(|pass| pass.holder_with(device_key));
    let status = transaction.find(Table::Statuses, &row)?;
    Ok(match (holder, status.as_deref()) {
        _ if exp <= record.at => Some(Reason::PassExpired),
        (None, _) => Some(Reason::HolderUnknown),
        (_, Some([1])) => Some(Reason::Revoked),
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
    let credential: Option<Credential> =
        find(transaction, Table::Credentials, &grounds.credential)?;
    let bearer = Bearer::Venue { venue: record.venue.clone(), device: record.device.clone() };
    if !credential.is_some_and(|found| !found.revoked && found.bearer == bearer) {
        return Ok(false);
    }
    let venue: Option<Venue> = find(transaction, Table::Venues, record.venue.as_bytes())?;
    let stands = |venue: Venue| {
        !venue.suspended && venue.scenes.contains(&record.scene) && venue.name == grounds.venue_name
    };
    if !venue.is_some_and(stands) {
        return Ok(false);
    }
    let row = key(&record.venue, &record.device);
    let station: Option<Station> = find(transaction, Table::Stations, &row)?;
    let (site, scenes) = station.map(|station| (station.site, station.scenes)).unwrap_or_default();
    if site != record.site || !(scenes.is_empty() || scenes.contains(&record.scene)) {
        return Ok(false);
    }
    let Some(id) = site else { return Ok(true) };
    let site: Option<Site> = find(transaction, Table::Sites, &key(&record.venue, &id))?;
    // What was agreed to was agreed to in this name.
    Ok(site.is_some_and(|site| !site.closed && Some(&site.name) == grounds.site_name.as_ref()))
}

fn find<T: Record>(
    transaction: &Transaction,
    table: Table,
    row: &[u8],
) -> Result<Option<T>, StoreError> {
    decode_found(transaction.find(table, row)?)
}
