//! What schedules of batch size and momentum promise, and layers that begin to learn later.

use std::sync::{Arc, Mutex};

use tunesmith_core::{Flow, Plug, Reporter, Seed, Table, Value};
use tunesmith_data::{Batches, Dataset, Targets};
use tunesmith_nn::{Sequential, layers::Dense};
use tunesmith_optim::{Layout, OptimizerEntry, Pace};
use tunesmith_tensor::{DType, Par};
use tunesmith_train::callback::{Callback, EpochEnd};
use tunesmith_train::{Outcome, Stepper, Trainer, Training};

const ROWS: usize = 50;

fn data() -> Dataset {
    let mut g = Seed::new(1).generator();
    let x: Vec<f32> = (0..2 * ROWS).map(|_| g.normal() as f32).collect();
    let y = x.chunks_exact(2).map(|x| x[0] * x[1]).collect();
    Dataset::new(x, &["a", "b"], Targets::Numbers { values: y, outputs: 1 })
}

fn model() -> Sequential {
    let hidden = || Dense::new(8).activation("tanh");
    Sequential::new([2]).with(hidden()).with(hidden()).with(Dense::new(1))
}

/// Twice as many rows from every second epoch on.
fn doubling() -> Plug {
    Plug::new("step").with("step_size", 2_usize).with("gamma", 2.0)
}

fn training() -> Training {
    Training::new("mse").optimizer("adam", 0.01).epochs(6).batch_size(8)
}

fn trainer(training: &Training) -> Trainer {
    Trainer::new(&model(), training, &data(), None).unwrap()
}

fn refused(training: &Training) -> String {
    Trainer::new(&model(), training, &data(), None).unwrap_err().to_string()
}

#[test]
fn batches_grow_at_the_borders_of_epochs_and_the_rest_goes_on_as_it_was() {
    let scheduled = Training { batch_size_schedule: Some(doubling()), ..training() };
    let trainer = trainer(&scheduled);
    let steps: usize = [8, 8, 16, 16, 32, 32].into_iter().map(|size| ROWS.div_ceil(size)).sum();
    assert_eq!(trainer.total_steps(), steps);
    let fitted = trainer.fit(&mut ());
    assert_eq!(fitted.history.curve("batch_size"), [8.0, 8.0, 16.0, 16.0, 32.0, 32.0]);

    // The same by hand.
    let (data, model, seed) = (data(), model(), Seed::new(0));
    let mut optimizer = OptimizerEntry::make(&scheduled.optimizer, "o").unwrap();
    let layout = model.params().into_iter().map(|param| (param.name, param.shape.dims().to_vec()));
    optimizer.init(&Layout::packed(layout), DType::F32);
    let mut params: Vec<f32> = model.initial_params(0).into_iter().map(|p| p as f32).collect();
    let mut stepper = Stepper::new(&model, &Plug::new("mse"), Par::Seq).unwrap();
    let mut step = 0;
    for (epoch, size) in [8, 8, 16, 16, 32, 32].into_iter().enumerate() {
        for rows in Batches::new(ROWS, size, seed.named("order")).epoch(epoch as u64) {
            let pace = Pace { progress: step as f64 / steps as f64, ..Pace::default() };
            let noise = seed.named("noise").at(step as u64);
            stepper.step(&data, rows, &mut params, &mut *optimizer, pace, noise).unwrap();
            step += 1;
        }
    }
    assert_eq!(fitted.params, params);
}

#[test]
fn a_schedule_of_the_rate_ends_with_the_last_step_of_batches_that_grow() {
    let line = Plug::new("linear").with("start_factor", 1.0).with("end_factor", 0.0);
    let scheduled = Training { batch_size_schedule: Some(doubling()), schedule: Some(line), ..training() };
    let rates = trainer(&scheduled).fit(&mut ()).history.curve("lr");
    assert!(rates.windows(2).all(|pair| pair[1] < pair[0]), "{rates:?}");
    // The last of 7 + 7 + 4 + 4 + 2 + 2 steps.
    assert!((rates[5] - 0.01 / 26.0).abs() < 1e-12, "{rates:?}");
}

#[test]
fn the_memory_is_planned_for_the_batches_that_need_most() {
    let scheduled = Training { batch_size_schedule: Some(doubling()), ..training() };
    let plain = |size| trainer(&training().batch_size(size)).bytes();
    let most = [8, 16, 32].map(plain).into_iter().max().unwrap();
    assert!(most > plain(8));
    let mut trainer = trainer(&scheduled);
    assert_eq!(trainer.bytes(), most);
    // Asking changes nothing.
    let unasked = self::trainer(&scheduled).fit(&mut ());
    assert_eq!(trainer.fit(&mut ()).params, unasked.params);
}

/// Asks for a break after every epoch.
struct Breaks;

impl Reporter for Breaks {
    fn report(&mut self, _: u64, _: f64) -> Flow {
        Flow::Pause
    }
}

#[test]
fn pausing_forking_and_cooled_copies_leave_schedules_where_they_are() {
    let momentum = Plug::new("linear").with("start_factor", 0.5).with("end_factor", 1.0);
    let scheduled =
        Training { batch_size_schedule: Some(doubling()), momentum_schedule: Some(momentum), ..training() };
    let through = trainer(&scheduled).fit(&mut ());
    let mut paused = trainer(&scheduled).reporting("loss");
    while !paused.advance(&mut Breaks) {
        assert!(paused.cooled(3).is_some());
        paused = trainer(&scheduled).reporting("loss").going_on_from(&mut paused).unwrap();
    }
    let paused = paused.finish();
    assert_eq!((paused.params, paused.outcome), (through.params, Outcome::Finished));
}

#[test]
fn a_factor_of_the_momentum_is_a_rule_with_that_much_less() {
    for (rule, key) in [("sgd", "momentum"), ("adam", "beta1"), ("lion", "beta1")] {
        let of = |momentum: f64| Plug::new(rule).with("lr", 0.01).with(key, momentum);
        let half = Plug::new("constant").with("factor", 0.5);
        let scheduled = Training { optimizer: of(0.9), momentum_schedule: Some(half), ..training() };
        let scheduled = trainer(&scheduled).fit(&mut ());
        let plain = trainer(&Training { optimizer: of(0.45), ..training() }).fit(&mut ());
        assert_eq!(scheduled.params, plain.params, "{rule}");
        assert_eq!(scheduled.history.curve("momentum"), [0.45; 6], "{rule}");
    }
}

#[test]
fn what_no_schedule_can_move_is_refused_with_the_cure() {
    let constant = |factor: f64| Some(Plug::new("constant").with("factor", factor));
    let moved =
        |rule: &str| Training { optimizer: Plug::new(rule), momentum_schedule: constant(0.5), ..training() };
    assert_eq!(
        refused(&moved("adagrad")),
        "training.momentum_schedule: adagrad has no momentum to schedule: leave it out, or take a rule with a setting `momentum` or `beta1`, such as sgd or adam"
    );
    let still = Training { optimizer: Plug::new("sgd").with("momentum", 0.0), ..moved("sgd") };
    assert!(refused(&still).contains("the momentum of sgd is 0"), "{}", refused(&still));
    let much = Training { momentum_schedule: constant(1.2), ..moved("adam") };
    assert_eq!(
        refused(&much),
        "training.momentum_schedule: the momentum 0.9 of adam becomes 1.0800 in step 0, it must stay below 1: lower it, or the schedule's factors"
    );
    let whole = Training { optimizer: Plug::new("lbfgs"), batch_size_schedule: constant(2.0), ..training() };
    assert_eq!(
        refused(&whole),
        "training.batch_size_schedule: lbfgs takes all rows at once, whatever a batch has: leave it out"
    );
}

/// Keeps the weights after every epoch.
#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Vec<Vec<f32>>>>);

impl Callback for Kept {
    fn epoch_end(&mut self, end: &mut EpochEnd<'_>) -> Flow {
        self.0.lock().unwrap().push(end.params.to_vec());
        Flow::Continue
    }
}

/// For each dense layer, the first epoch that moved it.
fn begins(training: &Training) -> Vec<usize> {
    let kept = Kept::default();
    let first: Vec<f32> = model().initial_params(0).into_iter().map(|p| p as f32).collect();
    let fitted = trainer(training).callback(kept.clone()).fit(&mut ());
    assert_eq!(fitted.outcome, Outcome::Finished);
    let after = kept.0.lock().unwrap();
    // Weights and biases of 2-8-8-1.
    [0..24, 24..96, 96..105]
        .into_iter()
        .map(|layer| after.iter().position(|params| params[layer.clone()] != first[layer.clone()]).unwrap())
        .collect()
}

#[test]
fn layers_begin_to_learn_in_the_epoch_that_the_recipe_says() {
    let frozen = |pattern: &str, epochs: i64| Plug {
        name: "group".into(),
        config: [
            ("match".to_owned(), Value::from(pattern)),
            ("freeze_epochs".to_owned(), Value::Int(epochs)),
        ]
        .into_iter()
        .collect::<Table>(),
    };
    assert_eq!(begins(&training()), [0, 0, 0]);
    // Epochs of few steps count as much as those of many.
    for batch_size_schedule in [None, Some(doubling())] {
        let training = Training { batch_size_schedule, ..training() };
        let groups = vec![frozen("0.*", 4), frozen("2.*", 3)];
        assert_eq!(begins(&Training { groups, ..training.clone() }), [4, 0, 3]);
        assert_eq!(begins(&Training { gradual_unfreezing: Some(1), ..training.clone() }), [2, 1, 0]);
        let both = Training { gradual_unfreezing: Some(2), groups: vec![frozen("1.*", 3)], ..training };
        assert_eq!(begins(&both), [4, 3, 0]);
    }
    let never = Training { gradual_unfreezing: Some(3), ..training() };
    assert_eq!(
        refused(&never),
        "training.gradual_unfreezing: the first of 3 layers would wait for 6 epochs and the training has 6: train longer, or leave it out"
    );
}
