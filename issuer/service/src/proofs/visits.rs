//! Visits to parties' pages: what waits for the person to come back, under a name that nobody guesses.

use std::sync::{Mutex, PoisonError};

use szid_register::PersonId;
use zeroize::Zeroizing;

use super::{Ending, ProofShown, Standing};
use crate::shared::{Bounds, Mail, Mailbox, OwnerFull, Refused};

/// How long a person may stay at the party's page, seconds.
pub(super) const VISIT_SECONDS: u64 = 600;
/// Visits at once.
const MAX_VISITS: usize = 20_000;
/// A new one ends the person's oldest: they may have left its page.
const MAX_VISITS_PER_PERSON: usize = 3;
/// Bytes of a proof's name.
pub(crate) const PROOF_ID_BYTES: usize = 24;

/// Names a proof: to its holder, and to whoever comes back from the party's page.
pub(crate) type ProofId = [u8; PROOF_ID_BYTES];

/// A visit, and what became of it.
pub(super) struct Visited {
    pub(super) connector: String,
    pub(super) progress: Progress,
}

/// What became of a visit so far.
pub(super) enum Progress {
    /// The person is on the way.
    Away {
        url: String,
        kept: Zeroizing<Vec<u8>>,
        /// The digest of the sealed identity that the visit is about.
        proven_of: [u8; 32],
    },
    /// The person is back.
    Back,
    Ended(Ending),
}

/// Somebody who has come back.
pub(super) struct CameBack {
    pub(super) person: PersonId,
    pub(super) connector: String,
    pub(super) kept: Zeroizing<Vec<u8>>,
    pub(super) proven_of: [u8; 32],
    until: u64,
}

/// Times are of the clock that nobody can set.
pub(super) struct Visits {
    mailbox: Mailbox<ProofId, PersonId, Visited, u64>,
    /// Held while one visit takes the place of itself: two browsers come back one after the other.
    turn: Mutex<()>,
}

impl Visits {
    pub(super) fn new() -> Self {
        let mailbox = Mailbox::new(Bounds {
            total: MAX_VISITS,
            per_owner: MAX_VISITS_PER_PERSON,
            when_owner_is_full: OwnerFull::EndOldest,
        });
        Self { mailbox, turn: Mutex::default() }
    }

    /// Sends somebody away.
    pub(super) fn send(
        &self,
        id: ProofId,
        person: PersonId,
        visited: Visited,
        now: u64,
    ) -> Result<(), Refused> {
        let until = now + VISIT_SECONDS;
        self.mailbox.put(Mail { key: id, owner: person, value: visited, until }, now)
    }

    /// Takes somebody back, once: of two who come with the same name one finds nothing.
    pub(super) fn take_back(&self, id: &ProofId, now: u64) -> Option<CameBack> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let is_away =
            |mail: &Mail<_, _, Visited, _>| matches!(mail.value.progress, Progress::Away { .. });
        if self.mailbox.look(id, now, is_away) != Some(true) {
            return None;
        }
        let Mail { owner: person, value, until, .. } = self.mailbox.remove(id)?;
        let Visited { connector, progress } = value;
        let Progress::Away { kept, proven_of, .. } = progress else { return None };
        let back = CameBack { person, connector, kept, proven_of, until };
        self.put(id, &back, Progress::Back, now);
        Some(back)
    }

    /// Keeps what became of a visit, for its holder to see.
    pub(super) fn tell(&self, id: &ProofId, back: &CameBack, ending: Ending, now: u64) {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.mailbox.remove(id);
        self.put(id, back, Progress::Ended(ending), now);
    }

    fn put(&self, id: &ProofId, back: &CameBack, progress: Progress, now: u64) {
        let visited = Visited { connector: back.connector.clone(), progress };
        let mail = Mail { key: *id, owner: back.person, value: visited, until: back.until };
        // A full mailbox keeps no evidence back: the account tells the level.
        let _ = self.mailbox.put(mail, now);
    }

    /// How a person's proof stands.
    pub(super) fn look(&self, person: PersonId, id: &ProofId, now: u64) -> Option<ProofShown> {
        let show = |mail: &Mail<ProofId, PersonId, Visited, u64>| {
            let state = match &mail.value.progress {
                Progress::Away { url, .. } => {
                    Standing::Waits { url: url.clone(), seconds: mail.until.saturating_sub(now) }
                }
                Progress::Back => Standing::Ends,
                Progress::Ended(ending) => Standing::Ended(ending.clone()),
            };
            let shown = ProofShown { id: *id, connector: mail.value.connector.clone(), state };
            (mail.owner == person).then_some(shown)
        };
        self.mailbox.look(id, now, show).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proofs::Proven;

    const ME: PersonId = PersonId([1; 16]);

    fn away() -> Visited {
        let kept = Zeroizing::new(vec![7]);
        let progress = Progress::Away { url: "https://a/".into(), kept, proven_of: [3; 32] };
        Visited { connector: "party".into(), progress }
    }

    #[test]
    fn whoever_comes_back_is_taken_once_and_in_time() {
        let visits = Visits::new();
        visits.send([1; 24], ME, away(), 100).unwrap();
        visits.send([2; 24], ME, away(), 100).unwrap();
        assert!(visits.take_back(&[3; 24], 101).is_none());
        let back = visits.take_back(&[1; 24], 101).unwrap();
        assert_eq!((back.person, &*back.connector, &**back.kept), (ME, "party", &[7][..]));
        assert!(visits.take_back(&[1; 24], 101).is_none(), "a page that is loaded again");
        assert!(matches!(visits.look(ME, &[1; 24], 101).unwrap().state, Standing::Ends));
        visits.tell(&[1; 24], &back, Ok(Proven::Level(3)), 102);
        let state = visits.look(ME, &[1; 24], 102).unwrap().state;
        assert!(matches!(state, Standing::Ended(Ok(Proven::Level(3)))));
        assert!(visits.take_back(&[1; 24], 102).is_none());
        assert!(visits.take_back(&[2; 24], 100 + VISIT_SECONDS).is_none(), "too late");
    }

    #[test]
    fn of_browsers_that_come_back_together_one_is_taken_and_the_visit_stays() {
        let visits = Visits::new();
        for round in 0..200 {
            let id = [round; 24];
            visits.send(id, PersonId([round; 16]), away(), 100).unwrap();
            let come = || visits.take_back(&id, 101).is_some();
            let taken = std::thread::scope(|scope| {
                let others = [scope.spawn(come), scope.spawn(come), scope.spawn(come)];
                others.map(|other| other.join().unwrap())
            });
            assert_eq!(taken.into_iter().filter(|taken| *taken).count(), 1);
            assert!(visits.look(PersonId([round; 16]), &id, 101).is_some(), "round {round}");
        }
    }

    #[test]
    fn a_proof_is_shown_to_its_holder_alone() {
        let visits = Visits::new();
        visits.send([1; 24], ME, away(), 100).unwrap();
        assert!(visits.look(PersonId([2; 16]), &[1; 24], 101).is_none());
        let Standing::Waits { url, seconds } = visits.look(ME, &[1; 24], 101).unwrap().state else {
            panic!("does not wait");
        };
        assert_eq!((&*url, seconds), ("https://a/", VISIT_SECONDS - 1));
    }
}
