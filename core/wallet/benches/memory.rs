//! Memory of an open wallet: a process that opens one with some 25 records and draws a code, beside the same
//! program that opens nothing. Linux only: what counts is the resident set, now and at its highest.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stdout, missing_docs)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use szid_wallet::software::{SoftwareDeviceKeys, SoftwareSealingKey, SystemClock, SystemEntropy};
use szid_wallet::{
    DeviceKeys, PresentationOptions, ReqwestHttp, Wallet, WalletConfig, WalletOptions, WalletParts,
};

use support::mock_issuer::MockIssuer;

/// Where a child finds the wallet, and what it does: `nothing`, `open` or `code`.
const FOLDER: &str = "SZID_MEMORY_FOLDER";
const WORK: &str = "SZID_MEMORY_WORK";
const RUNS: usize = 5;

fn main() {
    if let Ok(work) = std::env::var(WORK) {
        return child(&work, Path::new(&std::env::var_os(FOLDER).unwrap()));
    }
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path());
    println!(
        "each the median of {RUNS} processes: resident now, at its highest (kB), milliseconds"
    );
    for work in ["nothing", "open", "code"] {
        let mut rows: Vec<[u64; 3]> = (0..RUNS).map(|_| run(work, folder.path())).collect();
        let mut median = |at: usize| {
            rows.sort_by_key(|row| row[at]);
            rows[RUNS / 2][at]
        };
        println!("{work:8} {:7} {:7} {:5.1}", median(0), median(1), median(2) as f64 / 1000.0);
    }
}

/// An enrolled wallet in a folder.
fn prepare(folder: &Path) {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let clock = Arc::new(support::device::TestClock::new(now()));
        let issuer = MockIssuer::start(clock).await;
        std::fs::write(folder.join("root"), issuer.root().to_compressed()).unwrap();
        let wallet = open(folder);
        wallet.enrol(&issuer.offer(), "493536").await.unwrap();
        // Passes, tokens, time, trust list, PIN: what a phone holds.
        wallet.set_pin("482915", &wallet.app_opened()).unwrap();
        assert_eq!(wallet.status().unwrap().days.len(), 15);
    });
}

fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

fn open(folder: &Path) -> Wallet {
    let entropy = Arc::new(SystemEntropy);
    let root = std::fs::read(folder.join("root")).unwrap();
    let root = szid_protocol::key::PublicKey::from_compressed(&root.try_into().unwrap()).unwrap();
    let keys = SoftwareDeviceKeys::open(&folder.join("keys"), entropy.clone()).unwrap();
    let keys: Arc<dyn DeviceKeys> = Arc::new(keys);
    let config = WalletConfig {
        path: folder.join("vault"),
        roots: vec![root],
        days_ahead: 14,
        device_name: "measured".into(),
    };
    let parts = WalletParts {
        keys,
        attester: None,
        prompt: None,
        sealing: Arc::new(
            SoftwareSealingKey::open(&folder.join("sealing"), entropy.clone()).unwrap(),
        ),
        http: Arc::new(ReqwestHttp::new()),
        clock: Arc::new(SystemClock::new()),
        entropy,
    };
    let options = WalletOptions { demo_mode: true, ..WalletOptions::default() };
    Wallet::open_with(config, options, parts).unwrap()
}

fn run(work: &str, folder: &Path) -> [u64; 3] {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.env(WORK, work).env(FOLDER, folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let numbers: Vec<u64> = text.split_whitespace().map(|word| word.parse().unwrap()).collect();
    numbers.try_into().unwrap()
}

fn child(work: &str, folder: &Path) {
    let begun = Instant::now();
    let wallet = (work != "nothing").then(|| open(folder));
    if work == "code" {
        let wallet = wallet.as_ref().unwrap();
        let code = wallet.present(&wallet.app_opened(), &PresentationOptions::default()).unwrap();
        assert!(!code.digits.is_empty());
    }
    let took = begun.elapsed().as_micros();
    println!("{} {} {took}", resident("VmRSS:"), resident("VmHWM:"));
    drop(wallet);
}

/// A line of `/proc/self/status`, kB.
fn resident(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let found = status.lines().find_map(|text| text.strip_prefix(line)).unwrap();
    found.trim().trim_end_matches(" kB").parse().unwrap()
}
