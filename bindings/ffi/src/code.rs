//! Codes: drawn now, or in two steps for keys that ask for the holder's finger. Never any network.

use std::sync::Arc;

use szid_protocol::code::Challenge;
use szid_wallet::{KeyError, PendingPresentation, Presentation, PresentationOptions};

use crate::errors::{Advice, CoreError, PresentError};
use crate::pending::Pending;
use crate::ports::KeyPortError;
use crate::unlocking::Unlocking;
use crate::wallet::Wallet;

#[uniffi::export]
impl Wallet {
    /// Draws a code for now, with a device key that is free to sign. It states the tier of this unlocking.
    #[uniffi::method(default(options = None))]
    pub fn code(
        &self,
        unlocking: Arc<Unlocking>,
        options: Option<CodeOptions>,
    ) -> Result<CitizenCode, PresentError> {
        let core = self.core()?;
        match core.present(&unlocking.core, &options.unwrap_or_default().into()) {
            Ok(code) => Ok(CitizenCode::of(code)),
            Err(error) => Err(say_not_enrolled(core, error)),
        }
    }

    /// Lays out a code for now and says what is to be signed, for passes whose key asks for the holder's
    /// finger or face (`KeyPolicy.HOLDER_PRESENT`): the shell has its key store sign, within 30 seconds. The
    /// signature is what proves the finger, so that such a code states tier 3; with other keys it states the
    /// tier of this unlocking.
    #[uniffi::method(default(options = None))]
    pub fn begin_code(
        &self,
        unlocking: Arc<Unlocking>,
        options: Option<CodeOptions>,
    ) -> Result<Arc<PendingCode>, PresentError> {
        let core = self.core()?;
        let begun = core.begin_presentation(&unlocking.core, &options.unwrap_or_default().into());
        let pending = begun.map_err(|error| say_not_enrolled(core, error))?;
        let pending = Pending::new(core, pending, PendingPresentation::signing_request);
        Ok(Arc::new(PendingCode { pending }))
    }
}

/// An empty wallet has no pass either; what its holder needs is another thing.
fn say_not_enrolled(core: &szid_wallet::Wallet, error: CoreError) -> PresentError {
    match error {
        CoreError::NoPass if core.status().is_ok_and(|status| !status.enrolled) => {
            CoreError::NotEnrolled.into()
        }
        error => error.into(),
    }
}

/// A code that waits for its signature.
#[derive(uniffi::Object)]
pub struct PendingCode {
    pending: Pending<PendingPresentation>,
}

#[uniffi::export]
impl PendingCode {
    /// Which device key signs.
    pub fn key_handle(&self) -> String {
        self.pending.handle.clone()
    }

    /// What it signs with ECDSA over SHA-256; the key store hashes it.
    pub fn message(&self) -> Vec<u8> {
        self.pending.message.clone()
    }

    /// Ends it where the key store did not sign; what comes back is what the holder does. Where the key is
    /// lost, the wallet lets go of its pass, and `refresh` brings another one.
    pub fn fail(&self, fault: KeyPortError) -> Advice {
        let fault = KeyError::from(fault);
        Advice::of(&match self.pending.take() {
            Some(pending) => self.pending.core.fail_presentation(pending, fault),
            None => fault.into(),
        })
    }

    /// Draws the code: once, with the signature in either form that `DeviceKeys.sign` may answer with.
    pub fn finish(&self, signature: Vec<u8>) -> Result<CitizenCode, PresentError> {
        // A second code of one signature would be the same code.
        let (pending, signature) = self.pending.take_with(&signature)?;
        Ok(CitizenCode::of(self.pending.core.finish_presentation(pending, &signature)?))
    }
}

/// What the holder chose for a code.
#[derive(Clone, Debug, Default, uniffi::Record)]
pub struct CodeOptions {
    /// The only scene that the code is for; 0 for any.
    #[uniffi(default = 0)]
    pub scene: u16,
    /// The venue's challenge, where the venue showed one.
    #[uniffi(default = None)]
    pub challenge: Option<VenueChallenge>,
    /// How much damage the drawing survives; `MEDIUM` where nothing is said.
    #[uniffi(default = None)]
    pub damage: Option<DamageLevel>,
}

impl From<CodeOptions> for PresentationOptions {
    fn from(options: CodeOptions) -> Self {
        Self {
            scene: options.scene,
            challenge: options.challenge.map(Challenge::from),
            level: options.damage.map(szid_wallet::QrLevel::from).unwrap_or_default(),
        }
    }
}

/// A venue's challenge: whom the code is for, and a nonce that only this venue's screen showed.
#[derive(Clone, Debug, uniffi::Record)]
pub struct VenueChallenge {
    /// The venue's id.
    pub audience: String,
    /// 8 to 16 random bytes.
    pub nonce: Vec<u8>,
}

impl From<VenueChallenge> for Challenge {
    fn from(VenueChallenge { audience, nonce }: VenueChallenge) -> Self {
        Self { audience, nonce }
    }
}

impl From<Challenge> for VenueChallenge {
    fn from(Challenge { audience, nonce }: Challenge) -> Self {
        Self { audience, nonce }
    }
}

/// How much damage a drawing survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum DamageLevel {
    /// The largest modules: for displays of few pixels.
    Low,
    /// For screens and print: read where glass is cracked, dirty or glaring, too.
    Medium,
}

impl From<DamageLevel> for szid_wallet::QrLevel {
    fn from(level: DamageLevel) -> Self {
        match level {
            DamageLevel::Low => Self::L,
            DamageLevel::Medium => Self::M,
        }
    }
}

/// A code to show now.
#[derive(Clone, Debug, uniffi::Record)]
pub struct CitizenCode {
    /// What the drawing says.
    pub digits: String,
    /// The drawing: its modules, and from them a picture for who asks for one.
    pub bits: QrBits,
    /// The time that the code states, Unix seconds.
    pub made_at: u64,
    /// Venues take it for this many seconds from now.
    pub seconds_left: u64,
    /// Ask for a new one after this many seconds.
    pub redraw_in: u64,
    /// The wallet's time may be wrong, so that venues may refuse this code: say so beside it, and refresh.
    pub time_in_doubt: bool,
    /// How to show it.
    pub display: DisplayHints,
}

impl CitizenCode {
    pub(crate) fn of(code: Presentation) -> Self {
        Self {
            bits: QrBits::of(&code.qr),
            digits: code.digits,
            made_at: code.iat,
            seconds_left: code.expires_in,
            redraw_in: code.redraw_in,
            time_in_doubt: code.time_in_doubt,
            display: DisplayHints::of(&code.hints),
        }
    }
}

/// The modules of a drawing, to be drawn with a whole number of pixels for each: only then are all equally
/// large.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct QrBits {
    /// Modules per side. The quiet zone of four modules, which is light, is not included.
    pub side: u32,
    /// Row by row from the top, each from the left, the first module in the highest bit; 1 is dark. A row
    /// begins with a byte of its own and takes (side + 7) / 8 bytes; bits that are left over at its end
    /// are 0.
    pub bits: Vec<u8>,
}

#[uniffi::export]
impl QrBits {
    /// A picture as SVG, one unit per module, quiet zone included. Ends with `CannotDraw` for bits of no
    /// code.
    pub fn svg(&self) -> Result<String, PresentError> {
        Ok(self.qr()?.to_svg())
    }

    /// A black and white PNG with so many pixels per module, 1 to 32, quiet zone included. Ends with
    /// `CannotDraw` for another number, and for bits of no code.
    #[uniffi::method(default(pixels_per_module = 8))]
    pub fn png(&self, pixels_per_module: u8) -> Result<Vec<u8>, PresentError> {
        Ok(self.qr()?.to_png(pixels_per_module.into())?)
    }
}

impl QrBits {
    /// At most 69 modules: the largest drawing is version 13.
    fn of(qr: &szid_wallet::Qr) -> Self {
        Self { side: u32::try_from(qr.size).unwrap_or(0), bits: qr.to_bits() }
    }

    /// Whoever calls may have made the record up.
    fn qr(&self) -> Result<szid_wallet::Qr, PresentError> {
        let side = usize::try_from(self.side).unwrap_or(usize::MAX);
        Ok(szid_wallet::Qr::from_bits(side, &self.bits)?)
    }
}

/// How a code is shown.
#[derive(Clone, Debug, uniffi::Record)]
pub struct DisplayHints {
    /// Turn the brightness up while the code is shown.
    pub full_brightness: bool,
    /// Do not let the screen sleep.
    pub keep_awake: bool,
    /// Keep the code out of screenshots and of the list of recent apps.
    pub secure_screen: bool,
    /// The side of the drawing, quiet zone included, millimetres.
    pub preferred_millimetres: u8,
    /// What a screen reader says in Chinese.
    pub accessibility_label_zh: String,
    /// What a screen reader says in English.
    pub accessibility_label_en: String,
}

impl DisplayHints {
    fn of(hints: &szid_wallet::DisplayHints) -> Self {
        Self {
            full_brightness: hints.full_brightness,
            keep_awake: hints.keep_awake,
            secure_screen: hints.secure_screen,
            preferred_millimetres: hints.preferred_millimetres,
            accessibility_label_zh: hints.accessibility_label.zh.to_owned(),
            accessibility_label_en: hints.accessibility_label.en.to_owned(),
        }
    }
}
