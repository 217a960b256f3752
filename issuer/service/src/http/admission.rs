//! How many requests are worked on at once, and how many wait. A request that waits for somebody costs no
//! permit to work, and whoever ends a wait finds room, however many wait.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Problem;
use crate::limits::Limits;

/// What citizens, registrars and operators do so that something ends: answers to questions, freezes,
/// withdrawals.
const URGENT_ROUTES: [&str; 7] = [
    "/v1/holder/consents/{id}",
    "/v1/holder/enrolments/{id}",
    "/v1/holder/devices/{id}",
    "/v1/holder/devices/{id}/end",
    "/v1/holder/freeze",
    "/v1/registrar/persons/{person}/freeze",
    "/v1/operator/credentials/{id}/withdraw",
];
const MAX_URGENT: usize = 256;
/// Routes that answer a venue's own credential alone. They have places of their own, however busy all others
/// are.
pub(super) fn is_of_venue(route: &str) -> bool {
    matches!(
        route,
        "/v1/scans" | "/v1/scans/batch" | "/v1/receipts" | "/v1/venue-codes" | "/v1/visits"
    )
}

/// What the operator's own watch asks for.
const HEALTH_ROUTES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];
const MAX_HEALTH: usize = 32;

/// The rooms of one service, each with places of its own.
pub(super) struct Rooms {
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
pub(super) enum WaitsFor {
    /// A scan, for the citizen.
    Citizen,
    /// A wallet or a desk, for news.
    News,
}

impl Rooms {
    pub(super) fn new(limits: &Limits) -> Arc<Self> {
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
    pub(super) fn admit(self: &Arc<Self>, route: Option<&str>) -> Option<Admission> {
        let room = match route {
            Some(route) if URGENT_ROUTES.contains(&route) => &self.urgent,
            Some(route) if HEALTH_ROUTES.contains(&route) => &self.health,
            Some(route) if is_of_venue(route) => &self.venues,
            _ => &self.work,
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
pub(super) struct Admission(Arc<Admitted>);

struct Admitted {
    rooms: Arc<Rooms>,
    room: Arc<Semaphore>,
    permit: Mutex<Option<OwnedSemaphorePermit>>,
    /// How much longer than others the request may take, seconds.
    longer: AtomicU64,
}

impl Admission {
    /// Lets the request take so many seconds longer than others, at work all the time.
    pub(super) fn take_longer(&self, seconds: u32) {
        self.0.longer.fetch_max(seconds.into(), Ordering::Relaxed);
    }

    /// How much longer than others the request may take.
    pub(super) fn longer(&self) -> Duration {
        Duration::from_secs(self.0.longer.load(Ordering::Relaxed))
    }

    /// Waits without a permit to work, and has one again when it is over. [`Problem::Busy`] while too many
    /// wait.
    pub(super) async fn wait<T>(
        &self,
        waits_for: WaitsFor,
        at_most: Duration,
        end: impl Future<Output = T>,
    ) -> Result<T, Problem> {
        let Admitted { rooms, room, permit, longer } = &*self.0;
        let places = match waits_for {
            WaitsFor::Citizen => &rooms.scans,
            WaitsFor::News => &rooms.polls,
        };
        let place = places.try_acquire().map_err(|_| Problem::Busy)?;
        longer.fetch_max(at_most.as_secs(), Ordering::Relaxed);
        let set = |new| *permit.lock().unwrap_or_else(PoisonError::into_inner) = new;
        set(None);
        let ended = end.await;
        // Never all at once, whatever ends many waits at once.
        let again = Arc::clone(room).acquire_owned().await.map_err(|_| Problem::Busy)?;
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

    #[test]
    fn every_route_that_has_a_room_of_its_own_is_a_route_of_the_service() {
        let description: serde_json::Value =
            serde_json::from_str(&crate::http::openapi().unwrap()).unwrap();
        let venues =
            ["/v1/scans", "/v1/scans/batch", "/v1/receipts", "/v1/venue-codes", "/v1/visits"];
        assert!(venues.iter().all(|route| is_of_venue(route)));
        for route in URGENT_ROUTES.iter().chain(&HEALTH_ROUTES).chain(&venues) {
            assert!(description["paths"].get(route).is_some(), "{route}");
        }
    }

    #[tokio::test]
    async fn a_wait_costs_no_permit_and_ends_with_one() {
        let rooms = rooms();
        let waiting = rooms.admit(Some("/v1/scans")).unwrap();
        assert!(rooms.admit(Some("/v1/scans")).is_none(), "one works, and one may");
        let minute = Duration::from_secs(60);
        let meanwhile = async { rooms.admit(Some("/v1/scans")).is_some() };
        assert_eq!(waiting.wait(WaitsFor::Citizen, minute, meanwhile).await, Ok(true));
        assert_eq!(waiting.longer(), minute);
        assert!(rooms.admit(Some("/v1/scans")).is_none(), "it works again");
        drop(waiting);
        assert!(rooms.admit(Some("/v1/scans")).is_some());
    }

    #[tokio::test]
    async fn places_to_wait_are_bounded_and_polls_take_none_of_the_scans() {
        let rooms = rooms();
        let second = Duration::from_secs(1);
        let never = std::future::pending::<()>;
        let mut held = Vec::new();
        for waits_for in [WaitsFor::Citizen, WaitsFor::Citizen, WaitsFor::News] {
            let admission = rooms.admit(None).unwrap();
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
        let admission = rooms.admit(None).unwrap();
        for waits_for in [WaitsFor::Citizen, WaitsFor::News] {
            assert_eq!(admission.wait(waits_for, second, never()).await, Err(Problem::Busy));
        }
        drop(held.pop());
        assert_eq!(admission.wait(WaitsFor::News, second, async {}).await, Ok(()));
    }

    #[test]
    fn venues_answers_freezes_and_health_have_rooms_of_their_own() {
        let rooms = rooms();
        let _working = rooms.admit(Some("/v1/token")).unwrap();
        assert!(rooms.admit(None).is_none());
        let _scanning = rooms.admit(Some("/v1/scans/batch")).unwrap();
        assert!(rooms.admit(Some("/v1/scans")).is_none(), "venues' own places are bounded as well");
        for route in URGENT_ROUTES.into_iter().chain(HEALTH_ROUTES) {
            assert!(rooms.admit(Some(route)).is_some(), "{route}");
        }
    }
}
