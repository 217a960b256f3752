//! Who holds the connections. Their number is bounded, in all and for each address, and where a bound is
//! reached idle ones make way: those of nobody first, so that a venue gets through however many sockets
//! somebody opens. An address's bound concerns its own connections alone.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::limits::Limits;
use crate::networks::{Network, is_proxy, share_of};

/// One connection, as requests on it change it. No lock: every request passes here twice.
pub(crate) struct Connection {
    /// True while a request is answered.
    busy: AtomicBool,
    /// True once a venue's credential was taken on it.
    of_venue: AtomicBool,
    /// The turn of its last use: the lowest one has been idle for the longest.
    turn: AtomicU64,
    close: Notify,
    /// Whose share it counts for; none for a proxy's, or one without an address.
    address: Option<IpAddr>,
}

impl Connection {
    /// Notes that a venue's credential was taken.
    pub(crate) fn is_of_venue(&self) {
        self.of_venue.store(true, Ordering::Relaxed);
    }

    /// Whether a venue's credential was taken on it before.
    pub(crate) fn serves_venue(&self) -> bool {
        self.of_venue.load(Ordering::Relaxed)
    }

    /// Counts as idle until the guard is dropped: while a body is on its way, nobody works.
    pub(crate) fn awaits(&self) -> Awaits<'_> {
        self.busy.store(false, Ordering::Relaxed);
        Awaits(self)
    }

    /// Returns once it is to make way.
    pub(crate) async fn closed(&self) {
        self.close.notified().await;
    }
}

/// A connection whose client has still to send something.
pub(crate) struct Awaits<'a>(&'a Connection);

impl Drop for Awaits<'_> {
    fn drop(&mut self) {
        self.0.busy.store(true, Ordering::Relaxed);
    }
}

/// All connections of a service.
pub(crate) struct Connections {
    most: usize,
    most_of_address: usize,
    proxies: Vec<Network>,
    turns: AtomicU64,
    open: Mutex<Open>,
}

/// Those that are open and have not made way.
#[derive(Default)]
struct Open {
    all: HashMap<u64, Arc<Connection>>,
    of_address: HashMap<IpAddr, usize>,
}

/// An open connection's place; free again when it is dropped.
pub(crate) struct Place {
    id: u64,
    connection: Arc<Connection>,
    connections: Arc<Connections>,
}

/// Why a connection gets no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoPlace {
    /// Its address has as many as it may, all of which are busy.
    Address,
    /// All are busy.
    Full,
}

impl Connections {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            most: limits.connections,
            most_of_address: limits.connections_per_address,
            proxies: limits.proxies.clone(),
            turns: AtomicU64::new(0),
            open: Mutex::default(),
        })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_turn(&self) -> u64 {
        self.turns.fetch_add(1, Ordering::Relaxed)
    }

    /// A place for a connection of this address, if it has one. A proxy's are everybody's: it has no share of
    /// its own.
    pub(crate) fn admit(self: &Arc<Self>, address: Option<IpAddr>) -> Result<Arc<Place>, NoPlace> {
        let address = address.filter(|address| !is_proxy(*address, &self.proxies)).map(share_of);
        let mut open = self.open();
        if let Some(address) = address
            && open.of_address(address) >= self.most_of_address
            && !open.make_way(|connection| connection.address == Some(address))
        {
            return Err(NoPlace::Address);
        }
        if open.all.len() >= self.most && !open.make_way(|_| true) {
            return Err(NoPlace::Full);
        }
        let id = self.next_turn();
        let connection = Arc::new(Connection {
            busy: AtomicBool::new(false),
            of_venue: AtomicBool::new(false),
            turn: AtomicU64::new(id),
            close: Notify::new(),
            address,
        });
        open.add(id, Arc::clone(&connection));
        drop(open);
        Ok(Arc::new(Place { id, connection, connections: Arc::clone(self) }))
    }

    /// Ends the connection that has been idle for the longest; false where none is idle.
    pub(crate) fn make_way(&self) -> bool {
        self.open().make_way(|_| true)
    }
}

impl Open {
    fn of_address(&self, address: IpAddr) -> usize {
        self.of_address.get(&address).copied().unwrap_or(0)
    }

    fn add(&mut self, id: u64, connection: Arc<Connection>) {
        if let Some(address) = connection.address {
            *self.of_address.entry(address).or_default() += 1;
        }
        self.all.insert(id, connection);
    }

    /// Nothing where it has made way: it is counted no longer from then on, however long it takes to end.
    fn remove(&mut self, id: u64) -> Option<Arc<Connection>> {
        let connection = self.all.remove(&id)?;
        if let Some(address) = connection.address
            && let Some(count) = self.of_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                self.of_address.remove(&address);
            }
        }
        Some(connection)
    }

    /// Of those that are meant, one of nobody before one of a venue.
    fn make_way(&mut self, is_meant: impl Fn(&Connection) -> bool) -> bool {
        let idle = self.all.iter().filter(|(_, connection)| {
            !connection.busy.load(Ordering::Relaxed) && is_meant(connection)
        });
        let rank = |connection: &Connection| {
            (connection.serves_venue(), connection.turn.load(Ordering::Relaxed))
        };
        let longest = idle.min_by_key(|(_, connection)| rank(connection)).map(|(id, _)| *id);
        let Some(connection) = longest.and_then(|id| self.remove(id)) else { return false };
        connection.close.notify_one();
        true
    }
}

impl Place {
    pub(crate) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// Marks it as busy until the guard is dropped, whether or not the request is answered.
    pub(crate) fn busy(self: &Arc<Self>) -> Busy {
        self.connection.busy.store(true, Ordering::Relaxed);
        Busy(Arc::clone(self))
    }
}

/// A request is being answered.
pub(crate) struct Busy(Arc<Place>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.connection.turn.store(self.0.connections.next_turn(), Ordering::Relaxed);
        self.0.connection.busy.store(false, Ordering::Relaxed);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.open().remove(self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(most: usize, of_address: usize) -> Arc<Connections> {
        let proxies = vec!["127.0.0.1".parse().unwrap()];
        let limits = Limits {
            connections: most,
            connections_per_address: of_address,
            proxies,
            ..Limits::default()
        };
        Connections::new(&limits)
    }

    fn address(number: u8) -> Option<IpAddr> {
        Some([10, 0, 0, number].into())
    }

    fn was_closed(place: &Place) -> bool {
        use std::task::{Context, Poll, Waker};
        let closed = std::pin::pin!(place.connection().closed());
        closed.poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(())
    }

    #[test]
    fn the_one_that_was_idle_for_the_longest_makes_way_and_no_busy_one() {
        let connections = connections(3, 9);
        let places: Vec<_> = (0..3).map(|n| connections.admit(address(n)).unwrap()).collect();
        let _busy = places[0].busy();
        drop(places[1].busy());
        let _fresh = connections.admit(address(3)).unwrap();
        assert_eq!(
            places.iter().map(|place| was_closed(place)).collect::<Vec<_>>(),
            [false, false, true]
        );
    }

    #[test]
    fn a_venues_connection_outlasts_those_of_nobody() {
        let connections = connections(3, 9);
        let venue = connections.admit(address(1)).unwrap();
        venue.connection().is_of_venue();
        let flood: Vec<_> = (2..52).map(|n| connections.admit(address(n)).unwrap()).collect();
        assert!(!was_closed(&venue));
        assert_eq!(flood.iter().filter(|place| !was_closed(place)).count(), 2);
    }

    #[test]
    fn nobody_is_admitted_while_all_are_busy_and_places_come_back() {
        let connections = connections(2, 9);
        let (first, second) =
            (connections.admit(address(1)).unwrap(), connections.admit(address(2)));
        let second = second.unwrap();
        let (busy, _second) = (first.busy(), second.busy());
        assert_eq!(connections.admit(address(3)).err(), Some(NoPlace::Full));
        drop((busy, first));
        assert!(connections.admit(address(3)).is_ok());
    }

    #[test]
    fn one_whose_body_is_on_its_way_makes_way_as_an_idle_one_does() {
        let connections = connections(1, 9);
        let slow = connections.admit(address(1)).unwrap();
        let busy = slow.busy();
        assert_eq!(connections.admit(address(2)).err(), Some(NoPlace::Full));
        drop(slow.connection().awaits());
        assert_eq!(connections.admit(address(2)).err(), Some(NoPlace::Full), "it has arrived");
        let awaits = slow.connection().awaits();
        assert!(connections.admit(address(2)).is_ok() && was_closed(&slow));
        drop((awaits, busy));
    }

    #[test]
    fn of_an_address_that_has_its_share_the_idle_ones_make_way_and_no_others() {
        let connections = connections(99, 2);
        let other = connections.admit(address(2)).unwrap();
        let held: Vec<_> = (0..2).map(|_| connections.admit(address(1)).unwrap()).collect();
        let next = connections.admit(address(1)).unwrap();
        assert!(was_closed(&held[0]) && !was_closed(&held[1]) && !was_closed(&other));
        // One that made way is counted no longer, though it may take a while to go.
        let after = connections.admit(address(1)).unwrap();
        assert!(was_closed(&held[1]) && !was_closed(&next) && !was_closed(&after));
        drop(held);
        let _busy = next.busy();
        assert!(connections.admit(address(1)).is_ok() && was_closed(&after));
    }

    #[test]
    fn an_address_has_its_share_and_a_proxy_needs_none() {
        let connections = connections(99, 2);
        let held: Vec<_> = (0..2).map(|_| connections.admit(address(1)).unwrap()).collect();
        let busy: Vec<_> = held.iter().map(Place::busy).collect();
        assert_eq!(connections.admit(address(1)).err(), Some(NoPlace::Address));
        assert!(connections.admit(address(2)).is_ok());
        drop((busy, held));
        let proxy = Some([127, 0, 0, 1].into());
        let through: Vec<_> = (0..9).map(|_| connections.admit(proxy)).collect();
        assert!(through.iter().all(Result::is_ok));
        assert!(connections.admit(None).is_ok(), "a local socket has no address");
        drop(through);
        assert!(connections.open().of_address.is_empty(), "nothing is kept of who has none");
    }
}
