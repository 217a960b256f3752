//! What the lifting of a freeze gives back, and what ends with it for good.

use szid_register::{DeviceId, EventAuthor, HolderDevice, PersonId, Store};

use super::PersonFault;
use crate::devices::newest_freeze;

/// What a lifting comes to. The phone that reported a loss stays, and may be the one that was stolen: the
/// counter looks whether the citizen holds it.
pub(crate) struct Lifting {
    /// The devices that come back.
    pub(crate) devices: Vec<HolderDevice>,
    /// Those that end.
    pub(crate) ends: Vec<HolderDevice>,
    /// Who froze the account last.
    pub(crate) frozen_by: Option<EventAuthor>,
}

impl Lifting {
    pub(super) async fn find(
        store: &dyn Store,
        id: PersonId,
        named: Option<&[DeviceId]>,
        now: u64,
    ) -> Result<Self, PersonFault> {
        let devices = store.devices(id, now).await?;
        let person = store.person(id).await?.ok_or(PersonFault::Unknown)?;
        let comes_back = |device: &HolderDevice| match named {
            Some(named) => named.contains(&device.id),
            None => !person.suspends(device.id),
        };
        let (devices, ends): (Vec<_>, Vec<_>) = devices.into_iter().partition(comes_back);
        let frozen = newest_freeze(store, id).await?;
        Ok(Self { devices, ends, frozen_by: frozen.map(|event| event.by) })
    }
}
