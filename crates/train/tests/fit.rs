//! What a training promises: it learns, it is the same for any number of threads, divergence is an outcome.

use tunesmith_core::{Flow, Plug, Reporter, Seed};
use tunesmith_data::{Dataset, Targets};
use tunesmith_nn::{Sequential, layers::Dense, layers::Dropout};
use tunesmith_tensor::Par;
use tunesmith_train::{Outcome, Trainer, Training, checkpoint};

/// Two interleaved half moons with noise: not to be separated by a line.
fn moons(rows: usize, seed: u64) -> Dataset {
    let mut g = Seed::new(seed).generator();
    let mut x = Vec::new();
    let mut codes = Vec::new();
    for i in 0..rows {
        let upper = i % 2 == 0;
        let angle = g.uniform_in(0.0, std::f64::consts::PI);
        let (cx, cy, sign) = if upper { (0.0, 0.0, 1.0) } else { (1.0, 0.5, -1.0) };
        x.push((cx + sign * angle.cos() + 0.1 * g.normal()) as f32);
        x.push((cy + sign * angle.sin() + 0.1 * g.normal()) as f32);
        codes.push(i64::from(upper));
    }
    let names = ["lower".to_owned(), "upper".to_owned()].into();
    Dataset::new(x, &["x", "y"], Targets::Classes { codes, names })
}

fn model(outputs: usize) -> Sequential {
    Sequential::new([2])
        .with(Dense::new(32).activation("relu"))
        .with(Dropout::new(0.1))
        .with(Dense::new(outputs))
}

fn training() -> Training {
    Training::new("cross_entropy").optimizer("adam", 0.02).epochs(30).batch_size(16)
}

#[test]
fn learns_what_a_line_cannot_separate() {
    let (train, validation) = (moons(400, 1), moons(200, 2));
    let fitted = Trainer::new(&model(2), &training(), &train, Some(&validation)).unwrap().fit(&mut ());
    let accuracy = fitted.history.curve("validation_accuracy");
    assert!(accuracy[29] > 0.97, "{accuracy:?}");
    assert!(fitted.history.curve("loss")[29] < 0.1);
}

#[test]
fn binary_losses_take_two_classes_and_one_output() {
    for (loss, activation) in
        [("binary_cross_entropy", "sigmoid"), ("binary_cross_entropy_with_logits", "linear")]
    {
        let model = Sequential::new([2])
            .with(Dense::new(16).activation("tanh"))
            .with(Dense::new(1).activation(activation));
        let training = Training { loss: Plug::new(loss), ..training() }.epochs(60);
        let fitted =
            Trainer::new(&model, &training, &moons(400, 1), Some(&moons(200, 2))).unwrap().fit(&mut ());
        let accuracy = fitted.history.curve("validation_accuracy");
        assert!(accuracy[59] > 0.96, "{loss}: {accuracy:?}");
    }
}

#[test]
fn the_same_bits_for_any_number_of_threads() {
    // Wide enough to be cut into several shards.
    let wide = Sequential::new([2])
        .with(Dense::new(256).activation("tanh"))
        .with(Dropout::new(0.3))
        .with(Dense::new(256).activation("relu"))
        .with(Dense::new(2));
    let training = Training::new("cross_entropy").epochs(2).batch_size(128);
    let data = moons(1000, 3);
    let run = |threads: usize, par: Par| {
        let pool = rayon_pool(threads);
        pool.install(|| {
            Trainer::new(&wide, &training, &data, Some(&data)).unwrap().parallel(par).unwrap().fit(&mut ())
        })
    };
    let alone = run(1, Par::Seq);
    for threads in [1, 2, 3] {
        let fitted = run(threads, Par::Rayon);
        assert_eq!(alone.params, fitted.params, "{threads} threads");
        assert_eq!(alone.history, fitted.history, "{threads} threads");
    }
    let stepper = tunesmith_train::Stepper::new(&wide, &Plug::new("cross_entropy"), Par::Seq).unwrap();
    assert!(stepper.shards_of(128) > 1, "the test must cut a batch");
}

fn rayon_pool(threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
}

/// L-BFGS takes all rows and searches; SAM evaluates twice on the same rows with the same dropout.
#[test]
fn rules_that_evaluate_more_than_once_learn_the_same_for_any_number_of_threads() {
    let data = moons(300, 1);
    let rules =
        [Plug::new("lbfgs"), Plug::new("sam").with("rho", 0.1), Plug::new("sophia_h").with("lr", 0.01)];
    for optimizer in rules {
        let training = Training { optimizer: optimizer.clone(), ..training() };
        let fit = |par: Par| {
            let trainer = Trainer::new(&model(2), &training, &data, None).unwrap().parallel(par).unwrap();
            trainer.fit(&mut ())
        };
        let alone = fit(Par::Seq);
        let together = rayon_pool(3).install(|| fit(Par::Rayon));
        assert_eq!(alone.params, together.params, "{optimizer:?}");
        let loss = alone.history.curve("loss");
        assert!(loss[loss.len() - 1] < 0.8 * loss[0], "{optimizer:?}: {loss:?}");
    }
}

/// Weights of the first layer's units: 32 of two inputs, biases behind them.
const FIRST_WEIGHTS: usize = 64;

#[test]
fn groups_freeze_parameters_by_their_names() {
    let data = moons(200, 1);
    let frozen = Plug::new("group").with("match", "0.*").with("freeze", 1.0);
    let training = Training { groups: vec![frozen], ..training() };
    let first = model(2).initial_params(0);
    let fitted = Trainer::new(&model(2), &training, &data, None).unwrap().fit(&mut ());
    let same = |places: std::ops::Range<usize>| {
        places.into_iter().all(|i| f64::from(fitted.params[i]) == f64::from(first[i] as f32))
    };
    assert!(same(0..FIRST_WEIGHTS + 32), "what is frozen stays");
    assert!(!same(FIRST_WEIGHTS + 32..first.len()), "the rest moves");
}

#[test]
fn a_group_without_parameters_is_refused_with_their_names() {
    let groups = vec![Plug::new("group"), Plug::new("group").with("match", "head.*")];
    let training = Training { groups, ..training() };
    let error = Trainer::new(&model(2), &training, &moons(20, 1), None).unwrap_err().to_string();
    assert!(error.starts_with("training.groups.1: no parameter matches `head.*`, there are: 0."), "{error}");
}

#[test]
fn constraints_hold_after_every_step() {
    let data = moons(200, 1);
    for (training, least, most) in [
        (Training { max_norm: Some(0.5), ..training() }, 0.0, 0.5),
        (Training { unit_norm: true, ..training() }, 1.0, 1.0),
    ] {
        let fitted = Trainer::new(&model(2), &training, &data, None).unwrap().fit(&mut ());
        for unit in fitted.params[..FIRST_WEIGHTS].chunks_exact(2) {
            let norm = unit[0].hypot(unit[1]);
            assert!(norm >= least - 1e-5 && norm <= most + 1e-5, "{norm}");
        }
    }
}

#[test]
fn every_regulariser_changes_what_is_learnt() {
    let data = moons(200, 1);
    let short = || Training { epochs: 3, ..training() };
    let learnt =
        |training: Training| Trainer::new(&model(2), &training, &data, None).unwrap().fit(&mut ()).params;
    let plain = learnt(short());
    let group = Plug::new("group").with("lr", 0.1);
    for training in [
        Training { l1: 0.01, l2: 0.01, ..short() },
        Training { orthogonal: 0.01, ..short() },
        Training { gradient_noise: Some(0.01), ..short() },
        Training { layer_decay: 0.5, ..short() },
        Training { groups: vec![group], ..short() },
        Training { base_width: Some(16), ..short() },
    ] {
        assert_ne!(learnt(training.clone()), plain, "{training:?}");
    }
}

#[test]
fn other_seeds_give_other_weights() {
    let data = moons(64, 1);
    let run = |seed| {
        Trainer::new(&model(2), &training().epochs(1).seed(seed), &data, None).unwrap().fit(&mut ()).params
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn divergence_is_an_outcome() {
    let training = Training::new("cross_entropy").optimizer("sgd", 1e9).epochs(50);
    let fitted = Trainer::new(&model(2), &training, &moons(200, 1), None).unwrap().fit(&mut ());
    assert!(matches!(fitted.outcome, Outcome::Diverged { .. }), "{:?}", fitted.outcome);
    assert!(fitted.params.iter().all(|p| p.is_finite()), "a refused step leaves finite weights");
}

struct StopAt(u64);
impl Reporter for StopAt {
    fn report(&mut self, step: u64, value: f64) -> Flow {
        assert!((0.0..=1.0).contains(&value));
        if step >= self.0 { Flow::Stop } else { Flow::Continue }
    }
}

#[test]
fn a_reporter_may_end_it() {
    let data = moons(64, 1);
    let trainer =
        Trainer::new(&model(2), &training(), &data, Some(&data)).unwrap().reporting("validation_accuracy");
    let fitted = trainer.fit(&mut StopAt(4));
    assert_eq!(fitted.outcome, Outcome::Stopped);
    assert_eq!(fitted.history.epochs().len(), 5);
}

#[test]
fn early_stopping_restores_the_best_weights() {
    let (train, validation) = (moons(60, 1), moons(200, 2));
    let mut training = training().epochs(200);
    training.callbacks = vec![Plug::new("early_stopping").with("patience", 3_usize)];
    let fitted = Trainer::new(&model(2), &training, &train, Some(&validation)).unwrap().fit(&mut ());
    assert_eq!(fitted.outcome, Outcome::Stopped);
    let losses = fitted.history.curve("validation_loss");
    let best = losses.iter().copied().fold(f64::INFINITY, f64::min);
    let mut evaluator =
        tunesmith_train::Evaluator::new(&fitted.model, &training.loss, &[], &validation, Par::Seq).unwrap();
    assert_eq!(evaluator.measure(&fitted.params, &validation).loss, best);
}

#[test]
fn weights_survive_the_way_through_a_file() {
    let model = model(2);
    let params: Vec<f32> = model.initial_params(3).into_iter().map(|p| p as f32).collect();
    let bytes = checkpoint::to_bytes(&model, &params);
    assert_eq!(checkpoint::from_bytes(&model, &bytes).unwrap(), params);
    for cut in [0, 7, 8, 40, bytes.len() - 1] {
        assert!(checkpoint::from_bytes(&model, &bytes[..cut]).is_err(), "cut at {cut}");
    }
    let other = Sequential::new([2]).with(Dense::new(31)).with(Dropout::new(0.1)).with(Dense::new(2));
    let error = checkpoint::from_bytes(&other, &bytes).unwrap_err().to_string();
    assert_eq!(error, "the parameter `0.weight` is F32 [32, 2] in the file, the model needs F32 [31, 2]");
}

#[test]
fn what_does_not_fit_is_said_with_its_cure() {
    let data = moons(64, 1);
    let said = |model: &Sequential, training: &Training| {
        Trainer::new(model, training, &data, None).unwrap_err().to_string()
    };
    assert_eq!(
        said(&model(3), &training()),
        "model.layers: cross_entropy needs 2 outputs a row here, the model puts out [3]: let the last layer be dense with units = \"classes\""
    );
    assert!(
        said(&model(2), &Training::new("mse"))
            .starts_with("training.loss: mse is of numbers, but the target is a class")
    );
    assert!(said(&model(2), &training().metric("r2")).starts_with("training.metrics.0: r2 is of numbers"));
    assert!(said(&model(2), &training().optimizer("adma", 0.1)).contains("did you mean `adam`?"));
}

#[test]
fn a_callback_must_watch_what_is_measured() {
    let (data, model) = (moons(64, 1), model(2));
    let said = |monitor: &str| {
        let mut training = training().metric("accuracy");
        training.callbacks = vec![Plug::new("early_stopping").with("monitor", monitor)];
        Trainer::new(&model, &training, &data, Some(&data)).unwrap_err().to_string()
    };
    assert_eq!(
        said("val_loss"),
        "training.callbacks.0: `val_loss` is not measured, did you mean `validation_loss`?"
    );
    assert!(said("validation_acuracy").contains("did you mean `validation_accuracy`?"));
    assert!(
        said("nonsense").contains("measured are: accuracy, loss, lr, validation_accuracy, validation_loss")
    );
}

#[test]
fn the_best_checkpoint_goes_by_the_metrics_own_direction() {
    let (train, validation) = (moons(60, 1), moons(200, 2));
    let mut training = training().epochs(40).metric("accuracy");
    training.callbacks = vec![Plug::new("best_checkpoint").with("monitor", "validation_accuracy")];
    let fitted = Trainer::new(&model(2), &training, &train, Some(&validation)).unwrap().fit(&mut ());
    let curve = fitted.history.curve("validation_accuracy");
    let best = curve.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    assert_eq!(curve[fitted.kept_epoch], best);
    assert_eq!(fitted.kept_epoch, curve.iter().position(|&value| value == best).unwrap());
}

#[test]
fn a_binary_loss_of_bare_sums_is_refused_with_its_cure() {
    let model = Sequential::new([2]).with(Dense::new(1));
    let error =
        Trainer::new(&model, &Training::new("binary_cross_entropy"), &moons(64, 1), None).unwrap_err();
    assert!(error.to_string().contains("end the model in a sigmoid"), "{error}");
}

#[test]
fn registered_plug_ins_conform() {
    assert_eq!(tunesmith_core::conform::check_all(), Vec::<String>::new());
}

#[test]
fn unknown_identifiers_are_refused_before_training() {
    use tunesmith_nn::layers::{BatchNorm, Embedding, Flatten};
    let data = |x: Vec<f32>| {
        let values = x.chunks(2).map(|pair| pair[0] - pair[1]).collect();
        Dataset::new(x, &["film", "user"], Targets::Numbers { values, outputs: 1 })
    };
    let model = Sequential::new([2])
        .with(Embedding::new(4, 3))
        .with(Flatten)
        .with(BatchNorm::new())
        .with(Dense::new(1));
    let training = Training::new("mse").optimizer("adam", 0.05).epochs(40).batch_size(8);
    let known = data((0..64).map(|i| (i * 7 % 13 % 4) as f32).collect());
    let unknown = data(vec![0.0, 3.0, 1.0, 4.0]);
    let refused = |train: &Dataset, validation: Option<&Dataset>| {
        Trainer::new(&model, &training, train, validation).unwrap_err().to_string()
    };
    for said in [refused(&unknown, None), refused(&known, Some(&unknown))] {
        assert!(said.contains("row 1, column 1 (`user`)") && said.contains("vocabulary to 5"), "{said}");
    }
    let fitted = Trainer::new(&model, &training, &known, Some(&known)).unwrap().fit(&mut ());
    let losses = fitted.history.curve("loss");
    assert!(losses[39] < 0.2 * losses[0], "{losses:?}");
    // The running statistics were learnt besides, and go on from where they were.
    let from = Trainer::new(&model, &training, &known, None).unwrap().starting_from(fitted.params.clone());
    let on = from.fit(&mut ());
    assert_eq!(fitted.params.last(), Some(&160.0), "batches that were seen");
    assert_eq!(on.params.last(), Some(&320.0));
}
