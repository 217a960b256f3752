//! Holder side of the citizen code: enrolment, strips of day passes, presentation without network, refresh.
//!
//! | to | use |
//! |---|---|
//! | open, look at, wipe | [`Wallet`] |
//! | take up an offer | [`Wallet::enrol`], [`Wallet::enrol_observed`] |
//! | keep the strip filled | [`Wallet::refresh`] |
//! | unlock | [`Wallet::app_opened`], [`Wallet::unlock_with_pin`], [`Wallet::unlock_with_screen_lock`], [`Wallet::begin_biometric`]; [`Wallet::lock`] |
//! | set, change, reset the PIN | [`Wallet::set_pin`], [`Wallet::change_pin`], [`Wallet::reset_pin`], [`Wallet::pin_status`] |
//! | show a code | [`Wallet::present`], or [`Wallet::begin_presentation`] for keys that need the holder's finger |
//! | be asked, approve, deny | [`Wallet::consents`], [`Wallet::approve`], [`Wallet::deny`] |
//! | read a venue's code, confirm there | [`Wallet::read_venue_code`], [`Wallet::ask_venue`], [`Wallet::confirm_visit`] |
//! | say a code aloud | [`Wallet::short_number`] |
//! | see who used the identity | [`Wallet::uses`], [`Wallet::receipt`] |
//! | see the account, its devices and events; report a loss | [`Wallet::account`], [`Wallet::devices`], [`Wallet::end_device`], [`Wallet::events`], [`Wallet::report_lost`] |
//! | raise the identity level | [`Wallet::begin_proof`], [`Wallet::proof`] |
//! | answer for a new device | [`Wallet::enrolment_questions`], [`Wallet::approve_enrolment`], [`Wallet::refuse_enrolment`] |
//! | bring another device | [`DeviceKeys`], [`SealingKey`], [`Clock`], [`Entropy`], [`KeyAttester`], [`HolderPrompt`], [`Http`], and their [`contract`] |
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod account;
mod client;
mod config;
mod consent;
pub mod contract;
mod device_keys;
mod devices;
mod display;
mod enrolment;
mod epoch;
mod error;
mod genuine;
mod http;
mod jose;
mod kept_keys;
mod key_proofs;
mod last_known;
mod look_alikes;
mod loss;
mod mask;
mod masked_name;
mod metadata;
mod offer;
mod ports;
mod presentation;
mod progress;
mod proofs;
mod qr;
mod records;
mod refresh;
#[cfg(feature = "reqwest")]
mod reqwest_http;
pub mod software;
mod strip;
mod time;
mod trust;
mod unlocking;
mod venue;
mod vouching;
mod wallet;

pub use account::{Account, AccountState, LevelStep, LevelUp};
pub use config::{MAX_DAYS_AHEAD, WalletConfig, WalletOptions, WalletParts};
pub use consent::{ConsentRequest, IdentityUse, Matter};
pub use devices::{AccountEvent, Device, EndedDevice, EnrolmentQuestion};
pub use display::DisplayHints;
pub use error::WalletError;
pub use http::{Http, HttpAnswer, HttpError, HttpFuture, HttpMethod, HttpRequest};
pub use last_known::{Freeze, FrozenBy, LastKnown, Standing};
pub use loss::OtherDevices;
pub use ports::{
    Clock, DeviceKeys, HolderPrompt, KeyAttester, KeyError, KeyPolicy, PromptError, Reading,
};
pub use presentation::{PendingPresentation, Presentation, PresentationOptions, SigningRequest};
pub use progress::{EnrolObserver, EnrolStep};
pub use proofs::{Proof, ProofRefusal, ProofState};
pub use qr::{Qr, QrLevel};
#[cfg(feature = "reqwest")]
pub use reqwest_http::ReqwestHttp;
pub use szid_vault::{Entropy, EntropyError, OpenReport, SealingError, SealingKey, VaultError};
pub use time::TimeSource;
pub use unlocking::{
    AfterLastTry, PendingUnlocking, PinStatus, PinWeakness, UnlockError, UnlockMethod,
    UnlockPolicy, Unlocking,
};
pub use venue::{
    ShortNumberGiven, SignedReceipt, VenueCode, VenueCodeFault, VenueRequest, VenueView, Visit,
};
pub use wallet::{Status, Wallet};
