//! Overtuning: what the search lost on the test part by going on.

use super::{View, table};
use crate::TrialRecord;

table! {
    /// One incumbent: a trial that was better than all before it.
    pub struct Incumbent {
        /// The trial's number.
        pub trial: u64,
        /// What the search saw, in the objective's unit.
        pub value: f64,
        /// What the test part says, in the same unit.
        pub test: f64,
        /// How much worse that is than the best test value of the incumbents so far; at least 0.
        pub overtuning: f64,
    }

    /// How the incumbents of a search do on data that the search never saw.
    pub struct Overtuning {
        /// The incumbents that have a test value, by number.
        pub path: Vec<Incumbent>,
        /// How much worse the last incumbent tests than the best one did; 0 when nothing was lost.
        pub absolute: f64,
        /// That over what tuning gained on the test part, from the first incumbent to the best one; above 1, the search
        /// would have done better not to begin. `None` when it gained nothing.
        pub relative: Option<f64>,
        /// How much better the search saw the last incumbent than the test part does.
        pub optimism: f64,
    }
}

/// The overtuning along the path of incumbents (Schneider, Bischl & Feurer 2025), given what each tests at; `None`
/// when no incumbent was tested.
///
/// This is for after the search: a test value that steers anything is none.
///
/// ```
/// use tunesmith_core::Space;
/// use tunesmith_tuner::analysis::overtuning;
/// use tunesmith_tuner::{Budget, Direction, History, Study};
/// let study = Study::minimize(Space::new()).open().unwrap();
/// let validation = [0.5, 0.3, 0.4, 0.2];
/// study.optimize(|trial| validation[trial.number() as usize], &Budget::trials(4)).unwrap();
/// let mut history = History::new(Space::new(), Direction::Minimize);
/// study.trials().into_iter().for_each(|trial| history.put(trial));
/// let test = [0.6, 0.35, 0.1, 0.4];
/// let found = overtuning(&history, |trial| Some(test[trial.number as usize])).unwrap();
/// assert_eq!(found.path.len(), 3);
/// assert!((found.absolute - 0.05).abs() < 1e-12 && (found.relative.unwrap() - 0.2).abs() < 1e-12);
/// ```
#[must_use]
pub fn overtuning<'a>(
    view: impl Into<View<'a>>,
    test: impl Fn(&TrialRecord) -> Option<f64>,
) -> Option<Overtuning> {
    let view = view.into();
    let mut path = Vec::new();
    let (mut first, mut best) = (None, f64::INFINITY);
    for place in view.incumbents() {
        let trial = &view.trials()[place];
        let Some(tested) = test(trial).filter(|value| value.is_finite()) else { continue };
        let loss = view.unit(tested);
        first.get_or_insert(loss);
        best = best.min(loss);
        let value = view.value(trial)?;
        path.push(Incumbent { trial: trial.number, value, test: tested, overtuning: loss - best });
    }
    let last = path.last()?;
    let (absolute, gained) = (last.overtuning, first? - best);
    let optimism = view.unit(last.test) - view.unit(last.value);
    Some(Overtuning { absolute, relative: (gained > 0.0).then(|| absolute / gained), optimism, path })
}
