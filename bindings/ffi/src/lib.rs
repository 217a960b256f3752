//! UniFFI surface of the wallet core: what Kotlin, Swift and Python see of it.
//!
//! | to | use | ends with |
//! |---|---|---|
//! | open a wallet, look at it, wipe it | [`Wallet`], [`wipe_closed_wallet`] | [`OpenError`], [`SyncError`], [`WipeError`] |
//! | take up an offer | [`Wallet::enrol`] | [`EnrolError`] |
//! | keep passes, trust list and time up to date | [`Wallet::refresh`] | [`SyncError`] |
//! | unlock | [`Wallet::app_opened`], [`Wallet::unlock_with_pin`], [`Wallet::begin_biometric`]; [`Unlocking`] | [`UnlockError`] |
//! | set PIN and finger | [`Wallet::set_pin`], [`Wallet::enable_biometric`] | [`UnlockSetupError`] |
//! | show a code | [`Wallet::code`], [`Wallet::begin_code`] | [`PresentError`] |
//! | be asked, approve, refuse | [`Wallet::consents`], [`Wallet::approve`], [`Wallet::refuse`] | [`SyncError`], [`ApproveError`] |
//! | bring the phone's key store, screen lock and HTTP client | [`DeviceKeys`], [`SealingKey`], [`KeyAttester`], [`HolderPrompt`], [`Http`] | their own errors |
//! | know what to tell the holder | [`Advice`], in every case of every error | |
//!
//! Nothing is decided here: this crate turns the core's types into records, and the shell's ports into the core's.
#![allow(unsafe_code, reason = "uniffi's macros write the C entry points")]

mod code;
mod consents;
mod enrolment;
mod errors;
mod ports;
mod refresh;
mod runtime;
mod unlock_setup;
mod unlocking;
mod wallet;

pub use code::{CitizenCode, CodeOptions, DamageLevel, DisplayHints, PendingCode, VenueChallenge};
pub use consents::{ConsentDetails, ConsentRequest, Matter};
pub use errors::{
    Advice, ApproveError, EnrolError, OpenError, PresentError, SyncError, UnlockError,
    UnlockSetupError, WipeError,
};
pub use ports::{
    DeviceKeys, HolderPrompt, Http, HttpAnswer, HttpHeader, HttpPortError, HttpRequest,
    KeyAttester, KeyPolicy, KeyPortError, KeyToAttest, PromptPortError, SealingKey,
    SealingPortError,
};
pub use unlock_setup::PinStatus;
pub use unlocking::{PendingUnlocking, UnlockMethod, Unlocking};
pub use wallet::{
    AfterLastTry, TimeBasis, UnlockPolicy, Wallet, WalletConfig, WalletStatus, wipe_closed_wallet,
};

uniffi::setup_scaffolding!("szid");
