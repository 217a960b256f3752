//! A mailbox: what waits in memory under a key, for one owner, until it is taken once or its time is over.
//!
//! Time is an argument: whatever can be ordered, of the clock that the caller trusts. No lock is held while
//! anybody waits, nor while a value that has gone is dropped.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

/// What can name a piece of mail or its owner.
pub(crate) trait Name: Clone + Eq + Hash {}

impl<T: Clone + Eq + Hash> Name for T {}

/// How much waits at once.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) total: usize,
    /// At least one.
    pub(crate) per_owner: usize,
    pub(crate) when_owner_is_full: OwnerFull,
}

/// What becomes of one more for an owner who has as many as may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OwnerFull {
    /// It is refused.
    Refuse,
    /// It takes the place of the one whose time is over first.
    EndOldest,
}

/// A piece of mail.
pub(crate) struct Mail<K, O, V, T> {
    pub(crate) key: K,
    pub(crate) owner: O,
    pub(crate) value: V,
    /// From this moment on it is over.
    pub(crate) until: T,
}

/// Why something was not put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Something waits under this key.
    KeyTaken,
    /// As much as may waits for this owner.
    OwnerFull,
    /// As much as may waits in all.
    Full,
    /// The mailbox is closed.
    Closed,
}

/// Mail by its key; the owner's by the owner.
pub(crate) struct Mailbox<K, O, V, T> {
    bounds: Bounds,
    state: Mutex<State<K, O, V, T>>,
}

struct State<K, O, V, T> {
    mail: HashMap<K, Numbered<K, O, V, T>>,
    /// The keys of each owner, in the order in which they were put.
    owners: HashMap<O, Vec<K>>,
    /// By the moment at which each is over.
    deadlines: BTreeMap<(T, u64), K>,
    /// Owners for whom somebody waits, how many do. The callers bound these.
    waiters: HashMap<O, Waiters>,
    next_number: u64,
    closed: bool,
}

/// Mail with its number among all that were ever put: a key may come again.
struct Numbered<K, O, V, T> {
    mail: Mail<K, O, V, T>,
    number: u64,
}

#[derive(Default)]
struct Waiters {
    arrived: Arc<Notify>,
    count: usize,
}

impl<K: Name, O: Name, V, T: Copy + Ord> Mailbox<K, O, V, T> {
    pub(crate) fn new(bounds: Bounds) -> Self {
        let state = State {
            mail: HashMap::new(),
            owners: HashMap::new(),
            deadlines: BTreeMap::new(),
            waiters: HashMap::new(),
            next_number: 0,
            closed: false,
        };
        Self { bounds, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State<K, O, V, T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts mail, and tells those who wait for its owner. What is over by now makes room first.
    pub(crate) fn put(&self, mail: Mail<K, O, V, T>, now: T) -> Result<(), Refused> {
        self.put_numbered(mail, now).map(drop)
    }

    /// The same; the mail is withdrawn when what is returned is dropped.
    pub(crate) fn put_held(
        &self,
        mail: Mail<K, O, V, T>,
        now: T,
    ) -> Result<Held<'_, K, O, V, T>, Refused> {
        let key = mail.key.clone();
        let number = self.put_numbered(mail, now)?;
        Ok(Held { mailbox: self, key, number })
    }

    fn put_numbered(&self, mail: Mail<K, O, V, T>, now: T) -> Result<u64, Refused> {
        // Declared before the lock is taken, and so dropped after it is let go.
        let mut gone = Vec::new();
        let mut state = self.state();
        if state.closed {
            return Err(Refused::Closed);
        }
        state.remove_over(now, &mut gone);
        if state.mail.contains_key(&mail.key) {
            return Err(Refused::KeyTaken);
        }
        if state.of_owner(&mail.owner).count() >= self.bounds.per_owner {
            if self.bounds.when_owner_is_full == OwnerFull::Refuse {
                return Err(Refused::OwnerFull);
            }
            gone.extend(state.remove_oldest(&mail.owner));
        } else if state.mail.len() >= self.bounds.total {
            return Err(Refused::Full);
        }
        Ok(state.insert(mail))
    }

    /// Takes mail out, once. What is over is there no more.
    pub(crate) fn take(&self, key: &K, now: T) -> Option<V> {
        self.remove(key).filter(|mail| now < mail.until).map(|mail| mail.value)
    }

    /// Takes mail out, over or not.
    pub(crate) fn remove(&self, key: &K) -> Option<Mail<K, O, V, T>> {
        self.state().remove(key)
    }

    /// Looks at mail, and leaves it. The mailbox is locked as long as that takes.
    pub(crate) fn look<R>(
        &self,
        key: &K,
        now: T,
        look: impl FnOnce(&Mail<K, O, V, T>) -> R,
    ) -> Option<R> {
        let state = self.state();
        let found = state.mail.get(key).map(|numbered| &numbered.mail);
        found.filter(|mail| now < mail.until).map(look)
    }

    /// Looks at all of an owner, in the order in which it was put.
    pub(crate) fn look_at_all<R>(
        &self,
        owner: &O,
        now: T,
        look: impl FnMut(&Mail<K, O, V, T>) -> R,
    ) -> Vec<R> {
        let state = self.state();
        state.of_owner(owner).filter(|mail| now < mail.until).map(look).collect()
    }

    /// Waits until there is something for an owner, or something was put, or the time is over. Whoever stops
    /// waiting leaves no trace.
    pub(crate) async fn wait(&self, owner: &O, time: Duration, now: impl FnOnce() -> T) {
        let waiter = Waiter::begin(self, owner);
        let arrived = waiter.arrived.notified();
        tokio::pin!(arrived);
        // Listens before it looks, so that nothing is missed in between.
        arrived.as_mut().enable();
        let now = now();
        let has_mail = self.state().of_owner(owner).any(|mail| now < mail.until);
        if !has_mail {
            // Whether in time or not: the caller looks.
            let _ = tokio::time::timeout(time, arrived).await;
        }
    }

    /// Drops everything, and takes nothing more.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.owners.clear();
        state.deadlines.clear();
        let gone = std::mem::take(&mut state.mail);
        drop(state);
        drop(gone);
    }

    /// How much takes up room, with what is over and not cleared away yet.
    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.state().mail.len()
    }

    /// Owners for whom somebody waits.
    #[cfg(test)]
    pub(crate) fn count_waited_for(&self) -> usize {
        self.state().waiters.len()
    }
}

impl<K: Name, O: Name, V, T: Copy + Ord> State<K, O, V, T> {
    fn of_owner(&self, owner: &O) -> impl Iterator<Item = &Mail<K, O, V, T>> {
        let keys = self.owners.get(owner).map_or(&[][..], Vec::as_slice);
        keys.iter().filter_map(|key| self.mail.get(key)).map(|numbered| &numbered.mail)
    }

    fn insert(&mut self, mail: Mail<K, O, V, T>) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        self.owners.entry(mail.owner.clone()).or_default().push(mail.key.clone());
        self.deadlines.insert((mail.until, number), mail.key.clone());
        if let Some(waiters) = self.waiters.get(&mail.owner) {
            waiters.arrived.notify_waiters();
        }
        self.mail.insert(mail.key.clone(), Numbered { mail, number });
        number
    }

    fn remove(&mut self, key: &K) -> Option<Mail<K, O, V, T>> {
        let Numbered { mail, number } = self.mail.remove(key)?;
        self.deadlines.remove(&(mail.until, number));
        if let Some(keys) = self.owners.get_mut(&mail.owner) {
            keys.retain(|other| other != key);
            if keys.is_empty() {
                self.owners.remove(&mail.owner);
            }
        }
        Some(mail)
    }

    fn remove_oldest(&mut self, owner: &O) -> Option<Mail<K, O, V, T>> {
        // Of several with one deadline this finds the one that was put first.
        let key = self.of_owner(owner).min_by_key(|mail| mail.until)?.key.clone();
        self.remove(&key)
    }

    fn remove_over(&mut self, now: T, gone: &mut Vec<Mail<K, O, V, T>>) {
        while let Some(first) = self.deadlines.first_entry()
            && first.key().0 <= now
        {
            let key = first.remove();
            gone.extend(self.remove(&key));
        }
    }
}

/// Mail that is withdrawn when this is dropped, unless it has gone before.
pub(crate) struct Held<'a, K: Name, O: Name, V, T: Copy + Ord> {
    mailbox: &'a Mailbox<K, O, V, T>,
    key: K,
    number: u64,
}

impl<K: Name, O: Name, V, T: Copy + Ord> Drop for Held<'_, K, O, V, T> {
    fn drop(&mut self) {
        let mut state = self.mailbox.state();
        let is_own = state.mail.get(&self.key).is_some_and(|found| found.number == self.number);
        let gone = if is_own { state.remove(&self.key) } else { None };
        drop(state);
        drop(gone);
    }
}

/// One who waits for an owner's mail.
struct Waiter<'a, K: Name, O: Name, V, T: Copy + Ord> {
    mailbox: &'a Mailbox<K, O, V, T>,
    owner: &'a O,
    arrived: Arc<Notify>,
}

impl<'a, K: Name, O: Name, V, T: Copy + Ord> Waiter<'a, K, O, V, T> {
    fn begin(mailbox: &'a Mailbox<K, O, V, T>, owner: &'a O) -> Self {
        let mut state = mailbox.state();
        let waiters = state.waiters.entry(owner.clone()).or_default();
        waiters.count += 1;
        let arrived = Arc::clone(&waiters.arrived);
        Self { mailbox, owner, arrived }
    }
}

impl<K: Name, O: Name, V, T: Copy + Ord> Drop for Waiter<'_, K, O, V, T> {
    fn drop(&mut self) {
        let mut state = self.mailbox.state();
        if let Some(waiters) = state.waiters.get_mut(self.owner) {
            waiters.count -= 1;
            if waiters.count == 0 {
                state.waiters.remove(self.owner);
            }
        }
    }
}

#[cfg(test)]
#[path = "mailbox_tests.rs"]
mod tests;
