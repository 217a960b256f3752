//! What happened at a venue: an index into the audit, so that a venue's scans are found without those of the
//! whole city.

use data_encoding::BASE64URL_NOPAD;
use szid_protocol::receipt::receipt_second;

use crate::audit::{AuditEntry, AuditEvent};
use crate::backend::{KeyRange, View};
use crate::rows::{Audit, Entry, InVenue, Record, TrailKey, Trails};
use crate::{
    IdentityUse, ReceiptId, StoreError, TrailCursor, TrailEntry, TrailKind, TrailPage, TrailQuery,
    TrailVerdict,
};

/// The most rows that one page looks at: filters may skip most of them.
const MAX_ROWS_PER_PAGE: usize = 5_000;

/// The rows of an event: none for what concerns no venue's trail.
pub(crate) fn keys(at: u64, event: &AuditEvent) -> Vec<TrailKey<'_>> {
    match event {
        AuditEvent::Scan { receipt, venue, .. } => {
            key(venue, at, receipt, TrailKind::Online).into_iter().collect()
        }
        AuditEvent::OfflineScan { receipt, venue, .. } => {
            key(venue, at, receipt, TrailKind::Offline).into_iter().collect()
        }
        AuditEvent::DoubleUse { receipt, first, gate, first_gate } => {
            let venues = [(gate, receipt), (first_gate, first)];
            let named = venues.into_iter().filter_map(|(gate, receipt)| {
                let (venue, _) = gate.split_once('/')?;
                key(venue, at, receipt, TrailKind::DoubleUse)
            });
            named.collect()
        }
        _ => Vec::new(),
    }
}

fn key<'a>(venue: &'a str, at: u64, receipt: &str, kind: TrailKind) -> Option<TrailKey<'a>> {
    let receipt = BASE64URL_NOPAD.decode(receipt.as_bytes()).ok()?.try_into().ok()?;
    Some(TrailKey { venue: venue.into(), at, receipt, kind })
}

/// A scan with a connection: its receipt says at which second it was.
pub(super) fn scan(
    tables: &dyn View,
    venue: &str,
    receipt: ReceiptId,
) -> Result<Option<IdentityUse>, StoreError> {
    let (at, kind) = (receipt_second(&receipt), TrailKind::Online);
    let key = TrailKey { venue: venue.into(), at, receipt, kind };
    let Some(Entry(number)) = tables.find::<Trails>(&key)? else { return Ok(None) };
    // Pruning may have been quicker.
    let Some(found) = tables.find::<Audit>(&number)? else { return Ok(None) };
    let AuditEntry { at, event, .. } = found.entry()?;
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

pub(super) fn page(
    tables: &dyn View,
    venue: &str,
    query: &TrailQuery,
) -> Result<TrailPage, StoreError> {
    let start = (InVenue(venue), first_of(query.from));
    let end = first_of(query.to);
    let end = (InVenue(venue), query.before.map_or(end, |before| before.min(end)));
    let range = KeyRange::between::<Trails>(&start, &end);
    let mut page = TrailPage::default();
    for (looked_at, row) in tables.scan_back::<Trails>(range).enumerate() {
        let (key, Entry(number)) = row?;
        if page.entries.len() >= query.limit || looked_at >= MAX_ROWS_PER_PAGE {
            return Ok(page);
        }
        // What the next part comes before: everything up to here was looked at.
        page.next = Some(key.cursor());
        if query.kind.is_some_and(|wanted| key.kind != wanted) {
            continue;
        }
        // Pruning may have been quicker.
        let Some(found) = tables.find::<Audit>(&number)? else { continue };
        let shown = read(&key, found.entry()?).ok_or(StoreError::Damaged(Entry::WHAT))?;
        if fits(query, &shown) {
            page.entries.push(shown);
        }
    }
    page.next = None;
    Ok(page)
}

/// The first place of a second.
fn first_of(at: u64) -> TrailCursor {
    let mut cursor = [0; 25];
    cursor[..8].copy_from_slice(&at.to_be_bytes());
    cursor
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
fn read(key: &TrailKey<'_>, entry: AuditEntry) -> Option<TrailEntry> {
    let TrailKey { venue, receipt, kind, .. } = key;
    let (device, site, verdict, scanned_at) = match entry.event {
        AuditEvent::Scan { device, site, scene, accepted, reason, .. } => {
            (device, site, Some(TrailVerdict { scene, accepted, reason }), None)
        }
        AuditEvent::OfflineScan { device, site, scene, accepted, reason, scanned_at, .. } => {
            (device, site, Some(TrailVerdict { scene, accepted, reason }), Some(scanned_at))
        }
        AuditEvent::DoubleUse { receipt: second, gate, first_gate, .. } => {
            let is_second = second == BASE64URL_NOPAD.encode(receipt);
            let own = if is_second { gate } else { first_gate };
            let (at_venue, device) = own.split_once('/')?;
            (at_venue == *venue).then_some((device.to_owned(), None, None, None))?
        }
        _ => return None,
    };
    let (kind, receipt) = (*kind, *receipt);
    Some(TrailEntry { kind, receipt, device, site, verdict, at: entry.at, scanned_at })
}
