//! Short numbers: codes that wait under nine digits until a desk types them. They live in memory and as long
//! as the code does.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use szid_protocol::number::{COUNT, ShortNumber};
use szid_register::PersonId;
use szid_register::entropy::{Entropy, EntropyError, make_random};

use crate::shared::{Bounds, Mail, Mailbox, OwnerFull, Refused};

/// How long a number is good. All times here are of the clock that nobody can set: a wall clock that
/// is set to and fro makes no number old, and gives nobody new guesses.
pub(crate) const NUMBER_SECONDS: u64 = 60;
/// Numbers that are good at once: one guess in 10,000 finds one then, and the guess budget rests on it.
const MAX_NUMBERS: usize = 10_000;
/// A new number ends the person's one before.
const MAX_NUMBERS_PER_PERSON: usize = 1;
/// Numbers that are not there, in an hour.
const MAX_MISSES_PER_DEVICE: u32 = 10;
const MAX_MISSES_PER_VENUE: u32 = 50;
const HOUR_SECONDS: u64 = 3600;
/// Draws before it is given up. At most one in 10,000 is taken, and one in 40 is no number.
const MAX_DRAWS: usize = 16;

/// Wrong numbers of this hour, by venue, and by venue and device.
#[derive(Default)]
struct Misses {
    counts: HashMap<String, u32>,
    hour: u64,
}

/// Where wallets leave codes and desks fetch them.
pub(crate) struct NumberDesk {
    codes: Mailbox<ShortNumber, PersonId, String, u64>,
    misses: Mutex<Misses>,
}

impl Default for NumberDesk {
    fn default() -> Self {
        let bounds = Bounds {
            total: MAX_NUMBERS,
            per_owner: MAX_NUMBERS_PER_PERSON,
            when_owner_is_full: OwnerFull::EndOldest,
        };
        Self { codes: Mailbox::new(bounds), misses: Mutex::default() }
    }
}

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
    /// Keeps a code under a new number; the person's number before is gone.
    pub(crate) fn leave(
        &self,
        person: PersonId,
        code: String,
        now: u64,
        entropy: &dyn Entropy,
    ) -> Result<ShortNumber, DeskFault> {
        for _ in 0..MAX_DRAWS {
            let Some(number) = draw(entropy)? else { continue };
            let value = code.clone();
            let mail = Mail { key: number, owner: person, value, until: now + NUMBER_SECONDS };
            match self.codes.put(mail, now) {
                Ok(()) => return Ok(number),
                Err(Refused::KeyTaken) => {}
                Err(Refused::OwnerFull | Refused::Full | Refused::Closed) => break,
            }
        }
        Err(DeskFault::Full)
    }

    /// Takes the code out. A wrong number counts against the device and its venue.
    pub(crate) fn take(&self, number: ShortNumber, venue: &str, device: &str, now: u64) -> Lookup {
        // Locked until the guess is counted: guesses at the same moment all count.
        let mut misses = self.misses.lock().unwrap_or_else(PoisonError::into_inner);
        if now / HOUR_SECONDS > misses.hour {
            misses.hour = now / HOUR_SECONDS;
            misses.counts.clear();
        }
        // A slash stands in no venue's id.
        let of_device = format!("{venue}/{device}");
        let count = |name: &str| misses.counts.get(name).copied().unwrap_or_default();
        if count(venue) >= MAX_MISSES_PER_VENUE || count(&of_device) >= MAX_MISSES_PER_DEVICE {
            return Lookup::TooMany;
        }
        match self.codes.take(&number, now) {
            Some(code) => Lookup::Code(code),
            None => {
                *misses.counts.entry(venue.to_owned()).or_default() += 1;
                *misses.counts.entry(of_device).or_default() += 1;
                Lookup::Unknown
            }
        }
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
        assert_eq!(desk.codes.count(), 0);
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
            desk.take(good, "library", "desk-0", NOW - HOUR_SECONDS),
            Lookup::TooMany,
            "no later hour"
        );
        assert_eq!(desk.take(wrong, "library", "desk-0", NOW + HOUR_SECONDS), Lookup::Unknown);
    }

    #[test]
    fn what_waits_is_bounded_and_old_numbers_make_way() {
        let desk = NumberDesk::default();
        for of in 0..u16::try_from(MAX_NUMBERS).unwrap() {
            leave(&desk, of, NOW).unwrap();
        }
        assert_eq!(leave(&desk, u16::MAX, NOW + 59), Err(DeskFault::Full));
        assert!(leave(&desk, 3, NOW + 59).is_ok(), "in the place of the own one");
        assert!(leave(&desk, u16::MAX, NOW + 60).is_ok());
        assert_eq!(desk.codes.count(), 2);
    }
}
