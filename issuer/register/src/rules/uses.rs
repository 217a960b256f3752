//! Reports of uses that a person did not expect: kept with the use, and written into the audit for the city's
//! administrators.

use data_encoding::BASE64URL_NOPAD;

use super::deeds;
use super::transaction::Transaction;
use crate::audit::AuditEvent;
use crate::rows::{Deed, Doer, Uses};
use crate::{
    IdentityUse, PersonId, REPORTS_PER_DAY, ReceiptId, ReportedWhen, StoreError, UseReport,
};

/// Marks a use as reported, once.
pub(super) fn report(
    transaction: &mut Transaction,
    person: PersonId,
    receipt: &ReceiptId,
    at: u64,
) -> Result<UseReport, StoreError> {
    let key = (person, *receipt);
    let mut one = transaction.find::<Uses>(&key)?.ok_or(StoreError::NotFound)?;
    if one.reported_at.is_some() {
        return Ok(UseReport::Known);
    }
    let doer = Doer::person(person);
    if deeds::count_exactly(transaction, Deed::UseReport, doer.clone())? >= REPORTS_PER_DAY {
        return Ok(UseReport::Spent);
    }
    deeds::note(transaction, Deed::UseReport, doer, at)?;
    one.reported_at = Some(at);
    // It is forgotten when it would have been: a report keeps no use longer.
    transaction.put::<Uses>(&key, &one);
    transaction.audit(event(person, &one, ReportedWhen::Listed), at)?;
    Ok(UseReport::Kept)
}

/// What the audit says of a report. A case that the venue wrote down stays with the scan.
pub(super) fn event(person: PersonId, one: &IdentityUse, when: ReportedWhen) -> AuditEvent {
    AuditEvent::UseReported {
        receipt: BASE64URL_NOPAD.encode(&one.receipt),
        venue: one.venue.clone(),
        device: one.device.clone(),
        site: one.site.clone(),
        scene: one.scene,
        scanned_at: one.at,
        person: person.to_string(),
        when: when.word().into(),
    }
}
