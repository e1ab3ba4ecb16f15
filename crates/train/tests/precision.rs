//! What `training.precision` promises: bf16 learns what 32 bits learn, with the same bits for any number of threads.

use std::path::Path;

use tunesmith_core::{Plug, Table, Value, from_table};
use tunesmith_data::{DataSection, Prepared, Split};
use tunesmith_nn::{Sequential, layers::Dense};
use tunesmith_tensor::Par;
use tunesmith_train::{Fitted, Trainer, Training};

fn digits() -> Prepared {
    let split = Split { test: 0.5, validation: 0.0, ..Split::default() };
    let (source, prepare) = (Plug::new("digits"), vec![Plug::new("standardize")]);
    DataSection { source, split, prepare, ..DataSection::default() }.load(Path::new("")).unwrap()
}

fn fit(precision: &str, par: Par, epochs: usize) -> Fitted {
    let data = digits();
    let model = Sequential::new([64]).with(Dense::new(256).activation("relu")).with(Dense::new(10));
    let training = Training {
        precision: precision.into(),
        ..Training::new("cross_entropy").optimizer("adam", 2e-3).epochs(epochs).batch_size(128)
    };
    let trainer = Trainer::new(&model, &training, &data.train, Some(&data.test)).unwrap();
    trainer.parallel(par).unwrap().fit(&mut ())
}

#[test]
fn bf16_reaches_the_accuracy_of_f32() {
    let accuracy = |precision| fit(precision, Par::Seq, 15).history.curve("validation_accuracy")[14];
    let (single, half) = (accuracy("f32"), accuracy("bf16"));
    // 899 rows of which some thirty are missed: two of the counts' deviations are more than a hundredth.
    assert!(single > 0.94 && (single - half).abs() < 0.0125, "{single} and {half}");
}

#[test]
fn bf16_rounds_what_is_multiplied() {
    let params = |precision| fit(precision, Par::Seq, 1).params;
    let (single, half) = (params("f32"), params("bf16"));
    assert_ne!(single, half);
    let apart = single.iter().zip(&half).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(apart < 0.02, "after fourteen steps of 0.002 weights are {apart} apart");
}

#[test]
fn bf16_has_the_same_bits_for_any_number_of_threads() {
    let alone = fit("bf16", Par::Seq, 2).params;
    for threads in [1, 2, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert!(pool.install(|| fit("bf16", Par::Rayon, 2)).params == alone, "{threads} threads");
    }
}

#[test]
fn an_unknown_precision_is_refused_with_the_choices() {
    let wrong = Table::from_iter([("precision".to_owned(), Value::Text("bf61".to_owned()))]);
    let error = from_table::<Training>(&wrong, "training").unwrap_err().to_string();
    assert!(error.contains("training.precision") && error.contains("f32, bf16"), "{error}");

    let (data, model) = (digits(), Sequential::new([64]).with(Dense::new(10)));
    let training = Training { precision: "f16".into(), ..Training::new("cross_entropy") };
    let error = Trainer::new(&model, &training, &data.train, None).unwrap_err().to_string();
    assert!(error.contains("training.precision") && error.contains("f32, bf16"), "{error}");
}
