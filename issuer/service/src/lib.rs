//! The issuer service: enrolment, issuance, signed documents, scans, audit.
//!
//! [`start`] serves the interface that `docs/protocol/service.md` describes.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod audit;
pub mod clock;
pub mod documents;
pub mod entropy;
mod http;
pub mod register_key;
pub mod scenes;
mod service;
mod status_board;
pub mod store;

pub use http::Problem;
pub use service::{Running, STATUS_TTL, ServiceKeys, ServiceParts, StartError, start};
