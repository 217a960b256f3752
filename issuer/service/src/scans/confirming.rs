//! A citizen's own confirmation of what a desk's code asks for, judged and kept as a scan of that desk.

use szid_protocol::code::Challenge;
use szid_register::PersonId;

use super::asking::{Checked, scanned_by};
use super::deciding::{Asking, Scan};
use super::{ScanAnswer, ScanFault};

impl Scan<'_> {
    /// Decides a confirmation by a code that answers the challenge.
    pub(crate) async fn confirm(
        self,
        code: String,
        challenge: Challenge,
    ) -> Result<ScanAnswer, ScanFault> {
        let checked = Checked {
            code,
            scene: self.policy.id,
            operator: scanned_by(self.caller, ""),
            challenge: Some(challenge),
            matter: None,
            only: None,
        };
        let verdict = self.judge(&checked);
        self.decide(checked, verdict, Asking::Confirmed, None).await
    }

    /// The names of the claims that this person's confirmation gives.
    pub(crate) async fn claims_of(self, person: PersonId) -> Result<Vec<String>, ScanFault> {
        Ok(self.assemble(person, None).await?.names())
    }
}
