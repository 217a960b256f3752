//! Short numbers: codes that wait under nine digits until a desk types them. They live in memory and as long
//! as the code does.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use szid_protocol::number::{COUNT, ShortNumber};
use szid_register::PersonId;
use szid_register::entropy::{Entropy, EntropyError, make_random};

/// How long a number is good, seconds. All times here are of the clock that nobody can set: a wall clock that
/// is set to and fro makes no number old, and gives nobody new guesses.
pub(crate) const SECONDS: u64 = 60;
/// Numbers that are good at once: one guess in 10,000 finds one then, and the guess budget rests on it.
const MOST: usize = 10_000;
/// Numbers that are not there, in an hour.
const MISSES_OF_DEVICE: u32 = 10;
const MISSES_OF_VENUE: u32 = 50;
const HOUR: u64 = 3600;
/// Draws before it is given up. At most one in 10,000 is taken, and one in 40 is no number.
const DRAWS: usize = 16;

struct Waiting {
    person: PersonId,
    code: String,
    until: u64,
}

#[derive(Default)]
struct State {
    waiting: HashMap<ShortNumber, Waiting>,
    of_person: HashMap<PersonId, ShortNumber>,
    /// Wrong numbers of this hour, by venue, and by venue and device.
    misses: HashMap<String, u32>,
    hour: u64,
}

/// Where wallets leave codes and desks fetch them.
#[derive(Default)]
pub(crate) struct NumberDesk(Mutex<State>);

/// Why the desk gives no number out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeskFault {
    /// As many as can be are good now.
    Full,
    /// No randomness.
    Entropy,
}

impl From<EntropyError> for DeskFault {
    fn from(_: EntropyError) -> Self {
        Self::Entropy
    }
}

/// What became of a typed number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// The code; its number is gone now.
    Code(String),
    /// There is no such number.
    Unknown,
    /// Too many were wrong in this hour.
    TooMany,
}

impl NumberDesk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a code under a new number; the person's number before is gone.
    pub(crate) fn leave(
        &self,
        person: PersonId,
        code: String,
        now: u64,
        entropy: &dyn Entropy,
    ) -> Result<ShortNumber, DeskFault> {
        let mut state = self.state();
        state.forget(person);
        if state.waiting.len() >= MOST {
            state.forget_old(now);
        }
        if state.waiting.len() >= MOST {
            return Err(DeskFault::Full);
        }
        for _ in 0..DRAWS {
            let drawn = draw(entropy)?;
            if let Some(number) = drawn.filter(|number| !state.waiting.contains_key(number)) {
                state.waiting.insert(number, Waiting { person, code, until: now + SECONDS });
                state.of_person.insert(person, number);
                return Ok(number);
            }
        }
        Err(DeskFault::Full)
    }

    /// Takes the code out. A wrong number counts against the device and its venue.
    pub(crate) fn take(&self, number: ShortNumber, venue: &str, device: &str, now: u64) -> Lookup {
        let mut state = self.state();
        if now / HOUR > state.hour {
            state.hour = now / HOUR;
            state.misses.clear();
        }
        // A slash stands in no venue's id.
        let of_device = format!("{venue}/{device}");
        let misses = |name: &str| state.misses.get(name).copied().unwrap_or_default();
        if misses(venue) >= MISSES_OF_VENUE || misses(&of_device) >= MISSES_OF_DEVICE {
            return Lookup::TooMany;
        }
        let found = state.waiting.remove(&number);
        if let Some(waiting) = &found {
            state.of_person.remove(&waiting.person);
        }
        match found.filter(|waiting| now < waiting.until) {
            Some(waiting) => Lookup::Code(waiting.code),
            None => {
                *state.misses.entry(venue.to_owned()).or_default() += 1;
                *state.misses.entry(of_device).or_default() += 1;
                Lookup::Unknown
            }
        }
    }
}

impl State {
    fn forget(&mut self, person: PersonId) {
        if let Some(number) = self.of_person.remove(&person) {
            self.waiting.remove(&number);
        }
    }

    fn forget_old(&mut self, now: u64) {
        self.waiting.retain(|_, waiting| now < waiting.until);
        let waiting = &self.waiting;
        self.of_person.retain(|_, number| waiting.contains_key(number));
    }
}

/// A number, each as likely as the others, or `None` for a draw that is none.
fn draw(entropy: &dyn Entropy) -> Result<Option<ShortNumber>, EntropyError> {
    let drawn = u32::from_be_bytes(make_random(entropy)?);
    // Draws of the last, incomplete round would make some numbers likelier.
    let whole = u32::MAX - u32::MAX % COUNT;
    Ok(if drawn < whole { ShortNumber::new(drawn % COUNT) } else { None })
}

#[cfg(test)]
mod tests {
    use szid_register::entropy::SystemEntropy;

    use super::*;

    const NOW: u64 = 1_768_449_600;

    fn person(number: u16) -> PersonId {
        let mut id = [0; 16];
        id[..2].copy_from_slice(&number.to_be_bytes());
        PersonId(id)
    }

    fn leave(desk: &NumberDesk, of: u16, now: u64) -> Result<ShortNumber, DeskFault> {
        desk.leave(person(of), format!("code {of}"), now, &SystemEntropy)
    }

    #[test]
    fn a_number_is_good_once_and_for_a_minute() {
        let desk = NumberDesk::default();
        let take = |number, now| desk.take(number, "library", "desk", now);
        let number = leave(&desk, 1, NOW).unwrap();
        assert_eq!(take(number, NOW + 59), Lookup::Code("code 1".into()));
        assert_eq!(take(number, NOW + 59), Lookup::Unknown);
        let late = leave(&desk, 1, NOW).unwrap();
        assert_eq!(take(late, NOW + 60), Lookup::Unknown);
        // A new number ends the one before, and only that.
        let (first, other) = (leave(&desk, 1, NOW).unwrap(), leave(&desk, 2, NOW).unwrap());
        let second = leave(&desk, 1, NOW).unwrap();
        assert_eq!(take(first, NOW), Lookup::Unknown);
        assert_eq!(take(second, NOW), Lookup::Code("code 1".into()));
        assert_eq!(take(other, NOW), Lookup::Code("code 2".into()));
        let state = desk.state();
        assert!(state.waiting.is_empty() && state.of_person.is_empty());
    }

    #[test]
    fn wrong_numbers_are_counted_for_device_and_venue() {
        let desk = NumberDesk::default();
        let wrong = ShortNumber::new(1).unwrap();
        let good = leave(&desk, 1, NOW).unwrap();
        let take = |number, venue: &str, device: u32| {
            desk.take(number, venue, &format!("desk-{device}"), NOW)
        };
        for _ in 0..10 {
            assert_eq!(take(wrong, "library", 0), Lookup::Unknown);
        }
        // Even the right one, from here on; the number stays for a desk that behaves.
        assert_eq!(take(good, "library", 0), Lookup::TooMany);
        for device in 1..5 {
            for _ in 0..10 {
                assert_eq!(take(wrong, "library", device), Lookup::Unknown);
            }
        }
        assert_eq!(take(good, "library", 5), Lookup::TooMany, "the venue's budget is used up");
        assert_eq!(take(good, "hospital", 0), Lookup::Code("code 1".into()));
        assert_eq!(
            desk.take(good, "library", "desk-0", NOW - HOUR),
            Lookup::TooMany,
            "no later hour"
        );
        assert_eq!(desk.take(wrong, "library", "desk-0", NOW + HOUR), Lookup::Unknown);
    }

    #[test]
    fn what_waits_is_bounded_and_old_numbers_make_way() {
        let desk = NumberDesk::default();
        for of in 0..u16::try_from(MOST).unwrap() {
            leave(&desk, of, NOW).unwrap();
        }
        assert_eq!(leave(&desk, u16::MAX, NOW + 59), Err(DeskFault::Full));
        assert!(leave(&desk, 3, NOW + 59).is_ok(), "in the place of the own one");
        assert!(leave(&desk, u16::MAX, NOW + 60).is_ok());
        assert_eq!(desk.state().waiting.len(), 2);
        assert_eq!(desk.state().of_person.len(), 2);
    }
}
