//! Venues' own codes: read, asked about, confirmed.

use std::sync::Arc;

use crate::code::VenueChallenge;
use crate::errors::{VenueCodeError, VisitError};
use crate::unlocking::Unlocking;
use crate::wallet::Wallet;

#[uniffi::export]
impl Wallet {
    /// Reads a venue's code, without network: whose it is and for which scene. Where it has a challenge, a
    /// code that answers it can be drawn and shown to this desk.
    pub fn read_venue_code(&self, text: String) -> Result<VenueCode, VenueCodeError> {
        Ok(self.core()?.read_venue_code(&text)?.into())
    }

    /// Asks the service what a venue's code asks for. The venue learns nothing of it.
    pub async fn ask_venue(&self, text: String) -> Result<Arc<VenueRequest>, VenueCodeError> {
        let asked = self.ask(async move |core| core.ask_venue(&text).await).await?;
        Ok(Arc::new(VenueRequest { core: asked }))
    }

    /// Confirms what a venue's code asks for, signed by today's device key. It states the tier of this
    /// unlocking. A refused verdict is no error.
    pub async fn confirm_visit(
        &self,
        request: Arc<VenueRequest>,
        unlocking: Arc<Unlocking>,
    ) -> Result<Visit, VisitError> {
        let visit =
            self.ask(async move |core| core.confirm_visit(&request.core, &unlocking.core).await);
        Ok(visit.await?.into())
    }
}

/// What a venue's code says.
#[derive(Clone, Debug, uniffi::Record)]
pub struct VenueCode {
    /// The venue's id.
    pub venue: String,
    /// The desk whose screen shows the verdict.
    pub device: String,
    /// The scene.
    pub scene: u16,
    /// When it was made, Unix seconds.
    pub made_at: u64,
    /// When its time is over, Unix seconds.
    pub expires_at: u64,
    /// What a code for this desk answers, where the venue's code changes.
    pub challenge: Option<VenueChallenge>,
}

impl From<szid_wallet::VenueCode> for VenueCode {
    fn from(code: szid_wallet::VenueCode) -> Self {
        Self {
            challenge: code.challenge().map(VenueChallenge::from),
            venue: code.venue,
            device: code.device,
            scene: code.scene,
            made_at: code.iat,
            expires_at: code.exp,
        }
    }
}

/// What a venue's code asks for. Only the wallet makes one, so that what is confirmed is what was asked.
#[derive(uniffi::Object)]
pub struct VenueRequest {
    core: szid_wallet::VenueRequest,
}

#[uniffi::export]
impl VenueRequest {
    /// What it says, to be shown word by word before the holder confirms.
    pub fn details(&self) -> VenueRequestDetails {
        self.core.clone().into()
    }
}

/// What a venue's request says.
#[derive(Clone, Debug, uniffi::Record)]
pub struct VenueRequestDetails {
    /// The venue's id.
    pub venue: String,
    /// The venue's name.
    pub venue_name: String,
    /// The name of the venue's site, where it has several.
    pub site_name: Option<String>,
    /// The desk whose screen shows the verdict.
    pub device: String,
    /// The scene.
    pub scene: u16,
    /// The scene's name in Chinese.
    pub scene_zh: String,
    /// The scene's name in English.
    pub scene_en: String,
    /// The names of the claims that the venue receives, as in the specification's claims registry.
    pub claims: Vec<String>,
    /// The least authentication tier that a confirmation needs, 1 to 3.
    pub tier: u8,
    /// How many days the venue may keep what it receives.
    pub retention_days: u32,
    /// Whether somebody looks at the desk's screen: nothing can be confirmed otherwise.
    pub followed: bool,
}

impl From<szid_wallet::VenueRequest> for VenueRequestDetails {
    fn from(szid_wallet::VenueRequest { asked, .. }: szid_wallet::VenueRequest) -> Self {
        Self {
            venue: asked.venue,
            venue_name: asked.venue_name,
            site_name: asked.site_name,
            device: asked.device,
            scene: asked.scene,
            scene_zh: asked.scene_zh,
            scene_en: asked.scene_en,
            claims: asked.claims,
            tier: asked.tier,
            retention_days: asked.retention_days,
            followed: asked.followed,
        }
    }
}

/// What a confirmed visit came to; the desk's screen shows the same.
#[derive(Clone, Debug, uniffi::Record)]
pub struct Visit {
    /// `accept` or `refuse`.
    pub decision: String,
    /// The stable code of the reason.
    pub reason: String,
    /// Names the scan for both sides.
    pub receipt: String,
    /// Unix seconds.
    pub at: u64,
}

impl From<szid_wallet::Visit> for Visit {
    fn from(visit: szid_wallet::Visit) -> Self {
        Self {
            decision: visit.decision,
            reason: visit.reason,
            receipt: visit.receipt,
            at: visit.at,
        }
    }
}
