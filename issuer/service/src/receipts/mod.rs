//! Receipts: those of gates, which decided without connection, are judged, counted and kept; those of scans
//! are signed for either side.

mod fault;
mod judging;
mod keeping;
mod signing;

pub(crate) use fault::ReceiptFault;
pub(crate) use keeping::{Dealt, Standing, keep, standing};
pub(crate) use signing::ScanReceipts;
