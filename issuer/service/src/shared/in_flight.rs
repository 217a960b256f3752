//! Requests with an idempotency key that are worked on now: the same request, sent again, waits for the first
//! one's answer.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use szid_register::Retry;
use tokio::sync::watch;

/// Requests that wait for one other at once. A client that resends has one or two.
const MAX_FOLLOWERS: usize = 8;

/// The requests, by the hash of device and key.
pub(crate) struct InFlight<T>(Arc<Mutex<Flights<T>>>);

type Flights<T> = HashMap<[u8; 32], Flight<T>>;

struct Flight<T> {
    request: [u8; 32],
    answer: Arc<watch::Sender<Option<T>>>,
}

impl<T> Default for InFlight<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

/// What a request is among those with its key.
pub(crate) enum Arrival<T> {
    /// The only one: it is to be answered.
    First(Leader<T>),
    /// The same as the first one, whose answer is its own.
    Same(Follower<T>),
    /// Another request than the one that the key stands for.
    Other,
    /// One more of the same than may wait.
    TooMany,
}

impl<T> InFlight<T> {
    pub(crate) fn arrive(&self, retry: &Retry) -> Arrival<T> {
        match lock(&self.0).entry(retry.key) {
            Entry::Vacant(vacant) => {
                let answer = Arc::new(watch::Sender::new(None));
                vacant.insert(Flight { request: retry.request, answer: Arc::clone(&answer) });
                let flights = Arc::clone(&self.0);
                Arrival::First(Leader { flights, key: retry.key, answer })
            }
            Entry::Occupied(found) if found.get().request != retry.request => Arrival::Other,
            Entry::Occupied(found) if found.get().answer.receiver_count() >= MAX_FOLLOWERS => {
                Arrival::TooMany
            }
            Entry::Occupied(found) => Arrival::Same(Follower(found.get().answer.subscribe())),
        }
    }
}

fn lock<T>(flights: &Mutex<Flights<T>>) -> MutexGuard<'_, Flights<T>> {
    flights.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The first request with its key; dropped without an answer, it leaves its place to one of those that wait.
pub(crate) struct Leader<T> {
    flights: Arc<Mutex<Flights<T>>>,
    key: [u8; 32],
    answer: Arc<watch::Sender<Option<T>>>,
}

impl<T: Clone> Leader<T> {
    /// Gives the answer to all that wait for it, and back.
    pub(crate) fn finish(self, answer: T) -> T {
        self.answer.send_replace(Some(answer.clone()));
        answer
    }
}

impl<T> Drop for Leader<T> {
    fn drop(&mut self) {
        lock(&self.flights).remove(&self.key);
    }
}

/// A request that waits for the first one's answer.
pub(crate) struct Follower<T>(watch::Receiver<Option<T>>);

impl<T: Clone> Follower<T> {
    /// The first one's answer; `None` where it ended without.
    pub(crate) async fn answer(mut self) -> Option<T> {
        let answered = self.0.wait_for(Option::is_some).await.ok()?;
        answered.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry(key: u8, request: u8) -> Retry {
        Retry { key: [key; 32], request: [request; 32], registration: [0; 32] }
    }

    fn first(flights: &InFlight<u8>, retry: &Retry) -> Leader<u8> {
        match flights.arrive(retry) {
            Arrival::First(leader) => leader,
            _ => panic!("it is the first"),
        }
    }

    fn same(flights: &InFlight<u8>, retry: &Retry) -> Follower<u8> {
        match flights.arrive(retry) {
            Arrival::Same(follower) => follower,
            _ => panic!("it is the same as one before"),
        }
    }

    #[tokio::test]
    async fn all_that_are_the_same_get_the_first_ones_answer() {
        let flights = InFlight::default();
        let leader = first(&flights, &retry(1, 1));
        let followers = [same(&flights, &retry(1, 1)), same(&flights, &retry(1, 1))];
        assert!(matches!(flights.arrive(&retry(1, 2)), Arrival::Other));
        let other_key = first(&flights, &retry(2, 1));
        assert_eq!(leader.finish(7), 7);
        for follower in followers {
            assert_eq!(follower.answer().await, Some(7));
        }
        // What is over is in the register.
        drop(first(&flights, &retry(1, 2)));
        drop(other_key);
        assert!(lock(&flights.0).is_empty());
    }

    #[tokio::test]
    async fn one_that_ends_without_an_answer_leaves_its_place_and_few_may_wait() {
        let flights = InFlight::default();
        let leader = first(&flights, &retry(1, 1));
        let followers: Vec<_> = (0..MAX_FOLLOWERS).map(|_| same(&flights, &retry(1, 1))).collect();
        assert!(matches!(flights.arrive(&retry(1, 1)), Arrival::TooMany));
        drop(leader);
        for follower in followers {
            assert_eq!(follower.answer().await, None);
        }
        drop(first(&flights, &retry(1, 1)));
    }
}
