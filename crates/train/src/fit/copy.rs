//! Copies of a training in the middle: to go on with other settings, or to see what a cooled-down copy is worth.

use std::collections::BTreeMap;

use tunesmith_optim::{StateData, StateEntry};

use super::Trainer;
use crate::history::Values;

/// The rule's state by name and parameter.
type State = BTreeMap<(String, String), Piece>;

#[derive(Clone, Debug)]
enum Piece {
    F32(Vec<f32>),
    F64(Vec<f64>),
    Count(u64),
}

impl Trainer {
    /// A training with its own settings that goes on from where another is: with the other's weights, epochs and history,
    /// and the state of its rule as far as this rule keeps the same. What is drawn at random comes from this one's seed;
    /// callbacks start anew.
    ///
    /// # Errors
    /// When the models have other parameters, with what differs.
    pub fn going_on_from(mut self, other: &mut Self) -> Result<Self, String> {
        let params = |trainer: &Self| -> Vec<(String, Vec<usize>)> {
            trainer.model.params().into_iter().map(|p| (p.name, p.shape.dims().to_vec())).collect()
        };
        let (mine, theirs) = (params(&self), params(other));
        if let Some((mine, theirs)) = mine.iter().zip(&theirs).find(|(mine, theirs)| mine != theirs) {
            return Err(format!("`{}` is {:?}, there `{}` is {:?}", mine.0, mine.1, theirs.0, theirs.1));
        }
        if mine.len() != theirs.len() {
            return Err(format!("this model has {} parameters, that one {}", mine.len(), theirs.len()));
        }
        self.params.copy_from_slice(&other.params);
        self.averaged.copy_from_slice(&other.averaged);
        if self.training.optimizer.name == other.training.optimizer.name {
            let state = other.rule_state();
            self.put_rule_state(&state);
        }
        self.history = other.history.clone();
        self.step = self.timetable.first_step(self.history.epochs().len());
        self.lr_factor = other.lr_factor;
        Ok(self)
    }

    /// What a copy is worth that trains for so many epochs more while its learning rate falls to nothing: what is measured
    /// then. This training stays as it is.
    ///
    /// A rate that is still high hides how good the weights are. Trainings that are compared before their end are compared
    /// fairly when each is cooled down first. `None` when the copy leaves the finite.
    pub fn cooled(&mut self, epochs: usize) -> Option<Values> {
        let state = self.rule_state();
        let (params, averaged, step) = (self.params.clone(), self.averaged.clone(), self.step);
        let first = self.history.epochs().len();
        let steps = self.timetable.first_step(first + epochs) - self.timetable.first_step(first);
        self.cooling = Some((step, steps));
        let losses: Result<Vec<Option<f64>>, _> =
            (first..first + epochs).map(|epoch| self.epoch(epoch, &mut ())).collect();
        let values = match losses.map(|losses| losses.last().copied().flatten()) {
            Ok(Some(loss)) => {
                let averaged = self.average();
                Some(self.measure(loss, averaged))
            }
            _ => None,
        };
        self.cooling = None;
        (self.params, self.averaged, self.step) = (params, averaged, step);
        self.put_rule_state(&state);
        values
    }

    fn rule_state(&mut self) -> State {
        let mut state = State::new();
        self.optimizer.visit(&mut |entry| {
            let key = key(&entry);
            let piece = match entry.data {
                StateData::F32(numbers) => Piece::F32(numbers.to_vec()),
                StateData::F64(numbers) => Piece::F64(numbers.to_vec()),
                StateData::Count(count) => Piece::Count(*count),
                _ => return,
            };
            state.insert(key, piece);
        });
        state
    }

    fn put_rule_state(&mut self, state: &State) {
        self.optimizer.visit(&mut |entry| {
            let key = key(&entry);
            match (entry.data, state.get(&key)) {
                (StateData::F32(mine), Some(Piece::F32(kept))) if mine.len() == kept.len() => {
                    mine.copy_from_slice(kept);
                }
                (StateData::F64(mine), Some(Piece::F64(kept))) if mine.len() == kept.len() => {
                    mine.copy_from_slice(kept);
                }
                (StateData::Count(mine), Some(Piece::Count(kept))) => *mine = *kept,
                _ => {}
            }
        });
    }
}

fn key(entry: &StateEntry<'_>) -> (String, String) {
    (entry.name.to_owned(), entry.segment.map_or_else(String::new, |segment| segment.name.clone()))
}
