//! Losses whose targets are not one number or class per row, and rows and labels that count differently, through training.

use tunesmith_core::{Plug, Seed};
use tunesmith_data::{Dataset, Targets};
use tunesmith_nn::{Sequential, layers::Dense, layers::Flatten};
use tunesmith_optim::{Layout, Pace, Rule, Sgd};
use tunesmith_tensor::{DType, Par};
use tunesmith_train::{Evaluator, Outcome, Stepper, Trainer, Training};

fn classes(count: usize) -> std::sync::Arc<[String]> {
    (0..count).map(|class| class.to_string()).collect()
}

fn features(count: usize) -> Vec<String> {
    (0..count).map(|feature| format!("x{feature}")).collect()
}

fn normals(count: usize, name: &str) -> Vec<f32> {
    let mut generator = Seed::new(0).named(name).generator();
    (0..count).map(|_| generator.normal() as f32).collect()
}

/// The loss of a batch before a step, in shards, and that of the same rows measured at once.
fn stepped_and_measured(loss: &Plug, data: &Dataset, model: &Sequential) -> (f64, f64, usize) {
    let mut stepper = Stepper::new(model, loss, Par::Seq).unwrap();
    let mut params: Vec<f32> = model.initial_params(0).into_iter().map(|p| p as f32).collect();
    let measured = Evaluator::new(model, loss, &[], data, Par::Seq).unwrap().measure(&params, data).loss;
    let mut sgd = Sgd::default().optimizer();
    let layout = model.params().into_iter().map(|param| (param.name, param.shape.dims().to_vec()));
    sgd.init(&Layout::packed(layout), DType::F32);
    let rows: Vec<usize> = (0..data.rows()).collect();
    let stepped = stepper.step(data, &rows, &mut params, &mut *sgd, Pace::default(), Seed::new(0)).unwrap();
    (stepped, measured, stepper.shards_of(rows.len()))
}

#[test]
fn shards_add_up_to_a_weighted_mean() {
    let (rows, width) = (128, 256);
    let mut generator = Seed::new(1).named("codes").generator();
    let codes = (0..rows).map(|_| generator.below(3) as i64).collect();
    let targets = Targets::Classes { codes, names: classes(3) };
    let data = Dataset::new(normals(rows * width, "x"), &features(width), targets);
    let weighted = data.clone().with_weights((0..rows).map(|row| 0.1 + row as f32 / 10.0).collect());
    let model = Sequential::new([width]).with(Dense::new(width).activation("relu")).with(Dense::new(3));
    let plain = Plug::new("cross_entropy");
    let with_classes = plain.clone().with("class_weight", vec![1.0, 0.2, 5.0]).with("label_smoothing", 0.1);
    let ignoring = plain.clone().with("ignore_index", 1.0);
    let mut seen = Vec::new();
    for (loss, data) in [
        (&plain, &data),
        (&plain, &weighted),
        (&with_classes, &data),
        (&with_classes, &weighted),
        (&ignoring, &data),
    ] {
        let (stepped, measured, shards) = stepped_and_measured(loss, data, &model);
        assert!(shards > 1, "the batch must be cut for this to mean something");
        assert!(
            (stepped - measured).abs() < 1e-5 * measured,
            "{loss:?}: {stepped} in shards, {measured} at once"
        );
        assert!(seen.iter().all(|other: &f64| (other - measured).abs() > 1e-4), "{loss:?} changes nothing");
        seen.push(measured);
    }
}

#[test]
fn a_row_of_weight_two_is_a_row_twice() {
    let targets = |values: &[f32]| Targets::Numbers { values: values.to_vec(), outputs: 1 };
    let weighted = Dataset::new(vec![1.0, 2.0], &["x"], targets(&[1.0, 5.0])).with_weights(vec![2.0, 1.0]);
    let twice = Dataset::new(vec![1.0, 1.0, 2.0], &["x"], targets(&[1.0, 1.0, 5.0]));
    let model = Sequential::new([1]).with(Dense::new(1));
    let fit = |data: &Dataset| {
        let training = Training::new("mse").optimizer("sgd", 0.1).epochs(50).batch_size(3);
        Trainer::new(&model, &training, data, None).unwrap().fit(&mut ())
    };
    let (a, b) = (fit(&weighted), fit(&twice));
    assert!(
        a.params.iter().zip(&b.params).all(|(a, b)| (a - b).abs() < 1e-5),
        "{:?} {:?}",
        a.params,
        b.params
    );
    assert!((a.history.curve("loss")[9] - b.history.curve("loss")[9]).abs() < 1e-5);
}

#[test]
fn a_batch_that_counts_nothing_moves_nothing() {
    let targets = Targets::Classes { codes: vec![0, 1], names: classes(2) };
    let data = Dataset::new(vec![1.0, 2.0], &["x"], targets).with_weights(vec![0.0, 0.0]);
    let model = Sequential::new([1]).with(Dense::new(2));
    let training = Training::new("cross_entropy").optimizer("sgd", 0.1).epochs(2);
    let fitted = Trainer::new(&model, &training, &data, None).unwrap().fit(&mut ());
    assert_eq!(fitted.outcome, Outcome::Finished);
    let first: Vec<f32> = model.initial_params(0).into_iter().map(|p| p as f32).collect();
    assert_eq!(fitted.params, first);
}

/// Four positions a row, each of a class that its own two features say.
fn per_position(rows: usize) -> Dataset {
    let x = normals(rows * 8, "positions");
    let codes = x.chunks(2).map(|x| i64::from(x[0] > 0.0) + i64::from(x[1] > 0.0)).collect();
    let targets = Targets::Classes { codes, names: classes(3) };
    Dataset::per_position(x, &features(8), 4, targets).with_sample_shape(&[4, 2])
}

#[test]
fn a_class_per_position_is_learnt_and_measured_over_positions() {
    let (train, test) = (per_position(200), per_position(300).take(&(200..300).collect::<Vec<_>>()));
    let model = Sequential::new([4, 2]).with(Dense::new(16).activation("tanh")).with(Dense::new(3));
    let training = Training::new("cross_entropy").optimizer("adam", 0.02).epochs(30);
    let fitted = Trainer::new(&model, &training, &train, Some(&test)).unwrap().fit(&mut ());
    let accuracy = fitted.history.curve("validation_accuracy");
    assert!(accuracy[0] < 0.9 && accuracy[29] > 0.95, "{accuracy:?}");
    let mut evaluator = Evaluator::new(&model, &training.loss, &[], &test, Par::Seq).unwrap();
    let predicted = evaluator.predict(&fitted.params, &test);
    let right = predicted.against(&test, None, |predictions| {
        let (codes, _) = predictions.codes().unwrap();
        assert_eq!((codes.len(), predictions.classes().len()), (400, 400));
        predictions.classes().iter().zip(codes).filter(|(a, b)| a == b).count()
    });
    assert!((right as f64 / 400.0 - accuracy[29]).abs() < 1e-12);

    // What the loss ignores no metric sees.
    let ignoring = Plug::new("cross_entropy").with("ignore_index", 1.0);
    let mut evaluator = Evaluator::new(&model, &ignoring, &[], &test, Par::Seq).unwrap();
    evaluator.predict(&fitted.params, &test).against(&test, None, |predictions| {
        let (codes, _) = predictions.codes().unwrap();
        assert!(codes.len() < 400 && codes.iter().all(|&code| code != 1));
        assert_eq!(predictions.classes().len(), codes.len());
    });

    let flat = Sequential::new([4, 2]).with(Flatten).with(Dense::new(3));
    let error = Trainer::new(&flat, &training, &train, None).unwrap_err().to_string();
    assert!(error.contains("position, 4 positions a row"), "{error}");
}

#[test]
fn parts_side_by_side_are_ranked() {
    let nothing = |rows: usize| Targets::Numbers { values: vec![0.0; rows], outputs: 1 };
    let fall = |loss: Plug, data: &Dataset, model: &Sequential| {
        let mut training = Training::new("mse").optimizer("adam", 0.02).epochs(30);
        training.loss = loss;
        let fitted = Trainer::new(model, &training, data, None).unwrap().fit(&mut ());
        let curve = fitted.history.curve("loss");
        assert!(curve[29] < 0.5 * curve[0], "{:?}: {curve:?}", training.loss);
    };
    // The wanted item's first feature is larger.
    let mut x = normals(200 * 4, "pairs");
    x.chunks_mut(4).filter(|x| x[0] < x[2]).for_each(|x| x.swap(0, 2));
    let pairs = Dataset::new(x, &features(4), nothing(200)).with_sample_shape(&[2, 2]);
    fall(Plug::new("bpr"), &pairs, &Sequential::new([2, 2]).with(Dense::new(1)).with(Flatten));
    // Anchor and positive agree in the first feature.
    let mut x = normals(200 * 6, "triplets");
    x.chunks_mut(6).for_each(|x| (x[2], x[4]) = (x[0], -x[0]));
    let triplets = Dataset::new(x, &features(6), nothing(200)).with_sample_shape(&[3, 2]);
    fall(Plug::new("triplet"), &triplets, &Sequential::new([3, 2]).with(Dense::new(4)));

    let scores = Sequential::new([2, 2]).with(Dense::new(2));
    let training = Training::new("bpr");
    let error = Trainer::new(&scores, &training, &pairs, None).unwrap_err().to_string();
    assert!(error.contains("bpr needs two scores a row, the model puts out [2, 2]"), "{error}");
    let error = Trainer::new(&scores, &training.metric("r2"), &pairs, None).unwrap_err().to_string();
    assert!(error.contains("bpr needs two scores") || error.contains("no targets to compare"), "{error}");
}

#[test]
fn a_sequence_is_learnt_from_frames_without_alignment() {
    // Six frames, in three of which, not side by side, one feature shows a label.
    let mut generator = Seed::new(4).named("frames").generator();
    let (mut x, mut codes) = (Vec::new(), Vec::new());
    for _ in 0..100 {
        for _ in 0..3 {
            let label = 1 + generator.below(2);
            let mut frame = [0.0; 4];
            frame[label - 1] = 1.0;
            x.extend_from_slice(&frame);
            codes.push(label as i64);
        }
    }
    let data = Dataset::per_position(x, &features(12), 3, Targets::Classes { codes, names: classes(3) })
        .with_sample_shape(&[6, 2]);
    let model = Sequential::new([6, 2]).with(Dense::new(3));
    let training = Training::new("ctc").optimizer("adam", 0.05).epochs(30);
    let fitted = Trainer::new(&model, &training, &data, None).unwrap().fit(&mut ());
    let curve = fitted.history.curve("loss");
    assert!(curve[29] < 0.2 * curve[0], "{curve:?}");
}
