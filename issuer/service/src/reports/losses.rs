//! Reports of a loss: always heard, and final for other devices together with a key of the one that reports
//! alone.

use std::sync::Arc;

use szid_api::limits::MAX_KEY_PROOFS;
use szid_register::{KeyDigest, LossReport, OtherDevices, Session};

use super::ReportFault;
use crate::access::Payer;
use crate::digest::Digest32;
use crate::issuance::{Issuance, proven_keys};

/// Freezes the account of whoever reports, whatever else comes with the report; answers how the other devices
/// stand then. A report with a key is answered as it was when it comes again.
pub(crate) async fn report_loss(
    issuance: &Arc<Issuance>,
    holder: Session,
    key: Option<&str>,
    proofs: Vec<String>,
) -> Result<OtherDevices, ReportFault> {
    let key = key.and_then(|key| key_of(issuance, holder, key));
    let proven = look_at(issuance, holder, proofs).await;
    let (checked, at) = (issuance.common.checked_time(), issuance.common.clock.now());
    Ok(issuance.accounts.report_loss(LossReport { holder, key, proven, checked, at }).await?)
}

/// What tells this report from every other one of the device. Each is kept for a while, so that they count
/// towards the device's rate: one that comes faster is heard, and not known again.
fn key_of(issuance: &Issuance, holder: Session, key: &str) -> Option<[u8; 32]> {
    issuance.access.pay(Payer::Device(holder.device), 1).ok()?;
    let digest = Digest32::of(b"szid report of a loss");
    Some(digest.part(Some(&holder.device.0)).part(Some(key.as_bytes())).finish())
}

/// The keys that the proofs show. None where they come faster than the device's rate allows: the report is
/// heard all the same.
async fn look_at(
    issuance: &Arc<Issuance>,
    holder: Session,
    mut proofs: Vec<String>,
) -> Vec<KeyDigest> {
    // More are not looked at.
    proofs.truncate(MAX_KEY_PROOFS);
    let payer = Payer::Device(holder.device);
    if proofs.is_empty() || issuance.access.pay(payer, proofs.len()).is_err() {
        return Vec::new();
    }
    proven_keys(issuance, proofs).await
}
