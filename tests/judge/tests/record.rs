//! The record of a peer is about today's problems.

use std::collections::BTreeMap;

use tunesmith_core::Seed;
use tunesmith_judge::{recorded, tasks};

/// Regret and observation at three random points of every problem: what a change of a problem changes.
fn fingerprints() -> BTreeMap<&'static str, Vec<Option<f64>>> {
    let fingerprint = |task: &tunesmith_judge::Task| {
        let mut generator = Seed::new(0).named("record").generator();
        let point = |trial| {
            let params = task.space().complete(|d| d.domain.place(generator.uniform()));
            [task.regret(&params), task.observe(&params, 1, trial)].map(|x| x.is_finite().then_some(x))
        };
        (0..3).flat_map(point).collect()
    };
    tasks().iter().map(|task| (task.name(), fingerprint(task))).collect()
}

#[test]
fn problems_are_those_that_were_recorded() {
    let then: BTreeMap<String, Vec<Option<f64>>> =
        serde_json::from_str(include_str!("../peer/problems.json")).unwrap();
    for (name, now) in fingerprints() {
        let near = |(now, then): (&Option<f64>, &Option<f64>)| match (now, then) {
            (Some(now), Some(then)) => (now - then).abs() <= 1e-9 * then.abs().max(1.0),
            (now, then) => now == then,
        };
        let same =
            then.get(name).is_some_and(|then| now.len() == then.len() && now.iter().zip(then).all(near));
        assert!(
            same,
            "`{name}` is not the problem that was recorded: strike its lines from the record of the peer, run that again, \
             and write into peer/problems.json:\n\"{name}\":{}",
            serde_json::to_string(&now).unwrap()
        );
    }
}

#[test]
fn the_record_is_of_problems_that_are_there_and_holds_every_seed() {
    let mut seeds: BTreeMap<(String, String), Vec<u64>> = BTreeMap::new();
    for score in recorded().unwrap() {
        assert_eq!(score.regret.keys().copied().collect::<Vec<_>>(), [25, 50, 100], "{score}");
        assert!(score.regret.values().all(|regret| *regret >= 0.0), "nothing is below an optimum: {score}");
        seeds.entry((score.problem, score.sampler)).or_default().push(score.seed);
    }
    for ((problem, sampler), seeds) in &seeds {
        assert!(tasks().iter().any(|task| task.name() == problem), "{problem}");
        assert_eq!(*seeds, (0..20).collect::<Vec<u64>>(), "{problem}, {sampler}");
    }
}
