//! The newest time that anyone trusted has signed: a clock that reads less is behind. And what is to be
//! believed where this clock and signed times contradict each other (docs/adr/0016-checked-time.md).

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use szid_protocol::verify::MAX_AHEAD;

use super::kept::KeptDocument;
use super::{CacheStore, lock};
use crate::error::VerifierError;

const NAME: &str = "signed-time";
/// How long the service must have said that it is later than here, before it is believed, seconds. A service
/// whose clock is ahead for a while is not.
const BELIEVED_AFTER: u64 = 600;
/// How long it must have said that it is as late as here, before what lies ahead of both is given up,
/// seconds.
const GIVEN_UP_AFTER: u64 = 30;

/// What a time that the service signed for this verifier's own question came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It fits this clock and what is held.
    Agrees,
    /// It contradicts this clock, or what is held, and is not believed until it was repeated for long enough.
    Waits,
    /// It was: this clock is behind, and documents of the service's time are taken.
    Believed,
    /// It was: what lay ahead of both clocks was wrong, and counts no more.
    GivenUp,
}

/// What the service contradicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Contradiction {
    /// This clock.
    Clock,
    /// What is held: it lies ahead of this clock and the service's.
    Held,
}

/// The first of several answers that say the same.
#[derive(Clone, Copy)]
struct Hearing {
    against: Contradiction,
    signed: u64,
    now: u64,
}

impl Hearing {
    /// Both clocks have gone on by the same time since.
    fn goes_on(&self, signed: u64, now: u64) -> bool {
        match (signed.checked_sub(self.signed), now.checked_sub(self.now)) {
            (Some(there), Some(here)) => there.abs_diff(here) <= MAX_AHEAD,
            _ => false,
        }
    }
}

/// The newest time of issue over all documents ever accepted. It never goes back, across starts either,
/// unless the service itself contradicts it.
pub struct SignedTime {
    newest: AtomicU64,
    /// The newest time of the service that was believed against this clock.
    believed: AtomicU64,
    /// Whether a document was refused since the service was last asked for the time.
    refused: AtomicBool,
    hearing: Mutex<Option<Hearing>>,
    store: Option<Arc<dyn CacheStore>>,
    saving: Mutex<()>,
}

impl SignedTime {
    /// Opens it, with what the store kept.
    ///
    /// # Errors
    /// [`VerifierError::Read`] or [`VerifierError::CacheDamaged`].
    pub fn open(store: Option<Arc<dyn CacheStore>>) -> Result<Self, VerifierError> {
        let kept = match &store {
            Some(store) => KeptDocument::load(NAME, store.as_ref())?,
            None => None,
        };
        let newest = AtomicU64::new(kept.map_or(0, |record| record.mark));
        let (believed, refused) = (AtomicU64::new(0), AtomicBool::new(false));
        let (hearing, saving) = (Mutex::default(), Mutex::default());
        Ok(Self { newest, believed, refused, hearing, store, saving })
    }

    /// The newest signed time, Unix seconds, 0 for none.
    pub fn newest(&self) -> u64 {
        self.newest.load(Ordering::Acquire)
    }

    /// Notes the time of a document that was accepted.
    ///
    /// # Errors
    /// [`VerifierError::Write`]: it counts, but a restart would forget it.
    pub fn note(&self, signed: u64) -> Result<(), VerifierError> {
        if self.newest.fetch_max(signed, Ordering::AcqRel) >= signed {
            return Ok(());
        }
        self.save()
    }

    /// Refuses a document that lies ahead of this clock, unless the service's time was believed against it.
    ///
    /// # Errors
    /// [`VerifierError::Ahead`].
    pub(crate) fn check_issued(&self, issued_at: u64, now: u64) -> Result<(), VerifierError> {
        let latest = now.max(self.believed.load(Ordering::Acquire));
        if !is_ahead(issued_at, latest) {
            return Ok(());
        }
        self.refused.store(true, Ordering::Release);
        Err(VerifierError::Ahead(issued_at.saturating_sub(now)))
    }

    /// True while something contradicts this clock, so that the service should be asked for the time.
    pub(crate) fn is_in_doubt(&self, now: u64) -> bool {
        is_ahead(self.newest(), now)
            || self.refused.load(Ordering::Acquire)
            || lock(&self.hearing).is_some()
    }

    /// Hears a time that the service has just signed for a question of this verifier; `held_ahead` where
    /// something that is held lies ahead of this clock.
    pub(crate) fn hear(
        &self,
        signed: u64,
        now: u64,
        held_ahead: bool,
    ) -> Result<Heard, VerifierError> {
        self.refused.store(false, Ordering::Release);
        let mut hearing = lock(&self.hearing);
        let against = if is_ahead(signed, now) {
            Contradiction::Clock
        } else if (held_ahead || is_ahead(self.newest(), now)) && !is_ahead(now, signed) {
            Contradiction::Held
        } else {
            *hearing = None;
            return Ok(Heard::Agrees);
        };
        let known = hearing.filter(|first| first.against == against && first.goes_on(signed, now));
        let first = *hearing.insert(known.unwrap_or(Hearing { against, signed, now }));
        let repeated_for = signed - first.signed;
        match against {
            Contradiction::Clock if repeated_for >= BELIEVED_AFTER => {
                self.believed.fetch_max(signed, Ordering::AcqRel);
                self.note(signed)?;
                Ok(Heard::Believed)
            }
            Contradiction::Held if repeated_for >= GIVEN_UP_AFTER => {
                *hearing = None;
                self.believed.store(0, Ordering::Release);
                self.newest.store(signed, Ordering::Release);
                self.save()?;
                Ok(Heard::GivenUp)
            }
            _ => Ok(Heard::Waits),
        }
    }

    fn save(&self) -> Result<(), VerifierError> {
        let Some(store) = &self.store else { return Ok(()) };
        // In turn, so that a slower writer cannot keep an older time over a newer one.
        let _turn = lock(&self.saving);
        let record = KeptDocument::new(self.newest(), &[]);
        record.save(NAME, store.as_ref())
    }
}

/// True for a time that lies ahead of another by more than verifiers bear.
pub(super) fn is_ahead(time: u64, now: u64) -> bool {
    time > now.saturating_add(MAX_AHEAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_768_449_600;
    const AHEAD: u64 = 8 * 3600;

    fn memory() -> SignedTime {
        SignedTime::open(None).unwrap()
    }

    fn hear(time: &SignedTime, signed: u64, now: u64) -> Heard {
        time.hear(signed, now, false).unwrap()
    }

    #[test]
    fn a_service_that_is_later_is_believed_once_it_has_said_so_for_long_enough() {
        let time = memory();
        assert_eq!(time.check_issued(NOW + 31, NOW).unwrap_err().code(), "VERIFIER_DOCUMENT_AHEAD");
        assert!(time.is_in_doubt(NOW));
        for after in [0, 60, 599] {
            assert_eq!(hear(&time, NOW + AHEAD + after, NOW + after), Heard::Waits);
            assert!(time.check_issued(NOW + AHEAD, NOW + after).is_err());
        }
        assert_eq!(hear(&time, NOW + AHEAD + 600, NOW + 600), Heard::Believed);
        assert_eq!(time.newest(), NOW + AHEAD + 600);
        time.check_issued(NOW + AHEAD + 620, NOW + 620).unwrap();
        assert!(time.check_issued(NOW + 2 * AHEAD, NOW + 620).is_err());
    }

    #[test]
    fn a_service_that_was_ahead_for_a_while_is_not_believed() {
        let time = memory();
        assert_eq!(hear(&time, NOW + AHEAD, NOW), Heard::Waits);
        assert_eq!(hear(&time, NOW + 60, NOW + 60), Heard::Agrees);
        assert!(!time.is_in_doubt(NOW + 60));
        // What it said before counts for nothing.
        assert_eq!(hear(&time, NOW + AHEAD + 900, NOW + 900), Heard::Waits);
        assert_eq!(time.newest(), 0);
    }

    #[test]
    fn answers_that_jump_begin_anew() {
        let time = memory();
        assert_eq!(hear(&time, NOW + AHEAD, NOW), Heard::Waits);
        assert_eq!(hear(&time, NOW + 2 * AHEAD, NOW + 600), Heard::Waits);
        assert_eq!(hear(&time, NOW + 2 * AHEAD + 599, NOW + 1199), Heard::Waits);
        assert_eq!(hear(&time, NOW + 2 * AHEAD + 600, NOW + 1200), Heard::Believed);
    }

    #[test]
    fn what_lies_ahead_of_both_clocks_is_given_up() {
        let time = memory();
        time.note(NOW + AHEAD).unwrap();
        assert!(time.is_in_doubt(NOW));
        assert_eq!(hear(&time, NOW, NOW), Heard::Waits);
        assert_eq!(hear(&time, NOW + 29, NOW + 29), Heard::Waits);
        assert_eq!(time.newest(), NOW + AHEAD);
        assert_eq!(hear(&time, NOW + 30, NOW + 30), Heard::GivenUp);
        assert_eq!(time.newest(), NOW + 30);
        assert_eq!(hear(&time, NOW + 60, NOW + 60), Heard::Agrees);
    }

    #[test]
    fn a_clock_that_was_set_back_contradicts_nothing_by_itself() {
        let time = memory();
        time.note(NOW).unwrap();
        // The service is where it was: it is this clock that is behind, and nothing is given up.
        for after in [0, 30, 60] {
            assert_eq!(hear(&time, NOW + after, NOW - AHEAD + after), Heard::Waits);
        }
        assert_eq!(time.newest(), NOW);
    }

    #[test]
    fn a_service_that_is_behind_changes_nothing() {
        let time = memory();
        time.note(NOW).unwrap();
        for after in [0, 600] {
            assert_eq!(hear(&time, NOW - AHEAD + after, NOW + after), Heard::Agrees);
        }
        assert_eq!(time.newest(), NOW);
    }
}
