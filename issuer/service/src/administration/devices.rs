//! Where a venue's devices stand, which of its scenes they scan for, and with which keys its gates sign.

use data_encoding::BASE64;
use szid_protocol::key::PublicKey;
use szid_register::{AdminChange, Station};

use super::AdministrationFault;
use super::doing::{Acted, administer};
use super::views::is_label;
use crate::shared::Common;

/// Says where a device stands, and narrows it to some of the venue's scenes.
pub(crate) async fn place_device(
    common: &Common,
    name: String,
    station: Station,
) -> Result<Acted<Station>, AdministrationFault> {
    check_label(&station.device)?;
    let acted = administer(common, name, AdminChange::Station(station.clone())).await?;
    Ok(acted.map(|()| station))
}

/// A gate, and the key with which it signs its receipts.
pub(crate) struct GateKey {
    pub(crate) venue: String,
    pub(crate) device: String,
    /// DER SubjectPublicKeyInfo, in base64.
    pub(crate) key: String,
}

/// Registers a gate's key, as a compressed point. A new key starts a new count.
pub(crate) async fn register_gate(
    common: &Common,
    name: String,
    gate: GateKey,
) -> Result<Acted<[u8; 33]>, AdministrationFault> {
    let GateKey { venue, device, key } = gate;
    check_label(&device)?;
    let der = BASE64.decode(key.as_bytes()).map_err(|_| AdministrationFault::Key)?;
    let key = PublicKey::from_spki_der(&der).map_err(|_| AdministrationFault::Key)?;
    let key = key.to_compressed();
    let acted = administer(common, name, AdminChange::Gate { venue, device, key }).await?;
    Ok(acted.map(|()| key))
}

fn check_label(device: &str) -> Result<(), AdministrationFault> {
    if is_label(device) { Ok(()) } else { Err(AdministrationFault::Label) }
}
