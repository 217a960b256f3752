//! Presentation: today's pass, the corrected time and the device's signature, drawn. Never any network.

use szid_protocol::code::{Challenge, CodeClaims, CodeDraft};
use szid_protocol::crypto::{P256Backend, Signature, SignatureBackend};
use szid_protocol::day::end_of_day;
use szid_protocol::key::PublicKey;
use szid_protocol::level::AuthenticationTier;
use szid_protocol::pass::UnverifiedPass;
use szid_protocol::reason::Reason;
use szid_protocol::verify::MAX_AGE;

use crate::display::{DisplayHints, HINTS};
use crate::error::WalletError;
use crate::ports::KeyError;
use crate::qr::{Qr, QrLevel};
use crate::records::StoredPass;
use crate::unlocking::Unlocking;
use crate::wallet::Wallet;

/// A new code is drawn this often, seconds.
const REDRAW_SECONDS: u64 = 15;
/// How long the holder may take to sign, seconds. What is left must do for the scan.
const SIGN_WITHIN: u64 = 30;
const _: () = assert!(SIGN_WITHIN + REDRAW_SECONDS < MAX_AGE);

/// What the holder chose for a code.
#[derive(Clone, Debug, Default)]
pub struct PresentationOptions {
    /// The only scene that the code is for; 0 for any.
    pub scene: u16,
    /// The venue's challenge, where the venue showed one.
    pub challenge: Option<Challenge>,
    /// How much damage the drawing survives.
    pub level: QrLevel,
}

/// A code to show.
#[non_exhaustive]
pub struct Presentation {
    /// The digits.
    pub digits: String,
    /// The drawing.
    pub qr: Qr,
    /// The time that the code states, corrected Unix seconds.
    pub iat: u64,
    /// Draw a new one after this many seconds.
    pub redraw_in: u64,
    /// Venues take it for this many seconds.
    pub expires_in: u64,
    /// The wallet's time may be wrong ([`Status::time_in_doubt`](crate::Status::time_in_doubt)): venues may
    /// refuse the code until the holder was online.
    pub time_in_doubt: bool,
    /// How to show it.
    pub hints: DisplayHints,
}

/// What the shell has signed by the key store, with the holder's finger.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SigningRequest<'a> {
    /// Which device key.
    pub handle: &'a str,
    /// What it signs with ES256; the key store hashes it.
    pub message: &'a [u8],
}

/// A code that waits for its signature.
pub struct PendingPresentation {
    handle: String,
    message: Vec<u8>,
    draft: CodeDraft,
    device_key: PublicKey,
    /// The end of the pass's day.
    day: u64,
    iat: u64,
    time_in_doubt: bool,
    level: QrLevel,
}

impl PendingPresentation {
    /// What is to be signed, by which key.
    pub fn signing_request(&self) -> SigningRequest<'_> {
        SigningRequest { handle: &self.handle, message: &self.message }
    }
}

impl Wallet {
    /// Draws a code for now, with a device key that is free to sign. It states the tier of this unlocking.
    ///
    /// # Errors
    /// [`WalletError::Locked`] once the unlocking is over; [`WalletError::NoPass`] where today has none;
    /// [`WalletError::Key`] where the device key does not sign.
    pub fn present(
        &self,
        unlocking: &Unlocking,
        options: &PresentationOptions,
    ) -> Result<Presentation, WalletError> {
        let pending = self.lay_out(options, |_| self.current_tier(unlocking))?;
        // This signature goes from the port straight into the code: nobody can have mixed it up, and
        // verifying it would cost twice the signing.
        match self.keys.sign(&pending.handle, &pending.message) {
            Ok(signature) => pending.draw(&signature, 0),
            Err(fault) => Err(self.fail_presentation(pending, fault)),
        }
    }

    /// Lays out a code for now and says what is to be signed, for keys that the shell has sign. Where the
    /// pass's key needs the holder's finger or face
    /// ([`KeyPolicy::HolderPresent`](crate::KeyPolicy::HolderPresent)), its signature is what proves them and
    /// the code states tier 3; otherwise the tier of this unlocking.
    ///
    /// # Errors
    /// [`WalletError::Locked`] once the unlocking is over; [`WalletError::NoPass`] where today has none.
    pub fn begin_presentation(
        &self,
        unlocking: &Unlocking,
        options: &PresentationOptions,
    ) -> Result<PendingPresentation, WalletError> {
        self.lay_out(options, |stored| {
            let tier = self.current_tier(unlocking)?;
            Ok(if stored.holder_present { AuthenticationTier::Biometric } else { tier })
        })
    }

    fn lay_out(
        &self,
        options: &PresentationOptions,
        tier: impl FnOnce(&StoredPass) -> Result<AuthenticationTier, WalletError>,
    ) -> Result<PendingPresentation, WalletError> {
        let time = self.corrected_time()?;
        let iat = time.seconds;
        let day = end_of_day(iat);
        let stored = self.stored_pass(day)?.ok_or(WalletError::NoPass)?;
        let pass = UnverifiedPass::parse(&stored.pass).map_err(WalletError::Untrusted)?;
        let claims = CodeClaims {
            iat,
            tier: tier(&stored)?,
            scene: options.scene,
            challenge: options.challenge.clone(),
        };
        let draft = CodeDraft::new(&stored.pass, &claims).map_err(|_| WalletError::Drawing)?;
        Ok(PendingPresentation {
            message: draft.to_be_signed(),
            device_key: pass.device_key(),
            handle: stored.handle,
            draft,
            day,
            iat,
            time_in_doubt: self.is_in_doubt(&time)?,
            level: options.level,
        })
    }

    /// Draws the code that was begun, once it is signed.
    ///
    /// # Errors
    /// [`WalletError::Key`] with [`KeyError::WrongSignature`] for a signature by another key or of another
    /// message, and with [`KeyError::TooLate`] when it took more than half a minute: begin anew then.
    pub fn finish_presentation(
        &self,
        pending: PendingPresentation,
        signature: &Signature,
    ) -> Result<Presentation, WalletError> {
        // A clock that was corrected backwards in between is no reason to refuse.
        let took = self.now()?.saturating_sub(pending.iat);
        if took > SIGN_WITHIN {
            return Err(KeyError::TooLate.into());
        }
        let key = P256Backend
            .verifying_key(&pending.device_key)
            .map_err(|_| WalletError::Untrusted(Reason::DeviceKey))?;
        if !key.verify(&pending.message, signature) {
            return Err(KeyError::WrongSignature.into());
        }
        pending.draw(signature, took)
    }

    /// Ends a code that the key store did not sign, and gives the error to tell. Where the key is lost the
    /// wallet lets go of its pass, so that a refresh is due and brings one for a new key.
    pub fn fail_presentation(&self, pending: PendingPresentation, fault: KeyError) -> WalletError {
        if fault == KeyError::Lost {
            self.drop_pass_of_lost_key(pending.day, &pending.handle);
        }
        fault.into()
    }
}

impl PendingPresentation {
    fn draw(self, signature: &Signature, took: u64) -> Result<Presentation, WalletError> {
        let digits = self.draft.finish_as_digits(signature);
        let qr = Qr::draw(&digits, self.level)?;
        Ok(Presentation {
            digits,
            qr,
            iat: self.iat,
            redraw_in: REDRAW_SECONDS,
            expires_in: MAX_AGE - took.min(MAX_AGE),
            time_in_doubt: self.time_in_doubt,
            hints: HINTS,
        })
    }
}

impl Presentation {
    /// How long venues still take this code at the corrected time `now`, seconds; 0 once they do not.
    pub fn seconds_left(&self, now: u64) -> u64 {
        MAX_AGE.saturating_sub(now.saturating_sub(self.iat))
    }
}
