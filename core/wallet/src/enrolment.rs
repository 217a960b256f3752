//! Enrolment: an offer becomes tokens, and tokens become the first strip.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use szid_api::issuance::tokens::Tokens;

use crate::client::Grant;
use crate::error::WalletError;
use crate::offer::Offer;
use crate::progress::{EnrolObserver, EnrolStep};
use crate::records::{
    ACCESS, Access, Batch, ENROLLED, ENROLLED_ANEW, Enrolled, LAST_KNOWN, LEVEL, STATE, TAKING_UP,
    THIS_DEVICE, TakingUp, load,
};
use crate::wallet::Wallet;

impl Wallet {
    /// Takes up an offer: tokens, device keys, and the first strip, whose passes replace all earlier ones.
    /// Returns how many passes came.
    ///
    /// When something cut the flow short, repeat it with the same offer: it goes on with the tokens, if they
    /// had come, and asks for the same ones again, if their answer was lost. The service gives them again for
    /// a minute. With an offer that was taken up here before, the transaction code is not looked at: 0 where
    /// nothing was missing.
    ///
    /// # Errors
    /// [`WalletError`]; the passes that were there before stay as they were.
    pub async fn enrol(&self, offer: &str, tx_code: &str) -> Result<usize, WalletError> {
        self.enrol_observed(offer, tx_code, &()).await
    }

    /// The same; an observer is told how far it is.
    ///
    /// # Errors
    /// As above.
    pub async fn enrol_observed(
        &self,
        offer: &str,
        tx_code: &str,
        observer: &dyn EnrolObserver,
    ) -> Result<usize, WalletError> {
        let _flow = self.flow.lock().await;
        let mut issuer = None;
        let taken_up = self.take_up(offer, tx_code, &mut issuer, observer).await;
        self.told_by(issuer.as_deref(), taken_up).await
    }

    /// As above; says who the issuer is once that is known.
    async fn take_up(
        &self,
        offer: &str,
        tx_code: &str,
        told_issuer: &mut Option<String>,
        observer: &dyn EnrolObserver,
    ) -> Result<usize, WalletError> {
        self.delete_loose_keys()?;
        let offered = Offer::read(offer)?;
        let digest = Sha256::digest(offer).to_vec();
        if let Some(enrolled) = self.enrolled()?.filter(|enrolled| enrolled.offer == digest) {
            *told_issuer = Some(enrolled.issuer.clone());
            return self.fill_up(&enrolled, observer).await;
        }
        let begun = load::<TakingUp>(&self.vault, STATE, TAKING_UP)?;
        let offer = match begun.filter(|begun| begun.offer == digest) {
            Some(begun) => begun,
            None => {
                let Grant { issuer, code } = self.client.offer(offered).await?;
                let retry_secret = Some(BASE64URL_NOPAD.encode(&self.random::<16>()?));
                let (offer, code) = (digest.clone(), code.as_str().to_owned());
                TakingUp { offer, issuer, code, retry_secret }
            }
        };
        *told_issuer = Some(offer.issuer.clone());
        // Before the codes leave: whoever relays genuine documents could make them an identity of its own.
        let (trust, issuer) = self.update_trust_and_time(&offer.issuer).await?;
        let at = self.read_endpoints(&issuer).await?;
        observer.reached(EnrolStep::ServiceVerified);
        // Before the offer is used, so that nothing stands between tokens and their being kept.
        let head = self.first_head(&at, &trust).await;
        let mut batch = Batch::default();
        batch.put(STATE, TAKING_UP, &offer)?;
        batch.write(&self.vault)?;
        let tokens = self.client.redeem(&at, &offer, tx_code, &self.device_name).await?;
        check_device(&tokens, Some(&device_begun_by(&offer.code)))?;
        let mut enrolled = Enrolled {
            issuer: at.issuer.clone(),
            refresh_token: tokens.refresh_token.clone(),
            offer: digest,
            replace_strip: !self.held_days()?.is_empty(),
            keeps_replaced: false,
            epoch: 0,
            register: None,
            refresh_token_before: None,
        };
        enrolled.begin_with(head.as_ref());
        let mut batch = Batch::default();
        // PIN and finger are forgotten with the last pass of before, and not sooner: until then its holder's
        // codes go on.
        batch.put(STATE, ENROLLED_ANEW, &())?;
        batch.delete(STATE, LAST_KNOWN);
        batch.delete(STATE, LEVEL);
        batch.delete(STATE, THIS_DEVICE);
        batch.delete(STATE, TAKING_UP);
        self.forget_name(&mut batch);
        self.drop_kept(&mut batch, None)?;
        let access = self.keep_tokens(&enrolled, &tokens, batch)?;
        observer.reached(EnrolStep::OfferTaken);
        self.fill_strip(&at, &trust, access, observer).await
    }

    /// Keeps new tokens, which were found to be this device's, before they are used, together with other
    /// changes: the service counts a refresh token as taken once its successor is used.
    pub(crate) fn keep_tokens(
        &self,
        enrolled: &Enrolled,
        tokens: &Tokens,
        mut batch: Batch,
    ) -> Result<Access, WalletError> {
        let access = Access {
            token: tokens.access_token.clone(),
            expires_at: self.now()?.saturating_add(tokens.expires_in),
        };
        batch.put(STATE, ENROLLED, enrolled)?;
        batch.put(STATE, ACCESS, &access)?;
        // For the counter, where a phone that was stopped cannot be told it any more.
        if let Some(device) = &tokens.szid_device {
            batch.put(STATE, THIS_DEVICE, device)?;
        }
        batch.write(&self.vault)?;
        Ok(access)
    }
}

/// What the service calls the device that this pre-authorised code begins (service.md, "Enrolment and
/// status").
fn device_begun_by(code: &str) -> String {
    BASE64URL_NOPAD.encode(&Sha256::digest(code)[..DEVICE_ID_BYTES])
}

/// A proxy that mixes up two answers would make this phone another citizen's. A service of an earlier version
/// does not say whose tokens they are.
pub(crate) fn check_device(tokens: &Tokens, own: Option<&str>) -> Result<(), WalletError> {
    match (tokens.szid_device.as_deref(), own) {
        (Some(theirs), Some(own)) if theirs != own => Err(WalletError::NotTheService),
        _ => Ok(()),
    }
}

const DEVICE_ID_BYTES: usize = 16;
