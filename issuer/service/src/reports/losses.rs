//! Reports of a loss: always heard, and final for other devices together with a key of the one that reports
//! alone.

use std::sync::Arc;

use szid_api::limits::MAX_KEY_PROOFS;
use szid_register::{KeyDigest, LossReport, OtherDevices, Session};

use super::ReportFault;
use crate::access::Payer;
use crate::digest::Digest32;
use crate::issuance::proven_keys;
use crate::service::Service;

/// Freezes the account of whoever reports, whatever else comes with the report; answers how the other devices
/// stand then. A report with a key is answered as it was when it comes again.
pub(crate) async fn report_loss(
    service: &Arc<Service>,
    holder: Session,
    key: Option<&str>,
    proofs: Vec<String>,
) -> Result<OtherDevices, ReportFault> {
    let key = key.and_then(|key| key_of(service, holder, key));
    let proven = look_at(service, holder, proofs).await;
    let (checked, at) = (service.common.checked_time(), service.common.clock.now());
    Ok(service.accounts.report_loss(LossReport { holder, key, proven, checked, at }).await?)
}

/// What tells this report from every other one of the device. Each is kept for a while, so that they count
/// towards the device's rate: one that comes faster is heard, and not known again.
fn key_of(service: &Service, holder: Session, key: &str) -> Option<[u8; 32]> {
    service
        .access
        .code_rates
        .take(Payer::Device(holder.device), 1, &service.common.metrics)
        .ok()?;
    let digest = Digest32::of(b"szid report of a loss");
    Some(digest.part(Some(&holder.device.0)).part(Some(key.as_bytes())).finish())
}

/// The keys that the proofs show. None where they come faster than the device's rate allows: the report is
/// heard all the same.
async fn look_at(
    service: &Arc<Service>,
    holder: Session,
    mut proofs: Vec<String>,
) -> Vec<KeyDigest> {
    // More are not looked at.
    proofs.truncate(MAX_KEY_PROOFS);
    let payer = Payer::Device(holder.device);
    if proofs.is_empty()
        || service.access.code_rates.take(payer, proofs.len(), &service.common.metrics).is_err()
    {
        return Vec::new();
    }
    proven_keys(service, proofs).await
}
