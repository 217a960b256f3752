//! Who a person is: numbers of documents, names, and how identity was proven; and which organisation stands
//! behind a venue; and what of it a venue receives.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod claims;
pub mod documents;
mod evidence;
pub mod hidden_marks;
mod organisations;
mod width;

pub use evidence::{Identity, highest_level, is_name, is_word};
pub use organisations::{UsccFault, read_uscc};
use width::to_ascii;
