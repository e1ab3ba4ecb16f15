//! What one TPE suggestion costs, by trials known and kinds of dimensions.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use tunesmith_core::{Domain, Scale, Seed, Space};
use tunesmith_tuner::samplers::{Random, Tpe};
use tunesmith_tuner::{Direction, History, Sampler, TrialRecord, TrialState};

/// The space of the peer bench: eight ranges, one log range, one choice.
fn floats(n: usize) -> Space {
    let mut space = Space::new()
        .with("lr", Domain::float(1e-5, 1.0, Scale::Log, None).unwrap())
        .with("activation", Domain::choice(["relu", "tanh", "gelu"]).unwrap());
    for i in 2..n {
        space = space.with(&format!("x{i}"), Domain::float(-5.0, 5.0, Scale::Linear, None).unwrap());
    }
    space
}

fn whole_numbers(n: usize) -> Space {
    let domain = |i| {
        if i % 2 == 0 { Domain::int(1, 1000, Scale::Log, 1) } else { Domain::int(0, 30, Scale::Linear, 1) }
    };
    (0..n).fold(Space::new(), |space, i| space.with(&format!("n{i}"), domain(i).unwrap()))
}

/// A study that has converged as far as TPE lets it: its points are TPE's own.
fn history(space: &Space, n: u64) -> History {
    let mut history = History::new(space.clone(), Direction::Minimize);
    for number in 0..n {
        let mut trial = TrialRecord::new(number);
        trial.params = Tpe::default().suggest(space, &history, &mut Seed::new(number).generator());
        trial.state = TrialState::Complete;
        let distance =
            |d: &tunesmith_core::Dimension| (d.domain.locate(&trial.params[&d.key]).unwrap() - 0.3).powi(2);
        trial.value = Some(space.dimensions().iter().map(distance).sum());
        history.put(trial);
    }
    history
}

fn suggest(c: &mut Criterion) {
    let mut group = c.benchmark_group("suggest");
    group
        .sample_size(20)
        .measurement_time(std::time::Duration::from_secs(1))
        .warm_up_time(std::time::Duration::from_millis(300));
    for (name, space) in
        [("floats", floats(10)), ("whole_numbers", whole_numbers(10)), ("floats_40", floats(40))]
    {
        for n in [100, 200, 1000] {
            let history = history(&space, n);
            let mut number = 0;
            group.bench_function(BenchmarkId::new(format!("tpe/{name}"), n), |b| {
                b.iter(|| {
                    number += 1;
                    black_box(Tpe::default().suggest(&space, &history, &mut Seed::new(number).generator()))
                });
            });
        }
    }
    let space = floats(10);
    let history = history(&space, 200);
    group.bench_function("random/200", |b| {
        b.iter(|| black_box(Random.suggest(&space, &history, &mut Seed::new(1).generator())));
    });
}

criterion_group!(benches, suggest);
criterion_main!(benches);
