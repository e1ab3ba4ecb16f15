//! A training that pauses, is copied and cooled down: it goes on bit for bit as if nothing had been.

use tunesmith_core::{Flow, Reporter};
use tunesmith_data::{Dataset, Targets};
use tunesmith_nn::Sequential;
use tunesmith_nn::layers::{BatchNorm, Dense, Dropout};
use tunesmith_train::{Trainer, Training};

fn data() -> Dataset {
    let x: Vec<f32> = (0..96).map(|i| (i as f32 * 0.37).sin()).collect();
    let y = x.chunks(2).map(|row| row[0] * row[1] + row[0]).collect();
    Dataset::new(x, &["a", "b"], Targets::Numbers { values: y, outputs: 1 })
}

fn model() -> Sequential {
    Sequential::new([2])
        .with(Dense::new(8).activation("tanh"))
        .with(BatchNorm::default())
        .with(Dropout::new(0.2))
        .with(Dense::new(1))
}

fn trainer(rule: &str, lr: f64) -> Trainer {
    let mut training = Training::new("mse").optimizer(rule, lr).epochs(12).batch_size(7);
    training.schedule = Some(tunesmith_core::Plug::new("cosine"));
    Trainer::new(&model(), &training, &data(), Some(&data())).unwrap().reporting("validation_loss")
}

struct Every(u64);

impl Reporter for Every {
    fn report(&mut self, epoch: u64, _: f64) -> Flow {
        if epoch.is_multiple_of(self.0) { Flow::Pause } else { Flow::Continue }
    }
}

fn bits(params: &[f32]) -> Vec<u32> {
    params.iter().map(|p| p.to_bits()).collect()
}

#[test]
fn pauses_copies_and_cooling_down_change_no_bit() {
    for rule in ["sgd", "adam", "adamw", "lion", "rmsprop"] {
        let whole = trainer(rule, 0.01).fit(&mut ());
        let mut paused = trainer(rule, 0.01);
        let mut breaks = 0;
        while !paused.advance(&mut Every(3)) {
            breaks += 1;
            let cooled = paused.cooled(2).unwrap();
            assert!(cooled["validation_loss"].is_finite());
            trainer(rule, 0.02).going_on_from(&mut paused).unwrap().advance(&mut ());
        }
        assert_eq!(breaks, 4, "{rule}");
        let paused = paused.finish();
        assert_eq!(bits(&paused.params), bits(&whole.params), "{rule}");
        assert_eq!(paused.history.curve("validation_loss"), whole.history.curve("validation_loss"));
    }
}

#[test]
fn a_copy_with_the_same_settings_ends_where_its_parent_does() {
    let mut parent = trainer("adam", 0.01);
    assert!(!parent.advance(&mut Every(5)));
    let copy = trainer("adam", 0.01).going_on_from(&mut parent).unwrap();
    assert_eq!(bits(&copy.fit(&mut ()).params), bits(&parent.fit(&mut ()).params));
}

#[test]
fn cooling_down_helps_a_training_with_a_high_rate() {
    let mut training = Training::new("mse").optimizer("sgd", 0.3).epochs(40).batch_size(4);
    training.seed = 3;
    let model = Sequential::new([2]).with(Dense::new(16).activation("tanh")).with(Dense::new(1));
    struct At(u64);
    impl Reporter for At {
        fn report(&mut self, epoch: u64, _: f64) -> Flow {
            if epoch == self.0 { Flow::Pause } else { Flow::Continue }
        }
    }
    let mut hot =
        Trainer::new(&model, &training, &data(), Some(&data())).unwrap().reporting("validation_loss");
    hot.advance(&mut At(30));
    let before = *hot.history().curve("validation_loss").last().unwrap();
    let cooled = hot.cooled(5).unwrap()["validation_loss"];
    assert!(cooled < before, "{cooled} after cooling down, {before} before");
}

#[test]
fn other_architectures_are_refused_with_what_differs() {
    let small = Sequential::new([2]).with(Dense::new(3)).with(Dense::new(1));
    let training = Training::new("mse").epochs(3);
    let mut parent = Trainer::new(&small, &training, &data(), None).unwrap();
    let refused = trainer("adam", 0.01).going_on_from(&mut parent).unwrap_err();
    assert!(refused.contains("`0.weight` is [8, 2], there `0.weight` is [3, 2]"), "{refused}");
}
