//! A code by which a device says that its holder wants what its token asks for: whoever merely holds a token
//! cannot give it.

use szid_protocol::code::Challenge;
use szid_protocol::scene::ScenePolicy;
use szid_protocol::verdict::Decision;
use szid_register::{Session, Word};

use super::fault::DeviceFault;
use crate::verification::{Verification, has_tier, verify_own};

/// The least authentication tier of such a code: the phone's own lock was opened, or its PIN given.
pub(crate) const TIER: u8 = 2;

/// What the code answers.
pub(crate) struct Asked<'a> {
    /// Which kind of question: no venue's id has a colon.
    pub(crate) audience: &'static str,
    /// The question, or what it is about: a code for one is good for no other.
    pub(crate) id: &'a [u8; 16],
}

/// Takes a code of this very device that answers what is asked, drawn by whoever opened the phone's lock, by
/// a key that gives the device's word.
pub(crate) async fn check_approval(
    verification: &Verification,
    holder: Session,
    asked: Asked<'_>,
    code: &str,
) -> Result<(), DeviceFault> {
    let Asked { audience, id } = asked;
    let challenge = Challenge { audience: audience.into(), nonce: id.to_vec() };
    let any = ScenePolicy::any();
    let verdict = verify_own(verification, holder.person, code, &any, Some(&challenge)).await?;
    let verdict = verdict.filter(|verdict| verdict.decision() == Decision::Accept);
    let verdict = verdict.filter(|verdict| has_tier(verdict, TIER));
    let Some(pass) = verdict.as_ref().and_then(|verdict| verdict.holder()).map(|held| &held.pass)
    else {
        return Err(DeviceFault::CodeRefused);
    };
    let checked = verification.common.checked_time();
    match verification.common.store.word(holder, pass.exp, pass.status_index, checked).await? {
        Word::Given => Ok(()),
        Word::Foreign => Err(DeviceFault::CodeRefused),
        Word::Unproven => Err(DeviceFault::Unproven),
    }
}
