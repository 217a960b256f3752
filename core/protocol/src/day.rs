//! Days of the city: Asia/Shanghai, +08:00 all year. A day is named by the second at which it ends.

use time::{OffsetDateTime, PrimitiveDateTime};

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

/// The date in Shanghai as a number: 20260115. After the year 9999 it is [`u32::MAX`].
pub fn date_of(unix: u64) -> u32 {
    in_shanghai(unix).map_or(u32::MAX, |local| {
        let (year, month, day) = local.to_calendar_date();
        year.unsigned_abs() * 10_000 + u32::from(u8::from(month)) * 100 + u32::from(day)
    })
}

/// Date and time of day in Shanghai as people write them: `2026-01-15 23:59:59`. After the year 9999 it is
/// the last second of that.
pub fn local_time(unix: u64) -> String {
    let local = in_shanghai(unix).unwrap_or(PrimitiveDateTime::MAX.assume_utc());
    let ((year, month, day), (hour, minute, second)) = (local.to_calendar_date(), local.to_hms());
    format!("{year:04}-{:02}-{day:02} {hour:02}:{minute:02}:{second:02}", u8::from(month))
}

/// What clocks in Shanghai show.
fn in_shanghai(unix: u64) -> Option<OffsetDateTime> {
    let seconds = i64::try_from(unix.checked_add(OFFSET)?).ok()?;
    OffsetDateTime::from_unix_timestamp(seconds).ok()
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
        assert_eq!(local_time(u64::MAX), "9999-12-31 23:59:59");
        assert_eq!(date_of(u64::MAX), u32::MAX);
        assert!(is_end_of_day(1_768_492_800) && !is_end_of_day(1_768_492_801));
    }
}
