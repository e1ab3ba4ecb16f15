//! The timeline: when trials ran.

use std::time::{SystemTime, UNIX_EPOCH};

use super::sample::keep;
use crate::History;
use crate::analysis::table;

table! {
    /// When one trial ran.
    pub struct TimelineRow {
        /// The trial's number.
        pub trial: u64,
        /// The name of its state.
        pub state: &'static str,
        /// When it began, in seconds from the origin.
        pub start: f64,
        /// When it ended, in seconds from the origin; none while it runs.
        pub end: Option<f64>,
    }

    /// When trials ran.
    pub struct Timeline {
        /// When the first trial began, in seconds since 1970; 0 when none did.
        pub origin: f64,
        /// The trials that began, by number.
        pub rows: Vec<TimelineRow>,
        /// How many such trials were left out.
        pub omitted: usize,
    }
}

/// When trials ran, in at most that many rows.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// use tunesmith_core::Space;
/// use tunesmith_tuner::{Direction, History, TrialRecord, analysis::tables::timeline};
/// let mut history = History::new(Space::new(), Direction::Minimize);
/// let mut trial = TrialRecord::new(0);
/// trial.started = Some(UNIX_EPOCH + Duration::from_secs(50));
/// history.put(trial);
/// let table = timeline(&history, 100);
/// assert_eq!((table.origin, table.rows[0].start, table.rows[0].end), (50.0, 0.0, None));
/// ```
#[must_use]
pub fn timeline(history: &History, most: usize) -> Timeline {
    let trials = history.trials();
    let places: Vec<usize> = (0..trials.len()).filter(|&place| trials[place].started.is_some()).collect();
    let n = places.len();
    let since = |earlier: SystemTime, time: SystemTime| match time.duration_since(earlier) {
        Ok(passed) => passed.as_secs_f64(),
        Err(before) => -before.duration().as_secs_f64(), // a clock was set back
    };
    let origin = places.iter().filter_map(|&place| trials[place].started).min().unwrap_or(UNIX_EPOCH);
    let row = |place: usize| {
        let trial = &trials[place];
        TimelineRow {
            trial: trial.number,
            state: trial.state.name(),
            start: trial.started.map_or(0.0, |time| since(origin, time)),
            end: trial.finished.map(|time| since(origin, time)),
        }
    };
    let rows: Vec<TimelineRow> = keep(history.into(), places, most).into_iter().map(row).collect();
    Timeline { origin: since(UNIX_EPOCH, origin), omitted: n - rows.len(), rows }
}
