//! What several modules of the service work, bound and wait with, and that knows none of them.

mod common;
mod in_flight;
mod mailbox;
mod shares;

pub(crate) use common::Common;
pub(crate) use in_flight::{Arrival, InFlight};
pub(crate) use mailbox::{Bounds, Held, Mail, Mailbox, OwnerFull, Refused};
pub(crate) use shares::{Share, Shares};
