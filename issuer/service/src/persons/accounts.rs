//! How a person's account stands: frozen by one registrar, lifted and revoked by two.

use szid_identity::is_word;
use szid_register::entropy::make_random;
use szid_register::{Account, AccountChange, Approval, DeviceId, PersonId, Request};

use super::PersonFault;
use super::requests::{PersonRequest, read_asked, read_new};
use crate::accounts::Accounts;
use crate::devices::{Held, held};
use crate::shared::Common;

/// A short word such as `lost_phone`: it goes into the audit trail.
pub(crate) struct Reason(String);

impl Reason {
    pub(crate) fn read(text: String) -> Result<Self, PersonFault> {
        if is_word(&text) { Ok(Self(text)) } else { Err(PersonFault::Reason) }
    }
}

/// The devices of a person at the counter. Each look is noted; one registrar has so many of one person.
pub(crate) async fn look(
    common: &Common,
    registrar: String,
    person: PersonId,
) -> Result<Held, PersonFault> {
    let now = common.clock.now();
    common.store.note_look(person, registrar, now).await??;
    Ok(held(&*common.store, person, now).await?)
}

/// Suspends an account and all its devices but the one that is kept; the request, where it waits for a second
/// registrar.
pub(crate) async fn freeze(
    accounts: &Accounts,
    actor: String,
    person: PersonId,
    Reason(reason): Reason,
    keep: Option<DeviceId>,
) -> Result<Option<PersonRequest>, PersonFault> {
    let (account, at) = (Account::Frozen, accounts.common.clock.now());
    let change = AccountChange { person, account, keep, back: None, actor, reason, at };
    match accounts.freeze(change, make_random(&*accounts.common.entropy)?).await?? {
        None => Ok(None),
        Some(request) => Ok(Some(read_new(&accounts.common, request, at).await?)),
    }
}

/// Asks for a freeze to be lifted; nothing waits where the account is active already. The devices that are
/// named come back.
pub(crate) async fn lift(
    common: &Common,
    actor: String,
    person: PersonId,
    reason: Reason,
    devices: Option<Vec<DeviceId>>,
) -> Result<Option<PersonRequest>, PersonFault> {
    let known = account_of(common, person).await?;
    if known == Account::Active {
        // Nothing is lifted, and nobody is told of it.
        return Ok(None);
    }
    ask(common, actor, person, reason, Account::Active, devices).await.map(Some)
}

/// Asks for all passes and tokens of a person to be ended, for good.
pub(crate) async fn revoke(
    common: &Common,
    actor: String,
    person: PersonId,
    reason: Reason,
) -> Result<PersonRequest, PersonFault> {
    account_of(common, person).await?;
    ask(common, actor, person, reason, Account::Revoked, None).await
}

/// What could not be done is told now, not to the second registrar.
async fn account_of(common: &Common, person: PersonId) -> Result<Account, PersonFault> {
    let known = common.store.person(person).await?.ok_or(PersonFault::Unknown)?;
    match known.account {
        Account::Revoked => Err(PersonFault::Revoked),
        account @ (Account::Active | Account::Frozen) => Ok(account),
    }
}

async fn ask(
    common: &Common,
    actor: String,
    person: PersonId,
    Reason(reason): Reason,
    account: Account,
    devices: Option<Vec<DeviceId>>,
) -> Result<PersonRequest, PersonFault> {
    let now = common.clock.now();
    let request = Request {
        id: make_random(&*common.entropy)?,
        act: Approval::Account { person, account, reason, devices },
        asked_by: actor,
        asked_at: now,
        approved_on: None,
    };
    let asked = common.store.request_approval(request).await??;
    read_asked(common, asked, now).await
}
