//! The corrected time: the last signed server time, carried on by a clock that the holder cannot set.

use crate::ports::Reading;
use crate::records::Anchor;

/// The best guess of the true time, Unix seconds. Within one boot the monotonic clock carries the signed time on; after a
/// restart the wall clock does, with the offset it had when the time was last signed.
pub(crate) fn corrected(anchor: Option<&Anchor>, now: Reading) -> u64 {
    match anchor {
        None => now.wall,
        Some(anchor) if anchor.boot == now.boot && anchor.monotonic <= now.monotonic => {
            anchor.server + (now.monotonic - anchor.monotonic)
        }
        Some(anchor) => {
            let offset = i128::from(anchor.server) - i128::from(anchor.wall);
            let wall = u64::try_from(i128::from(now.wall) + offset).unwrap_or(now.wall);
            // Time never goes back behind what was signed.
            wall.max(anchor.server)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ANCHOR: Anchor = Anchor { server: 1_000_000, wall: 999_000, monotonic: 50, boot: 1 };

    proptest! {
        #[test]
        fn within_a_boot_the_wall_clock_does_not_matter(wall: u64, elapsed in 0u64..1_000_000) {
            let now = Reading { wall, monotonic: 50 + elapsed, boot: 1 };
            prop_assert_eq!(corrected(Some(&ANCHOR), now), 1_000_000 + elapsed);
        }

        #[test]
        fn after_a_restart_time_goes_on_with_the_known_offset_and_never_back(wall: u64) {
            let now = Reading { wall, monotonic: 1, boot: 2 };
            let time = corrected(Some(&ANCHOR), now);
            prop_assert!(time >= ANCHOR.server);
            if (999_000..u64::MAX - 1000).contains(&wall) {
                prop_assert_eq!(time, wall + 1000);
            }
        }
    }

    #[test]
    fn without_a_signed_time_the_wall_clock_has_to_do() {
        assert_eq!(corrected(None, Reading { wall: 7, monotonic: 1, boot: 1 }), 7);
    }
}
