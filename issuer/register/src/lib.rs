//! The register: persons, grants, tokens, passes, venues, used codes and the audit chain.
//!
//! [`Store`] speaks of what the service does, not of keys and values. Its rules stand over typed rows, so
//! that a database server can take the place of the embedded tables. Every write answers after it is on disk.
//! Time is always an argument.
//!
//! Identities are sealed before they reach the register ([`register_key`]); what they say is known above it.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod administration;
pub mod audit;
mod backend;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
mod credentials;
mod embedded;
pub mod entropy;
mod error;
mod events;
mod evidence;
mod fictional;
mod gates;
mod holder_devices;
pub mod key_file;
mod keying;
mod lifetimes;
pub mod master_key;
mod merging;
mod operators;
mod patches;
pub mod private_folder;
mod receipts;
mod register;
pub mod register_key;
mod restoration;
mod rows;
mod rules;
mod seal;
mod sealed_document;
mod sealed_identity;
mod sites;
mod staff_names;
mod store;
mod types;
mod unlocking;

pub use administration::*;
pub use credentials::{draw_secret, make_credential};
pub use error::StoreError;
pub use events::*;
pub use evidence::{Evidence, NewEvidence, REGISTRAR, strongest_claim};
pub use fictional::{is_demo_document, is_fictional_uscc};
pub use gates::{FormerKey, Gate};
pub use holder_devices::*;
pub use lifetimes::{
    ACCESS_SECONDS, CONTEST_SECONDS, OFFER_SECONDS, REQUEST_SECONDS, UNPROVEN_SECONDS,
};
pub use merging::{Merged, merge_keys};
pub use operators::*;
pub use patches::{SitePatch, VenuePatch};
pub use receipts::*;
pub use register::{Options, Register};
pub use restoration::*;
pub use rules::derive_seeded_id;
pub use seal::*;
pub use sealed_identity::{SealedIdentity, WrappedKey};
pub use sites::*;
pub use staff_names::{is_plain_letter, look_the_same};
pub use store::*;
pub use types::*;
pub use unlocking::unlock;
