//! The holder's own account.

use szid_identity::claims::mask_name;
use szid_register::{Account, EventId, HolderDevice, KeyDigest, Session};

use super::HolderFault;
use crate::devices::count_unseen;
use crate::persons::open_identity;
use crate::service::Service;

/// What a device asks about its holder's account.
pub(crate) struct AccountAsked {
    /// The newest event of the account that the wallet has shown.
    pub(crate) seen: Option<EventId>,
    /// The passes that the device holds: the end of the day, the index, the device key's digest.
    pub(crate) passes: Vec<(u64, u32, KeyDigest)>,
    /// Whether the holder chose to see their masked name.
    pub(crate) masked_name: bool,
}

/// How an account stands.
pub(crate) struct AccountShown {
    pub(crate) account: Account,
    pub(crate) identity_level: u8,
    pub(crate) masked_name: Option<String>,
    /// The device that asks.
    pub(crate) device: Option<HolderDevice>,
    /// How many devices there are.
    pub(crate) devices: usize,
    /// Events that are newer than the one that was seen.
    pub(crate) unseen_events: usize,
    /// Whether passes of this device were revoked that none has replaced, or are not in the register as it
    /// is.
    pub(crate) lacks_passes: bool,
    /// Unix seconds.
    pub(crate) at: u64,
}

/// How the account of whoever asks stands.
pub(crate) async fn account(
    service: &Service,
    holder: Session,
    asked: AccountAsked,
) -> Result<AccountShown, HolderFault> {
    let AccountAsked { seen, passes, masked_name } = asked;
    let (store, now) = (&*service.store, service.clock.now());
    let mut lacks_passes = store.lacks_passes(holder, now).await?;
    for (exp, index, key) in passes {
        // A register that was put back may not know it, or know it as somebody else's.
        let found = store.pass_holder(exp, index, key).await?;
        lacks_passes |= found.is_none_or(|of| of.id != holder.person);
    }
    let person = store.person(holder.person).await?.ok_or(HolderFault::Unknown)?;
    let masked_name = match masked_name {
        true => Some(mask_name(&open_identity(&service.register_key, &person)?.name)),
        false => None,
    };
    let devices = store.devices(holder.person, now).await?;
    Ok(AccountShown {
        account: person.account,
        identity_level: person.identity_level(now),
        masked_name,
        devices: devices.len(),
        device: devices.into_iter().find(|device| device.id == holder.device),
        unseen_events: count_unseen(store, holder.person, seen).await?,
        lacks_passes,
        at: now,
    })
}
