//! What happened at a venue: an index into the audit, so that a venue's scans are found without those of the
//! whole city.

use data_encoding::BASE64URL_NOPAD;
use szid_protocol::receipt::receipt_second;

use super::tables::{Table, Tables};
use crate::audit::{AuditEntry, AuditEvent};
use crate::{
    IdentityUse, ReceiptId, StoreError, TrailCursor, TrailEntry, TrailKind, TrailPage, TrailQuery,
    TrailVerdict,
};

/// Rows that one call looks at: filters may skip most of them.
const LOOKED_AT: usize = 5_000;

/// The rows of an event: none for what concerns no venue's trail.
pub(super) fn keys(at: u64, event: &AuditEvent) -> Vec<Vec<u8>> {
    let one = |venue: &str, receipt: &str, kind| key(venue, at, receipt, kind);
    match event {
        AuditEvent::Scan { receipt, venue, .. } => {
            one(venue, receipt, TrailKind::Online).into_iter().collect()
        }
        AuditEvent::OfflineScan { receipt, venue, .. } => {
            one(venue, receipt, TrailKind::Offline).into_iter().collect()
        }
        AuditEvent::DoubleUse { receipt, first, gate, first_gate } => {
            let venues = [(gate, receipt), (first_gate, first)];
            let named = venues.into_iter().filter_map(|(gate, receipt)| {
                let (venue, _) = gate.split_once('/')?;
                one(venue, receipt, TrailKind::DoubleUse)
            });
            named.collect()
        }
        _ => Vec::new(),
    }
}

fn key(venue: &str, at: u64, receipt: &str, kind: TrailKind) -> Option<Vec<u8>> {
    let receipt: ReceiptId =
        BASE64URL_NOPAD.decode(receipt.as_bytes()).ok().and_then(|id| id.try_into().ok())?;
    Some(row_key(venue, at, &receipt, kind))
}

pub(super) fn row_key(venue: &str, at: u64, receipt: &ReceiptId, kind: TrailKind) -> Vec<u8> {
    [venue.as_bytes(), &[0], &at.to_be_bytes(), receipt, &[kind as u8]].concat()
}

/// A scan with a connection: its receipt says at which second it was.
pub(super) fn scan(
    tables: &Tables,
    venue: &str,
    receipt: ReceiptId,
) -> Result<Option<IdentityUse>, StoreError> {
    let key = row_key(venue, receipt_second(&receipt), &receipt, TrailKind::Online);
    let Some(number) = tables.find(Table::Trails, &key)? else { return Ok(None) };
    // Pruning may have been quicker.
    let Some(found) = tables.find(Table::Audit, &number)? else { return Ok(None) };
    let AuditEntry { at, event, .. } = read_entry(&found)?;
    let AuditEvent::Scan { venue, device, scene, reason, claims, consent, matter, site, .. } =
        event
    else {
        return Err(StoreError::Damaged("a trail"));
    };
    let offline = false;
    Ok(Some(IdentityUse {
        receipt,
        venue,
        device,
        scene,
        reason,
        claims,
        consent,
        matter,
        offline,
        at,
        site,
        names: None,
        // The person's own, and no matter of the venue's.
        reported_at: None,
    }))
}

pub(super) fn read_entry(row: &[u8]) -> Result<AuditEntry, StoreError> {
    let entry = row.get(32..).and_then(|json| serde_json::from_slice(json).ok());
    entry.ok_or(StoreError::Damaged("an audit entry"))
}

pub(super) fn page(
    tables: &Tables,
    venue: &str,
    query: &TrailQuery,
) -> Result<TrailPage, StoreError> {
    let place = |rest: &[u8]| [venue.as_bytes(), &[0], rest].concat();
    let start = place(&query.from.to_be_bytes());
    let mut end = place(&query.to.to_be_bytes());
    if let Some(before) = &query.before {
        end = end.min(place(before));
    }
    let mut page = TrailPage::default();
    if start >= end {
        return Ok(page);
    }
    for (looked_at, row) in tables.scan_back(Table::Trails, &start, &end).enumerate() {
        let (key, number) = row?;
        let damaged = StoreError::Damaged("a trail");
        let cursor: &TrailCursor = key.last_chunk().ok_or(damaged)?;
        if page.entries.len() >= query.limit || looked_at >= LOOKED_AT {
            return Ok(page);
        }
        // What the next part comes before: everything up to here was looked at.
        page.next = Some(*cursor);
        let kind = kind_of(cursor);
        if query.kind.is_some_and(|wanted| kind != Some(wanted)) {
            continue;
        }
        // Pruning may have been quicker.
        let Some(found) = tables.find(Table::Audit, &number)? else { continue };
        let shown =
            read(venue, cursor, read_entry(&found)?).ok_or(StoreError::Damaged("a trail"))?;
        if fits(query, &shown) {
            page.entries.push(shown);
        }
    }
    page.next = None;
    Ok(page)
}

fn kind_of(cursor: &TrailCursor) -> Option<TrailKind> {
    [TrailKind::Online, TrailKind::Offline, TrailKind::DoubleUse]
        .into_iter()
        .find(|kind| *kind as u8 == cursor[24])
}

fn fits(query: &TrailQuery, entry: &TrailEntry) -> bool {
    let device = query.device.as_ref().is_none_or(|device| *device == entry.device);
    let reason = query.reason.as_ref().is_none_or(|wanted| {
        entry.verdict.as_ref().is_some_and(|verdict| verdict.reason == *wanted)
    });
    let site = query.site.is_none() || query.site == entry.site;
    device && reason && site
}

/// The venue's side of an entry, and nothing of the person.
fn read(venue: &str, cursor: &TrailCursor, entry: AuditEntry) -> Option<TrailEntry> {
    let receipt: ReceiptId = cursor[8..24].try_into().ok()?;
    let kind = kind_of(cursor)?;
    let (device, site, verdict, scanned_at) = match entry.event {
        AuditEvent::Scan { device, site, scene, accepted, reason, .. } => {
            (device, site, Some(TrailVerdict { scene, accepted, reason }), None)
        }
        AuditEvent::OfflineScan { device, site, scene, accepted, reason, scanned_at, .. } => {
            (device, site, Some(TrailVerdict { scene, accepted, reason }), Some(scanned_at))
        }
        AuditEvent::DoubleUse { receipt: second, gate, first_gate, .. } => {
            let is_second = second == BASE64URL_NOPAD.encode(&receipt);
            let own = if is_second { gate } else { first_gate };
            let (at_venue, device) = own.split_once('/')?;
            (at_venue == venue).then_some((device.to_owned(), None, None, None))?
        }
        _ => return None,
    };
    Some(TrailEntry { kind, receipt, device, site, verdict, at: entry.at, scanned_at })
}
