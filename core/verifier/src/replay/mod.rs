//! The memory of used codes: in memory for the service's own store and for tests, durable for a venue's
//! device.

mod durable;
mod log;
mod memory;

pub use durable::{DurableReplay, Recovery};
pub use memory::{InMemoryReplay, OperatorDigest, derive_operator_digest};
