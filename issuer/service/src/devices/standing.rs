//! How a holder's devices stand.

use szid_register::{Account, HolderDevice, PersonId, Store};

use super::fault::DeviceFault;

/// The devices of a person.
pub(crate) struct Held {
    pub(crate) account: Account,
    /// The oldest first.
    pub(crate) devices: Vec<HeldDevice>,
    /// Those that were ended, the last one first.
    pub(crate) ended: Vec<HolderDevice>,
}

/// A device that is not ended.
pub(crate) struct HeldDevice {
    pub(crate) device: HolderDevice,
    /// Whether a registrar's freeze stopped it.
    pub(crate) stopped: bool,
}

/// The devices of a person, and those that were.
pub(crate) async fn held(
    store: &dyn Store,
    person: PersonId,
    now: u64,
) -> Result<Held, DeviceFault> {
    let holder = store.person(person).await?.ok_or(DeviceFault::PersonUnknown)?;
    let devices = store.devices(person, now).await?.into_iter();
    let devices = devices.map(|device| HeldDevice { stopped: holder.suspends(device.id), device });
    let ended = store.ended_devices(person).await?;
    Ok(Held { account: holder.account, devices: devices.collect(), ended })
}
