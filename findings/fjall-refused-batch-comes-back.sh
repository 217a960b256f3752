#!/usr/bin/env bash
# fjall 3.1.13: a batch whose commit was refused for want of room is there after the next opening.
#
# The commit (durability SyncAll) answers StorageFull and the row cannot be read. The batch stays in the journal's buffer all
# the same: closing the database flushes that buffer, and where there is room by then, the next opening replays it. Whoever
# told a client "not done" on that error is wrong after a restart. Nothing wrong was put in: a full disk is a valid state.
#
# What the register does about it: docs/adr/0022-writes-after-a-failed-write.md (the rows are put back as they were, whatever
# the journal has); tests/faults/test_disk.py counts what is there after full disks.
#
# Needs cargo, and a small tmpfs: root, or user namespaces. Expected output:
#   commit: StorageFull
#   read before closing: false
#   read after opening anew: true
set -euo pipefail

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir -p "$place/src" "$place/disk"
cat >"$place/Cargo.toml" <<'TOML'
[package]
name = "refused-batch"
version = "0.0.0"
edition = "2024"

[dependencies]
fjall = "=3.1.13"
TOML
cat >"$place/src/main.rs" <<'RUST'
use std::path::Path;

use fjall::{Database, Error, KeyspaceCreateOptions, PersistMode};

fn main() {
    let folder = std::env::args().nth(1).expect("a small disk");
    let (data, ballast) = (Path::new(&folder).join("data"), Path::new(&folder).join("ballast"));
    let open = || Database::builder(&data).open().unwrap();
    let database = open();
    let rows = database.keyspace("rows", KeyspaceCreateOptions::default).unwrap();
    std::fs::write(&ballast, vec![1; 24 << 20]).unwrap();
    // Rows smaller than the journal's buffer of 8 KiB, until the disk is full.
    let refused = (0u32..100_000).map(u32::to_be_bytes).find(|key| {
        let mut batch = database.batch().durability(Some(PersistMode::SyncAll));
        batch.insert(&rows, key, vec![7; 3_000]);
        match batch.commit() {
            Ok(()) => false,
            Err(Error::Io(error)) => {
                println!("commit: {:?}", error.kind());
                true
            }
            Err(error) => panic!("{error:?}"),
        }
    });
    let refused = refused.expect("a full disk");
    println!("read before closing: {}", rows.get(refused).unwrap().is_some());
    std::fs::remove_file(&ballast).unwrap();
    drop((rows, database));
    let database = open();
    let rows = database.keyspace("rows", KeyspaceCreateOptions::default).unwrap();
    println!("read after opening anew: {}", rows.get(refused).unwrap().is_some());
}
RUST
echo "building fjall 3.1.13 ..." >&2
CARGO_TARGET_DIR="$place/target" cargo build --quiet --manifest-path "$place/Cargo.toml"

run='mount -t tmpfs -o size=40m none "$1/disk" && "$1/target/debug/refused-batch" "$1/disk"; code=$?; umount "$1/disk"; exit $code'
if [ "$(id -u)" = 0 ]; then
    told=$(bash -c "$run" run "$place")
else
    told=$(unshare --user --map-root-user --mount bash -c "$run" run "$place")
fi
echo "$told"
expected='commit: StorageFull
read before closing: false
read after opening anew: true'
[ "$told" = "$expected" ] || { echo "fjall behaves otherwise now" >&2; exit 1; }
