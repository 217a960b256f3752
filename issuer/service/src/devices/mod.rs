//! Holders' devices: what they are called, how they stand, how one is ended, and what happened to the account
//! that they are of.

mod approvals;
mod ending;
mod events;
mod fault;
mod names;
mod standing;

pub(crate) use approvals::{Asked, TIER, check_approval};
pub(crate) use ending::{end, sign_off};
pub(crate) use events::{MAX_EVENTS, count_unseen, newest_freeze};
pub(crate) use fault::DeviceFault;
pub(crate) use names::{clean_name, named};
pub(crate) use standing::{Held, HeldDevice, held};
