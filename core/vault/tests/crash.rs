//! A writer is killed at random moments; whatever it acknowledged must be there, and batches must be whole.
//!
//! The writer is this test program, started again with an environment variable.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod common;

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use common::{try_open, value_of};
use szid_vault::{Change, Vault};

const WRITER_DIR: &str = "SZID_VAULT_CRASH_WRITER_DIR";
const WRITER_START: &str = "SZID_VAULT_CRASH_WRITER_START";
const KILLS: u64 = 40;
const NAMES: u64 = 60;
/// Records of one batch, which carry the same number.
const PAIR: [&str; 3] = ["pair-a", "pair-b", "pair-c"];

/// Not a test of its own: the process that is killed.
#[test]
fn writer() {
    let Ok(dir) = std::env::var(WRITER_DIR) else { return };
    let start: u64 = std::env::var(WRITER_START).unwrap().parse().unwrap();
    let vault = try_open(Path::new(&dir)).unwrap().0;
    let mut out = std::io::stdout().lock();
    for number in start.. {
        write_step(&vault, number);
        writeln!(out, "acknowledged {number}").unwrap();
        out.flush().unwrap();
    }
}

/// One step of the writer: most steps put one record, some write three together, some delete.
fn write_step(vault: &Vault, number: u64) {
    match number % 5 {
        0 => {
            let value = number.to_be_bytes();
            let changes = PAIR.map(|name| Change::Put { collection: "pairs", name, value: &value });
            vault.batch(&changes).unwrap();
        }
        1 => {
            vault.delete("c", &(number % NAMES).to_string()).unwrap();
        }
        _ => vault.put("c", &(number % NAMES).to_string(), &numbered(number)).unwrap(),
    }
}

fn numbered(number: u64) -> Vec<u8> {
    let mut value = number.to_be_bytes().to_vec();
    value.extend(value_of(number, (number * 37 % 5000) as usize));
    value
}

/// What the steps up to a number leave.
struct Model {
    records: HashMap<String, u64>,
    pair: Option<u64>,
}

impl Model {
    fn after(last: u64) -> Model {
        let mut model = Model { records: HashMap::new(), pair: None };
        for number in 1..=last {
            let name = (number % NAMES).to_string();
            match number % 5 {
                0 => model.pair = Some(number),
                1 => drop(model.records.remove(&name)),
                _ => drop(model.records.insert(name, number)),
            }
        }
        model
    }

    fn is_in(&self, vault: &Vault) -> bool {
        let records = (0..NAMES).all(|name| {
            let name = name.to_string();
            let value = vault.get("c", &name).unwrap();
            value.map(|value| value.to_vec())
                == self.records.get(&name).map(|&number| numbered(number))
        });
        let pair = PAIR.iter().all(|name| {
            let value = vault.get("pairs", name).unwrap();
            value.map(|value| value.to_vec())
                == self.pair.map(|number| number.to_be_bytes().to_vec())
        });
        records && pair
    }
}

#[test]
fn nothing_acknowledged_is_lost_to_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let (mut last, mut repairs) = (0u64, 0);
    for kill in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["writer", "--exact", "--nocapture"])
            .env(WRITER_DIR, dir.path())
            .env(WRITER_START, (last + 1).to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = child.stdout.take().unwrap();
        let reader = std::thread::spawn(move || {
            let mut last = None;
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                // The harness's own output may stand before the first one on a line.
                if let Some((_, number)) = line.split_once("acknowledged ") {
                    last = Some(number.parse::<u64>().unwrap());
                }
            }
            last
        });
        // From "during open" to "after a few thousand writes".
        std::thread::sleep(Duration::from_micros(3_000 + (kill * 7_919_317) % 220_000));
        child.kill().unwrap();
        child.wait().unwrap();
        let acknowledged = reader.join().unwrap().unwrap_or(last);

        let (vault, report) = try_open(dir.path()).unwrap();
        repairs += u64::from(report.repair.is_some());
        assert!(report.lost.is_empty());
        // The write that was under way may be there or not, but wholly.
        let next = acknowledged + 1;
        last = if Model::after(next).is_in(&vault) { next } else { acknowledged };
        assert!(Model::after(last).is_in(&vault), "kill {kill} after {acknowledged}");
        assert!(!vault.check().unwrap().needs_repair);
    }
    println!("{KILLS} kills, {last} steps acknowledged, {repairs} repairs at open");
    assert!(last > KILLS);
}
