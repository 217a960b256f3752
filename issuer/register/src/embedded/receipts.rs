//! What devices without connection decided, kept when they upload it: each receipt once, and none in the
//! place of another.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use szid_protocol::proof::ProvenCode;
use szid_protocol::reason::Reason;
use szid_protocol::receipt::{Receipt, receipt_second};
use szid_protocol::verify::derive_replay_key;

use super::pass_keys::pass_key;
use super::records::{PassRow, Record, RowReader, RowWriter, decode, decode_found, encode};
use super::scans::{self, USES_KEPT};
use super::tables::{Table, Tables};
use super::tokens::{Expiring, note_expiry};
use super::transaction::Transaction;
use super::{gates, sites, trails};
use crate::audit::{AuditEntry, AuditEvent};
use crate::{
    Consent, Gate, IdentityUse, KeyDigest, LONGEST_ALONE, Objection, PersonId, ReceiptId,
    ReceiptsKept, SetAside, StoreError, TrailKind, UploadedReceipt, Uploader, UsedCode,
};

/// Stands in the place of an operator: whoever scans the code online is another one.
const NOBODY: [u8; 8] = [0; 8];

pub(super) fn keep(
    transaction: &mut Transaction,
    uploader: &Uploader,
    receipts: Vec<UploadedReceipt>,
    at: u64,
) -> Result<ReceiptsKept, StoreError> {
    let row = gates::key(&uploader.venue, &uploader.device);
    let gate: Option<Gate> = decode_found(transaction.find(Table::Gates, &row)?)?;
    let gate = gate.filter(|gate| gate.key == uploader.key).ok_or(StoreError::NotFound)?;
    // Where the device stands now, which is where it stood unless it was moved with receipts in its queue.
    let site = sites::site_of(transaction, &uploader.venue, &uploader.device)?;
    let kept = ReceiptsKept::default();
    let mut upload = Upload { transaction, uploader, site, gate: gate.clone(), at, kept };
    for (place, receipt) in receipts.into_iter().enumerate() {
        upload.keep(place, receipt)?;
    }
    let Upload { gate: now, mut kept, .. } = upload;
    if now != gate {
        transaction.put(Table::Gates, &row, encode(&now));
    }
    (kept.last, kept.conflict_at) = (now.count, now.conflict_at);
    let row = number_key(uploader, &now.key_of_count(), now.count);
    kept.digest = read_digest(transaction.find(Table::Receipts, &row)?)?;
    Ok(kept)
}

pub(super) fn digest(
    tables: &Tables,
    uploader: &Uploader,
    number: u64,
) -> Result<Option<[u8; 32]>, StoreError> {
    read_digest(tables.find(Table::Receipts, &number_key(uploader, &uploader.key, number))?)
}

pub(super) fn set_aside(tables: &Tables, limit: usize) -> Result<Vec<SetAside>, StoreError> {
    tables.scan(Table::SetAside, &[]).take(limit).map(|row| decode(&row?.1)).collect()
}

/// The rows of one of a device's keys lie together, in the order of their numbers.
fn number_key(uploader: &Uploader, key: &[u8; 33], number: u64) -> [u8; 32] {
    let device = gates::key(&uploader.venue, &uploader.device);
    let digest = Sha256::new().chain_update(device).chain_update(key).finalize();
    let mut row = [0; 32];
    row[..24].copy_from_slice(&digest[..24]);
    row[24..].copy_from_slice(&number.to_be_bytes());
    row
}

fn read_digest(row: Option<Vec<u8>>) -> Result<Option<[u8; 32]>, StoreError> {
    let damaged = |_| StoreError::Damaged("a receipt's digest");
    row.map(|row| row.try_into().map_err(damaged)).transpose()
}

/// What the register has under a receipt's number.
enum Standing {
    Nothing,
    TheSame,
    Another,
    /// Its number was left out before.
    Late,
}

/// One upload, as it is kept.
struct Upload<'a> {
    transaction: &'a mut Transaction,
    uploader: &'a Uploader,
    site: Option<String>,
    gate: Gate,
    at: u64,
    kept: ReceiptsKept,
}

impl Upload<'_> {
    fn keep(&mut self, place: usize, uploaded: UploadedReceipt) -> Result<(), StoreError> {
        let digest: [u8; 32] = Sha256::digest(&uploaded.bytes).into();
        if self.transaction.find(Table::SetAside, &digest)?.is_some() {
            self.kept.known += 1;
            return Ok(());
        }
        let UploadedReceipt { bytes, key, receipt, proof, objection } = uploaded;
        let Some(receipt) = receipt else {
            let objection = objection.unwrap_or(Objection::Invalid);
            return self.set_aside(place, None, objection, digest, bytes);
        };
        let number = receipt.sequence;
        let conflict = match self.standing(&key, &receipt, &digest)? {
            Standing::TheSame => {
                self.note_known(&key, number);
                self.kept.known += 1;
                return Ok(());
            }
            Standing::Nothing => {
                self.count(&key, number, &digest)?;
                None
            }
            Standing::Another => {
                self.gate.conflict_at = self.at;
                Some(Objection::Number)
            }
            // It was thought lost, and speaks against nothing.
            Standing::Late => {
                self.gate.conflict_at = self.at;
                self.kept.late += 1;
                self.note_number(&key, number, &digest);
                None
            }
        };
        let holder = match &proof {
            Some(proof) => self.holder(proof)?,
            None => None,
        };
        let objection = match objection {
            None if self.is_taken(&receipt.id, holder)? => Some(Objection::Id),
            objection => objection,
        };
        if let Some(objection) = conflict.or(objection) {
            self.set_aside(place, Some(number), objection, digest, bytes)?;
        }
        // Two receipts of one number are both true: the same number says nothing against what was scanned.
        if objection.is_none() {
            self.count_use(&receipt, proof.as_ref(), holder, &digest)?;
        }
        Ok(())
    }

    fn standing(
        &self,
        key: &[u8; 33],
        receipt: &Receipt,
        digest: &[u8; 32],
    ) -> Result<Standing, StoreError> {
        let (last, digests_from) = self.gate.standing_of(key).unwrap_or((0, 1));
        let row = number_key(self.uploader, key, receipt.sequence);
        Ok(match read_digest(self.transaction.find(Table::Receipts, &row)?)? {
            Some(known) if known == *digest => Standing::TheSame,
            Some(_) => Standing::Another,
            None if receipt.sequence > last => Standing::Nothing,
            // Kept before there were digests, or so long ago that its digest is forgotten.
            None if receipt.sequence < digests_from => Standing::TheSame,
            None if receipt.at.saturating_add(LONGEST_ALONE) < self.at => Standing::TheSame,
            None => Standing::Late,
        })
    }

    /// A receipt that is there was counted once: where its key's count was lost, it leaves nothing out.
    fn note_known(&mut self, key: &[u8; 33], number: u64) {
        if self.gate.standing_of(key).is_some_and(|(last, _)| last < number) {
            self.gate.take(key, number);
        }
    }

    /// Takes a number into the counts of its key and device, and writes down what it leaves out.
    fn count(&mut self, key: &[u8; 33], number: u64, digest: &[u8; 32]) -> Result<(), StoreError> {
        let (from, to) = (self.gate.take(key, number).saturating_add(1), number - 1);
        if from <= to {
            let Uploader { venue, device, .. } = self.uploader.clone();
            self.transaction.audit(AuditEvent::ReceiptGap { venue, device, from, to }, self.at)?;
            self.kept.gaps.push((from, to));
        }
        self.note_number(key, number, digest);
        Ok(())
    }

    fn note_number(&mut self, key: &[u8; 33], number: u64, digest: &[u8; 32]) {
        let row = number_key(self.uploader, key, number);
        self.transaction.put(Table::Receipts, &row, digest.to_vec());
        // A receipt that comes back after that is too old, whatever it says.
        note_expiry(self.transaction, Expiring::Receipt, self.at + 2 * LONGEST_ALONE, &row);
    }

    fn set_aside(
        &mut self,
        place: usize,
        number: Option<u64>,
        objection: Objection,
        digest: [u8; 32],
        bytes: Vec<u8>,
    ) -> Result<(), StoreError> {
        let Uploader { venue, device, .. } = self.uploader.clone();
        let (at, reason) = (self.at, objection.code().to_owned());
        let row = SetAside { venue, device, number, objection: reason, at, bytes };
        self.transaction.put(Table::SetAside, &digest, encode(&row));
        note_expiry(self.transaction, Expiring::SetAside, at + USES_KEPT, &digest);
        let SetAside { venue, device, objection: reason, .. } = row;
        let digest = BASE64URL_NOPAD.encode(&digest);
        let sequence = number;
        let event = AuditEvent::ReceiptSetAside { venue, device, sequence, reason, digest };
        self.transaction.audit(event, at)?;
        self.kept.set_aside.push((place, number, objection));
        Ok(())
    }

    fn holder(&self, proof: &ProvenCode) -> Result<Option<PersonId>, StoreError> {
        let pass = &proof.holder().pass;
        let key = pass_key(pass.exp, pass.status_index);
        let row: Option<PassRow> = decode_found(self.transaction.find(Table::Passes, &key)?)?;
        let holder = row.and_then(|row| row.holder_with(KeyDigest::of(&pass.device_key)));
        Ok(holder.map(|holder| holder.id))
    }

    /// Whether an id is another scan's: of any device without connection, of this venue, of this person.
    fn is_taken(&self, id: &ReceiptId, holder: Option<PersonId>) -> Result<bool, StoreError> {
        let second = receipt_second(id);
        let online = trails::row_key(&self.uploader.venue, second, id, TrailKind::Online);
        let used = holder.map(|person| scans::use_key(person, id));
        Ok(self.transaction.find(Table::ReceiptIds, id)?.is_some()
            || self.transaction.find(Table::Trails, &online)?.is_some()
            || match used {
                Some(key) => self.transaction.find(Table::Uses, &key)?.is_some(),
                None => false,
            })
    }

    fn count_use(
        &mut self,
        receipt: &Receipt,
        proof: Option<&ProvenCode>,
        holder: Option<PersonId>,
        digest: &[u8; 32],
    ) -> Result<(), StoreError> {
        let mut row = [0; 32];
        row[..16].copy_from_slice(&receipt.id);
        self.transaction.put(Table::ReceiptIds, &receipt.id, digest.to_vec());
        note_expiry(self.transaction, Expiring::ReceiptId, self.at + USES_KEPT, &row);
        let accepted = Reason::from_code(&receipt.reason).is_some_and(Reason::is_accept);
        let unproven = proof.is_none() && (accepted || receipt.code.is_some());
        let event = AuditEvent::OfflineScan {
            receipt: BASE64URL_NOPAD.encode(&receipt.id),
            venue: receipt.venue.clone(),
            device: receipt.device.clone(),
            scene: receipt.scene,
            accepted,
            reason: receipt.reason.clone(),
            scanned_at: receipt.at,
            site: self.site.clone(),
            unproven,
        };
        let entry = self.transaction.audit(event, self.at)?;
        self.kept.kept += 1;
        self.kept.unproven += u64::from(unproven);
        let Some(proof) = proof else { return Ok(()) };
        if let Some(person) = holder {
            let seen = self.as_use(receipt)?;
            scans::put_use(self.transaction, person, &seen);
        }
        if accepted {
            self.note_use(receipt, proof, entry)?;
        }
        Ok(())
    }

    fn as_use(&self, receipt: &Receipt) -> Result<IdentityUse, StoreError> {
        Ok(IdentityUse {
            receipt: receipt.id,
            venue: receipt.venue.clone(),
            device: receipt.device.clone(),
            scene: receipt.scene,
            reason: receipt.reason.clone(),
            claims: Vec::new(),
            consent: Consent::NotAsked,
            matter: None,
            offline: true,
            // A gate's clock may be ahead: nobody was there later than now.
            at: receipt.at.min(self.at),
            site: self.site.clone(),
            // Those of its arrival: a gate does not know any.
            names: sites::names(self.transaction, &receipt.venue, self.site.as_deref())?,
            reported_at: None,
        })
    }

    /// Remembers the code among those that were used, whoever used them; a second use is reported.
    fn note_use(
        &mut self,
        receipt: &Receipt,
        proof: &ProvenCode,
        entry: u64,
    ) -> Result<(), StoreError> {
        let key = derive_replay_key(proof.holder());
        let used = UsedCode { device: key.device, iat: key.iat, operator: NOBODY };
        let Some(first) = scans::first_use(self.transaction, &used)? else {
            scans::remember(self.transaction, &used, entry);
            return Ok(());
        };
        let first = self.scan_of(first)?.unwrap_or_default();
        let gate = format!("{}/{}", receipt.venue, receipt.device);
        // The same desk may look at a code twice, and says so.
        let again = Reason::from_code(&receipt.reason) == Some(Reason::OkAgain);
        if again && first.gate == gate {
            return Ok(());
        }
        let (first, first_gate) = (first.receipt, first.gate);
        let second = BASE64URL_NOPAD.encode(&receipt.id);
        let event = AuditEvent::DoubleUse { receipt: second, first, gate, first_gate };
        self.transaction.audit(event, self.at)?;
        self.kept.doubles.push(receipt.id);
        Ok(())
    }

    /// The scan of an audit entry; nothing where the entry is forgotten, or was never noted.
    fn scan_of(&self, entry: u64) -> Result<Option<ScanNamed>, StoreError> {
        let Some(row) = self.transaction.find(Table::Audit, &entry.to_be_bytes())? else {
            return Ok(None);
        };
        let AuditEntry { event, .. } = trails::read_entry(&row)?;
        Ok(match event {
            AuditEvent::Scan { receipt, venue, device, .. }
            | AuditEvent::OfflineScan { receipt, venue, device, .. } => {
                Some(ScanNamed { receipt, gate: format!("{venue}/{device}") })
            }
            _ => None,
        })
    }
}

/// A scan as a report names it.
#[derive(Default)]
struct ScanNamed {
    receipt: String,
    gate: String,
}

impl Record for SetAside {
    fn write(&self, row: &mut RowWriter) {
        row.text(&self.venue);
        row.text(&self.device);
        row.number(self.number.unwrap_or(0));
        row.text(&self.objection);
        row.number(self.at);
        row.bytes(&self.bytes);
    }

    fn read(row: &mut RowReader<'_>) -> Option<Self> {
        Some(Self {
            venue: row.text()?,
            device: row.text()?,
            // Numbers begin at 1.
            number: Some(row.number()?).filter(|number| *number > 0),
            objection: row.text()?,
            at: row.number()?,
            bytes: row.bytes()?.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_that_was_set_aside_comes_back_as_it_was() {
        for number in [None, Some(7)] {
            let (venue, device) = ("park".into(), "gate-1".into());
            let objection = Objection::Scene.code().into();
            let row = SetAside { venue, device, number, objection, at: 9, bytes: vec![1, 2, 3] };
            assert_eq!(decode::<SetAside>(&encode(&row)), Ok(row));
        }
    }
}
