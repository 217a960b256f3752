//! The citizen's side of a scan that asks: hear of the question, answer it once.

mod desk;
mod fault;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use desk::{
    Answer, ConsentDesk, ConsentId, ConsentQuestion, Heard, OpenQuestion, Reply, Word,
};
pub(crate) use fault::ConsentFault;
use szid_protocol::code::Challenge;
use szid_protocol::verdict::Decision;
use szid_register::PersonId;

use crate::access::{AccessFault, Admission, MAX_WAIT_SECONDS, WaitsFor, still_active};
use crate::publication::Publication;
use crate::shared::Common;
use crate::verification::{Verification, has_tier, verify_own};

/// What questions to citizens are kept and answered with.
pub(crate) struct Consents {
    pub(crate) common: Arc<Common>,
    pub(crate) publication: Arc<Publication>,
    pub(crate) verification: Arc<Verification>,
    pub(crate) desk: ConsentDesk,
}

/// A wallet that wants to hear what its holder is asked.
pub(crate) struct Listener {
    pub(crate) person: PersonId,
    /// The SHA-256 of its access token.
    pub(crate) token: Option<[u8; 32]>,
}

/// What a holder is being asked, as soon as there is something or the seconds are over.
pub(crate) async fn wait_for_questions(
    consents: &Consents,
    listener: Listener,
    admission: &Admission,
    seconds: u64,
) -> Result<Vec<OpenQuestion>, AccessFault> {
    let Listener { person, token } = listener;
    let time = Duration::from_secs(seconds.min(MAX_WAIT_SECONDS));
    let asked = consents.desk.wait_for_questions(person, time);
    // Without a place to wait it is told at once what there is.
    let questions = match admission.wait(WaitsFor::News, time, asked).await {
        Ok(questions) => questions,
        Err(_) => consents.desk.questions(person),
    };
    still_active(&consents.common, token, person).await?;
    Ok(questions)
}

/// Answers a question, once. An approval is a code that the device has drawn for it.
pub(crate) async fn answer(
    consents: &Consents,
    person: PersonId,
    id: &ConsentId,
    word: Word,
    code: Option<&str>,
) -> Result<(), ConsentFault> {
    let question = consents.desk.question(person, id).ok_or(ConsentFault::Over)?;
    if word == Word::Approved {
        let code = code.unwrap_or_default();
        if !is_approval(consents, person, id, &question, code).await? {
            return Err(ConsentFault::CodeRefused);
        }
    }
    if consents.desk.answer(person, id, word).await { Ok(()) } else { Err(ConsentFault::Over) }
}

/// True for a code of this person's device that answers this question with the tier that it asks for.
async fn is_approval(
    consents: &Consents,
    person: PersonId,
    id: &ConsentId,
    question: &ConsentQuestion,
    code: &str,
) -> Result<bool, ConsentFault> {
    let scenes = consents.publication.scenes.current();
    let policy = scenes.policies.scene(question.scene).map_err(|_| ConsentFault::Over)?;
    let challenge = Challenge { audience: question.venue.clone(), nonce: id.to_vec() };
    let verdict =
        verify_own(&consents.verification, person, code, policy, Some(&challenge)).await?;
    Ok(verdict.is_some_and(|verdict| {
        verdict.decision() == Decision::Accept && has_tier(&verdict, question.tier)
    }))
}
