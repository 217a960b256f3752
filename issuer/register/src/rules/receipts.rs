//! What devices without connection decided, kept when they upload it: each receipt once, and none in the
//! place of another.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use szid_protocol::proof::ProvenCode;
use szid_protocol::reason::Reason;
use szid_protocol::receipt::{Receipt, receipt_second};
use szid_protocol::verify::derive_replay_key;

use super::scans::{self, USES_KEPT};
use super::sites;
use super::transaction::Transaction;
use crate::audit::AuditEvent;
use crate::backend::View;
use crate::rows::{
    All, Audit, Digest as ReceiptDigest, Gates, OfVenue, PassKey, Passes, ReceiptIds, Receipts,
    ReceiptsSetAside, TrailKey, Trails, Uses,
};
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
    let device = OfVenue::new(&uploader.venue, &uploader.device);
    let gate = transaction.find::<Gates>(&device)?;
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
        transaction.put::<Gates>(&device, &now);
    }
    (kept.last, kept.conflict_at) = (now.count, now.conflict_at);
    let key = number_key(uploader, &now.key_of_count(), now.count);
    kept.digest = transaction.find::<Receipts>(&key)?.map(|known| known.0);
    Ok(kept)
}

pub(super) fn digest(
    tables: &dyn View,
    uploader: &Uploader,
    number: u64,
) -> Result<Option<[u8; 32]>, StoreError> {
    let found = tables.find::<Receipts>(&number_key(uploader, &uploader.key, number))?;
    Ok(found.map(|known| known.0))
}

pub(super) fn set_aside(tables: &dyn View, limit: usize) -> Result<Vec<SetAside>, StoreError> {
    tables.scan::<ReceiptsSetAside>(&All).take(limit).map(|row| Ok(row?.1)).collect()
}

/// The rows of one of a device's keys lie together, in the order of their numbers.
fn number_key(uploader: &Uploader, key: &[u8; 33], number: u64) -> ([u8; 24], u64) {
    let device = [uploader.venue.as_str(), &uploader.device].join("\0");
    let digest = Sha256::new().chain_update(device).chain_update(key).finalize();
    let mut of_key = [0; 24];
    of_key.copy_from_slice(&digest[..24]);
    (of_key, number)
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
        if self.transaction.has::<ReceiptsSetAside>(&digest)? {
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
        let number = number_key(self.uploader, key, receipt.sequence);
        Ok(match self.transaction.find::<Receipts>(&number)? {
            Some(known) if known.0 == *digest => Standing::TheSame,
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
        let key = number_key(self.uploader, key, number);
        self.transaction.put::<Receipts>(&key, &ReceiptDigest(*digest));
        // A receipt that comes back after that is too old, whatever it says.
        self.transaction.note_expiry::<Receipts>(self.at + 2 * LONGEST_ALONE, &key);
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
        self.transaction.put::<ReceiptsSetAside>(&digest, &row);
        self.transaction.note_expiry::<ReceiptsSetAside>(at + USES_KEPT, &digest);
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
        let key = PassKey::new(pass.exp, pass.status_index);
        let row = self.transaction.find::<Passes>(&key)?;
        let holder = row.and_then(|row| row.holder_with(KeyDigest::of(&pass.device_key)));
        Ok(holder.map(|holder| holder.id))
    }

    /// Whether an id is another scan's: of any device without connection, of this venue, of this person.
    fn is_taken(&self, id: &ReceiptId, holder: Option<PersonId>) -> Result<bool, StoreError> {
        let (venue, at) = (self.uploader.venue.as_str().into(), receipt_second(id));
        let online = TrailKey { venue, at, receipt: *id, kind: TrailKind::Online };
        Ok(self.transaction.has::<ReceiptIds>(id)?
            || self.transaction.has::<Trails>(&online)?
            || match holder {
                Some(person) => self.transaction.has::<Uses>(&(person, *id))?,
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
        self.transaction.put::<ReceiptIds>(&receipt.id, &ReceiptDigest(*digest));
        self.transaction.note_expiry::<ReceiptIds>(self.at + USES_KEPT, &receipt.id);
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
        let Some(row) = self.transaction.find::<Audit>(&entry)? else { return Ok(None) };
        Ok(match row.entry()?.event {
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
