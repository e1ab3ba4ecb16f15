//! What a long study takes: a program of its own, so that nothing else counts.

#![cfg(target_os = "linux")]

use tunesmith_core::{Domain, Scale, Space};
use tunesmith_tuner::samplers::Random;
use tunesmith_tuner::{Outcome, Study};

/// The most memory this process has had so far, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux says what a process takes");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a high-water mark");
    let kibibytes = line.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok());
    1024 * kibibytes.expect("a number of kB")
}

#[test]
fn a_hundred_thousand_trials_of_ten_parameters_take_less_than_two_hundred_megabytes() {
    let scales = [Scale::Linear, Scale::Log];
    let range = |i: usize| Domain::float(1e-3, 1.0, scales[i % 2], None).expect("a range");
    let space = (0..9).fold(Space::new(), |space, i| space.with(&format!("model.layer{i}.rate"), range(i)));
    let space = space.with("optimizer", Domain::choice(["sgd", "adam", "lion"]).expect("options"));
    let study = Study::minimize(space).sampler(Random).open().expect("a study in memory opens");
    for number in 0..100_000_u32 {
        let trial = study.ask().expect("a study in memory answers");
        study.tell(&trial, Outcome::Complete(f64::from(number % 977))).expect("a study in memory listens");
    }
    let peak = peak();
    assert!(peak < 200_000_000, "{peak} bytes");
    assert_eq!(study.with_history(|history| history.trials().len()), 100_000);
}
