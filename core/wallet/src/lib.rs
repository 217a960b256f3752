//! Holder side of the citizen code: enrolment, strips of day passes, presentation without network, refresh.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod client;
mod enrolment;
mod error;
mod ports;
mod presentation;
mod qr;
mod records;
pub mod software;
mod time;
mod wallet;

pub use error::WalletError;
pub use ports::{Clock, DeviceKeys, KeyError, Reading};
pub use presentation::{DisplayHints, Presentation, PresentationOptions};
pub use qr::{Qr, QrLevel};
pub use szid_vault::{Entropy, EntropyError, SealingError, SealingKey};
pub use wallet::{Status, Wallet, WalletConfig, WalletParts};
