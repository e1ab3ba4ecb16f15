//! What several rules ask of a study, worked out once.

use tunesmith_core::Dimension;
use tunesmith_tuner::{TrialRecord, TrialState};

use crate::StudyInput;
use crate::input::{better_first, is_valued};
use crate::labels::shared;

/// A study in the order in which rules look at it.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) input: &'a StudyInput<'a>,
    /// Complete trials with a finite value, best first.
    pub(crate) complete: Vec<&'a TrialRecord>,
    /// Complete trials as above, then those stopped early, the furthest first: their last values are not final.
    pub(crate) valued: Vec<&'a TrialRecord>,
}

impl<'a> Facts<'a> {
    pub(crate) fn of(input: &'a StudyInput<'a>) -> Self {
        let mut valued: Vec<&TrialRecord> = input.trials.iter().filter(|trial| is_valued(trial)).collect();
        valued.sort_by(|a, b| better_first(a, b, input.direction));
        let complete = valued.iter().copied().filter(|trial| trial.state == TrialState::Complete).collect();
        Self { input, complete, valued }
    }

    /// The trial's value as something to make small.
    pub(crate) fn loss(&self, trial: &TrialRecord) -> f64 {
        trial.value.map_or(f64::INFINITY, |value| self.input.direction.loss(value))
    }

    /// The best complete trials: a tenth of them, five at least (algorithms' "best k": max(5, 10 %)).
    pub(crate) fn best_few(&self) -> &[&'a TrialRecord] {
        let few = (self.complete.len() / 10).max(5).min(self.complete.len());
        &self.complete[..few]
    }

    /// The dimensions by the place in the recipe that writes them: the copies of a repeated layer share one.
    pub(crate) fn written(&self) -> Vec<Vec<&'a Dimension>> {
        let mut groups: Vec<(String, Vec<&Dimension>)> = Vec::new();
        for dimension in self.input.space.dimensions() {
            let place = shared(&dimension.key);
            match groups.iter_mut().find(|(known, _)| *known == place) {
                Some((_, group)) => group.push(dimension),
                None => groups.push((place, vec![dimension])),
            }
        }
        groups.into_iter().map(|(_, group)| group).collect()
    }

    /// How many trials are in a state.
    pub(crate) fn count(&self, state: TrialState) -> usize {
        self.input.trials.iter().filter(|trial| trial.state == state).count()
    }

    /// How many trials have ended.
    pub(crate) fn ended(&self) -> usize {
        self.input.trials.iter().filter(|trial| trial.state.is_finished()).count()
    }

    /// The place of a trial's setting in its range, from 0 to 1.
    pub(crate) fn place(dimension: &Dimension, trial: &TrialRecord) -> Option<f64> {
        trial.params.get(&dimension.key).and_then(|value| dimension.domain.locate(value))
    }

    /// How many steps a whole trial reports.
    pub(crate) fn whole(&self) -> usize {
        self.complete.iter().map(|trial| trial.reports.len()).max().unwrap_or(0)
    }
}

/// The middle value of a sample.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted: Vec<f64> = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len().checked_sub(1)? / 2;
    Some(if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle] + sorted[middle + 1]) / 2.0 })
}

/// Studies for the rules' tests: one dimension `x`, values given.
#[cfg(test)]
pub(crate) mod made_up {
    use tunesmith_core::{Domain, Space, Value};
    use tunesmith_tuner::{Direction, TrialRecord, TrialState};

    use crate::StudyInput;

    pub(crate) fn space(domain: Domain) -> Space {
        Space::new().with("x", domain)
    }

    pub(crate) fn trial(
        number: usize,
        x: impl Into<Value>,
        state: TrialState,
        value: Option<f64>,
    ) -> TrialRecord {
        let mut trial = TrialRecord::new(number as u64);
        trial.params.insert("x".into(), x.into());
        (trial.state, trial.value) = (state, value);
        trial
    }

    pub(crate) fn complete<X: Into<Value>>(rows: impl IntoIterator<Item = (X, f64)>) -> Vec<TrialRecord> {
        let one = |(i, (x, value)): (usize, (X, f64))| trial(i, x, TrialState::Complete, Some(value));
        rows.into_iter().enumerate().map(one).collect()
    }

    pub(crate) fn study<'a>(space: &'a Space, trials: &'a [TrialRecord]) -> StudyInput<'a> {
        StudyInput::new("test", "loss", Direction::Minimize, space, trials)
    }
}
