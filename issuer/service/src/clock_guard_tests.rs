use proptest::prelude::*;

use super::*;

const NOW: u64 = 1_768_449_600;

fn at(wall: u64, monotonic: u64) -> Reading {
    Reading { wall, monotonic }
}

fn known(last: u64) -> Known {
    Known { last: Some(last), settled: None, signed: 0 }
}

/// The same for a service whose clock had agreed for long.
fn settled(last: u64) -> Known {
    Known { settled: Some(last), ..known(last) }
}

/// A guard that has checked its clock, 60 s after its start.
fn checked() -> ClockGuard {
    let mut guard = ClockGuard::start(at(NOW, 1_000), known(NOW - 10));
    assert_eq!(guard.look(at(NOW + 59, 1_059)), ClockState::Unchecked);
    assert_eq!(guard.look(at(NOW + 60, 1_060)), ClockState::Checked);
    guard
}

#[test]
fn clocks_that_agree_for_a_round_are_checked() {
    checked();
    let mut first = ClockGuard::start(at(NOW, 0), Known::default());
    assert_eq!(first.look(at(NOW + 60, 60)), ClockState::Checked, "a new register knows no time");
}

#[test]
fn a_step_is_measured_and_one_that_is_undone_waits_a_round() {
    for step in [31, 200, 8 * 3600, 92 * 86_400, -31, -86_400_i64] {
        let mut guard = checked();
        let stepped = at((NOW + 120).saturating_add_signed(step), 1_120);
        assert_eq!(guard.look(stepped), ClockState::Stepped(step));
        let later = at((NOW + 720).saturating_add_signed(step), 1_720);
        assert_eq!(guard.look(later), ClockState::Stepped(step), "time alone mends nothing");
        assert_eq!(guard.look(at(NOW + 780, 1_780)), ClockState::Unchecked, "it came back");
        assert_eq!(guard.look(at(NOW + 839, 1_839)), ClockState::Unchecked);
        assert_eq!(guard.look(at(NOW + 840, 1_840)), ClockState::Checked);
    }
    let mut guard = checked();
    assert_eq!(guard.look(at(NOW + 120 + 30, 1_120)), ClockState::Checked, "clocks may differ");
}

#[test]
fn an_operators_word_makes_the_stepped_clock_the_right_one() {
    let mut guard = checked();
    let ahead = NOW + 7200;
    assert_eq!(guard.look(at(ahead, 1_120)), ClockState::Stepped(7200 - 120));
    assert_eq!(guard.confirm(at(ahead, 1_120)), ClockState::Unchecked);
    assert_eq!(guard.look(at(ahead + 59, 1_179)), ClockState::Unchecked);
    assert_eq!(guard.look(at(ahead + 60, 1_180)), ClockState::Checked);
    assert!(matches!(guard.look(at(NOW + 240, 1_240)), ClockState::Stepped(..=-1)));
}

#[test]
fn a_start_must_be_plausible_and_is_looked_at_again() {
    let day = MAX_DOWNTIME;
    for (wall, step) in [
        (NOW - 31, Some(-31)),
        (NOW - 30, None),
        (NOW + day, None),
        (NOW + day + 1, Some((day + 1).cast_signed())),
    ] {
        let mut guard = ClockGuard::start(at(wall, 0), known(NOW));
        let expected = step.map_or(ClockState::Unchecked, ClockState::Stepped);
        assert_eq!(guard.state, expected, "{wall}");
        // Somebody sets it right, and it is checked like any other.
        if step.is_some() {
            assert_eq!(guard.look(at(NOW + 100, 90)), ClockState::Unchecked);
            assert_eq!(guard.look(at(NOW + 160, 150)), ClockState::Checked);
        }
    }
}

#[test]
fn a_signed_time_is_a_lower_bound_at_a_start() {
    let signed = Known { last: None, settled: None, signed: NOW };
    assert_eq!(ClockGuard::start(at(0, 0), signed).state, ClockState::Stepped(-(NOW as i64)));
    assert_eq!(ClockGuard::start(at(NOW, 0), signed).state, ClockState::Unchecked);
    let late = ClockGuard::start(at(NOW + 400 * 86_400, 0), signed);
    assert_eq!(late.state, ClockState::Unchecked, "a trust list may be old");
}

#[test]
fn how_late_it_is_at_least_goes_by_what_was_kept_and_by_a_clock_that_agreed_for_long() {
    // Away for eight hours, as far as this clock tells: for an hour what the register kept counts.
    let away = 8 * 3600;
    let mut guard = ClockGuard::start(at(NOW + away, 1_000), settled(NOW));
    for (elapsed, earliest) in
        [(0, NOW), (60, NOW + 60), (3599, NOW + 3599), (3600, NOW + away + 3600)]
    {
        let reading = at(NOW + away + elapsed, 1_000 + elapsed);
        guard.look(reading);
        assert_eq!(guard.earliest(reading), Some(earliest), "{elapsed}");
    }
    // A clock that is set back does not change it, nor does one that goes on from there.
    for elapsed in [3660, 90_000] {
        let behind = at(NOW + elapsed, 1_000 + elapsed);
        assert_eq!(guard.look(behind), ClockState::Stepped(-away.cast_signed()));
        assert_eq!(guard.earliest(behind), Some(NOW + away + elapsed));
    }
    let right = at(NOW + 90_000, 91_000);
    guard.confirm(right);
    assert_eq!(guard.earliest(right), Some(right.wall), "an operator's word gives it up");
}

#[test]
fn a_clock_that_was_only_checked_says_nothing_of_how_late_it_is() {
    let mut guard = ClockGuard::start(at(NOW, 0), known(NOW + 8 * 3600));
    assert_eq!(guard.state, ClockState::Stepped(-8 * 3600), "nothing is forgotten");
    assert_eq!(guard.earliest(at(NOW, 0)), None, "and nobody is refused");
    // The register kept a later time than it is: that is over once it is as late.
    let later = at(NOW + 8 * 3600, 8 * 3600);
    assert_eq!(guard.look(later), ClockState::Unchecked);
    assert_eq!(guard.earliest(later), None);
    guard.look(at(NOW + 9 * 3600, 9 * 3600));
    assert_eq!(guard.earliest(later), Some(NOW + 9 * 3600), "an hour later it is known");
}

#[test]
fn a_start_that_is_behind_what_is_known_never_catches_up_by_itself() {
    let mut guard = ClockGuard::start(at(NOW - 200, 0), settled(NOW));
    for elapsed in [60, 200, 300, 90_000] {
        let reading = at(NOW - 200 + elapsed, elapsed);
        assert_eq!(guard.look(reading), ClockState::Stepped(-200), "{elapsed}");
        assert_eq!(guard.earliest(reading), Some(NOW + elapsed));
    }
}

#[test]
fn an_implausible_start_needs_a_word_however_long_it_runs() {
    let wall = NOW + 3 * 86_400;
    let mut guard = ClockGuard::start(at(wall, 50), known(NOW));
    for elapsed in [60, 3600, 10 * 86_400] {
        let state = guard.look(at(wall + elapsed, 50 + elapsed));
        assert_eq!(state, ClockState::Stepped(3 * 86_400));
    }
    guard.confirm(at(wall, 50));
    assert_eq!(guard.look(at(wall + 60, 110)), ClockState::Checked);
}

#[test]
fn small_differences_of_many_days_never_add_up() {
    let mut guard = checked();
    let (mut wall, mut monotonic) = (NOW + 60, 1_060);
    for _ in 0..100 {
        // A second is put in every day.
        wall += 86_401;
        monotonic += 86_400;
        assert_eq!(guard.look(at(wall, monotonic)), ClockState::Checked);
    }
}

/// What happens between two looks.
#[derive(Clone, Debug)]
enum Event {
    Passes(u16),
    Set(i32),
    SetRight,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (0u16..900).prop_map(Event::Passes),
        1 => (-200_000i32..200_000).prop_map(Event::Set),
        1 => Just(Event::SetRight),
    ]
}

proptest! {
    /// What is forgotten has run out for a day: that must be longer than a checked clock can be wrong. At a
    /// start it can be wrong by a downtime that was none; while it runs, by what clocks may differ.
    #[test]
    fn a_checked_clock_is_never_further_ahead_than_what_is_kept(
        wrong_at_start in 0..2 * DAY,
        events in proptest::collection::vec(event(), 0..60),
    ) {
        let (mut truth, mut monotonic) = (NOW, 0u64);
        let mut ahead = wrong_at_start.cast_signed();
        let mut guard = ClockGuard::start(at(truth.saturating_add_signed(ahead), 0), settled(NOW));
        for event in events {
            match event {
                Event::Passes(seconds) => {
                    truth += u64::from(seconds);
                    monotonic += u64::from(seconds);
                }
                Event::Set(seconds) => ahead = seconds.into(),
                Event::SetRight => ahead = 0,
            }
            let state = guard.look(at(truth.saturating_add_signed(ahead), monotonic));
            if state == ClockState::Checked {
                let reading = at(truth.saturating_add_signed(ahead), monotonic);
                prop_assert!(guard.earliest(reading) <= Some(reading.wall), "it refuses itself");
                let most = (MAX_DOWNTIME + TOLERANCE).cast_signed();
                prop_assert!(ahead <= most, "{ahead} s ahead");
            }
        }
    }

    #[test]
    fn no_readings_overflow(readings in proptest::collection::vec((any::<u64>(), any::<u64>()), 1..8), last: Option<u64>, settled: Option<u64>, signed: u64) {
        let mut readings = readings.into_iter().map(|(wall, monotonic)| at(wall, monotonic));
        let first = readings.next().unwrap_or(at(0, 0));
        let mut guard = ClockGuard::start(first, Known { last, settled, signed });
        for reading in readings {
            guard.look(reading);
            guard.confirm(reading);
        }
    }
}

#[test]
fn a_clock_that_is_far_off_is_confirmed_by_whoever_names_by_how_much() {
    for step in [0, 31, 3600] {
        assert!(may_confirm(step, None), "{step}");
    }
    for step in [-31, -3600, 3601, i64::MIN, i64::MAX] {
        assert!(!may_confirm(step, None), "{step}");
        assert!(may_confirm(step, Some(step)), "{step}");
        assert!(!may_confirm(step, Some(0)) || step == -31, "{step}");
    }
    assert!(may_confirm(-3600, Some(-3660)) && !may_confirm(-3600, Some(-3661)));
    assert!(!may_confirm(-3600, Some(3600)));
}
