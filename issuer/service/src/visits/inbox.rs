//! Verdicts on their way to a desk's screen, for citizens who scanned the venue's code. In memory, for a
//! minute.
//!
//! This is no `Mailbox`: there, mail is taken once. Here each window of a desk reads all of its verdicts at a
//! place of its own, and a desk counts as followed while nothing waits for it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use szid_register::ReceiptId;
use tokio::sync::Notify;

/// How long a verdict waits for its desk.
const KEPT_SECONDS: u64 = 60;
/// How long a desk counts as followed after its last request.
const FOLLOWED_SECONDS: u64 = 30;
/// Verdicts that none of a desk's windows has seen.
const MAX_UNSEEN_PER_DESK: usize = 32;
/// With those that one of its windows has seen.
const MAX_VERDICTS_PER_DESK: usize = 2 * MAX_UNSEEN_PER_DESK;
/// Desks that are followed.
const MAX_DESKS: usize = 10_000;

/// A desk: venue and device.
pub(crate) type Desk = (String, String);

/// A verdict for the desk's screen, as it is sent.
#[derive(Clone)]
pub(crate) struct Visit<T> {
    pub(crate) receipt: ReceiptId,
    pub(crate) answer: T,
    at: u64,
    /// Its place among all of its desk.
    number: u64,
    /// Whether one of the desk's windows has named it, or a later one, as seen. Others may follow, too.
    is_seen: bool,
}

/// What a window of a desk has not seen.
pub(crate) struct Unseen<T> {
    pub(crate) visits: Vec<Visit<T>>,
    /// Where it goes on: to be named next time, also where there was nothing.
    pub(crate) next: [u8; 16],
}

struct Inbox<T> {
    visits: VecDeque<Visit<T>>,
    /// How many there were, and since when they are counted.
    count: u64,
    since: u64,
    /// Second of the last request, and how many are open.
    seen: u64,
    open: usize,
    arrived: Arc<Notify>,
}

impl<T> Inbox<T> {
    fn is_followed(&self, now: u64) -> bool {
        self.open > 0 || now.saturating_sub(self.seen) < FOLLOWED_SECONDS
    }

    fn drop_old(&mut self, now: u64) {
        self.visits.retain(|visit| now.saturating_sub(visit.at) < KEPT_SECONDS);
    }

    fn is_full(&self) -> bool {
        self.visits.iter().filter(|visit| !visit.is_seen).count() >= MAX_UNSEEN_PER_DESK
    }

    /// The number of the last one that was seen, as a window names it: by its receipt, or as it was told.
    fn number_of(&self, after: [u8; 16]) -> Option<u64> {
        if let Some(visit) = self.visits.iter().find(|visit| visit.receipt == after) {
            return Some(visit.number);
        }
        let (since, number) = after.split_first_chunk::<8>()?;
        let is_own = u64::from_be_bytes(*since) == self.since;
        number.first_chunk().filter(|_| is_own).map(|number| u64::from_be_bytes(*number))
    }

    fn next(&self) -> [u8; 16] {
        let mut next = [0; 16];
        next[..8].copy_from_slice(&self.since.to_be_bytes());
        next[8..].copy_from_slice(&self.count.to_be_bytes());
        next
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
            inbox.is_followed(now) && !inbox.is_full()
        })
    }

    /// Sends a verdict to its desk.
    pub(crate) fn send(&self, desk: &Desk, receipt: ReceiptId, answer: T, now: u64) {
        if let Some(inbox) = self.inboxes().get_mut(desk) {
            if inbox.is_full() || inbox.visits.len() >= MAX_VERDICTS_PER_DESK {
                inbox.visits.pop_front();
            }
            inbox.count += 1;
            let number = inbox.count;
            inbox.visits.push_back(Visit { receipt, answer, at: now, number, is_seen: false });
            inbox.arrived.notify_waiters();
        }
    }

    /// The visits after the one that the desk's window saw last, once there is one or the time is over; for a
    /// window that names none, those that no other one has seen. `None` while too many desks are followed.
    pub(crate) async fn follow(
        &self,
        desk: Desk,
        after: Option<[u8; 16]>,
        time: Duration,
        now: impl Fn() -> u64,
    ) -> Option<Unseen<T>> {
        let following = Following::begin(self, desk, now())?;
        let notify = Arc::clone(&following.arrived);
        let arrived = notify.notified();
        tokio::pin!(arrived);
        // Listens before it looks, so that nothing is missed in between.
        arrived.as_mut().enable();
        let mut unseen = following.unseen(after, now());
        if unseen.visits.is_empty() && tokio::time::timeout(time, arrived).await.is_ok() {
            unseen = following.unseen(after, now());
        }
        following.end(now());
        Some(unseen)
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
        if inboxes.len() >= MAX_DESKS && !inboxes.contains_key(&desk) {
            inboxes.retain(|_, inbox| inbox.is_followed(now));
            if inboxes.len() >= MAX_DESKS {
                return None;
            }
        }
        let inbox = inboxes.entry(desk.clone()).or_insert_with(|| Inbox {
            visits: VecDeque::new(),
            count: 0,
            since: now,
            seen: now,
            open: 0,
            arrived: Arc::default(),
        });
        inbox.seen = now;
        inbox.open += 1;
        let arrived = Arc::clone(&inbox.arrived);
        Some(Self { desks, desk, arrived })
    }

    /// Those up to `after` have been seen by one window, and stay for the others.
    fn unseen(&self, after: Option<[u8; 16]>, now: u64) -> Unseen<T> {
        let mut inboxes = self.desks.inboxes();
        let Some(inbox) = inboxes.get_mut(&self.desk) else {
            return Unseen { visits: Vec::new(), next: [0; 16] };
        };
        inbox.drop_old(now);
        // One that is not there any more was older than all that are.
        let seen = after.map(|after| inbox.number_of(after).unwrap_or(0));
        for visit in &mut inbox.visits {
            visit.is_seen |= seen.is_some_and(|seen| visit.number <= seen);
        }
        let is_unseen = |visit: &&Visit<T>| match seen {
            Some(seen) => visit.number > seen,
            None => !visit.is_seen,
        };
        let visits = inbox.visits.iter().filter(is_unseen).cloned().collect();
        Unseen { visits, next: inbox.next() }
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
        visits.visits.into_iter().map(|visit| visit.answer).collect()
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
        assert_eq!(heard.unwrap().visits.len(), 1);
        let open = desks.follow(desk(), Some([1; 16]), HOUR, || NOW);
        assert!(tokio::time::timeout(Duration::from_millis(5), open).await.is_err());
        assert!(!desks.is_followed(&desk(), NOW + 30));
    }

    #[tokio::test]
    async fn each_window_of_a_desk_sees_every_verdict_whatever_another_one_has_seen() {
        let desks = VisitDesk::default();
        let poll = async |after| {
            let found = desks.follow(desk(), after, Duration::ZERO, || NOW).await.unwrap();
            (found.visits.iter().map(|visit| visit.answer).collect::<Vec<_>>(), found.next)
        };
        // Two windows, before anybody came. One is between two requests when the first one comes.
        let ((none, first), (_, second)) = (poll(None).await, poll(None).await);
        assert!(none.is_empty());
        desks.send(&desk(), [1; 16], 1, NOW);
        let (seen, first) = poll(Some(first)).await;
        assert_eq!(seen, [1]);
        desks.send(&desk(), [2; 16], 2, NOW);
        // This names the first verdict as seen, and the other window has not had it.
        assert_eq!(poll(Some(first)).await.0, [2]);
        let (seen, second) = poll(Some(second)).await;
        assert_eq!(seen, [1, 2]);
        assert!(poll(Some(second)).await.0.is_empty());
        // So it is for a window that names receipts.
        assert_eq!(poll(Some([1; 16])).await.0, [2]);
        // A window that is opened now is not shown what was shown before.
        assert!(poll(None).await.0.is_empty());
        desks.send(&desk(), [3; 16], 3, NOW);
        assert_eq!((poll(None).await.0, poll(Some(second)).await.0), (vec![3], vec![3]));
        // Of another run of the service: whatever there is.
        assert_eq!(poll(Some([9; 16])).await.0, [1, 2, 3]);
    }

    #[tokio::test]
    async fn what_was_seen_takes_no_room_of_what_was_not() {
        let desks = VisitDesk::default();
        look(&desks, None, NOW).await;
        for id in 0..200 {
            assert!(desks.is_followed(&desk(), NOW), "{id}");
            desks.send(&desk(), [id; 16], id, NOW);
            look(&desks, Some([id; 16]), NOW).await;
        }
        assert_eq!(look(&desks, Some([9; 16]), NOW).await.len(), MAX_VERDICTS_PER_DESK);
    }

    #[tokio::test]
    async fn what_waits_is_bounded() {
        let desks = VisitDesk::default();
        look(&desks, None, NOW).await;
        for id in 0..40 {
            desks.send(&desk(), [id; 16], id, NOW);
        }
        assert!(!desks.is_followed(&desk(), NOW), "it cannot take one more");
        assert_eq!(look(&desks, None, NOW).await.len(), MAX_UNSEEN_PER_DESK);
    }
}
