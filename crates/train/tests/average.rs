//! What averages of weights promise from a recipe: the average is what is measured and kept, with statistics of its own.

mod centre;

use centre::Centre;
use tunesmith_core::{Plug, Seed};
use tunesmith_data::{Batches, Dataset, Targets};
use tunesmith_nn::{Sequential, layers::Dense};
use tunesmith_optim::{Layout, OptimizerEntry, Pace};
use tunesmith_tensor::{DType, Par};
use tunesmith_train::{Evaluator, Fitted, Stepper, Trainer, Training};

const ROWS: usize = 40;
const EPOCHS: usize = 3;

fn line() -> Dataset {
    let mut g = Seed::new(4).generator();
    let x: Vec<f32> = (0..2 * ROWS).map(|_| (1.0 + g.normal()) as f32).collect();
    let values = x.chunks(2).map(|x| x[0] - 2.0 * x[1] + 0.5 * g.normal() as f32).collect();
    Dataset::new(x, &["a", "b"], Targets::Numbers { values, outputs: 1 })
}

fn training(optimizer: Plug) -> Training {
    Training { optimizer, ..Training::new("mse").epochs(EPOCHS).batch_size(10) }
}

fn sgd() -> Plug {
    Plug::new("sgd").with("lr", 0.05)
}

fn around(name: &str) -> Plug {
    Plug::new(name).with("inner", sgd().to_value())
}

fn fit(model: &Sequential, training: &Training) -> Fitted {
    Trainer::new(model, training, &line(), None).unwrap().fit(&mut ())
}

/// The parameters after each step of plain descent, as a trainer takes them.
fn walk(model: &Sequential) -> Vec<Vec<f32>> {
    let (data, seed) = (line(), Seed::new(0));
    let mut stepper = Stepper::new(model, &Plug::new("mse"), Par::Seq).unwrap();
    let mut rule = OptimizerEntry::make(&sgd(), "optimizer").unwrap();
    let learnt = model.params().into_iter().filter(|p| p.learnt);
    rule.init(&Layout::packed(learnt.map(|p| (p.name, p.shape.dims().to_vec()))), DType::F32);
    let mut params: Vec<f32> = model.initial_params(0).into_iter().map(|p| p as f32).collect();
    let mut batches = Batches::new(ROWS, 10, seed.named("order"));
    let mut walked = vec![params.clone()];
    for epoch in 0..EPOCHS {
        for rows in batches.epoch(epoch as u64) {
            let noise = seed.named("noise").at(walked.len() as u64 - 1);
            stepper.step(&data, rows, &mut params, &mut *rule, Pace::default(), noise).unwrap();
            walked.push(params.clone());
        }
    }
    walked
}

#[track_caller]
fn close(found: &[f32], expected: &[f64]) {
    let same = found.iter().zip(expected).all(|(a, b)| (f64::from(*a) - b).abs() < 1e-5);
    assert!(found.len() == expected.len() && same, "{found:?}, expected {expected:?}");
}

#[test]
fn ema_keeps_the_running_mean_of_the_weights() {
    let model = Sequential::new([2]).with(Dense::new(1));
    let walked = walk(&model);
    let mut mean: Vec<f64> = walked[0].iter().map(|&p| f64::from(p)).collect();
    for params in &walked[1..] {
        mean.iter_mut().zip(params).for_each(|(mean, p)| *mean = 0.8 * *mean + 0.2 * f64::from(*p));
    }
    let fitted = fit(&model, &training(around("ema").with("decay", 0.8).with("warmup", false)));
    close(&fitted.params, &mean);
}

#[test]
fn swa_keeps_the_mean_of_the_last_steps() {
    let model = Sequential::new([2]).with(Dense::new(1));
    let walked = walk(&model);
    let last = &walked[walked.len() - 6..]; // of twelve steps those that begin at half the training or later
    let mean = |i: usize| last.iter().map(|params| f64::from(params[i])).sum::<f64>() / last.len() as f64;
    let mean: Vec<f64> = (0..model.param_count()).map(mean).collect();
    close(&fit(&model, &training(around("swa").with("start", 0.5))).params, &mean);
}

#[test]
fn what_is_measured_and_kept_is_the_average() {
    let model = Sequential::new([2]).with(Dense::new(3).activation("tanh")).with(Centre).with(Dense::new(1));
    let plain = fit(&model, &training(sgd()));
    for name in ["ema", "swa"] {
        let training = training(around(name));
        let fitted = fit(&model, &training);
        assert_ne!(fitted.params, plain.params, "{name}");
        let mut evaluator = Evaluator::new(&model, &training.loss, &[], &line(), Par::Seq).unwrap();
        let rmse = evaluator.measure(&fitted.params, &line()).metrics["rmse"];
        assert_eq!(fitted.history.curve("rmse")[EPOCHS - 1], rmse, "{name}");
    }
}

#[test]
fn statistics_are_those_of_the_average() {
    let model = Sequential::new([2]).with(Dense::new(3)).with(Centre).with(Dense::new(1));
    // Batches of all rows: the mean of each is the mean of the data.
    let training = Training { batch_size: ROWS, ..training(around("swa").with("start", 0.3)) }.epochs(10);
    let fitted = fit(&model, &training);
    let (learnt, running) = fitted.params.split_at(model.param_count());
    let first = Sequential::new([2]).with(Dense::new(3));
    let put_out = first.predict(&learnt[..first.param_count()], line().x());
    let mean = |i: usize| put_out.chunks(3).map(|row| f64::from(row[i])).sum::<f64>() / ROWS as f64;
    for (i, &running) in running.iter().enumerate() {
        // What is left of the start after 64 batches is 0.9^64, a thousandth.
        assert!((f64::from(running) - mean(i)).abs() < 5e-3, "{running}, expected {}", mean(i));
    }
}

#[test]
fn recomputing_trains_to_the_same_bits() {
    let mut model = Sequential::new([2]);
    for _ in 0..6 {
        model = model.with(Dense::new(8).activation("relu")).with(Centre);
    }
    let model = model.with(Dense::new(1));
    let run = |recompute| fit(&model, &Training { recompute, ..training(sgd()) }).params;
    assert_eq!(run(true), run(false));
}
