//! What crosses the border as plain values.

use szid_wallet::{Presentation, Status, TimeSource};

use crate::error::WalletError;

/// Pixels per module of the PNG.
const PNG_SCALE: usize = 8;

/// What a wallet is opened with.
#[derive(Clone, Debug, uniffi::Record)]
pub struct WalletConfig {
    /// The vault's folder, private to the app. It is made if it is missing.
    pub folder: String,
    /// The city's root keys, each a DER SubjectPublicKeyInfo; at least one.
    pub root_keys: Vec<Vec<u8>>,
    /// Days that passes are fetched ahead, today not counted; at most 14.
    #[uniffi(default = 14)]
    pub days_ahead: u8,
    /// Talk http without TLS to an issuer on this very machine, for demonstrations.
    #[uniffi(default = false)]
    pub demo_mode: bool,
    /// What the holder's list of devices calls this one, such as the phone's own name; at most 32 bytes are kept.
    #[uniffi(default = "")]
    pub device_name: String,
}

/// A code to show now.
#[derive(Clone, Debug, uniffi::Record)]
pub struct CitizenCode {
    /// What the drawing says.
    pub digits: String,
    /// The drawing as SVG, quiet zone included.
    pub svg: String,
    /// The drawing as a black and white PNG, quiet zone included.
    pub png: Vec<u8>,
    /// The drawing's modules row by row, one byte each: 1 is dark. The quiet zone of four modules is not included.
    pub modules: Vec<u8>,
    /// Modules per side.
    pub size: u32,
    /// The time that the code states, Unix seconds.
    pub made_at: u64,
    /// Venues take it for this many seconds from now.
    pub seconds_left: u64,
    /// Ask for a new one after this many seconds.
    pub redraw_in: u64,
    /// How to show it.
    pub display: DisplayHints,
}

impl CitizenCode {
    pub(crate) fn of(code: Presentation) -> Result<Self, WalletError> {
        Ok(Self {
            svg: code.qr.to_svg(),
            png: code.qr.to_png(PNG_SCALE)?,
            modules: code.qr.modules.iter().map(|dark| u8::from(*dark)).collect(),
            // At most 69: the largest drawing is version 13.
            size: u32::try_from(code.qr.size).unwrap_or(0),
            digits: code.digits,
            made_at: code.iat,
            seconds_left: code.expires_in,
            redraw_in: code.redraw_in,
            display: DisplayHints::of(&code.hints),
        })
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

/// What the wallet knows without network.
#[derive(Clone, Debug, uniffi::Record)]
pub struct WalletStatus {
    /// True once an offer was taken up.
    pub enrolled: bool,
    /// Passes for today and later days.
    pub passes_left: u32,
    /// The ends of the days that have a pass, Unix seconds, in order.
    pub days: Vec<u64>,
    /// True when a refresh would fetch passes.
    pub refresh_due: bool,
    /// The corrected time, Unix seconds.
    pub now: u64,
    /// Corrected time minus the device's clock, seconds.
    pub clock_offset: i64,
    /// What the corrected time rests on.
    pub time_basis: TimeBasis,
}

impl From<Status> for WalletStatus {
    fn from(status: Status) -> Self {
        Self {
            enrolled: status.enrolled,
            passes_left: u32::try_from(status.passes_left).unwrap_or(u32::MAX),
            days: status.days,
            refresh_due: status.refresh_due,
            now: status.now,
            clock_offset: status.clock_offset,
            time_basis: match status.time_source {
                TimeSource::Signed => TimeBasis::Signed,
                TimeSource::WallClockWithOffset => TimeBasis::WallClockWithOffset,
                _ => TimeBasis::WallClock,
            },
        }
    }
}

/// What the corrected time rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum TimeBasis {
    /// Time signed by the service, carried on by a clock that nobody can set.
    Signed,
    /// The device's clock, with the offset that it had when time was last signed.
    WallClockWithOffset,
    /// The device's clock as it is.
    WallClock,
}
