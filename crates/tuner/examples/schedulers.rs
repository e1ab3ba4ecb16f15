//! Measures every scheduler on simulated trainings: `cargo run --release -p tunesmith-tuner --example schedulers`.
//!
//! Median regret of the setting with the lowest report, over 12 seeds, after shares of the work of 40 whole trainings;
//! settings are random, so that only the scheduler differs.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "an example talks to people, and stops when it cannot"
)]

#[path = "../tests/simulator/mod.rs"]
mod simulator;

use simulator::{WHOLE, median, search};
use tunesmith_core::{Table, Value, find};
use tunesmith_tuner::PrunerEntry;

const SEEDS: u64 = 12;
const BUDGET: u64 = 40 * WHOLE;

fn main() {
    let known = [("max_resource".to_owned(), Value::Int(81))];
    let promote = [("promote".to_owned(), true.into())];
    let rows: Vec<(&str, &str, Table)> = vec![
        ("full trainings", "none", Table::new()),
        ("median", "median", Table::new()),
        ("percentile 25", "percentile", Table::new()),
        ("plateau", "plateau", Table::new()),
        ("extrapolate", "extrapolate", known.clone().into()),
        ("asha, stopping", "asha", known.clone().into()),
        ("asha, promoting", "asha", known.clone().into_iter().chain(promote).collect()),
        ("successive halving", "successive_halving", known.clone().into()),
        ("hyperband", "hyperband", known.clone().into()),
        ("pasha", "pasha", known.clone().into()),
        ("i_epoch (9, 3 of 20)", "i_epoch", [("steps".to_owned(), Value::Int(9))].into()),
        ("freeze_thaw", "freeze_thaw", known.clone().into()),
    ];
    for noise in [0.003, 0.01] {
        println!(
            "noise {noise}\n\n| scheduler | 5 % | 10 % | 25 % | 50 % | 100 % |\n|---|---|---|---|---|---|"
        );
        for (label, name, settings) in &rows {
            let tracks: Vec<Vec<f64>> = (0..SEEDS)
                .map(|seed| {
                    let scheduler = find::<PrunerEntry>(name, name).unwrap().build(settings, name).unwrap();
                    search(scheduler, noise, BUDGET, seed)
                })
                .collect();
            let cells = [0.05, 0.1, 0.25, 0.5, 1.0].map(|share| {
                let steps = (share * BUDGET as f64) as usize - 1;
                format!(
                    "{:.4}",
                    median(tracks.iter().map(|track| track[steps.min(track.len() - 1)]).collect())
                )
            });
            println!("| {label} | {} |", cells.join(" | "));
        }
        println!();
    }
}
