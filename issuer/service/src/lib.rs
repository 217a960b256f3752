//! The issuer service: enrolment, issuance, signed documents, scans, audit.
//!
//! [`start`] serves the interface that `docs/protocol/service.md` describes; [`openapi`] describes it for
//! machines.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod access;
mod accounts;
#[cfg(unix)]
mod admin_socket;
pub mod administration;
mod attesters;
pub mod clock;
mod clock_guard;
mod clock_watch;
pub mod commands;
mod connections;
mod consents;
mod devices;
mod digest;
mod enrolment;
mod failure;
pub mod given;
mod half_closed;
mod health;
mod health_checks;
mod holders;
mod housekeeping;
mod http;
mod idempotency;
mod issuance;
pub mod keys;
mod levels;
mod limits;
mod low_water;
mod metrics;
mod networks;
mod numbers;
mod operators;
mod persons;
mod proofs;
mod publication;
mod receipts;
mod reports;
mod scans;
mod service;
mod serving;
mod shared;
mod start_error;
mod supervise;
mod tasks;
mod throw_away;
mod unreadable;
mod unreadable_text;
mod verification;
mod visits;
pub mod witness;

pub use attesters::{Attester, MAX_ATTESTERS};
pub use clock_guard::{implausible_at_start, may_confirm};
pub use health::{Condition, Severity};
pub use http::{OAUTH_ERRORS, Problem, openapi, serve_locally, start_of_day};
pub use limits::{Limits, Rate};
pub use networks::{Network, NetworkError};
pub use publication::default_scenes::default_scenes;
pub use publication::{STATUS_TTL, check_serves, trust_folder};
pub use service::{Running, ServiceParts, is_base_url, start};
pub use start_error::StartError;
pub use supervise::{Restarts, supervise};
pub use szid_api::paths::PROOF_RETURN;
