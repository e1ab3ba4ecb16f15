//! `Task`: a problem as the judge sets it: a function or a table, what is observed of it, and its regret.

use std::sync::OnceLock;

use tunesmith_core::{Params, Seed, Space};
use tunesmith_tuner::analysis::statistics::quantile;
use tunesmith_tuner::problems::{self, Problem};

use crate::table::{Table, tables};

/// Random points whose median is a regret of one.
const POINTS: usize = 2001;

/// A problem whose least value is known.
///
/// ```
/// use tunesmith_judge::tasks;
/// let branin = tasks().iter().find(|task| task.name() == "branin").unwrap();
/// let params = branin.space().complete(|d| d.domain.place(0.5));
/// assert!(branin.regret(&params) > 0.0);
/// assert_eq!(branin.observe(&params, 0, 7), branin.observe(&params, 0, 7));
/// ```
#[derive(Debug)]
pub struct Task {
    kind: Kind,
    median: OnceLock<f64>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Function(&'static Problem),
    Table(&'static Table),
}

/// Every task: the tables first, then the functions.
#[must_use]
pub fn tasks() -> &'static [Task] {
    static TASKS: OnceLock<Vec<Task>> = OnceLock::new();
    TASKS.get_or_init(|| {
        let kinds = tables().iter().map(Kind::Table).chain(problems::all().iter().map(Kind::Function));
        kinds.map(|kind| Task { kind, median: OnceLock::new() }).collect()
    })
}

impl Task {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.kind {
            Kind::Function(problem) => problem.name,
            Kind::Table(table) => table.name(),
        }
    }

    /// What is searched.
    #[must_use]
    pub fn space(&self) -> Space {
        match self.kind {
            Kind::Function(problem) => (problem.space)(),
            Kind::Table(table) => table.space(),
        }
    }

    /// Whether it is kept for a last check; the tables are not.
    #[must_use]
    pub fn held_out(&self) -> bool {
        matches!(self.kind, Kind::Function(problem) if problem.held_out)
    }

    /// What trial number `trial` of the study of that seed observes, noise included; not a number where it diverges.
    /// The noise depends on seed and trial only, so that all samplers meet the same.
    #[must_use]
    pub fn observe(&self, params: &Params, seed: u64, trial: u64) -> f64 {
        let mut generator = Seed::new(seed).named("observe").named(self.name()).at(trial).generator();
        match self.kind {
            Kind::Function(problem) => problem.observe(params, &mut generator),
            Kind::Table(table) => table.observe(params, &mut generator),
        }
    }

    /// The normalised regret of these settings, without noise: 0 at the optimum, 1 at the median of random points.
    #[must_use]
    pub fn regret(&self, params: &Params) -> f64 {
        match self.kind {
            Kind::Function(problem) => {
                let median = *self.median.get_or_init(|| median(problem));
                let regret = ((problem.value)(params) - problem.optimum) / (median - problem.optimum);
                // At the optimum rounding may leave a value a hair below it.
                if (-1e-14..0.0).contains(&regret) { 0.0 } else { regret }
            }
            Kind::Table(table) => table.regret(params),
        }
    }
}

/// The median of the values at random points; where one diverges it is worse than any.
fn median(problem: &Problem) -> f64 {
    let space = (problem.space)();
    let mut generator = Seed::new(0).named("median").named(problem.name).generator();
    let value = |_| (problem.value)(&space.complete(|d| d.domain.place(generator.uniform())));
    let values: Vec<f64> =
        (0..POINTS).map(value).map(|value: f64| if value.is_nan() { f64::INFINITY } else { value }).collect();
    quantile(&values, 0.5)
}

#[cfg(test)]
mod tests {
    use super::{POINTS, tasks};
    use tunesmith_core::Seed;

    #[test]
    fn names_differ_and_a_third_is_held_out() {
        let mut names: Vec<&str> = tasks().iter().map(super::Task::name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), tasks().len());
        assert_eq!(tasks().iter().filter(|task| task.held_out()).count() * 3, tasks().len());
    }

    #[test]
    fn a_random_point_has_regret_one_at_the_median() {
        for task in tasks() {
            let space = task.space();
            let mut generator = Seed::new(77).generator();
            let below = (0..POINTS)
                .map(|_| task.regret(&space.complete(|d| d.domain.place(generator.uniform()))))
                .filter(|regret| *regret < 1.0)
                .count();
            let share = below as f64 / POINTS as f64;
            assert!((0.45..0.55).contains(&share), "{}: {share} of random points are below 1", task.name());
        }
    }

    #[test]
    fn noise_is_that_of_the_trial_whoever_asks() {
        let noisy = tasks().iter().find(|task| task.name() == "branin_noisy").unwrap();
        let params = noisy.space().complete(|d| d.domain.place(0.3));
        let observed: Vec<f64> = (0..400).map(|trial| noisy.observe(&params, 3, trial)).collect();
        let mean = observed.iter().sum::<f64>() / 400.0;
        let variance = observed.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 399.0;
        assert!((variance.sqrt() - 5.0).abs() < 0.6, "{variance}");
        assert_ne!(noisy.observe(&params, 3, 0), noisy.observe(&params, 4, 0));
        assert_eq!(observed[7], noisy.observe(&params, 3, 7));
    }
}
