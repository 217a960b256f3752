//! Tokens and what runs out. Secrets are known here by their SHA-256 only.

use szid_protocol::day::{DAY, end_of_day};

use super::events::{HOLDER, Told};
use super::families::{Arrival, Ending, Family, Granted, device_of, family_of, newest};
use super::grants::Taken;
use super::records::{Record, RowReader, RowWriter, decode, decode_found, encode};
use super::restoration::read_epoch;
use super::tables::{EPOCH, Row, Table, Tables};
use super::transaction::Transaction;
use super::{accounts, copied, events, families, grants, holdings, returning};
use crate::audit::AuditEvent;
use crate::lifetimes::is_good;
use crate::{
    ACCESS_SECONDS, DeviceId, DeviceRule, EndReason, EventKind, GrantFault, KeyDigest, MAX_DEVICES,
    NewDevice, PersonId, Rotated, Session, Shown, StatusChange, StoreError, TokenPair,
};

/// How long the same refresh token or offer asks for the same exchange, seconds. Longer, and a thief could
/// walk beside the holder unseen.
pub(super) const SAME_EXCHANGE: u64 = 60;

/// A token of either kind; its family tells whether it is still good.
pub(super) struct Token {
    family: [u8; 32],
    refresh: bool,
    expires_at: u64,
    /// The register's epoch when it was given. One of an earlier epoch may have been replaced since, in what
    /// was lost.
    pub(super) epoch: u32,
}

impl Record for Token {
    fn write(&self, row: &mut RowWriter) {
        row.array(&self.family);
        row.byte(self.refresh.into());
        row.number(self.expires_at);
        // A row of a register that was never put back is as it was before rows named an epoch.
        if self.epoch > 0 {
            row.number(self.epoch.into());
        }
    }

    fn read(row: &mut RowReader<'_>) -> Option<Self> {
        Some(Self {
            family: row.array()?,
            refresh: row.flag()?,
            expires_at: row.number()?,
            epoch: if row.is_over() { 0 } else { row.number()?.try_into().ok()? },
        })
    }
}

/// That a row runs out: when, what it is, and its key.
pub(super) type ExpiryNote = (u64, Expiring, [u8; 32]);

/// What a row of [`Table::Expiries`] is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Expiring {
    Grant = 0,
    Token = 1,
    Family = 2,
    Use = 3,
    Retry = 4,
    OfflineUse = 5,
    Request = 6,
    Event = 7,
    Receipt = 8,
    ReceiptId = 9,
    SetAside = 10,
}

/// The most keys in a row of [`Table::Expiries`].
const KEYS_A_ROW: usize = 64;

pub(super) fn note_expiry(transaction: &mut Transaction, kind: Expiring, at: u64, key: &[u8; 32]) {
    transaction.note((at, kind, *key));
    transaction.floors.expiries = transaction.floors.expiries.min(at);
}

/// The rows of what a group of changes noted: keys of one kind and second share rows.
pub(super) fn expiry_rows(mut notes: Vec<ExpiryNote>) -> impl Iterator<Item = Row> {
    notes.sort_unstable();
    let mut rows: Vec<(ExpiryNote, Vec<u8>)> = Vec::new();
    for note @ (at, kind, key) in notes {
        match rows.last_mut() {
            Some(((last_at, last_kind, _), more))
                if (*last_at, *last_kind) == (at, kind) && more.len() < 32 * (KEYS_A_ROW - 1) =>
            {
                more.extend(key);
            }
            _ => rows.push((note, Vec::new())),
        }
    }
    rows.into_iter().map(|((at, kind, key), more)| {
        ([at.to_be_bytes().as_slice(), &[kind as u8], &key].concat(), more)
    })
}

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
    let current = decode_found::<Token>(transaction.find(Table::Tokens, &family.current)?)?;
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
    let epoch = read_epoch(transaction.find(Table::Meta, EPOCH)?)?;
    transaction.put(Table::Tokens, hash, encode(&Token { family, refresh, expires_at, epoch }));
    note_expiry(transaction, Expiring::Token, expires_at, hash);
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
    let token = decode_found::<Token>(transaction.find(Table::Tokens, &refresh_hash)?)?;
    let Some(token) = token else {
        let taken = returning::take_unknown(transaction, shown, &tokens, now)?;
        return Ok((taken, Vec::new()));
    };
    if !token.refresh {
        return refused(GrantFault::Unknown);
    }
    let family =
        transaction.find(Table::Families, &token.family)?.ok_or(StoreError::Damaged("a family"))?;
    let mut family: Family = decode(&family)?;
    if family.ended.is_some() {
        return refused(GrantFault::Unknown);
    }
    if token.expires_at <= now {
        return refused(GrantFault::Expired);
    }
    let (person, device) = (family.person, device_of(&token.family));
    let row = transaction.find(Table::Persons, &person.0)?;
    if accounts::is_suspended(row.clone(), device)? {
        let is_newest = family.current == refresh_hash
            || [family.previous, family.rival].contains(&Some(refresh_hash));
        let is_told = is_newest && accounts::keeps_none(row)?;
        return refused(if is_told { GrantFault::Stopped(person) } else { GrantFault::Frozen });
    }
    // Before anything is said of which token it is: a copy knows nothing of that.
    let is_back = token.epoch < read_epoch(transaction.find(Table::Meta, EPOCH)?)?;
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
    transaction.put(Table::Families, key, encode(&family));
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
    tables: &Tables,
    access_hash: [u8; 32],
    now: u64,
) -> Result<Option<Session>, StoreError> {
    let token = decode_found::<Token>(tables.find(Table::Tokens, &access_hash)?)?;
    let is_open = |token: &Token| !token.refresh && is_good(token.expires_at, ACCESS_SECONDS, now);
    let Some(token) = token.filter(is_open) else { return Ok(None) };
    // One of before the register was put back is renewed first, which takes more than a token.
    if token.epoch < read_epoch(tables.find(Table::Meta, EPOCH)?)? {
        return Ok(None);
    }
    let family = decode_found::<Family>(tables.find(Table::Families, &token.family)?)?;
    let Some(family) = family.filter(|family| family.ended.is_none()) else { return Ok(None) };
    let (person, device) = (family.person, device_of(&token.family));
    let is_suspended = accounts::is_suspended(tables.find(Table::Persons, &person.0)?, device)?;
    Ok((!is_suspended).then_some(Session { person, device }))
}

/// Removes at most `limit` grants, tokens and families that have run out.
pub(super) fn prune(
    transaction: &mut Transaction,
    now: u64,
    limit: usize,
) -> Result<u64, StoreError> {
    let (mut count, mut floor) = (0, transaction.floors.expiries);
    let start = floor.to_be_bytes();
    for row in transaction.on_disk(Table::Expiries, &start).take(limit) {
        if count >= limit as u64 {
            break;
        }
        let (row, more) = row?;
        let damaged = StoreError::Damaged("an expiry");
        let (at, kind_and_key) = row.split_first_chunk::<8>().ok_or(damaged.clone())?;
        floor = u64::from_be_bytes(*at);
        if floor > now {
            break;
        }
        let (kind, key) = kind_and_key.split_first().ok_or(damaged.clone())?;
        let key: &[u8; 32] = key.try_into().map_err(|_| damaged.clone())?;
        transaction.remove(Table::Expiries, &row);
        let (more, rest) = more.as_chunks::<32>();
        if !rest.is_empty() {
            return Err(damaged);
        }
        for key in std::iter::once(key).chain(more) {
            forget(transaction, *kind, key, now)?;
            count += 1;
        }
    }
    transaction.floors.expiries = floor;
    Ok(count)
}

/// Removes what a key that ran out names.
fn forget(
    transaction: &mut Transaction,
    kind: u8,
    key: &[u8; 32],
    now: u64,
) -> Result<(), StoreError> {
    match kind {
        kind if kind == Expiring::Grant as u8 => grants::forget(transaction, key)?,
        kind if kind == Expiring::Token as u8 => transaction.remove(Table::Tokens, key),
        kind if kind == Expiring::Family as u8 => forget_family(transaction, key, now)?,
        kind if kind == Expiring::Use as u8 => transaction.remove(Table::Uses, key),
        kind if kind == Expiring::OfflineUse as u8 => {
            transaction.remove(Table::OfflineUses, &key[..24]);
        }
        kind if kind == Expiring::Request as u8 => transaction.remove(Table::Requests, key),
        kind if kind == Expiring::Event as u8 => transaction.remove(Table::Events, key),
        kind if kind == Expiring::Retry as u8 => transaction.remove(Table::Retries, key),
        kind if kind == Expiring::Receipt as u8 => transaction.remove(Table::Receipts, key),
        kind if kind == Expiring::ReceiptId as u8 => {
            transaction.remove(Table::ReceiptIds, &key[..16]);
        }
        kind if kind == Expiring::SetAside as u8 => transaction.remove(Table::SetAside, key),
        _ => return Err(StoreError::Damaged("an expiry")),
    }
    Ok(())
}

/// A family whose tokens were renewed since lives on and is looked at again later.
fn forget_family(
    transaction: &mut Transaction,
    key: &[u8; 32],
    now: u64,
) -> Result<(), StoreError> {
    match decode_found::<Family>(transaction.find(Table::Families, key)?)? {
        Some(family) if family.expires_at > now => {
            note_expiry(transaction, Expiring::Family, family.expires_at, key);
        }
        Some(family) => {
            transaction.remove(Table::Families, key);
            copied::forget(transaction, device_of(key));
            transaction.remove(Table::FamiliesOf, &family_of(family.person, key));
        }
        None => {}
    }
    Ok(())
}
