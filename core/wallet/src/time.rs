//! The corrected time: the last signed server time, carried on by a clock that the holder cannot set.

use serde::{Deserialize, Serialize};
use szid_protocol::verify::MAX_AHEAD;

use crate::ports::Reading;

/// The newest signed time, and what the clocks said then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Anchor {
    pub(crate) server: u64,
    pub(crate) wall: u64,
    pub(crate) monotonic: u64,
    pub(crate) boot: u64,
}

/// What the wallet's time rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeSource {
    /// Signed time, carried on by the monotonic clock.
    Signed,
    /// The device was restarted since: the wall clock, with the offset that it had when time was last signed.
    WallClockWithOffset,
    /// No signed time yet: the wall clock.
    WallClock,
}

/// A time and what it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CorrectedTime {
    pub(crate) seconds: u64,
    pub(crate) source: TimeSource,
}

impl Anchor {
    /// Ties a signed time to the middle of the time that asking for it took. `None` when the device restarted meanwhile.
    pub(crate) fn new(server: u64, asked: Reading, answered: Reading) -> Option<Self> {
        let took = answered.monotonic.checked_sub(asked.monotonic)?;
        (asked.boot == answered.boot).then_some(Self {
            server,
            wall: answered.wall.saturating_sub(took / 2),
            monotonic: asked.monotonic + took.div_ceil(2),
            boot: asked.boot,
        })
    }

    /// What the device's clocks said at the signed time.
    fn reading(&self) -> Reading {
        Reading { wall: self.wall, monotonic: self.monotonic, boot: self.boot }
    }

    /// True where the service's clock and the device's have gone on by the same time since an earlier anchor.
    pub(crate) fn goes_on(&self, earlier: &Self) -> bool {
        corrected(Some(earlier), self.reading()).seconds.abs_diff(self.server) <= TOLERANCE
    }
}

/// The best guess of the true time, Unix seconds. Within one boot the monotonic clock carries the signed time on; after a
/// restart the wall clock does, with the offset it had when the time was last signed.
pub(crate) fn corrected(anchor: Option<&Anchor>, now: Reading) -> CorrectedTime {
    match anchor {
        None => CorrectedTime { seconds: now.wall, source: TimeSource::WallClock },
        Some(anchor) if anchor.boot == now.boot && anchor.monotonic <= now.monotonic => {
            let elapsed = now.monotonic - anchor.monotonic;
            CorrectedTime {
                seconds: anchor.server.saturating_add(elapsed),
                source: TimeSource::Signed,
            }
        }
        Some(anchor) => {
            let offset = i128::from(anchor.server) - i128::from(anchor.wall);
            let wall = u64::try_from(i128::from(now.wall) + offset).unwrap_or(now.wall);
            // Time never goes back behind what was signed.
            let seconds = wall.max(anchor.server);
            CorrectedTime { seconds, source: TimeSource::WallClockWithOffset }
        }
    }
}

/// Seconds by which a signed time may be ahead before it is doubted: as much as verifiers bear.
const TOLERANCE: u64 = MAX_AHEAD;
/// How long the service must have said so before a doubtful time is taken, seconds. One whose clock is ahead for a while has
/// been set right by then.
const BELIEVED_AFTER: u64 = 600;

/// Whether a signed time that was just asked for is to be taken. One that lies ahead of the wallet's time and of the wall
/// clock is doubted until the service says it again, later: codes of a time that never was would be refused everywhere.
/// One that is behind is taken at once, and so is the first.
pub(crate) fn is_believed(fresh: &Anchor, held: Option<&Anchor>, doubted: Option<&Anchor>) -> bool {
    let Some(held) = held else { return true };
    let then = fresh.reading();
    let own = corrected(Some(held), then).seconds;
    if fresh.server <= own.max(then.wall).saturating_add(TOLERANCE) {
        return true;
    }
    doubted.is_some_and(|doubted| {
        fresh.goes_on(doubted) && fresh.server.saturating_sub(doubted.server) >= BELIEVED_AFTER
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ANCHOR: Anchor = Anchor { server: 1_000_000, wall: 999_000, monotonic: 50, boot: 1 };

    /// What can happen to a device between two looks at its clocks.
    #[derive(Clone, Debug)]
    enum Event {
        Passes(u32),
        WallClockSet(u32),
        Restart { down: u32 },
        SignedTime { answer_took: u8 },
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            (0u32..500_000).prop_map(Event::Passes),
            any::<u32>().prop_map(Event::WallClockSet),
            (0u32..500_000).prop_map(|down| Event::Restart { down }),
            (0u8..10).prop_map(|answer_took| Event::SignedTime { answer_took }),
        ]
    }

    proptest! {
        #[test]
        fn whatever_happens_signed_time_is_right_within_the_answers_delay(
            events in proptest::collection::vec(event(), 0..60),
        ) {
            let mut truth = 1_700_000_000u64;
            let mut reading = Reading { wall: 1_600_000_000, monotonic: 7, boot: 1 };
            let mut anchor = None::<Anchor>;
            let mut wall_was_set = true;
            let pass = |reading: &mut Reading, truth: &mut u64, seconds: u64| {
                *truth += seconds;
                reading.wall += seconds;
                reading.monotonic += seconds;
            };
            for event in events {
                match event {
                    Event::Passes(seconds) => pass(&mut reading, &mut truth, seconds.into()),
                    Event::WallClockSet(wall) => {
                        reading.wall = wall.into();
                        wall_was_set = true;
                    }
                    Event::Restart { down } => {
                        pass(&mut reading, &mut truth, down.into());
                        reading.boot += 1;
                        reading.monotonic = 0;
                    }
                    Event::SignedTime { answer_took } => {
                        let asked = reading;
                        let server = truth;
                        pass(&mut reading, &mut truth, answer_took.into());
                        anchor = Anchor::new(server, asked, reading);
                        wall_was_set = false;
                        prop_assert!(anchor.is_some());
                    }
                }
                let time = corrected(anchor.as_ref(), reading);
                match time.source {
                    TimeSource::WallClock => prop_assert!(anchor.is_none()),
                    TimeSource::Signed => prop_assert!(time.seconds.abs_diff(truth) <= 5),
                    TimeSource::WallClockWithOffset => {
                        prop_assert!(time.seconds >= anchor.map_or(0, |anchor| anchor.server));
                        prop_assert!(wall_was_set || time.seconds.abs_diff(truth) <= 5);
                    }
                }
            }
        }

        #[test]
        fn no_clock_values_overflow(server: u64, wall: u64, monotonic: u64, boot in 0u64..2, w: u64, m: u64) {
            let anchor = Anchor { server, wall, monotonic, boot };
            corrected(Some(&anchor), Reading { wall: w, monotonic: m, boot: 1 });
        }
    }

    #[test]
    fn within_a_boot_the_wall_clock_does_not_matter() {
        for wall in [0, 5, u64::MAX] {
            let time = corrected(Some(&ANCHOR), Reading { wall, monotonic: 60, boot: 1 });
            assert_eq!(time, CorrectedTime { seconds: 1_000_010, source: TimeSource::Signed });
        }
    }

    /// The service's time, and what the device's clocks say then, `elapsed` seconds after [`ANCHOR`].
    fn fresh(ahead: u64, elapsed: u64) -> Anchor {
        let Anchor { server, wall, monotonic, boot } = ANCHOR;
        let server = server + elapsed + ahead;
        Anchor { server, wall: wall + elapsed, monotonic: monotonic + elapsed, boot }
    }

    #[test]
    fn a_time_that_lies_ahead_is_doubted_until_it_is_said_again_later() {
        let hours = 8 * 3600;
        assert!(is_believed(&fresh(hours, 60), None, None), "the first is all there is");
        assert!(is_believed(&fresh(30, 60), Some(&ANCHOR), None));
        assert!(!is_believed(&fresh(31, 60), Some(&ANCHOR), None));
        let doubted = fresh(hours, 60);
        for (ahead, elapsed, believed) in
            [(hours, 659, false), (hours, 660, true), (hours + 31, 700, false), (0, 700, true)]
        {
            let answer = fresh(ahead, elapsed);
            let found = is_believed(&answer, Some(&ANCHOR), Some(&doubted));
            assert_eq!(found, believed, "{ahead} {elapsed}");
        }
    }

    #[test]
    fn a_time_that_the_wall_clock_agrees_with_is_taken() {
        // A monotonic clock that stood still while the device slept.
        let slept = Anchor { wall: ANCHOR.server + 3600, ..fresh(3600, 0) };
        assert!(is_believed(&slept, Some(&ANCHOR), None));
    }

    #[test]
    fn a_time_that_is_behind_is_taken_at_once() {
        let wrong = Anchor { server: ANCHOR.server + 8 * 3600, ..ANCHOR };
        assert!(is_believed(&fresh(0, 5), Some(&wrong), None));
    }

    #[test]
    fn a_restart_during_the_question_gives_no_anchor() {
        let asked = Reading { wall: 1, monotonic: 9, boot: 1 };
        assert_eq!(Anchor::new(5, asked, Reading { wall: 1, monotonic: 10, boot: 2 }), None);
        assert_eq!(Anchor::new(5, asked, Reading { wall: 1, monotonic: 8, boot: 1 }), None);
    }
}
