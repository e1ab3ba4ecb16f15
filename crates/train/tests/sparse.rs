//! Training with large tables: rows that a batch does not meet change nothing, and stay where the layer says so.

use tunesmith_core::{Plug, Seed};
use tunesmith_data::{Dataset, Targets};
use tunesmith_nn::Sequential;
use tunesmith_nn::layers::{Dense, Embedding, Flatten};
use tunesmith_optim::{Layout, OptimizerEntry, Pace};
use tunesmith_tensor::{DType, Par};
use tunesmith_train::{Outcome, Stepper, Trainer, Training};

const WORDS: usize = 30_000;
const UNITS: usize = 10;

fn model(sparse: bool) -> Sequential {
    let embedding = Embedding::new(WORDS, UNITS).padding(0);
    let embedding = if sparse { embedding.sparse() } else { embedding };
    Sequential::new([4]).with(embedding).with(Flatten).with(Dense::new(1))
}

/// Rows of four words below a bound.
fn data(rows: usize, below: usize) -> Dataset {
    let mut generator = Seed::new(3).generator();
    let x = (0..4 * rows).map(|_| generator.below(below) as f32).collect();
    let values = (0..rows).map(|_| generator.normal() as f32).collect();
    Dataset::new(x, &["a", "b", "c", "d"], Targets::Numbers { values, outputs: 1 })
}

fn train(sparse: bool, training: &Training) -> (Vec<u32>, Outcome) {
    let fitted = Trainer::new(&model(sparse), training, &data(70, WORDS), None).unwrap().fit(&mut ());
    (fitted.params.iter().map(|x| x.to_bits()).collect(), fitted.outcome)
}

fn settings(optimizer: &str) -> Training {
    // 70 rows make a last batch that is not full; its parts are unequal.
    Training { accumulate: 3, ..Training::new("mse").optimizer(optimizer, 0.05).batch_size(8).epochs(3) }
}

#[test]
fn sparse_rows_change_no_bit_where_nothing_moves_by_itself() {
    for optimizer in ["sgd", "adagrad"] {
        for clip_norm in [None, Some(0.5)] {
            let training = Training { clip_norm, ..settings(optimizer) };
            assert_eq!(train(true, &training), train(false, &training), "{optimizer}");
        }
    }
    let adam = settings("adam");
    assert_ne!(train(true, &adam), train(false, &adam));
}

/// Steps of a stepper whose batches are planned with rows, against steps on whole gradients.
#[test]
fn a_batch_that_meets_few_rows_trains_as_one_with_whole_gradients() {
    let model = model(false);
    let data = data(40, WORDS);
    let steps = |whole: bool| {
        let mut stepper = Stepper::new(&model, &Plug::new("mse"), Par::Seq).unwrap();
        let plug = if whole {
            Plug::new("sam").with("rho", 0.0).with("inner", Plug::new("adam").to_value())
        } else {
            Plug::new("adam")
        };
        let mut rule = OptimizerEntry::make(&plug, "optimizer").unwrap();
        let learnt = model.params().into_iter().map(|p| (p.name, p.shape.dims().to_vec()));
        rule.init(&Layout::packed(learnt), DType::F32);
        let mut params: Vec<f32> = model.initial_params(0).into_iter().map(|p| p as f32).collect();
        for step in 0..5 {
            let rows: Vec<usize> = (8 * step..8 * step + 8).collect();
            let (pace, noise) = (Pace::default(), Seed::new(step as u64));
            stepper.step(&data, &rows, &mut params, &mut *rule, pace, noise).unwrap();
        }
        params.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
    };
    // With a radius of nothing, SAM is the rule inside it, Adam, on gradients that are handed over whole.
    assert_eq!(steps(false), steps(true));
}

#[test]
fn rows_that_no_batch_meets_stay_as_they_are() {
    let training = Training { l2: 0.1, ..settings("adamw") };
    let start: Vec<f32> = model(true).initial_params(0).into_iter().map(|p| p as f32).collect();
    let fitted = Trainer::new(&model(true), &training, &data(70, 50), None).unwrap().fit(&mut ());
    assert_eq!(fitted.params[50 * UNITS..WORDS * UNITS], start[50 * UNITS..WORDS * UNITS]);
    assert_eq!(fitted.params[..UNITS], start[..UNITS], "the padding vector");
    assert!((1..50).all(|row| fitted.params[row * UNITS..][..UNITS] != start[row * UNITS..][..UNITS]));
}

#[test]
fn rules_that_need_all_rows_are_refused_with_their_path() {
    let error =
        Trainer::new(&model(true), &settings("adafactor"), &data(8, 50), None).unwrap_err().to_string();
    assert!(error.contains("training.optimizer") && error.contains("`0.weight`"), "{error}");
    let sam = Training { optimizer: Plug::new("sam"), ..settings("sgd") };
    let error = Trainer::new(&model(true), &sam, &data(8, 50), None).unwrap_err().to_string();
    assert!(error.contains("more than one gradient"), "{error}");
}
