//! How often one member of staff alone did something that protects, or one person reported: counted in the
//! register, so that no restart forgets it.
//!
//! What protects takes one, and no time. One stolen secret does it to the whole city then: from some point on
//! operators are told, and from a later one it takes a second person.

use szid_protocol::day::DAY;
use szid_protocol::verify::MAX_AHEAD;

use super::tables::{CHECKED_TIME, Row, Table, Tables};
use super::time;
use super::transaction::Transaction;
use crate::{REPORTS_PER_DAY, StoreError, look_the_same};

/// What the keys of these rows begin with.
const PREFIX: &[u8] = b"deeds\0";

/// What is counted. The numbers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Deed {
    /// An administrator withdrew a credential, stopped a place, or took scenes or a site from what scans.
    Restriction = 1,
    /// A registrar froze an account.
    Freeze = 2,
    /// A registrar ended what they had asked for about somebody known.
    GivenUp = 3,
    /// A registrar asked about one person, which the name of the person follows.
    Question = 4,
    /// One of the staff refused what another one had asked for; the approvers among whom they did follow the
    /// name.
    Refusal = 5,
    /// A registrar looked at the devices of one person, which the name of the person follows.
    Look = 6,
    /// A person reported a use of theirs: the name is the person's, and nobody else's looks like it.
    UseReport = 7,
}

impl Deed {
    const ALL: [Self; 7] = [
        Self::Restriction,
        Self::Freeze,
        Self::GivenUp,
        Self::Question,
        Self::Refusal,
        Self::Look,
        Self::UseReport,
    ];

    /// Over how long it is counted, seconds.
    const fn counted_over(self) -> u64 {
        match self {
            Self::UseReport => DAY,
            _ => 3600,
        }
    }

    /// From so many an hour operators are told of it: no day's work asks for as many.
    pub(super) const fn unusual_from(self) -> usize {
        match self {
            Self::Restriction | Self::Freeze => 20,
            // Half of what one may refuse at all.
            Self::Refusal => 10,
            Self::GivenUp | Self::Question | Self::Look | Self::UseReport => usize::MAX,
        }
    }

    /// So many one person does alone in that time.
    pub(super) const fn alone(self) -> usize {
        match self {
            Self::Restriction => 50,
            // As many as one of them may have waiting.
            Self::Freeze | Self::GivenUp => 100,
            // A counter that loses answers, or mends what it typed, asks a few times.
            Self::Question | Self::Look => 10,
            // A day's work has a few; whoever refuses each one keeps everybody else from working.
            Self::Refusal => 20,
            Self::UseReport => REPORTS_PER_DAY,
        }
    }
}

fn prefix(deed: Deed) -> Vec<u8> {
    [PREFIX, &[deed as u8]].concat()
}

fn key(deed: Deed, by: &[u8]) -> Vec<u8> {
    [prefix(deed).as_slice(), by].concat()
}

fn read(row: &[u8]) -> Result<Vec<u64>, StoreError> {
    let (times, rest) = row.as_chunks::<8>();
    let times = times.iter().map(|time| u64::from_be_bytes(*time)).collect();
    if rest.is_empty() { Ok(times) } else { Err(StoreError::Damaged("deeds")) }
}

/// The times that count. They age by the checked clock alone: a step of the wall clock makes none of them
/// old.
fn counted(deed: Deed, times: Vec<u64>, checked: Option<u64>) -> Vec<u64> {
    let is_old =
        |at: u64| checked.is_some_and(|checked| at.saturating_add(deed.counted_over()) <= checked);
    times.into_iter().filter(|at| !is_old(*at)).collect()
}

fn checked(transaction: &Transaction) -> Result<Option<u64>, StoreError> {
    time::decode(transaction.find(Table::Meta, CHECKED_TIME)?)
}

/// How many of these somebody did lately, under whatever spelling of their name.
pub(super) fn count(transaction: &Transaction, deed: Deed, by: &[u8]) -> Result<usize, StoreError> {
    let (prefix, checked) = (prefix(deed), checked(transaction)?);
    let mut count = 0;
    for (key, row) in transaction.scan(Table::Meta, &prefix)? {
        if are_of_one_person(&key[prefix.len()..], by) {
            count += counted(deed, read(&row)?, checked).len();
        }
    }
    Ok(count)
}

/// The same under this very name: one look-up, however many others there are.
pub(super) fn count_exactly(
    transaction: &Transaction,
    deed: Deed,
    by: &[u8],
) -> Result<usize, StoreError> {
    let row = transaction.find(Table::Meta, &key(deed, by))?.unwrap_or_default();
    Ok(counted(deed, read(&row)?, checked(transaction)?).len())
}

/// Whether two keys are one person's: names that look the same, and the same behind them.
fn are_of_one_person(one: &[u8], other: &[u8]) -> bool {
    let split = |by: &[u8]| {
        let end = by.iter().position(|byte| *byte == 0).unwrap_or(by.len());
        (String::from_utf8_lossy(&by[..end]).into_owned(), by[end..].to_vec())
    };
    let ((one, about), (other, about_other)) = (split(one), split(other));
    about == about_other && look_the_same(&one, &other)
}

/// Counts one more.
pub(super) fn note(
    transaction: &mut Transaction,
    deed: Deed,
    by: &[u8],
    at: u64,
) -> Result<(), StoreError> {
    let (key, checked) = (key(deed, by), checked(transaction)?);
    let row = transaction.find(Table::Meta, &key)?.unwrap_or_default();
    // What a clock wrote that was ahead is of now: it would never be old.
    let newest = at.max(checked.unwrap_or(0));
    let mut times = counted(deed, read(&row)?, checked);
    for time in &mut times {
        if *time > newest.saturating_add(MAX_AHEAD) {
            *time = newest;
        }
    }
    times.push(at);
    // More than these say nothing more.
    let first = times.len().saturating_sub(deed.alone());
    let row = times[first..].iter().flat_map(|time| time.to_be_bytes()).collect();
    transaction.put(Table::Meta, &key, row);
    Ok(())
}

/// What somebody did, and when.
pub(super) struct Done {
    /// Who, as it was noted.
    pub(super) by: Vec<u8>,
    /// When, Unix seconds.
    pub(super) times: Vec<u64>,
}

/// Who did so unusually often, with all that this person did under whatever spelling.
pub(super) fn unusual(tables: &Tables, deed: Deed) -> Result<Vec<Done>, StoreError> {
    let checked = time::decode(tables.find(Table::Meta, CHECKED_TIME)?)?;
    let prefix = prefix(deed);
    let mut all = Vec::new();
    for row in tables.scan(Table::Meta, &prefix) {
        let (key, row): Row = row?;
        let times = counted(deed, read(&row)?, checked);
        all.push(Done { by: key[prefix.len()..].to_vec(), times });
    }
    let of_person = |by: &[u8]| -> Vec<u64> {
        let own = all.iter().filter(|one| are_of_one_person(&one.by, by));
        own.flat_map(|one| one.times.iter().copied()).collect()
    };
    let persons = all.iter().map(|one| Done { by: one.by.clone(), times: of_person(&one.by) });
    Ok(persons.filter(|one| one.times.len() >= deed.unusual_from()).collect())
}

/// Forgets at most so many rows of which nothing counts any more.
pub(super) fn prune(transaction: &mut Transaction, limit: usize) -> Result<u64, StoreError> {
    let checked = checked(transaction)?;
    let mut count = 0usize;
    for deed in Deed::ALL {
        for (key, row) in transaction.scan(Table::Meta, &prefix(deed))? {
            if count < limit && counted(deed, read(&row)?, checked).is_empty() {
                transaction.remove(Table::Meta, &key);
                count += 1;
            }
        }
    }
    Ok(count as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_name_are_one_person_and_what_they_asked_about_is_told_apart() {
        assert!(are_of_one_person(b"counter-1", b"Counter-l"));
        assert!(are_of_one_person(b"counter-1\0about\x00ab", b"counter-l\0about\x00ab"));
        assert!(!are_of_one_person(b"counter-1", b"counter-2"));
        assert!(!are_of_one_person(b"counter-1\0one", b"counter-1\0other"));
    }

    #[test]
    fn deeds_grow_old_by_the_checked_clock_alone() {
        let of_staff = |times, checked| counted(Deed::Freeze, times, checked);
        assert_eq!(of_staff(vec![10, 20], None), [10, 20]);
        assert_eq!(of_staff(vec![10, 20], Some(3610)), [20]);
        assert_eq!(of_staff(vec![10, u64::MAX], Some(9999)), [u64::MAX]);
        assert_eq!(counted(Deed::UseReport, vec![10, 20], Some(DAY + 10)), [20]);
        assert_eq!(read(&[0; 9]), Err(StoreError::Damaged("deeds")));
    }
}
