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
    /// The wall clock, which is all there is after a restart, reads earlier than when time was last signed.
    pub(crate) was_set_back: bool,
}

impl Anchor {
    /// Ties a signed time to the middle of the time that asking for it took. `None` when the device restarted
    /// meanwhile.
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

/// The best guess of the true time, Unix seconds. Within one boot the monotonic clock carries the signed time
/// on; after a restart the wall clock does, with the offset it had when the time was last signed.
pub(crate) fn corrected(anchor: Option<&Anchor>, now: Reading) -> CorrectedTime {
    match anchor {
        None => {
            CorrectedTime { seconds: now.wall, source: TimeSource::WallClock, was_set_back: false }
        }
        Some(anchor) if anchor.boot == now.boot && anchor.monotonic <= now.monotonic => {
            let elapsed = now.monotonic - anchor.monotonic;
            CorrectedTime {
                seconds: anchor.server.saturating_add(elapsed),
                source: TimeSource::Signed,
                was_set_back: false,
            }
        }
        Some(anchor) => {
            let wall = with_offset(anchor, now);
            CorrectedTime {
                // Time never goes back behind what was signed.
                seconds: wall.max(anchor.server),
                source: TimeSource::WallClockWithOffset,
                was_set_back: wall.saturating_add(TOLERANCE) < anchor.server,
            }
        }
    }
}

/// The wall clock, with the offset that it had when time was last signed.
fn with_offset(anchor: &Anchor, now: Reading) -> u64 {
    let offset = i128::from(anchor.server) - i128::from(anchor.wall);
    u64::try_from(i128::from(now.wall) + offset).unwrap_or(now.wall)
}

/// Seconds by which a signed time may be ahead before it is doubted: as much as verifiers bear.
const TOLERANCE: u64 = MAX_AHEAD;
/// How long the service must have said so before a doubtful time is taken, seconds. One whose clock is ahead
/// for a while has been set right by then.
const BELIEVED_AFTER: u64 = 600;

/// What a signed time that was just asked for is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Belief {
    /// It is taken.
    Taken,
    /// It is taken once another answer, a little later, says the same.
    AskAgain,
    /// The wallet goes on with its own time.
    Doubted,
}

/// What a signed time that was just asked for is worth. One that lies ahead of the wallet's time and of the
/// wall clock would make codes that are refused everywhere, if it never was; so would the wallet's own time,
/// if it stayed behind. What weighs more is what the wallet's own time rests on. Within a boot it is signed
/// time that nobody can have set: the service is doubted until it has said so for a while. After a restart it
/// is the wall clock, which anybody can have set, and how long the device was off nobody knows: two answers
/// that agree are taken, as far as the trust list reaches. One that is behind is doubted where both clocks of
/// this boot say so, signed time and wall clock: one of them alone may be what is wrong. The first is taken
/// at once.
pub(crate) fn judge(
    fresh: &Anchor,
    held: Option<&Anchor>,
    doubted: Option<&Anchor>,
    list_ends: u64,
) -> Belief {
    let Some(held) = held else { return Belief::Taken };
    let then = fresh.reading();
    let own = corrected(Some(held), then);
    let latest = own.seconds.max(then.wall).max(with_offset(held, then));
    let is_ahead = fresh.server > latest.saturating_add(TOLERANCE);
    let earliest = own.seconds.min(then.wall);
    let is_behind =
        own.source == TimeSource::Signed && fresh.server.saturating_add(TOLERANCE) < earliest;
    if !is_ahead && !is_behind {
        return Belief::Taken;
    }
    let said_before = doubted.filter(|doubted| fresh.goes_on(doubted));
    let said_for = said_before.map(|doubted| fresh.server.saturating_sub(doubted.server));
    match (said_for, own.source) {
        (Some(seconds), _) if seconds >= BELIEVED_AFTER => Belief::Taken,
        (_, TimeSource::Signed) => Belief::Doubted,
        _ if fresh.server >= list_ends => Belief::Doubted,
        (Some(_), _) => Belief::Taken,
        (None, _) => Belief::AskAgain,
    }
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
            assert_eq!((time.seconds, time.source), (1_000_010, TimeSource::Signed));
        }
    }

    /// The service's time, and what the device's clocks say then, `elapsed` seconds after [`ANCHOR`].
    fn fresh(ahead: u64, elapsed: u64) -> Anchor {
        let Anchor { server, wall, monotonic, boot } = ANCHOR;
        let server = server + elapsed + ahead;
        Anchor { server, wall: wall + elapsed, monotonic: monotonic + elapsed, boot }
    }

    /// A trust list that reaches as far as anybody needs.
    const FAR: u64 = u64::MAX;

    #[test]
    fn a_time_that_lies_ahead_is_doubted_until_it_is_said_again_later() {
        let hours = 8 * 3600;
        let first = judge(&fresh(hours, 60), None, None, FAR);
        assert_eq!(first, Belief::Taken, "the first is all there is");
        assert_eq!(judge(&fresh(30, 60), Some(&ANCHOR), None, FAR), Belief::Taken);
        assert_eq!(judge(&fresh(31, 60), Some(&ANCHOR), None, FAR), Belief::Doubted);
        let doubted = fresh(hours, 60);
        for (ahead, elapsed, expected) in [
            (hours, 659, Belief::Doubted),
            (hours, 660, Belief::Taken),
            (hours + 31, 700, Belief::Doubted),
            (0, 700, Belief::Taken),
        ] {
            let found = judge(&fresh(ahead, elapsed), Some(&ANCHOR), Some(&doubted), FAR);
            assert_eq!(found, expected, "{ahead} {elapsed}");
        }
    }

    #[test]
    fn after_a_restart_a_time_that_lies_ahead_is_taken_when_it_was_said_twice() {
        let after = |ahead, elapsed| Anchor { boot: 2, ..fresh(ahead, elapsed) };
        let (hours, held) = (8 * 3600, Some(&ANCHOR));
        let said = after(hours, 60);
        assert_eq!(judge(&after(30, 60), held, None, FAR), Belief::Taken);
        assert_eq!(judge(&said, held, None, FAR), Belief::AskAgain);
        for (ahead, expected) in [(hours, Belief::Taken), (hours + 31, Belief::AskAgain)] {
            assert_eq!(judge(&after(ahead, 62), held, Some(&said), FAR), expected, "{ahead}");
        }
        // The list that came with it is over by then: nobody made it for that time.
        for (ends, expected) in [(said.server, Belief::Doubted), (said.server + 3, Belief::Taken)] {
            assert_eq!(judge(&after(hours, 62), held, Some(&said), ends), expected, "{ends}");
        }
        // Doubted before the restart: said again now, it was said twice.
        assert_eq!(judge(&said, held, Some(&fresh(hours, 30)), FAR), Belief::Taken);
    }

    #[test]
    fn a_time_that_the_wall_clock_agrees_with_is_taken() {
        // A monotonic clock that stood still while the device slept.
        let slept = Anchor { wall: ANCHOR.server + 3600, ..fresh(3600, 0) };
        assert_eq!(judge(&slept, Some(&ANCHOR), None, FAR), Belief::Taken);
        // The same where the wall clock is wrong, by as much as it was.
        let slept = Anchor { wall: ANCHOR.wall + 3600, ..fresh(3600, 0) };
        assert_eq!(judge(&slept, Some(&ANCHOR), None, FAR), Belief::Taken);
    }

    #[test]
    fn a_time_that_is_behind_is_taken_where_the_wall_clock_agrees_and_else_doubted_for_a_while() {
        let wrong = Anchor { server: ANCHOR.server + 8 * 3600, ..ANCHOR };
        assert_eq!(judge(&fresh(0, 5), Some(&wrong), None, FAR), Belief::Taken);
        let behind = |seconds: u64, passed| {
            let fresh = fresh(0, passed);
            Anchor { server: fresh.server - seconds, wall: fresh.server, ..fresh }
        };
        assert_eq!(judge(&behind(20, 5), Some(&ANCHOR), None, FAR), Belief::Taken);
        let (first, later) = (behind(3600, 5), behind(3600, 5 + BELIEVED_AFTER));
        assert_eq!(judge(&first, Some(&ANCHOR), None, FAR), Belief::Doubted);
        assert_eq!(judge(&later, Some(&ANCHOR), Some(&first), FAR), Belief::Taken);
    }

    #[test]
    fn a_restart_during_the_question_gives_no_anchor() {
        let asked = Reading { wall: 1, monotonic: 9, boot: 1 };
        assert_eq!(Anchor::new(5, asked, Reading { wall: 1, monotonic: 10, boot: 2 }), None);
        assert_eq!(Anchor::new(5, asked, Reading { wall: 1, monotonic: 8, boot: 1 }), None);
    }
}
