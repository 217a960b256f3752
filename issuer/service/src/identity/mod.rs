//! Who a person is: numbers of documents, names, and how identity was proven.

pub mod documents;
mod evidence;

pub use evidence::{Identity, highest_level, is_name, is_word};
