//! What is kept with a person's pass: its device, when it was given, and whether an older key of that device
//! vouched for its key (docs/adr/0018-devices-are-token-families.md).

use super::transaction::Transaction;
use crate::backend::{Found, View};
use crate::rows::{Holding, Holdings, PassKey, Passes, Standing};
use crate::{DeviceId, KeyDigest, PersonId, Session, StoreError, UNPROVEN_SECONDS, Word};

/// The device that a pass of this person was issued to; none where an older format kept none.
pub(super) fn device_of_pass(
    tables: &dyn View,
    person: PersonId,
    pass: PassKey,
) -> Result<Option<DeviceId>, StoreError> {
    Ok(tables.find::<Holdings>(&(person, pass))?.flatten().map(|holding| holding.device))
}

/// The passes of a device that are kept, with their keys.
pub(super) fn keys_of(
    transaction: &Transaction,
    person: PersonId,
    device: DeviceId,
) -> Result<Vec<(Holding, KeyDigest)>, StoreError> {
    let mut found = Vec::new();
    for ((_, pass), holding) in transaction.scan::<Holdings>(&person)? {
        let Some(holding) = holding.filter(|holding| holding.device == device) else { continue };
        let own = transaction.find::<Passes>(&pass)?.and_then(|row| row.key);
        found.extend(own.map(|own| (holding, own)));
    }
    Ok(found)
}

/// How the keys of a strip stand that this device asks for together with proofs by these keys. Passes that
/// were revoked since count as well: a change of name revokes them and ends no phone.
pub(super) fn standing(
    transaction: &Transaction,
    Session { person, device }: Session,
    proven: &[KeyDigest],
    at: u64,
) -> Result<Standing, StoreError> {
    let mut since = at;
    if proven.is_empty() {
        return Ok(Standing::TokenAlone(since));
    }
    for (holding, key) in keys_of(transaction, person, device)? {
        match holding.standing {
            _ if !proven.contains(&key) => {}
            Standing::Vouched => return Ok(Standing::Vouched),
            Standing::TokenAlone(earlier) => since = since.min(earlier),
        }
    }
    Ok(Standing::TokenAlone(since))
}

/// Whether the key of a pass gives the word of a device.
pub(super) fn word(
    tables: &dyn View,
    Session { person, device }: Session,
    (exp, index): (u64, u32),
    checked: Option<u64>,
) -> Result<Word, StoreError> {
    let holding = tables.find::<Holdings>(&(person, PassKey::new(exp, index)))?.flatten();
    weigh(holding, device, |since| {
        let rows = tables.scan::<Holdings>(&person).collect::<Result<Vec<_>, _>>()?;
        Ok(is_the_last_one(&rows, device, since, checked))
    })
}

/// Whether one of these keys does, of whichever pass that is kept.
pub(super) fn give_word(
    transaction: &Transaction,
    Session { person, device }: Session,
    proven: &[KeyDigest],
    checked: Option<u64>,
) -> Result<bool, StoreError> {
    if proven.is_empty() {
        return Ok(false);
    }
    let rows = transaction.scan::<Holdings>(&person)?;
    for ((_, pass), holding) in &rows {
        let own = transaction.find::<Passes>(pass)?.and_then(|row| row.key);
        if !own.is_some_and(|own| proven.contains(&own)) {
            continue;
        }
        let is_last = |since| Ok(is_the_last_one(&rows, device, since, checked));
        if weigh(*holding, device, is_last)? == Word::Given {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the key of the pass with this holding gives the word of a device; asks of one without a word
/// whether there is another one.
fn weigh(
    holding: Option<Holding>,
    device: DeviceId,
    is_the_last_one: impl FnOnce(u64) -> Result<bool, StoreError>,
) -> Result<Word, StoreError> {
    match holding {
        // Nothing is known of its device.
        None => Ok(Word::Given),
        Some(holding) if holding.device != device => Ok(Word::Foreign),
        Some(holding) => match holding.standing {
            Standing::Vouched => Ok(Word::Given),
            Standing::TokenAlone(since) => {
                Ok(if is_the_last_one(since)? { Word::Given } else { Word::Unproven })
            }
        },
    }
}

/// Whether a device holds a pass for a day that is not over whose key was vouched for.
pub(super) fn has_vouched_pass(
    transaction: &Transaction,
    Session { person, device }: Session,
    at: u64,
) -> Result<bool, StoreError> {
    Ok(is_vouched_after(&transaction.scan::<Holdings>(&person)?, device, at))
}

fn is_vouched_after(rows: &[Found<Holdings>], device: DeviceId, at: u64) -> bool {
    rows.iter().any(|((_, pass), holding)| {
        let holding = holding.filter(|holding| holding.device == device);
        pass.exp > at && holding.is_some_and(|holding| holding.is_vouched())
    })
}

/// Whether keys without a word are the only ones that the device can have: for two weeks, and no pass is left
/// whose key was vouched for. A phone that has such a key fills its strip with it before the last one is
/// over. A clock that is not checked says nothing of that.
fn is_the_last_one(
    rows: &[Found<Holdings>],
    device: DeviceId,
    since: u64,
    checked: Option<u64>,
) -> bool {
    let Some(now) = checked else { return false };
    now.saturating_sub(since) >= UNPROVEN_SECONDS && !is_vouched_after(rows, device, now)
}
