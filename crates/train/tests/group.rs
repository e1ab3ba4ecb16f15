//! Trials trained as a group become what they become alone.

use tunesmith_core::{Plug, Seed, Value};
use tunesmith_data::{Dataset, Targets};
use tunesmith_nn::Sequential;
use tunesmith_nn::layers::{Conv2d, Dense, Dropout, Flatten};
use tunesmith_optim::{Layout, Optimizer, OptimizerEntry, Pace};
use tunesmith_tensor::{DType, Par};
use tunesmith_train::{GroupStepper, GroupTrainer, Member, Outcome, Stepper, Trainer, Training, Turn};

const ROWS: usize = 48;

fn numbers(name: &str, count: usize) -> Vec<f32> {
    let mut generator = Seed::new(1).named(name).generator();
    (0..count).map(|_| generator.normal() as f32).collect()
}

/// Rows of five numbers in so many classes.
fn classes(count: usize) -> Dataset {
    let codes = numbers("codes", ROWS).iter().map(|x| ((x.abs() * 10.0) as i64) % count as i64).collect();
    let names = (0..count).map(|i| i.to_string()).collect();
    Dataset::new(numbers("x", ROWS * 5), &["a", "b", "c", "d", "e"], Targets::Classes { codes, names })
}

fn rule(name: &str, lr: f64) -> Box<dyn Optimizer> {
    OptimizerEntry::make(&Plug::new(name).with("lr", lr), "training.optimizer").unwrap()
}

fn first_params(model: &Sequential, seed: u64) -> Vec<f32> {
    model.initial_params(seed).into_iter().map(|x| x as f32).collect()
}

fn turn(trial: usize, step: u64) -> Turn {
    let pace = Pace { scale: 1.0 / (1.0 + 0.01 * step as f64 + trial as f64), ..Pace::default() };
    Turn { pace, noise: Seed::new(trial as u64).at(step) }
}

/// The rows of a step: batches of two sizes take turns.
fn rows(step: u64) -> Vec<usize> {
    let size = if step % 3 == 2 { 7 } else { 16 };
    (0..size).map(|i| (i * 5 + step as usize * 11) % ROWS).collect()
}

/// Some steps of one trial alone: its parameters and its losses.
fn alone(
    model: &Sequential,
    loss: &Plug,
    data: &Dataset,
    trial: usize,
    optimizer: &str,
    steps: std::ops::Range<u64>,
) -> (Vec<f32>, Vec<f64>) {
    let mut stepper = Stepper::new(model, loss, Par::Seq).unwrap();
    let mut params = first_params(model, trial as u64);
    let mut optimizer = rule(optimizer, 0.02);
    let layout = model.params().into_iter().map(|param| (param.name, param.shape.dims().to_vec()));
    optimizer.init(&Layout::packed(layout), DType::F32);
    let losses = steps
        .map(|step| {
            let Turn { pace, noise } = turn(trial, step);
            stepper.step(data, &rows(step), &mut params, &mut *optimizer, pace, noise).unwrap()
        })
        .collect();
    (params, losses)
}

fn group(models: &[Sequential], loss: &Plug, optimizers: &[&str]) -> GroupStepper {
    let member = |(trial, (model, optimizer)): (usize, (&Sequential, &&str))| {
        Member::new(model, first_params(model, trial as u64), rule(optimizer, 0.02))
    };
    let members = models.iter().zip(optimizers).enumerate().map(member).collect();
    GroupStepper::new(members, loss).unwrap()
}

/// Takes steps of all trials, and returns their losses by step.
fn run(
    group: &mut GroupStepper,
    data: &Dataset,
    trials: &[usize],
    steps: std::ops::Range<u64>,
) -> Vec<Vec<f64>> {
    steps
        .map(|step| {
            let turns: Vec<_> = trials.iter().map(|&trial| Some(turn(trial, step))).collect();
            group.step(data, &rows(step), &turns).iter().map(|loss| *loss.as_ref().unwrap()).collect()
        })
        .collect()
}

#[track_caller]
fn assert_close(name: &str, found: &[f32], wanted: &[f32]) {
    assert_eq!(found.len(), wanted.len());
    let scale = wanted.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    let off = found.iter().zip(wanted).fold(0.0_f32, |most, (a, b)| most.max((a - b).abs()));
    assert!(off <= 1e-5 * scale, "{name}: off by {off} of {scale}");
}

const OPTIMIZERS: [&str; 4] = ["adam", "sgd", "adamw", "adagrad"];

fn classifier(rate: f64) -> Sequential {
    Sequential::new([5])
        .with(Dropout::new(rate / 2.0))
        .with(Dense::new(8).activation("relu"))
        .with(Dropout::new(rate))
        .with(Dense::new(6).activation("tanh"))
        .with(Dense::new(3))
}

#[test]
fn trials_with_their_own_rates_rules_and_seeds_become_what_they_become_alone() {
    let (data, loss) = (classes(3), Plug::new("cross_entropy"));
    let models = [0.0, 0.5, 0.2, 0.0].map(classifier);
    let mut group = group(&models, &loss, &OPTIMIZERS);
    let losses = run(&mut group, &data, &[0, 1, 2, 3], 0..40);
    for (trial, (model, optimizer)) in models.iter().zip(OPTIMIZERS).enumerate() {
        let (params, alone) = alone(model, &loss, &data, trial, optimizer, 0..40);
        assert_close(optimizer, &group.members()[trial].params, &params);
        for (together, alone) in losses.iter().zip(&alone) {
            assert!(
                (together[trial] - alone).abs() < 1e-5 * alone,
                "{optimizer}: {} {alone}",
                together[trial]
            );
        }
    }
}

#[test]
fn every_kind_of_loss_is_that_of_each_trial() {
    let weighted = |data: Dataset| data.with_weights(numbers("w", ROWS).iter().map(|w| w.abs()).collect());
    let values = Targets::Numbers { values: numbers("y", ROWS * 2), outputs: 2 };
    let regression = Dataset::new(numbers("x", ROWS * 5), &["a", "b", "c", "d", "e"], values);
    let class_weights =
        Plug::new("cross_entropy").with("class_weight", [1.0, 3.0, 0.5].map(Value::from).to_vec());
    let smoothed = Plug::new("cross_entropy").with("label_smoothing", 0.1);
    for (loss, data, outputs, activation) in [
        (Plug::new("binary_cross_entropy"), classes(2), 1, "sigmoid"),
        (Plug::new("mse"), regression.clone(), 2, "linear"),
        (Plug::new("huber"), weighted(regression), 2, "linear"),
        (class_weights, classes(3), 3, "linear"),
        (smoothed, weighted(classes(3)), 3, "softmax"),
    ] {
        let model = Sequential::new([5])
            .with(Dense::new(4).without_bias().activation("gelu"))
            .with(Dense::new(outputs).activation(activation));
        let models = [model.clone(), model.clone(), model.clone()];
        let mut group = group(&models, &loss, &["adam", "adam", "sgd"]);
        let losses = run(&mut group, &data, &[0, 1, 2], 0..10);
        for (trial, optimizer) in ["adam", "adam", "sgd"].into_iter().enumerate() {
            let (params, alone) = alone(&model, &loss, &data, trial, optimizer, 0..10);
            assert_close(&loss.name, &group.members()[trial].params, &params);
            assert!((losses[9][trial] - alone[9]).abs() < 1e-5 * alone[9].abs(), "{}", loss.name);
        }
    }
}

#[test]
fn trials_that_stay_after_a_rung_do_not_notice_it() {
    let (data, loss) = (classes(3), Plug::new("cross_entropy"));
    let models = [0.0, 0.5, 0.2, 0.1].map(classifier);
    let mut group = group(&models, &loss, &OPTIMIZERS);
    run(&mut group, &data, &[0, 1, 2, 3], 0..10);
    let gone = group.keep(&[3, 1]);
    assert_eq!(gone.iter().map(|member| member.optimizer.name()).collect::<Vec<_>>(), ["adam", "adamw"]);
    run(&mut group, &data, &[3, 1], 10..20);
    assert_close("dropped", &gone[1].params, &alone(&models[2], &loss, &data, 2, "adamw", 0..10).0);
    assert_eq!(group.drop(0).optimizer.name(), "adagrad");
    run(&mut group, &data, &[1], 20..30);
    assert_close("kept", &group.members()[0].params, &alone(&models[1], &loss, &data, 1, "sgd", 0..30).0);
}

#[test]
fn a_trial_that_diverges_or_sits_out_leaves_the_others_alone() {
    let (data, loss) = (classes(3), Plug::new("cross_entropy"));
    let models = [classifier(0.0), classifier(0.0), classifier(0.0)];
    let mut broken = first_params(&models[1], 1);
    broken[3] = f32::NAN;
    let params = [first_params(&models[0], 0), broken.clone(), first_params(&models[2], 2)];
    let member = |(model, params): (&Sequential, Vec<f32>)| Member::new(model, params, rule("adam", 0.02));
    let members = models.iter().zip(params).map(member).collect();
    let mut group = GroupStepper::new(members, &loss).unwrap();
    for step in 0..10 {
        let losses = group.step(&data, &rows(step), &[Some(turn(0, step)), Some(turn(1, step)), None]);
        assert!(losses[0].is_ok() && losses[1].is_err() && losses[2].is_ok());
    }
    let bits = |params: &[f32]| params.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_close(
        "neighbour",
        &group.members()[0].params,
        &alone(&models[0], &loss, &data, 0, "adam", 0..10).0,
    );
    assert_eq!(bits(&group.members()[1].params), bits(&broken));
    assert_eq!(bits(&group.members()[2].params), bits(&first_params(&models[2], 2)));
}

#[test]
fn layers_that_no_group_can_have_are_named() {
    let dense = |units: usize, activation: &str| {
        Sequential::new([5]).with(Dense::new(units).activation(activation)).with(Dense::new(3))
    };
    let refusal = |models: &[Sequential]| {
        let member = |model: &Sequential| Member::new(model, first_params(model, 0), rule("adam", 0.1));
        let members = models.iter().map(member).collect();
        GroupStepper::new(members, &Plug::new("cross_entropy")).unwrap_err().to_string()
    };
    let units = refusal(&[dense(4, "relu"), dense(5, "relu")]);
    assert!(
        units.contains("model.layers.0") && units.contains("one number of units, found 4 and 5"),
        "{units}"
    );
    let activation = refusal(&[dense(4, "relu"), dense(4, "tanh")]);
    assert!(activation.contains("one activation"), "{activation}");
    let kinds =
        refusal(&[dense(4, "relu"), Sequential::new([5]).with(Dropout::new(0.1)).with(Dense::new(3))]);
    assert!(kinds.contains("found dense and dropout"), "{kinds}");
    let depth = refusal(&[dense(4, "relu"), Sequential::new([5]).with(Dense::new(3))]);
    assert!(depth.contains("as many layers, found 2 and 1"), "{depth}");
    let images = Sequential::new([1, 4, 4]).with(Conv2d::new(2, 3)).with(Flatten).with(Dense::new(3));
    let convolution = refusal(&[images.clone(), images]);
    assert!(convolution.contains("cannot be trained in a group"), "{convolution}");
}

#[test]
fn a_trained_group_is_its_trials_trained_alone() {
    let data = classes(3);
    let layer = |rate: f64| {
        let dense = Plug::new("dense").with("units", 6_usize).with("activation", "relu");
        let dropout = Plug::new("dropout").with("rate", rate);
        Plug::new("repeat").with("times", 2_usize).with("layers", vec![dense.to_value(), dropout.to_value()])
    };
    let model = |rate: f64| {
        let plugs = [layer(rate), Plug::new("dense").with("units", "classes")];
        Sequential::from_plugs(&plugs, [5], Some(3)).unwrap()
    };
    let training = || Training { seed: 7, ..Training::new("cross_entropy").epochs(6).batch_size(10) };
    let trials = [
        (model(0.3), Training { l2: 1e-3, ..training().optimizer("sgd", 0.1) }),
        (model(0.0), Training { schedule: Some(Plug::new("cosine")), ..training().optimizer("adam", 0.02) }),
        (model(0.1), Training { clip_norm: Some(0.5), l1: 1e-4, ..training().optimizer("adagrad", 0.05) }),
    ];
    let mut group = GroupTrainer::new(&trials, &data, Some(&data), Seed::new(7)).unwrap();
    assert_eq!(group.epoch().len(), 3);
    group.epoch();
    group.keep(&[0, 1, 9]);
    assert_eq!(group.running(), [0, 1]);
    let mut epochs = 2;
    while !group.epoch().is_empty() {
        epochs += 1;
    }
    assert_eq!(epochs, 6);
    for ((together, (model, training)), stopped) in
        group.finish().iter().zip(&trials).zip([false, false, true])
    {
        let training = Training { epochs: 6, ..training.clone() };
        let alone = Trainer::new(model, &training, &data, Some(&data)).unwrap().fit(&mut ());
        for name in ["loss", "lr", "validation_loss", "accuracy"] {
            let (a, b) = (together.history.curve(name), alone.history.curve(name));
            assert_eq!(a.len(), if stopped { 2 } else { 6 });
            assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() <= 1e-5 * b.abs()), "{name}: {a:?} {b:?}");
        }
        assert_eq!(together.outcome, if stopped { Outcome::Stopped } else { Outcome::Finished });
        if !stopped {
            assert_close("params", &together.params, &alone.params);
        }
    }
}

#[test]
fn a_trial_whose_rate_is_absurd_ends_as_diverged_and_the_group_goes_on() {
    let values = Targets::Numbers { values: numbers("y", ROWS), outputs: 1 };
    let data = Dataset::new(numbers("x", ROWS * 5), &["a", "b", "c", "d", "e"], values);
    let model = Sequential::new([5]).with(Dense::new(1));
    let trial = |lr| (model.clone(), Training::new("mse").optimizer("sgd", lr).epochs(30).batch_size(8));
    let mut group = GroupTrainer::new(&[trial(1e9), trial(0.01)], &data, None, Seed::new(0)).unwrap();
    while !group.epoch().is_empty() {}
    let fitted = group.finish();
    assert!(matches!(fitted[0].outcome, Outcome::Diverged { .. }), "{:?}", fitted[0].outcome);
    assert_eq!(fitted[1].outcome, Outcome::Finished);
}

#[test]
fn settings_that_are_one_for_all_are_named() {
    let (data, model) = (classes(3), classifier(0.0));
    let refusal = |other: Training| {
        let trials = [(model.clone(), Training::default()), (model.clone(), other)];
        GroupTrainer::new(&trials, &data, None, Seed::new(0)).unwrap_err().to_string()
    };
    assert!(refusal(Training::default().batch_size(7)).contains("training.batch_size"));
    let callbacks = vec![Plug::new("early_stopping")];
    assert!(refusal(Training { callbacks, ..Training::default() }).contains("training.callbacks"));
    assert!(refusal(Training { accumulate: 2, ..Training::default() }).contains("training.accumulate"));
    let bound = Training { max_norm: Some(1.0), ..Training::default() };
    assert!(refusal(bound).contains("training.constrain"));
}
