#!/usr/bin/env bash
# recloser 1.4.0: a breaker with a window of 4 opens at the fifth failure, and half open with a window of 1 it lets every
# call through.
#
# The rate of a window is looked at with the first answer *after* the window is full: `closed_len(4)` takes five failures
# in a row. While it is half open no call is held back, however short the window: of ten
# calls that begin together at the end of the rest all ten reach the party that was down, where one might be expected to
# try it first.
#
# What the connectors do about it: nothing is rested on one trial call; the places of a connector bound how many ask at
# once (issuer/identity/src/connectors/guarded.rs, docs/adr/0031-connectors.md).
#
# Needs cargo. Expected output:
#   failures until it opens: 5
#   calls let through half open: 10 of 10
set -euo pipefail

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir -p "$place/src"
cat >"$place/Cargo.toml" <<'TOML'
[package]
name = "half-open"
version = "0.0.0"
edition = "2024"

[dependencies]
recloser = "=1.4.0"
TOML
cat >"$place/src/main.rs" <<'RUST'
use std::future::{Future, poll_fn};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use recloser::{AsyncRecloser, Error, Recloser};

fn main() {
    let rest = Duration::from_millis(100);
    let breaker = || Recloser::custom().error_rate(0.5).closed_len(4).half_open_len(1).open_wait(rest).build();
    let down = || Err::<(), ()>(());
    let one = breaker();
    let mut failures = 0;
    while !matches!(one.call(down), Err(Error::Rejected)) {
        failures += 1;
    }
    println!("failures until it opens: {failures}");

    std::thread::sleep(rest * 2);
    let one = AsyncRecloser::from(one);
    let mut through = 0;
    // None of them has ended when the next one begins.
    let mut waiting = Vec::new();
    for _ in 0..10 {
        let mut call = Box::pin(one.call(poll_fn(|_| Poll::<Result<(), ()>>::Pending)));
        let mut context = Context::from_waker(Waker::noop());
        through += usize::from(call.as_mut().poll(&mut context).is_pending());
        waiting.push(call);
    }
    println!("calls let through half open: {through} of 10");
}
RUST
cd "$place"
cargo run --quiet 2>/dev/null | tee seen
diff seen - <<'TXT'
failures until it opens: 5
calls let through half open: 10 of 10
TXT
