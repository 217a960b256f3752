//! Questions to citizens that wait for an answer. They live in memory: the scan that waits for one ends with
//! the process. So an answer is acknowledged only once the scan that it decided is kept; until then it has
//! decided nothing.

use std::time::Duration;

use szid_register::{Matter, PersonId};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::shared::{Bounds, Held, Mail, Mailbox, OwnerFull, Share, Shares};

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

/// A question in the mailbox.
struct Waiting {
    question: ConsentQuestion,
    answer: oneshot::Sender<Answer>,
    /// Its venue may ask this person one more when it is gone.
    _share: Share<VenueAndPerson>,
}

type VenueAndPerson = (String, PersonId);

/// Where scans ask and wallets answer.
pub(crate) struct ConsentDesk {
    questions: Mailbox<(PersonId, ConsentId), PersonId, Waiting, Instant>,
    of_venue: Shares<VenueAndPerson>,
    /// Codes about which somebody is asked, until the register knows them as used.
    codes: Shares<AskedCode>,
}

impl Default for ConsentDesk {
    fn default() -> Self {
        let bounds = Bounds {
            total: MAX_QUESTIONS,
            per_owner: MAX_QUESTIONS_PER_PERSON,
            when_owner_is_full: OwnerFull::Refuse,
        };
        Self {
            questions: Mailbox::new(bounds),
            of_venue: Shares::new(MAX_QUESTIONS_OF_VENUE),
            codes: Shares::new(1),
        }
    }
}

/// A question that was put; it is withdrawn when this is dropped.
pub(crate) struct Asked<'a> {
    _held: Held<'a, (PersonId, ConsentId), PersonId, Waiting, Instant>,
    over: Instant,
    answer: oneshot::Receiver<Answer>,
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
    /// Takes a code to ask about. `None` while it is another scan's. It is held until the scan is kept: from
    /// then on the register knows that the code is used.
    pub(crate) fn hold(&self, code: AskedCode) -> Option<Share<AskedCode>> {
        self.codes.take(code)
    }

    /// Puts a question. `None` while too many wait.
    pub(crate) fn ask(
        &self,
        id: ConsentId,
        person: PersonId,
        question: ConsentQuestion,
    ) -> Option<Asked<'_>> {
        let share = self.of_venue.take((question.venue.clone(), person))?;
        let now = Instant::now();
        let over = now + question.time;
        let (sender, answer) = oneshot::channel();
        let value = Waiting { question, answer: sender, _share: share };
        let mail = Mail { key: (person, id), owner: person, value, until: over };
        let held = self.questions.put_held(mail, now).ok()?;
        Some(Asked { _held: held, over, answer })
    }

    /// How many questions wait.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.questions.count()
    }

    /// Ends every question without an answer, and takes no more: nobody would hear it.
    pub(crate) fn close(&self) {
        self.questions.close();
    }

    /// What a person is being asked now.
    pub(crate) fn questions(&self, person: PersonId) -> Vec<OpenQuestion> {
        self.questions.look_at_all(&person, Instant::now(), |mail| OpenQuestion {
            id: mail.key.1,
            question: mail.value.question.clone(),
            over: mail.until,
        })
    }

    /// The same, once there is something or the time is over.
    pub(crate) async fn wait_for_questions(
        &self,
        person: PersonId,
        time: Duration,
    ) -> Vec<OpenQuestion> {
        self.questions.wait(&person, time, Instant::now).await;
        self.questions(person)
    }

    /// One question of a person.
    pub(crate) fn question(&self, person: PersonId, id: &ConsentId) -> Option<ConsentQuestion> {
        let key = (person, *id);
        self.questions.look(&key, Instant::now(), |mail| mail.value.question.clone())
    }

    /// Answers a question once. True once the scan that the answer decided is kept; false when it was
    /// answered, withdrawn, or is another person's, and where the answer came too late or the scan could not
    /// be kept: it decided nothing then.
    pub(crate) async fn answer(&self, person: PersonId, id: &ConsentId, word: Word) -> bool {
        // Only the sender is kept from here on: the venue may ask its next question.
        let taken = self.questions.take(&(person, *id), Instant::now());
        let Some(answer) = taken.map(|waiting| waiting.answer) else { return false };
        let (heard, kept) = oneshot::channel();
        answer.send(Answer { word, heard: Heard(heard) }).is_ok() && kept.await.is_ok()
    }
}

impl Asked<'_> {
    /// How it ended.
    pub(crate) async fn answered(mut self) -> Reply {
        match tokio::time::timeout_at(self.over, &mut self.answer).await {
            Ok(Ok(answer)) => Reply::Answered(answer),
            // The next question may have cleared away one whose time is over.
            Ok(Err(_)) if Instant::now() < self.over => Reply::Closed,
            Ok(Err(_)) | Err(_) => Reply::Silence,
        }
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

    #[tokio::test]
    async fn a_question_that_the_next_one_cleared_away_ended_in_silence() {
        let desk = ConsentDesk::default();
        let asked = desk.ask([1; 16], LIN, question_of(Duration::from_millis(5))).unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
        let next = desk.ask([2; 16], CHEN, question());
        assert_eq!((desk.waiting(), next.is_some()), (1, true));
        assert!(matches!(asked.answered().await, Reply::Silence));
    }

    #[tokio::test]
    async fn an_answer_lets_its_venue_ask_again_before_the_scan_is_kept() {
        let desk = ConsentDesk::default();
        let asked = [1, 2].map(|id| desk.ask([id; 16], LIN, question()).unwrap());
        assert!(desk.ask([3; 16], LIN, question()).is_none());
        let answering = desk.answer(LIN, &[1; 16], Word::Approved);
        tokio::pin!(answering);
        assert!(tokio::time::timeout(Duration::from_millis(5), &mut answering).await.is_err());
        assert!(desk.ask([3; 16], LIN, question()).is_some());
        drop(asked);
        assert!(!answering.await);
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
        assert_eq!(desk.questions.count_waited_for(), 0);
    }
}
