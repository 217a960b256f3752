//! The reverse flow: the citizen scans the venue's code, sees who asks what, and confirms; the desk's screen
//! shows the verdict.

mod confirming;
mod fault;
mod following;
mod inbox;
mod venue_codes;

use std::sync::Arc;

pub(crate) use confirming::{VenueAsks, confirm, read};
pub(crate) use fault::VisitFault;
pub(crate) use following::follow;
pub(crate) use inbox::{Unseen, VisitDesk};
use serde_json::Value;
use szid_protocol::crypto::Signer;
pub(crate) use venue_codes::{CodeAsked, CodeMade, make};

use crate::scans::Scans;

/// What venue codes and confirmations are made with, beside what scans are.
pub(crate) struct Visits {
    pub(crate) scans: Arc<Scans>,
    /// Verdicts as they are sent to desks.
    pub(crate) desk: VisitDesk<Value>,
    /// The key of venue codes.
    pub(crate) signer: Arc<dyn Signer>,
}
