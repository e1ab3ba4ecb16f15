//! Measuring a model on rows it is not trained on just now: no gradient, nothing random.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use tunesmith_autodiff::Runner;
use tunesmith_core::{Error, Plug};
use tunesmith_data::{Dataset, Targets as DataTargets, Task};
use tunesmith_nn::loss::find_loss;
use tunesmith_nn::{ClassWeights, Loss, Mode, Sequential, Targets};
use tunesmith_tensor::Par;

use crate::fitting::{self, Fed, Inputs};
use crate::metric::{Named, Predictions, Truth};
use crate::step::each_side_by_side;

/// Rows that are predicted at once.
const ROWS: usize = 256;
/// Batches side by side.
const LANES: usize = 4;

/// The way from a scaled target back to its own unit, so that errors are said in it.
///
/// ```
/// use tunesmith_train::Unit;
/// let unit = Unit::new(|values| values.iter_mut().for_each(|value| *value = 10.0 * *value + 5.0));
/// assert_eq!(format!("{unit:?}"), "Unit");
/// ```
#[derive(Clone)]
pub struct Unit(Arc<Undo>);

/// Undoes the scaling of `[rows, outputs]` numbers.
type Undo = dyn Fn(&mut [f32]) + Send + Sync;

impl Unit {
    /// A unit by the function that undoes the scaling of `[rows, outputs]` numbers.
    #[must_use]
    pub fn new(back: impl Fn(&mut [f32]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(back))
    }

    fn back(&self, values: &[f32]) -> Vec<f64> {
        let mut values = values.to_vec();
        (self.0)(&mut values);
        values.into_iter().map(f64::from).collect()
    }
}

impl fmt::Debug for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unit")
    }
}

/// What a measurement found.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The mean loss.
    pub loss: f64,
    /// The metrics by name.
    pub metrics: BTreeMap<String, f64>,
}

/// Predictions for all rows of a data set.
#[derive(Clone, Debug, PartialEq)]
pub struct Predicted {
    /// `[rows, outputs]`: probabilities for classes, numbers else.
    pub values: Vec<f64>,
    /// Outputs per row, of all its positions together.
    pub outputs: usize,
    /// The mean loss.
    pub loss: f64,
    /// What labels count in the loss, where that differs.
    label_weights: Option<ClassWeights>,
}

impl Predicted {
    /// The predictions and codes of positions whose label the loss does not ignore; `None` when it ignores none of them.
    fn counted(&self, codes: &[i64], outputs: usize) -> Option<(Vec<f64>, Vec<i64>)> {
        let weights = self.label_weights.as_ref()?;
        if !codes.iter().any(|&code| weights.ignores(code)) {
            return None;
        }
        let rows = self.values.chunks_exact(outputs).zip(codes);
        let (mut values, mut kept) = (Vec::new(), Vec::new());
        for (row, &code) in rows.filter(|&(_, &code)| !weights.ignores(code)) {
            values.extend_from_slice(row);
            kept.push(code);
        }
        Some((values, kept))
    }

    /// Calls `f` with the predictions beside the truth of the data they were made for; numbers in a unit, if there is one.
    ///
    /// Rows and positions whose label the loss ignores are left out; the others count alike, whatever they count in the loss.
    pub fn against<R>(
        &self,
        data: &Dataset,
        unit: Option<&Unit>,
        f: impl FnOnce(&Predictions<'_>) -> R,
    ) -> R {
        // A task per position has as many rows of predictions as positions.
        let outputs = self.outputs / data.positions();
        match data.targets() {
            DataTargets::Classes { codes, names } => {
                let counted = self.counted(codes, outputs);
                let (values, codes) = match &counted {
                    Some((values, codes)) => (values, codes),
                    None => (&self.values, codes),
                };
                f(&Predictions { values, outputs, truth: Truth::Classes { codes, count: names.len() } })
            }
            DataTargets::Numbers { values: truth, .. } => {
                let wide = |values: &[f32]| match unit {
                    Some(unit) => unit.back(values),
                    None => values.iter().map(|&value| f64::from(value)).collect(),
                };
                let narrow: Vec<f32> = self.values.iter().map(|&value| value as f32).collect();
                f(&Predictions { values: &wide(&narrow), outputs, truth: Truth::Numbers(&wide(truth)) })
            }
        }
    }
}

/// A batch of fixed size with all it needs.
#[derive(Debug)]
struct Lane {
    runner: Runner<f32>,
    x: Vec<f32>,
    y: Fed,
    rows: Vec<usize>,
    values: Vec<f64>,
    loss: f64,
}

/// Predicts and measures; keeps its plans, so that measuring after every epoch costs no planning.
#[derive(Debug)]
pub struct Evaluator {
    model: Sequential,
    loss: Box<dyn Loss>,
    metrics: Vec<Named>,
    par: Par,
    unit: Option<Unit>,
    outputs: usize,
    /// Lanes by the rows of their batch, the rows of the whole, over which the loss is a mean, and whether rows have weights.
    lanes: BTreeMap<(usize, usize, bool), Vec<Lane>>,
}

impl Evaluator {
    /// An evaluator of a model by a loss and metrics; without metrics, accuracy for classes, RMSE and R2 for numbers.
    ///
    /// # Errors
    /// When something named is not linked, does not fit the data, or has settings that are not possible.
    pub fn new(
        model: &Sequential,
        loss: &Plug,
        metrics: &[Plug],
        data: &Dataset,
        par: Par,
    ) -> Result<Self, Error> {
        let built = find_loss(loss, "training.loss")?;
        fitting::check(model, &*built, &loss.name, data)?;
        let classes = matches!(data.task(), Task::Classification { .. });
        // Metrics compare predictions with targets of the same kind.
        let comparable = matches!(built.targets(), Targets::Classes | Targets::Binary | Targets::Numbers);
        let usual = match (comparable, classes) {
            (false, _) => Vec::new(),
            (true, true) => vec![Plug::new("accuracy")],
            (true, false) => vec![Plug::new("rmse"), Plug::new("r2")],
        };
        if let (false, [metric, ..]) = (comparable, metrics) {
            let because =
                format!("{} has no targets to compare predictions with by {}", loss.name, metric.name);
            return Err(Error::new("training.metrics.0", tunesmith_core::Why::Conflict { because }));
        }
        let chosen = if metrics.is_empty() { &usual } else { metrics };
        let mut named = Vec::new();
        for (i, plug) in chosen.iter().enumerate() {
            let at = format!("training.metrics.{i}");
            let metric = Named::make(plug, &at)?;
            if metric.metric.of_classes() != classes {
                let (of, is) = if classes { ("numbers", "a class") } else { ("classes", "a number") };
                let because = format!("{} is of {of}, but the target is {is}", metric.name);
                return Err(Error::new(at, tunesmith_core::Why::Conflict { because }));
            }
            named.push(metric);
        }
        let outputs = model.output_shape().numel();
        Ok(Self {
            model: model.clone(),
            loss: built,
            metrics: named,
            par,
            unit: None,
            outputs,
            lanes: BTreeMap::new(),
        })
    }

    /// The same with metrics of numbers in the target's own unit; the loss stays that of the scaled target.
    #[must_use]
    pub fn in_unit(mut self, unit: Unit) -> Self {
        self.unit = Some(unit);
        self
    }

    /// The metrics that are measured.
    #[must_use]
    pub fn metrics(&self) -> &[Named] {
        &self.metrics
    }

    /// Predicts all rows.
    ///
    /// # Panics
    /// When data, parameters and model do not have the same sizes.
    pub fn predict(&mut self, params: &[f32], data: &Dataset) -> Predicted {
        let total = data.rows();
        let mut values = Vec::with_capacity(total * self.outputs);
        let mut loss = 0.0;
        let counted = fitting::count(self.loss.label_weights().as_ref(), data, 0..total);
        let key = |size: usize| (size, total, data.weights().is_some());
        let full = total / ROWS;
        let mut done = 0;
        for (batches, size) in [(full, ROWS), (usize::from(!total.is_multiple_of(ROWS)), total % ROWS)] {
            let mut left = batches;
            while left > 0 {
                let count = left.min(LANES);
                self.lanes_of(data, size, count);
                let lanes = &mut self.lanes.get_mut(&key(size)).expect("just made")[..count];
                each_side_by_side(self.par, lanes, 0, &|index, lane| {
                    lane.run(params, data, done + index * size, counted)
                });
                for lane in lanes {
                    values.extend_from_slice(&lane.values);
                    loss += lane.loss;
                }
                done += count * size;
                left -= count;
            }
        }
        Predicted { values, outputs: self.outputs, loss, label_weights: self.loss.label_weights() }
    }

    /// Predicts all rows and measures the predictions.
    ///
    /// # Panics
    /// When data, parameters and model do not have the same sizes.
    pub fn measure(&mut self, params: &[f32], data: &Dataset) -> Measured {
        let predicted = self.predict(params, data);
        let metrics = predicted.against(data, self.unit.as_ref(), |predictions| {
            let value = |named: &Named| (named.name.clone(), named.metric.value(predictions));
            self.metrics.iter().map(value).collect()
        });
        Measured { loss: predicted.loss, metrics }
    }

    /// Plans for some data and says how many bytes its measurement holds between epochs: intermediate values and what
    /// is fed. Predictions, a number of eight bytes for each output of each row and their like for metrics, come on top
    /// while it runs.
    pub(crate) fn bytes(&mut self, data: &Dataset) -> usize {
        let (full, rest) = (data.rows() / ROWS, data.rows() % ROWS);
        self.lanes_of(data, ROWS, full.min(LANES));
        self.lanes_of(data, rest, usize::from(rest > 0));
        let lane = |lane: &Lane| {
            let values = lane.rows.len() * (self.outputs * size_of::<f64>() + size_of::<usize>());
            lane.runner.plan().bytes(size_of::<f32>()) + size_of_val(&*lane.x) + lane.y.bytes() + values
        };
        self.lanes.values().flatten().map(lane).sum()
    }

    fn lanes_of(&mut self, data: &Dataset, size: usize, count: usize) {
        let Self { model, loss, lanes, .. } = self;
        let total = data.rows();
        let lanes = lanes.entry((size, total, data.weights().is_some())).or_default();
        while lanes.len() < count {
            if let Some(Lane { runner, y, .. }) = lanes.first() {
                let runner = Runner::new(runner.plan().clone());
                lanes.push(Lane::new(runner, y.clone(), size, model.input_shape().numel()));
                continue;
            }
            let traced = model.trace(size, Mode::Prediction);
            let (y, target, batch) = Fed::new(&**loss, data, &traced.output, size, total);
            let value = loss.value(&traced.output, &target, &batch);
            let shown = loss.interpret(&traced.output);
            let runner = Runner::new(traced.graph.plan(&[&value, &shown]));
            lanes.push(Lane::new(runner, y, size, model.input_shape().numel()));
        }
    }
}

impl Lane {
    fn new(runner: Runner<f32>, y: Fed, size: usize, width: usize) -> Self {
        Self { runner, x: vec![0.0; size * width], y, rows: vec![0; size], values: Vec::new(), loss: 0.0 }
    }

    fn run(&mut self, params: &[f32], data: &Dataset, first: usize, count: Option<f64>) {
        self.rows.iter_mut().enumerate().for_each(|(i, row)| *row = first + i);
        data.gather_rows(&self.rows, &mut self.x);
        self.y.gather(data, &self.rows, count);
        let Self { runner, x, y, .. } = self;
        runner.run(Inputs::new(x).with(y).feed(params, 0));
        self.loss = self.runner.loss();
        self.values.clear();
        self.values.extend(self.runner.output(1).iter().map(|&v| f64::from(v)));
    }
}
