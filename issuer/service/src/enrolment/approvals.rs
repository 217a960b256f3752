//! The person's own word about a new device, from a phone that is there: it takes the place of the second
//! registrar's.

use szid_register::{
    Approval, Approvers, DeviceRule, PersonId, Request, RequestFault, RequestId, Session,
};

use super::EnrolmentFault;
use crate::devices::{Asked, check_approval};
use crate::shared::Common;
use crate::verification::Verification;

/// Whom an approval is for: no venue's id has a colon.
pub(crate) const AUDIENCE: &str = "szid:enrolment";

/// That a counter asked for a new device.
pub(crate) struct Question {
    pub(crate) id: RequestId,
    /// What the new device means for the older ones.
    pub(crate) devices: DeviceRule,
    /// Unix seconds.
    pub(crate) asked_at: u64,
    /// When it is over, Unix seconds.
    pub(crate) expires_at: u64,
    /// Whether it was approved already.
    pub(crate) approved: bool,
}

impl Question {
    /// Nothing for what is not about this person, or is over.
    fn of(request: Request, person: PersonId, now: u64) -> Option<Self> {
        let (expires_at, is_over) = (request.expires_at(), request.is_over(now));
        match request.act {
            Approval::Enrolment { person: concerned, devices }
                if concerned == person && !is_over =>
            {
                Some(Self {
                    id: request.id,
                    devices,
                    asked_at: request.asked_at,
                    expires_at,
                    approved: request.approved_on.is_some(),
                })
            }
            _ => None,
        }
    }
}

/// New devices that counters asked for and nobody has confirmed yet, approved ones too.
pub(crate) async fn questions(
    common: &Common,
    person: PersonId,
) -> Result<Vec<Question>, EnrolmentFault> {
    let now = common.clock.now();
    let requests = common.store.requests(&Approvers::Registrars).await?.into_iter();
    Ok(requests.filter_map(|request| Question::of(request, person, now)).collect())
}

/// Approves a new device by a code of one that is there, or refuses it where there is no code; until it is
/// confirmed, a refusal takes an approval back.
pub(crate) async fn answer(
    verification: &Verification,
    holder: Session,
    id: RequestId,
    approval: Option<&str>,
) -> Result<(), EnrolmentFault> {
    let common = &verification.common;
    let now = common.clock.now();
    if let Some(code) = approval {
        let asked = Asked { audience: AUDIENCE, id: &id };
        check_approval(verification, holder, asked, code).await?;
        common.store.approve_enrolment(holder, id, now).await??;
    } else {
        let request = common.store.request(&Approvers::Registrars, id).await?;
        let concerned = request.is_some_and(|request| {
            matches!(request.act, Approval::Enrolment { person: concerned, .. } if concerned == holder.person)
        });
        if !concerned {
            return Err(RequestFault::Unknown.into());
        }
        common.store.reject_approval(&Approvers::Registrars, id, "holder".into(), now).await??;
    }
    Ok(())
}
