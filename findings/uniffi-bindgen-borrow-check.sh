#!/usr/bin/env bash
# uniffi_bindgen 0.32.2, askama 0.16.1, rustc 1.95.0: most of the time that the generator takes to compile is borrow checking.
#
# The templates of Kotlin, Swift and Python include each other, and askama makes one function of a template with all that it
# includes. The compiler's check of borrows grows faster than such a function does: on two processors it took 205 of the 254
# seconds of the whole crate, without optimisation; generating code took 20. It is paid for by a check without code (cargo
# check, clippy) as well, and no setting of a profile changes it.
#
# What the project does about it: lints and documentation leave the generator's crate out, nothing of it is optimised, and it
# is built once beside everything else (.ci/run, Cargo.toml).
#
# Needs cargo and rustc 1.95.0, and some minutes. Expected output, with the share that was measured:
#   borrow checking takes more than half of the time: yes
set -euo pipefail

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir -p "$place/src"
cat >"$place/Cargo.toml" <<'TOML'
[package]
name = "generator"
version = "0.0.0"
edition = "2024"

[dependencies]
uniffi_bindgen = "=0.32.2"
askama = "=0.16.1"

[profile.dev]
debug = false
incremental = false
TOML
printf 'fn main() {}\n' >"$place/src/main.rs"
cd "$place"
cargo build --quiet
# Once more, of this crate alone, with the compiler's own clock of its passes.
cargo clean --quiet -p uniffi_bindgen
RUSTC_BOOTSTRAP=1 cargo rustc --quiet -p uniffi_bindgen --lib -- -Ztime-passes >passes.log 2>&1
seconds() { awk -v pass="$1" '$1 == "time:" && $NF == pass { sub(/;/, "", $2); print $2 }' passes.log | tail -1; }
checking=$(seconds MIR_borrow_checking) total=$(seconds total)
echo "borrow checking: $checking s of $total s" >&2
if awk -v part="$checking" -v whole="$total" 'BEGIN { exit !(part > whole / 2) }'; then
    echo "borrow checking takes more than half of the time: yes"
else
    echo "borrow checking takes more than half of the time: no"
    exit 1
fi
