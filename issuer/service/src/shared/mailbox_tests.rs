use std::collections::HashSet;
use std::sync::Weak;

use proptest::prelude::*;

use super::*;

const HOUR: Duration = Duration::from_secs(3600);
const MOMENT: Duration = Duration::from_millis(5);

/// Letters to owners by number, in a time that the test says.
type Letters = Mailbox<u8, u8, u32, u8>;

fn letters(total: usize, per_owner: usize, when_owner_is_full: OwnerFull) -> Letters {
    Mailbox::new(Bounds { total, per_owner, when_owner_is_full })
}

fn roomy() -> Letters {
    letters(100, 100, OwnerFull::Refuse)
}

fn letter(key: u8, owner: u8, until: u8) -> Mail<u8, u8, u32, u8> {
    Mail { key, owner, value: key.into(), until }
}

fn values<V: Copy>(mailbox: &Mailbox<u8, u8, V, u8>, owner: u8, now: u8) -> Vec<V> {
    mailbox.look_at_all(&owner, now, |mail| mail.value)
}

#[test]
fn mail_is_taken_once_and_until_its_time_is_over() {
    let mailbox = roomy();
    mailbox.put(letter(1, 0, 10), 0).unwrap();
    mailbox.put(letter(2, 0, 10), 0).unwrap();
    assert_eq!(mailbox.look(&1, 9, |mail| (mail.owner, mail.until)), Some((0, 10)));
    assert_eq!(mailbox.look(&1, 10, |_| ()), None, "it is over");
    assert_eq!((mailbox.take(&1, 9), mailbox.take(&1, 9)), (Some(1), None));
    assert_eq!(values(&mailbox, 0, 9), [2]);
    assert!(values(&mailbox, 0, 10).is_empty());
    assert_eq!((mailbox.take(&2, 10), mailbox.take(&2, 9)), (None, None));
    assert_eq!(mailbox.count(), 0);
}

#[test]
fn a_key_stands_for_one_piece_of_mail_until_that_is_over() {
    let mailbox = roomy();
    mailbox.put(letter(1, 0, 10), 0).unwrap();
    assert_eq!(mailbox.put(letter(1, 5, 20), 9), Err(Refused::KeyTaken));
    mailbox.put(letter(1, 5, 20), 10).unwrap();
    assert!(values(&mailbox, 0, 10).is_empty() && values(&mailbox, 5, 10) == [1]);
}

#[test]
fn what_waits_is_bounded_in_all_and_for_one_owner() {
    let mailbox = letters(3, 2, OwnerFull::Refuse);
    mailbox.put(letter(1, 0, 10), 0).unwrap();
    mailbox.put(letter(2, 0, 20), 0).unwrap();
    assert_eq!(mailbox.put(letter(3, 0, 20), 0), Err(Refused::OwnerFull));
    mailbox.put(letter(3, 1, 20), 0).unwrap();
    assert_eq!(mailbox.put(letter(4, 2, 20), 9), Err(Refused::Full));
    assert_eq!(mailbox.put(letter(4, 2, 20), 10), Ok(()), "what is over makes room");
    assert_eq!(mailbox.count(), 3);
}

#[test]
fn one_more_ends_the_owners_oldest_where_the_mailbox_says_so() {
    let mailbox = letters(3, 2, OwnerFull::EndOldest);
    for (key, until) in [(1, 20), (2, 10), (3, 20), (4, 20)] {
        mailbox.put(letter(key, 0, until), 0).unwrap();
    }
    assert_eq!(values(&mailbox, 0, 0), [3, 4]);
    mailbox.put(letter(5, 1, 20), 0).unwrap();
    assert_eq!(mailbox.put(letter(6, 1, 20), 0), Err(Refused::Full), "no other owner's");
    assert_eq!(mailbox.put(letter(6, 0, 20), 0), Ok(()), "in the place of the own one");
    assert_eq!((values(&mailbox, 0, 0), values(&mailbox, 1, 0)), (vec![4, 6], vec![5]));
}

#[test]
fn held_mail_is_withdrawn_with_its_holder_and_nothing_else_is() {
    let mailbox = roomy();
    let held = mailbox.put_held(letter(1, 0, 10), 0).unwrap();
    drop(held);
    assert_eq!((mailbox.take(&1, 0), mailbox.count()), (None, 0));
    let held = mailbox.put_held(letter(1, 0, 10), 0).unwrap();
    assert_eq!(mailbox.take(&1, 0), Some(1));
    mailbox.put(letter(1, 0, 10), 0).unwrap();
    drop(held);
    assert_eq!(mailbox.take(&1, 0), Some(1), "this came later under the same key");
}

#[test]
fn a_mailbox_that_is_closed_is_empty_and_stays_so() {
    let mailbox = roomy();
    let held = mailbox.put_held(letter(1, 0, 10), 0).unwrap();
    mailbox.close();
    assert!(values(&mailbox, 0, 0).is_empty() && mailbox.take(&1, 0).is_none());
    assert_eq!(mailbox.put(letter(2, 0, 10), 0), Err(Refused::Closed));
    drop(held);
    assert_eq!(mailbox.count(), 0);
}

#[tokio::test]
async fn all_who_wait_for_an_owner_hear_at_once_and_no_others() {
    let mailbox = roomy();
    let put = async {
        tokio::task::yield_now().await;
        mailbox.put(letter(1, 0, 10), 0).unwrap();
    };
    let wait = |owner| mailbox.wait(owner, HOUR, || 0);
    tokio::join!(wait(&0), wait(&0), put);
    wait(&0).await;
    let others = tokio::time::timeout(MOMENT, wait(&1));
    let (others, ()) = tokio::join!(others, async { mailbox.put(letter(2, 0, 10), 0).unwrap() });
    assert!(others.is_err());
    let over = tokio::time::timeout(MOMENT, mailbox.wait(&0, HOUR, || 10));
    assert!(over.await.is_err(), "what is over is nothing");
}

#[tokio::test]
async fn whoever_stops_waiting_leaves_no_trace() {
    let mailbox = roomy();
    let first = mailbox.wait(&0, HOUR, || 0);
    let second = mailbox.wait(&0, 2 * MOMENT, || 0);
    let first = tokio::time::timeout(MOMENT, first);
    let look = async {
        tokio::task::yield_now().await;
        assert_eq!(mailbox.state().waiters[&0].count, 2);
    };
    let (first, (), ()) = tokio::join!(first, second, look);
    assert!(first.is_err());
    assert!(mailbox.state().waiters.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_arrival_is_missed() {
    let mailbox = Arc::new(roomy());
    let (ping, pong) = (0, 1);
    let player = |own: u8, other: u8| {
        let mailbox = Arc::clone(&mailbox);
        async move {
            for _ in 0..2_000 {
                mailbox.wait(&own, HOUR, || 0).await;
                assert!(mailbox.take(&own, 0).is_some(), "{own} was woken for nothing");
                mailbox.put(letter(other, other, 10), 0).unwrap();
            }
        }
    };
    let players = [tokio::spawn(player(ping, pong)), tokio::spawn(player(pong, ping))];
    mailbox.put(letter(ping, ping, 10), 0).unwrap();
    for player in players {
        tokio::time::timeout(Duration::from_secs(60), player).await.unwrap().unwrap();
    }
}

#[test]
fn of_many_threads_one_takes() {
    let mailbox = roomy();
    for key in 0..100 {
        mailbox.put(letter(key, 0, 10), 0).unwrap();
    }
    let take_all = || (0..100).filter(|key| mailbox.take(key, 0).is_some()).count();
    let taken: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(take_all)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!((taken, mailbox.count()), (100, 0));
}

/// A value that looks, when it is dropped, whether its mailbox is locked.
struct Nosy(Weak<Mailbox<u8, u8, Nosy, u8>>);

impl Drop for Nosy {
    fn drop(&mut self) {
        if let Some(mailbox) = self.0.upgrade().filter(|_| !std::thread::panicking()) {
            assert!(mailbox.state.try_lock().is_ok());
        }
    }
}

#[test]
fn values_are_dropped_while_the_mailbox_is_not_locked() {
    let bounds = Bounds { total: 2, per_owner: 1, when_owner_is_full: OwnerFull::EndOldest };
    let mailbox = Arc::new(Mailbox::new(bounds));
    let nosy = |key, owner| Mail { key, owner, value: Nosy(Arc::downgrade(&mailbox)), until: 10 };
    drop(mailbox.put_held(nosy(1, 0), 0));
    mailbox.put(nosy(1, 0), 0).unwrap();
    mailbox.put(nosy(2, 0), 0).unwrap();
    assert_eq!(mailbox.put(nosy(2, 1), 0), Err(Refused::KeyTaken));
    mailbox.put(nosy(3, 1), 0).unwrap();
    assert_eq!(mailbox.put(nosy(4, 2), 0), Err(Refused::Full));
    assert!(mailbox.take(&2, 10).is_none());
    mailbox.put(nosy(4, 2), 10).unwrap();
    assert_eq!(mailbox.count(), 1);
    mailbox.close();
    assert_eq!(mailbox.put(nosy(5, 0), 0), Err(Refused::Closed));
}

#[derive(Clone, Debug)]
enum Step {
    Put { key: u8, owner: u8, until: u8, is_held: bool },
    Take { key: u8 },
    Drop { held: usize },
}

/// Each at a time of its own: clocks are set to and fro.
fn steps() -> impl Strategy<Value = Vec<(Step, u8)>> {
    let put = (0u8..6, 0u8..3, 1u8..12, any::<bool>());
    let put = put.prop_map(|(key, owner, until, is_held)| Step::Put { key, owner, until, is_held });
    let step = prop_oneof![
        6 => put,
        3 => (0u8..6).prop_map(|key| Step::Take { key }),
        1 => any::<usize>().prop_map(|held| Step::Drop { held }),
    ];
    proptest::collection::vec((step, 0u8..12), 1..60)
}

/// The same rules over a plain list, in the order in which mail was put.
struct Model {
    bounds: Bounds,
    mail: Vec<Mail<u8, u8, u32, u8>>,
}

impl Model {
    fn put(&mut self, mail: Mail<u8, u8, u32, u8>, now: u8) -> Result<(), Refused> {
        self.mail.retain(|other| now < other.until);
        if self.mail.iter().any(|other| other.key == mail.key) {
            return Err(Refused::KeyTaken);
        }
        let own = self.mail.iter().filter(|other| other.owner == mail.owner);
        let own: Vec<_> = own.map(|other| (other.until, other.value)).collect();
        if own.len() >= self.bounds.per_owner {
            if self.bounds.when_owner_is_full == OwnerFull::Refuse {
                return Err(Refused::OwnerFull);
            }
            // Values rise: the least is the one that was put first.
            let (_, oldest) = own.into_iter().min().unwrap();
            self.withdraw(oldest);
        } else if self.mail.len() >= self.bounds.total {
            return Err(Refused::Full);
        }
        self.mail.push(mail);
        Ok(())
    }

    fn take(&mut self, key: u8, now: u8) -> Option<u32> {
        let at = self.mail.iter().position(|mail| mail.key == key)?;
        let mail = self.mail.remove(at);
        (now < mail.until).then_some(mail.value)
    }

    fn withdraw(&mut self, value: u32) {
        self.mail.retain(|mail| mail.value != value);
    }

    fn assert_same(&self, mailbox: &Letters, now: u8) {
        for owner in 0..3 {
            let own = self.mail.iter().filter(|mail| mail.owner == owner && now < mail.until);
            let own: Vec<_> = own.map(|mail| mail.value).collect();
            assert_eq!(values(mailbox, owner, now), own);
        }
        let state = mailbox.state();
        let keys: HashSet<u8> = self.mail.iter().map(|mail| mail.key).collect();
        let of_owners: Vec<u8> = state.owners.values().flatten().copied().collect();
        assert_eq!(of_owners.len(), self.mail.len());
        assert_eq!(of_owners.into_iter().collect::<HashSet<_>>(), keys);
        assert_eq!(state.deadlines.values().copied().collect::<HashSet<_>>(), keys);
        assert_eq!((state.mail.len(), state.deadlines.len()), (keys.len(), keys.len()));
        assert!(state.owners.values().all(|keys| !keys.is_empty()));
    }
}

fn run(bounds: Bounds, steps: Vec<(Step, u8)>) {
    let mailbox = Mailbox::new(bounds);
    let mut model = Model { bounds, mail: Vec::new() };
    let mut all_held = Vec::new();
    for ((step, now), value) in steps.into_iter().zip(0u32..) {
        match step {
            Step::Put { key, owner, until, is_held } => {
                let mail = || Mail { key, owner, value, until };
                let expected = model.put(mail(), now);
                if is_held {
                    let put = mailbox.put_held(mail(), now);
                    assert_eq!(put.as_ref().map(drop).map_err(|refused| *refused), expected);
                    all_held.extend(put.map(|held| (held, value)));
                } else {
                    assert_eq!(mailbox.put(mail(), now), expected);
                }
            }
            Step::Take { key } => assert_eq!(mailbox.take(&key, now), model.take(key, now)),
            Step::Drop { held } if !all_held.is_empty() => {
                let (held, value) = all_held.swap_remove(held % all_held.len());
                drop(held);
                model.withdraw(value);
            }
            Step::Drop { .. } => {}
        }
        assert!(mailbox.count() <= bounds.total);
        model.assert_same(&mailbox, now);
    }
}

proptest! {
    #[test]
    fn a_mailbox_follows_its_model(
        total in 1usize..6,
        per_owner in 1usize..4,
        ends_oldest in any::<bool>(),
        steps in steps(),
    ) {
        let when_owner_is_full =
            if ends_oldest { OwnerFull::EndOldest } else { OwnerFull::Refuse };
        run(Bounds { total, per_owner, when_owner_is_full }, steps);
    }
}
