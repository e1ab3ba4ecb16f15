//! What mixup and cutmix promise: blended rows, the blended loss, the same bits, and nothing where rows are measured.

use tunesmith_core::{Plug, Seed, Table, Value, from_table};
use tunesmith_data::{Dataset, Targets};
use tunesmith_nn::Sequential;
use tunesmith_nn::layers::{Conv2d, Dense, Embedding, Flatten, Reshape};
use tunesmith_optim::{Layout, Optimizer, Pace, Rule, Sgd};
use tunesmith_tensor::{DType, Par};
use tunesmith_train::{Evaluator, Mixed, Mixing, Stepper, Trainer, Training};

const ROWS: usize = 24;

/// Images `[2, 3, 4]` of three classes, each row counting differently.
fn images(rows: usize, seed: u64) -> Dataset {
    let mut g = Seed::new(seed).generator();
    let x = (0..rows * 24).map(|_| g.normal() as f32).collect();
    let codes = (0..rows).map(|_| g.below(3) as i64).collect();
    let names = ["a", "b", "c"].map(str::to_owned).into();
    let features: Vec<String> = (0..24).map(|i| i.to_string()).collect();
    let weights = (0..rows).map(|_| g.uniform_in(0.5, 2.0) as f32).collect();
    Dataset::new(x, &features, Targets::Classes { codes, names })
        .with_weights(weights)
        .with_sample_shape(&[2, 3, 4])
}

fn model() -> Sequential {
    Sequential::new([2, 3, 4]).with(Flatten).with(Dense::new(8).activation("tanh")).with(Dense::new(3))
}

fn loss() -> Plug {
    Plug::new("cross_entropy").with("class_weight", Value::List([1.0, 2.0, 0.5].map(Value::from).to_vec()))
}

fn descent(model: &Sequential) -> Box<dyn Optimizer> {
    let mut optimizer = Sgd { lr: 1.0, ..Sgd::default() }.optimizer();
    let params = model.params().into_iter().map(|param| (param.name, param.shape.dims().to_vec()));
    optimizer.init(&Layout::packed(params), DType::F32);
    optimizer
}

/// The loss of a step and the gradient it goes along.
fn gradient(stepper: Stepper, data: &Dataset, rows: &[usize], seed: Seed) -> (f64, Vec<f32>) {
    let (model, mut stepper) = (model(), stepper);
    let first: Vec<f32> = model.initial_params(0).into_iter().map(|p| p as f32).collect();
    let mut params = first.clone();
    let mut optimizer = descent(&model);
    let loss = stepper.step(data, rows, &mut params, &mut *optimizer, Pace::default(), seed).unwrap();
    (loss, first.iter().zip(&params).map(|(before, after)| before - after).collect())
}

fn stepper() -> Stepper {
    Stepper::new(&model(), &loss(), Par::Seq).unwrap()
}

/// The batch that a step with this noise blends, and how: the draw is part of what `Stepper::step` promises.
fn drawn(mixing: Mixing, rows: &[usize], seed: Seed) -> Mixed {
    let mut mixed = Mixed::default();
    mixed.draw(mixing, rows, &[2, 3, 4], seed.named("mixing"));
    mixed
}

/// The rows of the batch, blended, with targets and weights of `others`.
fn blended(data: &Dataset, rows: &[usize], mixed: &Mixed, others: &[usize]) -> Dataset {
    let mut x = vec![0.0; rows.len() * data.width()];
    data.gather_rows(rows, &mut x);
    mixed.blend(data, 0, &mut x);
    let taken = data.take(others);
    Dataset::new(x, data.feature_names(), taken.targets().clone())
        .with_weights(taken.weights().unwrap().to_vec())
        .with_sample_shape(&[2, 3, 4])
}

#[test]
fn loss_and_gradient_are_those_to_both_targets_by_their_shares() {
    let data = images(ROWS, 1);
    let rows: Vec<usize> = (0..ROWS).rev().step_by(2).collect();
    let all: Vec<usize> = (0..rows.len()).collect();
    let both = Mixing { mixup: Some(1.0), cutmix: Some(1.0) };
    for (case, mixing) in [Mixing::mixup(1.0), Mixing::cutmix(1.0), both].into_iter().enumerate() {
        for seed in (0..8).map(Seed::new) {
            let mixed = drawn(mixing, &rows, seed);
            let share = f64::from(mixed.share());
            let (loss, found) = gradient(stepper().mixing(Some(mixing)), &data, &rows, seed);
            let to = |others| gradient(stepper(), &blended(&data, &rows, &mixed, others), &all, seed);
            let ((own_loss, own), (other_loss, other)) = (to(&rows), to(mixed.partners()));
            assert!((loss - (share * own_loss + (1.0 - share) * other_loss)).abs() < 1e-6, "case {case}");
            for ((found, own), other) in found.iter().zip(own).zip(other) {
                let wanted = share * f64::from(own) + (1.0 - share) * f64::from(other);
                assert!((f64::from(*found) - wanted).abs() < 1e-6, "case {case}: {found}, not {wanted}");
            }
        }
    }
}

#[test]
fn a_batch_in_parts_is_blended_as_the_whole() {
    let (data, rows) = (images(ROWS, 2), (0..ROWS).collect::<Vec<_>>());
    let mixing = Some(Mixing { mixup: Some(0.5), cutmix: Some(0.5) });
    for seed in (0..4).map(Seed::new) {
        let (loss, whole) = gradient(stepper().mixing(mixing), &data, &rows, seed);
        let (parts_loss, parts) = gradient(stepper().mixing(mixing).in_parts_of(7), &data, &rows, seed);
        assert!((loss - parts_loss).abs() < 1e-5);
        assert!(whole.iter().zip(parts).all(|(a, b)| (a - b).abs() < 1e-5));
    }
}

#[test]
fn a_share_of_one_is_the_plain_step_bit_for_bit() {
    let (data, rows) = (images(ROWS, 3), (0..ROWS).collect::<Vec<_>>());
    // So small an alpha makes shares that are 0 or 1.
    let mixing = Mixing::mixup(1e-6);
    let mut met = [0, 0];
    for seed in (0..12).map(Seed::new) {
        let mixed = drawn(mixing, &rows, seed);
        assert!(mixed.share() == 0.0 || mixed.share() == 1.0);
        met[mixed.share() as usize] += 1;
        let found = gradient(stepper().mixing(Some(mixing)), &data, &rows, seed);
        let wanted = if mixed.share() == 1.0 { &rows[..] } else { mixed.partners() };
        assert_eq!(found, gradient(stepper(), &data, wanted, seed));
    }
    assert!(met.iter().all(|&times| times > 0), "{met:?}");
}

#[test]
fn cutmix_puts_one_box_of_the_partner_into_every_channel() {
    let (height, width, rows) = (7, 5, [0, 1, 2]);
    // Every pixel says whose it is.
    let x = (0..3).flat_map(|row| vec![row as f32; 2 * height * width]).collect();
    let features: Vec<String> = (0..2 * height * width).map(|i| i.to_string()).collect();
    let data = Dataset::new(x, &features, Targets::Numbers { values: vec![0.0; 3], outputs: 1 });
    let (mut mixed, mut shares) = (Mixed::default(), Vec::new());
    for seed in (0..400).map(Seed::new) {
        mixed.draw(Mixing::cutmix(1.0), &rows, &[2, height, width], seed);
        let mut x = data.x().to_vec();
        mixed.blend(&data, 0, &mut x);
        for (row, image) in x.chunks_exact(2 * height * width).enumerate() {
            let (first, second) = image.split_at(height * width);
            assert_eq!(first, second, "the same box in both channels");
            let partner = mixed.partners()[row];
            if partner == row {
                continue;
            }
            let inside: Vec<usize> = (0..first.len()).filter(|&at| first[at] == partner as f32).collect();
            let own = first.iter().filter(|&&pixel| pixel == row as f32).count();
            assert_eq!(own + inside.len(), height * width);
            assert!((own as f32 / (height * width) as f32 - mixed.share()).abs() < 1e-6);
            // A box is as large as the rectangle around it.
            let sides = [|at: usize| at / 5, |at: usize| at % 5].map(|side| {
                let places = || inside.iter().map(|&at| side(at));
                places().max().map_or(0, |most| most + 1) - places().min().unwrap_or(0)
            });
            assert_eq!(sides[0] * sides[1], inside.len());
        }
        shares.push(f64::from(mixed.share()));
    }
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    assert!((0.5..0.85).contains(&mean), "boxes are of all sizes, and cut off at the border: {mean}");
    assert!(shares.iter().any(|&share| share < 0.4) && shares.contains(&1.0));
}

#[test]
fn shares_of_mixup_have_the_beta_distribution() {
    for alpha in [0.2, 1.0] {
        let (mut mixed, n) = (Mixed::default(), 4000);
        let mut draw = |seed| {
            mixed.draw(Mixing::mixup(alpha), &[0, 1], &[4], Seed::new(seed));
            f64::from(mixed.share())
        };
        let shares: Vec<f64> = (0..n).map(&mut draw).collect();
        let mean = shares.iter().sum::<f64>() / n as f64;
        let variance = shares.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / n as f64;
        assert!((mean - 0.5).abs() < 0.03, "alpha {alpha}: mean {mean}");
        let wanted = 1.0 / (4.0 * (2.0 * alpha + 1.0));
        assert!((variance - wanted).abs() < 0.01, "alpha {alpha}: variance {variance}, not {wanted}");
    }
}

#[test]
fn the_same_bits_for_any_number_of_threads_and_nothing_is_blended_where_rows_are_measured() {
    let (train, validation) = (images(150, 4), images(50, 5));
    let wide = Sequential::new([2, 3, 4])
        .with(Conv2d::new(8, 3))
        .with(Flatten)
        .with(Dense::new(256).activation("relu"))
        .with(Dense::new(256).activation("relu"))
        .with(Dense::new(3));
    assert!(Stepper::new(&wide, &loss(), Par::Seq).unwrap().shards_of(100) > 1, "the test must cut a batch");
    let training = Training { loss: loss(), mixup: Some(0.4), cutmix: Some(1.0), ..Training::default() };
    let training = training.optimizer("adam", 1e-3).epochs(3).batch_size(100);
    let trainer = |training: &Training| Trainer::new(&wide, training, &train, Some(&validation)).unwrap();
    let alone = trainer(&training).fit(&mut ());
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let fitted = pool.install(|| trainer(&training).parallel(Par::Rayon).unwrap().fit(&mut ()));
        assert_eq!(alone.params, fitted.params, "{threads} threads");
        assert_eq!(alone.history, fitted.history, "{threads} threads");
    }
    let mut evaluator = Evaluator::new(&wide, &loss(), &[], &train, Par::Seq).unwrap();
    for (name, data) in [("loss", &train), ("validation_loss", &validation)] {
        let plain = evaluator.measure(&alone.params, data).loss;
        assert_eq!(alone.history.curve(name)[2], plain, "{name}");
    }
    let unmixed = trainer(&Training { mixup: None, cutmix: None, ..training }).fit(&mut ());
    assert_ne!(alone.params, unmixed.params);
}

#[test]
fn a_model_that_cannot_blend_its_samples_says_so_and_names_the_cure() {
    let read = |key: &str| -> Training {
        let mixing = Value::Table([(key.to_owned(), Value::from(0.4))].into());
        let table: Table = [("regularize".to_owned(), mixing)].into();
        from_table(&table, "training").unwrap()
    };
    let names = ["no", "yes"].map(str::to_owned).into();
    let data = Dataset::new(vec![0.0, 3.0], &["word"], Targets::Classes { codes: vec![0, 1], names });
    let words = Sequential::new([1]).with(Embedding::new(4, 2)).with(Flatten).with(Dense::new(2));
    let error = |key| Trainer::new(&words, &read(key), &data, None).unwrap_err().to_string();
    assert_eq!(
        error("mixup"),
        "training.regularize.mixup: mixup adds numbers, and model.layers.0 looks rows up by identifiers, which have no middle: leave it out"
    );
    assert_eq!(
        error("cutmix"),
        "training.regularize.cutmix: cutmix cuts boxes out of images [channels, height, width], the samples are [1]: give the model a first layer { reshape = { shape = [...] } } if they are images, or use mixup"
    );
    let image =
        |shape: Vec<f64>| Sequential::new([4]).with(Reshape::new(shape)).with(Flatten).with(Dense::new(2));
    let names = ["no", "yes"].map(str::to_owned).into();
    let data = Dataset::new(vec![0.0; 8], &["pixel"; 4], Targets::Classes { codes: vec![0, 1], names });
    assert!(Trainer::new(&image(vec![1.0, 2.0, 2.0]), &read("cutmix"), &data, None).is_ok());
    assert!(Trainer::new(&image(vec![2.0, 2.0]), &read("cutmix"), &data, None).is_err());
}
