#!/usr/bin/env bash
# sled 0.34.7: a program that walks a tree backwards carries 1 MiB of ones in its read-only data.
#
# An open upper bound is looked for as a constant key of 1024 * 1024 bytes, all 0xff, in src/iter.rs. It lands in every
# binary that links `next_back` of an iterator, also where the rest of the program is a few hundred KiB.
#
# What it means here: of the stripped library for phones (2.73 MB) it is more than a third; a ZIP packs it to nothing, an
# uncompressed library in an APK does not (docs/adr/0024-http-is-a-port-of-the-wallet.md).
#
# Needs cargo and Python 3. Expected output:
#   longest run of 0xff: at least 1048576 bytes with next_back
#   longest run of 0xff: less than 4096 bytes without
set -euo pipefail

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir -p "$place/src/bin"
cat >"$place/Cargo.toml" <<'TOML'
[package]
name = "ones"
version = "0.0.0"
edition = "2024"

[dependencies]
sled = "=0.34.7"

[profile.release]
strip = "symbols"
TOML
cat >"$place/src/bin/walks.rs" <<'RUST'
fn main() {
    let database = sled::Config::new().temporary(true).open().unwrap();
    database.insert("a", "1").unwrap();
    println!("{:?}", database.iter().next_back().is_some());
}
RUST
cat >"$place/src/bin/bare.rs" <<'RUST'
fn main() {
    println!("{}", std::env::args().count());
}
RUST
export CARGO_TARGET_DIR="$place/target"
cargo build --quiet --release --manifest-path "$place/Cargo.toml"
output=$(python3 - "$place/target/release" <<'PYTHON'
import re
import sys
from pathlib import Path

def longest(name):
    runs = re.findall(rb"\xff+", (Path(sys.argv[1]) / name).read_bytes())
    return max(map(len, runs), default=0)

for name, bound in (("walks", "with next_back"), ("bare", "without")):
    length = longest(name)
    size = "at least 1048576" if length >= 1 << 20 else "less than 4096" if length < 4096 else str(length)
    print(f"longest run of 0xff: {size} bytes {bound}")
PYTHON
)
printf '%s\n' "$output"
expected="longest run of 0xff: at least 1048576 bytes with next_back
longest run of 0xff: less than 4096 bytes without"
[ "$output" = "$expected" ] || { echo "this has changed" >&2; exit 1; }
