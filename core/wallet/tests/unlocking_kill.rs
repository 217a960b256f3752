//! A program that guesses a PIN is killed again and again, at whatever point it has come to: all its lives
//! together get no more verdicts than one would have got.
//!
//! The guesser is this test program, started again with an environment variable.
#![allow(clippy::print_stdout)]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use szid_wallet::software::{
    MockHolderPrompt, SoftwareDeviceKeys, SoftwareSealingKey, SystemEntropy,
};
use szid_wallet::{
    Clock, Reading, ReqwestHttp, UnlockError, Wallet, WalletConfig, WalletError, WalletParts,
};

const FOLDER: &str = "SZID_UNLOCK_KILL_FOLDER";
const START: &str = "SZID_UNLOCK_KILL_START";
const PIN: &str = "493536";
const BUDGET: u32 = 10;
/// More lives than tries, since some end before the first one.
const LIVES: u64 = 60;

/// A clock that waits for nobody.
struct Skipping(AtomicU64);

impl Clock for Skipping {
    fn read(&self) -> Reading {
        Reading { wall: 1_768_449_600, monotonic: self.0.load(SeqCst), boot: 1 }
    }
}

fn open(folder: &Path, clock: Arc<Skipping>) -> Result<Wallet, WalletError> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let entropy = Arc::new(SystemEntropy);
    let config = WalletConfig {
        path: folder.join("wallet"),
        roots: Vec::new(),
        days_ahead: 0,
        device_name: String::new(),
    };
    let sealing = SoftwareSealingKey::open(&folder.join("sealing.key"), entropy.clone()).unwrap();
    let parts = WalletParts {
        keys: Arc::new(SoftwareDeviceKeys::new(entropy.clone())),
        attester: None,
        prompt: Some(Arc::new(MockHolderPrompt::default())),
        sealing: Arc::new(sealing),
        http: Arc::new(ReqwestHttp::new()),
        clock,
        entropy,
    };
    Wallet::open(config, parts)
}

/// Not a test of its own: the process that guesses and is killed.
#[test]
fn guesser() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let clock = Arc::new(Skipping(std::env::var(START).unwrap().parse::<u64>().unwrap().into()));
    let wallet = open(Path::new(&folder), clock.clone()).unwrap();
    let mut out = std::io::stdout().lock();
    loop {
        clock.0.fetch_add(wallet.pin_status().unwrap().wait, SeqCst);
        let told = wallet.unlock_with_pin("702958").err().unwrap();
        writeln!(out, "verdict {}", told.code()).unwrap();
        out.flush().unwrap();
        if !matches!(told, UnlockError::PinWrong { .. }) {
            return;
        }
    }
}

#[test]
fn all_lives_of_a_guesser_share_one_budget() {
    let folder = tempfile::tempdir().unwrap();
    let clock = |at: u64| Arc::new(Skipping(at.into()));
    let wallet = open(folder.path(), clock(0)).unwrap();
    wallet.set_pin(PIN, &wallet.unlock_with_screen_lock().unwrap()).unwrap();
    drop(wallet);
    let (mut verdicts, mut kills) = (0, 0);
    for life in 1..=LIVES {
        let start = life * 1_000_000;
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["unlocking_kill::guesser", "--exact", "--nocapture"])
            .env(FOLDER, folder.path())
            .env(START, start.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = child.stdout.take().unwrap();
        let reader = std::thread::spawn(move || {
            let lines = BufReader::new(out).lines().map_while(Result::ok);
            lines.filter(|line| line.contains("verdict UNLOCK_PIN_WRONG")).count()
        });
        // From "while it opens" to "after a few tries".
        std::thread::sleep(Duration::from_micros(
            5_000 + (life * 7_919_317) % (50_000 + life * 10_000),
        ));
        child.kill().unwrap();
        kills += u32::from(!child.wait().unwrap().success());
        verdicts += u32::try_from(reader.join().unwrap()).unwrap();

        let wallet = open(folder.path(), clock(start + 500_000)).unwrap();
        let left = wallet.pin_status().unwrap().tries_left;
        assert!(left + verdicts <= BUDGET, "{verdicts} verdicts, and {left} tries are left");
        if left == 0 {
            break;
        }
    }
    println!("{kills} kills, {verdicts} verdicts");
    let wallet = open(folder.path(), clock(u64::MAX)).unwrap();
    // On a machine so busy that no life came to the end of the tries.
    let left = wallet.pin_status().unwrap().tries_left;
    assert!(kills > 0 && verdicts < BUDGET && left + verdicts <= BUDGET);
    assert!(left > 0 || matches!(wallet.unlock_with_pin(PIN), Err(UnlockError::PinLocked)));
}
