//! Measures what suggestions of the evolutionary samplers cost in a long search of many settings:
//! `cargo run --release -p tunesmith-tuner --example evolution_cost [TRIALS]`.

#![expect(clippy::print_stdout, reason = "a measurement says its numbers")]

use std::time::Instant;

use tunesmith_core::{Domain, Scale, Seed, Space, Value};
use tunesmith_tuner::samplers::{CmaEs, DifferentialEvolution, Nsga2, Nsga3, RegularizedEvolution};
use tunesmith_tuner::{Direction, History, Sampler, TrialRecord, TrialState};

fn main() {
    let trials = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(100_000);
    let samplers: [(&str, &dyn Sampler); 5] = [
        ("cma_es", &CmaEs::default()),
        ("de", &DifferentialEvolution::default()),
        ("regularized_evolution", &RegularizedEvolution::default()),
        ("nsga2", &Nsga2::default()),
        ("nsga3", &Nsga3::default()),
    ];
    for (name, sampler) in samplers {
        println!("{name}: {trials} trials of 40 settings in {:.1} s", seconds(sampler, trials));
    }
}

/// Seconds of a search for the least sum of squares.
fn seconds(sampler: &dyn Sampler, trials: u64) -> f64 {
    let domain = Domain::float(-3.0, 7.0, Scale::Linear, None).expect("a range");
    let space = (0..40).fold(Space::new(), |space, i| space.with(&format!("x{i}"), domain.clone()));
    let mut history = History::new(space.clone(), Direction::Minimize);
    let began = Instant::now();
    for number in 0..trials {
        let mut trial = TrialRecord::new(number);
        trial.params = sampler.suggest(&space, &history, &mut Seed::new(0).at(number).generator());
        trial.value = Some(trial.params.values().filter_map(Value::as_f64).map(|x| x * x).sum());
        trial.state = TrialState::Complete;
        history.put(trial);
    }
    began.elapsed().as_secs_f64()
}
