//! What takes two registrars: one asks, another one confirms. A freeze takes one, and no time.

use szid_register::{
    Account, Approval, Approvers, Asked, DeviceRule, PersonId, Request, RequestFault, RequestId,
};

use super::PersonFault;
use super::changes::ShownChange;
use super::lifting::Lifting;
use crate::accounts::Accounts;
use crate::failure::Failure;
use crate::issuance::{Draft, OfferMade, OfferSecrets};
use crate::shared::Common;

/// What a registrar asked for, as another one has to know it.
pub(crate) struct PersonRequest {
    pub(crate) id: RequestId,
    /// To whoever asks: an earlier request of theirs to the same end, whose place this one has taken.
    pub(crate) replaced: Option<RequestId>,
    pub(crate) person: PersonId,
    pub(crate) wanted: Wanted,
    /// To whoever asks for an enrolment: that the counter sees something that the register does not keep so.
    pub(crate) differs: bool,
    pub(crate) asked_by: String,
    /// Unix seconds.
    pub(crate) asked_at: u64,
    /// When it can no longer be confirmed, Unix seconds.
    pub(crate) expires_at: u64,
    /// Whether the person approved it on a phone that is not ended.
    pub(crate) approved: bool,
    /// `pending` or `expired`.
    pub(crate) state: &'static str,
}

/// What it is that a registrar asked for.
pub(crate) enum Wanted {
    /// Another state of the account; a lifting with the devices that come back.
    Account { account: Account, reason: String, lifting: Option<Lifting> },
    /// An offer for another device.
    Enrolment { devices: DeviceRule },
    /// That other data are kept.
    Change { shown: ShownChange, reason: String },
}

/// A request as it is shown; nothing for what is no registrar's.
async fn read(
    common: &Common,
    request: Request,
    now: u64,
) -> Result<Option<PersonRequest>, PersonFault> {
    let (expires_at, state) = (request.expires_at(), request.state(now));
    let (person, wanted) = match request.act {
        Approval::Account { person, account, reason, devices } => {
            let lifting = match account {
                Account::Active => {
                    let (store, named) = (&*common.store, devices.as_deref());
                    Some(Lifting::find(store, person, named, common.clock.now()).await?)
                }
                _ => None,
            };
            (person, Wanted::Account { account, reason, lifting })
        }
        Approval::Enrolment { person, devices } => (person, Wanted::Enrolment { devices }),
        Approval::Change(change) => {
            let Some(shown) = ShownChange::of(&common.register_key, &change) else {
                return Ok(None);
            };
            (change.person, Wanted::Change { shown, reason: change.reason })
        }
        _ => return Ok(None),
    };
    Ok(Some(PersonRequest {
        id: request.id,
        replaced: None,
        person,
        wanted,
        differs: false,
        asked_by: request.asked_by,
        asked_at: request.asked_at,
        expires_at,
        approved: request.approved_on.is_some(),
        state,
    }))
}

/// A request that was just made.
pub(super) async fn read_new(
    common: &Common,
    request: Request,
    now: u64,
) -> Result<PersonRequest, PersonFault> {
    let read = read(common, request, now).await?;
    Ok(read.ok_or_else(|| Failure::internal("a registrar's request cannot be read"))?)
}

/// What waits since it was asked for.
pub(crate) async fn read_asked(
    common: &Common,
    asked: Asked,
    now: u64,
) -> Result<PersonRequest, PersonFault> {
    let Asked { request, replaced, .. } = asked;
    Ok(PersonRequest { replaced, ..read_new(common, request, now).await? })
}

/// The requests that wait, and those that ran out within the last day; the newest first.
pub(crate) async fn waiting(common: &Common) -> Result<Vec<PersonRequest>, PersonFault> {
    let now = common.clock.now();
    let mut found = common.store.requests(&Approvers::Registrars).await?;
    Request::sort(&mut found);
    let mut requests = Vec::with_capacity(found.len());
    for request in found {
        requests.extend(read(common, request, now).await?);
    }
    Ok(requests)
}

/// Ends a request without its act: one's own, or another's.
pub(crate) async fn refuse(
    common: &Common,
    actor: String,
    id: RequestId,
) -> Result<(), PersonFault> {
    let now = common.clock.now();
    Ok(common.store.reject_approval(&Approvers::Registrars, id, actor, now).await??)
}

/// What a confirmed request came to.
pub(crate) enum Confirmed {
    /// The state of the person's account.
    Account(PersonId, Account),
    /// The offer for another device.
    Offer(OfferMade),
}

/// Confirms another registrar's request: it is done now.
pub(crate) async fn confirm(
    accounts: &Accounts,
    actor: String,
    id: RequestId,
) -> Result<Confirmed, PersonFault> {
    let request = accounts.common.store.request(&Approvers::Registrars, id).await?;
    let (person, account) = match request.ok_or(RequestFault::Unknown)?.act {
        Approval::Account { .. } => accounts.confirm_account(id, actor).await??,
        Approval::Change(_) => accounts.confirm_change(id, actor).await??,
        Approval::Enrolment { person, .. } => {
            let secrets = OfferSecrets::draw(&*accounts.common.entropy)?;
            let Draft { offer, offer_hash, grant } =
                Draft::new(&accounts.common, person, actor.clone(), &secrets)?;
            let now = accounts.common.clock.now();
            accounts.common.store.confirm_enrolment(id, actor, offer_hash, grant, now).await??;
            return Ok(Confirmed::Offer(offer));
        }
        _ => return Err(RequestFault::Unknown.into()),
    };
    Ok(Confirmed::Account(person, account))
}
