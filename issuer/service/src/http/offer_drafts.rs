//! Offers that are not kept yet: what the counter hands over, and the grant behind it.

use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use sha2::{Digest, Sha256};
use szid_register::entropy::{Entropy, EntropyError, make_random};
use szid_register::register_key::RegisterKey;
use szid_register::{DeviceRule, Grant, OFFER_SECONDS, PersonId};
use zeroize::Zeroizing;

use super::Problem;
use crate::issuance::offer_object;
use crate::service::Service;

/// Wrong transaction codes that an offer bears.
const ATTEMPTS: u8 = 5;

/// What makes an offer: whoever has all three takes it up.
pub(super) struct Secrets {
    code: Zeroizing<[u8; 24]>,
    offer_id: [u8; 16],
    tx_code: Zeroizing<[u8; 8]>,
}

impl Secrets {
    /// New ones.
    pub(super) fn draw(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        Ok(Self {
            code: Zeroizing::new(make_random(entropy)?),
            offer_id: make_random(entropy)?,
            tx_code: Zeroizing::new(make_random(entropy)?),
        })
    }

    /// Those of one request, the same each time that it is sent: a counter whose answer got lost gets it
    /// again, and nothing has to be kept for it.
    pub(super) fn of_request(key: &RegisterKey, request: &[u8; 32]) -> Self {
        Self {
            code: Zeroizing::new(first(&key.derive_offer(1, request))),
            offer_id: first(&key.derive_offer(2, request)),
            tx_code: Zeroizing::new(first(&key.derive_offer(3, request))),
        }
    }
}

fn first<const N: usize>(bytes: &[u8; 32]) -> [u8; N] {
    std::array::from_fn(|at| bytes[at])
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Enrolled {
    /// The person's opaque id.
    person: String,
    /// The offer for the wallet, as a link or a QR.
    credential_offer: String,
    /// Where the offer lies.
    credential_offer_uri: String,
    /// Told to the citizen, never sent with the offer.
    tx_code: String,
    /// Seconds.
    pub(super) expires_in: u64,
}

/// An offer to be kept.
pub(super) struct Draft {
    pub(super) enrolled: Enrolled,
    pub(super) offer_hash: [u8; 32],
    pub(super) grant: Grant,
}

impl Draft {
    pub(super) fn new(
        service: &Service,
        person: PersonId,
        made_by: String,
        secrets: &Secrets,
    ) -> Result<Self, Problem> {
        let code = BASE64URL_NOPAD.encode(&*secrets.code);
        let offer_id = BASE64URL_NOPAD.encode(&secrets.offer_id);
        let tx_code = format!("{:06}", u64::from_be_bytes(*secrets.tx_code) % 1_000_000);
        let offer_hash: [u8; 32] = Sha256::digest(&offer_id).into();
        let offer = serde_json::to_vec(&offer_object(&service.base_url, &code))
            .map_err(|_| Problem::internal("an offer has no JSON form"))?;
        let grant = Grant {
            person,
            code_hash: Sha256::digest(&code).into(),
            tx_code_hash: Sha256::digest(&tx_code).into(),
            sealed_offer: service.register_key.seal(&offer, &offer_hash, &*service.entropy)?,
            expires_at: service.clock.now() + OFFER_SECONDS,
            attempts_left: ATTEMPTS,
            devices: DeviceRule::default(),
            made_by,
            approved_on: None,
            ended: false,
            retry_hash: None,
        };
        let uri = format!("{}/v1/offers/{offer_id}", service.base_url);
        let escaped: String = form_urlencoded::byte_serialize(uri.as_bytes()).collect();
        let enrolled = Enrolled {
            person: person.to_string(),
            credential_offer: format!("openid-credential-offer://?credential_offer_uri={escaped}"),
            credential_offer_uri: uri,
            tx_code,
            expires_in: OFFER_SECONDS,
        };
        Ok(Self { enrolled, offer_hash, grant })
    }
}
