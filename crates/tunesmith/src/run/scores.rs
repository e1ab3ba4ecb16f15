//! The scores of a trained model on every part of its data, in the target's own unit.

use std::collections::BTreeMap;

use tunesmith_core::Error;
use tunesmith_data::{Pipeline, Prepared};
use tunesmith_tensor::Par;
use tunesmith_train::{Confusion, Evaluator, Fitted, Training, Truth, Unit};

/// Metrics by part ("train", "validation", "test") and name.
pub type Scores = BTreeMap<String, BTreeMap<String, f64>>;

/// What a trained model reached.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) scores: Scores,
    /// Where classes are predicted: counts by right and predicted class, on the part that says most.
    pub(crate) confusion: Option<(String, Confusion)>,
    /// Where numbers are predicted: (truth, prediction), on the part that says most.
    pub(crate) pairs: Option<Vec<(f64, f64)>>,
}

/// Measures every part that has rows; the last one, the test where there is one, gives the pictures.
pub(crate) fn measure(training: &Training, fitted: &Fitted, prepared: &Prepared) -> Result<Measured, Error> {
    let mut measured = Measured { scores: Scores::new(), confusion: None, pairs: None };
    let parts = [("train", &prepared.train), ("validation", &prepared.validation), ("test", &prepared.test)];
    for (part, data) in parts.into_iter().filter(|(_, data)| !data.is_empty()) {
        let mut evaluator = Evaluator::new(&fitted.model, &training.loss, &training.metrics, data, Par::Seq)?;
        let predicted = evaluator.predict(&fitted.params, data);
        let mut scores = BTreeMap::from([("loss".to_owned(), predicted.loss)]);
        predicted.against(data, unit(&prepared.pipeline).as_ref(), |predictions| {
            for named in evaluator.metrics() {
                scores.insert(named.name.clone(), named.metric.value(predictions));
            }
            measured.confusion = Confusion::of(predictions).map(|confusion| (part.to_owned(), confusion));
            if let Truth::Numbers(truth) = predictions.truth {
                measured.pairs =
                    Some(truth.iter().copied().zip(predictions.values.iter().copied()).collect());
            }
        });
        measured.scores.insert(part.to_owned(), scores);
    }
    Ok(measured)
}

/// The way back from a target that was scaled.
pub(crate) fn unit(pipeline: &Pipeline) -> Option<Unit> {
    let pipeline = pipeline.scales_target().then(|| pipeline.clone())?;
    Some(Unit::new(move |values| pipeline.invert_predictions(values)))
}
