//! What TPE is for: better points than chance, from good, bad and diverged trials alike.

use tunesmith_core::{Domain, Params, Scale, Seed, Space, Value};
use tunesmith_tuner::samplers::{Random, Tpe};
use tunesmith_tuner::{
    Budget, Direction, History, Outcome, Sampler, Study, TrialRecord, TrialState, problems,
};

fn best(problem: &problems::Problem, sampler: impl Sampler + 'static, seed: u64) -> f64 {
    let study = Study::minimize((problem.space)()).sampler(sampler).seed(seed).open().unwrap();
    study.optimize(|trial| (problem.value)(trial), &Budget::trials(80)).unwrap();
    study.best().unwrap().value.unwrap()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[test]
fn tpe_beats_chance_on_the_median_over_seeds() {
    for problem in problems::basic() {
        let regret = |best: Vec<f64>| median(best) - problem.optimum;
        let tpe = regret((0..15).map(|seed| best(&problem, Tpe::default(), seed)).collect());
        let random = regret((0..15).map(|seed| best(&problem, Random, seed)).collect());
        assert!(tpe < 0.7 * random, "{}: regret {tpe} against {random} by chance", problem.name);
    }
}

/// Trials 40 to 120 of a search whose best value lies right at a cliff: how many fall over it?
fn falls(over_the_cliff: impl Fn() -> Outcome + Sync, seed: u64) -> f64 {
    let space = Space::new().with("lr", Domain::float(1e-5, 1e3, Scale::Log, None).unwrap());
    let study = Study::minimize(space).seed(seed).open().unwrap();
    let objective = |trial: &mut tunesmith_tuner::TrialRun<'_>| match trial.float("lr") {
        lr if lr > 1.0 => over_the_cliff(),
        lr => Outcome::Complete(-lr.ln()),
    };
    study.optimize(objective, &Budget::trials(120)).unwrap();
    let later = &study.trials()[40..];
    later.iter().filter(|trial| trial.state != TrialState::Complete).count() as f64 / later.len() as f64
}

#[test]
fn diverged_trials_teach_tpe_to_stay_away() {
    let diverged = || Outcome::Diverged { step: 0, reason: "the loss is NaN".into() };
    let failed = || Outcome::Failed { reason: "the loss is NaN".into() };
    let learned = median((0..9).map(|seed| falls(diverged, seed)).collect());
    let ignored = median((0..9).map(|seed| falls(failed, seed)).collect());
    // Without the lesson nothing speaks against the other side of the cliff.
    assert!(learned < 0.8 * ignored, "{learned} fall after lessons, {ignored} without");
}

#[test]
fn a_study_in_which_everything_diverges_goes_on() {
    let study = Study::minimize((problems::all()[3].space)()).open().unwrap();
    study.optimize(|_: &mut tunesmith_tuner::TrialRun<'_>| f64::NAN, &Budget::trials(40)).unwrap();
    assert_eq!(study.counts().diverged, 40);
    assert!(study.best().is_none());
}

/// One history, two branches: what is suggested in a branch follows what was good in it.
#[test]
fn each_branch_of_a_conditional_space_learns_its_own_optimum() {
    let problem = problems::all()[4];
    let space = (problem.space)();
    let mut history = History::new(space.clone(), Direction::Minimize);
    let mut generator = Seed::new(0).generator();
    for number in 0..200 {
        let mut trial = TrialRecord::new(number);
        trial.params = space.complete(|d| d.domain.place(generator.uniform()));
        trial.state = TrialState::Complete;
        trial.value = Some((problem.value)(&trial.params));
        history.put(trial);
    }
    let suggestions: Vec<Params> = (0..60)
        .map(|seed| Tpe::default().suggest(&space, &history, &mut Seed::new(seed).generator()))
        .collect();
    let sgd: Vec<f64> =
        suggestions.iter().filter_map(|params| params.get("sgd.rate").and_then(Value::as_f64)).collect();
    assert!(sgd.len() > 20, "the better branch is suggested {} of 60 times", sgd.len());
    assert!((median(sgd) - 0.7).abs() < 0.15);
}
