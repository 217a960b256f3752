//! Days and times as people of the city write them: Asia/Shanghai.

use szid_identity::documents::date;
use szid_protocol::day::{OFFSET, local_time};

/// The first second of a day, from YYYY-MM-DD.
pub fn start_of(day: &str) -> Option<u64> {
    let midnight = date(day)?.midnight().assume_utc().unix_timestamp();
    u64::try_from(midnight).ok()?.checked_sub(OFFSET)
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
