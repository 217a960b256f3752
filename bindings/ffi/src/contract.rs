//! The ports' contracts, which a shell's device tests run on its own implementations. Not in what phones ship.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use szid_wallet::contract;
use szid_wallet::software::SystemClock;

use crate::ports::{DeviceKeys, HolderPrompt, SealingKey, ShellKeys, ShellPrompt, ShellSealing};

/// What an implementation of a port does not keep to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum ContractError {
    /// A clause of the contract is broken.
    #[error("broken: {clause}")]
    Broken {
        /// The clause, and what came in its place where that can be told.
        clause: String,
    },
}

/// Runs the contract of [`DeviceKeys`]. It makes and deletes keys under handles that start with `contract-`, of those
/// that ask nobody.
///
/// # Errors
/// The first clause that is broken.
#[uniffi::export]
pub fn check_device_keys(keys: Arc<dyn DeviceKeys>) -> Result<(), ContractError> {
    run(|| contract::device_keys(&ShellKeys(keys)))
}

/// Runs what has to hold over a restart, on two objects over the same key store.
///
/// # Errors
/// The first clause that is broken.
#[uniffi::export]
pub fn check_device_keys_over_a_restart(
    before: Arc<dyn DeviceKeys>,
    after: Arc<dyn DeviceKeys>,
) -> Result<(), ContractError> {
    run(|| contract::persistent_device_keys(&ShellKeys(before), &ShellKeys(after)))
}

/// Runs the contract of [`SealingKey`], which is destroyed at the end: give it a key of its own, never a wallet's.
///
/// # Errors
/// The first clause that is broken.
#[uniffi::export]
pub fn check_sealing_key(key: Arc<dyn SealingKey>) -> Result<(), ContractError> {
    run(|| contract::sealing_key(&ShellSealing(key)))
}

/// Runs the contract of [`HolderPrompt`], with somebody who opens the screen lock the first time and says no the second.
///
/// # Errors
/// The first clause that is broken.
#[uniffi::export]
pub fn check_holder_prompt(prompt: Arc<dyn HolderPrompt>) -> Result<(), ContractError> {
    run(|| contract::holder_prompt(&ShellPrompt(prompt), &SystemClock::new()))
}

/// The core's suites end with a panic at the first clause that is broken.
fn run(suite: impl FnOnce()) -> Result<(), ContractError> {
    catch_unwind(AssertUnwindSafe(suite))
        .map_err(|broken| ContractError::Broken { clause: clause(broken.as_ref()) })
}

fn clause(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic");
    // What a comparison puts before its own message.
    text.strip_prefix("assertion `left == right` failed: ").unwrap_or(text).to_owned()
}
