//! From a checked request to a verdict: the code itself, then what only the register knows.

use szid_protocol::code::Challenge;
use szid_protocol::reason::Reason;
use szid_protocol::verdict::Verdict;
use szid_register::{Account, PassHolder};
use szid_verifier::scanner::Scanner;

use super::asking::Checked;
use super::shown::shown;
use super::{Scan, ScanFault};
use crate::verification::{find_holder, verify_online};

impl Scan<'_> {
    /// Everything that the code itself and the board of statuses can tell.
    pub(super) fn judge(self, checked: &Checked) -> Verdict {
        let judged = self.judged(checked);
        judged.unwrap_or_else(|reason| Verdict::refuse(reason, checked.scene))
    }

    fn judged(self, checked: &Checked) -> Result<Verdict, Reason> {
        let Self { scans, caller, policy, now } = self;
        let code = Scanner::default().read(&checked.code)?;
        let verify = |challenge: Option<&Challenge>| {
            verify_online(&scans.verification, &code, policy, challenge, &checked.operator, now)
        };
        let verdict = verify(checked.challenge.as_ref())?;
        // The desk that sends no nonce shows the service's own.
        if checked.challenge.is_none() && verdict.reason() == Reason::ChallengeMismatch {
            let shown = shown(&scans.common.register_key, caller, checked.scene, &code, now);
            return shown.map_or(Ok(verdict), |challenge| verify(Some(&challenge)));
        }
        Ok(verdict)
    }

    /// What only the register knows: whose pass it is, and on which document that identity rests.
    pub(super) async fn ask_register(
        self,
        verdict: Verdict,
    ) -> Result<(Verdict, Option<PassHolder>), ScanFault> {
        let Some(claimed) = verdict.holder() else { return Ok((verdict, None)) };
        let holder = find_holder(&self.scans.common, &claimed.pass).await?;
        let Some(known) = holder else { return Ok((verdict.without_holder(), None)) };
        let classes = &self.policy.classes;
        let covers = |class| classes.is_empty() || classes.contains(&class);
        let verdict = match known.account {
            Account::Frozen => verdict.overruled(Reason::Frozen),
            Account::Revoked => verdict.overruled(Reason::Revoked),
            Account::Active if !covers(known.document_class) => {
                verdict.overruled(Reason::ClassDenied)
            }
            Account::Active => verdict,
        };
        Ok((verdict, holder))
    }
}
