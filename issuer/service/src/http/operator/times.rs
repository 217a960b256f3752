//! Days and times as people of the city write them: Asia/Shanghai.

use szid_protocol::day::{DAY, OFFSET, local_time};

use crate::identity::documents::is_date;

/// The first second of a day, from YYYY-MM-DD (civil date to days: Howard Hinnant's algorithm).
pub fn start_of(day: &str) -> Option<u64> {
    if !is_date(day) {
        return None;
    }
    let mut parts = day.split('-').map(|part| part.parse::<u64>().ok());
    let (year, month, date) = (parts.next()??, parts.next()??, parts.next()??);
    let year = year - u64::from(month <= 2);
    let (era, year_of_era) = (year / 400, year % 400);
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted_month + 2) / 5 + date - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era).checked_sub(719_468)?.checked_mul(DAY)?.checked_sub(OFFSET)
}

/// A time as RFC 3339 with Shanghai's offset.
pub(super) fn local(unix: u64) -> String {
    format!("{}+08:00", local_time(unix).replace(' ', "T"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times_are_shanghais() {
        assert_eq!(start_of("2026-01-16"), Some(1_768_492_800));
        assert_eq!(local(1_768_492_799), "2026-01-15T23:59:59+08:00");
        for day in ["2000-02-29", "2026-03-01", "2026-12-31", "2099-01-01"] {
            assert_eq!(local(start_of(day).unwrap()), format!("{day}T00:00:00+08:00"));
        }
        for wrong in ["", "2026-02-29", "2026-1-1", "1900-01-01", "20260101", "2026-01-01 "] {
            assert_eq!(start_of(wrong), None, "{wrong}");
        }
    }
}
