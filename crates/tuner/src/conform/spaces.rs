//! Random spaces and histories to try samplers and pruners on.

use tunesmith_core::{Condition, Dimension, Domain, Generator, Scale, Space, Test, Value};

use crate::{Direction, History, TrialRecord, TrialState};

/// A space of up to eight dimensions of all kinds, some under conditions, some with a single value.
///
/// ```
/// use tunesmith_core::Seed;
/// let space = tunesmith_tuner::conform::random_space(&mut Seed::new(3).generator());
/// assert!((1..=8).contains(&space.len()));
/// ```
#[must_use]
pub fn random_space(generator: &mut Generator) -> Space {
    let dimensions = 1 + generator.below(8);
    random_space_of(dimensions, generator)
}

/// A space of so many dimensions; with fewer of them it has the same first ones.
pub(super) fn random_space_of(dimensions: usize, generator: &mut Generator) -> Space {
    let mut space = Space::new();
    for i in 0..dimensions {
        let when = condition(&space, generator);
        space.push(Dimension { key: format!("d{i}"), domain: random_domain(generator), when });
    }
    space
}

fn random_domain(generator: &mut Generator) -> Domain {
    let low = generator.uniform_in(-10.0, 10.0);
    let width = if generator.chance(0.1) { 0.0 } else { generator.uniform_in(0.0, 20.0) };
    let start = generator.below(20) as i64;
    let steps = generator.below(40) as i64;
    match generator.below(8) {
        0 => Domain::float(low, low + width, Scale::Linear, None),
        1 => Domain::float(low.exp(), (low + width).exp(), Scale::Log, None),
        2 => Domain::float(0.5, 1.0 - 0.5 * (-width - 0.01).exp(), Scale::ReverseLog, None),
        3 => Domain::float(low, low + width, Scale::Linear, Some(generator.uniform_in(0.1, 3.0))),
        4 => Domain::int(-start, steps, Scale::Linear, 1 + generator.below(4) as i64),
        5 => Domain::int(1 + start, 1 + start + steps * steps, Scale::Log, 1),
        6 => Domain::choice([false, true]),
        _ => Domain::choice((0..1 + generator.below(5)).map(|i| Value::Text(format!("option {i}")))),
    }
    .expect("the ranges above are possible")
}

/// Half of the dimensions hang on an earlier choice or whole number, and on all that this one hangs on.
fn condition(space: &Space, generator: &mut Generator) -> Vec<Condition> {
    let parents: Vec<&Dimension> =
        space.dimensions().iter().filter(|d| !matches!(d.domain, Domain::Float { .. })).collect();
    if parents.is_empty() || generator.chance(0.5) {
        return Vec::new();
    }
    let parent = parents[generator.below(parents.len())];
    let test = match &parent.domain {
        Domain::Int { low, high, .. } => Test::AtLeast((low + high) / 2),
        other => Test::Is(other.place(generator.uniform())),
    };
    let mut when = parent.when.clone();
    when.push(Condition { key: parent.key.clone(), test });
    when
}

/// A history of `n` trials in all states, with values and reports that are sometimes infinite or not numbers.
///
/// ```
/// use tunesmith_core::Seed;
/// use tunesmith_tuner::{Direction, conform};
/// let mut generator = Seed::new(3).generator();
/// let space = conform::random_space(&mut generator);
/// assert_eq!(conform::random_history(&space, Direction::Maximize, 40, &mut generator).trials().len(), 40);
/// ```
#[must_use]
pub fn random_history(space: &Space, direction: Direction, n: u64, generator: &mut Generator) -> History {
    let mut history = History::new(space.clone(), direction);
    for number in 0..n {
        let mut trial = TrialRecord::new(number);
        let complete = TrialState::Complete;
        let states = [
            TrialState::Waiting,
            TrialState::Running,
            TrialState::Paused,
            TrialState::Pruned,
            TrialState::Diverged,
            TrialState::Failed,
        ];
        trial.state = if generator.chance(0.6) { complete } else { states[generator.below(states.len())] };
        if !generator.chance(0.05) {
            trial.params = space.complete(|dimension| dimension.domain.place(generator.uniform()));
        }
        let wild = |generator: &mut Generator| match generator.below(10) {
            0 => f64::NAN,
            1 => f64::INFINITY,
            2 => f64::NEG_INFINITY,
            _ => generator.normal(),
        };
        for step in 0..generator.below(5) as u64 {
            let value = wild(generator);
            trial.report(step, value);
        }
        match trial.state {
            TrialState::Complete | TrialState::Pruned | TrialState::Paused => {
                trial.value = Some(wild(generator))
            }
            TrialState::Diverged => trial.diverged_at = Some(generator.below(9) as u64),
            _ => {}
        }
        history.put(trial);
    }
    history
}
