//! From a verdict on a code to an answer: what the register knows, the citizen's word, and both on disk.

use szid_identity::claims::Claims;
use szid_protocol::reason::Reason;
use szid_protocol::scene::{ReplayRule, ScenePolicy};
use szid_protocol::verdict::{Decision, Holder, Verdict};
use szid_protocol::verify::{Use, derive_replay_key};
use szid_register::entropy::make_receipt_id;
use szid_register::{
    Consent, Grounds, Kept, KeyDigest, PassHolder, PersonId, ReceiptId, ReportedWhen, Retry,
    ScanOutcome, ScanRecord, Subject, UsedCode,
};
use szid_verifier::derive_operator_digest;

use super::asking::Checked;
use super::release::{self, Asked};
use super::{ScanAnswer, ScanFault, Scans};
use crate::access::{AccessFault, Admission, VenueDevice, still_admitted};
use crate::failure::Failure;

/// A scan on its way: who scans, under which scene's rules, and when.
#[derive(Clone, Copy)]
pub(crate) struct Scan<'a> {
    pub(crate) scans: &'a Scans,
    pub(crate) caller: &'a VenueDevice,
    pub(crate) policy: &'a ScenePolicy,
    pub(crate) now: u64,
}

/// How the citizen's word is had where the scene asks for it.
pub(super) enum Asking<'a> {
    /// The phone is asked now, and the request is open for as long.
    OnPhone(&'a Admission),
    /// The code itself is the citizen's confirmation.
    Confirmed,
}

/// A scan that was decided but for what the store knows of its code.
pub(super) struct Judged {
    pub(super) checked: Checked,
    pub(super) verdict: Verdict,
    pub(super) person: Option<PersonId>,
    pub(super) claims: Option<Claims>,
    /// What the citizen said, where one was asked.
    asked: Asked,
    /// What it rests on, where it waited.
    grounds: Option<Box<Grounds>>,
}

impl Judged {
    /// As long as no citizen was asked, and nothing is given.
    pub(super) fn unasked(checked: Checked, verdict: Verdict, person: Option<PersonId>) -> Self {
        let asked = Asked { consent: Consent::NotAsked, reported: false, heard: None };
        Self { checked, verdict, person, claims: None, asked, grounds: None }
    }
}

impl Scan<'_> {
    /// Decides a verified scan, keeps it, and answers.
    pub(super) async fn decide(
        self,
        checked: Checked,
        verdict: Verdict,
        asking: Asking<'_>,
        retry: Option<Retry>,
    ) -> Result<ScanAnswer, ScanFault> {
        if verdict.reason().leaves_a_count() {
            let receipt = self.count_unreadable()?;
            return Ok(self.answer(&verdict, None, Consent::NotAsked, &receipt));
        }
        let (verdict, holder) = self.ask_register(verdict).await?;
        let person = holder.map(|holder| holder.id);
        let mut judged = Judged::unasked(checked, verdict, person);
        if let Some(holder) = holder.filter(|_| judged.verdict.decision() == Decision::Accept) {
            let claims = self.assemble(holder.id, judged.checked.only.as_deref()).await?;
            let asks = release::must_ask(&judged.verdict, self.policy);
            match asking {
                Asking::OnPhone(admission) if asks => {
                    return self.ask_once(judged, admission, holder, &claims.names(), retry).await;
                }
                Asking::Confirmed if asks => {
                    (judged.claims, judged.asked.consent) = (Some(claims), Consent::Approved);
                }
                Asking::OnPhone(_) | Asking::Confirmed => judged.claims = Some(claims),
            }
        }
        self.keep(judged, retry).await
    }

    /// Asks the citizen, once for a code, and keeps what comes of it. Asking about a used one would be in
    /// vain.
    async fn ask_once(
        mut self,
        mut judged: Judged,
        admission: &Admission,
        holder: PassHolder,
        asked: &[String],
        retry: Option<Retry>,
    ) -> Result<ScanAnswer, ScanFault> {
        let used = judged.verdict.holder().map(|holder| used_code(holder, &judged.checked));
        let used = used.ok_or_else(|| Failure::internal("a scan that asks has no holder"))?;
        // Held until it is kept: the register learns of the code only then.
        let held = self.scans.consents.desk.hold((used.device, used.iat));
        let seen = match &held {
            Some(_) => self.scans.common.store.seen(used).await?,
            None => Use::Again { same_operator: false },
        };
        judged.verdict = judged.verdict.after_use(seen, ReplayRule::Gate);
        if judged.verdict.decision() == Decision::Accept {
            self.ask(&mut judged, admission, holder, asked).await?;
        }
        self.keep(judged, retry).await
    }

    /// Asks the citizen. What is given is what they were asked for, as it is once they have answered.
    async fn ask(
        &mut self,
        judged: &mut Judged,
        admission: &Admission,
        holder: PassHolder,
        asked: &[String],
    ) -> Result<(), ScanFault> {
        let credential = self.caller.credential.ok_or(AccessFault::CredentialMissing)?;
        let grounds = judged.verdict.holder().map(|Holder { pass, .. }| Grounds {
            credential,
            pass: (pass.exp, pass.status_index, KeyDigest::of(&pass.device_key)),
            holder,
            venue_name: self.caller.venue.name.clone(),
            site_name: self.caller.site_name(),
        });
        let asking = self.ask_citizen(admission, &judged.checked, holder.id, asked);
        judged.asked = asking.await?;
        self.now = self.scans.common.clock.now().max(self.now);
        judged.grounds = grounds.map(Box::new);
        let consent = judged.asked.consent;
        judged.verdict = release::after_consent(judged.verdict.clone(), consent);
        if consent == Consent::Approved {
            judged.claims = Some(self.assemble(holder.id, Some(asked)).await?);
        }
        Ok(())
    }

    /// Counts a scan of what is no code of this city. Its receipt names it to the venue alone: no row is
    /// kept.
    pub(super) fn count_unreadable(self) -> Result<ReceiptId, ScanFault> {
        self.scans.common.metrics.unreadable_scans.inc();
        self.scans.unreadable.count(&self.caller.venue.id, &self.caller.device, self.now);
        Ok(make_receipt_id(&*self.scans.common.entropy, self.now)?)
    }

    /// Keeps the scan, and answers with what was kept.
    async fn keep(self, judged: Judged, retry: Option<Retry>) -> Result<ScanAnswer, ScanFault> {
        let record = self.record(&judged, retry)?;
        let (receipt, rule) = (record.receipt, self.replay_rule(&judged));
        let kept = self.scans.common.store.record_scans(vec![record]).await?;
        let Judged { verdict, claims, asked: Asked { consent, reported, heard }, .. } = judged;
        let kept = kept.into_iter().next();
        if let (Some(heard), Some(Kept::New(_) | Kept::Overruled(_))) = (heard, &kept) {
            heard.tell_kept();
            if reported {
                self.scans.common.metrics.use_reported(ReportedWhen::Asked);
            }
        }
        let verdict = match kept {
            Some(Kept::New(seen)) => verdict.after_use(seen, rule),
            Some(Kept::Overruled(reason)) => {
                if reason == Reason::ScannerWithdrawn {
                    still_admitted(&self.scans.access, self.caller).await?;
                }
                verdict.overruled(reason)
            }
            // The same request came twice at once, and the other was first.
            Some(Kept::Before(earlier)) => {
                let retry = retry
                    .ok_or_else(|| Failure::internal("an answer to a request without its key"))?;
                return self.repeat(&retry, earlier).await;
            }
            None => return Err(Failure::internal("no answer for a scan that was kept").into()),
        };
        Ok(self.answer(&verdict, claims, consent, &receipt))
    }

    /// The rule for a code that is used again. An approval is for one scan: a desk that asks again asks with
    /// a fresh code.
    fn replay_rule(self, judged: &Judged) -> ReplayRule {
        if judged.grounds.is_some() { ReplayRule::Gate } else { self.policy.replay }
    }

    /// What is kept of a scan.
    pub(super) fn record(
        self,
        judged: &Judged,
        retry: Option<Retry>,
    ) -> Result<ScanRecord, ScanFault> {
        let Judged { checked, verdict, person, claims, asked, grounds } = judged;
        let outcome = match (verdict.holder(), verdict.reason()) {
            (Some(holder), Reason::Ok) => ScanOutcome::Good {
                used: used_code(holder, checked),
                rule: self.replay_rule(judged),
            },
            (Some(holder), reason) if grounds.is_some() => {
                ScanOutcome::Asked { used: used_code(holder, checked), reason }
            }
            (_, reason) => ScanOutcome::Refused(reason),
        };
        let subject = person.map(|person| Subject {
            person,
            claims: claims.as_ref().map(Claims::names).unwrap_or_default(),
            consent: asked.consent,
            reported: asked.reported,
        });
        Ok(ScanRecord {
            receipt: make_receipt_id(&*self.scans.common.entropy, self.now)?,
            venue: self.caller.venue.id.clone(),
            device: self.caller.device.clone(),
            site: self.caller.site_id(),
            scene: checked.scene,
            outcome,
            subject,
            matter: checked.matter.clone(),
            retry,
            grounds: grounds.clone(),
            at: self.now,
        })
    }
}

fn used_code(holder: &Holder, checked: &Checked) -> UsedCode {
    let key = derive_replay_key(holder);
    let operator = derive_operator_digest(&checked.operator);
    UsedCode { device: key.device, iat: key.iat, operator }
}
