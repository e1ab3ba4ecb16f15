//! What a suggestion costs: every linked sampler with ten parameters, by the number of trials it knows; and whole
//! studies in memory, ask and tell.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use tunesmith_core::{Domain, Entry, Scale, Seed, Space, Table, all};
use tunesmith_tuner::samplers::Tpe;
use tunesmith_tuner::{Direction, History, Outcome, Sampler, SamplerEntry, Study, TrialRecord, TrialState};

/// Plain ranges, but for a logarithmic one and a choice: the space of Optuna's side of the comparison.
fn space(dimensions: usize) -> Space {
    let range =
        |low, high, scale| Domain::float(low, high, scale, None).expect("the ranges here are possible");
    let choice = Domain::choice(["relu", "tanh", "gelu"]).expect("three options");
    let space = Space::new().with("lr", range(1e-5, 1.0, Scale::Log)).with("activation", choice);
    (2..dimensions).fold(space, |space, i| space.with(&format!("x{i}"), range(-5.0, 5.0, Scale::Linear)))
}

/// How far settings are from the middle of every range.
fn distance(space: &Space, params: &tunesmith_core::Params) -> f64 {
    let place = |key: &str, domain: &Domain| domain.locate(&params[key]).expect("samplers stay in the space");
    space.dimensions().iter().map(|d| (place(&d.key, &d.domain) - 0.5).powi(2)).sum()
}

/// A study as TPE leaves it.
fn history(space: &Space, trials: u64) -> History {
    let mut history = History::new(space.clone(), Direction::Minimize);
    for number in 0..trials {
        let mut trial = TrialRecord::new(number);
        trial.params = Tpe::default().suggest(space, &history, &mut Seed::new(number).generator());
        trial.value = Some(distance(space, &trial.params));
        trial.state = TrialState::Complete;
        history.put(trial);
    }
    history
}

fn suggestions(criterion: &mut Criterion) {
    let space = space(10);
    for trials in [200, 1000] {
        let history = history(&space, trials);
        let mut group = criterion.benchmark_group(format!("suggestion after {trials} trials"));
        group.sample_size(20).measurement_time(Duration::from_secs(1));
        for entry in all::<SamplerEntry>() {
            let sampler = entry.build(&Table::new(), "bench").expect("defaults are possible");
            let mut number = trials;
            group.bench_function(entry.meta().name, |bencher| {
                bencher.iter(|| {
                    number += 1;
                    black_box(sampler.suggest(&space, &history, &mut Seed::new(number).generator()))
                });
            });
        }
    }
}

fn studies(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a study in memory");
    group.sample_size(10);
    for (name, trials, dimensions) in [("tpe", 1000, 10), ("tpe", 1000, 40), ("random", 1000, 10)] {
        let space = space(dimensions);
        let id = BenchmarkId::new(name, format!("{trials} trials of {dimensions} parameters"));
        group.bench_function(id, |bencher| {
            bencher.iter(|| {
                let sampler = tunesmith_core::find::<SamplerEntry>(name, "bench").expect("it is linked");
                let sampler = sampler.build(&Table::new(), "bench").expect("defaults are possible");
                let study = Study::minimize(space.clone()).sampler(sampler).open().expect("in memory");
                for _ in 0..trials {
                    let trial = study.ask().expect("in memory");
                    let value = distance(&space, trial.params());
                    study.tell(&trial, Outcome::Complete(value)).expect("in memory");
                }
            });
        });
    }
}

criterion_group!(benches, suggestions, studies);
criterion_main!(benches);
