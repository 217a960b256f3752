//! Scans that are sent again: a key stands for one request, which is worked on once and answered alike.

use std::sync::Arc;
use std::time::Duration;

use szid_identity::claims::Claims;
use szid_protocol::reason::Reason;
use szid_protocol::scene::ConsentRule;
use szid_protocol::verdict::Verdict;
use szid_register::{Account, Earlier, Person, Retry};
use tokio::task::JoinHandle;

use super::asking::Checked;
use super::deciding::Asking;
use super::release::MAX_CONSENT_SECONDS;
use super::{Scan, ScanAnswer, ScanFault, Scans};
use crate::access::{Admission, VenueDevice, WaitsFor, still_admitted};
use crate::failure::Failure;
use crate::numbers;
use crate::publication::SignedScenes;
use crate::shared::{Arrival, InFlight};

/// How long the values of claims are given again, and an acceptance in the words of a new one, seconds: as
/// long as an answer may be on its way, or a client tries again.
const VALUES_REPEATED: u64 = 120;

/// The scans that are worked on, of those with a key.
#[derive(Default)]
pub(crate) struct ScansInFlight(InFlight<Result<ScanAnswer, ScanFault>>);

/// A scan with all that it needs, so that it can go on when the client that sent it has gone.
pub(super) struct ScanJob {
    pub(super) scans: Arc<Scans>,
    pub(super) caller: VenueDevice,
    pub(super) scenes: Arc<SignedScenes>,
    pub(super) checked: Checked,
    pub(super) admission: Admission,
    pub(super) now: u64,
}

impl ScanJob {
    pub(super) async fn run(self, retry: Option<Retry>) -> Result<ScanAnswer, ScanFault> {
        let Self { scans, caller, scenes, mut checked, admission, now } = self;
        let policy = scenes.policies.scene(checked.scene).map_err(|_| ScanFault::SceneDenied)?;
        let scan = Scan { scans: &scans, caller: &caller, policy, now };
        let verdict = match numbers::resolve(&scans.numbers, &caller, &mut checked.code)? {
            // Two signatures are less work than handing them to another thread and back.
            Ok(()) => scan.judge(&checked),
            Err(reason) => Verdict::refuse(reason, checked.scene),
        };
        scan.decide(checked, verdict, Asking::OnPhone(&admission), retry).await
    }

    /// The answer to the same request, where there was one.
    async fn earlier(&self, retry: &Retry) -> Result<Option<ScanAnswer>, ScanFault> {
        let Self { scans, caller, scenes, checked, now, .. } = self;
        let Some(earlier) = scans.common.store.earlier_scan(retry.key).await? else {
            return Ok(None);
        };
        let policy = scenes.policies.scene(checked.scene).map_err(|_| ScanFault::SceneDenied)?;
        let scan = Scan { scans, caller, policy, now: *now };
        scan.repeat(retry, earlier).await.map(Some)
    }

    /// Works to its end. A question that was put is a use, whether or not the desk waits for what comes of
    /// it.
    pub(super) async fn run_to_its_end(self) -> Result<ScanAnswer, ScanFault> {
        if !self.asks() {
            return self.run(None).await;
        }
        ended(tokio::spawn(self.run(None))).await
    }

    fn asks(&self) -> bool {
        let policy = self.scenes.policies.scene(self.checked.scene);
        policy.is_ok_and(|policy| policy.consent == ConsentRule::Ask)
    }
}

/// Answers a request with a key: the first one that comes works, and the same ones that come meanwhile wait
/// for its answer.
pub(super) async fn answer_once(job: ScanJob, retry: Retry) -> Result<ScanAnswer, ScanFault> {
    loop {
        match job.scans.in_flight.0.arrive(&retry) {
            Arrival::Other => return Err(ScanFault::KeyReused),
            Arrival::TooMany => return Err(ScanFault::Busy),
            Arrival::Same(first) => {
                let at_most = Duration::from_secs(MAX_CONSENT_SECONDS.into());
                let answer = job.admission.wait(WaitsFor::Citizen, at_most, first.answer()).await?;
                still_admitted(&job.scans.access, &job.caller).await?;
                // Without an answer this one takes the first one's place.
                if let Some(answer) = answer {
                    return answer.map(|answer| answer.given_again(true));
                }
            }
            Arrival::First(first) => {
                if let Some(answer) = job.earlier(&retry).await? {
                    return Ok(answer);
                }
                if !job.asks() {
                    return first.finish(job.run(Some(retry)).await);
                }
                // A client that goes away comes again with the same key: the citizen is asked once all the
                // same.
                let asking = async move { first.finish(job.run(Some(retry)).await) };
                return ended(tokio::spawn(asking)).await;
            }
        }
    }
}

async fn ended(scan: JoinHandle<Result<ScanAnswer, ScanFault>>) -> Result<ScanAnswer, ScanFault> {
    scan.await
        .unwrap_or_else(|_| Err(Failure::internal("a scan was not decided to its end").into()))
}

impl Scan<'_> {
    /// Answers what the same request was answered before. A refusal is never answered by another's approval.
    pub(super) async fn repeat(
        self,
        retry: &Retry,
        earlier: Earlier,
    ) -> Result<ScanAnswer, ScanFault> {
        if earlier.request != retry.request {
            return Err(ScanFault::KeyReused);
        }
        let reason = Reason::from_code(&earlier.reason)
            .ok_or_else(|| Failure::internal("a kept reason is not known"))?;
        let claims = self.given_again(retry, &earlier).await?;
        let is_recent = self.is_recent(&earlier);
        let Earlier { consent, receipt, at, .. } = earlier;
        let answer = ScanAnswer::of(reason, self.policy, claims, consent, &receipt, at);
        Ok(answer.given_again(is_recent))
    }

    fn is_recent(&self, earlier: &Earlier) -> bool {
        self.now.checked_sub(earlier.at).is_some_and(|age| age <= VALUES_REPEATED)
    }

    /// The values of exactly those claims that were given, as long as nothing has changed since.
    async fn given_again(
        self,
        retry: &Retry,
        earlier: &Earlier,
    ) -> Result<Option<Claims>, ScanFault> {
        let Some(person) = earlier.person.filter(|_| {
            self.is_recent(earlier)
                && !earlier.claims.is_empty()
                && earlier.registration == retry.registration
        }) else {
            return Ok(None);
        };
        let person =
            self.scans.common.store.person(person).await?.ok_or(ScanFault::PersonUnknown)?;
        if !is_unchanged_since(&person, earlier.at) {
            return Ok(None);
        }
        let scan = Self { now: earlier.at, ..self };
        scan.assemble_of(&person, Some(&earlier.claims)).map(Some)
    }
}

/// True for an account that is good and was not touched in that second or later.
fn is_unchanged_since(person: &Person, at: u64) -> bool {
    person.account == Account::Active && person.updated_at < at
}
