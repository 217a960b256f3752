//! Venue side of the citizen code: fast signature arithmetic and scanner input, over the protocol's total verification.
//!
//! No network inside, and no clock: time is an argument.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod aws_lc;
mod pass_cache;
mod replay;
pub mod scanner;

pub use aws_lc::AwsLcBackend;
pub use pass_cache::BoundedPassCache;
pub use replay::{BoundedReplay, OperatorDigest, derive_operator_digest};
