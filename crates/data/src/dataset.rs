//! `Dataset`: rows a network can train on: numbers in 32 bits, row after row, and what to predict.

use std::sync::Arc;

use crate::{Fingerprint, Task};

/// What to predict for every row.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// One of several classes.
    Classes {
        /// One code per row, positions in `names`.
        codes: Vec<i64>,
        /// The names of the classes.
        names: Arc<[String]>,
    },
    /// Numbers.
    Numbers {
        /// `[rows, outputs]`, row after row.
        values: Vec<f32>,
        /// How many numbers a row has.
        outputs: usize,
    },
}

impl Targets {
    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Self::Classes { codes, .. } => codes.len(),
            Self::Numbers { values, outputs } => values.len() / (*outputs).max(1),
        }
    }

    /// What is to be predicted.
    #[must_use]
    pub fn task(&self) -> Task {
        match self {
            Self::Classes { names, .. } => Task::Classification { classes: names.len() },
            Self::Numbers { outputs, .. } => Task::Regression { outputs: *outputs },
        }
    }
}

/// Rows a network can train on.
///
/// Rows are lists of `width` numbers, whatever [`Dataset::sample_shape`] says about how a list is to be seen.
/// All of it is shared: a clone costs nothing and trials side by side read the same memory.
///
/// ```
/// use tunesmith_data::{Dataset, Targets};
/// let names = ["no".to_owned(), "yes".to_owned()].into();
/// let targets = Targets::Classes { codes: vec![0, 1, 1], names };
/// let data = Dataset::new(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &["a", "b"], targets);
/// assert_eq!((data.rows(), data.width()), (3, 2));
///
/// let (mut x, mut y) = (vec![0.0; 4], vec![0; 2]);
/// data.gather_rows(&[2, 0], &mut x);
/// data.gather_classes(&[2, 0], &mut y);
/// assert_eq!((x, y), (vec![5.0, 6.0, 1.0, 2.0], vec![1, 0]));
/// ```
#[derive(Clone, Debug)]
pub struct Dataset {
    x: Arc<Vec<f32>>,
    targets: Arc<Targets>,
    rows: usize,
    feature_names: Arc<[String]>,
    sample_shape: Arc<[usize]>,
}

impl Dataset {
    /// A data set of `rows x feature_names.len()` numbers; each sample is a list.
    ///
    /// # Panics
    /// When the numbers do not fill whole rows, or features and targets differ in rows.
    #[track_caller]
    #[must_use]
    pub fn new<S: AsRef<str>>(x: Vec<f32>, feature_names: &[S], targets: Targets) -> Self {
        let (width, rows) = (feature_names.len(), targets.rows());
        assert!(width > 0, "Dataset::new: there is no feature");
        assert!(
            x.len() == rows * width,
            "Dataset::new: {} numbers are not {rows} rows (of the targets) x {width} features",
            x.len()
        );
        let feature_names = feature_names.iter().map(|name| name.as_ref().to_owned()).collect();
        Self { x: Arc::new(x), targets: Arc::new(targets), rows, feature_names, sample_shape: [width].into() }
    }

    /// The same rows, each to be seen in another shape, such as `[channels, height, width]`.
    ///
    /// # Panics
    /// When the shape does not hold exactly one row.
    #[track_caller]
    #[must_use]
    pub fn with_sample_shape(mut self, shape: &[usize]) -> Self {
        let (size, width) = (shape.iter().product::<usize>(), self.width());
        assert!(
            size == width,
            "Dataset::with_sample_shape: {shape:?} holds {size} numbers and a row has {width}"
        );
        self.sample_shape = shape.into();
        self
    }

    /// How many rows there are; a part of a split may have none.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// How many numbers a row has.
    #[must_use]
    pub fn width(&self) -> usize {
        self.feature_names.len()
    }

    /// How one row is to be seen: `[features]` of a table, `[channels, height, width]` of an image.
    #[must_use]
    pub fn sample_shape(&self) -> &[usize] {
        &self.sample_shape
    }

    /// The names of the features.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// The names of the classes; nothing for numbers.
    #[must_use]
    pub fn class_names(&self) -> Option<&[String]> {
        match self.targets() {
            Targets::Classes { names, .. } => Some(names),
            Targets::Numbers { .. } => None,
        }
    }

    /// What is to be predicted.
    #[must_use]
    pub fn task(&self) -> Task {
        self.targets.task()
    }

    /// All features, `[rows, width]`, row after row.
    #[must_use]
    pub fn x(&self) -> &[f32] {
        &self.x
    }

    /// The features of one row.
    ///
    /// # Panics
    /// When the row does not exist.
    #[track_caller]
    #[must_use]
    pub fn row(&self, row: usize) -> &[f32] {
        let width = self.width();
        &self.x[row * width..(row + 1) * width]
    }

    /// What to predict.
    #[must_use]
    pub fn targets(&self) -> &Targets {
        &self.targets
    }

    /// Copies the features of these rows, in this order, into `x` of `[rows.len(), width]`.
    ///
    /// # Panics
    /// When a row does not exist or `x` has another length.
    #[track_caller]
    pub fn gather_rows(&self, rows: &[usize], x: &mut [f32]) {
        gather(&self.x, self.width(), rows, x);
    }

    /// Copies the class codes of these rows into `y` of `[rows.len()]`.
    ///
    /// # Panics
    /// When the targets are numbers, a row does not exist or `y` has another length.
    #[track_caller]
    pub fn gather_classes(&self, rows: &[usize], y: &mut [i64]) {
        match self.targets() {
            Targets::Classes { codes, .. } => gather(codes, 1, rows, y),
            Targets::Numbers { .. } => panic!("gather_classes: the targets are numbers"),
        }
    }

    /// Copies the targets of these rows as numbers into `y` of `[rows.len(), outputs]`; a class becomes its code, so
    /// that two classes are 0 and 1.
    ///
    /// # Panics
    /// When a row does not exist or `y` has another length.
    #[track_caller]
    pub fn gather_numbers(&self, rows: &[usize], y: &mut [f32]) {
        match self.targets() {
            Targets::Numbers { values, outputs } => gather(values, *outputs, rows, y),
            Targets::Classes { codes, .. } => {
                check_length(rows, 1, y.len());
                for (place, &row) in y.iter_mut().zip(rows) {
                    *place = codes[row] as f32;
                }
            }
        }
    }

    /// These rows, in this order, as a data set of their own.
    ///
    /// # Panics
    /// When a row does not exist.
    #[track_caller]
    #[must_use]
    pub fn take(&self, rows: &[usize]) -> Self {
        let mut x = vec![0.0; rows.len() * self.width()];
        self.gather_rows(rows, &mut x);
        let targets = match self.targets() {
            Targets::Classes { names, .. } => {
                let mut codes = vec![0; rows.len()];
                self.gather_classes(rows, &mut codes);
                Targets::Classes { codes, names: names.clone() }
            }
            Targets::Numbers { outputs, .. } => {
                let mut values = vec![0.0; rows.len() * outputs];
                self.gather_numbers(rows, &mut values);
                Targets::Numbers { values, outputs: *outputs }
            }
        };
        Self { x: Arc::new(x), targets: Arc::new(targets), rows: rows.len(), ..self.clone() }
    }

    /// A stable 64-bit hash of every name, number and class.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let names = self.feature_names.iter().fold(Fingerprint::new(), |hash, name| hash.text(name));
        names.floats(&self.x).targets(&self.targets).finish()
    }
}

#[track_caller]
fn gather<T: Copy>(from: &[T], width: usize, rows: &[usize], to: &mut [T]) {
    check_length(rows, width, to.len());
    for (place, &row) in to.chunks_exact_mut(width).zip(rows) {
        place.copy_from_slice(&from[row * width..(row + 1) * width]);
    }
}

#[track_caller]
fn check_length(rows: &[usize], width: usize, found: usize) {
    let count = rows.len();
    assert!(found == count * width, "{count} rows x {width} do not fit a buffer of {found}");
}
