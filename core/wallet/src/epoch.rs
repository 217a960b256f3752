//! How often the issuer's register was put back from a copy. The metadata say so, which nobody has signed:
//! they are a hint, and the city's signed audit head is believed.

use data_encoding::BASE64URL_NOPAD;
use szid_protocol::audit_head::SignedAuditHead;
use szid_protocol::trust::VerifiedTrustList;

use crate::client::Endpoints;
use crate::error::WalletError;
use crate::records::{ACCESS, Batch, ENROLLED, Enrolled, STATE};
use crate::wallet::Wallet;

/// What a signed head changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// Nothing.
    Nothing,
    /// What is kept of it, and no pass.
    Noted,
    /// The register was put back: it may not know the passes that are here.
    PutBack,
}

impl Wallet {
    /// An issuer whose register was put back from a copy may not know the passes that are here: all are
    /// replaced.
    pub(crate) async fn follow_epoch(
        &self,
        at: &Endpoints,
        trust: &VerifiedTrustList,
    ) -> Result<(), WalletError> {
        let mut enrolled = self.enrolled()?.ok_or(WalletError::NotEnrolled)?;
        if at.epoch == enrolled.epoch {
            return Ok(());
        }
        let Some(head) = self.signed_head(at, trust).await else { return Ok(()) };
        let change = note(&mut enrolled, &head);
        let mut batch = Batch::default();
        match change {
            Change::Nothing => return Ok(()),
            Change::Noted => {}
            Change::PutBack => {
                (enrolled.replace_strip, enrolled.keeps_replaced) = (true, true);
                // Its access tokens are as old as the copy.
                batch.delete(STATE, ACCESS);
            }
        }
        batch.put(STATE, ENROLLED, &enrolled)?;
        batch.write(&self.vault)
    }

    /// What an enrolment begins with: no head is asked for where the register was never put back.
    pub(crate) async fn first_head(
        &self,
        at: &Endpoints,
        trust: &VerifiedTrustList,
    ) -> Option<SignedAuditHead> {
        if at.epoch == 0 { None } else { self.signed_head(at, trust).await }
    }

    /// The issuer's audit head; none where none comes that a key of the list signed. That keeps nothing else
    /// from going on.
    async fn signed_head(
        &self,
        at: &Endpoints,
        trust: &VerifiedTrustList,
    ) -> Option<SignedAuditHead> {
        let head = self.client.audit_head(&at.issuer).await.ok()?;
        SignedAuditHead::verify(&head, trust).ok()
    }
}

impl Enrolled {
    /// Begins with the epoch that a signed head shows. Where there was none, the first refresh that finds one
    /// replaces the strip.
    pub(crate) fn begin_with(&mut self, head: Option<&SignedAuditHead>) {
        if let Some(head) = head {
            note(self, head);
        }
    }
}

/// Notes what a signed head says. One of another register says nothing of this one, and one of before, as a
/// cache may have it, nothing new.
fn note(enrolled: &mut Enrolled, head: &SignedAuditHead) -> Change {
    let register = BASE64URL_NOPAD.encode(&head.register);
    let is_first = enrolled.register.is_none();
    if !is_first && enrolled.register.as_ref() != Some(&register) {
        return Change::Nothing;
    }
    let is_newer = head.epoch > enrolled.epoch;
    if !is_newer && !is_first {
        return Change::Nothing;
    }
    // What was held until the first head was of nobody's signature: a higher one goes down to what is signed.
    (enrolled.epoch, enrolled.register) = (head.epoch, Some(register));
    if is_newer { Change::PutBack } else { Change::Noted }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(register: u8, epoch: u32) -> SignedAuditHead {
        SignedAuditHead {
            signed_at: 1,
            register: [register; 16],
            epoch,
            number: 1,
            digest: [9; 32],
        }
    }

    #[test]
    fn what_no_head_has_shown_goes_down_to_what_one_shows_and_then_up_alone() {
        let mut enrolled = Enrolled {
            issuer: "https://id.example".into(),
            refresh_token: "a".into(),
            offer: Vec::new(),
            replace_strip: false,
            keeps_replaced: false,
            // As the metadata made up once, to a version that believed them.
            epoch: 4_000_000_000,
            register: None,
            refresh_token_before: None,
        };
        for (head, change, epoch) in [
            (head(1, 1), Change::Noted, 1),
            (head(1, 1), Change::Nothing, 1),
            (head(1, 0), Change::Nothing, 1),
            (head(2, 9), Change::Nothing, 1),
            (head(1, 2), Change::PutBack, 2),
            (head(1, u32::MAX), Change::PutBack, u32::MAX),
        ] {
            assert_eq!(note(&mut enrolled, &head), change, "{head:?}");
            assert_eq!(enrolled.epoch, epoch, "{head:?}");
        }
    }
}
