//! Using a trained model: a run folder and a file in, predictions out.

use std::path::Path;

use tunesmith_autodiff::{Feed, Runner};
use tunesmith_core::Value;
use tunesmith_data::{Pipeline, open_source};
use tunesmith_nn::loss::find_loss;
use tunesmith_nn::{Mode, Quantized, Sequential};
use tunesmith_train::{checkpoint, outputs_for};

use crate::run::read_json;
use crate::{Error, FixedRecipe, Kind, Recipe};

/// Rows that are predicted at once.
const ROWS: usize = 256;

/// A trained model, ready to predict.
#[derive(Debug)]
pub struct Model {
    recipe: Recipe,
    fixed: FixedRecipe,
    pipeline: Pipeline,
    model: Sequential,
    params: Vec<f32>,
    /// The model in eight bits, when it is to be used.
    quantized: Option<Quantized>,
}

/// The prediction for one row.
#[derive(Clone, Debug, PartialEq)]
pub enum Prediction {
    /// The most probable class.
    Class {
        /// Its name.
        name: String,
        /// The probability of each class, in the order of the class names.
        probabilities: Vec<f64>,
    },
    /// Numbers, in the target's unit.
    Numbers(Vec<f64>),
}

impl Model {
    /// Opens a run folder.
    ///
    /// # Errors
    /// When a file is missing, not whole, or does not fit the others.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        if !folder.join("model.safetensors").exists() {
            let message =
                "not a run folder: it has no model.safetensors; `tunesmith train` and `tune` make one";
            return Err(Error::new(Kind::Usage, message).at(folder.display().to_string()));
        }
        let recipe = Recipe::read(&folder.join("recipe.toml"))?;
        let fixed = recipe.fixed()?;
        let pipeline = Pipeline::from_table(&read_json(&folder.join("pipeline.json"))?)?;
        let loss = find_loss(&fixed.training.loss, "training.loss").map_err(|error| recipe.wrong(error))?;
        let outputs = outputs_for(&*loss, pipeline.task());
        let model =
            Sequential::from_plugs(&fixed.model.layers, pipeline.sample_shape().to_vec(), Some(outputs))
                .map_err(|error| recipe.wrong(error))?;
        let weights = folder.join("model.safetensors");
        let params = checkpoint::load(&weights, &model)
            .map_err(|error| Error::new(Kind::File, error.to_string()).at(weights.display().to_string()))?;
        Ok(Self { recipe, fixed, pipeline, model, params, quantized: None })
    }

    /// The same, predicting with the weights of dense layers in eight bits: faster, and a little less exact.
    #[must_use]
    pub fn quantized(mut self) -> Self {
        self.quantized = Some(self.model.quantized(&self.params));
        self
    }

    /// The names of the classes; nothing for numbers.
    #[must_use]
    pub fn class_names(&self) -> Option<&[String]> {
        self.pipeline.class_names()
    }

    /// What is predicted: the target's name, or one per number.
    #[must_use]
    pub fn target_names(&self) -> Vec<String> {
        self.pipeline.target_names()
    }

    /// Predicts every row of a file, which needs the columns the model was trained on but no target. What a person should
    /// know about the rows (a category that was not in the training data) is added to the notes.
    ///
    /// # Errors
    /// When the file cannot be read or lacks a column.
    pub fn predict_file(&self, path: &Path, notes: &mut Vec<String>) -> Result<Vec<Prediction>, Error> {
        let source =
            open_source(&self.fixed.data.source, "data.source").map_err(|error| self.recipe.wrong(error))?;
        let frame = source.open_new(path, self.pipeline.fields())?;
        notes.extend(self.pipeline.notes(&frame));
        let samples = self.pipeline.apply(&frame)?;
        self.predict(&samples)
    }

    /// Predicts prepared samples, row-major.
    ///
    /// # Errors
    /// When the recipe's loss is not linked, or a sample holds an identifier that the model does not know.
    ///
    /// # Panics
    /// When the numbers are no whole samples.
    pub fn predict(&self, samples: &[f32]) -> Result<Vec<Prediction>, Error> {
        let loss = find_loss(&self.fixed.training.loss, "training.loss")
            .map_err(|error| self.recipe.wrong(error))?;
        self.model.check_samples(samples).map_err(|error| self.recipe.wrong(error))?;
        let width = self.model.input_shape().numel();
        let outputs = self.model.output_shape().numel();
        let params = self.quantized.as_ref().map_or(&*self.params, Quantized::params);
        let mut predictions = Vec::new();
        let mut planned: Option<(usize, Runner<f32>)> = None;
        for batch in samples.chunks(ROWS * width) {
            let rows = batch.len() / width;
            let runner = match &mut planned {
                Some((planned_rows, runner)) if *planned_rows == rows => runner,
                planned => {
                    let traced = match &self.quantized {
                        Some(quantized) => quantized.trace(rows),
                        None => self.model.trace(rows, Mode::Prediction),
                    };
                    let shown = loss.interpret(&traced.output) + traced.graph.scalar(0.0);
                    &mut planned.insert((rows, Runner::new(traced.graph.plan(&[&shown])))).1
                }
            };
            runner.run(Feed { params, inputs: &[batch], ..Feed::default() });
            predictions.extend(runner.output(0).chunks(outputs).map(|row| self.prediction(row)));
        }
        Ok(predictions)
    }

    fn prediction(&self, row: &[f32]) -> Prediction {
        let Some(names) = self.class_names() else {
            let mut numbers = row.to_vec();
            if self.pipeline.scales_target() {
                self.pipeline.invert_predictions(&mut numbers);
            }
            return Prediction::Numbers(numbers.into_iter().map(f64::from).collect());
        };
        let probabilities: Vec<f64> = match row {
            [p] => vec![1.0 - f64::from(*p), f64::from(*p)],
            row => row.iter().map(|&p| f64::from(p)).collect(),
        };
        let most = (0..probabilities.len())
            .fold(0, |best, i| if probabilities[i] > probabilities[best] { i } else { best });
        Prediction::Class { name: names[most].clone(), probabilities }
    }
}

impl Prediction {
    /// The prediction as a value for JSON: a class with its probability, or the numbers.
    ///
    /// ```
    /// use tunesmith::Prediction;
    /// let prediction = Prediction::Class { name: "cat".into(), probabilities: vec![0.9, 0.1] };
    /// assert_eq!(prediction.to_value().at("class").and_then(|class| class.as_str()), Some("cat"));
    /// ```
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Class { name, probabilities } => Value::Table(
                [
                    ("class".to_owned(), Value::from(name.as_str())),
                    ("probabilities".to_owned(), Value::from(probabilities.clone())),
                ]
                .into(),
            ),
            Self::Numbers(numbers) => match numbers[..] {
                [number] => Value::Float(number),
                _ => Value::from(numbers.clone()),
            },
        }
    }
}
