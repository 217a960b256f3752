//! The memory of used codes, in memory and durable.

mod memory;

pub use memory::{InMemoryReplay, OperatorDigest, derive_operator_digest};
