//! The holder's own account.

use szid_api::limits::LEVEL_TOLD_BEFORE;
use szid_identity::claims::mask_name;
use szid_identity::levels::WayUp;
use szid_protocol::level_policy::Way;
use szid_register::{Account, EventId, HolderDevice, KeyDigest, Session};

use super::HolderFault;
use crate::devices::count_unseen;
use crate::levels::Levels;
use crate::persons::open_identity;
use crate::shared::Common;

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
    /// When the level is lower next, where nothing else changes, Unix seconds.
    pub(crate) level_falls_at: Option<u64>,
    /// The shortest way to a higher level.
    pub(crate) level_up: Option<LevelPath>,
    /// How to keep the level, where it falls soon.
    pub(crate) level_renewal: Option<LevelPath>,
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

/// What somebody can do for a level.
pub(crate) struct LevelPath {
    /// The level.
    pub(crate) level: u8,
    /// All of these.
    pub(crate) steps: Vec<Way>,
}

impl From<WayUp<'_>> for LevelPath {
    fn from(up: WayUp<'_>) -> Self {
        Self { level: up.level as u8, steps: up.steps.into_iter().cloned().collect() }
    }
}

/// How the account of whoever asks stands.
pub(crate) async fn account(
    common: &Common,
    levels: &Levels,
    holder: Session,
    asked: AccountAsked,
) -> Result<AccountShown, HolderFault> {
    let AccountAsked { seen, passes, masked_name } = asked;
    let (store, now) = (&*common.store, common.clock.now());
    let mut lacks_passes = store.lacks_passes(holder, now).await?;
    for (exp, index, key) in passes {
        // A register that was put back may not know it, or know it as somebody else's.
        let found = store.pass_holder(exp, index, key).await?;
        lacks_passes |= found.is_none_or(|of| of.id != holder.person);
    }
    let person = store.person(holder.person).await?.ok_or(HolderFault::Unknown)?;
    let masked_name = match masked_name {
        true => Some(mask_name(&open_identity(&common.register_key, &person)?.name)),
        false => None,
    };
    let level = levels.of(&person, now);
    let falls_soon = level.falls_at.filter(|&falls_at| falls_at <= now + LEVEL_TOLD_BEFORE);
    let renewal = falls_soon.and_then(|falls_at| levels.way_up(&person, falls_at, level.number()));
    let devices = store.devices(holder.person, now).await?;
    Ok(AccountShown {
        account: person.account,
        identity_level: level.number(),
        level_falls_at: level.falls_at,
        level_up: levels.way_up(&person, now, 0).map(LevelPath::from),
        level_renewal: renewal.map(LevelPath::from),
        masked_name,
        devices: devices.len(),
        device: devices.into_iter().find(|device| device.id == holder.device),
        unseen_events: count_unseen(store, holder.person, seen).await?,
        lacks_passes,
        at: now,
    })
}
