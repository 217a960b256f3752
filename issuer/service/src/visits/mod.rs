//! The reverse flow: the citizen scans the venue's code, sees who asks what, and confirms; the desk's screen
//! shows the verdict.

mod confirming;
mod fault;
mod following;
mod inbox;
mod venue_codes;

pub(crate) use confirming::{VenueAsks, confirm, read};
pub(crate) use fault::VisitFault;
pub(crate) use following::follow;
pub(crate) use inbox::{Unseen, VisitDesk};
pub(crate) use venue_codes::{CodeAsked, CodeMade, make};
