//! Two settings against the value: points with their ranks, and a smooth surface through them.

use tunesmith_core::Domain;

use super::Axis;
use super::sample::keep;
use crate::TrialState;
use crate::analysis::{View, table};

table! {
    /// One trial in the plane of two settings.
    pub struct PairPoint {
        /// The trial's number.
        pub trial: u64,
        /// The name of its state.
        pub state: &'static str,
        /// The first setting, in even coordinates.
        pub x: f64,
        /// The second setting, in even coordinates.
        pub y: f64,
        /// The value in the objective's unit.
        pub value: Option<f64>,
        /// The share of the complete trials of the table that are better, equals half; 0 is the best.
        pub rank: Option<f64>,
    }

    /// A smooth surface through the complete trials.
    pub struct Surface {
        /// The columns' coordinates.
        pub x: Vec<f64>,
        /// The rows' coordinates.
        pub y: Vec<f64>,
        /// The smoothed value by row, then column; none where no trial is near.
        pub values: Vec<Vec<Option<f64>>>,
    }

    /// Two settings against the value.
    pub struct Pair {
        /// The first setting.
        pub x: Axis,
        /// The second setting.
        pub y: Axis,
        /// The trials that ended and had both settings, by number.
        pub points: Vec<PairPoint>,
        /// The surface, if it was asked for and there is a complete trial.
        pub surface: Option<Surface>,
        /// How many such trials were left out of the points.
        pub omitted: usize,
    }
}

/// The trials in the plane of two settings with their ranks, at most that many; `None` when the space lacks one of them.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Seed, Space};
/// use tunesmith_tuner::analysis::tables::rank;
/// use tunesmith_tuner::{Direction, conform::random_history};
/// let range = || Domain::float(0.0, 1.0, Scale::Linear, None).unwrap();
/// let space = Space::new().with("x", range()).with("y", range());
/// let history = random_history(&space, Direction::Minimize, 60, &mut Seed::new(0).generator());
/// let pair = rank(&history, "x", "y", 100).unwrap();
/// assert!(pair.points.iter().any(|point| point.rank == Some(0.0)));
/// ```
#[must_use]
pub fn rank<'a>(view: impl Into<View<'a>>, x: &str, y: &str, most: usize) -> Option<Pair> {
    let view = view.into();
    let history = view.history;
    let (columns_x, columns_y) = (history.column(x)?, history.column(y)?);
    let (axis_x, axis_y) = (Axis::of(history.space().dimension(x)?), Axis::of(history.space().dimension(y)?));
    let trials = view.trials();
    let both = |place: &usize| {
        trials[*place].state.is_finished() && columns_x[*place].is_finite() && columns_y[*place].is_finite()
    };
    let places: Vec<usize> = (0..trials.len()).filter(both).collect();
    let n = places.len();
    let loss = |place: usize| {
        let complete = trials[place].state == TrialState::Complete;
        view.loss(&trials[place]).filter(|_| complete)
    };
    let mut sorted: Vec<f64> = places.iter().filter_map(|&place| loss(place)).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let rank = |loss: f64| {
        let (below, up_to) = (sorted.partition_point(|x| *x < loss), sorted.partition_point(|x| *x <= loss));
        (below + up_to - 1) as f64 / 2.0 / (sorted.len().max(2) - 1) as f64
    };
    let point = |place: usize| PairPoint {
        trial: trials[place].number,
        state: trials[place].state.name(),
        x: columns_x[place],
        y: columns_y[place],
        value: view.value(&trials[place]),
        rank: loss(place).map(rank),
    };
    let points: Vec<PairPoint> = keep(view, places, most).into_iter().map(point).collect();
    Some(Pair { x: axis_x, y: axis_y, omitted: n - points.len(), points, surface: None })
}

/// The trials in the plane of two settings with a surface of `cells` by `cells` smoothed values (fewer for settings with
/// fewer values); `None` when the space lacks one of them.
///
/// The surface is a weighted mean of the complete trials among the points (Nadaraya 1964, Watson 1964; normal weights of
/// the width of Scott's rule; options are alike or not at all), with the other settings as they came: it shows where to
/// look, it predicts nothing.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Seed, Space};
/// use tunesmith_tuner::analysis::tables::contour;
/// use tunesmith_tuner::{Direction, conform::random_history};
/// let range = || Domain::float(0.0, 1.0, Scale::Linear, None).unwrap();
/// let space = Space::new().with("x", range()).with("y", range());
/// let history = random_history(&space, Direction::Minimize, 60, &mut Seed::new(0).generator());
/// let surface = contour(&history, "x", "y", 100, 8).unwrap().surface.unwrap();
/// assert_eq!((surface.values.len(), surface.values[0].len()), (8, 8));
/// ```
#[must_use]
pub fn contour<'a>(view: impl Into<View<'a>>, x: &str, y: &str, most: usize, cells: usize) -> Option<Pair> {
    let view = view.into();
    let mut pair = rank(view, x, y, most)?;
    let space = view.history.space();
    let (x, y) = (&space.dimension(x)?.domain, &space.dimension(y)?.domain);
    let complete = pair.points.iter().filter(|point| point.rank.is_some());
    let points: Vec<[f64; 3]> = complete.filter_map(|p| Some([p.x, p.y, p.value?])).collect();
    if points.is_empty() || cells == 0 {
        return Some(pair);
    }
    let (across, down) = (lines(x, cells), lines(y, cells));
    let weights_x = Weights::of(x, &points.iter().map(|point| point[0]).collect::<Vec<f64>>(), &across);
    let weights_y = Weights::of(y, &points.iter().map(|point| point[1]).collect::<Vec<f64>>(), &down);
    let cell = |row: usize, column: usize| {
        let (mut sum, mut total) = (0.0, 0.0);
        for ((wx, wy), point) in weights_x.at(column).iter().zip(weights_y.at(row)).zip(&points) {
            sum += wx * wy * point[2];
            total += wx * wy;
        }
        (total > NEAR).then(|| sum / total)
    };
    let row = |row| (0..across.len()).map(|column| cell(row, column)).collect();
    let values = (0..down.len()).map(row).collect();
    pair.surface = Some(Surface { x: across, y: down, values });
    Some(pair)
}

/// A cell must have as much weight as one trial 2.45 widths away has.
const NEAR: f64 = 0.05;

/// The coordinates of a surface's lines: one per value where there are few, else the middles of cells.
fn lines(domain: &Domain, cells: usize) -> Vec<f64> {
    let (low, high) = domain.bounds();
    let exact = domain.size().filter(|n| *n <= cells as u64 || matches!(domain, Domain::Choice { .. }));
    let n = exact.map_or(cells, |n| n as usize);
    let middle = |i: usize| low + (high - low) * (i as f64 + 0.5) / n as f64;
    let mut lines: Vec<f64> = (0..n).map(middle).collect();
    if exact.is_some() && !matches!(domain, Domain::Choice { .. }) {
        // Values of a log scale are not evenly apart.
        let values =
            Axis::of(&tunesmith_core::Dimension { key: String::new(), domain: domain.clone(), when: vec![] });
        if values.ticks.len() == n {
            lines = values.ticks.iter().map(|tick| tick.coordinate).collect();
        }
    }
    lines
}

/// The weight of each trial at each line of one setting.
struct Weights {
    by_line: Vec<Vec<f64>>,
}

impl Weights {
    fn of(domain: &Domain, trials: &[f64], lines: &[f64]) -> Self {
        let (low, high) = domain.bounds();
        let n = trials.len() as f64;
        let mean = trials.iter().sum::<f64>() / n;
        let spread = (trials.iter().map(|z| (z - mean).powi(2)).sum::<f64>() / n).sqrt();
        let least = (high - low) / (2.0 * lines.len() as f64);
        let width = (spread * n.powf(-1.0 / 6.0)).max(least).max(f64::MIN_POSITIVE);
        let weight = |line: f64, z: f64| match domain {
            Domain::Choice { .. } => f64::from(u8::from(line == z)),
            _ => (-0.5 * ((line - z) / width).powi(2)).exp(),
        };
        let by_line = lines.iter().map(|&line| trials.iter().map(|&z| weight(line, z)).collect()).collect();
        Self { by_line }
    }

    fn at(&self, line: usize) -> &[f64] {
        &self.by_line[line]
    }
}
