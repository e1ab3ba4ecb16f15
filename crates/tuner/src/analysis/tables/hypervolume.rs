//! The hypervolume over trials: how much of the space of several objectives the front covers as it grows.

use crate::analysis::table;
use crate::pareto::{dominates, hypervolume};
use crate::{History, TrialState};

table! {
    /// One trial that widened the front.
    pub struct HypervolumeRow {
        /// The trial's number.
        pub trial: u64,
        /// What the trials up to this one cover.
        pub hypervolume: f64,
    }

    /// The hypervolume over trials.
    pub struct HypervolumeHistory {
        /// The point up to which it is measured, in the objectives' units.
        pub reference: Vec<f64>,
        /// The trials at which it grew, by number.
        pub rows: Vec<HypervolumeRow>,
    }
}

/// How the hypervolume of a study with several objectives grew, measured up to a reference point in the objectives' units;
/// where none is given, up to the worst value of each objective among the complete trials. Trials that break constraints
/// cover nothing.
///
/// ```
/// use tunesmith_core::Space;
/// use tunesmith_tuner::analysis::tables::hypervolume_history;
/// use tunesmith_tuner::{Direction, History, TrialRecord, TrialState};
/// let mut history = History::of_objectives(Space::new(), &[Direction::Maximize, Direction::Minimize]);
/// for (number, (accuracy, size)) in [(0.8, 10.0), (0.7, 20.0), (0.9, 30.0)].into_iter().enumerate() {
///     let mut trial = TrialRecord::new(number as u64);
///     trial.state = TrialState::Complete;
///     (trial.value, trial.further) = (Some(accuracy), vec![size]);
///     history.put(trial);
/// }
/// let table = hypervolume_history(&history, Some(&[0.5, 40.0]));
/// let rows: Vec<(u64, i64)> = table.rows.iter().map(|row| (row.trial, (row.hypervolume * 10.0).round() as i64)).collect();
/// assert_eq!(rows, [(0, 90), (2, 100)]); // 0.3 x 30, and 0.1 x 10 more
/// ```
///
/// # Panics
/// When the reference has more or fewer values than there are objectives.
#[must_use]
#[track_caller]
pub fn hypervolume_history(history: &History, reference: Option<&[f64]>) -> HypervolumeHistory {
    let directions = history.directions();
    let objectives = directions.len();
    if let Some(reference) = reference {
        let found = reference.len();
        assert!(found == objectives, "hypervolume_history: {found} values for {objectives} objectives");
    }
    let trials = history.trials().iter().filter(|trial| trial.state == TrialState::Complete);
    let losses: Vec<(u64, Vec<f64>)> = trials
        .filter(|trial| history.violation(trial.number) <= 0.0)
        .filter_map(|trial| Some((trial.number, history.losses(trial)?)))
        .filter(|(_, losses)| losses.iter().all(|loss| loss.is_finite()))
        .collect();
    let worst = |k: usize| losses.iter().map(|(_, losses)| losses[k]).fold(f64::NEG_INFINITY, f64::max);
    let limit: Vec<f64> = (0..objectives)
        .map(|k| reference.map_or_else(|| worst(k), |reference| directions[k].loss(reference[k])))
        .collect();
    let (mut front, mut rows): (Vec<Vec<f64>>, Vec<HypervolumeRow>) = (Vec::new(), Vec::new());
    for (trial, losses) in losses {
        let inside = losses.iter().zip(&limit).all(|(loss, limit)| loss < limit);
        if !inside || front.iter().any(|other| *other == losses || dominates(other, &losses)) {
            continue;
        }
        front.retain(|other| !dominates(&losses, other));
        front.push(losses);
        rows.push(HypervolumeRow { trial, hypervolume: hypervolume(&front, &limit) });
    }
    let reference = limit.iter().zip(directions).map(|(limit, direction)| direction.loss(*limit)).collect();
    HypervolumeHistory { reference, rows }
}
