//! The scores of a trained model on every part of its data, in the target's own unit.

use std::collections::BTreeMap;

use tunesmith_core::Error;
use tunesmith_data::{Dataset, Pipeline, Prepared, Targets};
use tunesmith_tensor::Par;
use tunesmith_train::{Confusion, Evaluator, Fitted, Predicted, Predictions, Training, Truth};

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
        let mut predicted = evaluator.predict(&fitted.params, data);
        let mut scores = BTreeMap::from([("loss".to_owned(), predicted.loss)]);
        let mut fill = |predictions: &Predictions<'_>| {
            for named in evaluator.metrics() {
                scores.insert(named.name.clone(), named.metric.value(predictions));
            }
            measured.confusion = Confusion::of(predictions).map(|confusion| (part.to_owned(), confusion));
        };
        match data.targets() {
            Targets::Classes { .. } => predicted.against(data, fill),
            Targets::Numbers { .. } => {
                let truth = in_unit(&mut predicted, data, &prepared.pipeline);
                fill(&Predictions {
                    values: &predicted.values,
                    outputs: predicted.outputs,
                    truth: Truth::Numbers(&truth),
                });
                measured.pairs = Some(truth.into_iter().zip(predicted.values).collect());
            }
        }
        measured.scores.insert(part.to_owned(), scores);
    }
    Ok(measured)
}

/// Brings predictions back to the target's unit and returns the truth in it.
fn in_unit(predicted: &mut Predicted, data: &Dataset, pipeline: &Pipeline) -> Vec<f64> {
    let Targets::Numbers { values, .. } = data.targets() else { unreachable!("called for numbers") };
    let back = |values: &mut [f32]| {
        if pipeline.scales_target() {
            pipeline.invert_predictions(values);
        }
    };
    let mut truth = values.clone();
    back(&mut truth);
    let mut guess: Vec<f32> = predicted.values.iter().map(|&v| v as f32).collect();
    back(&mut guess);
    predicted.values = guess.into_iter().map(f64::from).collect();
    truth.into_iter().map(f64::from).collect()
}
