//! Venue side of the citizen code: fast signature arithmetic, signed lists that never go back, the memory of
//! used codes and scanner input, over the protocol's total verification.
//!
//! No network inside, and no clock: time is an argument. [`Verifier`] puts the parts together; each can be
//! used alone.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

#[cfg(feature = "aws-lc")]
mod aws_lc;
pub mod cache;
mod days;
mod error;
#[cfg(feature = "aws-lc")]
mod fixed_key;
mod pass_cache;
pub mod replay;
pub mod scanner;
mod verifier;

#[cfg(feature = "aws-lc")]
pub use aws_lc::AwsLcBackend;
pub use cache::{
    CacheStore, FolderStore, Heard, Ingested, KeptDocument, KeptNumber, SceneCache, SignedTime,
    StatusCache, TrustCache,
};
pub use days::status_days;
pub use error::VerifierError;
pub use pass_cache::BoundedPassCache;
pub use replay::{DurableReplay, InMemoryReplay, OperatorDigest, Recovery, derive_operator_digest};
pub use verifier::{CacheFreshness, STATUS_LISTS_HELD, Verifier, VerifierSetup};
