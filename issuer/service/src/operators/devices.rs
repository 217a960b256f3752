//! The venue's devices and their credentials. Withdrawing protects, and takes one person.

use szid_register::{CredentialId, DeviceCredential, Store, StoreError};

use super::OperatorFault;
use crate::access::Operator;
use crate::failure::Failure;

/// Credentials of one answer.
const PAGE: usize = 200;

/// Where a list goes on: behind this device and credential.
type Place = (String, CredentialId);

/// A credential of a device, and where the device stands.
pub(crate) struct Placed {
    pub(crate) credential: DeviceCredential,
    /// The id and the name of the site.
    pub(crate) site: Option<String>,
    pub(crate) site_name: Option<String>,
    /// The scenes that the device is narrowed to; none for all of the venue's.
    pub(crate) scenes: Vec<u16>,
}

/// A part of the venue's devices.
pub(crate) struct DevicePage {
    /// By device.
    pub(crate) devices: Vec<Placed>,
    /// Where the next part begins, if there may be one.
    pub(crate) next: Option<Place>,
}

/// The venue's devices, with every credential that they have or had.
pub(crate) async fn devices(
    store: &dyn Store,
    venue: &str,
    after: Option<Place>,
) -> Result<DevicePage, Failure> {
    let found = store.device_credentials(venue, after, PAGE).await?;
    let last = found.last().filter(|_| found.len() == PAGE);
    let next = last.map(|last| (last.device.clone(), last.id));
    let mut devices = Vec::with_capacity(found.len());
    for one in found {
        devices.push(place(store, venue, one).await?);
    }
    Ok(DevicePage { devices, next })
}

/// Withdraws a device's credential, at once. Again, it changes nothing.
pub(crate) async fn withdraw(
    store: &dyn Store,
    caller: Operator,
    id: CredentialId,
    now: u64,
) -> Result<Placed, OperatorFault> {
    let venue = &caller.venue.id;
    match store.withdraw_credential(venue, id, caller.name, now).await {
        Ok(withdrawn) => Ok(place(store, venue, withdrawn).await?),
        Err(StoreError::NotFound) => {
            let foreign = store.credential_venue(id).await?.is_some();
            Err(if foreign { OperatorFault::Foreign } else { OperatorFault::Unknown })
        }
        Err(other) => Err(other.into()),
    }
}

async fn place(
    store: &dyn Store,
    venue: &str,
    credential: DeviceCredential,
) -> Result<Placed, Failure> {
    let station = store.station(venue, &credential.device).await?;
    let (site, scenes) = station.map(|station| (station.site, station.scenes)).unwrap_or_default();
    let named = match &site {
        Some(id) => store.site(venue, id).await?,
        None => None,
    };
    Ok(Placed { credential, site, site_name: named.map(|site| site.name), scenes })
}
