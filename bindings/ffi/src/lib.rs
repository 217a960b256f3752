//! UniFFI surface of the wallet core: what Kotlin, Swift and Python see of it.
//!
//! | to | use |
//! |---|---|
//! | open a wallet, enrol, show a code, refresh, wipe | [`Wallet`] |
//! | bring the phone's key store | [`DeviceKeys`], [`SealingKey`] |
//! | bring the phone's HTTP client | [`Http`] |
//! | know what to tell the holder | [`WalletError`] |
//!
//! Nothing is decided here: this crate turns the core's types into records, and the shell's ports into the core's.
#![allow(unsafe_code, reason = "uniffi's macros write the C entry points")]

mod error;
mod http;
mod ports;
mod records;
mod runtime;
mod signature;
mod wallet;

pub use error::WalletError;
pub use http::{Http, HttpAnswer, HttpHeader, HttpPortError, HttpRequest};
pub use ports::{DeviceKeys, KeyPortError, SealingKey, SealingPortError};
pub use records::{CitizenCode, DisplayHints, TimeBasis, WalletConfig, WalletStatus};
pub use wallet::{Wallet, wipe_closed_wallet};

uniffi::setup_scaffolding!("szid");
