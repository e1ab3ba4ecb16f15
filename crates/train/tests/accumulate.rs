//! What accumulating gradients promises: several batches make one step as one batch of all their rows would.

mod centre;

use centre::{Centre, MOMENTUM};
use tunesmith_core::{Plug, Seed};
use tunesmith_data::{Dataset, Targets};
use tunesmith_nn::Sequential;
use tunesmith_nn::layers::{Dense, Dropout};
use tunesmith_optim::{Layout, Optimizer, OptimizerEntry, Pace};
use tunesmith_tensor::{DType, Par};
use tunesmith_train::{Stepper, Trainer, Training};

/// Three classes of random points of eight numbers.
fn points(rows: usize) -> Dataset {
    let mut g = Seed::new(7).generator();
    let codes: Vec<i64> = (0..rows).map(|i| (i % 3) as i64).collect();
    let x =
        codes.iter().flat_map(|&code| (0..8).map(|_| (code as f64 + g.normal()) as f32).collect::<Vec<_>>());
    let x = x.collect();
    let names = ["a", "b", "c"].map(str::to_owned).into();
    Dataset::new(x, &["x"; 8], Targets::Classes { codes, names })
}

fn dense(units: usize) -> Sequential {
    Sequential::new([8]).with(Dense::new(units).activation("tanh")).with(Dense::new(3))
}

fn sgd(model: &Sequential) -> Box<dyn Optimizer> {
    let mut sgd = OptimizerEntry::make(&Plug::new("sgd").with("lr", 1.0), "optimizer").unwrap();
    let layout = model.params().into_iter().filter(|p| p.learnt).map(|p| (p.name, p.shape.dims().to_vec()));
    sgd.init(&Layout::packed(layout), DType::F32);
    sgd
}

fn first_params(model: &Sequential) -> Vec<f32> {
    model.initial_params(1).into_iter().map(|p| p as f32).collect()
}

/// Loss and parameters after one step on rows, in parts.
fn step(model: &Sequential, data: &Dataset, loss: &Plug, rows: &[usize], part: usize) -> (f64, Vec<f32>) {
    let mut stepper = Stepper::new(model, loss, Par::Seq).unwrap().in_parts_of(part);
    let mut params = first_params(model);
    let loss =
        stepper.step(data, rows, &mut params, &mut *sgd(model), Pace::default(), Seed::new(5)).unwrap();
    (loss, params)
}

#[track_caller]
fn close((loss, params): &(f64, Vec<f32>), (expected, others): &(f64, Vec<f32>)) {
    assert!((loss - expected).abs() < 1e-6, "{loss}, expected {expected}");
    assert_eq!(params.len(), others.len());
    for (found, expected) in params.iter().zip(others) {
        assert!((found - expected).abs() < 2e-6, "{found}, expected {expected}");
    }
}

#[test]
fn parts_make_the_step_of_the_whole_whatever_their_sizes() {
    let (model, data) = (dense(16), points(60));
    let rows: Vec<usize> = (0..50).rev().collect();
    let weights = (0..60).map(|i| 0.25 * (i % 5) as f32).collect();
    let weighted = points(60).with_weights(weights);
    let plain = Plug::new("cross_entropy");
    let classes = Plug::new("cross_entropy").with("class_weight", vec![1.0, 0.5, 3.0]);
    for (data, loss) in [(&data, &plain), (&data, &classes), (&weighted, &plain), (&weighted, &classes)] {
        let whole = step(&model, data, loss, &rows, 50);
        assert_ne!(whole.1, first_params(&model));
        for part in [1, 7, 16, 25, 49] {
            close(&step(&model, data, loss, &rows, part), &whole); // 49 leaves a part of one row
        }
        assert_eq!(step(&model, data, loss, &rows, 1000), whole);
    }
}

#[test]
fn a_training_that_accumulates_is_that_of_the_larger_batch() {
    let (model, data) = (dense(16), points(100));
    let train = |batch_size, accumulate| {
        let training = Training {
            accumulate,
            ..Training::new("cross_entropy").optimizer("sgd", 0.1).epochs(3).batch_size(batch_size)
        };
        let trainer = Trainer::new(&model, &training, &data, None).unwrap();
        (trainer.total_steps(), trainer.fit(&mut ()))
    };
    let ((steps, fitted), (expected, whole)) = (train(8, 4), train(32, 1));
    assert_eq!((steps, expected), (12, 12)); // three steps of 32 rows and one of 4, three times
    for (found, expected) in fitted.params.iter().zip(&whole.params) {
        assert!((found - expected).abs() < 1e-5, "{found}, expected {expected}");
    }
    let (found, expected) = (fitted.history.curve("loss"), whole.history.curve("loss"));
    assert!(
        found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5),
        "{found:?}, expected {expected:?}"
    );
}

#[test]
fn the_same_bits_for_any_number_of_threads() {
    let model = Sequential::new([8])
        .with(Dense::new(256).activation("tanh"))
        .with(Dropout::new(0.3))
        .with(Dense::new(256).activation("relu"))
        .with(Dense::new(3));
    let data = points(500);
    let training = Training { accumulate: 3, ..Training::new("cross_entropy").epochs(2).batch_size(128) };
    let run = |threads: usize, par: Par| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            Trainer::new(&model, &training, &data, None).unwrap().parallel(par).unwrap().fit(&mut ())
        })
    };
    let alone = run(1, Par::Seq);
    for threads in [1, 2, 3] {
        let fitted = run(threads, Par::Rayon);
        assert_eq!(
            (alone.params.clone(), alone.history.clone()),
            (fitted.params, fitted.history),
            "{threads} threads"
        );
    }
    assert!(
        Stepper::new(&model, &training.loss, Par::Seq).unwrap().shards_of(128) > 1,
        "the test must cut a part"
    );
}

#[test]
fn parts_draw_different_dropout() {
    // The same row in every part: without dropout of its own, each part would have the same gradient.
    let model = Sequential::new([8]).with(Dropout::new(0.5)).with(Dense::new(3));
    let (data, loss) = (points(3), Plug::new("cross_entropy"));
    let (_, one) = step(&model, &data, &loss, &[0], 1);
    let (_, four) = step(&model, &data, &loss, &[0; 4], 1);
    assert_ne!(one, four);
}

#[test]
fn running_statistics_move_with_each_part() {
    // As PyTorch's normalisation: once a part.
    let model = Sequential::new([8]).with(Centre).with(Dense::new(3));
    let (data, loss) = (points(12), Plug::new("cross_entropy"));
    let rows: Vec<usize> = (0..12).collect();
    let (_, params) = step(&model, &data, &loss, &rows, 6);
    let x: Vec<f32> = rows.iter().flat_map(|&row| data.row(row).to_vec()).collect();
    let mean = |rows: std::ops::Range<usize>| rows.map(|row| f64::from(x[row * 8])).sum::<f64>() / 6.0;
    let expected = (1.0 - MOMENTUM) * MOMENTUM * mean(0..6) + MOMENTUM * mean(6..12);
    let found = f64::from(params[model.param_count()]);
    assert!((found - expected).abs() < 1e-6, "{found}, expected {expected}");
}

#[test]
fn a_refused_step_leaves_parameters_and_statistics() {
    let model = Sequential::new([8]).with(Centre).with(Dense::new(3));
    let mut params = first_params(&model);
    let before = params.clone();
    let mut x = vec![1.0; 32];
    x[20] = f32::NAN;
    let names = ["a", "b", "c"].map(str::to_owned).into();
    let data = Dataset::new(x, &["x"; 8], Targets::Classes { codes: vec![0, 1, 2, 0], names });
    let mut stepper = Stepper::new(&model, &Plug::new("cross_entropy"), Par::Seq).unwrap().in_parts_of(2);
    let stepped =
        stepper.step(&data, &[2, 3, 0, 1], &mut params, &mut *sgd(&model), Pace::default(), Seed::new(0));
    assert!(stepped.is_err());
    assert_eq!(params, before);
}
