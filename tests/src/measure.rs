//! Measuring: how often a second something can be done, and on how many threads.

use std::time::{Duration, Instant};

/// Untimed calls before the first timed one.
const WARM_UP: usize = 5;
/// Timed rounds; their median counts.
const ROUNDS: usize = 5;

/// Calls a second of each of several steps, the median of five rounds of about `seconds` each.
///
/// The steps take turns round by round, so that a ratio between them is little moved by what else the machine does.
pub fn alternating<const N: usize>(seconds: f64, mut steps: [&mut dyn FnMut(); N]) -> [f64; N] {
    let counts = steps.each_mut().map(|step| {
        (0..WARM_UP).for_each(|_| step());
        // One call is too short a time to read off a clock; twenty give the order of magnitude.
        let one = time(20, step).as_secs_f64() / 20.0;
        ((seconds / one.max(1e-9)) as usize).max(3)
    });
    let mut rates = [[0.0; ROUNDS]; N];
    for round in 0..ROUNDS {
        for ((step, count), rates) in steps.iter_mut().zip(counts).zip(&mut rates) {
            rates[round] = count as f64 / time(count, step).as_secs_f64();
        }
    }
    rates.map(|mut rates| {
        rates.sort_by(f64::total_cmp);
        rates[ROUNDS / 2]
    })
}

/// How long some calls take together.
pub fn time(count: usize, step: &mut dyn FnMut()) -> Duration {
    let start = Instant::now();
    (0..count).for_each(|_| step());
    start.elapsed()
}

/// Runs something on a pool of that many threads.
///
/// # Panics
/// When the threads cannot be started.
pub fn on_threads<R: Send>(threads: usize, run: impl FnOnce() -> R + Send) -> R {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
    pool.install(run)
}
