//! Durable put, get, open, and how far the files grow. `cargo bench -p szid-vault`
//!
//! Put is timed beside the cheapest durable write there is (append and fdatasync), on the same disk in the
//! same run.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stdout, missing_docs)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::io::Write;
use std::path::Path;

use common::{open, value_of};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use szid_vault::{Change, Vault};

const RECORDS: u64 = 500;
const VALUE_LEN: usize = 2048;

fn fill(vault: &Vault, round: u64) {
    for n in 0..RECORDS {
        vault.put("passes", &n.to_string(), &value_of(n + round, VALUE_LEN)).unwrap();
    }
}

fn floor(c: &mut Criterion) {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut file = std::fs::File::create(dir.path().join("raw")).unwrap();
    let value = value_of(1, VALUE_LEN);
    c.bench_function("append 2 KiB and fdatasync", |b| {
        b.iter(|| {
            file.write_all(&value).unwrap();
            file.sync_data().unwrap();
        });
    });
    let db = sled::Config::new().path(dir.path().join("sled")).flush_every_ms(None).open().unwrap();
    let mut n = 0u64;
    c.bench_function("bare sled: insert 2 KiB and flush", |b| {
        b.iter(|| {
            n += 1;
            db.insert((n % RECORDS).to_be_bytes(), value_of(n, VALUE_LEN)).unwrap();
            db.flush().unwrap();
        });
    });
}

fn put_and_get(c: &mut Criterion) {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let vault = open(dir.path());
    fill(&vault, 0);
    let mut n = 0;
    c.bench_function("durable put of 2 KiB", |b| {
        b.iter(|| {
            n = (n + 1) % RECORDS;
            vault.put("passes", &n.to_string(), &value_of(n, VALUE_LEN)).unwrap();
        });
    });
    let value = value_of(1, VALUE_LEN);
    let names: Vec<String> = (0..30).map(|n| n.to_string()).collect();
    let strip: Vec<_> = names
        .iter()
        .map(|name| Change::Put { collection: "strip", name, value: &value[..512] })
        .collect();
    c.bench_function("durable batch of 30 x 512 B", |b| b.iter(|| vault.batch(&strip).unwrap()));
    c.bench_function("get of 2 KiB", |b| {
        b.iter(|| {
            n = (n + 1) % RECORDS;
            vault.get("passes", &n.to_string()).unwrap().unwrap()
        });
    });
    c.bench_function("list of 500", |b| b.iter(|| vault.list("passes").unwrap()));
}

fn opening(c: &mut Criterion) {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    fill(&open(dir.path()), 0);
    c.bench_function("open with 500 records", |b| {
        b.iter_batched(|| (), |()| open(dir.path()), BatchSize::PerIteration);
    });
    c.bench_function("open with 500 records, engine rebuilt from the mirror", |b| {
        b.iter_batched(
            || {
                for entry in std::fs::read_dir(dir.path()).unwrap() {
                    let path = entry.unwrap().path();
                    if path.is_dir() {
                        std::fs::remove_dir_all(path.join("sled")).unwrap();
                    }
                }
            },
            |()| open(dir.path()),
            BatchSize::PerIteration,
        );
    });
}

/// Not a timing: bytes on disk.
fn growth(_: &mut Criterion) {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let vault = open(dir.path());
    fill(&vault, 0);
    println!("500 x 2 KiB put once: {} kB on disk", on_disk(dir.path()) / 1000);
    let mut largest = 0;
    for round in 1..=20 {
        fill(&vault, round);
        largest = largest.max(on_disk(dir.path()));
    }
    println!(
        "after 20 rewrites: {} kB, at most {} kB between",
        on_disk(dir.path()) / 1000,
        largest / 1000
    );
    let rewritings = std::fs::read_dir(dir.path())
        .unwrap()
        .filter_map(|entry| {
            entry.unwrap().file_name().to_str()?.strip_prefix("store-")?.parse::<u32>().ok()
        })
        .max();
    println!("rewritings in these {} puts: {rewritings:?}", 21 * RECORDS);
    drop(vault);
    let vault = open(dir.path());
    println!("opened again: {} kB; {:?}", on_disk(dir.path()) / 1000, vault.size().unwrap());

    // The same writes on bare sled.
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let db = sled::Config::new().path(dir.path()).flush_every_ms(None).open().unwrap();
    for round in 0..=20 {
        for n in 0..RECORDS {
            db.insert(n.to_be_bytes(), value_of(n + round, VALUE_LEN)).unwrap();
            db.flush().unwrap();
        }
    }
    println!("bare sled, the same writes: {} kB", on_disk(dir.path()) / 1000);
}

/// Blocks in use, as the file system counts them.
fn on_disk(dir: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    common::files_below(dir)
        .iter()
        .filter_map(|file| file.metadata().ok())
        .map(|file| file.blocks() * 512)
        .sum()
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(30)
        .warm_up_time(std::time::Duration::from_millis(500))
        .measurement_time(std::time::Duration::from_secs(2));
    targets = floor, put_and_get, opening, growth
}
criterion_main!(benches);
