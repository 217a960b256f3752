//! Tokens. Secrets are known here by their SHA-256 only.

use szid_protocol::day::{DAY, end_of_day};

use super::events::{HOLDER, Told};
use super::families::{Ending, newest};
use super::grants::Taken;
use super::transaction::Transaction;
use super::{accounts, events, families, grants, holdings, returning};
use crate::audit::AuditEvent;
use crate::backend::View;
use crate::lifetimes::is_good;
use crate::rows::{Arrival, Epoch, Families, Family, Granted, Persons, Token, Tokens, device_of};
use crate::{
    ACCESS_SECONDS, DeviceId, DeviceRule, EndReason, EventKind, GrantFault, KeyDigest, MAX_DEVICES,
    NewDevice, PersonId, Rotated, Session, Shown, StatusChange, StoreError, TokenPair,
};

/// How long the same refresh token or offer asks for the same exchange, seconds. Longer, and a thief could
/// walk beside the holder unseen.
pub(super) const SAME_EXCHANGE: u64 = 60;

pub(super) fn redeem(
    transaction: &mut Transaction,
    code_hash: [u8; 32],
    tx_code_hash: [u8; 32],
    new: NewDevice,
    tokens: TokenPair,
    now: u64,
) -> Result<Result<Rotated, GrantFault>, StoreError> {
    let offered = match grants::take(transaction, &code_hash, &tx_code_hash, new.retry_hash, now)? {
        Ok(Taken::New(offered)) => offered,
        Ok(Taken::Again(family)) => {
            return take_up_again(transaction, code_hash, &family, &tokens, now);
        }
        Err(fault) => return Ok(Err(fault)),
    };
    let (person, devices) = (offered.grant.person, offered.grant.devices);
    // The first offer of all takes one registrar, and nobody has had passes before it.
    let by_two = offered.grant.approved_on.is_none();
    let held = families::count_open(transaction, person, now)?;
    if devices == DeviceRule::Adds && held >= MAX_DEVICES {
        return Ok(Err(GrantFault::TooManyDevices));
    }
    offered.use_up(transaction, new.retry_hash);
    let replaces = devices == DeviceRule::Replaces;
    if replaces {
        let ending = Ending { why: EndReason::Replaced, actor: HOLDER, at: now };
        families::end_waiting(transaction, person, ending)?;
    }
    let family = Family {
        person,
        current: tokens.refresh_hash,
        previous: None,
        rival: None,
        ended: None,
        expires_at: newest(&tokens),
        name: new.name.clone(),
        created_at: Some(now),
        last_used_at: Some(day_of(now)),
        salt: tokens.salt,
        rotated_at: now,
        granted: Granted::default(),
    };
    let arrival = Arrival::New { replaces, by_two };
    families::put_new(transaction, &code_hash, &family, arrival);
    put_tokens(transaction, code_hash, &tokens)?;
    let device = device_of(&code_hash);
    transaction
        .audit(AuditEvent::Tokens { person: person.to_string(), by: "grant".into() }, now)?;
    let event = AuditEvent::holder_device("added", person, device, HOLDER);
    let number = transaction.audit(event, now)?;
    let told = Told { kind: EventKind::DeviceAdded, device: Some(new.name), actor: HOLDER };
    events::put(transaction, person, told, number, now)?;
    let TokenPair { salt, refresh_expires_at, .. } = tokens;
    Ok(Ok(Rotated { person, device, salt, refresh_expires_at }))
}

/// The same exchange again: the same refresh token for it, and nothing that a device is told of.
fn take_up_again(
    transaction: &mut Transaction,
    code_hash: [u8; 32],
    family: &Family,
    tokens: &TokenPair,
    now: u64,
) -> Result<Result<Rotated, GrantFault>, StoreError> {
    let person = family.person;
    put_access(transaction, code_hash, tokens)?;
    transaction
        .audit(AuditEvent::Tokens { person: person.to_string(), by: "grant".into() }, now)?;
    let refresh_expires_at = current_expiry(transaction, family)?;
    let device = device_of(&code_hash);
    Ok(Ok(Rotated { person, device, salt: family.salt, refresh_expires_at }))
}

/// When the refresh token of a family runs out.
fn current_expiry(transaction: &Transaction, family: &Family) -> Result<u64, StoreError> {
    let current = transaction.find::<Tokens>(&family.current)?;
    Ok(current.ok_or(StoreError::Damaged("a token"))?.expires_at)
}

/// The city's day of a device's last use, by its first second, is all that is kept of it.
fn day_of(now: u64) -> u64 {
    end_of_day(now).saturating_sub(DAY)
}

fn put_tokens(
    transaction: &mut Transaction,
    family: [u8; 32],
    tokens: &TokenPair,
) -> Result<(), StoreError> {
    put_access(transaction, family, tokens)?;
    let (hash, expires_at) = (&tokens.refresh_hash, tokens.refresh_expires_at);
    put_token(transaction, hash, family, true, expires_at)
}

fn put_access(
    transaction: &mut Transaction,
    family: [u8; 32],
    tokens: &TokenPair,
) -> Result<(), StoreError> {
    put_token(transaction, &tokens.access_hash, family, false, tokens.access_expires_at)
}

fn put_token(
    transaction: &mut Transaction,
    hash: &[u8; 32],
    family: [u8; 32],
    refresh: bool,
    expires_at: u64,
) -> Result<(), StoreError> {
    let epoch = transaction.find::<Epoch>(&())?.unwrap_or(0);
    transaction.put::<Tokens>(hash, &Token { family, refresh, expires_at, epoch });
    transaction.note_expiry::<Tokens>(expires_at, hash);
    Ok(())
}

pub(super) fn rotate(
    transaction: &mut Transaction,
    refresh_hash: [u8; 32],
    shown: &Shown,
    tokens: TokenPair,
    now: u64,
) -> Result<(Result<Rotated, GrantFault>, Vec<StatusChange>), StoreError> {
    let refused = |fault| Ok((Err(fault), Vec::new()));
    let Some(token) = transaction.find::<Tokens>(&refresh_hash)? else {
        let taken = returning::take_unknown(transaction, shown, &tokens, now)?;
        return Ok((taken, Vec::new()));
    };
    if !token.refresh {
        return refused(GrantFault::Unknown);
    }
    let family = transaction.find::<Families>(&token.family)?;
    let mut family = family.ok_or(StoreError::Damaged("a family"))?;
    if family.ended.is_some() {
        return refused(GrantFault::Unknown);
    }
    if token.expires_at <= now {
        return refused(GrantFault::Expired);
    }
    let (person, device) = (family.person, device_of(&token.family));
    let holder = transaction.find::<Persons>(&person)?;
    if accounts::is_suspended(holder.as_ref(), device) {
        let is_newest = family.current == refresh_hash
            || [family.previous, family.rival].contains(&Some(refresh_hash));
        let is_told = is_newest && accounts::keeps_none(holder.as_ref());
        return refused(if is_told { GrantFault::Stopped(person) } else { GrantFault::Frozen });
    }
    // Before anything is said of which token it is: a copy knows nothing of that.
    let is_back = token.epoch < transaction.find::<Epoch>(&())?.unwrap_or(0);
    if is_back && !pass_keys_of(transaction, person, device)?.fit(&shown.keys) {
        return refused(GrantFault::KeyProof);
    }
    if family.current == refresh_hash || family.rival == Some(refresh_hash) {
        (family.previous, family.rival) = (Some(refresh_hash), None);
    } else if family.previous != Some(refresh_hash) {
        transaction.audit(AuditEvent::TokenReuse { person: person.to_string() }, now)?;
        let changes = families::stop_copied(transaction, &token.family, family, now)?;
        return Ok((Err(GrantFault::Reused), changes));
    } else if family.rotated_at.abs_diff(now) <= SAME_EXCHANGE {
        // The same exchange again: the same successor, so that none of several who ask at once holds one that
        // counts as old.
        let (salt, refresh_expires_at) = (family.salt, current_expiry(transaction, &family)?);
        put_access(transaction, token.family, &tokens)?;
        transaction.audit(refreshed(person), now)?;
        return Ok((Ok(Rotated { person, device, salt, refresh_expires_at }), Vec::new()));
    } else {
        // The one before came back late: its successor was lost, or this is a copy of a request that was
        // answered. Which one, is told by which successor is used; the other counts as old from then on.
        family.rival.get_or_insert(family.current);
    }
    let rotated = renew(transaction, &token.family, family, &tokens, is_back, now)?;
    Ok((Ok(rotated), Vec::new()))
}

fn refreshed(person: PersonId) -> AuditEvent {
    AuditEvent::Tokens { person: person.to_string(), by: "refresh".into() }
}

/// Gives a device new tokens; its holder is told where it came back after a restoration.
pub(super) fn renew(
    transaction: &mut Transaction,
    key: &[u8; 32],
    mut family: Family,
    tokens: &TokenPair,
    is_back: bool,
    now: u64,
) -> Result<Rotated, StoreError> {
    let (person, device) = (family.person, device_of(key));
    family.current = tokens.refresh_hash;
    family.last_used_at = Some(day_of(now));
    family.expires_at = family.expires_at.max(newest(tokens));
    (family.salt, family.rotated_at) = (tokens.salt, now);
    transaction.put::<Families>(key, &family);
    put_tokens(transaction, *key, tokens)?;
    transaction.audit(refreshed(person), now)?;
    if is_back {
        let event = AuditEvent::holder_device("returned", person, device, HOLDER);
        let number = transaction.audit(event, now)?;
        let kind = EventKind::DeviceReturned;
        let told = Told { kind, device: Some(family.name), actor: HOLDER };
        events::put(transaction, person, told, number, now)?;
    }
    let TokenPair { salt, refresh_expires_at, .. } = *tokens;
    Ok(Rotated { person, device, salt, refresh_expires_at })
}

/// The keys that the passes of a device are for which are kept; where one of them was vouched for, such keys
/// alone: the others came by a token, which a thief may have. Whether their days have ended is not asked: the
/// clock may be wrong, and they go soon.
struct DeviceKeys(Vec<KeyDigest>);

impl DeviceKeys {
    /// Whether one of them was proven. Where there is none, nobody can prove any, and its holder least of
    /// all.
    fn fit(&self, proven: &[KeyDigest]) -> bool {
        self.0.is_empty() || self.0.iter().any(|key| proven.contains(key))
    }
}

fn pass_keys_of(
    transaction: &Transaction,
    person: PersonId,
    device: DeviceId,
) -> Result<DeviceKeys, StoreError> {
    let (mut vouched, mut others) = (Vec::new(), Vec::new());
    for (holding, key) in holdings::keys_of(transaction, person, device)? {
        if holding.is_vouched() { vouched.push(key) } else { others.push(key) }
    }
    Ok(DeviceKeys(if vouched.is_empty() { others } else { vouched }))
}

pub(super) fn session(
    tables: &dyn View,
    access_hash: [u8; 32],
    now: u64,
) -> Result<Option<Session>, StoreError> {
    let token = tables.find::<Tokens>(&access_hash)?;
    let is_open = |token: &Token| !token.refresh && is_good(token.expires_at, ACCESS_SECONDS, now);
    let Some(token) = token.filter(is_open) else { return Ok(None) };
    // One of before the register was put back is renewed first, which takes more than a token.
    if token.epoch < tables.find::<Epoch>(&())?.unwrap_or(0) {
        return Ok(None);
    }
    let family = tables.find::<Families>(&token.family)?;
    let Some(family) = family.filter(|family| family.ended.is_none()) else { return Ok(None) };
    let (person, device) = (family.person, device_of(&token.family));
    let holder = tables.find::<Persons>(&person)?;
    let is_suspended = accounts::is_suspended(holder.as_ref(), device);
    Ok((!is_suspended).then_some(Session { person, device }))
}
