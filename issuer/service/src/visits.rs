//! Verdicts on their way to a desk's screen, for citizens who scanned the venue's code. In memory, for a minute.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::store::ReceiptId;

/// How long a verdict waits for its desk, seconds, and how long a desk counts as followed after its last request.
const KEPT: u64 = 60;
const FOLLOWED: u64 = 30;
/// Verdicts that wait for one desk, and desks that are followed.
const MOST_OF_ONE: usize = 32;
const MOST: usize = 10_000;

/// A desk: venue and device.
pub(crate) type Desk = (String, String);

/// A verdict for the desk's screen, as it is sent.
#[derive(Clone)]
pub(crate) struct Visit<T> {
    pub(crate) receipt: ReceiptId,
    pub(crate) answer: T,
    at: u64,
}

struct Inbox<T> {
    visits: VecDeque<Visit<T>>,
    /// Second of the last request, and how many are open.
    seen: u64,
    open: usize,
    arrived: Arc<Notify>,
}

impl<T> Inbox<T> {
    fn is_followed(&self, now: u64) -> bool {
        self.open > 0 || now.saturating_sub(self.seen) < FOLLOWED
    }

    fn drop_old(&mut self, now: u64) {
        self.visits.retain(|visit| now.saturating_sub(visit.at) < KEPT);
    }
}

/// Where visits are left and desks fetch them.
pub(crate) struct VisitDesk<T>(Mutex<HashMap<Desk, Inbox<T>>>);

impl<T> Default for VisitDesk<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> VisitDesk<T> {
    fn inboxes(&self) -> MutexGuard<'_, HashMap<Desk, Inbox<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody looks at this desk's screen, and it can take one more.
    pub(crate) fn is_followed(&self, desk: &Desk, now: u64) -> bool {
        let mut inboxes = self.inboxes();
        inboxes.get_mut(desk).is_some_and(|inbox| {
            inbox.drop_old(now);
            inbox.is_followed(now) && inbox.visits.len() < MOST_OF_ONE
        })
    }

    /// Sends a verdict to its desk.
    pub(crate) fn send(&self, desk: &Desk, receipt: ReceiptId, answer: T, now: u64) {
        if let Some(inbox) = self.inboxes().get_mut(desk) {
            inbox.visits.push_back(Visit { receipt, answer, at: now });
            if inbox.visits.len() > MOST_OF_ONE {
                inbox.visits.pop_front();
            }
            inbox.arrived.notify_waiters();
        }
    }

    /// The visits after the one that the desk saw last, once there is one or the time is over. `None` while too many desks are followed.
    pub(crate) async fn follow(
        &self,
        desk: Desk,
        after: Option<ReceiptId>,
        time: Duration,
        now: impl Fn() -> u64,
    ) -> Option<Vec<Visit<T>>> {
        let following = Following::begin(self, desk, now())?;
        let notify = Arc::clone(&following.arrived);
        let arrived = notify.notified();
        tokio::pin!(arrived);
        // Listens before it looks, so that nothing is missed in between.
        arrived.as_mut().enable();
        let mut visits = following.unseen(after, now());
        if visits.is_empty() && tokio::time::timeout(time, arrived).await.is_ok() {
            visits = following.unseen(after, now());
        }
        following.end(now());
        Some(visits)
    }
}

/// An open request of a desk; it is over when this is dropped.
struct Following<'a, T> {
    desks: &'a VisitDesk<T>,
    desk: Desk,
    arrived: Arc<Notify>,
}

impl<'a, T: Clone> Following<'a, T> {
    fn begin(desks: &'a VisitDesk<T>, desk: Desk, now: u64) -> Option<Self> {
        let mut inboxes = desks.inboxes();
        if inboxes.len() >= MOST && !inboxes.contains_key(&desk) {
            inboxes.retain(|_, inbox| inbox.is_followed(now));
            if inboxes.len() >= MOST {
                return None;
            }
        }
        let inbox = inboxes.entry(desk.clone()).or_insert_with(|| Inbox {
            visits: VecDeque::new(),
            seen: now,
            open: 0,
            arrived: Arc::default(),
        });
        inbox.seen = now;
        inbox.open += 1;
        let arrived = Arc::clone(&inbox.arrived);
        Some(Self { desks, desk, arrived })
    }

    /// Those up to `after` have been seen, and are let go.
    fn unseen(&self, after: Option<ReceiptId>, now: u64) -> Vec<Visit<T>> {
        let mut inboxes = self.desks.inboxes();
        let Some(inbox) = inboxes.get_mut(&self.desk) else { return Vec::new() };
        inbox.drop_old(now);
        if let Some(seen) = inbox.visits.iter().position(|visit| Some(visit.receipt) == after) {
            inbox.visits.drain(..=seen);
        }
        inbox.visits.iter().cloned().collect()
    }

    fn end(self, now: u64) {
        if let Some(inbox) = self.desks.inboxes().get_mut(&self.desk) {
            inbox.seen = now;
        }
    }
}

impl<T> Drop for Following<'_, T> {
    fn drop(&mut self) {
        let mut inboxes = self.desks.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(inbox) = inboxes.get_mut(&self.desk) {
            inbox.open -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_768_449_600;
    const HOUR: Duration = Duration::from_secs(3600);

    fn desk() -> Desk {
        ("library".into(), "desk".into())
    }

    async fn look(desks: &VisitDesk<u8>, after: Option<ReceiptId>, now: u64) -> Vec<u8> {
        let visits = desks.follow(desk(), after, Duration::ZERO, || now).await.unwrap();
        visits.into_iter().map(|visit| visit.answer).collect()
    }

    #[tokio::test]
    async fn a_verdict_is_there_until_the_desk_has_seen_it_or_a_minute_is_over() {
        let desks = VisitDesk::default();
        assert!(!desks.is_followed(&desk(), NOW));
        assert!(look(&desks, None, NOW).await.is_empty());
        assert!(desks.is_followed(&desk(), NOW + 29) && !desks.is_followed(&desk(), NOW + 30));
        desks.send(&desk(), [1; 16], 1, NOW);
        desks.send(&desk(), [2; 16], 2, NOW + 1);
        // An answer can be lost: it is there again.
        assert_eq!(look(&desks, None, NOW + 2).await, [1, 2]);
        assert_eq!(look(&desks, Some([1; 16]), NOW + 2).await, [2]);
        assert_eq!(look(&desks, None, NOW + 60).await, [2]);
        assert!(look(&desks, None, NOW + 61).await.is_empty());
    }

    #[tokio::test]
    async fn a_desk_that_waits_hears_at_once_and_one_that_went_away_is_not_followed() {
        let desks = VisitDesk::default();
        let send = async {
            tokio::task::yield_now().await;
            assert!(desks.is_followed(&desk(), NOW + 3600), "its request is open");
            desks.send(&desk(), [1; 16], 1, NOW);
        };
        let (heard, ()) = tokio::join!(desks.follow(desk(), None, HOUR, || NOW), send);
        assert_eq!(heard.unwrap().len(), 1);
        let open = desks.follow(desk(), Some([1; 16]), HOUR, || NOW);
        assert!(tokio::time::timeout(Duration::from_millis(5), open).await.is_err());
        assert!(!desks.is_followed(&desk(), NOW + 30));
    }

    #[tokio::test]
    async fn what_waits_is_bounded() {
        let desks = VisitDesk::default();
        look(&desks, None, NOW).await;
        for id in 0..40 {
            desks.send(&desk(), [id; 16], id, NOW);
        }
        assert!(!desks.is_followed(&desk(), NOW), "it cannot take one more");
        assert_eq!(look(&desks, None, NOW).await.len(), MOST_OF_ONE);
    }
}
