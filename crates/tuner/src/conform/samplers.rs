//! What every sampler promises.

use tunesmith_core::{Entry, Params, Seed, Space, Table, all};

use super::{random_history, random_space};
use crate::{Direction, History, Sampler, SamplerEntry, TrialRecord, TrialState};

/// Checks every linked sampler on so many random spaces: values of the domains, of all dimensions that exist and no
/// others; no panic on infinite values and values that are not numbers; the same generator gives the same suggestion;
/// a suggestion is not repeated while it runs.
///
/// ```
/// assert_eq!(tunesmith_tuner::conform::check_samplers(20), Vec::<String>::new());
/// ```
#[must_use]
pub fn check_samplers(spaces: u64) -> Vec<String> {
    let mut wrong = Vec::new();
    for entry in all::<SamplerEntry>() {
        let name = entry.meta().name;
        match entry.build(&Table::new(), name) {
            Err(error) => wrong.push(format!("{name}: its defaults are refused: {error}")),
            Ok(sampler) => {
                (0..spaces).for_each(|seed| check_space(name, &*sampler, Seed::new(seed), &mut wrong));
                check_running(name, &*sampler, &mut wrong);
            }
        }
    }
    wrong
}

fn check_space(name: &str, sampler: &dyn Sampler, seed: Seed, wrong: &mut Vec<String>) {
    let mut generator = seed.named("space").generator();
    let space = random_space(&mut generator);
    let direction = if generator.chance(0.5) { Direction::Minimize } else { Direction::Maximize };
    let n = [0, 1, 9, 30, 120][generator.below(5)];
    let history = random_history(&space, direction, n, &mut generator);
    let whole = |sampler: &dyn Sampler, space: &Space| -> Params {
        sampler.suggest(space, &history, &mut seed.named("suggest").generator())
    };
    let params = whole(sampler, &space);
    let mut say = |what: &str| wrong.push(format!("{name}, space {} after {n} trials: {what}", seed.value()));
    if let Err(error) = space.check(&params) {
        say(&format!("suggests what is not in the space: {error}"));
    }
    if whole(sampler, &space) != params {
        say("the same generator gives another suggestion");
    }
    // Every second dimension narrowed to one value, as for a partly enqueued trial.
    let mut narrow = Space::new();
    for (i, dimension) in space.dimensions().iter().enumerate() {
        let mut dimension = dimension.clone();
        if i % 2 == 0 {
            let value = dimension.domain.place(generator.uniform());
            dimension.domain = crate::narrow::single(&dimension.domain, &value);
        }
        narrow.push(dimension);
    }
    if let Err(error) = narrow.check(&whole(sampler, &narrow)) {
        say(&format!("leaves a narrowed space: {error}"));
    }
}

/// Eight suggestions side by side, none of them finished, must not be one point.
fn check_running(name: &str, sampler: &dyn Sampler, wrong: &mut Vec<String>) {
    for problem in crate::problems::basic() {
        let space = (problem.space)();
        let mut history = History::new(space.clone(), Direction::Minimize);
        let mut points: Vec<Params> = Vec::new();
        for number in 0..48 {
            let mut trial = TrialRecord::new(number);
            let mut generator = Seed::new(1).at(number).generator();
            trial.params = sampler.suggest(&space, &history, &mut generator);
            if number < 40 {
                trial.state = TrialState::Complete;
                trial.value = Some((problem.value)(&trial.params));
            } else {
                points.push(trial.params.clone());
            }
            history.put(trial);
        }
        points.sort_by_key(|params| format!("{params:?}"));
        points.dedup();
        if points.len() < 7 {
            wrong.push(format!("{name}, {}: of 8 running trials only {} differ", problem.name, points.len()));
        }
    }
}
