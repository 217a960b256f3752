//! Who a person is: numbers of documents, names, and how identity was proven; and which organisation stands
//! behind a venue.

pub mod documents;
mod evidence;
mod organisations;
mod width;

pub use evidence::{Identity, highest_level, is_name, is_word};
pub use organisations::{UsccFault, is_fictional_uscc, read_uscc};
use width::to_ascii;
