//! Settings against the value: one at a time (slices) and all at once (parallel coordinates).

use super::Axis;
use super::sample::keep;
use crate::analysis::{View, table};

table! {
    /// One trial of a slice.
    pub struct SlicePoint {
        /// The trial's number.
        pub trial: u64,
        /// The name of its state: diverged trials have a place on the axis and no value.
        pub state: &'static str,
        /// The setting, in even coordinates.
        pub coordinate: f64,
        /// The value in the objective's unit.
        pub value: Option<f64>,
    }

    /// One setting against the value.
    pub struct Slice {
        /// The setting.
        pub axis: Axis,
        /// The trials that ended and had the setting, by number.
        pub points: Vec<SlicePoint>,
        /// How many such trials were left out.
        pub omitted: usize,
    }

    /// One trial of a table of parallel coordinates.
    pub struct ParallelRow {
        /// The trial's number.
        pub trial: u64,
        /// The name of its state.
        pub state: &'static str,
        /// The value in the objective's unit.
        pub value: Option<f64>,
        /// Whether it keeps its constraints, or has none.
        pub feasible: bool,
        /// The settings in the order of the axes, in even coordinates; none where the trial does not have it.
        pub coordinates: Vec<Option<f64>>,
    }

    /// All settings at once.
    pub struct ParallelCoordinate {
        /// The settings.
        pub axes: Vec<Axis>,
        /// The trials that ended, by number.
        pub rows: Vec<ParallelRow>,
        /// How many trials were left out.
        pub omitted: usize,
    }
}

/// One setting against the value, in at most that many points; `None` when the space has no such dimension.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Seed, Space};
/// use tunesmith_tuner::analysis::tables::slice;
/// use tunesmith_tuner::{Direction, conform::random_history};
/// let space = Space::new().with("lr", Domain::float(1e-4, 1.0, Scale::Log, None).unwrap());
/// let history = random_history(&space, Direction::Minimize, 60, &mut Seed::new(0).generator());
/// let slice = slice(&history, "lr", 20).unwrap();
/// assert_eq!((slice.axis.scale.as_str(), slice.points.len()), ("log", 20));
/// assert!(slice.points.iter().all(|point| (slice.axis.low..=slice.axis.high).contains(&point.coordinate)));
/// ```
#[must_use]
pub fn slice<'a>(view: impl Into<View<'a>>, key: &str, most: usize) -> Option<Slice> {
    let view = view.into();
    let history = view.history;
    let column = history.column(key)?;
    let axis = Axis::of(history.space().dimension(key)?);
    let trials = view.trials();
    let has = |place: &usize| trials[*place].state.is_finished() && column[*place].is_finite();
    let places: Vec<usize> = (0..trials.len()).filter(has).collect();
    let n = places.len();
    let point = |place: usize| {
        let trial = &trials[place];
        let (state, value) = (trial.state.name(), view.value(trial));
        SlicePoint { trial: trial.number, state, coordinate: column[place], value }
    };
    let points: Vec<SlicePoint> = keep(view, places, most).into_iter().map(point).collect();
    Some(Slice { axis, omitted: n - points.len(), points })
}

/// All settings at once, in at most that many rows; `keys` chooses and orders the axes, none for all of the space.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Seed, Space};
/// use tunesmith_tuner::analysis::tables::parallel_coordinate;
/// use tunesmith_tuner::{Direction, conform::random_history};
/// let range = || Domain::float(0.0, 1.0, Scale::Linear, None).unwrap();
/// let space = Space::new().with("x", range()).with("y", range());
/// let history = random_history(&space, Direction::Minimize, 60, &mut Seed::new(0).generator());
/// let table = parallel_coordinate(&history, &["y"], 100);
/// assert_eq!((table.axes.len(), table.rows[0].coordinates.len()), (1, 1));
/// ```
///
/// # Panics
/// When the space has no dimension of one of the keys.
#[must_use]
#[track_caller]
pub fn parallel_coordinate<'a>(view: impl Into<View<'a>>, keys: &[&str], most: usize) -> ParallelCoordinate {
    let view = view.into();
    let history = view.history;
    let all: Vec<&str> =
        history.space().dimensions().iter().map(|dimension| dimension.key.as_str()).collect();
    let keys = if keys.is_empty() { &all[..] } else { keys };
    let known = |key: &str| {
        let dimension = history.space().dimension(key).zip(history.column(key));
        dimension.unwrap_or_else(|| {
            panic!("parallel_coordinate: the space has no dimension `{key}`, only {all:?}")
        })
    };
    let chosen: Vec<_> = keys.iter().map(|key| known(key)).collect();
    let trials = view.trials();
    let places: Vec<usize> = (0..trials.len()).filter(|&place| trials[place].state.is_finished()).collect();
    let n = places.len();
    let row = |place: usize| {
        let trial = &trials[place];
        let coordinate = |column: &[f64]| Some(column[place]).filter(|z| z.is_finite());
        ParallelRow {
            trial: trial.number,
            state: trial.state.name(),
            value: view.value(trial),
            feasible: history.violation(trial.number) == 0.0,
            coordinates: chosen.iter().map(|(_, column)| coordinate(column)).collect(),
        }
    };
    let rows: Vec<ParallelRow> = keep(view, places, most).into_iter().map(row).collect();
    let axes = chosen.iter().map(|(dimension, _)| Axis::of(dimension)).collect();
    ParallelCoordinate { axes, omitted: n - rows.len(), rows }
}
