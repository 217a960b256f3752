//! What the tests plug into the vault's ports.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::disallowed_methods)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes256Gcm, Key};
use szid_vault::{Entropy, EntropyError, OpenReport, SealingError, SealingKey, Vault, VaultError};
use zeroize::Zeroizing;

/// A sealing key in software, for tests only.
pub struct TestSealing {
    key: [u8; 32],
    pub destroyed: AtomicBool,
    pub unavailable: AtomicBool,
}

impl TestSealing {
    pub fn new(byte: u8) -> Arc<TestSealing> {
        Arc::new(TestSealing {
            key: [byte; 32],
            destroyed: false.into(),
            unavailable: false.into(),
        })
    }

    fn cipher(&self) -> Result<Aes256Gcm, SealingError> {
        if self.destroyed.load(Ordering::SeqCst) {
            return Err(SealingError::Lost);
        }
        if self.unavailable.load(Ordering::SeqCst) {
            return Err(SealingError::Unavailable);
        }
        Ok(Aes256Gcm::new(&Key::<Aes256Gcm>::from(self.key)))
    }
}

impl SealingKey for TestSealing {
    fn wrap(&self, plain: &[u8]) -> Result<Vec<u8>, SealingError> {
        // One nonce is enough for a key that wraps one thing in one test.
        Ok(self.cipher()?.encrypt(&[0; 12].into(), plain).unwrap())
    }
    fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        self.cipher()?
            .decrypt(&[0; 12].into(), wrapped)
            .map(Zeroizing::new)
            .map_err(|_| SealingError::Rejected)
    }
    fn destroy(&self) -> Result<(), SealingError> {
        if self.unavailable.load(Ordering::SeqCst) {
            return Err(SealingError::Unavailable);
        }
        self.destroyed.store(true, Ordering::SeqCst);
        Ok(())
    }
}

/// The system's randomness.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, buf: &mut [u8]) -> Result<(), EntropyError> {
        getrandom::fill(buf).map_err(|_| EntropyError)
    }
}

/// Counts up, for frozen bytes.
#[derive(Default)]
pub struct CountingEntropy(AtomicU64);

impl Entropy for CountingEntropy {
    fn fill(&self, buf: &mut [u8]) -> Result<(), EntropyError> {
        for byte in buf {
            *byte = self.0.fetch_add(1, Ordering::SeqCst) as u8;
        }
        Ok(())
    }
}

/// A program that another test is starting holds every open file until it runs, a closed vault's lock, too.
pub fn try_open(path: &Path) -> Result<(Vault, OpenReport), VaultError> {
    let mut tries = 0;
    loop {
        match Vault::open(path, TestSealing::new(1), Arc::new(SystemEntropy)) {
            Err(VaultError::InUse) if tries < 20 => {
                tries += 1;
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            opened => return opened,
        }
    }
}

pub fn open(path: &Path) -> Vault {
    try_open(path).unwrap().0
}

/// A value that can be checked from its number alone.
pub fn value_of(number: u64, len: usize) -> Vec<u8> {
    (0..len)
        .map(|at| {
            (number.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(at as u32 % 64) as u8)
                ^ at as u8
        })
        .collect()
}

/// Copies a directory tree.
pub fn copy_dir(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// All files below a directory.
pub fn files_below(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files
}
