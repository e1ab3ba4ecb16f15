//! `play`: one sampler searches one task, from one seed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tunesmith_tuner::{Outcome, Study};

use crate::{Contestant, Score, Task};

/// After how many trials the regret is taken: 25, 50, 100 and the last.
///
/// ```
/// assert_eq!(tunesmith_judge::checkpoints(100), [25, 50, 100]);
/// assert_eq!(tunesmith_judge::checkpoints(60), [25, 50, 60]);
/// ```
#[must_use]
pub fn checkpoints(trials: u64) -> Vec<u64> {
    let mut checkpoints: Vec<u64> = [25, 50, 100].into_iter().filter(|&n| n < trials).collect();
    checkpoints.push(trials);
    checkpoints
}

/// Lets a sampler search a task, and returns the regret of its incumbent at the checkpoints.
///
/// The seconds are those of the sampler and the study alone.
///
/// ```
/// use tunesmith_judge::{Contestant, play, tasks};
/// let score = play(&tasks()[2], &Contestant::parse("random").unwrap(), 0, 30);
/// assert!(score.regret[&30] <= score.regret[&25]);
/// ```
///
/// # Panics
/// When the sampler suggests what is not in the space.
#[must_use]
pub fn play(task: &Task, contestant: &Contestant, seed: u64, trials: u64) -> Score {
    let sampler = contestant.build().expect("a contestant was built when it was read");
    let study = Study::minimize(task.space()).sampler(sampler).seed(seed).open();
    let study = study.expect("a study in memory opens");
    let checkpoints = checkpoints(trials);
    let mut regret = BTreeMap::new();
    let mut spent = Duration::ZERO;
    let mut incumbent = (f64::INFINITY, f64::INFINITY);
    for number in 0..trials {
        let began = Instant::now();
        let trial = study.ask().expect("a study in memory answers");
        spent += began.elapsed();
        let observed = task.observe(trial.params(), seed, number);
        if observed < incumbent.0 {
            incumbent = (observed, task.regret(trial.params()));
        }
        let outcome = if observed.is_nan() {
            Outcome::Diverged { step: 0, reason: "the loss is not a number".to_owned() }
        } else {
            Outcome::Complete(observed)
        };
        let began = Instant::now();
        study.tell(&trial, outcome).expect("a study in memory listens");
        spent += began.elapsed();
        if checkpoints.contains(&(number + 1)) {
            regret.insert(number + 1, incumbent.1);
        }
    }
    Score {
        problem: task.name().to_owned(),
        sampler: contestant.name().to_owned(),
        seed,
        regret,
        seconds: Some(spent.as_secs_f64()),
        trials,
    }
}

#[cfg(test)]
mod tests {
    use super::play;
    use tunesmith_tuner::analysis::statistics::quantile;

    use crate::{Contestant, tasks};

    fn median(problem: &str, sampler: &str, n: u64) -> f64 {
        let task = tasks().iter().find(|task| task.name() == problem).unwrap();
        let contestant = Contestant::parse(sampler).unwrap();
        let regrets: Vec<f64> = (0..20).map(|seed| play(task, &contestant, seed, n).regret[&n]).collect();
        quantile(&regrets, 0.5)
    }

    #[test]
    fn random_search_reaches_what_others_measured_on_the_tables() {
        // Medians over ten seeds of Optuna 5.0.0's RandomSampler at 50 trials: .060 and .282.
        let (phoneme, protein) = (median("phoneme", "random", 50), median("protein", "random", 50));
        assert!((0.035..0.09).contains(&phoneme), "{phoneme}");
        assert!((0.2..0.36).contains(&protein), "{protein}");
    }

    #[test]
    fn the_same_seed_plays_the_same_game() {
        let contestant = Contestant::parse("tpe").unwrap();
        for task in tasks().iter().take(4) {
            let (first, second) = (play(task, &contestant, 5, 40), play(task, &contestant, 5, 40));
            assert_eq!(first.regret, second.regret, "{}", task.name());
        }
    }

    #[test]
    fn a_run_over_a_cliff_is_no_incumbent() {
        let cliff = tasks().iter().find(|task| task.name() == "cliff3").unwrap();
        let score = play(cliff, &Contestant::parse("random").unwrap(), 0, 100);
        assert!(score.regret.values().all(|regret| regret.is_finite() && *regret >= 0.0), "{score:?}");
    }
}
