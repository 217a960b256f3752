//! Reports of a loss by the holder.

use serde::{Deserialize, Serialize};

use crate::account::Account;

#[derive(Default, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct LossReport {
    /// JWTs (`typ` = `szid-loss-proof+jwt`) by device keys of passes that the device has, over a nonce of the
    /// service; at most 16 are looked at. One key that gives the device's word ends every other device.
    #[serde(default)]
    pub szid_key_proofs: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct LossReported {
    /// `frozen`.
    pub account: Account,
    /// How the holder's other devices stand. Where they are suspended, so is the one that reports, but where
    /// an earlier freeze keeps it.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true))]
    pub other_devices: OtherDevices,
}

/// How the other devices of a person stand after a report of a loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum OtherDevices {
    /// They are ended for good, and the one that reported goes on as far as a frozen account lets it.
    Ended,
    /// They are stopped until the lifting names those that come back. So is the one that reported, where it
    /// gave no proof.
    // Also whatever else is said, and where nothing is: no more is said than is known.
    #[default]
    #[serde(other)]
    Suspended,
}
