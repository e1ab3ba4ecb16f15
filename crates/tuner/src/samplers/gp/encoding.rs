//! From settings to the numbers a Gaussian process sees, and back.

use tunesmith_core::{Dimension, Domain, Generator, Params, Space, Value};

use crate::History;

/// How far apart two values of a feature are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// By their difference.
    Line,
    /// Equal or not (Hamming).
    Choice,
}

impl Kind {
    /// The value that stands for "does not exist here": the middle of a range, an option that no setting has. Both are
    /// points of a Euclidean space, so the kernel stays positive definite.
    fn absent(self) -> f64 {
        match self {
            Self::Line => 0.5,
            Self::Choice => -1.0,
        }
    }
}

/// One feature of the model: a dimension that has more than one value.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    /// Its place among the space's dimensions.
    pub(crate) place: usize,
    /// How distance is measured.
    pub(crate) kind: Kind,
    low: f64,
    high: f64,
}

impl Column {
    fn new(place: usize, domain: &Domain) -> Self {
        let kind = if matches!(domain, Domain::Choice { .. }) { Kind::Choice } else { Kind::Line };
        let (low, high) = domain.bounds();
        Self { place, kind, low, high }
    }

    /// The feature at an even coordinate of the dimension.
    fn at(&self, coordinate: f64) -> f64 {
        match self.kind {
            Kind::Line => (coordinate - self.low) / (self.high - self.low),
            Kind::Choice => coordinate.floor(),
        }
    }

    /// The even coordinate of a feature.
    fn coordinate(&self, feature: f64) -> f64 {
        match self.kind {
            Kind::Line => self.low + feature * (self.high - self.low),
            Kind::Choice => feature + 0.5,
        }
    }
}

/// The features of a space.
#[derive(Clone, Debug)]
pub(crate) struct Encoding {
    space: Space,
    /// One per dimension that has more than one value.
    pub(crate) columns: Vec<Column>,
}

impl Encoding {
    /// The features of a space: every range on the unit interval of its scale, every choice as its option's place.
    pub(crate) fn new(space: &Space) -> Self {
        let open = space.dimensions().iter().enumerate().filter(|(_, d)| d.domain.size() != Some(1));
        let columns = open.map(|(place, dimension)| Column::new(place, &dimension.domain)).collect();
        Self { space: space.clone(), columns }
    }

    fn dimension(&self, column: &Column) -> &Dimension {
        &self.space.dimensions()[column.place]
    }

    /// The keys of the features, in order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| self.dimension(column).key.as_str())
    }

    /// The kinds of the features, in order.
    pub(crate) fn kinds(&self) -> Vec<Kind> {
        self.columns.iter().map(|column| column.kind).collect()
    }

    /// The features of settings; a setting that is not there counts as absent.
    pub(crate) fn row(&self, params: &Params) -> Vec<f64> {
        let feature = |column: &Column| {
            let dimension = self.dimension(column);
            let value = params.get(&dimension.key);
            let coordinate = value.and_then(|value| dimension.domain.coordinate(value));
            coordinate.map_or(column.kind.absent(), |z| column.at(z))
        };
        self.columns.iter().map(feature).collect()
    }

    /// The features of the trial at that place of the history; `None` when a setting is missing that every trial has.
    pub(crate) fn row_at(&self, columns: &[&[f64]], place: usize) -> Option<Vec<f64>> {
        let feature = |(column, coordinates): (&Column, &&[f64])| {
            let z = coordinates[place];
            if z.is_finite() {
                return Some(column.at(z));
            }
            (!self.dimension(column).when.is_empty()).then(|| column.kind.absent())
        };
        self.columns.iter().zip(columns).map(feature).collect()
    }

    /// The history's coordinates of each feature's dimension.
    pub(crate) fn coordinates<'a>(&self, history: &'a History) -> Vec<&'a [f64]> {
        let dimensions = self.columns.iter().map(|column| self.dimension(column));
        dimensions.map(|dimension| history.column(&dimension.key).unwrap_or(&[])).collect()
    }
}

/// What a feature may be when the next point is chosen.
#[derive(Clone, Debug)]
pub(crate) enum Range {
    /// One value only.
    Fixed(f64),
    /// Anything between two features.
    Continuous {
        /// The lowest feature.
        low: f64,
        /// The highest feature.
        high: f64,
    },
    /// These, in rising order.
    Listed(Vec<f64>),
    /// So many that they are not listed: the `n` values of a whole-number or stepped range.
    Stepped {
        /// How many there are.
        n: u64,
    },
}

/// Ranges up to this size are listed.
const LISTED: u64 = 1024;

/// The points that may be chosen: a space, perhaps narrowed, in features of the model's space.
#[derive(Clone, Debug)]
pub(crate) struct Region<'a> {
    /// The model's features.
    pub(crate) encoding: &'a Encoding,
    space: &'a Space,
    /// One per feature.
    pub(crate) ranges: Vec<Range>,
    conditional: bool,
}

impl<'a> Region<'a> {
    /// The points of `space`, which has the dimensions of the encoding's.
    pub(crate) fn new(encoding: &'a Encoding, space: &'a Space) -> Self {
        let range = |column: &Column| {
            let domain = &space.dimensions()[column.place].domain;
            let known = &encoding.dimension(column).domain;
            let feature = |value: &Value| known.coordinate(value).map(|z| column.at(z));
            match domain.size() {
                Some(1) => Range::Fixed(feature(&domain.place(0.5)).unwrap_or(column.kind.absent())),
                Some(n) if n <= LISTED => {
                    let values = (0..n).filter_map(|k| feature(&nth(domain, k)));
                    Range::Listed(values.collect())
                }
                Some(n) => Range::Stepped { n },
                None => {
                    let (low, high) = domain.bounds();
                    Range::Continuous { low: column.at(low), high: column.at(high) }
                }
            }
        };
        let ranges = encoding.columns.iter().map(range).collect();
        Self { encoding, space, ranges, conditional: space.is_conditional() }
    }

    /// The settings at a row of features.
    pub(crate) fn params(&self, row: &[f64]) -> Params {
        let mut columns = self.encoding.columns.iter().zip(row).peekable();
        let mut values = Vec::with_capacity(self.space.len());
        for (place, dimension) in self.space.dimensions().iter().enumerate() {
            values.push(match columns.next_if(|(column, _)| column.place == place) {
                Some((column, &feature)) => {
                    let known = &self.encoding.dimension(column).domain;
                    value_at(known, &dimension.domain, column.coordinate(feature))
                }
                None => dimension.domain.place(0.5),
            });
        }
        let mut values = values.into_iter();
        let mut position = 0;
        self.space.complete(|dimension| {
            // `complete` skips what does not exist; the values stand in the order of the dimensions.
            while self.space.dimensions()[position].key != dimension.key {
                values.next();
                position += 1;
            }
            position += 1;
            values.next().unwrap_or(Value::Null)
        })
    }

    /// Makes a row consistent after a feature changed on which others depend: what does not exist any more becomes
    /// absent, what exists now starts in the middle.
    pub(crate) fn settle(&self, row: &mut Vec<f64>) {
        if self.conditional {
            *row = self.encoding.row(&self.params(row));
        }
    }

    /// A point drawn evenly.
    pub(crate) fn draw(&self, generator: &mut Generator) -> Vec<f64> {
        let mut row: Vec<f64> =
            self.ranges.iter().enumerate().map(|(j, _)| self.feature_at(j, generator.uniform())).collect();
        self.settle(&mut row);
        row
    }

    /// The feature at a place in [0, 1) of a range.
    pub(crate) fn feature_at(&self, j: usize, u: f64) -> f64 {
        match &self.ranges[j] {
            Range::Fixed(feature) => *feature,
            Range::Continuous { low, high } => low + u * (high - low),
            Range::Listed(values) => values[((u * values.len() as f64) as usize).min(values.len() - 1)],
            Range::Stepped { .. } => self.snapped(j, u),
        }
    }

    /// The nearest possible feature.
    pub(crate) fn snapped(&self, j: usize, feature: f64) -> f64 {
        match &self.ranges[j] {
            Range::Fixed(feature) => *feature,
            Range::Continuous { low, high } => feature.clamp(*low, *high),
            Range::Listed(values) => values[nearest(values, feature)],
            Range::Stepped { .. } => {
                let column = &self.encoding.columns[j];
                let domain = &self.space.dimensions()[column.place].domain;
                let value = domain.at_coordinate(column.coordinate(feature));
                domain.coordinate(&value).map_or(feature, |z| column.at(z))
            }
        }
    }

    /// The feature so many steps of a discrete range away, at most to its end.
    pub(crate) fn moved(&self, j: usize, feature: f64, steps: i64) -> f64 {
        match &self.ranges[j] {
            Range::Listed(values) => {
                let place = nearest(values, feature) as i64 + steps;
                values[place.clamp(0, values.len() as i64 - 1) as usize]
            }
            Range::Stepped { n } => {
                let column = &self.encoding.columns[j];
                let domain = &self.space.dimensions()[column.place].domain;
                let place = place_of(domain, &domain.at_coordinate(column.coordinate(feature)));
                let value = nth(domain, (place + steps).clamp(0, *n as i64 - 1) as u64);
                domain.coordinate(&value).map_or(feature, |z| column.at(z))
            }
            _ => feature,
        }
    }

    /// Marks the features that exist at that row.
    pub(crate) fn mark_active(&self, row: &[f64], active: &mut Vec<bool>) {
        active.clear();
        if self.conditional {
            let params = self.params(row);
            let dimensions = self.space.dimensions();
            active.extend(
                self.encoding.columns.iter().map(|column| params.contains_key(&dimensions[column.place].key)),
            );
        } else {
            active.resize(row.len(), true);
        }
    }

    /// Whether some features exist only at some points.
    pub(crate) fn is_conditional(&self) -> bool {
        self.conditional
    }
}

/// The value of the narrower domain at a coordinate of the wider one.
fn value_at(wide: &Domain, narrow: &Domain, coordinate: f64) -> Value {
    match narrow {
        Domain::Choice { options } => {
            let value = wide.at_coordinate(coordinate);
            options.iter().find(|option| option.same(&value)).unwrap_or(&options[0]).clone()
        }
        _ => narrow.at_coordinate(coordinate),
    }
}

/// The values of a discrete domain, counted from zero.
fn nth(domain: &Domain, k: u64) -> Value {
    match domain {
        Domain::Int { low, high, step, .. } => {
            Value::Int(low.saturating_add((k as i64).saturating_mul(*step)).min(*high))
        }
        Domain::Float { low, step: Some(step), .. } => domain.at_coordinate(low + k as f64 * step),
        Domain::Choice { options } => options[k as usize].clone(),
        other => other.place(0.5),
    }
}

fn place_of(domain: &Domain, value: &Value) -> i64 {
    match (domain, value.as_f64()) {
        (Domain::Int { low, step, .. }, Some(x)) => (x as i64 - low) / step,
        (Domain::Float { low, step: Some(step), .. }, Some(x)) => ((x - low) / step).round() as i64,
        _ => 0,
    }
}

fn nearest(values: &[f64], feature: f64) -> usize {
    let right = values.partition_point(|value| *value < feature).min(values.len() - 1);
    if right > 0 && feature - values[right - 1] < values[right] - feature { right - 1 } else { right }
}
