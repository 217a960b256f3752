//! Every test of this crate in one program: linked once.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

mod attesting;
mod busy;
mod clock;
mod crash;
mod drawing;
mod enrolment;
mod epochs;
mod hostile_issuer;
mod kept_keys;
mod lost_keys;
mod presentation;
mod refresh;
mod relay;
mod reports;
mod unlocking;
#[cfg(unix)]
mod unlocking_kill;
mod wipe;
