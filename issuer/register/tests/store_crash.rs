//! A writer is killed at random moments: whatever it acknowledged must be there, and the audit chain whole.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

mod store_writer;

use std::time::Duration;

use store_writer::{Writing, assert_kept, write_until_killed};

const KILLS: u64 = 32;
/// Fewer writes than these say little.
const ENOUGH: usize = 500;

/// Not a test of its own: the process that is killed.
#[test]
fn writer() {
    write_until_killed();
}

#[test]
fn nothing_acknowledged_is_lost_to_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let (mut next, mut total) = (1, 0);
    let mut kill = 0;
    // On a busy machine it takes more kills until there was enough to lose.
    while kill < KILLS || (total <= ENOUGH && kill < 8 * KILLS) {
        let writing = Writing::start(dir.path(), next);
        // From "during open" to "after a few thousand writes", which a busy machine takes longer for.
        let micros = 5_000 + (kill * 7_919_317) % 400_000;
        std::thread::sleep(Duration::from_micros(micros * (1 + kill / KILLS)));
        let acknowledged = writing.kill();
        total += acknowledged.len();
        let highest = assert_kept(dir.path(), &acknowledged).max(next);
        // A person may have been enrolled without an answer: numbers that may have been used are left out.
        next = highest + 100;
        kill += 1;
    }
    println!("{kill} kills, {total} writes acknowledged, none lost");
    assert!(total > ENOUGH, "{total}");
}
