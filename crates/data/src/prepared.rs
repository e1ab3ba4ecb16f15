//! `Prepared`: a data set split, its steps fitted on the training part, all parts ready.

use tunesmith_core::Plug;

use crate::error::listed;
use crate::{Dataset, Error, Parts, Pipeline, RawDataset, RawTarget};

/// A data set that is split and prepared.
///
/// ```
/// use std::path::Path;
/// use tunesmith_core::Plug;
/// use tunesmith_data::{Iris, Prepared, Source, Split};
/// let raw = Iris.open(Path::new("")).unwrap();
/// let parts = Split::default().divide(&raw.target, None).unwrap();
/// let data = Prepared::new(&raw, &parts, &[Plug::new("standardize")], &[]).unwrap();
/// assert_eq!((data.train.rows(), data.validation.rows(), data.test.rows()), (90, 30, 30));
/// let mean = data.train.x().iter().sum::<f32>() / data.train.x().len() as f32;
/// assert!(mean.abs() < 1e-5);
/// ```
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Rows to train on.
    pub train: Dataset,
    /// Rows that judge while training; may be empty.
    pub validation: Dataset,
    /// Rows for the final test; may be empty.
    pub test: Dataset,
    /// The fitted steps, for new files and for predictions.
    pub pipeline: Pipeline,
    /// What a person should know, a sentence each.
    pub notes: Vec<String>,
    /// A stable hash of the data before they were split and prepared.
    pub fingerprint: u64,
}

impl Prepared {
    /// Fits the steps on the training part and applies them to all parts.
    ///
    /// # Errors
    /// When a step is not linked, or cannot be fitted or applied.
    ///
    /// # Panics
    /// When the training part is empty or a row does not exist.
    #[track_caller]
    pub fn new(
        raw: &RawDataset,
        parts: &Parts,
        prepare: &[Plug],
        prepare_target: &[Plug],
    ) -> Result<Self, Error> {
        let mut notes = raw.notes.clone();
        notes.extend(missing_note(raw));
        notes.extend(untrained_note(raw, parts));
        let pipeline = Pipeline::fit(raw, &parts.train, prepare, prepare_target, &mut notes)?;
        notes.extend(unit_note(raw, parts, &pipeline));
        let part = |rows: &[usize]| {
            let x = pipeline.apply_rows(&raw.features, rows)?;
            let targets = pipeline.apply_target(&raw.target, rows)?;
            let data = Dataset::new(x, pipeline.feature_names(), targets);
            Ok(data.with_sample_shape(pipeline.sample_shape()))
        };
        let part = |rows: &[usize]| part(rows).map_err(|error: Error| error.within(&raw.origin));
        Ok(Self {
            train: part(&parts.train)?,
            validation: part(&parts.validation)?,
            test: part(&parts.test)?,
            notes,
            fingerprint: raw.fingerprint(),
            pipeline,
        })
    }
}

fn missing_note(raw: &RawDataset) -> Option<String> {
    let gaps: Vec<String> = raw
        .features
        .columns()
        .iter()
        .filter(|column| column.values.missing() > 0)
        .map(|column| format!("{} ({})", column.name, column.values.missing()))
        .collect();
    (!gaps.is_empty()).then(|| {
        format!(
            "missing values in {}: filled from the training rows, with the median or the most frequent unless prepare = [\"impute\", ...] says otherwise",
            listed(&gaps, 5)
        )
    })
}

fn untrained_note(raw: &RawDataset, parts: &Parts) -> Option<String> {
    let RawTarget::Classes { names, codes, .. } = &raw.target else { return None };
    let mut trained = vec![false; names.len()];
    parts.train.iter().for_each(|&row| trained[codes[row] as usize] = true);
    let others: Vec<&String> =
        names.iter().zip(&trained).filter(|(_, seen)| !**seen).map(|(name, _)| name).collect();
    (!others.is_empty()).then(|| {
        format!("no training row is of class {}: it cannot be learnt; stratify the split", listed(&others, 5))
    })
}

/// Numbers far from zero or one are slow to learn; say so once.
fn unit_note(raw: &RawDataset, parts: &Parts, pipeline: &Pipeline) -> Option<String> {
    let RawTarget::Numbers(frame) = &raw.target else { return None };
    if pipeline.scales_target() {
        return None;
    }
    frame.take(&parts.train).columns().iter().find_map(|column| {
        let cells = column.values.numbers()?;
        let size = cells.iter().map(|x| x.abs()).sum::<f64>() / cells.len() as f64;
        (size > 10.0).then(|| {
            format!(
                "target `{}` is {size:.0} in size on average: networks learn numbers near 1 sooner, write prepare_target = [\"standardize\"]",
                column.name
            )
        })
    })
}
