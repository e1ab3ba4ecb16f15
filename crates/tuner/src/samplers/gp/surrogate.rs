//! `Surrogate`: what a Gaussian process thinks of a study, for whoever asks.

use std::collections::BTreeMap;

use tunesmith_core::{Params, Space};

use super::chain::{self, Cache, Lesson};
use super::encoding::Encoding;
use super::feasibility::{Feasibility, Margin};
use super::lessons::Known;
use super::model::{Model, Scratch};
use crate::{History, TrialRecord};

/// A Gaussian process fitted to a study's finished trials, the model behind [`Gp`](crate::samplers::Gp).
///
/// It speaks of *scores*: losses warped and standardised over the trials it learnt from, so that more is better, the
/// mean is about zero and the standard deviation about one. The order of losses is the order of scores; a loss is
/// got back by [`Surrogate::loss`]. Pruned trials count as no better than the median; diverged ones have no score, and
/// [`Surrogate::feasibility`] says where there are such. Of more than 300 trials, the best 128 and 128 of the others stand for all.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Space, Value};
/// use tunesmith_tuner::{Direction, History, TrialRecord, TrialState, samplers::Surrogate};
/// let space = Space::new().with("x", Domain::float(0.0, 1.0, Scale::Linear, None).unwrap());
/// let mut history = History::new(space.clone(), Direction::Minimize);
/// for number in 0..8 {
///     let mut trial = TrialRecord::new(number);
///     let x = number as f64 / 8.0;
///     trial.params.insert("x".into(), Value::Float(x));
///     (trial.state, trial.value) = (TrialState::Complete, Some((x - 0.5).powi(2)));
///     history.put(trial);
/// }
/// let surrogate = Surrogate::fit(&space, &history).unwrap();
/// let at = |x: f64| surrogate.predict(&[("x".to_owned(), Value::Float(x))].into());
/// assert!(at(0.5).0 > at(0.1).0); // more is better
/// assert!(at(0.95).1 > at(0.5).1); // less is known where nobody has been
/// assert_eq!(surrogate.best(), 4); // the trial at x = 1/2
/// ```
#[derive(Clone, Debug)]
pub struct Surrogate {
    encoding: Encoding,
    model: Model,
    feasibility: Feasibility,
    numbers: Vec<u64>,
    /// Which of them kept their constraints.
    feasible: Vec<bool>,
    /// Scores in rising order with their losses.
    ladder: Vec<(f64, f64)>,
}

impl Surrogate {
    /// The model of a history's finished trials; `None` with fewer than two that have a loss, without a dimension to learn
    /// about, or when no parameters make sense of them.
    ///
    /// Costs a chain of fits (tens of milliseconds for 100 trials): keep it for as long as the history stands.
    #[must_use]
    pub fn fit(space: &Space, history: &History) -> Option<Self> {
        let encoding = Encoding::new(space);
        let known = Known::new(&encoding, history);
        let kinds = encoding.kinds();
        let n = known.lessons.len();
        let (data, kept) = (known.lessons.data(&kinds, n), known.lessons.kept(n));
        if kept.len() < 2 || kinds.is_empty() {
            return None;
        }
        let theta = chain::theta(&kinds, &known.lessons, &Cache::default())?;
        let feasibility = Feasibility::new(&kinds, &Margin::of(&known.lessons), &Cache::default());
        let losses = known.lessons.losses(n);
        let mut ladder: Vec<(f64, f64)> = kept
            .iter()
            .zip(&data.scores)
            .filter_map(|(&place, &score)| Some((score, losses[place]?)))
            .collect();
        ladder.sort_by(|a, b| a.0.total_cmp(&b.0));
        let feasible = kept.iter().map(|&place| known.lessons.is_feasible(place)).collect();
        let numbers =
            kept.iter().map(|&place| history.trials()[known.lessons.places[place]].number).collect();
        Some(Self { encoding, model: Model::new(&data, &theta)?, feasibility, numbers, feasible, ladder })
    }

    /// Mean and standard deviation of the score at these settings, without the noise of an observation.
    #[must_use]
    pub fn predict(&self, params: &Params) -> (f64, f64) {
        self.model.predict(&self.encoding.row(params))
    }

    /// The probability that a trial with these settings ends with a value and keeps its constraints: one as long as every
    /// trial has.
    #[must_use]
    pub fn feasibility(&self, params: &Params) -> f64 {
        self.feasibility.log_probability(&self.encoding.row(params), &mut Scratch::default()).exp()
    }

    /// The standard deviation of one observation's score around the mean at its settings.
    #[must_use]
    pub fn noise(&self) -> f64 {
        self.model.theta.noise().sqrt()
    }

    /// The number of the trial with the best mean, of those that kept their constraints if any did: less misled by luck than
    /// the best value.
    #[must_use]
    pub fn best(&self) -> u64 {
        self.best_first().first().map_or(0, |best| best.0)
    }

    /// The trials that the model is made of with the means of their scores, from the best to the worst; those that broke
    /// constraints behind all others.
    #[must_use]
    pub fn best_first(&self) -> Vec<(u64, f64)> {
        let means = self.model.means();
        let mut order: Vec<usize> = (0..means.len()).collect();
        let rank = |place: usize| (!self.feasible[place], -means[place]);
        order.sort_by(|&a, &b| {
            let (a, b) = (rank(a), rank(b));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
        });
        order.into_iter().map(|place| (self.numbers[place], means[place])).collect()
    }

    /// Every trial of a history with its place in the order that the model sees: minus the mean of its score, NaN for those
    /// that the model is not made of. [`finalists`](crate::finalists) takes it.
    #[must_use]
    pub fn ranking(&self, history: &History) -> Vec<f64> {
        let means: BTreeMap<u64, f64> = self.best_first().into_iter().collect();
        let rank = |trial: &TrialRecord| means.get(&trial.number).map_or(f64::NAN, |mean| -mean);
        history.trials().iter().map(rank).collect()
    }

    /// The loss that has this score, between those of the trials; beyond them, the best or the worst loss.
    #[must_use]
    pub fn loss(&self, score: f64) -> f64 {
        let right = self.ladder.partition_point(|rung| rung.0 < score);
        match (right.checked_sub(1).map(|left| self.ladder[left]), self.ladder.get(right)) {
            (Some(left), Some(right)) if right.0 > left.0 && left.1.is_finite() && right.1.is_finite() => {
                left.1 + (right.1 - left.1) * (score - left.0) / (right.0 - left.0)
            }
            (_, Some(nearest)) => nearest.1,
            (Some(nearest), None) => nearest.1,
            (None, None) => f64::NAN,
        }
    }

    /// How far the settings may move in each dimension before the score is another story: the kernel's length scales
    /// by key, in units of the dimension's range (for a choice, of one option instead of another).
    #[must_use]
    pub fn length_scales(&self) -> Vec<(String, f64)> {
        let keys = self.encoding.keys();
        keys.enumerate().map(|(j, key)| (key.to_owned(), self.model.theta.length(j))).collect()
    }
}
