//! How many requests are worked on at once, and how many wait. A request that waits for somebody costs no
//! permit to work, and whoever ends a wait finds room, however many wait.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::AccessFault;
use crate::limits::Limits;

const MAX_URGENT: usize = 256;
const MAX_HEALTH: usize = 32;

/// Where a request is worked on.
#[derive(Clone, Copy)]
pub(crate) enum Room {
    /// What has no room of its own.
    Work,
    /// What answers a venue's own credential alone: it has places however busy all others are.
    Venues,
    /// What citizens, registrars and operators do so that something ends.
    Urgent,
    /// What the operator's own watch asks for.
    Health,
}

/// The rooms of one service, each with places of its own.
pub(crate) struct Rooms {
    work: Arc<Semaphore>,
    venues: Arc<Semaphore>,
    urgent: Arc<Semaphore>,
    health: Arc<Semaphore>,
    /// Scans that wait for a citizen. Each holds a connection: half of them stays for others.
    scans: Semaphore,
    /// Wallets and desks that wait to be told something: a quarter of the connections.
    polls: Semaphore,
}

/// What is waited for.
#[derive(Clone, Copy)]
pub(crate) enum WaitsFor {
    /// A scan, for the citizen.
    Citizen,
    /// A wallet or a desk, for news.
    News,
}

impl Rooms {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        let semaphore = |places| Arc::new(Semaphore::new(places));
        Arc::new(Self {
            work: semaphore(limits.requests),
            venues: semaphore(limits.requests),
            urgent: semaphore(MAX_URGENT),
            health: semaphore(MAX_HEALTH),
            scans: Semaphore::new(limits.connections / 2),
            polls: Semaphore::new(limits.connections / 4),
        })
    }

    /// Lets a request in. `None` while its room is full.
    pub(crate) fn admit(self: &Arc<Self>, room: Room) -> Option<Admission> {
        let room = match room {
            Room::Work => &self.work,
            Room::Venues => &self.venues,
            Room::Urgent => &self.urgent,
            Room::Health => &self.health,
        };
        let permit = Arc::clone(room).try_acquire_owned().ok()?;
        Some(Admission(Arc::new(Admitted {
            rooms: Arc::clone(self),
            room: Arc::clone(room),
            permit: Mutex::new(Some(permit)),
            longer: AtomicU64::new(0),
        })))
    }
}

/// What a request is admitted with: a permit to work until the last copy of this is dropped.
#[derive(Clone)]
pub(crate) struct Admission(Arc<Admitted>);

struct Admitted {
    rooms: Arc<Rooms>,
    room: Arc<Semaphore>,
    permit: Mutex<Option<OwnedSemaphorePermit>>,
    /// How much longer than others the request may take, seconds.
    longer: AtomicU64,
}

impl Admission {
    /// Lets the request take so many seconds longer than others, at work all the time.
    pub(crate) fn take_longer(&self, seconds: u32) {
        self.0.longer.fetch_max(seconds.into(), Ordering::Relaxed);
    }

    /// How much longer than others the request may take.
    pub(crate) fn longer(&self) -> Duration {
        Duration::from_secs(self.0.longer.load(Ordering::Relaxed))
    }

    /// Waits without a permit to work, and has one again when it is over.
    /// [`AccessFault::NoPlace`] while too many wait.
    pub(crate) async fn wait<T>(
        &self,
        waits_for: WaitsFor,
        at_most: Duration,
        end: impl Future<Output = T>,
    ) -> Result<T, AccessFault> {
        let Admitted { rooms, room, permit, longer } = &*self.0;
        let places = match waits_for {
            WaitsFor::Citizen => &rooms.scans,
            WaitsFor::News => &rooms.polls,
        };
        let place = places.try_acquire().map_err(|_| AccessFault::NoPlace)?;
        longer.fetch_max(at_most.as_secs(), Ordering::Relaxed);
        let set = |new| *permit.lock().unwrap_or_else(PoisonError::into_inner) = new;
        set(None);
        let ended = end.await;
        // Never all at once, whatever ends many waits at once.
        let again = Arc::clone(room).acquire_owned().await.map_err(|_| AccessFault::NoPlace)?;
        set(Some(again));
        drop(place);
        Ok(ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rooms() -> Arc<Rooms> {
        Rooms::new(&Limits { requests: 1, connections: 4, ..Limits::default() })
    }

    #[tokio::test]
    async fn a_wait_costs_no_permit_and_ends_with_one() {
        let rooms = rooms();
        let waiting = rooms.admit(Room::Venues).unwrap();
        assert!(rooms.admit(Room::Venues).is_none(), "one works, and one may");
        let minute = Duration::from_secs(60);
        let meanwhile = async { rooms.admit(Room::Venues).is_some() };
        assert_eq!(waiting.wait(WaitsFor::Citizen, minute, meanwhile).await, Ok(true));
        assert_eq!(waiting.longer(), minute);
        assert!(rooms.admit(Room::Venues).is_none(), "it works again");
        drop(waiting);
        assert!(rooms.admit(Room::Venues).is_some());
    }

    #[tokio::test]
    async fn places_to_wait_are_bounded_and_polls_take_none_of_the_scans() {
        let rooms = rooms();
        let second = Duration::from_secs(1);
        let never = std::future::pending::<()>;
        let mut held = Vec::new();
        for waits_for in [WaitsFor::Citizen, WaitsFor::Citizen, WaitsFor::News] {
            let admission = rooms.admit(Room::Work).unwrap();
            let mut wait =
                Box::pin(async move { admission.wait(waits_for, second, never()).await });
            assert!(
                std::future::poll_fn(|context| {
                    std::task::Poll::Ready(wait.as_mut().poll(context).is_pending())
                })
                .await
            );
            held.push(wait);
        }
        let admission = rooms.admit(Room::Work).unwrap();
        for waits_for in [WaitsFor::Citizen, WaitsFor::News] {
            assert_eq!(admission.wait(waits_for, second, never()).await, Err(AccessFault::NoPlace));
        }
        drop(held.pop());
        assert_eq!(admission.wait(WaitsFor::News, second, async {}).await, Ok(()));
    }
}
