//! Receipts: those of gates, which decided without connection, are judged, counted and kept; those of scans
//! are signed for either side.

mod fault;
mod judging;
mod keeping;
mod signing;

use std::sync::Arc;

pub(crate) use fault::ReceiptFault;
pub(crate) use keeping::{Dealt, Standing, keep, standing};
pub(crate) use signing::ScanReceipts;

use crate::access::Access;
use crate::publication::Publication;
use crate::shared::Common;
use crate::verification::Verification;

/// What gates' receipts are judged and kept with.
pub(crate) struct Receipts {
    pub(crate) common: Arc<Common>,
    pub(crate) access: Arc<Access>,
    pub(crate) publication: Arc<Publication>,
    pub(crate) verification: Arc<Verification>,
    /// Whether receipts without the scanned code are taken.
    pub(crate) codeless: bool,
}
