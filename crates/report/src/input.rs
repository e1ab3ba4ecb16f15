//! What a page is made of: plain data, filled in by whoever ran the study or the training.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use tunesmith_core::Space;
use tunesmith_tuner::{Direction, TrialRecord, TrialState};

/// A finished (or interrupted) search.
///
/// [`StudyInput::new`] takes what every study has; the other fields start empty and are filled where known.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StudyInput<'a> {
    /// The study's name.
    pub name: &'a str,
    /// What was measured: "accuracy".
    pub metric: &'a str,
    /// Which way is better.
    pub direction: Direction,
    /// What was searched.
    pub space: &'a Space,
    /// All trials, in any state and order.
    pub trials: &'a [TrialRecord],
    /// What one reported step is: "epoch" if nothing is said. Steps are stored from 0 and shown from 1.
    pub step: &'a str,
    /// How long the search ran, in seconds.
    pub seconds: f64,
    /// Standard deviation of the winner's value over seeds, where it was measured.
    pub seed_noise: Option<f64>,
    /// The trial that was chosen, if not by its value alone.
    pub chosen: Option<u64>,
    /// The race in which it was chosen.
    pub race: Option<RaceInput>,
    /// The winner retrained.
    pub winner: Option<RunInput>,
    /// How to do it again.
    pub reproduce: Reproduce,
}

impl<'a> StudyInput<'a> {
    /// A search of which no more is known than its trials.
    ///
    /// ```
    /// use tunesmith_core::{Domain, Scale, Space};
    /// use tunesmith_report::{StudyInput, study_page};
    /// use tunesmith_tuner::{Direction, TrialRecord};
    /// let space = Space::new().with("x", Domain::float(0.0, 1.0, Scale::Linear, None).unwrap());
    /// let trials = [TrialRecord::new(0)];
    /// let input = StudyInput::new("parabola", "height", Direction::Minimize, &space, &trials);
    /// assert!(study_page(&input).contains("parabola"));
    /// ```
    #[must_use]
    pub fn new(
        name: &'a str,
        metric: &'a str,
        direction: Direction,
        space: &'a Space,
        trials: &'a [TrialRecord],
    ) -> Self {
        Self {
            name,
            metric,
            direction,
            space,
            trials,
            step: "epoch",
            seconds: 0.0,
            seed_noise: None,
            chosen: None,
            race: None,
            winner: None,
            reproduce: Reproduce::default(),
        }
    }

    /// The chosen trial, else the complete one with the best value, the earliest of equals.
    #[must_use]
    pub fn best(&self) -> Option<&'a TrialRecord> {
        let chosen = self.trials.iter().find(|trial| Some(trial.number) == self.chosen);
        chosen.or_else(|| best(self.trials, self.direction))
    }
}

/// Settings that ran on common seeds before one was chosen.
#[derive(Clone, Debug)]
pub struct RaceInput {
    /// Each with how it stands.
    pub rows: Vec<RaceRow>,
    /// The probability of as clear a lead over the default settings by chance.
    pub p_value_against_default: f64,
    /// Whether the leader is better than the default settings beyond chance.
    pub better_than_default: bool,
    /// How much better the search saw the leader than the race did.
    pub optimism: Option<f64>,
}

/// How settings stand in a race.
#[derive(Clone, Debug)]
pub struct RaceRow {
    /// The trial that had them.
    pub trial: Option<u64>,
    /// Whether they are the default.
    pub is_default: bool,
    /// Whether they lead.
    pub leads: bool,
    /// The mean over seeds.
    pub mean: f64,
    /// The lower end of its 95 % interval.
    pub low: f64,
    /// The upper end of its 95 % interval.
    pub high: f64,
    /// Over how many seeds.
    pub runs: usize,
    /// What the search saw.
    pub search_value: Option<f64>,
    /// The probability of as clear a lead of the leader by chance.
    pub p_value: f64,
}

/// The complete trial with the best finite value, the one with the lowest number of equals.
pub(crate) fn best(trials: &[TrialRecord], direction: Direction) -> Option<&TrialRecord> {
    trials
        .iter()
        .filter(|trial| trial.state == TrialState::Complete && is_valued(trial))
        .min_by(|a, b| better_first(a, b, direction))
}

/// Whether a trial ended with a value that can be ranked: a final one, or its last when it was stopped early.
pub(crate) fn is_valued(trial: &TrialRecord) -> bool {
    matches!(trial.state, TrialState::Complete | TrialState::Pruned)
        && trial.value.is_some_and(f64::is_finite)
}

/// The order of trials, the better first: the complete ones by value, then those stopped early by how far they came
/// and, as far, by value; then the rest; equals by number.
///
/// The last value of a stopped trial is no final value. It cannot beat one, however good it looks, and it says little
/// beside that of a trial that went further (Optuna's TPE sampler orders pruned trials in the same way).
pub(crate) fn better_first(a: &TrialRecord, b: &TrialRecord, direction: Direction) -> Ordering {
    let standing = |trial: &TrialRecord| match (is_valued(trial), trial.state) {
        (true, TrialState::Complete) => (0, Reverse(0)),
        (true, _) => (1, Reverse(trial.last_report().map_or(0, |(step, _)| step))),
        _ => (2, Reverse(0)),
    };
    let loss = |trial: &TrialRecord| match trial.value {
        Some(value) if is_valued(trial) => direction.loss(value),
        _ => f64::INFINITY,
    };
    let by_value = || loss(a).total_cmp(&loss(b));
    standing(a).cmp(&standing(b)).then_with(by_value).then(a.number.cmp(&b.number))
}

/// One training, with what it reached.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct RunInput {
    /// What was trained: "digits".
    pub title: String,
    /// The metric that decided, without the part's name: "accuracy".
    pub metric: String,
    /// Which way that metric is better.
    pub direction: Direction,
    /// The recipe, every value fixed.
    pub recipe_toml: String,
    /// The model layer by layer.
    pub summary: ModelSummary,
    /// What was measured after each epoch.
    pub history: Vec<EpochRow>,
    /// The epoch whose parameters were kept, from 1, where it is not the last.
    pub kept_epoch: Option<u64>,
    /// Metrics by part ("train", "validation", "test") and name.
    pub scores: BTreeMap<String, BTreeMap<String, f64>>,
    /// True classes against predicted ones, for classification.
    pub confusion: Option<Confusion>,
    /// Predictions against the truth, for regression.
    pub scatter: Option<Vec<Prediction>>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// How to do it again.
    pub reproduce: Reproduce,
}

impl RunInput {
    /// A metric of a part.
    ///
    /// ```
    /// use tunesmith_report::RunInput;
    /// let mut run = RunInput::default();
    /// run.scores.entry("test".into()).or_default().insert("accuracy".into(), 0.97);
    /// assert_eq!(run.score("test", "accuracy"), Some(0.97));
    /// assert_eq!(run.score("train", "accuracy"), None);
    /// ```
    #[must_use]
    pub fn score(&self, part: &str, metric: &str) -> Option<f64> {
        self.scores.get(part)?.get(metric).copied()
    }
}

/// The model layer by layer.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ModelSummary {
    /// Titles of the columns: layer, output shape, parameters.
    pub head: Vec<String>,
    /// One row per layer.
    pub rows: Vec<Vec<String>>,
    /// Sentences below: how many parameters, what a prediction costs.
    pub notes: Vec<String>,
}

/// What was measured after one epoch.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct EpochRow {
    /// The epoch, from 1.
    pub epoch: u64,
    /// Values by name: `train_loss`, `validation_loss`, `validation_accuracy`, `learning_rate`.
    pub values: BTreeMap<String, f64>,
}

/// How often each true class was predicted as each class.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Confusion {
    /// Names of the classes, in the order of rows and columns.
    pub labels: Vec<String>,
    /// `matrix[truth][predicted]`, in samples.
    pub matrix: Vec<Vec<u64>>,
    /// Where it was counted: "test".
    pub part: String,
}

impl Confusion {
    /// Of all samples of a class, the share that was found; `None` for a class without samples.
    ///
    /// ```
    /// use tunesmith_report::Confusion;
    /// let confusion = Confusion {
    ///     labels: vec!["cat".into(), "dog".into()],
    ///     matrix: vec![vec![3, 1], vec![0, 0]],
    ///     part: "test".into(),
    /// };
    /// assert_eq!(confusion.recall(0), Some(0.75));
    /// assert_eq!(confusion.recall(1), None);
    /// ```
    #[must_use]
    pub fn recall(&self, class: usize) -> Option<f64> {
        let row = self.matrix.get(class)?;
        let all: u64 = row.iter().sum();
        (all > 0).then(|| row.get(class).copied().unwrap_or(0) as f64 / all as f64)
    }

    /// How many samples were counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.matrix.iter().flatten().sum()
    }

    /// The name of a class, its position where it has none.
    pub(crate) fn label(&self, class: usize) -> String {
        self.labels.get(class).cloned().unwrap_or_else(|| class.to_string())
    }
}

/// One prediction of a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// What was true.
    pub truth: f64,
    /// What the model said.
    pub predicted: f64,
}

/// How to do it again.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Reproduce {
    /// The command, as typed.
    pub command: String,
    /// The seed.
    pub seed: Option<u64>,
    /// What ran: name and version, in order.
    pub versions: Vec<(String, String)>,
    /// What identifies the data: a hash, the number of rows.
    pub data: Option<String>,
    /// When, as the caller writes dates; this crate knows no clock.
    pub when: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::{best, better_first};
    use tunesmith_tuner::{Direction, TrialRecord, TrialState};

    #[test]
    fn a_stopped_trial_never_stands_before_a_complete_one() {
        let trial = |number, state, value, steps| {
            let mut trial = TrialRecord::new(number);
            (trial.state, trial.value) = (state, value);
            (0..steps).for_each(|step| assert!(trial.report(step, 0.5)));
            trial
        };
        let mut trials = [
            trial(0, TrialState::Failed, None, 2),
            trial(1, TrialState::Pruned, Some(0.4987), 3),
            trial(2, TrialState::Complete, Some(0.41), 10),
            trial(3, TrialState::Pruned, Some(0.45), 6),
            trial(4, TrialState::Complete, Some(0.4963), 10),
            trial(5, TrialState::Complete, Some(f64::NAN), 10),
            trial(6, TrialState::Pruned, Some(0.2), 3),
        ];
        assert_eq!(best(&trials, Direction::Maximize).map(|trial| trial.number), Some(4));
        trials.sort_by(|a, b| better_first(a, b, Direction::Maximize));
        assert_eq!(trials.each_ref().map(|trial| trial.number), [4, 2, 3, 1, 6, 0, 5]);
    }
}
