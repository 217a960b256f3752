//! A phone's ports, with what a test may do to them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use szid_protocol::crypto::Signature;
use szid_protocol::key::PublicKey;
use szid_wallet::software::{SoftwareDeviceKeys, SystemEntropy};
use szid_wallet::{Clock, DeviceKeys, KeyError, KeyPolicy, Reading};

/// True time, and a phone's clocks beside it.
pub(crate) struct TestClock {
    truth: AtomicU64,
    wall_is_ahead_by: AtomicI64,
    booted_at: AtomicU64,
    boot: AtomicU64,
}

impl TestClock {
    pub(crate) fn new(truth: u64) -> Self {
        Self {
            truth: truth.into(),
            wall_is_ahead_by: AtomicI64::new(0),
            booted_at: (truth - 1000).into(),
            boot: AtomicU64::new(1),
        }
    }

    pub(crate) fn truth(&self) -> u64 {
        self.truth.load(SeqCst)
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.truth.fetch_add(seconds, SeqCst);
    }

    pub(crate) fn set_wall_ahead_by(&self, seconds: i64) {
        self.wall_is_ahead_by.store(seconds, SeqCst);
    }

    pub(crate) fn restart(&self) {
        self.booted_at.store(self.truth(), SeqCst);
        self.boot.fetch_add(1, SeqCst);
    }
}

impl Clock for TestClock {
    fn read(&self) -> Reading {
        Reading {
            wall: self.truth().saturating_add_signed(self.wall_is_ahead_by.load(SeqCst)),
            monotonic: self.truth() - self.booted_at.load(SeqCst),
            boot: self.boot.load(SeqCst),
        }
    }
}

/// Software keys that know which of them are alive, and that can be made to fail.
pub(crate) struct TrackedKeys {
    keys: SoftwareDeviceKeys,
    alive: Mutex<BTreeSet<String>>,
    invalidated: Mutex<BTreeSet<String>>,
    creations_left: AtomicUsize,
    refuse_deletion: AtomicBool,
    locked: AtomicBool,
}

impl Default for TrackedKeys {
    fn default() -> Self {
        Self {
            keys: SoftwareDeviceKeys::new(Arc::new(SystemEntropy)),
            alive: Mutex::default(),
            invalidated: Mutex::default(),
            creations_left: AtomicUsize::new(usize::MAX),
            refuse_deletion: AtomicBool::new(false),
            locked: AtomicBool::new(false),
        }
    }
}

impl TrackedKeys {
    pub(crate) fn alive(&self) -> usize {
        self.alive.lock().unwrap().len()
    }

    pub(crate) fn handles(&self) -> BTreeSet<String> {
        self.alive.lock().unwrap().clone()
    }

    /// Has all keys that are there sign no more, as a phone does when a finger is added: their public halves
    /// stay.
    pub(crate) fn invalidate_all(&self) {
        *self.invalidated.lock().unwrap() = self.handles();
    }

    /// No key can be used, as while the phone is locked.
    pub(crate) fn lock(&self) {
        self.locked.store(true, SeqCst);
    }

    /// From now on only so many keys can be made.
    pub(crate) fn allow_creations(&self, count: usize) {
        self.creations_left.store(count, SeqCst);
    }

    pub(crate) fn refuse_deletion(&self, refuse: bool) {
        self.refuse_deletion.store(refuse, SeqCst);
    }
}

impl DeviceKeys for TrackedKeys {
    fn create(&self, handle: &str, policy: KeyPolicy) -> Result<PublicKey, KeyError> {
        let count = |left: usize| left.checked_sub(1);
        self.creations_left
            .fetch_update(SeqCst, SeqCst, count)
            .map_err(|_| KeyError::Unavailable)?;
        let key = self.keys.create(handle, policy)?;
        self.alive.lock().unwrap().insert(handle.to_owned());
        Ok(key)
    }

    fn public_key(&self, handle: &str) -> Result<PublicKey, KeyError> {
        self.keys.public_key(handle)
    }

    fn sign(&self, handle: &str, message: &[u8]) -> Result<Signature, KeyError> {
        if self.invalidated.lock().unwrap().contains(handle) {
            return Err(KeyError::Lost);
        }
        if self.locked.load(SeqCst) {
            return Err(KeyError::Unavailable);
        }
        self.keys.sign(handle, message)
    }

    fn delete(&self, handle: &str) -> Result<(), KeyError> {
        if self.refuse_deletion.load(SeqCst) {
            return Err(KeyError::Unavailable);
        }
        self.keys.delete(handle)?;
        self.alive.lock().unwrap().remove(handle);
        Ok(())
    }
}
