//! The replay memory under `kill -9`: what was answered for is never forgotten.
//!
//! The test starts this same binary as a child that uses codes without end and writes each answer to its
//! standard output; the child is killed at some point, and everything it had answered must be known
//! afterwards.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use szid_protocol::verify::{ReplayKey, ReplayMemory, Use};
use szid_verifier::DurableReplay;

const NOW: u64 = 1_800_000_000;
const FOLDER: &str = "SZID_REPLAY_CRASH_FOLDER";
const START: &str = "SZID_REPLAY_CRASH_START";
const ROOM: usize = 1_000_000;
const KILLS: u64 = 40;
/// Fewer uses than these say little.
const ENOUGH: usize = 1000;
const PER_LIFE: u64 = 1 << 32;

fn key(number: u64) -> ReplayKey {
    ReplayKey { device: u128::from(number).to_le_bytes(), iat: NOW }
}

/// Does nothing unless the test below starts it.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let start: u64 = std::env::var(START).unwrap().parse().unwrap();
    let replay = Arc::new(DurableReplay::open(folder, ROOM, NOW).unwrap());
    let workers: Vec<_> = (0..2)
        .map(|worker| {
            let replay = Arc::clone(&replay);
            thread::spawn(move || {
                for number in (start + worker..).step_by(2) {
                    assert_eq!(replay.check_and_remember(key(number), "gate", NOW), Use::First);
                    let line = format!("used {number}\n");
                    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
                }
            })
        })
        .collect();
    workers.into_iter().for_each(|worker| worker.join().unwrap());
}

fn live_and_die(folder: &Path, life: u64) -> Vec<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["child", "--exact", "--nocapture"])
        .env(FOLDER, folder)
        .env(START, (life * PER_LIFE).to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let reader = thread::spawn(move || {
        // A line that the kill cut short was not answered.
        let lines = output.split(b'\n').map_while(Result::ok);
        let numbers = lines.filter_map(|line| {
            let line = String::from_utf8(line).ok()?;
            line.rsplit("used ").next().filter(|_| line.contains("used "))?.parse::<u64>().ok()
        });
        numbers.collect::<Vec<_>>()
    });
    // Some die while opening, most in the middle of a write.
    thread::sleep(Duration::from_millis(5 + life * 37 % 120));
    child.kill().unwrap();
    child.wait().unwrap();
    let mut answered = reader.join().unwrap();
    // The very last line may be cut and still look like a smaller number.
    answered.retain(|number| number / PER_LIFE == life);
    answered
}

#[test]
fn nothing_that_was_answered_for_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let mut answered = BTreeSet::new();
    let mut life = 0;
    // On a busy machine it takes more lives until there was enough to lose.
    while life < KILLS || (answered.len() <= ENOUGH && life < 8 * KILLS) {
        life += 1;
        answered.extend(live_and_die(folder.path(), life));
        let replay = DurableReplay::open(folder.path(), ROOM, NOW).unwrap();
        assert!(replay.recovery().uses >= answered.len());
        for number in &answered {
            let answer = replay.check_and_remember(key(*number), "gate", NOW);
            assert_eq!(answer, Use::Again { same_operator: true }, "{number} after {life} kills");
        }
    }
    assert!(answered.len() > ENOUGH, "{}", answered.len());
}
