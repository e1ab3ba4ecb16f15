//! No setting twice: what discrete samplers do when their suggestion was tried, or runs already.

use std::collections::BTreeSet;

use tunesmith_core::{Dimension, Domain, Generator, Params, Space};

use super::lattice::Lattice;
use super::permutation::Permutation;
use crate::History;

/// So many points are drawn freely before the combinations are looked through.
const DRAWS: usize = 16;
/// Up to so many combinations are looked up one by one, the newest trials first; of more the trials are listed.
const FEW: u64 = 256;

/// The first of these suggestions, best first, that no trial has; if all were tried, a random one that was not; if
/// everything was tried, the first again, since a noisy objective gains from it.
///
/// A suggestion with a setting from a continuous range counts as new. Trials count in whatever state they are: a
/// setting that failed fails again.
///
/// ```
/// use tunesmith_core::{Domain, Seed, Space};
/// use tunesmith_tuner::{Direction, History, TrialRecord, samplers::untried};
/// let space = Space::new().with("bias", Domain::switch());
/// let [off, on] = [0.0, 0.9].map(|u| space.complete(|dimension| dimension.domain.place(u)));
/// let mut history = History::new(space.clone(), Direction::Minimize);
/// let mut trial = TrialRecord::new(0);
/// trial.params = off.clone();
/// history.put(trial);
/// let suggestion = untried(&space, &history, &mut Seed::new(0).generator(), [off]);
/// assert_eq!(suggestion, on);
/// ```
///
/// # Panics
/// When there is no suggestion.
pub fn untried(
    space: &Space,
    history: &History,
    generator: &mut Generator,
    ranked: impl IntoIterator<Item = Params>,
) -> Params {
    let mut ranked = ranked.into_iter();
    let first = ranked.next().expect("somebody suggests something");
    if is_new(space, history, &first) {
        return first;
    }
    if let Some(next) = ranked.find(|params| is_new(space, history, params)) {
        return next;
    }
    let mut draw = || space.complete(|dimension| dimension.domain.place(generator.uniform()));
    if let Some(drawn) = (0..DRAWS).map(|_| draw()).find(|params| is_new(space, history, params)) {
        return drawn;
    }
    search(space, history, generator).unwrap_or(first)
}

/// An untried combination, each as likely as the others; `None` when there is none, or too many to number.
fn search(space: &Space, history: &History, generator: &mut Generator) -> Option<Params> {
    let lattice = Lattice::new(space, None)?;
    let order = Permutation::new(tunesmith_core::Seed::new(generator.bits()), lattice.size());
    let mut at = |place: u64| {
        lattice.at(order.at(place), |dimension: &Dimension| dimension.domain.place(generator.uniform()))
    };
    if lattice.size() <= FEW {
        return (0..lattice.size()).map(at).find(|params| is_new(space, history, params));
    }
    let tried = tried(&lattice, history);
    (0..lattice.size()).find(|&place| !tried.contains(&order.at(place))).map(&mut at)
}

/// The numbers of the combinations that trials have.
pub(super) fn tried(lattice: &Lattice<'_>, history: &History) -> BTreeSet<u64> {
    let trials = history.trials().iter().filter(|trial| !trial.params.is_empty());
    trials.filter_map(|trial| lattice.number(&trial.params)).collect()
}

fn is_new(space: &Space, history: &History, params: &Params) -> bool {
    let discrete = space.active(params).all(|dimension| dimension.domain.size().is_some());
    !discrete || !is_known(space, history, params)
}

/// Whether a trial has exactly these settings, the newest looked at first.
pub(super) fn is_known(space: &Space, history: &History, params: &Params) -> bool {
    let mut looked: Vec<(&[f64], f64, f64)> = Vec::with_capacity(space.len());
    for dimension in space.dimensions() {
        let Some(column) = history.column(&dimension.key) else { continue };
        let wanted = params.get(&dimension.key).and_then(|value| dimension.domain.coordinate(value));
        // A stepped number may have been given as a decimal fraction that is not quite on its step.
        let near = match dimension.domain {
            Domain::Float { step: Some(step), .. } => 0.25 * step,
            _ => 0.0,
        };
        looked.push((column, wanted.unwrap_or(f64::NAN), near));
    }
    let same = |place: usize| {
        looked.iter().all(|(column, wanted, near)| {
            let found = column[place];
            if wanted.is_nan() { found.is_nan() } else { (found - wanted).abs() <= *near }
        })
    };
    (0..history.trials().len()).rev().any(|place| same(place) && !history.trials()[place].params.is_empty())
}

#[cfg(test)]
mod tests {
    use super::untried;
    use crate::{Direction, History, TrialRecord, TrialState};
    use tunesmith_core::{Domain, Generator, Params, Scale, Seed, Space};

    fn space(values: i64) -> Space {
        Space::new()
            .with("units", Domain::int(1, values, Scale::Log, 1).unwrap())
            .with("rate", Domain::float(0.0, 0.5, Scale::Linear, Some(0.1)).unwrap())
            .with("kind", Domain::choice(["a", "b"]).unwrap())
            .with_child("beta", Domain::int(1, 3, Scale::Linear, 1).unwrap(), "kind", "b")
    }

    fn at(space: &Space, u: f64) -> Params {
        space.complete(|dimension| dimension.domain.place(u))
    }

    fn put(history: &mut History, params: Params, state: TrialState) {
        let mut trial = TrialRecord::new(history.trials().len() as u64);
        (trial.params, trial.state) = (params, state);
        history.put(trial);
    }

    fn generator(number: u64) -> Generator {
        Seed::new(7).at(number).generator()
    }

    #[test]
    fn the_best_untried_suggestion_is_taken_whatever_state_the_others_are_in() {
        let space = space(9);
        for state in [TrialState::Complete, TrialState::Running, TrialState::Failed] {
            let mut history = History::new(space.clone(), Direction::Minimize);
            put(&mut history, at(&space, 0.1), state);
            let ranked = [at(&space, 0.1), at(&space, 0.9), at(&space, 0.5)];
            assert_eq!(untried(&space, &history, &mut generator(0), ranked), at(&space, 0.9));
        }
    }

    #[test]
    fn a_finite_space_is_used_up_before_anything_comes_twice() {
        for values in [2, 40] {
            let space = space(values);
            let mut history = History::new(space.clone(), Direction::Minimize);
            let size = values as u64 * 6 * (1 + 3);
            let mut seen = std::collections::BTreeSet::new();
            for number in 0..size {
                let params = untried(&space, &history, &mut generator(number), [at(&space, 0.7)]);
                assert_eq!(space.check(&params), Ok(()));
                assert!(seen.insert(format!("{params:?}")), "{params:?} after {number} trials");
                put(&mut history, params, TrialState::Complete);
            }
            assert_eq!(
                untried(&space, &history, &mut generator(size), [at(&space, 0.7)]),
                at(&space, 0.7),
                "when all was tried the suggestion stands"
            );
        }
    }

    #[test]
    fn continuous_settings_are_always_new() {
        let space = Space::new().with("x", Domain::float(0.0, 1.0, Scale::Linear, None).unwrap());
        let mut history = History::new(space.clone(), Direction::Minimize);
        put(&mut history, at(&space, 0.0), TrialState::Complete);
        assert_eq!(untried(&space, &history, &mut generator(0), [at(&space, 0.0)]), at(&space, 0.0));
    }
}
