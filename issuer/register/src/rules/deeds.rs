//! How often one member of staff alone did something that protects, or one person reported: counted in the
//! register, so that no restart forgets it.
//!
//! What protects takes one, and no time. One stolen secret does it to the whole city then: from some point on
//! operators are told, and from a later one it takes a second person.

use szid_protocol::day::DAY;
use szid_protocol::verify::MAX_AHEAD;

use super::transaction::Transaction;
use crate::backend::View;
use crate::rows::{CheckedTime, Deed, DeedKey, Deeds, Doer};
use crate::{REPORTS_PER_DAY, StoreError, look_the_same};

/// What is counted, each.
const ALL: [Deed; 7] = [
    Deed::Restriction,
    Deed::Freeze,
    Deed::GivenUp,
    Deed::Question,
    Deed::Refusal,
    Deed::Look,
    Deed::UseReport,
];

/// Over how long it is counted, seconds.
const fn counted_over(deed: Deed) -> u64 {
    match deed {
        Deed::UseReport => DAY,
        _ => 3600,
    }
}

/// From so many an hour operators are told of it: no day's work asks for as many.
pub(super) const fn unusual_from(deed: Deed) -> usize {
    match deed {
        Deed::Restriction | Deed::Freeze => 20,
        // Half of what one may refuse at all.
        Deed::Refusal => 10,
        Deed::GivenUp | Deed::Question | Deed::Look | Deed::UseReport => usize::MAX,
    }
}

/// So many one person does alone in that time.
pub(super) const fn alone(deed: Deed) -> usize {
    match deed {
        Deed::Restriction => 50,
        // As many as one of them may have waiting.
        Deed::Freeze | Deed::GivenUp => 100,
        // A counter that loses answers, or mends what it typed, asks a few times.
        Deed::Question | Deed::Look => 10,
        // A day's work has a few; whoever refuses each one keeps everybody else from working.
        Deed::Refusal => 20,
        Deed::UseReport => REPORTS_PER_DAY,
    }
}

/// The times that count. They age by the checked clock alone: a step of the wall clock makes none of them
/// old.
fn counted(deed: Deed, times: Vec<u64>, checked: Option<u64>) -> Vec<u64> {
    let is_old =
        |at: u64| checked.is_some_and(|checked| at.saturating_add(counted_over(deed)) <= checked);
    times.into_iter().filter(|at| !is_old(*at)).collect()
}

fn checked(transaction: &Transaction) -> Result<Option<u64>, StoreError> {
    transaction.find::<CheckedTime>(&())
}

/// How many of these somebody did lately, under whatever spelling of their name.
pub(super) fn count(
    transaction: &Transaction,
    deed: Deed,
    doer: &Doer<'_>,
) -> Result<usize, StoreError> {
    let checked = checked(transaction)?;
    let mut count = 0;
    for (key, times) in transaction.scan::<Deeds>(&deed)? {
        if are_one_person(&key.doer, doer) {
            count += counted(deed, times, checked).len();
        }
    }
    Ok(count)
}

/// The same under this very name: one look-up, however many others there are.
pub(super) fn count_exactly(
    transaction: &Transaction,
    deed: Deed,
    doer: Doer<'_>,
) -> Result<usize, StoreError> {
    let times = transaction.find::<Deeds>(&DeedKey { deed, doer })?.unwrap_or_default();
    Ok(counted(deed, times, checked(transaction)?).len())
}

/// Whether two are one person: names that look the same, and the same that it is about.
fn are_one_person(one: &Doer<'_>, other: &Doer<'_>) -> bool {
    let name = |doer: &Doer<'_>| doer.name.as_deref().unwrap_or_default().to_owned();
    one.about == other.about && look_the_same(&name(one), &name(other))
}

/// Counts one more.
pub(super) fn note(
    transaction: &mut Transaction,
    deed: Deed,
    doer: Doer<'_>,
    at: u64,
) -> Result<(), StoreError> {
    let (key, checked) = (DeedKey { deed, doer }, checked(transaction)?);
    let known = transaction.find::<Deeds>(&key)?.unwrap_or_default();
    // What a clock wrote that was ahead is of now: it would never be old.
    let newest = at.max(checked.unwrap_or(0));
    let mut times = counted(deed, known, checked);
    for time in &mut times {
        if *time > newest.saturating_add(MAX_AHEAD) {
            *time = newest;
        }
    }
    times.push(at);
    // More than these say nothing more.
    let first = times.len().saturating_sub(alone(deed));
    transaction.put::<Deeds>(&key, &times.split_off(first));
    Ok(())
}

/// What somebody did, and when.
pub(super) struct Done {
    /// Who, as it was noted.
    pub(super) doer: Doer<'static>,
    /// When, Unix seconds.
    pub(super) times: Vec<u64>,
}

/// Who did so unusually often, with all that this person did under whatever spelling.
pub(super) fn unusual(tables: &dyn View, deed: Deed) -> Result<Vec<Done>, StoreError> {
    let checked = tables.find::<CheckedTime>(&())?;
    let mut all = Vec::new();
    for row in tables.scan::<Deeds>(&deed) {
        let (DeedKey { doer, .. }, times) = row?;
        all.push(Done { doer, times: counted(deed, times, checked) });
    }
    let of_person = |doer: &Doer<'_>| -> Vec<u64> {
        let own = all.iter().filter(|one| are_one_person(&one.doer, doer));
        own.flat_map(|one| one.times.iter().copied()).collect()
    };
    let persons =
        all.iter().map(|one| Done { doer: one.doer.clone(), times: of_person(&one.doer) });
    Ok(persons.filter(|one| one.times.len() >= unusual_from(deed)).collect())
}

/// Forgets at most so many rows of which nothing counts any more.
pub(super) fn prune(transaction: &mut Transaction, limit: usize) -> Result<u64, StoreError> {
    let checked = checked(transaction)?;
    let mut count = 0usize;
    for deed in ALL {
        for (key, times) in transaction.scan::<Deeds>(&deed)? {
            if count < limit && counted(deed, times, checked).is_empty() {
                transaction.remove::<Deeds>(&key);
                count += 1;
            }
        }
    }
    Ok(count as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::decode;

    #[test]
    fn spellings_of_a_name_are_one_person_and_what_they_asked_about_is_told_apart() {
        let are_one = |one, other| are_one_person(&one, &other);
        assert!(are_one(Doer::named("counter-1"), Doer::named("Counter-l")));
        let (about, another) = ([7; 16], [8; 16]);
        assert!(are_one(Doer::about("counter-1", about), Doer::about("counter-l", about)));
        assert!(!are_one(Doer::named("counter-1"), Doer::named("counter-2")));
        assert!(!are_one(Doer::about("counter-1", about), Doer::about("counter-1", another)));
    }

    #[test]
    fn deeds_grow_old_by_the_checked_clock_alone() {
        let of_staff = |times, checked| counted(Deed::Freeze, times, checked);
        assert_eq!(of_staff(vec![10, 20], None), [10, 20]);
        assert_eq!(of_staff(vec![10, 20], Some(3610)), [20]);
        assert_eq!(of_staff(vec![10, u64::MAX], Some(9999)), [u64::MAX]);
        assert_eq!(counted(Deed::UseReport, vec![10, 20], Some(DAY + 10)), [20]);
        assert_eq!(decode::<Vec<u64>>(&[0; 9]), Err(StoreError::Damaged("deeds")));
    }
}
