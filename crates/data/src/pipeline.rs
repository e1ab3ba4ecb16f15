//! `Pipeline`: the fitted steps between raw columns and the numbers a network sees, and back for its predictions.

use std::collections::BTreeMap;
use std::sync::Arc;

use tunesmith_core::{Plug, Table};

use crate::levels::seen;
use crate::prepare::{Prepare, build};
use crate::{Column, Error, Field, Frame, Kind, RawDataset, RawTarget, Targets, Task, Values, Why};

/// How many rows are prepared at a time: large tables never exist twice.
const CHUNK: usize = 4_096;

/// A fitted step.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) plug: Plug,
    pub(crate) prepare: Arc<dyn Prepare>,
    pub(crate) state: Table,
}

impl Step {
    fn fit(plug: &Plug, at: &str, frame: &Frame, notes: &mut Vec<String>) -> Result<Self, Error> {
        let prepare: Arc<dyn Prepare> = build(plug, at)?.into();
        let state = prepare.fit(frame, notes)?;
        Ok(Self { plug: plug.clone(), prepare, state })
    }

    fn apply(&self, frame: &mut Frame) -> Result<(), Error> {
        self.prepare.apply(&self.state, frame)
    }
}

/// What is predicted, and how numbers to predict are prepared.
#[derive(Clone, Debug)]
pub(crate) enum FittedTarget {
    Classes { name: String, names: Arc<[String]> },
    Numbers { names: Vec<String>, steps: Vec<Step> },
}

/// The fitted steps between raw columns and the numbers a network sees.
///
/// Fitted on training rows only; applied to any rows, now or in a new file. What it has learnt is written to a table of
/// settings ([`Pipeline::to_table`]) and read back ([`Pipeline::from_table`]).
///
/// A step that fills missing values comes first unless the list has one; categories that no step encodes become
/// columns of 0 and 1 at the end.
///
/// ```
/// use tunesmith_core::Plug;
/// use tunesmith_data::{Column, Frame, Pipeline, RawDataset, RawTarget};
/// let features = Frame::new(vec![
///     Column::numbers("age", vec![20.0, 40.0, f64::NAN, 30.0]),
///     Column::categories("city", [Some("Oslo"), Some("Bergen"), Some("Oslo"), Some("Oslo")]),
/// ]);
/// let target = RawTarget::Numbers(Frame::new(vec![Column::numbers("price", vec![1.0, 2.0, 3.0, 4.0])]));
/// let raw = RawDataset::new("example", features, target).unwrap();
///
/// let steps = [Plug::new("min_max")];
/// let pipeline = Pipeline::fit(&raw, &[0, 1, 2], &steps, &[], &mut Vec::new()).unwrap();
/// assert_eq!(pipeline.feature_names(), ["age", "city=Bergen", "city=Oslo"]);
/// assert_eq!(pipeline.apply(&raw.features).unwrap()[..6], [0.0, 0.0, 1.0, 1.0, 1.0, 0.0]);
///
/// let loaded = Pipeline::from_table(&pipeline.to_table()).unwrap();
/// assert_eq!(loaded.apply(&raw.features).unwrap(), pipeline.apply(&raw.features).unwrap());
/// ```
#[derive(Clone, Debug)]
pub struct Pipeline {
    pub(crate) fields: Vec<Field>,
    /// The categories of the training rows, by column.
    pub(crate) known: BTreeMap<String, Vec<String>>,
    pub(crate) steps: Vec<Step>,
    pub(crate) feature_names: Vec<String>,
    pub(crate) sample_shape: Vec<usize>,
    pub(crate) target: FittedTarget,
}

impl Pipeline {
    /// Fits steps for features and for a target of numbers on these rows.
    ///
    /// # Errors
    /// When a step is not linked or cannot be fitted, when a step for the target has no inverse
    /// ([`Why::NoInverse`]), or when the target is of classes and steps for it are given.
    ///
    /// # Panics
    /// When there is no row to fit on.
    #[track_caller]
    pub fn fit(
        raw: &RawDataset,
        rows: &[usize],
        prepare: &[Plug],
        prepare_target: &[Plug],
        notes: &mut Vec<String>,
    ) -> Result<Self, Error> {
        assert!(!rows.is_empty(), "Pipeline::fit: there is no row to fit on");
        let within = |error: Error| error.within(&raw.origin);
        let target = fit_target(&raw.target, rows, prepare_target, notes).map_err(within)?;
        let training = raw.features.take(rows);
        let categories = training.columns().iter().filter(|column| column.values.kind() == Kind::Category);
        let known = categories.map(|column| (column.name.clone(), seen(column))).collect();
        let (steps, feature_names) = fit_features(training, prepare, notes).map_err(within)?;
        let width = feature_names.len();
        let sample_shape = match &raw.shape {
            Some(shape) if shape.iter().product::<usize>() == width => shape.clone(),
            Some(shape) => {
                notes.push(format!(
                    "preparing makes {width} columns of images of shape {shape:?}: samples are lists"
                ));
                vec![width]
            }
            None => vec![width],
        };
        Ok(Self { fields: raw.features.fields(), known, steps, feature_names, sample_shape, target })
    }

    /// The raw columns it reads: what a new file must have.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The names of the numbers it makes, in order.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// How one sample is to be seen: `[features]`, or `[channels, height, width]` of an image.
    #[must_use]
    pub fn sample_shape(&self) -> &[usize] {
        &self.sample_shape
    }

    /// What is to be predicted.
    #[must_use]
    pub fn task(&self) -> Task {
        match &self.target {
            FittedTarget::Classes { names, .. } => Task::Classification { classes: names.len() },
            FittedTarget::Numbers { names, .. } => Task::Regression { outputs: names.len() },
        }
    }

    /// The names of the classes; nothing for numbers.
    #[must_use]
    pub fn class_names(&self) -> Option<&[String]> {
        match &self.target {
            FittedTarget::Classes { names, .. } => Some(names),
            FittedTarget::Numbers { .. } => None,
        }
    }

    /// The names of what is predicted: the target's column, or one per number.
    #[must_use]
    pub fn target_names(&self) -> Vec<String> {
        match &self.target {
            FittedTarget::Classes { name, .. } => vec![name.clone()],
            FittedTarget::Numbers { names, .. } => names.clone(),
        }
    }

    /// Prepares rows: `[rows, features]`, row after row. Columns are matched by name; others are ignored.
    ///
    /// # Errors
    /// [`Why::MissingColumn`] and [`Why::WrongKind`] when the frame is not of the kind it was fitted on,
    /// [`Why::MissingValues`] when nothing fills them, [`Why::NotFinite`] when a number does not fit 32 bits.
    pub fn apply(&self, frame: &Frame) -> Result<Vec<f32>, Error> {
        let all: Vec<usize> = (0..frame.rows()).collect();
        self.apply_rows(frame, &all)
    }

    /// Prepares some rows of a frame, as [`Pipeline::apply`] does all of them.
    ///
    /// # Errors
    /// As for [`Pipeline::apply`].
    ///
    /// # Panics
    /// When a row does not exist.
    #[track_caller]
    pub fn apply_rows(&self, frame: &Frame, rows: &[usize]) -> Result<Vec<f32>, Error> {
        let places = self.places(frame)?;
        let width = self.feature_names.len();
        let mut x = vec![0.0; rows.len() * width];
        for (rows, x) in rows.chunks(CHUNK).zip(x.chunks_mut(CHUNK * width)) {
            let mut chunk = frame.select(&places, rows);
            for step in &self.steps {
                step.apply(&mut chunk)?;
            }
            write(&chunk, rows, width, x)?;
        }
        Ok(x)
    }

    /// Where the columns it reads stand in a frame.
    fn places(&self, frame: &Frame) -> Result<Vec<usize>, Error> {
        let names = frame.names();
        let place = |field: &Field| {
            let Some(place) = names.iter().position(|name| *name == field.name) else {
                let nearest = tunesmith_core::nearest(&field.name, names.iter().map(String::as_str));
                let nearest = nearest.map(str::to_owned);
                return Err(Why::MissingColumn { name: field.name.clone(), nearest }.into());
            };
            if frame.columns()[place].values.kind() == field.kind {
                return Ok(place);
            }
            let expected = if field.kind == Kind::Number { "numbers" } else { "categories" };
            Err(Why::WrongKind { column: field.name.clone(), expected }.into())
        };
        // A frame of the same layout, the usual case, is recognised without a search per column.
        if frame.fields() == self.fields {
            return Ok((0..names.len()).collect());
        }
        self.fields.iter().map(place).collect()
    }

    /// Prepares the targets of some rows.
    ///
    /// # Errors
    /// When a step cannot be applied.
    ///
    /// # Panics
    /// When the target is of another kind than the one fitted on, or a row does not exist.
    #[track_caller]
    pub fn apply_target(&self, target: &RawTarget, rows: &[usize]) -> Result<Targets, Error> {
        match (&self.target, target.take(rows)) {
            (FittedTarget::Classes { names, .. }, RawTarget::Classes { codes, .. }) => {
                Ok(Targets::Classes { codes, names: names.clone() })
            }
            (FittedTarget::Numbers { steps, .. }, RawTarget::Numbers(mut frame)) => {
                steps.iter().try_for_each(|step| step.apply(&mut frame))?;
                let outputs = frame.width();
                let mut values = vec![0.0; rows.len() * outputs];
                write(&frame, rows, outputs, &mut values)?;
                Ok(Targets::Numbers { values, outputs })
            }
            _ => panic!("Pipeline::apply_target: fitted on {:?}, given {:?}", self.task(), target.task()),
        }
    }

    /// Whether predictions of numbers come out in another unit than the target's, so that
    /// [`Pipeline::invert_predictions`] changes them.
    #[must_use]
    pub fn scales_target(&self) -> bool {
        matches!(&self.target, FittedTarget::Numbers { steps, .. } if !steps.is_empty())
    }

    /// Brings predicted numbers, `[rows, outputs]`, back to the target's unit; leaves scores of classes alone.
    ///
    /// # Panics
    /// When the numbers do not fill whole rows.
    #[track_caller]
    pub fn invert_predictions(&self, values: &mut [f32]) {
        let FittedTarget::Numbers { names, steps } = &self.target else { return };
        if steps.is_empty() || values.is_empty() {
            return;
        }
        let outputs = names.len();
        assert!(
            values.len().is_multiple_of(outputs),
            "invert_predictions: {} numbers are not whole rows of {outputs}",
            values.len()
        );
        let cells = |output: usize| {
            values.iter().skip(output).step_by(outputs).map(|&x| f64::from(x)).collect::<Vec<_>>()
        };
        let columns = names.iter().enumerate();
        let mut frame =
            Frame::new(columns.map(|(output, name)| Column::numbers(name.clone(), cells(output))).collect());
        for step in steps.iter().rev() {
            let done = step.prepare.invert(&step.state, &mut frame);
            done.expect("a step for the target inverts, and its state was read when fitted or loaded");
        }
        for (output, column) in frame.columns().iter().enumerate() {
            let numbers = column.values.numbers().expect("numbers stay numbers");
            for (place, &x) in values.iter_mut().skip(output).step_by(outputs).zip(numbers.iter()) {
                *place = x as f32;
            }
        }
    }
}

fn fit_features(
    mut current: Frame,
    prepare: &[Plug],
    notes: &mut Vec<String>,
) -> Result<(Vec<Step>, Vec<String>), Error> {
    let mut plan: Vec<(Plug, String)> =
        (0..).zip(prepare).map(|(i, plug)| (plug.clone(), format!("data.prepare.{i}"))).collect();
    let mut fills = false;
    for (plug, at) in &plan {
        fills |= build(plug, at)?.fills_missing();
    }
    let gaps = |column: &Column| matches!(column.values, Values::Numbers(_) | Values::Categories { .. });
    if !fills && current.columns().iter().any(gaps) {
        plan.insert(0, (Plug::new("impute"), "data.prepare".into()));
    }
    let mut steps = Vec::new();
    let mut head = current.take(&[0]);
    let mut next = 0;
    loop {
        let Some((plug, at)) = plan.get(next) else {
            let category = |column: &Column| column.values.kind() == Kind::Category;
            if !head.columns().iter().any(category) {
                break;
            }
            plan.push((Plug::new("one_hot"), "data.prepare".into()));
            continue;
        };
        let step = Step::fit(plug, at, &current, notes)?;
        step.apply(&mut head)?;
        next += 1;
        // The last step is not applied to all rows: only its names are needed, and images are large.
        if next < plan.len() || head.columns().iter().any(|column| column.values.kind() == Kind::Category) {
            step.apply(&mut current)?;
        }
        steps.push(step);
    }
    if head.width() == 0 {
        return Err(Why::NoFeatures.into());
    }
    Ok((steps, head.names()))
}

fn fit_target(
    target: &RawTarget,
    rows: &[usize],
    prepare: &[Plug],
    notes: &mut Vec<String>,
) -> Result<FittedTarget, Error> {
    let mut frame = match target.take(rows) {
        RawTarget::Classes { name, names, .. } => {
            if let Some(plug) = prepare.first() {
                let because =
                    format!("the target is of classes, which `{}` cannot prepare; remove it", plug.name);
                let why = tunesmith_core::Why::Conflict { because };
                return Err(tunesmith_core::Error::new("data.prepare_target", why).into());
            }
            return Ok(FittedTarget::Classes { name, names: names.into() });
        }
        RawTarget::Numbers(frame) => frame,
    };
    let mut steps = Vec::new();
    for (i, plug) in prepare.iter().enumerate() {
        let step = Step::fit(plug, &format!("data.prepare_target.{i}"), &frame, notes)?;
        if !step.prepare.inverts() {
            return Err(Why::NoInverse { step: plug.name.clone() }.into());
        }
        step.apply(&mut frame)?;
        steps.push(step);
    }
    Ok(FittedTarget::Numbers { names: frame.names(), steps })
}

/// Columns of numbers into rows of 32 bits.
fn write(frame: &Frame, rows: &[usize], width: usize, x: &mut [f32]) -> Result<(), Error> {
    assert!(frame.width() == width, "steps made {} columns, fitting saw {width}", frame.width());
    for (place, column) in frame.columns().iter().enumerate() {
        let Some(numbers) = column.values.numbers() else {
            return Err(Why::WrongKind { column: column.name.clone(), expected: "numbers" }.into());
        };
        for (row, (to, &number)) in x.iter_mut().skip(place).step_by(width).zip(numbers.iter()).enumerate() {
            *to = number as f32;
            if !to.is_finite() {
                let column_name = column.name.clone();
                return Err(if number.is_nan() {
                    Why::MissingValues { column: column_name, rows: column.values.missing() }
                } else {
                    Why::NotFinite { column: column_name, place: format!("row {}", rows[row] + 1) }
                }
                .into());
            }
        }
    }
    Ok(())
}
