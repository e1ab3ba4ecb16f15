//! One suggestion of TPE with ten parameters, by the number of trials it knows.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use tunesmith_core::{Domain, Scale, Seed, Space};
use tunesmith_tuner::samplers::Tpe;
use tunesmith_tuner::{Direction, History, Sampler, TrialRecord, TrialState};

/// Eight plain ranges, a logarithmic one and a choice.
fn space() -> Space {
    let range =
        |low, high, scale| Domain::float(low, high, scale, None).expect("the ranges here are possible");
    let choice = Domain::choice(["relu", "tanh", "gelu"]).expect("three options");
    let space = Space::new().with("lr", range(1e-5, 1.0, Scale::Log)).with("activation", choice);
    (0..8).fold(space, |space, i| space.with(&format!("x{i}"), range(-5.0, 5.0, Scale::Linear)))
}

/// A study as TPE leaves it, searching for the middle of every range.
fn history(space: &Space, trials: u64) -> History {
    let mut history = History::new(space.clone(), Direction::Minimize);
    for number in 0..trials {
        let mut trial = TrialRecord::new(number);
        trial.params = Tpe::default().suggest(space, &history, &mut Seed::new(number).generator());
        let place =
            |key: &str, domain: &Domain| domain.locate(&trial.params[key]).expect("TPE stays in the space");
        let distance = space.dimensions().iter().map(|d| (place(&d.key, &d.domain) - 0.5).powi(2));
        trial.value = Some(distance.sum());
        trial.state = TrialState::Complete;
        history.put(trial);
    }
    history
}

fn tpe(c: &mut Criterion) {
    let space = space();
    let mut group = c.benchmark_group("tpe");
    for trials in [100, 1000] {
        let history = history(&space, trials);
        let mut number = trials;
        group.bench_function(BenchmarkId::new("suggest_10_parameters", trials), |b| {
            b.iter(|| {
                number += 1;
                black_box(Tpe::default().suggest(&space, &history, &mut Seed::new(number).generator()))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, tpe);
criterion_main!(benches);
