//! The ports' contracts, which a shell's device tests run on its own implementations. Not in what phones
//! ship.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use szid_wallet::contract;
use szid_wallet::software::SystemClock;
use tokio::runtime::Builder;

use crate::ports::{
    DeviceKeys, HolderPrompt, Http, KeyAttester, SealingKey, ShellAttester, ShellHttp, ShellKeys,
    ShellPrompt, ShellSealing,
};

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

/// Runs the contract of [`DeviceKeys`]. It makes and deletes keys under handles that start with `contract-`,
/// of those that ask nobody.
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

/// Runs the contract of [`SealingKey`], which is destroyed at the end: give it a key of its own, never a
/// wallet's.
///
/// # Errors
/// The first clause that is broken.
#[uniffi::export]
pub fn check_sealing_key(key: Arc<dyn SealingKey>) -> Result<(), ContractError> {
    run(|| contract::sealing_key(&ShellSealing(key)))
}

/// Runs the contract of [`HolderPrompt`], with somebody who opens the screen lock the first time and says no
/// the second.
///
/// # Errors
/// The first clause that is broken.
#[uniffi::export]
pub fn check_holder_prompt(prompt: Arc<dyn HolderPrompt>) -> Result<(), ContractError> {
    run(|| contract::holder_prompt(&ShellPrompt(prompt), &SystemClock::new()))
}

/// Runs the contract of [`Http`], at servers that it starts on 127.0.0.1 without TLS: the test's app has to
/// be allowed to ask them. Takes about ten seconds.
///
/// # Errors
/// The first clause that is broken.
#[uniffi::export]
pub fn check_http(http: Arc<dyn Http>) -> Result<(), ContractError> {
    run(|| to_its_end(contract::http(&ShellHttp(http))))
}

/// Runs the contract of [`KeyAttester`], for keys of the key store that goes with it. It makes and deletes
/// keys under handles that start with `contract-attest-`, of those that ask nobody.
///
/// # Errors
/// The first clause that is broken.
#[uniffi::export]
pub fn check_key_attester(
    attester: Arc<dyn KeyAttester>,
    keys: Arc<dyn DeviceKeys>,
) -> Result<(), ContractError> {
    let (attester, keys) = (Arc::new(ShellAttester(attester)), ShellKeys(keys));
    run(|| to_its_end(contract::key_attester(attester, &keys, &SystemClock::new())))
}

/// What is still waited for then, as for a port that hangs, is left to itself.
fn to_its_end(suite: impl Future<Output = ()>) {
    let runtime = Builder::new_current_thread().enable_time().build();
    let runtime = runtime.unwrap_or_else(|_| panic!("a thread to run this on"));
    let outcome = catch_unwind(AssertUnwindSafe(|| runtime.block_on(suite)));
    runtime.shutdown_background();
    outcome.unwrap_or_else(|broken| resume_unwind(broken));
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
