//! Days of the city: Asia/Shanghai, +08:00 all year. A day is named by the second at which it ends.

/// Seconds in a day.
pub const DAY: u64 = 86_400;
/// Seconds that Shanghai is ahead of UTC.
pub const OFFSET: u64 = 28_800;

/// The end (exclusive, Unix seconds) of the day that holds `unix`.
pub const fn end_of_day(unix: u64) -> u64 {
    ((unix.saturating_add(OFFSET)) / DAY).saturating_add(1).saturating_mul(DAY) - OFFSET
}

/// True when `unix` is the end of a day.
pub const fn is_end_of_day(unix: u64) -> bool {
    unix.wrapping_add(OFFSET).is_multiple_of(DAY)
}

/// The date in Shanghai as a number: 20260115 (days to civil date: Howard Hinnant's algorithm).
pub fn date_of(now: u64) -> u32 {
    let days = now.saturating_add(OFFSET) / DAY + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    u32::try_from(year * 10_000 + month * 100 + day).unwrap_or(u32::MAX)
}

/// Date and time of day in Shanghai as people write them: `2026-01-15 23:59:59`.
pub fn local_time(unix: u64) -> String {
    let (date, second) = (date_of(unix), unix.saturating_add(OFFSET) % DAY);
    let (year, month, day) = (date / 10_000, date / 100 % 100, date % 100);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_end_at_midnight_in_shanghai() {
        // 2026-01-15 12:00 +08:00 lies in the day that ends at 2026-01-16 00:00 +08:00.
        assert_eq!(end_of_day(1_768_449_600), 1_768_492_800);
        assert_eq!(end_of_day(1_768_492_799), 1_768_492_800);
        assert_eq!(end_of_day(1_768_492_800), 1_768_579_200);
        assert_eq!(date_of(1_768_492_800), 20_260_116);
        assert_eq!(local_time(1_768_492_799), "2026-01-15 23:59:59");
        assert_eq!(local_time(0), "1970-01-01 08:00:00");
        assert!(is_end_of_day(1_768_492_800) && !is_end_of_day(1_768_492_801));
    }
}
