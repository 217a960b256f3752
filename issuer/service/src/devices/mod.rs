//! Holders' devices: what they are called, and what happened to the account that they are of.

mod events;
mod names;

pub(crate) use events::{MAX_EVENTS, count_unseen, newest_freeze};
pub(crate) use names::{clean_name, named};
