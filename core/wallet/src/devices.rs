//! The holder's devices: seen and ended; and what happened to the account.

use data_encoding::BASE64URL_NOPAD;
use szid_api::devices::DevicesOfHolder;
pub use szid_api::devices::{DeviceOfHolder as Device, EndedDevice};
pub use szid_api::enrolments::EnrolmentQuestion;
pub use szid_api::events::EventView as AccountEvent;
use szid_protocol::code::Challenge;

use crate::error::WalletError;
use crate::presentation::PresentationOptions;
use crate::records::{Batch, SEEN_EVENT, STATE};
use crate::unlocking::Unlocking;
use crate::wallet::Wallet;

/// What a code is for that ends a device.
const ENDING: &str = "szid:devices";

impl Wallet {
    /// The holder's devices.
    ///
    /// # Errors
    /// [`WalletError::NotEnrolled`], [`WalletError::DeviceEnded`], or what went wrong with the service.
    pub async fn devices(&self) -> Result<Vec<Device>, WalletError> {
        Ok(self.ask_devices().await?.devices)
    }

    /// Those of the last three months that were ended, the last one first.
    ///
    /// # Errors
    /// As [`Wallet::devices`].
    pub async fn ended_devices(&self) -> Result<Vec<EndedDevice>, WalletError> {
        Ok(self.ask_devices().await?.ended)
    }

    async fn ask_devices(&self) -> Result<DevicesOfHolder, WalletError> {
        self.with_access(|by| async move { self.client.devices(&by.at, &by.token).await }).await
    }

    /// Ends for good what was stopped because it may have been copied: its passes are revoked.
    ///
    /// # Errors
    /// As [`Wallet::end_device`] with an unlocking.
    pub async fn end_ended(
        &self,
        device: &EndedDevice,
        unlocking: &Unlocking,
    ) -> Result<(), WalletError> {
        let id = &device.device.id;
        let code = self.code_to_end(id, unlocking)?;
        let code = code.as_str();
        self.with_access(|by| async move {
            self.client.end_device(&by.at, &by.token, id, Some(code), false).await
        })
        .await
    }

    /// Ends one of the holder's devices: its codes are refused from then on. It is signed by today's device
    /// key, and that the app is open is not enough. This device goes without an unlocking as long as there is
    /// another one with passes; wipe the wallet afterwards.
    ///
    /// # Errors
    /// As [`Wallet::approve`]: [`WalletError::Refused`] with `CONSENT_CODE` where an unlocking is needed, or
    /// its tier is too low. `NOT_FOUND` where there is no such device.
    pub async fn end_device(
        &self,
        device: &Device,
        unlocking: Option<&Unlocking>,
    ) -> Result<(), WalletError> {
        let code =
            unlocking.map(|unlocking| self.code_to_end(&device.id, unlocking)).transpose()?;
        let code = code.as_deref();
        self.with_access(|by| async move {
            self.client.end_device(&by.at, &by.token, &device.id, code, device.this_device).await
        })
        .await
    }

    /// A code that ends this device and no other.
    fn code_to_end(&self, device: &str, unlocking: &Unlocking) -> Result<String, WalletError> {
        self.answer_with_code(ENDING, device, unlocking)
    }

    /// A code whose challenge is something that an id of 16 bytes names.
    fn answer_with_code(
        &self,
        audience: &str,
        id: &str,
        unlocking: &Unlocking,
    ) -> Result<String, WalletError> {
        let nonce = BASE64URL_NOPAD
            .decode(id.as_bytes())
            .map_err(|_| WalletError::Answer("what is asked about has no id"))?;
        let challenge = Some(Challenge { audience: audience.to_owned(), nonce });
        let options = PresentationOptions { challenge, ..PresentationOptions::default() };
        Ok(self.present(unlocking, &options)?.digits)
    }

    /// What happened to the account, the newest first; with the id of the last event shown, what came before
    /// it. The first page counts as seen.
    ///
    /// # Errors
    /// As [`Wallet::devices`].
    pub async fn events(&self, before: Option<&str>) -> Result<Vec<AccountEvent>, WalletError> {
        let events = self
            .with_access(|by| async move { self.client.events(&by.at, &by.token, before).await });
        let events = events.await?;
        if let (None, Some(newest)) = (before, events.first()) {
            let mut batch = Batch::default();
            batch.put(STATE, SEEN_EVENT, &newest.id)?;
            batch.write(&self.vault)?;
        }
        Ok(events)
    }

    /// New devices that counters ask for in the holder's name, approved ones too until they are confirmed.
    ///
    /// # Errors
    /// As [`Wallet::devices`]; [`WalletError::Frozen`] while the account is frozen.
    pub async fn enrolment_questions(&self) -> Result<Vec<EnrolmentQuestion>, WalletError> {
        self.with_access(
            |by| async move { self.client.enrolment_questions(&by.at, &by.token).await },
        )
        .await
    }

    /// Approves a new device, signed by today's device key. That the app is open is not enough.
    ///
    /// # Errors
    /// As [`Wallet::approve`].
    pub async fn approve_enrolment(
        &self,
        question: &EnrolmentQuestion,
        unlocking: &Unlocking,
    ) -> Result<(), WalletError> {
        let code = self.answer_with_code(&question.audience, &question.id, unlocking)?;
        self.answer_enrolment(question, Some(&code)).await
    }

    /// Refuses a new device; of an approved one, as long as it is not confirmed, it takes the approval back.
    ///
    /// # Errors
    /// As [`Wallet::devices`].
    pub async fn refuse_enrolment(&self, question: &EnrolmentQuestion) -> Result<(), WalletError> {
        self.answer_enrolment(question, None).await
    }

    async fn answer_enrolment(
        &self,
        question: &EnrolmentQuestion,
        code: Option<&str>,
    ) -> Result<(), WalletError> {
        self.with_access(|by| async move {
            self.client.answer_enrolment(&by.at, &by.token, &question.id, code).await
        })
        .await
    }
}
