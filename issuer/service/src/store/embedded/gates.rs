//! What devices without connection decided, kept when they upload it.

use data_encoding::BASE64URL_NOPAD;
use szid_protocol::day::DAY;
use szid_protocol::reason::Reason;
use szid_protocol::receipt::{Receipt, ScannedCode};

use crate::audit::AuditEvent;
use crate::store::{Consent, Gate, IdentityUse, KeyDigest, ReceiptId, ReceiptsKept, StoreError};

use super::pass_key;
use super::records::{PassRow, decode_found, encode};
use super::scans::put_use;
use super::sites;
use super::tables::Table;
use super::tokens::{Expiring, note_expiry};
use super::transaction::Transaction;

/// How long a code that was used without connection is remembered: longer than any device may stay alone.
const OFFLINE_USES_KEPT: u64 = 31 * DAY;

pub(super) fn key(venue: &str, device: &str) -> Vec<u8> {
    [venue, device].join("\0").into_bytes()
}

pub(super) fn put(
    transaction: &mut Transaction,
    venue: &str,
    device: &str,
    public: [u8; 33],
) -> Result<(), StoreError> {
    let row = key(venue, device);
    let known: Option<Gate> = decode_found(transaction.find(Table::Gates, &row)?)?;
    let last = known.filter(|gate| gate.key == public).map_or(0, |gate| gate.last);
    transaction.put(Table::Gates, &row, encode(&Gate { key: public, last }));
    Ok(())
}

pub(super) fn keep(
    transaction: &mut Transaction,
    receipts: Vec<Receipt>,
    at: u64,
) -> Result<ReceiptsKept, StoreError> {
    let mut outcome = ReceiptsKept::default();
    for receipt in receipts {
        let row = key(&receipt.venue, &receipt.device);
        let gate: Option<Gate> = decode_found(transaction.find(Table::Gates, &row)?)?;
        let gate = gate.ok_or(StoreError::NotFound)?;
        outcome.last = gate.last;
        if receipt.sequence <= gate.last {
            outcome.known += 1;
            continue;
        }
        if receipt.sequence != gate.last + 1 {
            break;
        }
        keep_one(transaction, &receipt, at, &mut outcome)?;
        let gate = Gate { last: receipt.sequence, ..gate };
        transaction.put(Table::Gates, &row, encode(&gate));
        outcome.last = gate.last;
        outcome.kept += 1;
    }
    Ok(outcome)
}

fn keep_one(
    transaction: &mut Transaction,
    receipt: &Receipt,
    at: u64,
    outcome: &mut ReceiptsKept,
) -> Result<(), StoreError> {
    let accepted = Reason::from_code(&receipt.reason).is_some_and(Reason::is_accept);
    // Where the device stands now, which is where it stood unless it was moved with receipts in its queue.
    let site = sites::site_of(transaction, &receipt.venue, &receipt.device)?;
    let event = AuditEvent::OfflineScan {
        receipt: BASE64URL_NOPAD.encode(&receipt.id),
        venue: receipt.venue.clone(),
        device: receipt.device.clone(),
        scene: receipt.scene,
        accepted,
        reason: receipt.reason.clone(),
        scanned_at: receipt.at,
        site: site.clone(),
    };
    transaction.audit(event, at)?;
    let Some(code) = &receipt.code else { return Ok(()) };
    let pass = pass_key(code.exp, code.status_index);
    let row: Option<PassRow> = decode_found(transaction.find(Table::Passes, &pass)?)?;
    if let Some(holder) = row.and_then(|row| row.holder_with(KeyDigest(code.device))) {
        put_use(transaction, holder.id, &as_use(receipt, site));
    }
    if accepted {
        note_use(transaction, receipt, code, at, outcome)?;
    }
    Ok(())
}

fn as_use(receipt: &Receipt, site: Option<String>) -> IdentityUse {
    IdentityUse {
        receipt: receipt.id,
        venue: receipt.venue.clone(),
        device: receipt.device.clone(),
        scene: receipt.scene,
        reason: receipt.reason.clone(),
        claims: Vec::new(),
        consent: Consent::NotAsked,
        matter: None,
        offline: true,
        at: receipt.at,
        site,
    }
}

/// Remembers the code; one that another receipt used is told to the operator.
fn note_use(
    transaction: &mut Transaction,
    receipt: &Receipt,
    code: &ScannedCode,
    at: u64,
    outcome: &mut ReceiptsKept,
) -> Result<(), StoreError> {
    let mut row = [0; 32];
    row[..8].copy_from_slice(&code.iat.to_be_bytes());
    row[8..24].copy_from_slice(&code.device);
    let before = transaction.find(Table::OfflineUses, &row[..24])?;
    // The same desk may look at a code twice; two devices may not both let it pass.
    let here = key(&receipt.venue, &receipt.device);
    match before {
        None => {
            let value = [receipt.id.as_slice(), &here].concat();
            transaction.put(Table::OfflineUses, &row[..24], value);
            note_expiry(transaction, Expiring::OfflineUse, at + OFFLINE_USES_KEPT, &row);
        }
        Some(before) => {
            let split = before.split_first_chunk::<16>();
            let (other, there) = split.ok_or(StoreError::Damaged("an offline use"))?;
            if there != here.as_slice() {
                report(transaction, (&receipt.id, &here), (other, there), at)?;
                outcome.doubles.push(receipt.id);
            }
        }
    }
    Ok(())
}

fn report(
    transaction: &mut Transaction,
    second: (&ReceiptId, &[u8]),
    first: (&ReceiptId, &[u8]),
    at: u64,
) -> Result<(), StoreError> {
    let [receipt, first_receipt] = [second.0, first.0].map(|id| BASE64URL_NOPAD.encode(id));
    let [gate, first_gate] =
        [second.1, first.1].map(|row| String::from_utf8_lossy(row).replacen('\0', "/", 1));
    let event = AuditEvent::DoubleUse { receipt, first: first_receipt, gate, first_gate };
    transaction.audit(event, at)?;
    Ok(())
}
