//! Devices whose refresh token went with what a restoration lost: the key of a pass that the register knows
//! begins a new one (docs/adr/0019-witness-of-the-register.md).

use szid_protocol::day::DAY;

use super::transaction::Transaction;
use super::{accounts, families, tokens};
use crate::rows::{
    Epoch, Family, Holdings, LastRestoration, PassKey, Passes, Persons, RestoredAt, Statuses,
    Tokens,
};
use crate::{DAYS_AHEAD, DeviceId, GrantFault, PersonId, Rotated, Shown, StoreError, TokenPair};

/// For how long after a restoration, seconds: the passes of before are over by then, and the register lets go
/// of them.
const RETURN_SECONDS: u64 = (DAYS_AHEAD + 2) * DAY;
/// For how long after it a refresh token of before may be shown, seconds: as long as one lasts.
const SHOWN_SECONDS: u64 = 90 * DAY;

pub(super) fn note_restoration(transaction: &mut Transaction, at: u64, by_witness: bool) {
    transaction.put::<RestoredAt>(&(), &LastRestoration { at, by_witness });
}

/// Takes a refresh token that the register does not know.
pub(super) fn take_unknown(
    transaction: &mut Transaction,
    shown: &Shown,
    tokens: &TokenPair,
    now: u64,
) -> Result<Result<Rotated, GrantFault>, StoreError> {
    let Some(LastRestoration { at: restored_at, by_witness }) =
        transaction.find::<RestoredAt>(&())?
    else {
        return Ok(Err(GrantFault::Unknown));
    };
    if now > restored_at.saturating_add(SHOWN_SECONDS) {
        return Ok(Err(GrantFault::Expired));
    }
    if !by_witness {
        return Ok(Err(GrantFault::Lost));
    }
    let Some(passes) = &shown.passes else {
        let asks = shown.keys.is_empty();
        return Ok(Err(if asks { GrantFault::KeyProof } else { GrantFault::Unknown }));
    };
    if now > restored_at.saturating_add(RETURN_SECONDS) {
        return Ok(Err(GrantFault::Lost));
    }
    let mut found = None;
    let mut has_good_pass = false;
    for (exp, index, key) in passes.iter().filter(|(.., key)| shown.keys.contains(key)) {
        let pass = PassKey::new(*exp, *index);
        let row = transaction.find::<Passes>(&pass)?;
        let Some(row) = row.filter(|row| row.key == Some(*key)) else { continue };
        let person = row.holder.id;
        let holding = transaction.find::<Holdings>(&(person, pass))?.flatten();
        let Some(holding) = holding else { continue };
        let device = holding.device;
        if *found.get_or_insert((person, device)) != (person, device) {
            return Ok(Err(GrantFault::Lost));
        }
        // A key that came by a token alone may be a thief's.
        has_good_pass |= holding.is_vouched()
            && holding.given_at < restored_at
            && !transaction.has::<Statuses>(&pass)?;
    }
    let Some((person, device)) = found else { return Ok(Err(GrantFault::Lost)) };
    match family_of(transaction, person, device, restored_at, now)? {
        Ok((key, family)) if has_good_pass => {
            // Nothing says which of its tokens was the last one: none of them counts as the one before.
            let family = Family { previous: None, rival: None, ..family };
            tokens::renew(transaction, &key, family, tokens, true, now).map(Ok)
        }
        Ok(_) => Ok(Err(GrantFault::Lost)),
        Err(fault) => Ok(Err(fault)),
    }
}

/// The family of a device that may come back. Once it has renewed a token of now it never needs to.
fn family_of(
    transaction: &Transaction,
    person: PersonId,
    device: DeviceId,
    restored_at: u64,
    now: u64,
) -> Result<Result<([u8; 32], Family), GrantFault>, StoreError> {
    let found = families::named(transaction, device)?;
    let Some((key, family)) = found.filter(|(_, family)| family.person == person) else {
        return Ok(Err(GrantFault::Lost));
    };
    if family.ended.is_some() {
        return Ok(Err(GrantFault::Unknown));
    }
    if family.expires_at <= now {
        return Ok(Err(GrantFault::Expired));
    }
    if accounts::is_suspended(transaction.find::<Persons>(&person)?.as_ref(), device) {
        return Ok(Err(GrantFault::Frozen));
    }
    let epoch = transaction.find::<Epoch>(&())?.unwrap_or(0);
    let current = transaction.find::<Tokens>(&family.current)?;
    let is_back = current.is_some_and(|token| token.epoch >= epoch);
    let was_there = family.created_at.is_none_or(|at| at <= restored_at);
    let may = was_there && (!is_back || family.previous.is_none());
    Ok(if may { Ok((key, family)) } else { Err(GrantFault::Lost) })
}
