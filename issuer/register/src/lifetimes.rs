//! How long what is given out and asked for is good.

use szid_protocol::day::DAY;
use szid_protocol::verify::MAX_AHEAD;

/// How long an act waits for its second person, seconds.
pub const REQUEST_SECONDS: u64 = DAY;
/// How long an administrator whom another one alone withdrew may withdraw that one, seconds: as long as
/// requests wait.
pub const CONTEST_SECONDS: u64 = REQUEST_SECONDS;
/// How long an offer is good, seconds: for as long as somebody stands at the counter.
pub const OFFER_SECONDS: u64 = 600;
/// How long an access token is good, seconds.
pub const ACCESS_SECONDS: u64 = 600;
/// How long a device has no other keys than those that its token alone got before they give its word,
/// seconds: as long as a strip reaches, since a phone that has another key uses it within that time.
pub const UNPROVEN_SECONDS: u64 = 14 * DAY;

/// Whether what runs out then, and lasts for `lifetime` seconds, is good now. What runs out later than that
/// was made under a clock that was ahead: it is not good for longer than its kind may be.
pub(crate) fn is_good(expires_at: u64, lifetime: u64, now: u64) -> bool {
    now < expires_at && expires_at - now <= lifetime.saturating_add(MAX_AHEAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_longer_than_its_kind_is_not_good() {
        for (expires_at, good) in [
            (0, false),
            (1000, false),
            (1001, true),
            (1630, true),
            (1631, false),
            (u64::MAX, false),
        ] {
            assert_eq!(is_good(expires_at, 600, 1000), good, "{expires_at}");
        }
        assert!(is_good(u64::MAX, u64::MAX, 0), "nothing overflows");
    }
}
