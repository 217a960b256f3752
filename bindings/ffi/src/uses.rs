//! Who used the holder's identity, and the receipts that the city signs of it.

use crate::consents::Matter;
use crate::errors::SyncError;
use crate::wallet::Wallet;

#[uniffi::export]
impl Wallet {
    /// Who used the holder's identity, the newest first; with the receipt of the last one shown, what came
    /// before it.
    #[uniffi::method(default(before = None))]
    pub async fn uses(&self, before: Option<String>) -> Result<Vec<IdentityUse>, SyncError> {
        let uses = self.ask(async move |core| core.uses(before.as_deref()).await);
        Ok(uses.await?.into_iter().map(IdentityUse::from).collect())
    }

    /// Reports a use that `uses` lists: this was not me, or I did not expect it. The city is told, the venue
    /// is not. Reported again it changes nothing. Ends with `NotFound` for another's use or none, and with
    /// `Refused` (`REPORTS_SPENT` in the detail) after ten within a day.
    pub async fn report_use(&self, receipt: String) -> Result<(), SyncError> {
        Ok(self.ask(async move |core| core.report_use(&receipt).await).await?)
    }

    /// The receipt of a use that `uses` lists, verified. Ends with `NotFound` for another's or none, and with
    /// `Untrusted` for one that the city did not sign.
    pub async fn receipt(&self, id: String) -> Result<SignedReceipt, SyncError> {
        let signed = self.ask(async move |core| {
            let signed = core.receipt(&id).await?;
            Ok(SignedReceipt::of(id, signed))
        });
        Ok(signed.await?)
    }
}

/// One use of the holder's identity.
#[derive(Clone, Debug, uniffi::Record)]
pub struct IdentityUse {
    /// Names the scan for both sides.
    pub receipt: String,
    /// The venue's id.
    pub venue: String,
    /// The venue's name, as the holder was asked with it, or as it was at the scan: show this one.
    pub venue_name: String,
    /// Its name of today, where that is another one: show it beside, as the name of now.
    pub venue_name_now: Option<String>,
    /// The name of the venue's site then, where it has several.
    pub site_name: Option<String>,
    /// The site's name of today, where that is another one.
    pub site_name_now: Option<String>,
    /// The scene.
    pub scene: u16,
    /// The scene's name in Chinese.
    pub scene_zh: String,
    /// The scene's name in English.
    pub scene_en: String,
    /// The verdict's reason, a stable code.
    pub reason: String,
    /// The names of the claims that the venue received.
    pub claims: Vec<String>,
    /// `not_asked`, `approved`, `denied` or `expired`.
    pub consent: String,
    /// What it was for.
    pub matter: Option<Matter>,
    /// Whether a device without connection decided.
    pub offline: bool,
    /// Whether this is a notice of a lawful check that did not ask the holder.
    pub notice: bool,
    /// Whether the holder reported it.
    pub reported: bool,
    /// Unix seconds.
    pub at: u64,
}

impl From<szid_wallet::IdentityUse> for IdentityUse {
    fn from(one: szid_wallet::IdentityUse) -> Self {
        Self {
            receipt: one.receipt,
            venue: one.venue,
            venue_name: one.venue_name,
            venue_name_now: one.venue_name_now,
            site_name: one.site_name,
            site_name_now: one.site_name_now,
            scene: one.scene,
            scene_zh: one.scene_zh,
            scene_en: one.scene_en,
            reason: one.reason,
            claims: one.claims,
            consent: one.consent,
            matter: one.matter.map(Matter::from),
            offline: one.offline,
            notice: one.notice,
            reported: one.reported,
            at: one.at,
        }
    }
}

/// A receipt of a use, and the bytes that the city signed.
#[derive(Clone, Debug, uniffi::Record)]
pub struct SignedReceipt {
    /// Names the scan for both sides.
    pub id: String,
    /// When it was signed, Unix seconds.
    pub signed_at: u64,
    /// When it was scanned, Unix seconds.
    pub at: u64,
    /// The venue's id.
    pub venue: String,
    /// The device's label.
    pub device: String,
    /// The scene.
    pub scene: u16,
    /// The verdict's reason, a stable code.
    pub reason: String,
    /// `not_asked`, `approved`, `denied` or `expired`.
    pub consent: String,
    /// The names of the claims that the venue received.
    pub claims: Vec<String>,
    /// The document, to be kept or handed on.
    pub document: Vec<u8>,
}

impl SignedReceipt {
    fn of(
        id: String,
        szid_wallet::SignedReceipt { receipt, document, .. }: szid_wallet::SignedReceipt,
    ) -> Self {
        Self {
            id,
            signed_at: receipt.signed_at,
            at: receipt.at,
            venue: receipt.venue,
            device: receipt.device,
            scene: receipt.scene,
            reason: receipt.reason,
            consent: receipt.consent,
            claims: receipt.claims,
            document,
        }
    }
}
