//! Questions to citizens that wait for an answer. They live in memory: the scan that waits for one ends with
//! the process. So an answer is acknowledged only once the scan that it decided is kept; until then it has
//! decided nothing.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use szid_register::{Matter, PersonId};
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

/// Questions that wait at once in the whole service. With its scan one costs some 14 kB (20,000 of them 280
/// MB), and its connection at most 16 kB of buffers.
const MAX_QUESTIONS: usize = 32_768;
/// Questions that one person is asked at once.
const MAX_QUESTIONS_PER_PERSON: usize = 4;
/// Those of one venue among them: no venue keeps a citizen from all others.
const MAX_QUESTIONS_OF_VENUE: usize = 2;

pub(crate) type ConsentId = [u8; 16];

/// A citizen code: the digest of its device key, and its second.
pub(crate) type AskedCode = ([u8; 16], u64);

/// What the citizen is asked.
#[derive(Clone)]
pub(crate) struct ConsentQuestion {
    pub(crate) venue: String,
    pub(crate) venue_name: String,
    pub(crate) site_name: Option<String>,
    pub(crate) scene: u16,
    pub(crate) claims: Vec<String>,
    pub(crate) matter: Option<Matter>,
    /// The least authentication tier of an approval.
    pub(crate) tier: u8,
    /// How long the venue waits in all.
    pub(crate) time: Duration,
}

/// A question as it stands.
#[derive(Clone)]
pub(crate) struct OpenQuestion {
    pub(crate) id: ConsentId,
    pub(crate) question: ConsentQuestion,
    /// When it is over, by the time that only goes forward: what a clock is set to changes nothing.
    over: Instant,
}

impl OpenQuestion {
    /// Whole seconds until it is over, rounded up: none are left only once it is over.
    pub(crate) fn seconds_left(&self) -> u32 {
        let left = self.over.saturating_duration_since(Instant::now());
        let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        u32::try_from(seconds).unwrap_or(u32::MAX)
    }
}

struct Waiting {
    open: OpenQuestion,
    answer: oneshot::Sender<Answer>,
}

#[derive(Default)]
struct State {
    /// A person's questions are few, and asked for by person only.
    waiting: HashMap<PersonId, Vec<Waiting>>,
    count: usize,
    /// Wallets that hold a connection until they are asked something.
    listening: HashMap<PersonId, Arc<Notify>>,
    /// Codes about which somebody is asked, until the register knows them as used.
    codes: HashSet<AskedCode>,
    closed: bool,
}

impl State {
    fn of_person(&self, person: PersonId) -> &[Waiting] {
        self.waiting.get(&person).map_or(&[], Vec::as_slice)
    }

    fn take(&mut self, person: PersonId, id: &ConsentId) -> Option<Waiting> {
        let questions = self.waiting.get_mut(&person)?;
        let at = questions.iter().position(|waiting| waiting.open.id == *id)?;
        let taken = questions.swap_remove(at);
        if questions.is_empty() {
            self.waiting.remove(&person);
        }
        self.count -= 1;
        Some(taken)
    }
}

/// Where scans ask and wallets answer.
#[derive(Default)]
pub(crate) struct ConsentDesk(Mutex<State>);

/// A question that was put; it is withdrawn when this is dropped.
pub(crate) struct Asked<'a> {
    desk: &'a ConsentDesk,
    person: PersonId,
    id: ConsentId,
    over: Instant,
    answer: oneshot::Receiver<Answer>,
}

/// A code about which nobody else may ask, as long as this is held.
pub(crate) struct HeldCode<'a> {
    desk: &'a ConsentDesk,
    code: AskedCode,
}

impl Drop for HeldCode<'_> {
    fn drop(&mut self) {
        self.desk.state().codes.remove(&self.code);
    }
}

/// What a citizen says to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Approved,
    Denied,
    /// Denied, and told to the city: nobody expected to be asked this.
    Reported,
}

/// The citizen's answer, with the wallet that waits to hear that it counts.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) word: Word,
    pub(crate) heard: Heard,
}

/// A wallet that waits until the scan that its answer decided is kept. Dropped before that, it hears that the
/// answer did not count.
#[derive(Debug)]
pub(crate) struct Heard(oneshot::Sender<()>);

impl Heard {
    /// The scan is on disk.
    pub(crate) fn tell_kept(self) {
        // A wallet that has gone finds the scan in its list of uses.
        let _ = self.0.send(());
    }
}

/// How a question ended.
#[derive(Debug)]
pub(crate) enum Reply {
    Answered(Answer),
    /// There was no answer in time.
    Silence,
    /// The service stops.
    Closed,
}

impl ConsentDesk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a code to ask about. `None` while it is another scan's. It is held until the scan is kept: from
    /// then on the register knows that the code is used.
    pub(crate) fn hold(&self, code: AskedCode) -> Option<HeldCode<'_>> {
        let is_free = self.state().codes.insert(code);
        // Made only where it is free: whatever is dropped lets go of the code.
        is_free.then(|| HeldCode { desk: self, code })
    }

    /// Puts a question. `None` while too many wait.
    pub(crate) fn ask(
        &self,
        id: ConsentId,
        person: PersonId,
        question: ConsentQuestion,
    ) -> Option<Asked<'_>> {
        let mut state = self.state();
        let of_person = state.of_person(person);
        let of_venue = |waiting: &&Waiting| waiting.open.question.venue == question.venue;
        let is_full = of_person.len() >= MAX_QUESTIONS_PER_PERSON
            || of_person.iter().filter(of_venue).count() >= MAX_QUESTIONS_OF_VENUE;
        if state.closed || state.count >= MAX_QUESTIONS || is_full {
            return None;
        }
        let (sender, answer) = oneshot::channel();
        let over = Instant::now() + question.time;
        let open = OpenQuestion { id, question, over };
        state.waiting.entry(person).or_default().push(Waiting { open, answer: sender });
        state.count += 1;
        if let Some(listener) = state.listening.get(&person) {
            listener.notify_waiters();
        }
        Some(Asked { desk: self, person, id, over, answer })
    }

    /// How many questions wait.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.state().count
    }

    /// Ends every question without an answer, and takes no more: nobody would hear it.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.count = 0;
        state.waiting.clear();
    }

    /// What a person is being asked now.
    pub(crate) fn questions(&self, person: PersonId) -> Vec<OpenQuestion> {
        let state = self.state();
        state.of_person(person).iter().map(|waiting| waiting.open.clone()).collect()
    }

    /// The same, once there is something or the time is over.
    pub(crate) async fn wait_for_questions(
        &self,
        person: PersonId,
        time: Duration,
    ) -> Vec<OpenQuestion> {
        let notify = Arc::clone(self.state().listening.entry(person).or_default());
        let listener = Listener { desk: self, person, notify };
        let notified = listener.notify.notified();
        tokio::pin!(notified);
        // Listens before it looks, so that nothing is missed in between.
        notified.as_mut().enable();
        let mut questions = self.questions(person);
        if questions.is_empty() && tokio::time::timeout(time, notified).await.is_ok() {
            questions = self.questions(person);
        }
        questions
    }

    /// One question of a person.
    pub(crate) fn question(&self, person: PersonId, id: &ConsentId) -> Option<ConsentQuestion> {
        let state = self.state();
        let waiting = state.of_person(person).iter().find(|waiting| waiting.open.id == *id)?;
        Some(waiting.open.question.clone())
    }

    /// Answers a question once. True once the scan that the answer decided is kept; false when it was
    /// answered, withdrawn, or is another person's, and where the answer came too late or the scan could not
    /// be kept: it decided nothing then.
    pub(crate) async fn answer(&self, person: PersonId, id: &ConsentId, word: Word) -> bool {
        let Some(waiting) = self.state().take(person, id) else { return false };
        let (heard, kept) = oneshot::channel();
        let answer = Answer { word, heard: Heard(heard) };
        waiting.answer.send(answer).is_ok() && kept.await.is_ok()
    }
}

impl Asked<'_> {
    /// How it ended.
    pub(crate) async fn answered(mut self) -> Reply {
        match tokio::time::timeout_at(self.over, &mut self.answer).await {
            Ok(Ok(answer)) => Reply::Answered(answer),
            Ok(Err(_)) => Reply::Closed,
            Err(_) => Reply::Silence,
        }
    }
}

/// A wallet's open request; it leaves no trace, however it ends.
struct Listener<'a> {
    desk: &'a ConsentDesk,
    person: PersonId,
    notify: Arc<Notify>,
}

impl Drop for Listener<'_> {
    fn drop(&mut self) {
        let mut state = self.desk.state();
        // This one and the map's.
        if Arc::strong_count(&self.notify) <= 2 {
            state.listening.remove(&self.person);
        }
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.desk.state().take(self.person, &self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIN: PersonId = PersonId([1; 16]);
    const CHEN: PersonId = PersonId([2; 16]);

    fn question() -> ConsentQuestion {
        ConsentQuestion {
            venue: "hospital".into(),
            venue_name: "医院".into(),
            site_name: None,
            scene: 6,
            claims: vec!["name".into()],
            matter: None,
            tier: 2,
            time: Duration::from_secs(30),
        }
    }

    fn question_of(time: Duration) -> ConsentQuestion {
        ConsentQuestion { time, ..question() }
    }

    #[tokio::test]
    async fn seconds_are_left_until_a_question_is_over() {
        let desk = ConsentDesk::default();
        let left = || desk.questions(LIN)[0].seconds_left();
        let asked = desk.ask([1; 16], LIN, question_of(Duration::from_millis(1_500))).unwrap();
        assert_eq!(left(), 2);
        tokio::time::sleep(Duration::from_millis(600)).await;
        assert_eq!(left(), 1);
        let open = desk.questions(LIN).remove(0);
        assert!(matches!(asked.answered().await, Reply::Silence));
        assert_eq!(open.seconds_left(), 0);
    }

    #[tokio::test]
    async fn a_question_is_answered_once_by_the_one_who_is_asked() {
        let desk = ConsentDesk::default();
        let asked = desk.ask([7; 16], LIN, question()).unwrap();
        assert!(desk.questions(CHEN).is_empty() && desk.question(CHEN, &[7; 16]).is_none());
        assert!(!desk.answer(CHEN, &[7; 16], Word::Approved).await);
        let scan = async {
            let Reply::Answered(Answer { word: Word::Approved, heard }) = asked.answered().await
            else {
                panic!("it was approved")
            };
            assert!(!desk.answer(LIN, &[7; 16], Word::Denied).await, "an answer stands");
            heard.tell_kept();
        };
        let (approved, ()) = tokio::join!(desk.answer(LIN, &[7; 16], Word::Approved), scan);
        assert!(approved);
    }

    #[tokio::test]
    async fn an_answer_counts_once_its_scan_is_kept() {
        let desk = ConsentDesk::default();
        let asked = desk.ask([7; 16], LIN, question()).unwrap();
        let answering = desk.answer(LIN, &[7; 16], Word::Denied);
        tokio::pin!(answering);
        let still = tokio::time::timeout(Duration::from_millis(5), &mut answering).await;
        assert!(still.is_err(), "nobody has taken it");
        let Reply::Answered(answer) = asked.answered().await else { panic!("it was denied") };
        let still = tokio::time::timeout(Duration::from_millis(5), &mut answering).await;
        assert!(still.is_err(), "nothing is kept");
        // The scan ends without being kept.
        drop(answer);
        assert!(!answering.await);

        // Silence and an answer at the same time: the question is over before the answer is looked at.
        let asked = desk.ask([8; 16], LIN, question()).unwrap();
        let answering = desk.answer(LIN, &[8; 16], Word::Denied);
        tokio::pin!(answering);
        assert!(tokio::time::timeout(Duration::ZERO, &mut answering).await.is_err());
        drop(asked);
        assert!(!answering.await);
    }

    #[tokio::test]
    async fn silence_ends_a_question_and_what_waits_is_bounded() {
        let desk = ConsentDesk::default();
        let asked = desk.ask([0; 16], LIN, question_of(Duration::from_millis(5))).unwrap();
        assert!(matches!(asked.answered().await, Reply::Silence));
        assert!(!desk.answer(LIN, &[0; 16], Word::Approved).await, "too late");
        let of = |venue: &str| ConsentQuestion { venue: venue.into(), ..question() };
        let mut held: Vec<_> = (1..=2).map(|id| desk.ask([id; 16], LIN, question())).collect();
        assert!(desk.ask([5; 16], LIN, question()).is_none(), "two of one venue");
        held.extend((3..=4).map(|id| desk.ask([id; 16], LIN, of("clinic"))));
        assert!(held.iter().all(Option::is_some) && desk.ask([5; 16], LIN, of("spa")).is_none());
        assert!(desk.ask([5; 16], CHEN, question()).is_some(), "others are not held up");
        drop(held);
        assert!(desk.questions(LIN).is_empty());
        assert_eq!(desk.waiting(), 0);
    }

    #[test]
    fn a_code_is_asked_about_by_one_scan_at_a_time() {
        let desk = ConsentDesk::default();
        let held = desk.hold(([1; 16], 7));
        assert!(held.is_some() && desk.hold(([1; 16], 7)).is_none());
        assert!(desk.hold(([1; 16], 8)).is_some() && desk.hold(([2; 16], 7)).is_some());
        drop(held);
        assert!(desk.hold(([1; 16], 7)).is_some());
    }

    #[tokio::test]
    async fn a_service_that_stops_asks_nobody() {
        let desk = ConsentDesk::default();
        let asked = desk.ask([0; 16], LIN, question()).unwrap();
        desk.close();
        assert!(matches!(asked.answered().await, Reply::Closed));
        assert!(desk.ask([1; 16], LIN, question()).is_none() && desk.waiting() == 0);
    }

    #[tokio::test]
    async fn a_wallet_that_listens_hears_at_once() {
        let desk = ConsentDesk::default();
        let hour = Duration::from_secs(3600);
        let ask = async {
            tokio::task::yield_now().await;
            desk.ask([7; 16], LIN, question()).unwrap()
        };
        let (heard, asked) = tokio::join!(desk.wait_for_questions(LIN, hour), ask);
        assert_eq!(heard.len(), 1);
        assert!(desk.wait_for_questions(CHEN, Duration::from_millis(5)).await.is_empty());
        // A wallet that went away while it waited.
        let gone =
            tokio::time::timeout(Duration::from_millis(5), desk.wait_for_questions(LIN, hour));
        drop(asked);
        assert!(gone.await.is_err());
        assert!(desk.state().listening.is_empty());
    }
}
