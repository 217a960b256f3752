//! Which days' status lists a venue needs.

use szid_protocol::day::{DAY, end_of_day};
use szid_protocol::verify::MAX_AGE;

/// The ends of the days whose status lists count now or soon, Unix seconds: today, yesterday while its last
/// codes are good, tomorrow. In this order, for whoever has not got room for all lists.
pub fn status_days(now: u64) -> Vec<u64> {
    let today = end_of_day(now);
    let mut days = vec![today, end_of_day(now.saturating_sub(MAX_AGE))];
    days.dedup();
    days.push(today + DAY);
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yesterday_counts_for_as_long_as_its_codes_do() {
        let midnight = end_of_day(1_800_000_000);
        assert_eq!(status_days(midnight - 1), [midnight, midnight + DAY]);
        let next = end_of_day(midnight + 1);
        assert_eq!(status_days(midnight + 1), [next, midnight, next + DAY]);
        assert_eq!(status_days(midnight + MAX_AGE + 1), [next, next + DAY]);
    }
}
