//! Offers that are not kept yet: what the counter hands over, and the grant behind it.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use szid_register::entropy::{Entropy, EntropyError, make_random};
use szid_register::register_key::RegisterKey;
use szid_register::{DeviceRule, Grant, OFFER_SECONDS, PersonId};
use zeroize::Zeroizing;

use super::offers::offer_object;
use crate::failure::Failure;
use crate::shared::Common;

/// Wrong transaction codes that an offer bears.
const ATTEMPTS: u8 = 5;

/// What makes an offer: whoever has all three takes it up.
pub(crate) struct OfferSecrets {
    code: Zeroizing<[u8; 24]>,
    offer_id: [u8; 16],
    tx_code: Zeroizing<[u8; 8]>,
}

impl OfferSecrets {
    /// New ones.
    pub(crate) fn draw(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        Ok(Self {
            code: Zeroizing::new(make_random(entropy)?),
            offer_id: make_random(entropy)?,
            tx_code: Zeroizing::new(make_random(entropy)?),
        })
    }

    /// Those of one request, the same each time that it is sent: a counter whose answer got lost gets it
    /// again, and nothing has to be kept for it.
    pub(crate) fn of_request(key: &RegisterKey, request: &[u8; 32]) -> Self {
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

/// What the counter hands over.
pub(crate) struct OfferMade {
    pub(crate) person: PersonId,
    /// The offer for the wallet, as a link or a QR.
    pub(crate) link: String,
    /// Where the offer lies.
    pub(crate) uri: String,
    /// Told to the citizen, never sent with the offer.
    pub(crate) tx_code: String,
    /// For how many seconds it is good.
    pub(crate) seconds: u64,
}

/// An offer to be kept.
pub(crate) struct Draft {
    pub(crate) offer: OfferMade,
    pub(crate) offer_hash: [u8; 32],
    pub(crate) grant: Grant,
}

impl Draft {
    pub(crate) fn new(
        common: &Common,
        person: PersonId,
        made_by: String,
        secrets: &OfferSecrets,
    ) -> Result<Self, Failure> {
        let code = BASE64URL_NOPAD.encode(&*secrets.code);
        let offer_id = BASE64URL_NOPAD.encode(&secrets.offer_id);
        let tx_code = format!("{:06}", u64::from_be_bytes(*secrets.tx_code) % 1_000_000);
        let offer_hash: [u8; 32] = Sha256::digest(&offer_id).into();
        let object = serde_json::to_vec(&offer_object(&common.base_url, &code))
            .map_err(|_| Failure::internal("an offer has no JSON form"))?;
        let grant = Grant {
            person,
            code_hash: Sha256::digest(&code).into(),
            tx_code_hash: Sha256::digest(&tx_code).into(),
            sealed_offer: common.register_key.seal(&object, &offer_hash, &*common.entropy)?,
            expires_at: common.clock.now() + OFFER_SECONDS,
            attempts_left: ATTEMPTS,
            devices: DeviceRule::default(),
            made_by,
            approved_on: None,
            ended: false,
            retry_hash: None,
        };
        let uri = format!("{}/v1/offers/{offer_id}", common.base_url);
        let escaped: String = form_urlencoded::byte_serialize(uri.as_bytes()).collect();
        let offer = OfferMade {
            person,
            link: format!("openid-credential-offer://?credential_offer_uri={escaped}"),
            uri,
            tx_code,
            seconds: OFFER_SECONDS,
        };
        Ok(Self { offer, offer_hash, grant })
    }
}
