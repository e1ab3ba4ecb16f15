//! Measures how much of a front with two losses (ZDT1 with six settings) few trials cover:
//! `cargo run --release -p tunesmith-tuner --example fronts`.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement says its numbers, and stops when it cannot"
)]

use std::time::Instant;

use tunesmith_core::{Domain, Scale, Space};
use tunesmith_tuner::samplers::{Auto, Nsga2, Random};
use tunesmith_tuner::{Budget, Direction, Sampler, Study, TrialRun, pareto};

const SETTINGS: usize = 6;

type Make = fn() -> Box<dyn Sampler>;

/// Zitzler, Deb & Thiele 2000; its front covers 0.8767 of the square up to 1.1.
fn zdt1(trial: &mut TrialRun<'_>) -> [f64; 2] {
    let x: Vec<f64> = (0..SETTINGS).map(|i| trial.float(&format!("x{i}"))).collect();
    let g = 1.0 + 9.0 * x[1..].iter().sum::<f64>() / (SETTINGS - 1) as f64;
    [x[0], g * (1.0 - (x[0] / g).sqrt())]
}

fn main() {
    let samplers: [(&str, Make); 3] = [
        ("auto", || Box::new(Auto::default())),
        ("nsga2", || Box::new(Nsga2::default())),
        ("random", || Box::new(Random)),
    ];
    for (name, make) in samplers {
        for trials in [50, 100] {
            let began = Instant::now();
            let mut covered: Vec<f64> = (0..3).map(|seed| search(make(), trials, seed)).collect();
            covered.sort_by(f64::total_cmp);
            let seconds = began.elapsed().as_secs_f64() / 3.0;
            println!("{name}, {trials} trials: {:.3} covered, {seconds:.2} s", covered[1]);
        }
    }
}

fn search(sampler: Box<dyn Sampler>, trials: u64, seed: u64) -> f64 {
    let domain = Domain::float(0.0, 1.0, Scale::Linear, None).unwrap();
    let space = (0..SETTINGS).fold(Space::new(), |space, i| space.with(&format!("x{i}"), domain.clone()));
    let study =
        Study::objectives(space, &[Direction::Minimize; 2]).sampler(sampler).seed(seed).open().unwrap();
    study.optimize(zdt1, &Budget::trials(trials)).unwrap();
    let front: Vec<Vec<f64>> = study.front().iter().map(|trial| trial.values().collect()).collect();
    pareto::hypervolume(&front, &[1.1, 1.1])
}
