//! What every implementation of a port must do, as a suite to run on it: in tests here, and on devices.

mod http;
mod key_attester;
mod loopback;
#[cfg(test)]
mod wrong_attesters;
#[cfg(all(test, feature = "reqwest"))]
mod wrong_http;

pub use self::http::http;
pub use self::key_attester::key_attester;

use szid_protocol::crypto::{P256Backend, SignatureBackend};

use szid_vault::{Entropy, SealingKey};

use crate::ports::{Clock, DeviceKeys, HolderPrompt, KeyError, KeyPolicy, PromptError};

/// Runs the contract of [`DeviceKeys`] on an implementation. Uses handles that start with `contract-`.
///
/// # Panics
/// When the contract is broken; the message says how.
pub fn device_keys(keys: &dyn DeviceKeys) {
    let (first, second) = ("contract-1", "contract-2");
    for handle in [first, second] {
        assert_eq!(keys.delete(handle), Ok(()), "deleting what is not there is fine");
    }
    assert_eq!(keys.public_key(first), Err(KeyError::Lost), "a key before it was made");
    assert_eq!(keys.sign(first, b"m"), Err(KeyError::Lost), "a signature before the key was made");

    let key = keys.create(first, KeyPolicy::DeviceUnlocked);
    let again = keys.create(first, KeyPolicy::DeviceUnlocked);
    assert!(key.is_ok() && key == again, "creating again gives the same key");
    assert_eq!(keys.public_key(first), key, "the public half is the one that was given");
    let other = keys.create(second, KeyPolicy::DeviceUnlocked);
    assert!(other.is_ok() && other != key, "every handle has a key of its own");

    for message in [&b""[..], b"message", &[0x5a; 4096]] {
        let signature = keys.sign(first, message);
        let verifies = |key: Result<_, KeyError>, message: &[u8]| {
            let verifying = key.ok().and_then(|key| P256Backend.verifying_key(&key).ok());
            verifying
                .zip(signature.ok())
                .is_some_and(|(key, signature)| key.verify(message, &signature))
        };
        assert!(verifies(key, message), "signatures are ES256 over the message, as r and s");
        assert!(!verifies(key, b"another"), "a signature is over its message");
        assert!(!verifies(other, message), "a signature is by its key");
    }

    assert_eq!(keys.delete(first), Ok(()), "deleting");
    assert_eq!(keys.sign(first, b"m"), Err(KeyError::Lost), "a deleted key signs no more");
    assert!(keys.sign(second, b"m").is_ok(), "the others stay");
    let anew = keys.create(first, KeyPolicy::DeviceUnlocked);
    assert!(anew.is_ok() && anew != key, "a deleted key never comes back");
    for handle in [first, second] {
        assert_eq!(keys.delete(handle), Ok(()), "cleaning up");
    }
}

/// Runs the part of the contract that holds over a restart, on two views of the same key store.
///
/// # Panics
/// When the contract is broken; the message says how.
pub fn persistent_device_keys(before: &dyn DeviceKeys, after: &dyn DeviceKeys) {
    let handle = "contract-restart";
    let key = before.create(handle, KeyPolicy::DeviceUnlocked);
    assert!(key.is_ok() && after.public_key(handle) == key, "keys are there after a restart");
    assert_eq!(after.delete(handle), Ok(()), "deleting after a restart");
}

/// Runs the contract of [`SealingKey`] on an implementation, which is destroyed at the end.
///
/// # Panics
/// When the contract is broken; the message says how.
pub fn sealing_key(key: &dyn SealingKey) {
    for plain in [&b""[..], b"master key", &[7; 512]] {
        let wrapped = key.wrap(plain).unwrap_or_default();
        assert!(
            !wrapped.is_empty() && wrapped.len() <= 4096,
            "what is wrapped fits beside the vault"
        );
        let opened = key.unwrap(&wrapped);
        assert!(opened.is_ok_and(|opened| opened.as_slice() == plain), "it comes back as it was");
        for at in [0, wrapped.len() / 2, wrapped.len() - 1] {
            let mut altered = wrapped.clone();
            altered[at] ^= 1;
            assert!(key.unwrap(&altered).is_err(), "altered bytes do not open");
        }
        assert!(key.unwrap(&wrapped[..wrapped.len() - 1]).is_err(), "shortened bytes do not open");
    }
    let wrapped = key.wrap(b"master key").unwrap_or_default();
    assert_eq!(key.destroy(), Ok(()), "destroying");
    assert_eq!(key.destroy(), Ok(()), "destroying what is gone is fine");
    assert!(key.unwrap(&wrapped).is_err(), "a destroyed key opens nothing");
}

/// Runs the contract of [`Entropy`] on an implementation.
///
/// # Panics
/// When the contract is broken; the message says how.
pub fn entropy(entropy: &dyn Entropy) {
    let mut drawn = std::collections::BTreeSet::new();
    for _ in 0..64 {
        let mut bytes = [0; 32];
        assert_eq!(entropy.fill(&mut bytes), Ok(()), "it delivers");
        assert!(bytes.iter().any(|byte| *byte != 0), "the whole buffer is filled");
        assert!(drawn.insert(bytes), "nothing comes twice");
    }
    let mut long = [0; 1000];
    assert_eq!(entropy.fill(&mut long), Ok(()), "it delivers any length");
    assert!(long.chunks(50).all(|part| part.iter().any(|byte| *byte != 0)), "to the end");
    assert_eq!(entropy.fill(&mut []), Ok(()), "nothing is fine");
}

/// Runs the contract of [`HolderPrompt`] on an implementation, with a holder who is asked to open the screen
/// lock once, and to say no the second time.
///
/// # Panics
/// When the contract is broken; the message says how.
pub fn holder_prompt(prompt: &dyn HolderPrompt, clock: &dyn Clock) {
    let begun = clock.read().monotonic;
    assert_eq!(prompt.confirm_screen_lock(), Ok(()), "the holder opened the screen lock");
    assert_eq!(
        prompt.confirm_screen_lock(),
        Err(PromptError::NotAllowed),
        "it is asked for again, though it was opened a moment ago, and the holder said no"
    );
    assert!(clock.read().monotonic - begun <= 240, "each answer comes within two minutes");
}

/// Runs the contract of [`Clock`] on an implementation. Takes a little over a second.
///
/// # Panics
/// When the contract is broken; the message says how.
pub fn clock(clock: &dyn Clock) {
    let first = clock.read();
    assert!(first.wall > 1_700_000_000, "the wall clock counts Unix seconds");
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let later = clock.read();
    let watch = clock.stopwatch();
    if watch.is_some() {
        assert!(clock.stopwatch() >= watch, "a stopwatch does not go back");
        let mut short = clock.stopwatch();
        while short == watch {
            short = clock.stopwatch();
        }
        assert!(
            short
                .zip(watch)
                .is_some_and(|(now, then)| now - then < std::time::Duration::from_millis(20)),
            "a stopwatch tells milliseconds apart"
        );
    }
    assert_eq!(first.boot, later.boot, "the start keeps its name");
    assert!((1..60).contains(&(later.monotonic - first.monotonic)), "it counts seconds, and on");
}

/// Runs the part of the contract of [`Clock`] that holds between processes, on one from before and one that
/// was made just now. Whoever compares readings of two boots takes it that the second one's time has gone by
/// since, and no more.
///
/// # Panics
/// When the contract is broken; the message says how.
pub fn clocks_of_two_processes(before: &dyn Clock, after: &dyn Clock) {
    let (first, later) = (before.read(), after.read());
    if first.boot == later.boot {
        let apart = later.monotonic.checked_sub(first.monotonic);
        assert!(apart.is_some_and(|apart| apart < 60), "within a boot the clock goes on");
    } else {
        assert!(later.monotonic < 60, "a clock whose boot has another name counts from now");
    }
}
