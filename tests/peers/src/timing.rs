//! Times of several operations, taken in turns, so that a busy machine is busy for all of them.

use std::hint::black_box;
use std::time::{Duration, Instant};

const ROUNDS: usize = 301;
const BATCH: Duration = Duration::from_millis(2);

/// One operation's time.
pub(crate) struct Timing {
    /// Median, microseconds.
    pub(crate) micros: f64,
    /// As a multiple of the first operation in the same round: lower quartile, median, upper quartile.
    pub(crate) multiple: [f64; 3],
}

/// Measures each operation; the first is the unit.
pub(crate) fn measure(operations: &[&dyn Fn()]) -> Vec<Timing> {
    let repeats: Vec<u32> = operations.iter().map(|operation| repeats(operation)).collect();
    let mut rounds = vec![vec![0.0; operations.len()]; ROUNDS];
    for (number, round) in rounds.iter_mut().enumerate() {
        // Each round begins with another operation.
        for step in 0..operations.len() {
            let index = (number + step) % operations.len();
            round[index] = micros(operations[index], repeats[index]);
        }
    }
    (0..operations.len())
        .map(|index| {
            let times = rounds.iter().map(|round| round[index]).collect();
            let multiples = rounds.iter().map(|round| round[index] / round[0]).collect();
            Timing { micros: quartiles(times)[1], multiple: quartiles(multiples) }
        })
        .collect()
}

/// How often an operation fits into a batch; also warms it up.
fn repeats(operation: &dyn Fn()) -> u32 {
    let once = micros(operation, 20);
    (BATCH.as_secs_f64() * 1e6 / once).ceil() as u32
}

fn micros(operation: &dyn Fn(), times: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..times {
        black_box(operation)();
    }
    start.elapsed().as_secs_f64() * 1e6 / f64::from(times)
}

fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values[(values.len() - 1) * quarter / 4])
}
