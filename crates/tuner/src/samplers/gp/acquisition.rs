//! Acquisition functions: what trying a point promises.

use super::feasibility::Feasibility;
use super::matrix::{add, dot};
use super::model::{Model, Scratch};
use crate::numeric::log_improvement;

/// One possible outcome of the running trials.
#[derive(Clone, Debug)]
pub(super) struct Fantasy {
    /// K^-1 times the scores, known and drawn.
    alpha: Vec<f64>,
    /// The score to beat.
    best: f64,
}

impl Fantasy {
    /// From the solved system of a model's scores; only those of the rows that are `feasible` have to be beaten.
    pub(super) fn of(model: &Model, alpha: Vec<f64>, scores: &[f64], feasible: &[bool]) -> Self {
        let noise = model.theta.noise();
        // The posterior mean at the data is y - noise K^-1 y.
        let means = scores.iter().zip(&alpha).map(|(y, alpha)| y - noise * alpha);
        let feasible = feasible.iter().copied().chain(std::iter::repeat(true));
        let best = means.zip(feasible).filter(|(_, feasible)| *feasible).map(|(mean, _)| mean);
        let best = best.fold(f64::NEG_INFINITY, f64::max);
        Self { alpha, best }
    }
}

/// What makes a point worth trying.
#[derive(Clone, Debug)]
pub(super) enum Rule {
    /// The logarithm of the expected improvement, averaged over what the running trials may bring: for every fantasy
    /// of their scores. Without running trials there is one fantasy: that which is known. `optimism` is added to the
    /// mean, in standard deviations.
    Improvement { fantasies: Vec<Fantasy>, optimism: f64 },
    /// The upper confidence bound: mean plus so many standard deviations.
    Bound(f64),
    /// That it is feasible at all, as long as nothing feasible is known.
    Feasible,
}

/// A model, a rule, and the probability of feasibility, whose logarithm is added to what the rule says (constrained
/// expected improvement: Schonlau, Welch & Jones 1998, section 4; Gardner et al. 2014).
#[derive(Debug)]
pub(super) struct Acquisition<'a> {
    pub(super) model: &'a Model,
    pub(super) rule: Rule,
    pub(super) feasibility: &'a Feasibility,
}

impl Acquisition<'_> {
    /// What the point promises; more is better.
    pub(super) fn value(&self, x: &[f64], scratch: &mut Scratch) -> f64 {
        let feasible = self.feasibility.worth(x, scratch);
        self.model.covariances(x, scratch);
        let deviation = self.model.variance(scratch).sqrt();
        let gain = match &self.rule {
            Rule::Bound(width) => dot(&scratch.covariances, &self.model.alpha) + width * deviation,
            Rule::Improvement { fantasies, optimism } => {
                let gain = |Fantasy { alpha, best }: &Fantasy| {
                    log_improvement((dot(&scratch.covariances, alpha) - best) / deviation + optimism).0
                };
                log_mean(fantasies.iter().map(gain)) + deviation.ln()
            }
            Rule::Feasible => 0.0,
        };
        gain + feasible
    }

    /// What the point promises, and the gradient by the features that lie on a line.
    pub(super) fn value_and_gradient(&self, x: &[f64], scratch: &mut Scratch, gradient: &mut [f64]) -> f64 {
        self.model.covariances(x, scratch);
        let deviation = self.model.variance(scratch).sqrt();
        self.model.spread(scratch);
        // The derivative of the standard deviation by k(x, x_i) is -(K^-1 k)_i / deviation.
        let mut factors = vec![0.0; self.model.len()];
        let value = match &self.rule {
            Rule::Bound(width) => {
                add(&mut factors, 1.0, &self.model.alpha);
                add(&mut factors, -width / deviation, &scratch.whole);
                dot(&scratch.covariances, &self.model.alpha) + width * deviation
            }
            Rule::Improvement { fantasies, optimism } => {
                let gains: Vec<(f64, f64, f64)> = fantasies
                    .iter()
                    .map(|Fantasy { alpha, best }| {
                        let z = (dot(&scratch.covariances, alpha) - best) / deviation;
                        let (gain, slope) = log_improvement(z + optimism);
                        (gain, slope, z)
                    })
                    .collect();
                let mean = log_mean(gains.iter().map(|gain| gain.0));
                let mut by_deviation = 1.0 / deviation;
                for (Fantasy { alpha, .. }, (gain, slope, z)) in fantasies.iter().zip(&gains) {
                    let weight = (gain - mean).exp() / fantasies.len() as f64 * slope / deviation;
                    add(&mut factors, weight, alpha);
                    by_deviation -= weight * z;
                }
                add(&mut factors, -by_deviation / deviation, &scratch.whole);
                mean + deviation.ln()
            }
            Rule::Feasible => 0.0,
        };
        gradient.fill(0.0);
        self.model.add_gradient(x, &factors, &scratch.slopes, gradient);
        value + self.feasibility.add_gradient(x, scratch, gradient)
    }
}

/// The logarithm of the mean of exponentials.
fn log_mean(terms: impl Iterator<Item = f64> + Clone) -> f64 {
    let greatest = terms.clone().fold(f64::NEG_INFINITY, f64::max);
    if !greatest.is_finite() {
        return greatest;
    }
    let (n, sum) = terms.fold((0_u32, 0.0), |(n, sum), term| (n + 1, sum + (term - greatest).exp()));
    greatest + (sum / f64::from(n)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tunesmith_core::Seed;

    use crate::samplers::gp::chain::Cache;
    use crate::samplers::gp::encoding::Kind;
    use crate::samplers::gp::fantasy::fantasies;
    use crate::samplers::gp::feasibility::Margin;
    use crate::samplers::gp::kernel::Theta;
    use crate::samplers::gp::lessons::{Ending, Lessons};
    use crate::samplers::gp::likelihood::Data;

    fn model() -> Model {
        let mut generator = Seed::new(2).generator();
        let rows: Vec<Vec<f64>> = (0..17)
            .map(|_| vec![generator.uniform(), generator.below(3) as f64, generator.uniform()])
            .collect();
        let scores = rows.iter().map(|row| -(row[0] - 0.4).powi(2) - row[2]).collect();
        let data = Data::new(vec![Kind::Line, Kind::Choice, Kind::Line], &rows, scores);
        Model::new(&data, &Theta(vec![-0.8, 0.1, -0.3, 0.0, -6.0])).unwrap()
    }

    /// Of a study in which small first settings diverged, and the third has a limit.
    fn feasibility() -> Feasibility {
        let data = model().data;
        let mut lessons = Lessons::default();
        for i in 0..data.len() {
            let row: Vec<f64> = data.columns.iter().map(|column| column[i]).collect();
            lessons.constraints.entry("limit".to_owned()).or_default().push(row[2] - 0.4);
            lessons.endings.push(if row[0] < 0.3 { Ending::Diverged } else { Ending::Complete(0.0) });
            lessons.rows.push(row);
        }
        let feasibility = Feasibility::new(&data.kinds, &Margin::of(&lessons), &Cache::default());
        assert!(!feasibility.is_certain());
        feasibility
    }

    #[test]
    fn what_diverged_and_what_broke_a_limit_is_unlikely_feasible() {
        let (feasibility, mut scratch) = (feasibility(), Scratch::default());
        let mut at = |a: f64, b: f64| feasibility.log_probability(&[a, 1.0, b], &mut scratch).exp();
        assert!(at(0.8, 0.1) > 0.9);
        assert!(at(0.1, 0.1) < 0.5);
        assert!(at(0.8, 0.9) < 0.1);
    }

    fn assert_gradient(acquisition: &Acquisition<'_>) {
        let (x, mut gradient, mut scratch) = (vec![0.35, 1.0, 0.2], vec![0.0; 3], Scratch::default());
        let value = acquisition.value_and_gradient(&x, &mut scratch, &mut gradient);
        assert!((value - acquisition.value(&x, &mut scratch)).abs() < 1e-12);
        for j in [0, 2] {
            let mut at = |step: f64| {
                let mut moved = x.clone();
                moved[j] += step;
                acquisition.value(&moved, &mut scratch)
            };
            let slope = (at(1e-6) - at(-1e-6)) / 2e-6;
            assert!(
                (slope - gradient[j]).abs() < 1e-5 * slope.abs().max(1.0),
                "{j}: {slope} {}",
                gradient[j]
            );
        }
        assert_eq!(gradient[1], 0.0, "a choice has no slope");
    }

    #[test]
    fn gradients_are_slopes() {
        let model = model();
        let feasible = vec![true; model.len()];
        let known = Fantasy::of(&model, model.alpha.clone(), &model.data.scores, &feasible);
        let running = [vec![0.3, 1.0, 0.1], vec![0.6, 2.0, 0.15]];
        let mut generator = Seed::new(1).generator();
        let (beside, fantasies) = fantasies(&model, &running, &feasible, &mut generator).unwrap();
        assert!(fantasies.len() > 8);
        for feasibility in [Feasibility::default(), feasibility()] {
            for (model, rule) in [
                (&model, Rule::Bound(1.8)),
                (&model, Rule::Feasible),
                (&model, Rule::Improvement { fantasies: vec![known.clone()], optimism: 1.8 }),
                (&beside, Rule::Improvement { fantasies: fantasies.clone(), optimism: 0.0 }),
            ] {
                assert_gradient(&Acquisition { model, rule, feasibility: &feasibility });
            }
        }
    }

    #[test]
    fn where_a_trial_runs_there_is_less_to_gain() {
        let model = model();
        let feasible = vec![true; model.len()];
        let known = Fantasy::of(&model, model.alpha.clone(), &model.data.scores, &feasible);
        let point = vec![0.4, 1.0, 0.05];
        let mut generator = Seed::new(1).generator();
        let (next, fantasies) =
            fantasies(&model, std::slice::from_ref(&point), &feasible, &mut generator).unwrap();
        let rule = |fantasies| Rule::Improvement { fantasies, optimism: 0.0 };
        let feasibility = Feasibility::default();
        let alone = Acquisition { model: &model, rule: rule(vec![known]), feasibility: &feasibility };
        let beside = Acquisition { model: &next, rule: rule(fantasies), feasibility: &feasibility };
        let mut scratch = Scratch::default();
        assert!(beside.value(&point, &mut scratch) < alone.value(&point, &mut scratch) - 1.0);
    }
}
