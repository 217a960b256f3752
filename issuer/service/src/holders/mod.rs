//! What holders see of themselves: how their account stands, and who used their identity.

mod account;
mod events;
mod fault;
mod uses;

pub(crate) use account::{AccountAsked, LevelPath, account};
pub(crate) use events::events;
pub(crate) use fault::HolderFault;
pub(crate) use uses::{UseShown, uses};
