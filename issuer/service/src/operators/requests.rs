//! New credentials for devices: one manager asks, another one confirms and is shown the secret, once.

use sha2::{Digest, Sha256};
use szid_register::entropy::make_random;
use szid_register::{Approval, Approvers, CredentialId, Request, RequestId, draw_secret};

use super::OperatorFault;
use crate::access::Operator;
use crate::administration::is_label;
use crate::failure::Failure;
use crate::shared::Common;

/// A manager who may give something: not while their venue is suspended.
pub(crate) struct Giver(Operator);

impl Giver {
    pub(crate) fn of(manager: Operator) -> Result<Self, OperatorFault> {
        if manager.venue.suspended { Err(OperatorFault::Suspended) } else { Ok(Self(manager)) }
    }
}

/// A credential that is asked for.
pub(crate) struct CredentialRequest {
    pub(crate) id: RequestId,
    pub(crate) device: String,
    pub(crate) asked_by: String,
    /// Unix seconds.
    pub(crate) asked_at: u64,
    /// When it can no longer be confirmed, Unix seconds.
    pub(crate) expires_at: u64,
    /// `pending` or `expired`.
    pub(crate) state: &'static str,
}

impl CredentialRequest {
    fn of(request: Request, now: u64) -> Option<Self> {
        let (expires_at, state) = (request.expires_at(), request.state(now));
        let Approval::Credential { device, .. } = request.act else { return None };
        Some(Self {
            id: request.id,
            device,
            asked_by: request.asked_by,
            asked_at: request.asked_at,
            expires_at,
            state,
        })
    }
}

/// The requests that wait, and those that ran out within the last day; the newest first.
pub(crate) async fn waiting(
    common: &Common,
    caller: Operator,
) -> Result<Vec<CredentialRequest>, OperatorFault> {
    let now = common.clock.now();
    let mut found = common.store.requests(&Approvers::Venue(caller.venue.id)).await?;
    Request::sort(&mut found);
    Ok(found.into_iter().filter_map(|request| CredentialRequest::of(request, now)).collect())
}

/// Asks for a new credential of a device.
pub(crate) async fn ask(
    common: &Common,
    Giver(caller): Giver,
    device: String,
) -> Result<CredentialRequest, OperatorFault> {
    if !is_label(&device) {
        return Err(OperatorFault::Label);
    }
    let now = common.clock.now();
    let request = Request {
        id: make_random(&*common.entropy)?,
        act: Approval::Credential { venue: caller.venue.id, device },
        asked_by: caller.name,
        asked_at: now,
        approved_on: None,
    };
    let request = common.store.request_approval(request).await??.request;
    let read = CredentialRequest::of(request, now);
    Ok(read.ok_or_else(|| Failure::internal("a request that is not one for a credential"))?)
}

/// Ends a request without giving anything: one's own, or another's.
pub(crate) async fn refuse(
    common: &Common,
    caller: Operator,
    id: RequestId,
) -> Result<(), OperatorFault> {
    let approvers = Approvers::Venue(caller.venue.id);
    let now = common.clock.now();
    Ok(common.store.reject_approval(&approvers, id, caller.name, now).await??)
}

/// A credential that was given.
pub(crate) struct Given {
    pub(crate) device: String,
    pub(crate) credential: CredentialId,
    /// It is nowhere else.
    pub(crate) secret: String,
}

/// Confirms another manager's request.
pub(crate) async fn confirm(
    common: &Common,
    Giver(caller): Giver,
    id: RequestId,
) -> Result<Given, OperatorFault> {
    let secret = draw_secret(&*common.entropy)?;
    let (hash, now) = (Sha256::digest(&secret).into(), common.clock.now());
    let given = common.store.confirm_credential(&caller.venue.id, id, caller.name, hash, now);
    let given = given.await??;
    Ok(Given { device: given.device, credential: given.id, secret })
}
