//! Age in full years on a day in Shenzhen.

use szid_protocol::day::date_of;

/// Full years on the day of `now`. A year is full on the birthday itself; who was born on 29 February has it
/// on 1 March of a common year. `None` for a birth date that is none or lies ahead.
pub(super) fn age_on(birth_date: &str, now: u64) -> Option<u8> {
    let mut parts = birth_date.splitn(3, '-').map(|part| part.parse::<u32>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let today = date_of(now);
    let before_birthday = today % 10_000 < month * 100 + day;
    let years = (today / 10_000).checked_sub(year)?.checked_sub(u32::from(before_birthday))?;
    u8::try_from(years).ok()
}

#[cfg(test)]
mod tests {
    use szid_protocol::day::DAY;

    use super::*;

    /// 2026-01-15 00:00 in Shenzhen.
    const MIDNIGHT: u64 = 1_768_406_400;

    #[test]
    fn a_year_is_full_at_midnight_of_the_birthday() {
        for (born, age) in [("2012-01-15", 14), ("1961-01-15", 65), ("1966-01-15", 60)] {
            assert_eq!(age_on(born, MIDNIGHT - 1), Some(age - 1), "{born}");
            assert_eq!(age_on(born, MIDNIGHT), Some(age), "{born}");
            assert_eq!(age_on(born, MIDNIGHT + DAY), Some(age), "{born}");
        }
        // 2026-02-28 and 2026-03-01.
        assert_eq!(age_on("2000-02-29", MIDNIGHT + 44 * DAY), Some(25));
        assert_eq!(age_on("2000-02-29", MIDNIGHT + 45 * DAY), Some(26));
        for bad in ["2027-01-01", "2000", "", "2000-xx-01"] {
            assert_eq!(age_on(bad, MIDNIGHT), None, "{bad}");
        }
    }
}
