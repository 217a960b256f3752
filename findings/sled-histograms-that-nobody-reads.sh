#!/usr/bin/env bash
# sled 0.34.7: opening a database costs some 20 MB of memory for histograms that the default features never fill.
#
# The default feature `no_metrics` stops the measuring and not the collector: the first access makes about forty histograms
# of 65,536 counters each and writes every counter's zero, so that all pages are resident for the life of the process.
# With opt-level 2 and 3 the compiler turns this into memory that comes zeroed; with 0, 1, s and z it does not, and phones
# are built with s or z. The feature `miri_optimizations`, meant for Miri, asks for zeroed memory itself, whatever the
# level; besides, it switches off delays that only sled's own tests have.
#
# What it means here: a wallet that is open held 23 MB more than the same program with none, and holds 3 MB more with
# the feature (docs/performance.md, Cargo.toml).
#
# Needs Linux and cargo. Expected output:
#   opt-level z: more than 15 MB resident for a database of one row
#   opt-level 3: less than 5 MB
#   opt-level z with miri_optimizations: less than 5 MB
set -euo pipefail

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir -p "$place/src"
cat >"$place/Cargo.toml" <<'TOML'
[package]
name = "histograms"
version = "0.0.0"
edition = "2024"

[features]
lazily = ["sled/miri_optimizations"]

[dependencies]
sled = "=0.34.7"
TOML
cat >"$place/src/main.rs" <<'RUST'
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn main() {
    let before = resident();
    let folder = std::env::args().nth(1).unwrap();
    let database = sled::Config::new().path(folder).cache_capacity(1 << 20).open().unwrap();
    database.insert("a", "1").unwrap();
    println!("{}", resident() - before);
}
RUST
export CARGO_TARGET_DIR="$place/target"
measure() { # opt-level, more arguments of cargo
    CARGO_PROFILE_RELEASE_OPT_LEVEL=$1 cargo build --quiet --release --manifest-path "$place/Cargo.toml" "${@:2}"
    rm -rf "$place/database"
    kilobytes=$("$place/target/release/histograms" "$place/database")
    echo "$kilobytes kB" >&2
    if [ "$kilobytes" -gt 15000 ]; then echo "more than 15 MB resident for a database of one row"
    elif [ "$kilobytes" -lt 5000 ]; then echo "less than 5 MB"
    else echo "$kilobytes kB"
    fi
}
output=$(
    echo "opt-level z: $(measure z)"
    echo "opt-level 3: $(measure 3)"
    echo "opt-level z with miri_optimizations: $(measure z --features lazily)"
)
printf '%s\n' "$output"
expected="opt-level z: more than 15 MB resident for a database of one row
opt-level 3: less than 5 MB
opt-level z with miri_optimizations: less than 5 MB"
[ "$output" = "$expected" ] || { echo "this has changed" >&2; exit 1; }
