//! `RawDataset`: what a source yields: features as typed columns and a target, before any split or preparation.

use std::ops::Range;

use crate::{Error, Fingerprint, Frame, Why};

/// What is to be predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// One of several classes.
    Classification {
        /// How many classes there are.
        classes: usize,
    },
    /// One number or several.
    Regression {
        /// How many numbers there are.
        outputs: usize,
    },
}

/// The target as the source has it.
#[derive(Clone, Debug, PartialEq)]
pub enum RawTarget {
    /// One of several classes.
    Classes {
        /// The column's name.
        name: String,
        /// The names of the classes; their order is the order of the codes.
        names: Vec<String>,
        /// One code per row, positions in `names`.
        codes: Vec<i64>,
    },
    /// One column of numbers or several, without missing ones.
    Numbers(Frame),
}

impl RawTarget {
    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Self::Classes { codes, .. } => codes.len(),
            Self::Numbers(frame) => frame.rows(),
        }
    }

    /// What is to be predicted.
    #[must_use]
    pub fn task(&self) -> Task {
        match self {
            Self::Classes { names, .. } => Task::Classification { classes: names.len() },
            Self::Numbers(frame) => Task::Regression { outputs: frame.width() },
        }
    }

    /// These rows, in this order.
    ///
    /// # Panics
    /// When a row does not exist.
    #[track_caller]
    #[must_use]
    pub fn take(&self, rows: &[usize]) -> Self {
        match self {
            Self::Classes { name, names, codes } => Self::Classes {
                name: name.clone(),
                names: names.clone(),
                codes: rows.iter().map(|&row| codes[row]).collect(),
            },
            Self::Numbers(frame) => Self::Numbers(frame.take(rows)),
        }
    }

    fn constant(&self) -> Option<Why> {
        match self {
            Self::Classes { name, names, codes } => {
                let first = *codes.first()?;
                codes.iter().all(|&code| code == first).then(|| Why::ConstantTarget {
                    column: name.clone(),
                    value: format!("`{}`", names[first as usize]),
                })
            }
            Self::Numbers(frame) => frame.columns().iter().find_map(|column| {
                let cells = column.values.numbers()?;
                let first = *cells.first()?;
                cells
                    .iter()
                    .all(|&x| x == first)
                    .then(|| Why::ConstantTarget { column: column.name.clone(), value: first.to_string() })
            }),
        }
    }
}

/// Features and target of every row, as a source yields them.
///
/// ```
/// use tunesmith_data::{Column, Frame, RawDataset, RawTarget, Task};
/// let features = Frame::new(vec![Column::numbers("x", vec![0.0, 1.0, 2.0])]);
/// let target = RawTarget::Numbers(Frame::new(vec![Column::numbers("y", vec![1.0, 3.0, 5.0])]));
/// let raw = RawDataset::new("line", features, target).unwrap();
/// assert_eq!((raw.rows(), raw.task()), (3, Task::Regression { outputs: 1 }));
/// ```
#[derive(Clone, Debug)]
pub struct RawDataset {
    /// Where it comes from, for messages: a file or the name of a built-in table.
    pub origin: String,
    /// The features.
    pub features: Frame,
    /// The target.
    pub target: RawTarget,
    /// How one row is to be seen when it is more than a list: `[channels, height, width]` of an image.
    pub shape: Option<Vec<usize>>,
    /// Rows that the source itself sets aside for the final test; a split then takes these and no others.
    pub held_out: Option<Range<usize>>,
    /// What a person should know.
    pub notes: Vec<String>,
}

impl RawDataset {
    /// A data set without shape, held-out rows and notes.
    ///
    /// # Errors
    /// [`Why::ConstantTarget`] when every row has the same target; [`Why::MissingTarget`] and [`Why::NotFinite`] when
    /// a number to predict is missing or infinite.
    ///
    /// # Panics
    /// When features and target differ in rows, or a class code has no name, or a number target is categorical.
    #[track_caller]
    pub fn new(origin: impl Into<String>, features: Frame, target: RawTarget) -> Result<Self, Error> {
        let (rows, targets) = (features.rows(), target.rows());
        assert!(rows == targets, "RawDataset::new: features have {rows} rows and the target {targets}");
        let origin = origin.into();
        match &target {
            RawTarget::Classes { names, codes, .. } => {
                let known = 0..names.len() as i64;
                if let Some(code) = codes.iter().find(|code| !known.contains(code)) {
                    panic!("RawDataset::new: the code {code} is none of {} classes", names.len());
                }
            }
            RawTarget::Numbers(frame) => {
                for column in frame.columns() {
                    let cells = column.values.numbers().expect("a target of numbers has no categories");
                    if let Some(row) = cells.iter().position(|x| x.is_nan()) {
                        let rows = column.values.missing();
                        let why =
                            Why::MissingTarget { column: column.name.clone(), line: row as u64 + 1, rows };
                        return Err(Error::new(origin, why));
                    }
                    if let Some(row) = cells.iter().position(|x| x.is_infinite()) {
                        let why =
                            Why::NotFinite { column: column.name.clone(), place: format!("row {}", row + 1) };
                        return Err(Error::new(origin, why));
                    }
                }
            }
        }
        if let Some(why) = target.constant() {
            return Err(Error::new(origin, why));
        }
        Ok(Self { origin, features, target, shape: None, held_out: None, notes: Vec::new() })
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.features.rows()
    }

    /// What is to be predicted.
    #[must_use]
    pub fn task(&self) -> Task {
        self.target.task()
    }

    /// A stable 64-bit hash of every name and cell, whatever the file they came from.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        Fingerprint::new().frame(&self.features).raw_target(&self.target).finish()
    }
}
