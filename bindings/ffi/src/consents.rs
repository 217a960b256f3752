//! Consents: what venues ask the holder, and the signed answer.

use std::sync::Arc;

use crate::errors::{ApproveError, SyncError};
use crate::unlocking::Unlocking;
use crate::wallet::Wallet;

#[uniffi::export]
impl Wallet {
    /// What the holder is being asked now. Waits up to so many seconds, at most 25, for a first question:
    /// call it again and again while a code is shown.
    pub async fn consents(&self, wait_seconds: u64) -> Result<Vec<Arc<ConsentRequest>>, SyncError> {
        let asked = self.ask(async move |core| core.consents(wait_seconds).await).await?;
        Ok(asked.into_iter().map(|core| Arc::new(ConsentRequest { core })).collect())
    }

    /// Approves what a venue asks, signed by today's device key. It states the tier of this unlocking; below
    /// what the request needs it ends with `UnlockNeeded`.
    pub async fn approve(
        &self,
        request: Arc<ConsentRequest>,
        unlocking: Arc<Unlocking>,
    ) -> Result<(), ApproveError> {
        let given = self.ask(async move |core| core.approve(&request.core, &unlocking.core).await);
        Ok(given.await?)
    }

    /// Refuses what a venue asks.
    pub async fn refuse(&self, request: Arc<ConsentRequest>) -> Result<(), ApproveError> {
        let given = self.ask(async move |core| core.deny(&request.core).await);
        Ok(given.await?)
    }

    /// Refuses what a venue asks, and reports that the holder did not expect it (拒绝并举报). The city is told;
    /// the venue hears of a refusal as of any other. The use is then listed as `reported`.
    pub async fn refuse_and_report(
        &self,
        request: Arc<ConsentRequest>,
    ) -> Result<(), ApproveError> {
        let given = self.ask(async move |core| core.deny_and_report(&request.core).await);
        Ok(given.await?)
    }
}

/// What a venue asks of the holder. Only the wallet makes one, so that what is answered is what was asked.
#[derive(uniffi::Object)]
pub struct ConsentRequest {
    core: szid_wallet::ConsentRequest,
}

#[uniffi::export]
impl ConsentRequest {
    /// What it says, to be shown word by word.
    pub fn details(&self) -> ConsentDetails {
        self.core.clone().into()
    }
}

/// What a consent request says.
#[derive(Clone, Debug, uniffi::Record)]
pub struct ConsentDetails {
    /// Names the question.
    pub id: String,
    /// The venue's id.
    pub venue: String,
    /// The venue's name.
    pub venue_name: String,
    /// The name of the venue's site, where it has several.
    pub site_name: Option<String>,
    /// The scene.
    pub scene: u16,
    /// The scene's name in Chinese.
    pub scene_zh: String,
    /// The scene's name in English.
    pub scene_en: String,
    /// The names of the claims, as in the specification's claims registry.
    pub claims: Vec<String>,
    /// What it is for, where the scene demands it.
    pub matter: Option<Matter>,
    /// The least authentication tier that an approval needs, 1 to 3.
    pub tier: u8,
    /// How many days the venue may keep what it receives.
    pub retention_days: u32,
    /// Seconds to count down from: those that were left when the wallet heard of it. All that the venue
    /// waits, where the service does not say what is left.
    pub wait_seconds: u32,
}

impl From<szid_wallet::ConsentRequest> for ConsentDetails {
    fn from(request: szid_wallet::ConsentRequest) -> Self {
        let wait_seconds = request.seconds_to_answer();
        Self {
            id: request.id,
            venue: request.venue,
            venue_name: request.venue_name,
            site_name: request.site_name,
            scene: request.scene,
            scene_zh: request.scene_zh,
            scene_en: request.scene_en,
            claims: request.claims,
            matter: request.matter.map(Matter::from),
            tier: request.tier,
            retention_days: request.retention_days,
            wait_seconds,
        }
    }
}

/// Who acts, why, and in which case.
#[derive(Clone, Debug, uniffi::Record)]
pub struct Matter {
    /// Who scans.
    pub operator: String,
    /// Why.
    pub purpose: String,
    /// The case number.
    pub case_number: String,
}

impl From<szid_wallet::Matter> for Matter {
    fn from(matter: szid_wallet::Matter) -> Self {
        Self { operator: matter.operator, purpose: matter.purpose, case_number: matter.case }
    }
}
