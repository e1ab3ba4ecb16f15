//! What the analysis of a long study costs: milliseconds each, the best of five.

#![expect(clippy::print_stdout, reason = "an example's output is its point")]

use std::hint::black_box;
use std::time::Instant;

use tunesmith_core::{Domain, Scale, Seed, Space, Value};
use tunesmith_tuner::analysis::{Fanova, Importance, PedAnova, tables};
use tunesmith_tuner::{Direction, History, TrialRecord, TrialState};

fn main() {
    let history = history(10_000);
    cost("ped_anova, 10,000 trials x 8 settings", || PedAnova::default().evaluate(&history));
    cost("fanova, 10,000 trials x 8 settings", || Fanova::default().evaluate(&history));
    cost("fanova of pairs, 10,000 trials x 8 settings", || Fanova::default().pairs(&history));
    let history = self::history(200);
    cost("fanova, 200 trials x 8 settings", || Fanova::default().evaluate(&history));
    let history = self::history(100_000);
    cost("ped_anova, 100,000 trials x 8 settings", || PedAnova::default().evaluate(&history));
    cost("optimization_history, 100,000 trials", || tables::optimization_history(&history, 2_000));
    cost("parallel_coordinate, 100,000 trials", || tables::parallel_coordinate(&history, &[], 2_000));
    cost("slice, 100,000 trials", || tables::slice(&history, "x0", 2_000));
    cost("contour with 40 x 40 cells, 100,000 trials", || tables::contour(&history, "x0", "x1", 2_000, 40));
    cost("isolation, 100,000 trials", || tables::isolation(&history, "x0", 8));
    cost("empirical_distribution, 100,000 trials", || tables::empirical_distribution("s", &history, 2_000));
}

fn history(n: u64) -> History {
    let mut space = Space::new().with("kind", Domain::choice(["a", "b", "c"]).expect("options"));
    for i in 0..4 {
        space = space.with(&format!("x{i}"), Domain::float(0.0, 1.0, Scale::Linear, None).expect("a range"));
    }
    for i in 0..3 {
        space = space.with(&format!("n{i}"), Domain::int(1, 512, Scale::Log, 1).expect("a range"));
    }
    let mut random = Seed::new(0).generator();
    let mut history = History::new(space.clone(), Direction::Minimize);
    for number in 0..n {
        let mut trial = TrialRecord::new(number);
        trial.params = space.complete(|dimension| dimension.domain.place(random.uniform()));
        let read = |key: &str| trial.params.get(key).and_then(Value::as_f64).unwrap_or(0.0);
        trial.value = Some((read("x0") - 0.3).powi(2) + 0.1 * read("x1") + 0.01 * random.normal());
        trial.state = TrialState::Complete;
        history.put(trial);
    }
    history
}

fn cost<T>(what: &str, run: impl Fn() -> T) {
    let once = || {
        let start = Instant::now();
        black_box(run());
        start.elapsed().as_secs_f64() * 1e3
    };
    let best = (0..5).map(|_| once()).fold(f64::INFINITY, f64::min);
    println!("{best:9.2} ms  {what}");
}
