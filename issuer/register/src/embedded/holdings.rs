//! What is kept with a person's pass: its device, when it was given, and whether an older key of that device
//! vouched for its key (docs/adr/0018-devices-are-token-families.md).

use super::pass_keys::{pass_key, read_pass_key};
use super::records::{PassRow, decode_found};
use super::tables::{Row, Table, Tables};
use super::transaction::Transaction;
use crate::{DeviceId, KeyDigest, PersonId, Session, StoreError, UNPROVEN_SECONDS, Word};

/// The row of a pass that was issued to a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Holding {
    pub(super) device: DeviceId,
    /// Unix seconds.
    given_at: u64,
    standing: Standing,
}

/// On whose word the keys of a strip are a device's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// A key that was vouched for itself, or the offer that the device took up. So count those that an older
    /// build kept without a word about it: they are over within 15 days.
    Vouched,
    /// On that of its token alone, or of a key that came by it: since when, Unix seconds.
    TokenAlone(u64),
}

impl Holding {
    pub(super) fn new(device: DeviceId, given_at: u64, standing: Standing) -> Self {
        Self { device, given_at, standing }
    }

    /// When it was given, Unix seconds.
    pub(super) fn given_at(&self) -> u64 {
        self.given_at
    }

    /// Whether its key was vouched for.
    pub(super) fn is_vouched(&self) -> bool {
        self.standing == Standing::Vouched
    }

    /// Device and time; and for keys without a word the time since which there is none.
    pub(super) fn encode(self) -> Vec<u8> {
        let mut row = [self.device.0.as_slice(), &self.given_at.to_be_bytes()].concat();
        if let Standing::TokenAlone(since) = self.standing {
            row.extend(since.to_be_bytes());
        }
        row
    }

    /// Nothing where the pass was issued to no device, as older formats kept it.
    pub(super) fn read(row: &[u8]) -> Result<Option<Self>, StoreError> {
        let Some((device, rest)) = row.split_first_chunk() else {
            return if row.is_empty() { Ok(None) } else { Err(DAMAGED) };
        };
        let (times, rest) = rest.as_chunks::<8>();
        let (given_at, standing) = match (times, rest) {
            ([at], []) => (*at, Standing::Vouched),
            ([at, since], []) => (*at, Standing::TokenAlone(u64::from_be_bytes(*since))),
            // Without its time, as it was kept before that was.
            ([], []) => ([0; 8], Standing::Vouched),
            _ => return Err(DAMAGED),
        };
        Ok(Some(Self {
            device: DeviceId(*device),
            given_at: u64::from_be_bytes(given_at),
            standing,
        }))
    }
}

const DAMAGED: StoreError = StoreError::Damaged("a pass's holding");

/// The device that a pass was issued to; none where an older format kept none.
pub(super) fn device_of(row: &[u8]) -> Option<DeviceId> {
    row.first_chunk().copied().map(DeviceId)
}

/// The same for a pass of this person, by its day and index.
pub(super) fn device_of_pass(
    tables: &Tables,
    person: PersonId,
    exp: u64,
    index: u32,
) -> Result<Option<DeviceId>, StoreError> {
    let row = [person.0.as_slice(), &pass_key(exp, index)].concat();
    Ok(tables.find(Table::Holdings, &row)?.and_then(|holding| device_of(&holding)))
}

/// The passes of a device that are kept, with their keys.
pub(super) fn keys_of(
    transaction: &Transaction,
    person: PersonId,
    device: DeviceId,
) -> Result<Vec<(Holding, KeyDigest)>, StoreError> {
    let mut found = Vec::new();
    for (key, row) in transaction.scan(Table::Holdings, &person.0)? {
        let Some(holding) = Holding::read(&row)?.filter(|holding| holding.device == device) else {
            continue;
        };
        let pass = transaction.find(Table::Passes, &key[person.0.len()..])?;
        let own = decode_found::<PassRow>(pass)?.and_then(|row| row.key);
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
    tables: &Tables,
    Session { person, device }: Session,
    (exp, index): (u64, u32),
    checked: Option<u64>,
) -> Result<Word, StoreError> {
    let row = [person.0.as_slice(), &pass_key(exp, index)].concat();
    let row = tables.find(Table::Holdings, &row)?.unwrap_or_default();
    weigh(&row, device, |since| {
        let rows = tables.scan(Table::Holdings, &person.0).collect::<Result<Vec<_>, _>>()?;
        is_the_last_one(&rows, person, device, since, checked)
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
    let rows = transaction.scan(Table::Holdings, &person.0)?;
    for (key, row) in &rows {
        let pass = transaction.find(Table::Passes, &key[person.0.len()..])?;
        let own = decode_found::<PassRow>(pass)?.and_then(|row| row.key);
        if !own.is_some_and(|own| proven.contains(&own)) {
            continue;
        }
        let is_last = |since| is_the_last_one(&rows, person, device, since, checked);
        if weigh(row, device, is_last)? == Word::Given {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the key of the pass with this holding gives the word of a device; asks of one without a word
/// whether there is another one.
fn weigh(
    row: &[u8],
    device: DeviceId,
    is_the_last_one: impl FnOnce(u64) -> Result<bool, StoreError>,
) -> Result<Word, StoreError> {
    match Holding::read(row)? {
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
    let rows = transaction.scan(Table::Holdings, &person.0)?;
    is_vouched_after(&rows, person, device, at)
}

fn is_vouched_after(
    rows: &[Row],
    person: PersonId,
    device: DeviceId,
    at: u64,
) -> Result<bool, StoreError> {
    for (key, row) in rows {
        let (exp, _) = read_pass_key(&key[person.0.len()..])?;
        let holding = Holding::read(row)?.filter(|holding| holding.device == device);
        if exp > at && holding.is_some_and(|holding| holding.is_vouched()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether keys without a word are the only ones that the device can have: for two weeks, and no pass is left
/// whose key was vouched for. A phone that has such a key fills its strip with it before the last one is
/// over. A clock that is not checked says nothing of that.
fn is_the_last_one(
    rows: &[Row],
    person: PersonId,
    device: DeviceId,
    since: u64,
    checked: Option<u64>,
) -> Result<bool, StoreError> {
    let Some(now) = checked else { return Ok(false) };
    if now.saturating_sub(since) < UNPROVEN_SECONDS {
        return Ok(false);
    }
    Ok(!is_vouched_after(rows, person, device, now)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holdings_come_back_and_those_of_older_builds_count_as_vouched_for() {
        let device = DeviceId([7; 16]);
        for standing in [Standing::Vouched, Standing::TokenAlone(4)] {
            let holding = Holding::new(device, 9, standing);
            assert_eq!(Holding::read(&holding.encode()), Ok(Some(holding)));
        }
        let older = [[7; 16].as_slice(), &9u64.to_be_bytes()].concat();
        assert_eq!(older, Holding::new(device, 9, Standing::Vouched).encode());
        let before = Holding::read(&[7; 16]).unwrap().unwrap();
        assert_eq!((before.device, before.standing), (device, Standing::Vouched));
        assert_eq!(Holding::read(&[]), Ok(None));
        for damaged in [5, 17, 25, 33] {
            assert!(Holding::read(&vec![1; damaged]).is_err(), "{damaged}");
        }
    }
}
