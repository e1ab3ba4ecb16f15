//! What every sampler promises.

use std::collections::BTreeSet;

use tunesmith_core::{Domain, Entry, Generator, Params, Scale, Seed, Space, Table, all};

use super::Question;
use crate::samplers::BruteForce;
use crate::{Direction, History, Sampler, SamplerEntry, TrialRecord, TrialState};

/// Checks every linked sampler on so many random questions (see [`check_sampler`]); that eight suggestions that run side
/// by side differ; and that those who say so try nothing twice before a small space is used up.
///
/// ```
/// assert_eq!(tunesmith_tuner::conform::check_samplers(20), Vec::<String>::new());
/// ```
#[must_use]
pub fn check_samplers(questions: u64) -> Vec<String> {
    let mut wrong = Vec::new();
    for entry in all::<SamplerEntry>() {
        let name = entry.meta().name;
        let build = || entry.build(&Table::new(), name);
        let warm = match build() {
            Ok(sampler) => sampler,
            Err(error) => {
                wrong.push(format!("{name}: its defaults are refused: {error}"));
                continue;
            }
        };
        let fresh = || build().expect("it was built a moment ago");
        for number in 0..questions {
            let seed = Seed::new(number);
            let mut generator = seed.named("size").generator();
            let trials = [0, 1, 9, 30, 120][generator.below(5)];
            let question = Question::random(seed, 1 + generator.below(8), trials);
            wrong.extend(check_sampler(name, &*warm, &fresh, &question));
        }
        check_running(name, &*warm, &mut wrong);
        if warm.tries_nothing_twice() {
            (0..8).for_each(|seed| check_used_up(name, &*warm, Seed::new(seed), &mut wrong));
        }
    }
    wrong
}

/// Checks a sampler on one question, and says what is wrong: values of the domains, of all dimensions that exist and no
/// others; no panic on infinite values and values that are not numbers; the same answer again, from a sampler that was
/// just built, and from one that was asked something else before; an answer in a narrowed space.
///
/// `warm` is a sampler that may have answered anything before, `fresh` builds the same one.
#[must_use]
pub fn check_sampler(
    name: &str,
    warm: &dyn Sampler,
    fresh: &dyn Fn() -> Box<dyn Sampler>,
    question: &Question,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let trials = question.history.trials().len();
    let mut say = |what: &str| {
        wrong.push(format!("{name}, question {:?} after {trials} trials: {what}", question.seed))
    };
    let answer = question.ask(warm);
    if let Err(error) = question.space.check(&answer) {
        say(&format!("suggests what is not in the space: {error}"));
    }
    if question.ask(warm) != answer {
        say("the same generator gives another suggestion");
    }
    let fresh = fresh();
    fresh.suggest(&question.space, &question.before(trials / 2).history, &mut question.seed.generator());
    if question.ask(&*fresh) != answer {
        say("a sampler that saw the study begin and one that answered other questions give two answers");
    }
    let narrowed = question.narrowed();
    if let Err(error) = narrowed.space.check(&narrowed.ask(warm)) {
        say(&format!("leaves a narrowed space: {error}"));
    }
    wrong
}

/// Small spaces with and without branches, and how many combinations they have.
fn small_space(generator: &mut Generator) -> Space {
    let int = |high| Domain::int(1, high, Scale::Linear, 1).expect("a range");
    let space = Space::new()
        .with("kind", Domain::choice(["a", "b", "c"]).expect("options"))
        .with("count", int(1 + generator.below(3) as i64));
    match generator.below(3) {
        0 => space.with("rate", Domain::float(0.0, 0.5, Scale::Linear, Some(0.25)).expect("a range")),
        1 => space.with_child("switch", Domain::switch(), "kind", "b"),
        _ => {
            let units = Domain::int(1, 4, Scale::Log, 1).expect("a range");
            space.with_child("units", units, "kind", "a").with_child("depth", int(2), "kind", "c")
        }
    }
}

/// Every combination comes once, whether trials run, fail or end, and then the search goes on.
fn check_used_up(name: &str, sampler: &dyn Sampler, seed: Seed, wrong: &mut Vec<String>) {
    let mut generator = seed.named("small").generator();
    let space = small_space(&mut generator);
    let size = BruteForce.size(&space).expect("the spaces here are small");
    let mut history = History::new(space.clone(), Direction::Minimize).with_seed(seed);
    let mut seen = BTreeSet::new();
    for number in 0..size + 2 {
        let mut trial = TrialRecord::new(number);
        trial.params = sampler.suggest(&space, &history, &mut seed.at(number).generator());
        if let Err(error) = space.check(&trial.params) {
            wrong.push(format!("{name}, small space {seed:?}: suggests what is not in the space: {error}"));
        }
        if !seen.insert(format!("{:?}", trial.params)) && number < size {
            let params = &trial.params;
            wrong.push(format!(
                "{name}, small space {seed:?}: trial {number} of {size} is not new: {params:?}"
            ));
        }
        trial.state = match generator.below(6) {
            0 => TrialState::Running,
            1 => TrialState::Failed,
            2 => TrialState::Diverged,
            _ => TrialState::Complete,
        };
        trial.value = (trial.state == TrialState::Complete).then(|| generator.normal());
        history.put(trial);
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
