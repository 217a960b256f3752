#!/usr/bin/env bash
# uniffi 0.32.2, Swift 6.0.3: an object with a method `handle` comes out as Swift that does not compile.
#
# The generated class keeps its pointer in a property `handle`, and Swift takes no method without arguments of the same name.
# The generator says nothing; Kotlin and Python take the same library. A method of any other name compiles.
#
# What the bindings do about it: no exported method is named handle (bindings/README.md, rules of the border), and the Swift
# package is compiled for each change (cargo xtask swift).
#
# Needs cargo and swiftc 6. Expected output:
#   key_handle: compiles
#   handle: error: invalid redeclaration of 'handle()'
set -euo pipefail

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir -p "$place/src/bin"
cat >"$place/Cargo.toml" <<'TOML'
[package]
name = "border"
version = "0.0.0"
edition = "2024"

[lib]
crate-type = ["lib", "cdylib"]

[dependencies]
uniffi = { version = "=0.32.2", features = ["cli"] }
TOML
cat >"$place/src/bin/generate.rs" <<'RUST'
fn main() {
    uniffi::uniffi_bindgen_main();
}
RUST
cd "$place"
export CARGO_TARGET_DIR="$place/cargo-target"

# Generates Swift for an object with a method of this name, and says what the compiler says of it.
try() {
    cat >src/lib.rs <<RUST
#[derive(uniffi::Object)]
pub struct Pending;

#[uniffi::export]
impl Pending {
    pub fn $1(&self) -> String {
        String::new()
    }
}

uniffi::setup_scaffolding!("border");
RUST
    cargo build --quiet
    rm -rf swift
    "$CARGO_TARGET_DIR/debug/generate" generate "$CARGO_TARGET_DIR/debug/libborder.so" --language swift --out-dir swift --no-format
    printf 'module borderFFI {\n    header "borderFFI.h"\n    export *\n}\n' >swift/module.modulemap
    local said
    if said=$(cd "$place" && swiftc -typecheck -I swift swift/border.swift 2>&1); then
        echo "$1: compiles"
    else
        echo "$1: $(grep -om1 "error: invalid redeclaration of 'handle()'" <<<"$said" || echo "$said")"
    fi
}
output=$(try key_handle && try handle)
printf '%s\n' "$output"
expected="key_handle: compiles
handle: error: invalid redeclaration of 'handle()'"
[ "$output" = "$expected" ] || { echo "this has changed" >&2; exit 1; }
