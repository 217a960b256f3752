//! Encrypted record store on sled for the holder's device.
//!
//! A [`Vault`] keeps small named values in collections. It encrypts every value, blinds every name,
//! acknowledges a write only when it will survive a power cut, keeps each write in two independent files so
//! that damage to one can be repaired from the other, and says what it repaired. It knows nothing about what
//! the values mean.
//!
//! The README of this crate holds the key hierarchy, the threat model and the format promise.
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr)
)]

mod change;
mod compaction;
mod directory;
mod engine;
mod envelope;
mod error;
mod files;
mod generation;
mod header;
mod key_file;
mod keys;
mod lock;
mod migration;
mod mirror;
mod mirror_file;
mod nonces;
mod ports;
mod record;
mod recovery;
mod report;
mod reserve;
mod store;
mod vault;
mod walk;
mod write_plan;

/// The decoders, reachable for fuzzing; not part of the crate's promise.
#[doc(hidden)]
pub mod fuzzing;

pub use change::Change;
pub use error::{DamagedPart, VaultError};
pub use ports::{Entropy, EntropyError, SealingError, SealingKey};
pub use record::{
    MAX_BATCH_BYTES, MAX_BATCH_CHANGES, MAX_COLLECTION_LEN, MAX_NAME_LEN, MAX_VALUE_LEN,
};
pub use report::{CheckReport, DamagedRecord, OpenReport, Repair, VaultSize};
pub use vault::Vault;
