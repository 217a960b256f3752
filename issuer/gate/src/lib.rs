//! A venue's gate: one small process beside the scanner that verifies citizen codes whether or not the
//! service can be reached.
//!
//! It fetches the city's signed documents when it can ([`sync`]), verifies with what it holds
//! ([`Gate::scan`]), keeps a signed receipt of every verdict on disk before it answers ([`ReceiptQueue`]),
//! and uploads them in order later ([`upload`]).
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod behind;
mod browsers;
mod client;
mod clock;
mod conditions;
mod disk;
#[cfg(unix)]
mod executable;
mod framing;
mod gate;
pub mod http;
pub mod lines;
mod others;
mod queue;
mod reach;
mod setup;
mod standing;
pub mod sync;
mod turnstile;
mod unreadable;
pub mod upload;
mod webhook;

pub use browsers::FOREIGN_PAGE;
pub use client::ServiceClient;
pub use conditions::{Condition, ConditionView};
pub use gate::{Gate, GateAnswer, GateError, GateParts, GateState, Place, Ports};
pub use queue::{QueueError, ReceiptQueue};
pub use setup::SetupError;
pub use turnstile::Turnstile;
pub use webhook::{Telling, VerdictNotifier, Webhook, WebhookError};
