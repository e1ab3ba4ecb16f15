//! What a report and a whole trial cost when the study lives in a file.

use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use tunesmith_core::{Domain, Scale, Space};
use tunesmith_store::SqliteStorage;
use tunesmith_tuner::samplers::Random;
use tunesmith_tuner::{Direction, Outcome, Storage, Study, TrialRecord};

fn space() -> Space {
    let domain = || Domain::float(0.0, 1.0, Scale::Linear, None).unwrap();
    (0..10).fold(Space::new(), |space, i| space.with(&format!("x{i}"), domain()))
}

fn storage(name: &str) -> Arc<SqliteStorage> {
    let file = std::env::temp_dir().join(format!("tunesmith-bench-{name}-{}.db", std::process::id()));
    let _ = std::fs::remove_file(&file);
    Arc::new(SqliteStorage::open(&format!("sqlite:///{}", file.display())).unwrap())
}

fn costs(c: &mut Criterion) {
    let mut group = c.benchmark_group("sqlite");
    group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    let reports = storage("reports");
    let id = reports.open("study", &[Direction::Minimize], &space()).unwrap();
    let trial = reports.create(id, &TrialRecord::new(0)).unwrap();
    let mut step = 0;
    // Until written: what the caller waits for is only the hand-over.
    group.bench_function("report", |b| {
        b.iter_custom(|n| {
            let begin = Instant::now();
            for _ in 0..n {
                step += 1;
                reports.report(id, trial, step, 0.5).unwrap();
            }
            reports.flush().unwrap();
            begin.elapsed()
        });
    });
    let study = Study::minimize(space()).sampler(Random).storage(storage("trials")).open().unwrap();
    group.bench_function("trial", |b| {
        b.iter(|| {
            let trial = study.ask().unwrap();
            study.tell(&trial, Outcome::Complete(1.0)).unwrap();
        });
    });
    group.finish();
    for file in [
        reports.file(),
        &std::env::temp_dir().join(format!("tunesmith-bench-trials-{}.db", std::process::id())),
    ] {
        let _ = std::fs::remove_file(file);
    }
}

criterion_group!(benches, costs);
criterion_main!(benches);
