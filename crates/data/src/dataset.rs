//! `Dataset`: rows a network can train on: numbers in 32 bits, row after row, and what to predict.

use std::sync::Arc;

use crate::{Fingerprint, Task};

/// What to predict for every row.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// One of several classes.
    Classes {
        /// One code per row, places in `names`; for a task per position, a row's codes one after another.
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
    /// How many rows there are, when each has one code or one list of numbers.
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
    weights: Option<Arc<Vec<f32>>>,
    rows: usize,
    positions: usize,
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
        let rows = targets.rows();
        Self::of(x, feature_names, targets, rows, 1)
    }

    /// A data set whose rows have a class at each of several positions: a word of a text, a label of a sequence.
    ///
    /// ```
    /// use tunesmith_data::{Dataset, Targets};
    /// let names = ["noun".to_owned(), "verb".to_owned()].into();
    /// let targets = Targets::Classes { codes: vec![0, 1, 0, 1, 1, 0], names };
    /// let data = Dataset::per_position(vec![3.0, 8.0, 1.0, 2.0, 9.0, 4.0], &["w0", "w1", "w2"], 3, targets);
    /// assert_eq!((data.rows(), data.positions()), (2, 3));
    /// let mut y = vec![0; 3];
    /// data.gather_classes(&[1], &mut y);
    /// assert_eq!(y, [1, 1, 0]);
    /// ```
    ///
    /// # Panics
    /// When the targets are no classes or do not fill whole rows, or features and targets differ in rows.
    #[track_caller]
    #[must_use]
    pub fn per_position<S: AsRef<str>>(
        x: Vec<f32>,
        feature_names: &[S],
        positions: usize,
        targets: Targets,
    ) -> Self {
        let Targets::Classes { codes, .. } = &targets else {
            panic!("Dataset::per_position: the targets are numbers, not classes")
        };
        assert!(
            positions > 0 && codes.len().is_multiple_of(positions),
            "Dataset::per_position: {} codes are no rows of {positions} positions",
            codes.len()
        );
        let rows = codes.len() / positions;
        Self::of(x, feature_names, targets, rows, positions)
    }

    #[track_caller]
    fn of<S: AsRef<str>>(
        x: Vec<f32>,
        feature_names: &[S],
        targets: Targets,
        rows: usize,
        positions: usize,
    ) -> Self {
        let width = feature_names.len();
        assert!(width > 0, "Dataset: there is no feature");
        assert!(
            x.len() == rows * width,
            "Dataset: {} numbers are not {rows} rows (of the targets) x {width} features",
            x.len()
        );
        let feature_names = feature_names.iter().map(|name| name.as_ref().to_owned()).collect();
        let (x, targets, sample_shape) = (Arc::new(x), Arc::new(targets), [width].into());
        Self { x, targets, weights: None, rows, positions, feature_names, sample_shape }
    }

    /// The same rows, each counting as much in a loss as its weight says.
    ///
    /// ```
    /// use tunesmith_data::{Dataset, Targets};
    /// let targets = Targets::Numbers { values: vec![1.0, 3.0], outputs: 1 };
    /// let data = Dataset::new(vec![0.0, 1.0], &["x"], targets).with_weights(vec![2.0, 0.5]);
    /// assert_eq!(data.take(&[1]).weights(), Some(&[0.5][..]));
    /// ```
    ///
    /// # Panics
    /// When there is not a weight for each row, or one is negative or not finite.
    #[track_caller]
    #[must_use]
    pub fn with_weights(mut self, weights: Vec<f32>) -> Self {
        let (found, rows) = (weights.len(), self.rows);
        assert!(found == rows, "Dataset::with_weights: {found} weights are not one for each of {rows} rows");
        if let Some(wrong) = weights.iter().find(|weight| !(weight.is_finite() && **weight >= 0.0)) {
            panic!("Dataset::with_weights: a row cannot count {wrong}");
        }
        self.weights = Some(Arc::new(weights));
        self
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

    /// How many classes a row has to be given: one, or one at each position.
    #[must_use]
    pub fn positions(&self) -> usize {
        self.positions
    }

    /// How much each row counts in a loss; `None` when all count alike.
    #[must_use]
    pub fn weights(&self) -> Option<&[f32]> {
        self.weights.as_ref().map(|weights| &weights[..])
    }

    /// Copies the features of these rows, in this order, into `x` of `[rows.len(), width]`.
    ///
    /// # Panics
    /// When a row does not exist or `x` has another length.
    #[track_caller]
    pub fn gather_rows(&self, rows: &[usize], x: &mut [f32]) {
        gather(&self.x, self.width(), rows, x);
    }

    /// Copies the class codes of these rows into `y` of `[rows.len(), positions]`.
    ///
    /// # Panics
    /// When the targets are numbers, a row does not exist or `y` has another length.
    #[track_caller]
    pub fn gather_classes(&self, rows: &[usize], y: &mut [i64]) {
        match self.targets() {
            Targets::Classes { codes, .. } => gather(codes, self.positions, rows, y),
            Targets::Numbers { .. } => panic!("gather_classes: the targets are numbers"),
        }
    }

    /// Copies the targets of these rows as numbers into `y` of `[rows.len(), outputs]`; a class becomes its code, so
    /// that two classes are 0 and 1, and there are as many outputs as positions.
    ///
    /// # Panics
    /// When a row does not exist or `y` has another length.
    #[track_caller]
    pub fn gather_numbers(&self, rows: &[usize], y: &mut [f32]) {
        match self.targets() {
            Targets::Numbers { values, outputs } => gather(values, *outputs, rows, y),
            Targets::Classes { codes, .. } => {
                check_length(rows, self.positions, y.len());
                for (places, &row) in y.chunks_exact_mut(self.positions).zip(rows) {
                    let codes = &codes[row * self.positions..][..self.positions];
                    places.iter_mut().zip(codes).for_each(|(place, &code)| *place = code as f32);
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
                let mut codes = vec![0; rows.len() * self.positions];
                self.gather_classes(rows, &mut codes);
                Targets::Classes { codes, names: names.clone() }
            }
            Targets::Numbers { outputs, .. } => {
                let mut values = vec![0.0; rows.len() * outputs];
                self.gather_numbers(rows, &mut values);
                Targets::Numbers { values, outputs: *outputs }
            }
        };
        let weights = self.weights().map(|weights| Arc::new(rows.iter().map(|&row| weights[row]).collect()));
        let (x, targets) = (Arc::new(x), Arc::new(targets));
        Self { x, targets, weights, rows: rows.len(), ..self.clone() }
    }

    /// A stable 64-bit hash of every name, number, class and weight.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let names = self.feature_names.iter().fold(Fingerprint::new(), |hash, name| hash.text(name));
        let hash = names.floats(&self.x).targets(&self.targets);
        // What most data sets do not have leaves their hashes as they were.
        let hash = if self.positions > 1 { hash.word(self.positions as u64) } else { hash };
        self.weights().map_or(hash, |weights| hash.floats(weights)).finish()
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
