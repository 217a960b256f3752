//! Presentation: today's pass, the corrected time and the device's signature, drawn. Never any network.

use szid_protocol::code::{Challenge, CodeClaims, CodeDraft};
use szid_protocol::day::end_of_day;
use szid_protocol::level::AuthenticationTier;
use szid_protocol::reason::Text;
use szid_protocol::verify::MAX_AGE;

use crate::error::WalletError;
use crate::qr::{Qr, QrLevel};
use crate::records::{PASSES, StoredPass, day_name, load};
use crate::wallet::Wallet;

/// A new code is drawn this often, seconds.
const REDRAW_SECONDS: u64 = 15;

/// What the holder chose for a code.
#[derive(Clone, Debug)]
pub struct PresentationOptions {
    /// How the holder unlocked the wallet.
    pub tier: AuthenticationTier,
    /// The only scene that the code is for; 0 for any.
    pub scene: u16,
    /// The venue's challenge, where the venue showed one.
    pub challenge: Option<Challenge>,
    /// For a screen or for print.
    pub level: QrLevel,
}

impl Default for PresentationOptions {
    fn default() -> Self {
        Self { tier: AuthenticationTier::AppOpen, scene: 0, challenge: None, level: QrLevel::L }
    }
}

/// How the shell shows a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DisplayHints {
    /// Turn the brightness up while the code is shown.
    pub full_brightness: bool,
    /// Do not let the screen sleep.
    pub keep_awake: bool,
    /// Ask the system to keep the code out of screenshots.
    pub secure_screen: bool,
    /// The side of the drawing, quiet zone included, millimetres.
    pub preferred_millimetres: u8,
    /// What a screen reader says.
    pub accessibility_label: Text,
}

const HINTS: DisplayHints = DisplayHints {
    full_brightness: true,
    keep_awake: true,
    secure_screen: true,
    preferred_millimetres: 40,
    accessibility_label: Text {
        zh: "市民码，请对准扫码设备，每15秒自动刷新",
        en: "Citizen code. Hold it to the scanner. It renews itself every 15 seconds",
    },
};

/// A code to show.
pub struct Presentation {
    /// The digits.
    pub digits: String,
    /// The drawing.
    pub qr: Qr,
    /// When it was drawn, corrected Unix seconds.
    pub iat: u64,
    /// Draw a new one after this many seconds.
    pub redraw_in: u64,
    /// Venues take it for this many seconds.
    pub expires_in: u64,
    /// How to show it.
    pub hints: DisplayHints,
}

impl Wallet {
    /// Draws a code for now.
    ///
    /// # Errors
    /// [`WalletError::NoPass`] where today has none; [`WalletError::Key`] where the device key does not sign.
    pub fn present(&self, options: &PresentationOptions) -> Result<Presentation, WalletError> {
        let now = self.now()?;
        let stored: Option<StoredPass> = load(&self.vault, PASSES, &day_name(end_of_day(now)))?;
        let stored = stored.ok_or(WalletError::NoPass)?;
        let claims = CodeClaims {
            iat: now,
            tier: options.tier,
            scene: options.scene,
            challenge: options.challenge.clone(),
        };
        let draft = CodeDraft::new(&stored.pass, &claims).map_err(|_| WalletError::Drawing)?;
        let signature = self.keys.sign(&stored.handle, &draft.to_be_signed())?;
        let digits = draft.finish_as_digits(&signature);
        let qr = Qr::draw(&digits, options.level)?;
        Ok(Presentation {
            digits,
            qr,
            iat: now,
            redraw_in: REDRAW_SECONDS,
            expires_in: MAX_AGE,
            hints: HINTS,
        })
    }
}
