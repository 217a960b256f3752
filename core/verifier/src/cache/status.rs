//! The status lists of the days that count.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, RwLock};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use szid_protocol::day::{end_of_day, is_end_of_day};
use szid_protocol::reason::Reason;
use szid_protocol::status::VerifiedStatusList;
use szid_protocol::trust::VerifiedTrustList;
use szid_protocol::verify::{StatusAnswer, StatusReference, StatusSource, codes_end};

use super::kept::KeptDocument;
use super::signed_time::{SignedTime, is_ahead};
use super::{CacheStore, Ingested, lock, read, replace};
use crate::error::VerifierError;

const NAME_PREFIX: &str = "status-";

/// Holds the newest status list of each URI, for a bounded number of URIs. A list takes 256 KiB (two bits an
/// entry, 2^20 entries), and never more than 1 MiB, plus its compressed form.
pub struct StatusCache {
    store: Option<Arc<dyn CacheStore>>,
    most: usize,
    held: RwLock<Arc<HashMap<String, Entry>>>,
    changing: Mutex<()>,
}

#[derive(Clone)]
struct Entry {
    record: Arc<KeptDocument>,
    place: Place,
    /// `None` when its signature does not count any more; the record's time of issue does.
    list: Option<Arc<VerifiedStatusList>>,
}

impl StatusCache {
    /// Opens a cache for at most `most` lists; call [`StatusCache::reverify`] to hold again what the store
    /// kept.
    ///
    /// # Errors
    /// [`VerifierError::Read`] or [`VerifierError::CacheDamaged`].
    pub fn open(most: usize, store: Option<Arc<dyn CacheStore>>) -> Result<Self, VerifierError> {
        let mut held = HashMap::new();
        if let Some(store) = &store {
            for name in store.names()?.iter().filter(|name| name.starts_with(NAME_PREFIX)) {
                let damaged = || VerifierError::CacheDamaged(name.clone());
                let record = KeptDocument::load(name, store.as_ref())?.ok_or_else(damaged)?;
                let place = Place::of(&record.label).ok_or_else(damaged)?;
                let uri = record.label.clone();
                held.insert(uri, Entry { record: Arc::new(record), place, list: None });
            }
        }
        Ok(Self { store, most, held: RwLock::new(Arc::new(held)), changing: Mutex::new(()) })
    }

    /// Accepts a signed list that is not older than the one held for its URI. `expected` is the URI that was
    /// asked for, where one was. Past days make room. Where that is not enough, a list gives way to one that
    /// is needed sooner: those of today come first, the highest number of a day before the others, since new
    /// passes point to it.
    ///
    /// # Errors
    /// [`VerifierError::Document`] with `STATUS_MALFORMED`, `STATUS_SIGNATURE`, `STATUS_FOREIGN` (another URI
    /// than expected, or one that names no day) or `STATUS_ROLLBACK`; [`VerifierError::Ahead`] for a list
    /// from later than now, as far as `time` knows; [`VerifierError::StatusCacheFull`]: all that are held are
    /// needed sooner; [`VerifierError::Write`]: the list counts from now on, but could not be kept.
    pub fn ingest(
        &self,
        bytes: &[u8],
        expected: Option<&str>,
        trust: &VerifiedTrustList,
        time: &SignedTime,
        now: u64,
    ) -> Result<(Ingested, Arc<VerifiedStatusList>), VerifierError> {
        let list = Arc::new(VerifiedStatusList::verify(bytes, trust, now)?);
        let uri = list.uri();
        let place = Place::of(uri).filter(|_| expected.is_none_or(|expected| expected == uri));
        let place = place.ok_or(Reason::StatusForeign)?;
        time.check_issued(list.issued_at(), now)?;
        let _turn = lock(&self.changing);
        let mut held = (*read(&self.held)).clone();
        let mut room = Ok(());
        if let Some(known) = held.get(uri) {
            if list.issued_at() < known.record.mark {
                return Err(Reason::StatusRollback.into());
            }
            if let Some(list) = known.list.as_ref().filter(|_| known.record.document == bytes) {
                return Ok((Ingested::Unchanged, Arc::clone(list)));
            }
        } else if held.len() >= self.most {
            // By signed time as well: this clock alone ends no day, nor begins one.
            let since = now.min(list.issued_at());
            self.prune_held(&mut held, since)?;
            if held.len() >= self.most {
                room = self.make_room(&mut held, place, since)?;
            }
        }
        let record = KeptDocument {
            mark: list.issued_at(),
            label: uri.to_owned(),
            document: bytes.to_vec(),
        };
        let saved = match &self.store {
            Some(store) => record.save(&name_of(uri), store.as_ref()),
            None => Ok(()),
        };
        let entry = Entry { record: Arc::new(record), place, list: Some(Arc::clone(&list)) };
        held.insert(uri.to_owned(), entry);
        replace(&self.held, Arc::new(held));
        saved.and(room).map(|()| (Ingested::Replaced, list))
    }

    /// Verifies every list again, under another trust list or after a start. One that fails is not used, and
    /// its time of issue still counts.
    pub fn reverify(&self, trust: &VerifiedTrustList, now: u64) {
        let _turn = lock(&self.changing);
        let mut held = (*read(&self.held)).clone();
        for (uri, entry) in &mut held {
            let list = VerifiedStatusList::verify(&entry.record.document, trust, now);
            entry.list = list.ok().filter(|list| list.uri() == uri).map(Arc::new);
        }
        replace(&self.held, Arc::new(held));
    }

    /// Whether a list lies ahead of the clock.
    pub(crate) fn is_ahead(&self, now: u64) -> bool {
        read(&self.held).values().any(|entry| is_ahead(entry.record.mark, now))
    }

    /// Forgets the lists that lie ahead of the clock, and their times of issue with them.
    pub(crate) fn give_up_ahead(&self, now: u64) -> Result<(), VerifierError> {
        let _turn = lock(&self.changing);
        let mut held = (*read(&self.held)).clone();
        let dropped = self.drop_where(&mut held, |entry| is_ahead(entry.record.mark, now));
        replace(&self.held, Arc::new(held));
        dropped
    }

    /// Drops the lists of days that are over, and says how many.
    ///
    /// # Errors
    /// [`VerifierError::Write`] when a kept list cannot be removed.
    pub fn prune(&self, now: u64) -> Result<usize, VerifierError> {
        let _turn = lock(&self.changing);
        let mut held = (*read(&self.held)).clone();
        let before = held.len();
        let pruned = self.prune_held(&mut held, now);
        let gone = before - held.len();
        replace(&self.held, Arc::new(held));
        pruned.map(|()| gone)
    }

    fn prune_held(&self, held: &mut HashMap<String, Entry>, now: u64) -> Result<(), VerifierError> {
        self.drop_where(held, |entry| codes_end(entry.place.day) <= now)
    }

    /// Drops what is needed later than a list at `place`, until there is room for it; the inner result says
    /// whether the store has dropped it too. Its time of issue goes with it: how old a list may be, scenes
    /// say, whatever was held before.
    fn make_room(
        &self,
        held: &mut HashMap<String, Entry>,
        place: Place,
        now: u64,
    ) -> Result<Result<(), VerifierError>, VerifierError> {
        let mut ranked: Vec<_> =
            held.iter().map(|(uri, entry)| (entry.place.rank(now), uri.clone())).collect();
        ranked.sort_unstable();
        let last = ranked.split_off(self.most.saturating_sub(1));
        if last.first().is_none_or(|(rank, _)| *rank <= place.rank(now)) {
            return Err(VerifierError::StatusCacheFull);
        }
        let last: HashSet<_> = last.into_iter().map(|(_, uri)| uri).collect();
        Ok(self.drop_where(held, |entry| last.contains(&entry.record.label)))
    }

    fn drop_where(
        &self,
        held: &mut HashMap<String, Entry>,
        goes: impl Fn(&Entry) -> bool,
    ) -> Result<(), VerifierError> {
        let mut removed = Ok(());
        held.retain(|uri, entry| {
            let goes = goes(entry);
            if goes && let Some(store) = &self.store {
                removed = std::mem::replace(&mut removed, Ok(()))
                    .and_then(|()| store.remove(&name_of(uri)));
            }
            !goes
        });
        removed
    }

    /// How many lists are in use, and the greatest age among those of days that are not over, seconds.
    pub fn count_and_age(&self, now: u64) -> (usize, Option<u64>) {
        let held = read(&self.held);
        let counting = held.values().filter(|entry| codes_end(entry.place.day) > now);
        let lists: Vec<_> = counting.filter_map(|entry| entry.list.as_ref()).collect();
        let oldest = lists.iter().map(|list| now.saturating_sub(list.issued_at())).max();
        (lists.len(), oldest)
    }
}

impl StatusSource for StatusCache {
    fn status(&self, reference: &StatusReference<'_>) -> StatusAnswer {
        let held = read(&self.held);
        let list = held.get(&reference.uri()).and_then(|entry| entry.list.as_ref());
        let Some(list) = list else { return StatusAnswer::Missing };
        match list.status(reference.position) {
            Some(status) => StatusAnswer::Known {
                status,
                issued_at: list.issued_at(),
                expires_at: list.expires_at(),
            },
            None => StatusAnswer::OutOfRange,
        }
    }
}

fn name_of(uri: &str) -> String {
    format!("{NAME_PREFIX}{}", HEXLOWER.encode(&Sha256::digest(uri.as_bytes())[..16]))
}

/// What `{prefix}{day}/{list}` names.
#[derive(Clone, Copy)]
struct Place {
    /// The end of the day that the list is for.
    day: u64,
    /// Its number among the day's lists.
    list: u32,
}

impl Place {
    fn of(uri: &str) -> Option<Self> {
        let (rest, list) = uri.rsplit_once('/')?;
        let list = list.parse().ok()?;
        let start = rest.trim_end_matches(|letter: char| letter.is_ascii_digit()).len();
        let day = rest[start..].parse().ok().filter(|day| is_end_of_day(*day))?;
        Some(Self { day, list })
    }

    /// How soon it is needed: today's before yesterday's, of which codes are good for a minute more, before
    /// those of the days to come, in turn; and of a day the last first.
    fn rank(self, now: u64) -> (u64, Reverse<u32>) {
        let today = end_of_day(now);
        let day = match self.day {
            day if day >= today => day - today,
            day if codes_end(day) > now => 1,
            _ => u64::MAX,
        };
        (day, Reverse(self.list))
    }
}
