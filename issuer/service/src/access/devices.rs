//! Devices of venues as they are registered, found behind their credentials.

use std::ops::Deref;
use std::sync::Arc;

use quick_cache::sync::Cache;
use szid_register::{Bearer, Site, Venue};

use super::{Access, AccessFault, Payer, Wait, bearer};
use crate::digest::Digest32;
use crate::shared::Common;

/// Devices that are known at a time, at some 300 bytes each.
const MAX_KNOWN_DEVICES: usize = 10_000;

/// A device of a venue that may scan.
#[derive(Clone)]
pub(crate) struct VenueDevice(Arc<RegisteredDevice>);

impl Deref for VenueDevice {
    type Target = RegisteredDevice;

    fn deref(&self) -> &RegisteredDevice {
        &self.0
    }
}

pub(crate) struct RegisteredDevice {
    /// The SHA-256 of its secret; none where a citizen scanned its venue's code.
    pub(crate) credential: Option<[u8; 32]>,
    /// With no more scenes than this device is registered for.
    pub(crate) venue: Venue,
    pub(crate) device: String,
    /// Where it stands.
    pub(crate) site: Option<Site>,
}

impl VenueDevice {
    /// A device as it is registered, unless its venue or site must not scan.
    pub(crate) async fn find(
        common: &Common,
        mut venue: Venue,
        device: String,
        credential: Option<[u8; 32]>,
    ) -> Result<Self, AccessFault> {
        if venue.suspended {
            return Err(AccessFault::VenueSuspended);
        }
        let mut site = None;
        if let Some(station) = common.store.station(&venue.id, &device).await? {
            if !station.scenes.is_empty() {
                venue.scenes.retain(|scene| station.scenes.contains(scene));
            }
            if let Some(id) = &station.site {
                site = common.store.site(&venue.id, id).await?;
            }
        }
        match &site {
            Some(Site { closed: true, .. }) => Err(AccessFault::VenueSuspended),
            _ => Ok(Self(Arc::new(RegisteredDevice { credential, venue, device, site }))),
        }
    }
}

impl RegisteredDevice {
    /// Counts codes that this device sends or has signed.
    pub(crate) fn pay(&self, access: &Access, codes: usize) -> Result<(), Wait> {
        let Some(credential) = self.credential else { return Ok(()) };
        access.pay(Payer::Credential(credential), codes)
    }

    pub(crate) fn site_id(&self) -> Option<String> {
        self.site.as_ref().map(|site| site.id.clone())
    }

    /// A hash of all that this device is registered as: another one, once any of it has changed.
    pub(crate) fn registration(&self) -> [u8; 32] {
        let Venue { id, name, uscc, scenes, suspended: _, ages } = &self.venue;
        let scenes = scenes.iter().flat_map(|scene| scene.to_be_bytes()).collect::<Vec<_>>();
        let (site, site_name) = self.site.as_ref().map(|site| (&site.id, &site.name)).unzip();
        Digest32::of(b"szid registration v1")
            .part(self.credential.as_ref().map(|hash| hash.as_slice()))
            .part(Some(id.as_bytes()))
            .part(Some(name.as_bytes()))
            .part(Some(uscc.as_bytes()))
            .part(Some(&scenes))
            .part(Some(ages))
            .part(Some(self.device.as_bytes()))
            .part(site.map(String::as_bytes))
            .part(site_name.map(String::as_bytes))
            .finish()
    }

    /// What a citizen is told of where it stands.
    pub(crate) fn site_name(&self) -> Option<String> {
        self.site.as_ref().map(|site| site.name.clone())
    }
}

/// Devices that were found behind their credentials lately, and how often registrations had changed when they
/// were.
pub(crate) struct KnownDevices(Cache<[u8; 32], (u64, VenueDevice)>);

impl Default for KnownDevices {
    fn default() -> Self {
        Self(Cache::new(MAX_KNOWN_DEVICES))
    }
}

/// The device behind a credential, as long as it is good and its venue may scan.
pub(crate) async fn venue_device(
    access: &Access,
    hash: [u8; 32],
) -> Result<VenueDevice, AccessFault> {
    // Asked before anything is read: a change in between makes what was read old at once.
    let registrations = access.common.store.registrations();
    if let Some((as_of, device)) = access.devices.0.get(&hash)
        && as_of == registrations
    {
        return Ok(device);
    }
    let device = read_device(&access.common, hash).await?;
    access.devices.0.insert(hash, (registrations, device.clone()));
    Ok(device)
}

async fn read_device(common: &Common, hash: [u8; 32]) -> Result<VenueDevice, AccessFault> {
    let Bearer::Venue { venue, device } = bearer(common, Some(hash)).await? else {
        return Err(AccessFault::RoleDenied);
    };
    let venue = common.store.venue(&venue).await?.ok_or(AccessFault::CredentialMissing)?;
    VenueDevice::find(common, venue, device, Some(hash)).await
}

/// A device that waited, as it is registered now: it may have been withdrawn meanwhile.
pub(crate) async fn still_admitted(
    access: &Access,
    waited: &VenueDevice,
) -> Result<VenueDevice, AccessFault> {
    venue_device(access, waited.credential.ok_or(AccessFault::CredentialMissing)?).await
}
