//! The issuer service: enrolment, issuance, signed documents, scans, audit.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod audit;
pub mod entropy;
pub mod store;
