//! A connector behind what keeps its faults from the service: a time-out, retries, a breaker, places, and the
//! cap of the policy.

use std::time::Duration;

use recloser::{AsyncRecloser, Error, Recloser};
use szid_register::Evidence;
use tokio::sync::Semaphore;

use super::{Asked, Connector, Proof, ProofFault, Proving, Returned, Step, Visit};

/// How long and how often a party is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The longest that a proof's begin may take, retries not counted; its end, which asks the party several
    /// things, may take twice as long.
    pub time: Duration,
    /// How often a request that got no answer is made again.
    pub retries: u32,
    /// Requests at once; more find the party unavailable.
    pub at_once: usize,
    /// Of so many requests, the breaker looks at how many got no answer: from half of them on, it opens.
    pub watched: usize,
    /// How long it stays open before the party is tried again.
    pub rest: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(4),
            retries: 1,
            at_once: 64,
            watched: 10,
            rest: Duration::from_secs(15),
        }
    }
}

/// How a guarded proof goes on.
pub enum GuardedStep {
    /// It is done.
    Proven(Evidence),
    /// The person goes to a page of the party.
    Visit(Visit),
}

/// A connector that is asked within bounds, and whose word never counts for more than its cap.
pub struct Guarded {
    connector: Box<dyn Connector>,
    bounds: Bounds,
    breaker: AsyncRecloser,
    places: Semaphore,
}

impl Guarded {
    /// Puts a connector behind its bounds.
    pub fn new(connector: Box<dyn Connector>, bounds: Bounds) -> Self {
        let watched = bounds.watched.max(2);
        let breaker = Recloser::custom()
            .error_rate(0.5)
            .closed_len(watched)
            // By the second answer it is known whether the party is there again.
            .half_open_len(1)
            .open_wait(bounds.rest)
            .build();
        let places = Semaphore::new(bounds.at_once);
        Self { connector, bounds, breaker: breaker.into(), places }
    }

    /// The connector's name.
    pub fn name(&self) -> &str {
        self.connector.name()
    }

    /// How it proves.
    pub fn method(&self) -> &str {
        self.connector.method()
    }

    /// Whether it is a mock.
    pub fn is_mock(&self) -> bool {
        self.connector.is_mock()
    }

    /// Begins a proof of an identity whose document has this class; `cap` is the policy's for it.
    ///
    /// # Errors
    /// [`ProofFault`].
    pub async fn begin(
        &self,
        asked: Asked<'_>,
        class: u16,
        cap: u8,
    ) -> Result<GuardedStep, ProofFault> {
        let mut left = self.bounds.retries;
        loop {
            match self.ask(self.connector.begin(asked), self.bounds.time).await {
                Err(Failed::NoAnswer) if left > 0 => left -= 1,
                Err(failed) => return Err(failed.fault()),
                Ok(Step::Proven(proof)) => {
                    return Ok(GuardedStep::Proven(self.evidence(proof, class, cap)?));
                }
                Ok(Step::Visit(visit)) => return Ok(GuardedStep::Visit(visit)),
            }
        }
    }

    /// Ends a proof for which somebody went elsewhere.
    ///
    /// # Errors
    /// [`ProofFault`]; it is over in any case.
    pub async fn finish(
        &self,
        asked: Asked<'_>,
        (visit, returned): (&[u8], &Returned),
        class: u16,
        cap: u8,
    ) -> Result<Evidence, ProofFault> {
        let proof = self.connector.finish(asked, visit, returned);
        let proof = self.ask(proof, 2 * self.bounds.time).await;
        self.evidence(proof.map_err(Failed::fault)?, class, cap)
    }

    async fn ask<T>(&self, answer: Proving<'_, T>, time: Duration) -> Result<T, Failed> {
        let Ok(_place) = self.places.try_acquire() else { return Err(Failed::LeftInPeace) };
        let in_time = async {
            let answer = tokio::time::timeout(time, answer).await;
            answer.unwrap_or(Err(ProofFault::Unavailable))
        };
        let is_down = |fault: &ProofFault| *fault == ProofFault::Unavailable;
        match self.breaker.call_with(is_down, in_time).await {
            Ok(answer) => Ok(answer),
            Err(Error::Rejected) => Err(Failed::LeftInPeace),
            Err(Error::Inner(ProofFault::Unavailable)) => Err(Failed::NoAnswer),
            Err(Error::Inner(fault)) => Err(Failed::Told(fault)),
        }
    }

    fn evidence(&self, proof: Proof, class: u16, cap: u8) -> Result<Evidence, ProofFault> {
        let level = proof.level.min(cap);
        if level == 0 {
            return Err(ProofFault::Level);
        }
        Ok(Evidence {
            method: self.method().into(),
            connector: self.name().into(),
            level,
            document_class: class,
            at: proof.at,
            expires_at: proof.expires_at,
        })
    }
}

/// Why a request came to nothing.
enum Failed {
    /// The party did not answer.
    NoAnswer,
    /// The party was not asked.
    LeftInPeace,
    /// The party answered with a fault.
    Told(ProofFault),
}

impl Failed {
    fn fault(self) -> ProofFault {
        match self {
            Self::NoAnswer | Self::LeftInPeace => ProofFault::Unavailable,
            Self::Told(fault) => fault,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::Identity;

    /// Answers as a script says, and never when that is over.
    struct Scripted {
        answers: Vec<Result<Proof, ProofFault>>,
        asked: Arc<AtomicUsize>,
    }

    impl Connector for Scripted {
        fn name(&self) -> &'static str {
            "party"
        }

        fn method(&self) -> &'static str {
            "word"
        }

        fn begin<'a>(&'a self, _: Asked<'a>) -> Proving<'a, Step> {
            Box::pin(async move {
                let answer = self.answers.get(self.asked.fetch_add(1, Ordering::Relaxed)).copied();
                match answer {
                    Some(answer) => answer.map(Step::Proven),
                    None => std::future::pending().await,
                }
            })
        }

        fn finish<'a>(&'a self, _: Asked<'a>, _: &'a [u8], _: &'a Returned) -> Proving<'a, Proof> {
            Box::pin(async move {
                self.asked.fetch_add(1, Ordering::Relaxed);
                std::future::pending().await
            })
        }
    }

    fn guarded(
        answers: Vec<Result<Proof, ProofFault>>,
        bounds: Bounds,
    ) -> (Guarded, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let connector = Scripted { answers, asked: Arc::clone(&asked) };
        (Guarded::new(Box::new(connector), bounds), asked)
    }

    const PROOF: Proof = Proof { level: 4, at: 7, expires_at: None };

    async fn begin(guarded: &Guarded) -> Result<Evidence, ProofFault> {
        let identity = Identity::of_document("111", "440399198803150018", "林示例");
        let asked = Asked { identity: &identity, state: "state", now: 7 };
        match guarded.begin(asked, 111, 2).await? {
            GuardedStep::Proven(evidence) => Ok(evidence),
            GuardedStep::Visit(_) => Err(ProofFault::GivenUp),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_word_counts_for_the_cap_and_no_more() {
        let nothing = Proof { level: 0, ..PROOF };
        let (guarded, _) = guarded(vec![Ok(PROOF), Ok(nothing)], Bounds::default());
        let evidence = begin(&guarded).await.unwrap();
        assert_eq!((evidence.level, evidence.document_class, evidence.at), (2, 111, 7));
        assert_eq!((&*evidence.connector, &*evidence.method), ("party", "word"));
        assert_eq!(begin(&guarded).await, Err(ProofFault::Level));
    }

    #[tokio::test(start_paused = true)]
    async fn what_gets_no_answer_is_asked_again_and_what_was_answered_is_not() {
        let bounds = Bounds { retries: 1, ..Bounds::default() };
        let (asked_twice, count) = guarded(vec![Err(ProofFault::Unavailable), Ok(PROOF)], bounds);
        assert!(begin(&asked_twice).await.is_ok());
        assert_eq!(count.load(Ordering::Relaxed), 2);
        let (told, count) = guarded(vec![Err(ProofFault::Mismatch), Ok(PROOF)], bounds);
        assert_eq!(begin(&told).await, Err(ProofFault::Mismatch));
        assert_eq!(count.load(Ordering::Relaxed), 1);
        let (slow, count) = guarded(Vec::new(), bounds);
        assert_eq!(begin(&slow).await, Err(ProofFault::Unavailable));
        assert_eq!(count.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_a_visit_is_tried_once() {
        let (guarded, count) = guarded(Vec::new(), Bounds::default());
        let identity = Identity::of_document("111", "440399198803150018", "林示例");
        let asked = Asked { identity: &identity, state: "state", now: 7 };
        let returned = Returned::default();
        let ended = guarded.finish(asked, (b"", &returned), 111, 2).await;
        assert_eq!(ended, Err(ProofFault::Unavailable));
        assert_eq!(count.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_party_that_is_down_is_left_in_peace_and_tried_again() {
        let bounds = Bounds {
            retries: 0,
            watched: 4,
            rest: Duration::from_millis(500),
            ..Bounds::default()
        };
        let down = vec![Err(ProofFault::Unavailable); 20];
        let (guarded, count) = guarded(down, bounds);
        for _ in 0..20 {
            assert_eq!(begin(&guarded).await, Err(ProofFault::Unavailable));
        }
        let asked = count.load(Ordering::Relaxed);
        assert!(asked < 10, "{asked}");
        // The breaker's rest is of the machine's clock, which nothing here can put forward.
        std::thread::sleep(Duration::from_millis(600));
        assert_eq!(begin(&guarded).await, Err(ProofFault::Unavailable));
        assert_eq!(count.load(Ordering::Relaxed), asked + 1);
    }

    #[tokio::test(start_paused = true)]
    async fn faults_that_the_party_tells_open_no_breaker() {
        let bounds = Bounds { retries: 0, watched: 4, ..Bounds::default() };
        let (guarded, count) = guarded(vec![Err(ProofFault::NotFound); 20], bounds);
        for _ in 0..20 {
            assert_eq!(begin(&guarded).await, Err(ProofFault::NotFound));
        }
        assert_eq!(count.load(Ordering::Relaxed), 20);
    }
}
