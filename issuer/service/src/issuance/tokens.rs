//! Tokens: for the code of an offer, or for the refresh token before (RFC 6749, section 5; OpenID4VCI 1.0,
//! section 6).

use std::sync::Arc;

use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use szid_api::limits::MAX_KEY_PROOFS;
use szid_protocol::day::DAY;
use szid_register::entropy::{EntropyError, make_random};
use szid_register::{
    ACCESS_SECONDS, DeviceId, GrantFault, KeyDigest, NewDevice, Rotated, Shown, TokenPair,
};

use super::held_passes::read_passes;
use super::possession::check_aside;
use super::proof::{FOR_TOKENS, verify_possession};
use super::{Issuance, IssuanceFault};
use crate::clock_guard::ClockState;
use crate::devices::{clean_name, newest_freeze};
use crate::shared::Common;

const REFRESH_SECONDS: u64 = 90 * DAY;

/// An offer that a device takes up.
pub(crate) struct OfferTaken {
    /// The pre-authorised code.
    pub(crate) code: String,
    /// The transaction code that the holder was told.
    pub(crate) tx_code: String,
    /// What the holder calls the device.
    pub(crate) device_name: Option<String>,
    /// A secret of the device: once the code is used, nobody gets the same tokens again without it.
    pub(crate) retry_secret: Option<String>,
}

/// A refresh token that is to be renewed.
pub(crate) struct Renewal {
    pub(crate) refresh_token: String,
    /// Proofs by device keys, one after the other with a space between them: a token from before the register
    /// was put back needs them.
    pub(crate) key_proofs: Option<String>,
    /// With proofs: the passes that the device holds.
    pub(crate) passes: Option<String>,
}

/// Fresh tokens of a device.
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    /// Seconds.
    pub(crate) refresh_expires_in: u64,
    pub(crate) device: DeviceId,
}

/// Gives a device its first tokens, for an offer's code and transaction code.
pub(crate) async fn redeem(common: &Common, taken: OfferTaken) -> Result<Tokens, IssuanceFault> {
    let drawn = Drawn::draw(common)?;
    let (reading, clock) = common.look_at_clock();
    let now = reading.wall;
    let OfferTaken { code, tx_code, device_name, retry_secret } = taken;
    let hashes = (Sha256::digest(&code).into(), Sha256::digest(tx_code).into());
    let follows = Follows::Code(code);
    let retry_hash = retry_secret.map(|secret| Sha256::digest(secret).into());
    let device = NewDevice { name: clean_name(device_name.as_deref()), retry_hash };
    let pair = drawn.pair(&follows, now);
    let given = common.store.redeem(hashes.0, hashes.1, device, pair, now).await?;
    let given = given.map_err(|fault| refused(fault, clock, IssuanceFault::Offer))?;
    Ok(drawn.tokens(&follows, given, now))
}

/// Renews the tokens of a device, for its refresh token.
pub(crate) async fn renew(
    issuance: &Arc<Issuance>,
    renewal: Renewal,
) -> Result<Tokens, IssuanceFault> {
    let drawn = Drawn::draw(&issuance.common)?;
    let (reading, clock) = issuance.common.look_at_clock();
    let now = reading.wall;
    let Renewal { refresh_token: old, key_proofs, passes } = renewal;
    let hash = Sha256::digest(&old).into();
    let follows = Follows::Refresh(old);
    let pair = drawn.pair(&follows, now);
    let mut given = issuance.accounts.rotate(hash, Shown::default(), pair, now).await?;
    // Proofs cost as many signatures: only a token that needs them has them looked at.
    if let (Err(GrantFault::KeyProof), Some(proofs)) = (&given, key_proofs) {
        let passes = passes.as_deref().map(read_passes);
        let passes = passes.map(|passes| passes.ok_or(IssuanceFault::PassesUnreadable));
        let passes = passes.transpose()?;
        let keys = proven_keys(issuance, &proofs, now).await?;
        given = issuance.accounts.rotate(hash, Shown { keys, passes }, pair, now).await?;
    }
    if let Err(GrantFault::Stopped(person)) = given {
        // It may be the lost device: it learns when and who, and nothing else of the account.
        let freeze = newest_freeze(&*issuance.common.store, person).await?;
        return Err(IssuanceFault::Stopped(freeze));
    }
    let given = given.map_err(|fault| refused(fault, clock, IssuanceFault::Renewal))?;
    Ok(drawn.tokens(&follows, given, now))
}

/// The device keys that proofs speak for; each of their nonces serves once.
async fn proven_keys(
    issuance: &Arc<Issuance>,
    proofs: &str,
    now: u64,
) -> Result<Vec<KeyDigest>, IssuanceFault> {
    let proofs: Vec<String> = proofs.split(' ').map(str::to_owned).collect();
    if proofs.len() > MAX_KEY_PROOFS {
        return Err(IssuanceFault::ProofsTooMany);
    }
    let proven = check_aside(issuance, now, move |expected| {
        verify_possession(&proofs, FOR_TOKENS, expected)
    });
    let (keys, nonces) = proven.await??;
    issuance.nonces.use_up(&nonces, now)?;
    Ok(keys.iter().map(KeyDigest::of).collect())
}

/// Whoever is told that something has run out applies again at a counter: a checked clock alone says so.
fn refused(
    fault: GrantFault,
    clock: ClockState,
    otherwise: fn(GrantFault) -> IssuanceFault,
) -> IssuanceFault {
    let is_about_time = matches!(fault, GrantFault::Expired | GrantFault::Lost);
    if is_about_time && clock != ClockState::Checked {
        return IssuanceFault::ClockUnchecked;
    }
    otherwise(fault)
}

/// What is drawn for new tokens.
struct Drawn {
    access_token: String,
    salt: [u8; 32],
}

impl Drawn {
    fn draw(common: &Common) -> Result<Self, EntropyError> {
        let access_token = BASE64URL_NOPAD.encode(&make_random::<32>(&*common.entropy)?);
        Ok(Self { access_token, salt: make_random(&*common.entropy)? })
    }

    /// What the register keeps of them.
    fn pair(&self, follows: &Follows, now: u64) -> TokenPair {
        TokenPair {
            access_hash: Sha256::digest(&self.access_token).into(),
            access_expires_at: now + ACCESS_SECONDS,
            refresh_hash: Sha256::digest(follows.derive(&self.salt)).into(),
            refresh_expires_at: now + REFRESH_SECONDS,
            salt: self.salt,
        }
    }

    fn tokens(self, follows: &Follows, given: Rotated, now: u64) -> Tokens {
        let Rotated { device, salt, refresh_expires_at, .. } = given;
        Tokens {
            access_token: self.access_token,
            refresh_token: follows.derive(&salt),
            refresh_expires_in: refresh_expires_at.saturating_sub(now),
            device,
        }
    }
}

/// What a refresh token follows on. Whoever shows the same again a moment later must get the same token for
/// it: it follows from what they show, which the register does not know, and from a salt, which nobody else
/// does.
enum Follows {
    /// The code of an offer.
    Code(String),
    /// The refresh token before.
    Refresh(String),
}

impl Follows {
    fn derive(&self, salt: &[u8; 32]) -> String {
        let (shown, purpose) = match self {
            Self::Code(code) => (code, b"szid first refresh token".as_slice()),
            Self::Refresh(old) => (old, b"szid refresh token successor".as_slice()),
        };
        let key = hmac::Key::new(hmac::HMAC_SHA256, shown.as_bytes());
        BASE64URL_NOPAD.encode(hmac::sign(&key, &[purpose, salt].concat()).as_ref())
    }
}
