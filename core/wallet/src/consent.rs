//! Consent: what venues ask, and the holder's signed answer.

use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use szid_protocol::code::Challenge;

use crate::error::WalletError;
use crate::presentation::PresentationOptions;
use crate::unlocking::Unlocking;
use crate::wallet::Wallet;

/// What a venue asks of the holder, to be shown word by word.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ConsentRequest {
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
    /// Seconds that the venue waits in all.
    pub seconds: u32,
    /// Seconds that were left when the service answered; a service of before does not say.
    #[serde(default)]
    pub seconds_left: Option<u32>,
}

impl ConsentRequest {
    /// Seconds to count down from: those that are left, and where the service does not say, all.
    #[must_use]
    pub fn seconds_to_answer(&self) -> u32 {
        self.seconds_left.unwrap_or(self.seconds)
    }
}

/// Who acts, why, and in which case.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Matter {
    /// Who scans.
    pub operator: String,
    /// Why.
    pub purpose: String,
    /// The case number.
    pub case: String,
}

/// One use of the holder's identity.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct IdentityUse {
    /// Names the scan for both sides.
    pub receipt: String,
    /// The venue's id.
    pub venue: String,
    /// The venue's name, as the holder was asked with it, or as it was at the scan.
    pub venue_name: String,
    /// Its name of today, where that is another one.
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
    /// The verdict's reason.
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
    #[serde(default)]
    pub notice: bool,
    /// Whether the holder reported it.
    #[serde(default)]
    pub reported: bool,
    /// Unix seconds.
    pub at: u64,
}

impl Wallet {
    /// What the holder is being asked now. Waits up to `wait` seconds, at most 25, for a first question: call
    /// it again and again while a code is shown.
    ///
    /// # Errors
    /// [`WalletError::NotEnrolled`], or what went wrong with the service.
    pub async fn consents(&self, wait: u64) -> Result<Vec<ConsentRequest>, WalletError> {
        self.with_access(|by| async move { self.client.consents(&by.at, &by.token, wait).await })
            .await
    }

    /// Approves what a venue asks, signed by today's device key. It states the tier of this
    /// unlocking; one below what the request needs is refused.
    ///
    /// # Errors
    /// [`WalletError::Locked`], [`WalletError::NoPass`], [`WalletError::Key`], or [`WalletError::Refused`]
    /// with `CONSENT_OVER` once it is too late and `CONSENT_CODE` where the tier is too low.
    pub async fn approve(
        &self,
        request: &ConsentRequest,
        unlocking: &Unlocking,
    ) -> Result<(), WalletError> {
        let nonce = BASE64URL_NOPAD
            .decode(request.id.as_bytes())
            .map_err(|_| WalletError::Answer("the question has no id"))?;
        let challenge = Challenge { audience: request.venue.clone(), nonce };
        let options = PresentationOptions {
            scene: request.scene,
            challenge: Some(challenge),
            ..PresentationOptions::default()
        };
        let code = self.present(unlocking, &options)?.digits;
        let code = Some(code.as_str());
        self.with_access(|by| async move {
            self.client.answer(&by.at, &by.token, &request.id, code, false).await
        })
        .await
    }

    /// Refuses what a venue asks.
    ///
    /// # Errors
    /// As [`Wallet::approve`], without the key's.
    pub async fn deny(&self, request: &ConsentRequest) -> Result<(), WalletError> {
        self.refuse(request, false).await
    }

    /// Refuses what a venue asks, and reports that the holder did not expect it. The city is told, the venue
    /// hears of a refusal.
    ///
    /// # Errors
    /// As [`Wallet::deny`]; [`WalletError::Answer`] from a service of before, which takes the refusal alone.
    pub async fn deny_and_report(&self, request: &ConsentRequest) -> Result<(), WalletError> {
        self.refuse(request, true).await
    }

    async fn refuse(&self, request: &ConsentRequest, report: bool) -> Result<(), WalletError> {
        self.with_access(|by| async move {
            self.client.answer(&by.at, &by.token, &request.id, None, report).await
        })
        .await
    }

    /// Reports a use that [`Wallet::uses`] lists: the holder was not there, or did not expect it. Reported
    /// again it changes nothing.
    ///
    /// # Errors
    /// [`WalletError::NotEnrolled`], [`WalletError::Refused`] with `NOT_FOUND` for another's use and with
    /// `REPORTS_SPENT` after ten within a day, or what went wrong with the service.
    pub async fn report_use(&self, receipt: &str) -> Result<(), WalletError> {
        self.with_access(
            |by| async move { self.client.report_use(&by.at, &by.token, receipt).await },
        )
        .await
    }

    /// Who used the holder's identity, the newest first; with the receipt of the last one seen, what came
    /// before it.
    ///
    /// # Errors
    /// [`WalletError::NotEnrolled`], or what went wrong with the service.
    pub async fn uses(&self, before: Option<&str>) -> Result<Vec<IdentityUse>, WalletError> {
        self.with_access(|by| async move { self.client.uses(&by.at, &by.token, before).await })
            .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_counted_down_is_what_is_left_and_all_where_the_service_does_not_say() {
        let mut told = json!({ "id": "AA", "venue": "hall", "venue_name": "馆", "scene": 6,
            "scene_zh": "就医挂号", "scene_en": "hospital", "claims": ["name"], "tier": 1,
            "retention_days": 0, "seconds": 60 });
        let read = |told: &serde_json::Value| -> ConsentRequest {
            serde_json::from_value(told.clone()).unwrap()
        };
        let before = read(&told);
        assert_eq!((before.seconds_left, before.seconds_to_answer()), (None, 60));
        told["seconds_left"] = json!(41);
        let late = read(&told);
        assert_eq!((late.seconds, late.seconds_to_answer()), (60, 41));
    }
}
