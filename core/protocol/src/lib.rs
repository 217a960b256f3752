//! Wire formats of the citizen code (市民码), profile 1, and their one total verification.
//!
//! No I/O, no clock, no async: time is an argument, and what has to be looked up comes through traits. The
//! specification is `docs/protocol/citizen-code.md`; this crate is one implementation of it.
//!
//! | to | use |
//! |---|---|
//! | verify a scanned code | [`verify::verify`] |
//! | issue a day pass | [`pass::PassClaims::sign`] |
//! | draw a code on the holder's device | [`code::CodeDraft`] |
//! | make and read the city's signed documents | [`trust`], [`status`], [`scene`], [`time`], [`level_policy`] |
//! | keep what a device decided without connection | [`receipt::Receipt`] |
//! | tell how far the register's audit had come | [`audit_head::SignedAuditHead`] |
//! | prove later that a code was shown | [`proof::prove`] |
//! | give both sides of a scan a receipt | [`scan_receipt::ScanReceipt`] |
//! | let a phone read a venue's code | [`venue::VenueCode`] |
//! | say a code aloud | [`number::ShortNumber`] |
//! | explain a verdict | [`reason::Reason`] |
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod audit_head;
mod cbor;
pub mod code;
mod cose;
pub mod crypto;
pub mod day;
pub mod digits;
mod document;
pub mod error;
pub mod key;
pub mod level;
pub mod level_policy;
pub mod number;
pub mod pass;
pub mod proof;
pub mod reason;
pub mod receipt;
pub mod scan_receipt;
pub mod scene;
pub mod status;
pub mod time;
pub mod told;
pub mod trust;
pub mod venue;
pub mod verdict;
pub mod verify;
