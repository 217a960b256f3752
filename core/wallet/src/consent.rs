//! Consent: what venues ask, and the holder's signed answer.

use data_encoding::BASE64URL_NOPAD;
pub use szid_api::consents::ConsentView as ConsentRequest;
pub use szid_api::matter::Matter;
pub use szid_api::uses::UseView as IdentityUse;
use szid_protocol::code::Challenge;

use crate::error::WalletError;
use crate::presentation::PresentationOptions;
use crate::unlocking::Unlocking;
use crate::wallet::Wallet;

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
