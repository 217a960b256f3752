//! Changes that take two administrators: one asked, another one confirms.

use sha2::{Digest, Sha256};
use szid_register::{AdminAct, Approval, Approvers, CredentialId, Request, RequestId, draw_secret};

use super::AdministrationFault;
use crate::shared::Common;

/// A change that waits for a second administrator.
pub(crate) struct WaitingAct {
    pub(crate) id: RequestId,
    pub(crate) act: AdminAct,
    /// The administrator who asked.
    pub(crate) asked_by: String,
    /// Unix seconds.
    pub(crate) asked_at: u64,
    /// When it can no longer be confirmed, Unix seconds.
    pub(crate) expires_at: u64,
    /// `pending` or `expired`.
    pub(crate) state: &'static str,
}

impl WaitingAct {
    /// Nothing for what is of other approvers.
    pub(super) fn of(request: Request, now: u64) -> Option<Self> {
        let (expires_at, state) = (request.expires_at(), request.state(now));
        let Approval::Administration(act) = request.act else { return None };
        Some(Self {
            id: request.id,
            act,
            asked_by: request.asked_by,
            asked_at: request.asked_at,
            expires_at,
            state,
        })
    }
}

/// The requests that wait, and those that ran out within the last day; the newest first.
pub(crate) async fn waiting(common: &Common) -> Result<Vec<WaitingAct>, AdministrationFault> {
    let now = common.clock.now();
    let mut found = common.store.requests(&Approvers::Administrators).await?;
    Request::sort(&mut found);
    Ok(found.into_iter().filter_map(|request| WaitingAct::of(request, now)).collect())
}

/// Ends a request without its act: one's own, or another's.
pub(crate) async fn refuse(
    common: &Common,
    actor: String,
    id: RequestId,
) -> Result<(), AdministrationFault> {
    let now = common.clock.now();
    Ok(common.store.reject_approval(&Approvers::Administrators, id, actor, now).await??)
}

/// What two administrators have done.
pub(crate) struct Confirmed {
    pub(crate) act: AdminAct,
    /// The credential that was made, and its secret, which is nowhere else.
    pub(crate) credential: Option<(CredentialId, String)>,
}

/// Confirms another administrator's request: it is done now.
pub(crate) async fn confirm(
    common: &Common,
    actor: String,
    id: RequestId,
) -> Result<Confirmed, AdministrationFault> {
    let now = common.clock.now();
    let secret = draw_secret(&*common.entropy)?;
    let hash = Sha256::digest(&secret).into();
    let confirmed = common.store.confirm_act(id, actor, hash, now).await??;
    let credential = confirmed.credential.map(|id| (id, secret));
    Ok(Confirmed { act: confirmed.act, credential })
}
