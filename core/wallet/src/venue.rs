//! At the venue: read its code, see who asks what, confirm; or say a short number where no scanner works.

use data_encoding::BASE64URL_NOPAD;
pub use szid_api::numbers::NumberGiven as ShortNumberGiven;
pub use szid_api::venues::{VenueView, VisitTold as Visit};
use szid_protocol::code::Challenge;
use szid_protocol::scan_receipt::ScanReceipt;
pub use szid_protocol::venue::{VenueCode, VenueCodeFault};

use crate::error::WalletError;
use crate::presentation::PresentationOptions;
use crate::unlocking::Unlocking;
use crate::wallet::Wallet;

/// What a venue's code asks for, to be shown word by word before the holder confirms.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VenueRequest {
    /// Who asks, and what for.
    pub asked: VenueView,
    code: String,
}

/// A receipt of a use, and the bytes that the city signed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignedReceipt {
    /// What it says.
    pub receipt: ScanReceipt,
    /// The document, to be kept or handed on.
    pub document: Vec<u8>,
}

impl Wallet {
    /// Reads a venue's code, without network: whose it is and for which scene. Where it has a
    /// [`challenge`](VenueCode::challenge), a code that answers it can be drawn and shown to this desk.
    ///
    /// # Errors
    /// [`WalletError::VenueCode`] for a code that the city did not sign, or whose time is over: warn the
    /// holder. [`WalletError::Untrusted`] where the wallet's trust list is missing or has run out: refresh.
    pub fn read_venue_code(&self, text: &str) -> Result<VenueCode, WalletError> {
        let now = self.now()?;
        let trust = self.held_trust(now)?;
        VenueCode::verify(text.trim(), &trust, now).map_err(WalletError::VenueCode)
    }

    /// Asks the service what a venue's code asks for. The venue learns nothing of it.
    ///
    /// # Errors
    /// As [`Wallet::read_venue_code`], which comes first; then what went wrong with the service, and
    /// `VENUE_SUSPENDED`, `SCENE_DENIED` and `MATTER_MISSING` for a venue that may not ask this way.
    pub async fn ask_venue(&self, text: &str) -> Result<VenueRequest, WalletError> {
        let read = self.read_venue_code(text)?;
        let code = text.trim();
        let asked =
            self.with_access(|by| async move { self.client.venue(&by.at, &by.token, code).await });
        let asked = asked.await?;
        let is_same =
            asked.venue == read.venue && asked.scene == read.scene && asked.device == read.device;
        if !is_same {
            return Err(WalletError::Answer("it is about another venue"));
        }
        Ok(VenueRequest { asked, code: code.to_owned() })
    }

    /// Confirms what a venue's code asks for, signed by today's device key. It states the tier of this
    /// unlocking.
    ///
    /// # Errors
    /// [`WalletError::Locked`], [`WalletError::NoPass`], [`WalletError::Key`], or [`WalletError::Refused`]
    /// with `VENUE_AWAY` while nobody looks at the desk's screen, and `CONSENT_CODE` where the tier is too
    /// low or it took too long. A refused verdict is no error.
    pub async fn confirm_visit(
        &self,
        request: &VenueRequest,
        unlocking: &Unlocking,
    ) -> Result<Visit, WalletError> {
        let VenueRequest { asked, code: venue_code } = request;
        let nonce = BASE64URL_NOPAD.decode(asked.nonce.as_bytes());
        let nonce = nonce.map_err(|_| WalletError::Answer("the question has no nonce"))?;
        let options = PresentationOptions {
            scene: asked.scene,
            challenge: Some(Challenge { audience: asked.venue.clone(), nonce }),
            ..PresentationOptions::default()
        };
        let code = self.present(unlocking, &options)?.digits;
        let code = code.as_str();
        self.with_access(|by| async move {
            self.client.visit(&by.at, &by.token, venue_code, code).await
        })
        .await
    }

    /// Gets a short number for a code drawn now. The one before ends.
    ///
    /// # Errors
    /// [`WalletError::Locked`], [`WalletError::NoPass`], [`WalletError::Key`], or what went wrong with the
    /// service.
    pub async fn short_number(
        &self,
        unlocking: &Unlocking,
    ) -> Result<ShortNumberGiven, WalletError> {
        let options = PresentationOptions::default();
        let code = self.present(unlocking, &options)?.digits;
        let code = code.as_str();
        self.with_access(|by| async move { self.client.number(&by.at, &by.token, code).await })
            .await
    }

    /// The receipt of a use that [`Wallet::uses`] lists, verified.
    ///
    /// # Errors
    /// [`WalletError::Refused`] with `NOT_FOUND` for another's or none; [`WalletError::Answer`] for one that
    /// the city did not sign or that is another scan's.
    pub async fn receipt(&self, id: &str) -> Result<SignedReceipt, WalletError> {
        let document = self
            .with_access(|by| async move { self.client.receipt(&by.at, &by.token, id).await })
            .await?;
        let trust = self.held_trust(self.now()?)?;
        let receipt = ScanReceipt::verify(&document, &trust)
            .map_err(|_| WalletError::Answer("the city did not sign this receipt"))?;
        if BASE64URL_NOPAD.encode(&receipt.id) != id {
            return Err(WalletError::Answer("it is another scan's receipt"));
        }
        Ok(SignedReceipt { receipt, document })
    }
}
