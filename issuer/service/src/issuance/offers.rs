//! Credential offers by reference (OpenID4VCI 1.0, section 4.1.3).

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use szid_register::GrantFault;
use zeroize::Zeroizing;

use super::{CONFIGURATION, OfferFault, PRE_AUTHORISED};
use crate::clock_guard::ClockState;
use crate::failure::Failure;
use crate::service::Service;

/// The credential offer object for a pre-authorised code.
pub(super) fn offer_object(base_url: &str, code: &str) -> Value {
    json!({
        "credential_issuer": base_url,
        "credential_configuration_ids": [CONFIGURATION],
        "grants": { PRE_AUTHORISED: {
            "pre-authorized_code": code,
            "tx_code": { "input_mode": "numeric", "length": 6 },
        } },
    })
}

/// The offer of this id as JSON, until it was used or has run out.
pub(crate) async fn open_offer(
    service: &Service,
    id: &str,
) -> Result<Zeroizing<Vec<u8>>, OfferFault> {
    let hash: [u8; 32] = Sha256::digest(id).into();
    let (reading, clock) = service.look_at_clock();
    let sealed = service.store.offer(hash, reading.wall).await?;
    let sealed = sealed.map_err(|fault| match fault {
        GrantFault::Expired if clock != ClockState::Checked => OfferFault::ClockUnchecked,
        other => OfferFault::Grant(other),
    })?;
    let offer = service.register_key.open(&sealed, &hash);
    Ok(offer.ok_or_else(|| Failure::internal("a sealed offer does not open"))?)
}
