//! Who a person is: numbers of documents, names, and how identity was proven; and which organisation stands
//! behind a venue; what of it a venue receives; and the identity level by the city's policy.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod claims;
pub mod connectors;
pub mod documents;
mod evidence;
pub mod hidden_marks;
pub mod levels;
mod organisations;
mod width;

pub use evidence::{Identity, is_name, is_word};
pub use organisations::{UsccFault, read_uscc};
use width::to_ascii;
