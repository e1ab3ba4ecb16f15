//! Tables for plots: their rows are true, bounded and the same at every call, for wild studies too.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use tunesmith_core::{Domain, Generator, Scale, Seed, Space, Value};
use tunesmith_tuner::analysis::tables::{
    contour, empirical_distribution, intermediate_values, isolation, optimization_history,
    parallel_coordinate, rank, slice, timeline,
};
use tunesmith_tuner::analysis::{Importance, PedAnova, View, overtuning};
use tunesmith_tuner::{
    Direction, History, StopReason, StopRule, TrialRecord, TrialState, conform, finalists,
};

fn unit() -> Domain {
    Domain::float(0.0, 1.0, Scale::Linear, None).unwrap()
}

fn space() -> Space {
    Space::new()
        .with("optimizer", Domain::choice(["adam", "sgd"]).unwrap())
        .with_child("adam.lr", Domain::float(1e-5, 1e-1, Scale::Log, None).unwrap(), "optimizer", "adam")
        .with("layers", Domain::int(1, 3, Scale::Linear, 1).unwrap())
        .with("x", unit())
}

/// Complete trials of random settings; the value is given.
fn study(
    space: &Space,
    direction: Direction,
    n: u64,
    value: impl Fn(&TrialRecord, &mut Generator) -> f64,
) -> History {
    let mut random = Seed::new(1).generator();
    let mut history = History::new(space.clone(), direction);
    for number in 0..n {
        let mut trial = TrialRecord::new(number);
        trial.params = space.complete(|dimension| dimension.domain.place(random.uniform()));
        trial.state = TrialState::Complete;
        trial.value = Some(value(&trial, &mut random));
        history.put(trial);
    }
    history
}

fn read(trial: &TrialRecord, key: &str) -> f64 {
    trial.params[key].as_f64().unwrap()
}

#[test]
fn parallel_coordinates_have_gaps_where_a_setting_does_not_exist() {
    let history = study(&space(), Direction::Minimize, 40, |trial, _| read(trial, "x"));
    let table = parallel_coordinate(&history, &[], 100);
    assert_eq!(
        table.axes.iter().map(|axis| axis.key.as_str()).collect::<Vec<_>>(),
        ["optimizer", "adam.lr", "layers", "x"]
    );
    assert_eq!(
        table.axes[0].ticks.iter().map(|tick| (tick.coordinate, tick.label.as_str())).collect::<Vec<_>>(),
        [(0.5, "adam"), (1.5, "sgd")]
    );
    assert_eq!(
        table.axes[2].ticks.iter().map(|tick| tick.label.as_str()).collect::<Vec<_>>(),
        ["1", "2", "3"]
    );
    for (row, trial) in table.rows.iter().zip(history.trials()) {
        assert_eq!(row.coordinates[1].is_some(), trial.params["optimizer"] == Value::from("adam"));
        assert_eq!(row.coordinates[3], Some(read(trial, "x")));
        assert_eq!(row.value, trial.value);
    }
    let two = parallel_coordinate(&history, &["x", "layers"], 100);
    assert_eq!(two.rows[7].coordinates[0], table.rows[7].coordinates[3]);
    let json = serde_json::to_value(&table.rows[0]).unwrap();
    assert_eq!(json["trial"], 0);
    assert_eq!(json["state"], "complete");
}

#[test]
fn values_stand_in_the_unit_of_the_objective_and_the_best_only_improves() {
    let history = study(&space(), Direction::Maximize, 200, |_, random| random.normal());
    let table = optimization_history(&history, 20);
    assert_eq!(table.rows.len() + table.omitted, 200);
    let best: Vec<f64> = table.rows.iter().map(|row| row.best.unwrap()).collect();
    assert!(best.is_sorted());
    assert_eq!(*best.last().unwrap(), history.best().unwrap().value.unwrap());
    for row in &table.rows {
        assert!(row.value.unwrap() <= row.best.unwrap());
    }
    let all = optimization_history(&history, 1000);
    let improvements = |rows: &[f64]| {
        let mut rows = rows.to_vec();
        rows.dedup();
        rows
    };
    let every: Vec<f64> = all.rows.iter().map(|row| row.best.unwrap()).collect();
    assert_eq!(improvements(&best), improvements(&every));
}

#[test]
fn ranks_run_from_the_best_to_the_worst() {
    let history = study(&space(), Direction::Maximize, 51, |trial, _| read(trial, "x"));
    let pair = rank(&history, "layers", "x", 100).unwrap();
    let mut points = pair.points;
    points.sort_by(|a, b| b.y.total_cmp(&a.y));
    for (i, point) in points.iter().enumerate() {
        assert!((point.rank.unwrap() - i as f64 / 50.0).abs() < 1e-12);
    }
    assert!(rank(&history, "layers", "y", 9).is_none());
}

#[test]
fn a_contour_follows_the_values_and_leaves_gaps_where_nothing_is_near() {
    let space =
        Space::new().with("x", unit()).with("y", unit()).with("kind", Domain::choice(["a", "b"]).unwrap());
    let mut history = study(&space, Direction::Minimize, 400, |trial, _| {
        read(trial, "x")
            + 2.0 * read(trial, "y")
            + if trial.params["kind"] == Value::from("b") { 5.0 } else { 0.0 }
    });
    let surface = contour(&history, "x", "kind", 1000, 10).unwrap().surface.unwrap();
    assert_eq!((surface.x.len(), surface.y.len()), (10, 2));
    for row in &surface.values {
        let row: Vec<f64> = row.iter().map(|cell| cell.unwrap()).collect();
        assert!(row[9] > row[0] + 0.3, "{row:?}");
    }
    assert!(surface.values[1][5].unwrap() - surface.values[0][5].unwrap() > 4.0);
    // Move all trials into a corner: the opposite one is a gap.
    for mut trial in history.trials().to_vec() {
        for key in ["x", "y"] {
            let x = read(&trial, key) * 0.2;
            trial.params.insert(key.into(), Value::Float(x));
        }
        history.put(trial);
    }
    let surface = contour(&history, "x", "y", 1000, 10).unwrap().surface.unwrap();
    assert!(surface.values[0][0].is_some() && surface.values[9][9].is_none());
    assert!(contour(&history, "x", "y", 1000, 0).unwrap().surface.is_none());
}

#[test]
fn isolation_finds_the_best_of_each_part_and_allows_for_its_size() {
    let history = study(&space(), Direction::Maximize, 300, |trial, random| {
        // Layers do nothing, but the optimizer does.
        random.normal() + if trial.params["optimizer"] == Value::from("sgd") { 10.0 } else { 0.0 }
    });
    let plot = isolation(&history, "optimizer", 5).unwrap();
    assert_eq!(plot.buckets.iter().map(|bucket| bucket.label.as_str()).collect::<Vec<_>>(), ["adam", "sgd"]);
    let [adam, sgd] = &plot.buckets[..] else { panic!("two options") };
    assert_eq!(adam.trials + sgd.trials, 300);
    assert!(sgd.band_low.unwrap() > adam.band_high.unwrap() + 5.0);
    assert_eq!(sgd.best, history.best().unwrap().value);
    assert_eq!(sgd.best_trial, Some(history.best().unwrap().number));
    let layers = isolation(&history, "layers", 5).unwrap();
    assert_eq!(
        layers.buckets.iter().map(|bucket| bucket.label.as_str()).collect::<Vec<_>>(),
        ["1", "2", "3"]
    );
    let apart = |a: usize, b: usize| {
        let (a, b) = (&layers.buckets[a], &layers.buckets[b]);
        let error = a.standard_error.unwrap().hypot(b.standard_error.unwrap());
        (a.best_of_equal.unwrap() - b.best_of_equal.unwrap()).abs() / error
    };
    assert!(apart(0, 1) < 3.0 && apart(1, 2) < 3.0);
    let thirds = isolation(
        &study(
            &Space::new().with("n", Domain::int(1, 10, Scale::Linear, 1).unwrap()),
            Direction::Minimize,
            50,
            |trial, _| read(trial, "n"),
        ),
        "n",
        3,
    )
    .unwrap();
    assert_eq!(
        thirds.buckets.iter().map(|bucket| bucket.label.as_str()).collect::<Vec<_>>(),
        ["1 to 3", "4 to 7", "8 to 10"]
    );
    assert_eq!(
        thirds.buckets.iter().map(|bucket| bucket.best).collect::<Vec<_>>(),
        [Some(1.0), Some(4.0), Some(8.0)]
    );
    let ranges = isolation(&history, "adam.lr", 4).unwrap();
    assert_eq!(ranges.buckets[0].label, "1e-5 to 0.0001");
    assert_eq!(ranges.buckets.iter().map(|bucket| bucket.trials).sum::<usize>(), adam.trials);
}

#[test]
fn a_distribution_ends_at_one_and_orders_searches() {
    let good = study(&space(), Direction::Minimize, 500, |_, random| random.normal());
    let bad = study(&space(), Direction::Minimize, 300, |_, random| random.normal() + 1.0);
    let [good, bad] = [empirical_distribution("good", &good, 40), empirical_distribution("bad", &bad, 1000)];
    assert_eq!((good.steps.len(), bad.steps.len()), (40, 300));
    for steps in [&good.steps, &bad.steps] {
        assert!(steps.is_sorted_by(|a, b| a.value < b.value && a.share < b.share));
        assert_eq!(steps.last().unwrap().share, 1.0);
    }
    let share = |of: &tunesmith_tuner::analysis::tables::EmpiricalDistribution| {
        of.steps.iter().rev().find(|step| step.value <= 0.0).unwrap().share
    };
    assert!((share(&good) - 0.5).abs() < 0.08 && (share(&bad) - 0.16).abs() < 0.08);
}

#[test]
fn curves_and_times_are_those_of_the_trials() {
    let mut history = History::new(Space::new(), Direction::Minimize);
    let origin = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
    for number in 0..5 {
        let mut trial = TrialRecord::new(number);
        (0..100).for_each(|step| assert!(trial.report(step, step as f64)));
        trial.started = Some(origin + Duration::from_millis(number * 500));
        if number < 4 {
            trial.finished = trial.started.map(|time| time + Duration::from_secs(2));
            (trial.state, trial.value) = (TrialState::Complete, Some(number as f64));
        }
        history.put(trial);
    }
    let curves = intermediate_values(&history, 10, 12);
    assert_eq!(curves.curves.len(), 5);
    assert_eq!(curves.curves[0].steps.len(), 12);
    assert_eq!((curves.curves[0].steps[0], curves.curves[0].steps[11]), (0, 99));
    let times = timeline(&history, 10);
    assert_eq!(times.origin, 1000.0);
    assert_eq!((times.rows[3].start, times.rows[3].end), (1.5, Some(3.5)));
    assert_eq!(times.rows[4].end, None);
}

#[test]
fn nothing_is_lost_when_the_last_incumbent_tests_best() {
    let history = study(&space(), Direction::Maximize, 100, |_, random| random.normal());
    let same = overtuning(&history, |trial| trial.value).unwrap();
    assert_eq!((same.absolute, same.relative, same.optimism), (0.0, Some(0.0), 0.0));
    let inverse = overtuning(&history, |trial| trial.value.map(|value| -value)).unwrap();
    assert!(inverse.absolute > 0.0 && inverse.relative.is_none());
    assert!(overtuning(&history, |_| None).is_none());
}

#[test]
fn a_trial_that_breaks_a_constraint_is_no_best_once_another_keeps_it() {
    let mut history = History::new(Space::new(), Direction::Minimize);
    for (number, (value, broken)) in
        [(1.0, 2.0), (5.0, 1.0), (9.0, -1.0), (2.0, 0.5), (8.0, 0.0)].iter().enumerate()
    {
        let mut trial = TrialRecord::new(number as u64);
        trial.params.insert("x".into(), Value::Float(*value));
        trial.system.insert("constraints:memory".into(), broken.to_string());
        (trial.state, trial.value) = (TrialState::Complete, Some(*value));
        history.put(trial);
    }
    let rows = optimization_history(&history, 100).rows;
    let best: Vec<f64> = rows.iter().map(|row| row.best.unwrap()).collect();
    assert_eq!(best, [1.0, 5.0, 9.0, 9.0, 8.0]);
    assert_eq!(rows.iter().map(|row| row.feasible).collect::<Vec<_>>(), [false, false, true, false, true]);
    assert_eq!(StopRule::Target(3.0).check(&history), None);
    assert_eq!(StopRule::Target(8.5).check(&history), Some(StopReason::Target { trial: 4 }));
    let runners: Vec<Option<f64>> =
        finalists(&history, None).iter().map(|candidate| candidate.search_value).collect();
    assert_eq!(runners, [Some(8.0)]);
}

#[test]
fn further_objectives_have_tables_of_their_own() {
    let directions = [Direction::Minimize, Direction::Maximize];
    let space = Space::new().with("x", unit());
    let mut history = History::of_objectives(space.clone(), &directions);
    for number in 0..50 {
        let mut trial = TrialRecord::new(number);
        let x = number as f64 / 50.0;
        trial.params.insert("x".into(), Value::Float(x));
        (trial.state, trial.value, trial.further) = (TrialState::Complete, Some(x), vec![-x * x]);
        history.put(trial);
    }
    let second = View::of_objective(&history, 1);
    let points = slice(second, "x", 100).unwrap().points;
    assert!(points.iter().all(|point| point.value == Some(-point.coordinate * point.coordinate)));
    assert_eq!(isolation(second, "x", 2).unwrap().buckets[1].best, Some(-0.25));
    assert_eq!(rank(second, "x", "x", 100).unwrap().points[0].rank, Some(0.0));
    let importance = PedAnova::default().evaluate_losses(&history, &second.complete_losses());
    assert!(importance[0].importance > 0.0);
}

proptest! {
    #[test]
    fn every_table_of_every_study_is_bounded_repeatable_and_serialises(seed in 0_u64..5000, n in 0_u64..60, most in 0_usize..40) {
        let mut random = Seed::new(seed).generator();
        let space = conform::random_space(&mut random);
        let history = conform::random_history(&space, Direction::Maximize, n, &mut random);
        let keys: Vec<&str> = space.dimensions().iter().map(|d| d.key.as_str()).collect();
        let (x, y) = (keys[0], keys[keys.len() - 1]);
        let tables = || {
            let points = slice(&history, x, most).unwrap();
            let plane = contour(&history, x, y, most, 7).unwrap();
            let rows = parallel_coordinate(&history, &[], most);
            assert!(points.points.len() <= most && plane.points.len() <= most && rows.rows.len() <= most);
            assert!(points.points.len() + points.omitted <= n as usize);
            let curves = intermediate_values(&history, most, 3);
            assert!(curves.curves.len() <= most && curves.curves.iter().all(|curve| curve.steps.len() <= 3));
            let parts = isolation(&history, y, 4).unwrap();
            assert!(parts.buckets.iter().all(|bucket| bucket.trials == 0 || bucket.best.unwrap().is_finite()));
            let edf = empirical_distribution("s", &history, most);
            serde_json::to_string(&(
                serde_json::to_value(&points).unwrap(),
                serde_json::to_value(&plane).unwrap(),
                serde_json::to_value(&rows).unwrap(),
                serde_json::to_value(&curves).unwrap(),
                serde_json::to_value(&parts).unwrap(),
                serde_json::to_value(&edf).unwrap(),
                serde_json::to_value(optimization_history(&history, most)).unwrap(),
                serde_json::to_value(timeline(&history, most)).unwrap(),
            )).unwrap()
        };
        prop_assert_eq!(tables(), tables());
    }
}
