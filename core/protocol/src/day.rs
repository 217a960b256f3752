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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_end_at_midnight_in_shanghai() {
        // 2026-01-15 12:00 +08:00 lies in the day that ends at 2026-01-16 00:00 +08:00.
        assert_eq!(end_of_day(1_768_449_600), 1_768_492_800);
        assert_eq!(end_of_day(1_768_492_799), 1_768_492_800);
        assert_eq!(end_of_day(1_768_492_800), 1_768_579_200);
        assert!(is_end_of_day(1_768_492_800) && !is_end_of_day(1_768_492_801));
    }
}
