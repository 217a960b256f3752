//! Persons who are known, at the counter: looked at, frozen, and changed in ways that take two registrars.

mod accounts;
mod changes;
mod details;
mod fault;
mod lifting;
mod requests;
mod sealed;

pub(crate) use accounts::{Reason, freeze, lift, look, revoke};
pub(crate) use changes::{ChangeWanted, ShownChange, change, check_level};
pub(crate) use details::PersonDetails;
pub(crate) use fault::PersonFault;
pub(crate) use lifting::Lifting;
pub(crate) use requests::{Confirmed, PersonRequest, Wanted, confirm, read_asked, refuse, waiting};
pub(crate) use sealed::{as_json, open_identity, seal_identity};
