//! What several modules of the service bound or wait with, and that knows none of them.

mod in_flight;
mod mailbox;
mod shares;

pub(crate) use in_flight::{Arrival, InFlight};
pub(crate) use mailbox::{Bounds, Held, Mail, Mailbox, OwnerFull, Refused};
pub(crate) use shares::{Share, Shares};
