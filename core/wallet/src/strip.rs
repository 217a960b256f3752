//! Which days a strip of passes lacks.

use szid_protocol::day::DAY;

/// The days to ask passes for so that the strip reaches from today `days_ahead` days on: from the first day
/// that has no pass to the last, at most `batch` at once, because a request asks for one run of days. `None`
/// when nothing is missing.
pub(crate) fn gap(held: &[u64], today: u64, days_ahead: u64, batch: usize) -> Option<Vec<u64>> {
    let wanted = (0..=days_ahead).map(|ahead| today.saturating_add(ahead * DAY));
    let days: Vec<u64> = wanted.skip_while(|day| held.contains(day)).take(batch.max(1)).collect();
    (!days.is_empty()).then_some(days)
}

/// True when the strip should be filled up: few passes are left, or today has none.
pub(crate) fn runs_low(held: &[u64], today: u64, days_ahead: u64, refill_below: usize) -> bool {
    let left = held.iter().filter(|day| **day >= today).count();
    // A short strip by choice is full when it has all its days.
    let full = usize::try_from(days_ahead).unwrap_or(usize::MAX).saturating_add(1);
    !held.contains(&today) || left < refill_below.min(full)
}

/// Passes that end within so many seconds end soon.
const SOON: u64 = 2 * DAY;

/// True where the last pass ends within two days of now, or none is left.
pub(crate) fn ends_soon(held: &[u64], now: u64) -> bool {
    held.iter().max().is_none_or(|last| *last <= now.saturating_add(SOON))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TODAY: u64 = 1_768_492_800;

    fn day(ahead: i64) -> u64 {
        TODAY.saturating_add_signed(ahead * DAY as i64)
    }

    #[test]
    fn an_empty_strip_lacks_everything_and_a_full_one_nothing() {
        let all: Vec<u64> = (0..=14).map(day).collect();
        assert_eq!(gap(&[], TODAY, 14, 32), Some(all.clone()));
        assert_eq!(gap(&all, TODAY, 14, 32), None);
        assert_eq!(gap(&all[..12], TODAY, 14, 32), Some(all[12..].to_vec()));
        assert!(!runs_low(&all[..5], TODAY, 14, 5) && runs_low(&all[..4], TODAY, 14, 5));
        assert!(runs_low(&all[1..], TODAY, 14, 5), "today has no pass");
        assert!(!runs_low(&all[..1], TODAY, 0, 5), "a strip of one day is full");
    }

    #[test]
    fn a_strip_ends_soon_from_two_days_before_its_last_pass_ends() {
        let held = [day(0), day(3), day(1)];
        let last = day(3);
        assert!(!ends_soon(&held, last - 2 * DAY - 1) && ends_soon(&held, last - 2 * DAY));
        assert!(ends_soon(&held, last + 1) && ends_soon(&[], TODAY));
    }

    proptest! {
        #[test]
        fn filling_gaps_ends_with_a_whole_strip(
            ahead in 0u64..=14,
            batch in 1usize..40,
            mut held in proptest::collection::vec((-3i64..20).prop_map(day), 0..20),
        ) {
            for _ in 0..=ahead {
                let Some(gap) = gap(&held, TODAY, ahead, batch) else { break };
                prop_assert!(gap.len() <= batch);
                prop_assert!(!held.contains(&gap[0]));
                prop_assert!(gap.windows(2).all(|pair| pair[1] == pair[0] + DAY));
                prop_assert!(gap[0] >= TODAY && gap.iter().all(|day| *day <= TODAY + ahead * DAY));
                held.extend(gap);
            }
            prop_assert!((0..=ahead).all(|ahead| held.contains(&(TODAY + ahead * DAY))));
            prop_assert!(gap(&held, TODAY, ahead, batch).is_none());
            prop_assert!(!runs_low(&held, TODAY, ahead, 5));
        }
    }
}
