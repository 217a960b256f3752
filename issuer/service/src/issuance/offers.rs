//! Credential offers by reference (OpenID4VCI 1.0, section 4.1.3).

use sha2::{Digest, Sha256};
use szid_api::issuance::CONFIGURATION;
use szid_api::issuance::offers::{CredentialOffer, Grants, PreAuthorised, TxCode};
use szid_register::GrantFault;
use zeroize::Zeroizing;

use super::OfferFault;
use crate::clock_guard::ClockState;
use crate::failure::Failure;
use crate::shared::Common;

/// The credential offer object for a pre-authorised code.
pub(super) fn offer_object(base_url: &str, code: &str) -> CredentialOffer {
    let tx_code = TxCode { input_mode: Some("numeric".into()), length: Some(6) };
    CredentialOffer {
        credential_configuration_ids: vec![CONFIGURATION.into()],
        credential_issuer: base_url.into(),
        grants: Grants {
            pre_authorised: PreAuthorised { code: code.into(), tx_code: Some(tx_code) },
        },
    }
}

/// The offer of this id as JSON, until it was used or has run out.
pub(crate) async fn open_offer(
    common: &Common,
    id: &str,
) -> Result<Zeroizing<Vec<u8>>, OfferFault> {
    let hash: [u8; 32] = Sha256::digest(id).into();
    let (reading, clock) = common.look_at_clock();
    let sealed = common.store.offer(hash, reading.wall).await?;
    let sealed = sealed.map_err(|fault| match fault {
        GrantFault::Expired if clock != ClockState::Checked => OfferFault::ClockUnchecked,
        other => OfferFault::Grant(other),
    })?;
    let offer = common.register_key.open(&sealed, &hash);
    Ok(offer.ok_or_else(|| Failure::internal("a sealed offer does not open"))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_stays_letter_by_letter() {
        let offer = r#"{"credential_configuration_ids":["szid-day-pass"],"credential_issuer":"https://id.example","grants":{"urn:ietf:params:oauth:grant-type:pre-authorized_code":{"pre-authorized_code":"c","tx_code":{"input_mode":"numeric","length":6}}}}"#;
        assert_eq!(serde_json::to_string(&offer_object("https://id.example", "c")).unwrap(), offer);
    }
}
