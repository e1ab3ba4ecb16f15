//! Groups mean the same for every rule, and are read from a recipe with errors that name the place.

use tunesmith_core::{Entry as _, Table, Value, all};
use tunesmith_optim::{Group, Groups, Layout, OptimizerEntry, Pace, Rule, Sgd};
use tunesmith_tensor::{DType, Par};

/// Rules with sums over all parameters have one estimate for all groups.
fn has_sums(entry: &OptimizerEntry) -> bool {
    let optimizer = entry.build(&Table::new(), "optimizer").unwrap();
    let sums = ["d", "lr_max"];
    optimizer.states().iter().any(|state| state.is_global() && sums.contains(&state.name))
}

/// What takes several gradients a step has no single one whose factor this could be.
fn takes_one_gradient(entry: &OptimizerEntry) -> bool {
    !entry.build(&Table::new(), "optimizer").unwrap().needs_closure()
}

#[test]
fn a_groups_factor_is_a_schedules_factor_for_the_group_alone() {
    let layout = Layout::packed([("a", vec![3, 2]), ("b", vec![2])]);
    let slower = Groups::new([Group { pattern: "b".into(), lr: 0.25, ..Group::default() }]).on(&layout);
    for entry in
        all::<OptimizerEntry>().into_iter().filter(|entry| !has_sums(entry) && takes_one_gradient(entry))
    {
        let run = |layout: &Layout, scale: f64| {
            let mut optimizer = entry.build(&Table::new(), "optimizer").unwrap();
            optimizer.init(layout, DType::F64);
            let mut values = [1.0, -2.0, 0.5, 3.0, -1.5, 2.5, 1.0, -1.0];
            for step in 0..5 {
                let gradient: Vec<f64> = (0..8).map(|i| f64::from((i * 7 + step * 5) % 11) - 4.0).collect();
                optimizer
                    .step(&mut values, &[&gradient], Pace { scale, ..Pace::default() }, Par::Seq)
                    .unwrap();
            }
            values
        };
        let (fast, slow, both) = (run(&layout, 1.0), run(&layout, 0.25), run(&slower, 1.0));
        assert_eq!(both[..6], fast[..6], "{}", entry.meta().name);
        assert_eq!(both[6..], slow[6..], "{}", entry.meta().name);
    }
}

#[test]
fn a_frozen_group_thaws_when_its_share_of_the_training_is_over() {
    let layout = Layout::packed([("body", vec![1]), ("head", vec![1])]);
    let groups = Groups::new([Group { pattern: "body".into(), freeze: 0.5, ..Group::default() }]);
    let mut optimizer = Sgd { lr: 1.0, momentum: 0.9, ..Sgd::default() }.optimizer();
    optimizer.init(&groups.on(&layout), DType::F64);
    let mut values = [0.0_f64; 2];
    let mut bodies = Vec::new();
    for progress in [0.0, 0.49, 0.5, 0.75] {
        optimizer
            .step(&mut values, &[&[-1.0, -1.0]], Pace { progress, ..Pace::default() }, Par::Seq)
            .unwrap();
        bodies.push(values[0]);
    }
    assert_eq!(bodies, [0.0, 0.0, 1.0, 2.9]); // momentum starts with the thaw
}

/// Gradients that do not depend on the values, another one in each step.
fn gradient(step: usize) -> [f64; 3] {
    let at = |i: usize| ((i * 7 + step * 5) % 11) as f64 - 4.5;
    [at(0), at(1), at(2)]
}

#[test]
fn a_thawed_group_goes_on_as_if_training_began_with_the_thaw() {
    let layout = Layout::packed([("body", vec![2]), ("head", vec![1])]);
    let groups = Groups::new([Group { pattern: "body".into(), freeze: 0.5, ..Group::default() }]).on(&layout);
    // What keeps a number for all parameters goes on with it.
    let own = |entry: &&OptimizerEntry| {
        !entry.build(&Table::new(), "o").unwrap().states().iter().any(|state| state.is_global())
    };
    for entry in all::<OptimizerEntry>().into_iter().filter(own).filter(|entry| takes_one_gradient(entry)) {
        let name = entry.meta().name;
        let mut thawing = entry.build(&Table::new(), name).unwrap();
        thawing.init(&groups, DType::F64);
        let mut alone = entry.build(&Table::new(), name).unwrap();
        alone.init(&Layout::packed([("body", vec![2])]), DType::F64);
        let (mut values, mut expected) = ([1.0, -2.0, 0.5], [1.0, -2.0]);
        for step in 0..8 {
            let pace = Pace { progress: step as f64 / 8.0, ..Pace::default() };
            thawing.step(&mut values, &[&gradient(step)], pace, Par::Seq).unwrap();
            if step >= 4 {
                alone.step(&mut expected, &[&gradient(step)[..2]], pace, Par::Seq).unwrap();
            }
        }
        // Lookahead returns by the number of the step: both count from the thaw.
        assert_eq!(values[..2], expected, "{name}");
    }
}

#[test]
#[should_panic(expected = "call `on_over`")]
fn how_long_epochs_are_must_be_said() {
    let layout = Layout::packed([("body", vec![1]), ("head", vec![1])]);
    let _ = Groups::new([Group { freeze_epochs: 1, ..Group::default() }]).on(&layout);
}

#[test]
fn what_is_frozen_is_evaluated_as_it_is() {
    let layout = Layout::packed([("body", vec![1]), ("late", vec![1]), ("head", vec![1])]);
    let frozen = [("body", 1.0), ("late", 0.9)];
    let groups =
        Groups::new(frozen.map(|(name, freeze)| Group { pattern: name.into(), freeze, ..Group::default() }));
    for name in ["ema", "swa", "asgd", "schedule_free_sgd"] {
        let entry = tunesmith_core::find::<OptimizerEntry>(name, "optimizer").unwrap();
        let mut optimizer = entry.build(&Table::new(), "optimizer").unwrap();
        optimizer.init(&groups.on(&layout), DType::F64);
        let (mut values, mut average) = ([5.0, 6.0, 7.0], [0.0; 3]);
        for step in 0..3 {
            optimizer.step(&mut values, &[&gradient(step)], Pace::default(), Par::Seq).unwrap();
        }
        assert!(optimizer.average(&values, &mut average));
        assert_eq!(average[..2], [5.0, 6.0], "{name}");
        assert!(average[2] != 7.0 && (average[2] - 7.0).abs() < 20.0, "{name}");
    }
}

#[test]
fn a_gradient_that_is_not_finite_does_not_matter_where_nothing_moves() {
    let layout = Layout::packed([("body", vec![1]), ("head", vec![1])]);
    let groups = Groups::new([Group { pattern: "body".into(), freeze: 1.0, ..Group::default() }]);
    let mut optimizer = Sgd { lr: 1.0, ..Sgd::default() }.optimizer();
    optimizer.init(&groups.on(&layout), DType::F64);
    let mut values = [0.0_f64; 2];
    optimizer.step(&mut values, &[&[f64::NAN, -1.0]], Pace::default(), Par::Seq).unwrap();
    assert_eq!(values, [0.0, 1.0]);
    assert!(optimizer.step(&mut values, &[&[0.0, f64::NAN]], Pace::default(), Par::Seq).is_err());
}

fn read(json: &str) -> Result<Groups, String> {
    let value: Value = serde_json::from_str(json).unwrap();
    Groups::from_value(&value, "training.groups").map_err(|error| error.to_string())
}

#[test]
fn a_recipe_lists_groups() {
    let groups =
        read(r#"[{"match": "*.bias", "decay": 0.0}, {"match": "0.*", "lr": 0.5, "freeze": 0.1}]"#).unwrap();
    let expected = Groups::new([
        Group { pattern: "*.bias".into(), decay: 0.0, ..Group::default() },
        Group { pattern: "0.*".into(), lr: 0.5, freeze: 0.1, ..Group::default() },
    ]);
    assert_eq!(groups, expected);
}

#[test]
fn what_is_wrong_with_a_group_is_said_with_its_place() {
    let error = read(r#"[{"match": "*"}, {"mach": "*"}]"#).unwrap_err();
    assert_eq!(error, "training.groups.1: unknown key `mach`, did you mean `match`?");
    let error = read(r#"["*.bias"]"#).unwrap_err();
    assert!(error.starts_with("training.groups.0: a group, such as"), "{error}");
    let error = read(r#"{"match": "*"}"#).unwrap_err();
    assert!(error.starts_with("training.groups: a list of groups"), "{error}");
}
