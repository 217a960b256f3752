//! UniFFI surface of the wallet core: what Kotlin, Swift and Python see of it.
//!
//! | to | use | ends with |
//! |---|---|---|
//! | open a wallet, look at it, wipe it | [`Wallet`], [`wipe_closed_wallet`] | [`OpenError`], [`SyncError`], [`WipeError`] |
//! | take up an offer, see how far it is | [`Wallet::enrol`], [`EnrolmentWatch`] | [`EnrolError`] |
//! | keep passes, trust list and time up to date | [`Wallet::refresh`] | [`SyncError`] |
//! | unlock | [`Wallet::app_opened`], [`Wallet::unlock_with_pin`], [`Wallet::begin_biometric`]; [`Unlocking`] | [`UnlockError`] |
//! | set PIN and finger | [`Wallet::set_pin`], [`Wallet::enable_biometric`] | [`UnlockSetupError`] |
//! | show a code | [`Wallet::code`], [`Wallet::begin_code`] | [`PresentError`] |
//! | be asked, approve, refuse | [`Wallet::consents`], [`Wallet::approve`], [`Wallet::refuse`] | [`SyncError`], [`ApproveError`] |
//! | read a venue's code, ask about it, confirm | [`Wallet::read_venue_code`], [`Wallet::ask_venue`], [`Wallet::confirm_visit`] | [`VenueCodeError`], [`VisitError`] |
//! | say a code aloud | [`Wallet::short_number`] | [`ApproveError`] |
//! | see who used the identity | [`Wallet::uses`], [`Wallet::receipt`] | [`SyncError`] |
//! | see the account and its devices, report a loss | [`Wallet::account`], [`Wallet::devices`], [`Wallet::report_lost`] | [`SyncError`] |
//! | answer for a new device | [`Wallet::enrolment_questions`], [`Wallet::approve_enrolment`] | [`SyncError`], [`ApproveError`] |
//! | verify codes at a venue, by signed lists | [`Verifier`] | [`VerifierError`] |
//! | bring the phone's key store, screen lock and HTTP client | [`DeviceKeys`], [`SealingKey`], [`KeyAttester`], [`HolderPrompt`], [`Http`] | their own errors |
//! | hear what happens, without a word about the holder | [`LogSink`] | |
//! | know what to tell the holder | [`Advice`], in every case of every error | |
//!
//! Nothing is decided here: this crate turns the core's types into records, and the shell's ports into the
//! core's.
#![allow(unsafe_code, reason = "uniffi's macros write the C entry points")]

mod account;
mod code;
mod consents;
#[cfg(feature = "contract-tests")]
mod contract;
mod enrolment;
mod errors;
mod last_known;
mod log;
mod pending;
mod ports;
mod refresh;
mod runtime;
mod short_number;
#[cfg(feature = "verifier")]
mod synchronise;
mod unlock_setup;
mod unlocking;
mod uses;
mod venues;
#[cfg(feature = "verifier")]
mod verdict;
#[cfg(feature = "verifier")]
mod verifier;
mod wallet;

pub use account::{
    Account, AccountEvent, AccountState, Device, DeviceDetails, EndedDevice, EndedDeviceDetails,
    EnrolmentQuestion, EnrolmentQuestionDetails, OtherDevices,
};
pub use code::{
    CitizenCode, CodeOptions, DamageLevel, DisplayHints, PendingCode, QrBits, VenueChallenge,
};
pub use consents::{ConsentDetails, ConsentRequest, Matter};
#[cfg(feature = "contract-tests")]
pub use contract::{
    ContractError, check_device_keys, check_device_keys_over_a_restart, check_holder_prompt,
    check_http, check_key_attester, check_sealing_key,
};
pub use enrolment::{EnrolProgress, EnrolStep, EnrolmentWatch};
#[cfg(feature = "verifier")]
pub use errors::VerifierError;
pub use errors::{
    Advice, ApproveError, EnrolError, OfferEnd, OpenError, PresentError, SyncError, UnlockError,
    UnlockSetupError, VenueCodeError, VisitError, WipeError,
};
pub use last_known::{AccountFreeze, AccountStanding, FrozenBy, LastKnown};
pub use log::{LogLevel, LogLine, LogSink, LogSinkError};
pub use ports::{
    DeviceKeys, HolderPrompt, Http, HttpAnswer, HttpHeader, HttpPortError, HttpRequest,
    KeyAttester, KeyPolicy, KeyPortError, KeyToAttest, PromptPortError, SealingKey,
    SealingPortError,
};
pub use short_number::ShortNumber;
#[cfg(feature = "verifier")]
pub use synchronise::{DocumentFault, DocumentSource, SourceError, Synchronised};
pub use unlock_setup::PinStatus;
pub use unlocking::{PendingUnlocking, UnlockMethod, Unlocking};
pub use uses::{IdentityUse, SignedReceipt};
pub use venues::{VenueCode, VenueRequest, VenueRequestDetails, Visit};
#[cfg(feature = "verifier")]
pub use verdict::{ListsHeld, ScanVerdict, TimeHeard};
#[cfg(feature = "verifier")]
pub use verifier::{Verifier, VerifierConfig};
pub use wallet::{
    AfterLastTry, TimeBasis, UnlockPolicy, Wallet, WalletConfig, WalletStatus, wipe_closed_wallet,
};

uniffi::setup_scaffolding!("szid");
