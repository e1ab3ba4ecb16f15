//! Settings that several pruners and schedulers share, said once, and the one rule they share: when to look.

use tunesmith_core::Param;

use crate::TrialRecord;

/// More than any count or number of steps.
const MANY: f64 = 1e15;

/// A whole number that no search moves.
pub(super) const fn count<T>(
    name: &'static str,
    least: usize,
    usual: usize,
    field: fn(&mut T) -> &mut usize,
    about: &'static str,
) -> Param<T> {
    Param::int(name, least, usual, field, about).fixed().valid(least as f64, MANY)
}

pub(super) const fn n_startup_trials<T>(field: fn(&mut T) -> &mut usize) -> Param<T> {
    count("n_startup_trials", 0, 20, field, "complete trials before any is stopped")
}

pub(super) const fn n_warmup_steps<T>(field: fn(&mut T) -> &mut usize) -> Param<T> {
    count("n_warmup_steps", 0, 100, field, "no trial stops before this step")
}

pub(super) const fn interval_steps<T>(field: fn(&mut T) -> &mut usize) -> Param<T> {
    count("interval_steps", 1, 100, field, "steps between looks")
}

pub(super) const fn n_min_trials<T>(field: fn(&mut T) -> &mut usize) -> Param<T> {
    count("n_min_trials", 1, 20, field, "complete trials that must have reported at the step")
}

pub(super) const fn min_resource<T>(field: fn(&mut T) -> &mut usize) -> Param<T> {
    count("min_resource", 1, 100, field, "steps of work before the first rung")
}

pub(super) const fn max_resource<T>(field: fn(&mut T) -> &mut usize) -> Param<T> {
    count("max_resource", 0, 1000, field, "steps of work of a whole trial; 0: not known")
}

pub(super) const fn reduction_factor<T>(field: fn(&mut T) -> &mut usize) -> Param<T> {
    count("reduction_factor", 2, 6, field, "one in this many goes on at a rung")
}

/// Whether the trial's last report is the first at or after a multiple of the interval, counted from the warm-up's end.
pub(super) fn is_look(trial: &TrialRecord, n_warmup_steps: usize, interval_steps: usize) -> bool {
    let (warmup, interval) = (n_warmup_steps as u64, (interval_steps as u64).max(1));
    let Some((step, _)) = trial.last_report().filter(|(step, _)| *step >= warmup) else { return false };
    let look = (step - warmup) / interval * interval + warmup;
    trial.reports.iter().rev().nth(1).is_none_or(|&(earlier, _)| earlier < look)
}
