//! What a race promises: the better one wins, luck is not mistaken for skill, and the cap holds.

use std::collections::BTreeSet;

use proptest::prelude::*;
use tunesmith_core::{Generator, Params, Seed, Space, Value};
use tunesmith_tuner::{
    Candidate, Direction, History, Race, RaceOptions, RaceResult, RaceTrial, Stop, TrialRecord, TrialState,
    finalists,
};

fn settings(x: f64) -> Params {
    Params::from([("x".to_owned(), Value::Float(x))])
}

/// A race of candidates 0, 1, 2, ... and the default -1.
fn race(candidates: usize, options: RaceOptions) -> Race {
    let candidate = |i| Candidate { params: settings(i as f64), search_value: Some(0.0) };
    Race::new((0..candidates).map(candidate).collect(), settings(-1.0), options)
}

/// Runs a race to its end, one run at a time.
fn run(mut race: Race, mut value: impl FnMut(RaceTrial) -> f64) -> (RaceResult, usize) {
    let mut runs = 0;
    while let Some(trial) = race.ask() {
        let value = value(trial);
        race.tell(trial, value);
        runs += 1;
    }
    assert!(race.is_finished());
    (race.result().unwrap(), runs)
}

/// Noise of a run: a part that all runs on one seed share, and its own.
fn noise(seed: Seed, trial: RaceTrial, skewed: bool) -> f64 {
    let shared = seed.named("shared").at(trial.seed_index as u64).generator().normal();
    let mut own = seed.named("own").at(trial.candidate as u64).at(trial.seed_index as u64).generator();
    let z = own.normal();
    shared + if skewed { z.exp() } else { z }
}

fn claims(seeds: u64, candidates: usize, skewed: bool) -> f64 {
    let claimed = |seed: &u64| {
        let seed = Seed::new(*seed);
        let (result, _) = run(race(candidates, RaceOptions::default()), |trial| noise(seed, trial, skewed));
        result.significantly_better_than_default
    };
    (0..seeds).filter(claimed).count() as f64 / seeds as f64
}

#[test]
fn equal_candidates_are_rarely_called_better_than_the_default() {
    for (candidates, skewed) in [(3, false), (9, false), (9, true)] {
        let share = claims(2_000, candidates, skewed);
        assert!(share < 0.05, "{candidates} candidates, skewed noise {skewed}: {share} false claims");
    }
    // A single candidate uses the level up; 2,000 races tell it to half a percent (one standard error).
    let share = claims(2_000, 1, false);
    assert!(share < 0.06, "a single candidate: {share} false claims");
}

#[test]
fn a_clearly_better_candidate_wins_and_saves_runs() {
    let (mut won, mut claimed, mut spent) = (0, 0, 0);
    for seed in 0..200 {
        let (result, runs) = run(race(9, RaceOptions::default()), |trial| {
            noise(Seed::new(seed), trial, false) - if trial.candidate == 4 { 3.0 } else { 0.0 }
        });
        won += usize::from(result.leader == 4);
        claimed += usize::from(result.significantly_better_than_default);
        spent += runs;
        assert!(result.finished);
    }
    assert!(won >= 199 && claimed >= 180, "won {won}, claimed {claimed} of 200");
    assert!(spent / 200 < 80, "{} runs a race, of 100 possible", spent / 200);
}

#[test]
fn the_race_score_is_unbiased_where_the_search_score_is_not() {
    let mut optimism = 0.0;
    for seed in 0..300 {
        let (result, _) = run(race(4, RaceOptions::default()), |trial| {
            // The search saw 0 for all; the race measures 1 on average for the first, more for the others.
            1.0 + 2.0 * trial.candidate as f64 + noise(Seed::new(seed), trial, false)
        });
        optimism += result.optimism.unwrap() / 300.0;
    }
    assert!((optimism - 1.0).abs() < 0.1, "{optimism}");
}

#[test]
fn candidates_that_diverge_lose_whatever_they_reach_between() {
    let (result, _) = run(race(3, RaceOptions::default()), |trial| match trial.candidate {
        0 if trial.seed_index % 2 == 0 => f64::NAN,
        0 => -100.0,
        1 => f64::INFINITY,
        _ => 1.0 + 0.01 * Seed::new(1).at(trial.seed_index as u64).generator().normal(),
    });
    assert!(result.leader >= 2);
    assert!(result.standings[0].diverged >= 2 && result.standings[0].value.mean == -100.0);
    assert_eq!(result.standings[1].diverged, 3);
    assert_eq!(result.standings[1].dropped_in_round, Some(1));
    let (result, _) = run(race(2, RaceOptions::default()), |_| f64::NAN);
    assert!(!result.significantly_better_than_default);
    let (result, _) = run(race(1, RaceOptions::default()), |t| if t.candidate == 1 { f64::NAN } else { 1.0 });
    assert!(result.leader == 0 && result.significantly_better_than_default);
}

#[test]
fn duplicates_and_the_default_among_the_candidates_run_once() {
    let candidate = |x| Candidate { params: settings(x), search_value: Some(x) };
    let field = vec![candidate(1.0), candidate(-1.0), candidate(1.0)];
    let race = Race::new(field, settings(-1.0), RaceOptions::default());
    assert_eq!(race.default_candidate(), 1);
    let (result, _) = run(race, |trial| trial.candidate as f64);
    assert_eq!(result.standings[1].search_value, Some(-1.0));
}

#[test]
fn finalists_are_the_best_and_the_best_observed() {
    let mut history = History::new(Space::new(), Direction::Maximize);
    assert!(finalists(&history, None).is_empty());
    for number in 0..100 {
        let mut trial = TrialRecord::new(number);
        trial.params = settings(number.min(98) as f64); // the last two are the same
        (trial.state, trial.value) = (TrialState::Complete, Some(number as f64));
        history.put(trial);
    }
    let found = finalists(&history, None);
    assert_eq!(found.len(), 8);
    assert_eq!(found[0].search_value, Some(99.0));
    // A model that thinks the opposite: its eight, and the best that was seen.
    let predicted: Vec<f64> = (0..100).map(f64::from).collect();
    let found = finalists(&history, Some(&predicted));
    assert_eq!(found.len(), 9);
    assert_eq!((found[0].search_value, found[8].search_value), (Some(0.0), Some(99.0)));
}

fn wild(generator: &mut Generator) -> f64 {
    match generator.below(12) {
        0 => f64::NAN,
        1 => f64::INFINITY,
        2 => 0.0,
        _ => generator.normal(),
    }
}

proptest! {
    #[test]
    fn no_run_is_asked_twice_and_never_more_than_the_cap(
        candidates in 0_usize..10, each in 1_usize..5, more in 0_usize..8, cap in prop::option::of(0_usize..120), seed in 0_u64..1000,
    ) {
        let options = RaceOptions { seeds_per_round: each, max_seeds: each + more, max_runs: cap, ..RaceOptions::default() };
        let mut race = race(candidates, options);
        let mut random = Seed::new(seed).generator();
        let (mut seen, mut under_way) = (BTreeSet::new(), Vec::new());
        loop {
            if let Some(trial) = race.ask() {
                prop_assert!(trial.seed_index < each + more);
                prop_assert!(seen.insert(trial), "{trial:?} twice");
                under_way.push(trial);
            } else if under_way.is_empty() {
                break;
            }
            if !under_way.is_empty() && random.chance(0.6) {
                let trial = under_way.swap_remove(random.below(under_way.len()));
                if random.chance(0.05) {
                    race.give_back(trial);
                    seen.remove(&trial);
                } else {
                    race.tell(trial, wild(&mut random));
                }
            }
        }
        prop_assert!(race.is_finished());
        prop_assert!(seen.len() <= (candidates + 1) * (each + more));
        prop_assert!(cap.is_none_or(|cap| seen.len() <= cap));
        if let Some(result) = race.result() {
            prop_assert_eq!(result.runs, seen.len());
            prop_assert!(result.leader <= candidates);
            prop_assert!((0.0..=1.0).contains(&result.p_value_against_default));
        }
    }

    #[test]
    fn the_order_in_which_runs_end_changes_nothing(seed in 0_u64..500) {
        let value = |trial: RaceTrial| noise(Seed::new(seed), trial, false) + trial.candidate as f64;
        let (expected, _) = run(race(4, RaceOptions::default()), value);
        let mut race = race(4, RaceOptions::default());
        let mut random = Seed::new(seed).generator();
        while !race.is_finished() {
            let mut round: Vec<RaceTrial> = std::iter::from_fn(|| race.ask()).collect();
            random.shuffle(&mut round);
            round.into_iter().for_each(|trial| race.tell(trial, value(trial)));
        }
        prop_assert_eq!(race.result().unwrap(), expected);
    }
}

#[test]
fn the_result_of_a_run_does_not_depend_on_the_number_of_threads() {
    let settings = |x: f64| Params::from([("x".to_owned(), Value::Float(x))]);
    let run = |workers: usize| {
        let candidates =
            [0.0, 0.05, 0.1, 1.0].map(|x| Candidate { params: settings(x), search_value: Some(x) });
        let mut race = Race::new(candidates.to_vec(), settings(0.3), RaceOptions::default());
        let measure = |params: &Params, seed: usize| {
            let x = params["x"].as_f64().unwrap();
            Some(x + 0.1 * Seed::new((x * 1000.0) as u64).at(seed as u64).generator().normal())
        };
        format!("{:?}", race.run(workers, &Stop::new(), measure))
    };
    assert_eq!(run(1), run(4));
}

#[test]
fn a_race_that_is_broken_off_or_panics_ends_for_all_threads() {
    let settings = |x: f64| Params::from([("x".to_owned(), Value::Float(x))]);
    let race = || {
        let candidate = Candidate { params: settings(0.0), search_value: None };
        Race::new(vec![candidate], settings(1.0), RaceOptions::default())
    };
    assert!(race().run(3, &Stop::new(), |_, seed| (seed < 2).then_some(1.0)).is_none());
    let panicking = std::panic::catch_unwind(|| {
        race().run(3, &Stop::new(), |_, seed| if seed < 2 { Some(1.0) } else { panic!("out of memory") })
    });
    assert!(panicking.is_err());
}
