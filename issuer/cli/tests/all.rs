//! Every test of this crate in one program: linked once.
#![allow(clippy::unwrap_used, missing_docs)]

mod gates;
mod operator;
mod service;

#[cfg(unix)]
mod administration;
mod demo;
#[cfg(unix)]
mod forgotten;
mod founding;
mod gate_settings;
mod restored;
#[cfg(unix)]
mod rotation;
mod serve;
#[cfg(target_os = "linux")]
mod untold;
#[cfg(unix)]
mod upkeep;
mod wallet;
