//! The value of every trial against one of its settings.

use tunesmith_core::{Dimension, Domain};
use tunesmith_tuner::{Direction, TrialRecord, TrialState};

use super::plot::Plot;
use super::svg::{Anchor, Svg};
use super::{Axis, Size, focus_of, thin};
use crate::input::best;
use crate::labels::human;

/// A small picture: one setting across, the value up, the best trial in the accent colour.
///
/// Trials without a value stand on a rail below, so that a range in which trials diverge shows. All slices of the same
/// trials have the same vertical axis.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Space, Value};
/// use tunesmith_report::chart::{Size, slice};
/// use tunesmith_tuner::{Direction, TrialRecord, TrialState};
/// let space = Space::new().with("training.adam.lr", Domain::float(1e-4, 1.0, Scale::Log, None).unwrap());
/// let mut trial = TrialRecord::new(0);
/// (trial.state, trial.value) = (TrialState::Complete, Some(0.98));
/// trial.params.insert("training.adam.lr".into(), Value::Float(0.01));
/// let svg = slice(&space.dimensions()[0], &[trial], Direction::Maximize, "accuracy", Size::SMALL);
/// assert!(svg.contains("data-t=\"0\""));
/// ```
#[must_use]
pub fn slice(
    dimension: &Dimension,
    trials: &[TrialRecord],
    direction: Direction,
    metric: &str,
    size: Size,
) -> String {
    let name = human(&dimension.key);
    let used = trials.iter().filter(|trial| trial.params.contains_key(&dimension.key)).count();
    let description = format!("{metric} against {name} for the {used} trials that used it.");
    let mut svg = Svg::new("slice", size, &format!("{metric} by {name}"), &description);
    let rail = if trials.iter().any(is_rail) { 14.0 } else { 0.0 };
    let plot = Plot::inside(size, [42.0, 14.0, 10.0, 26.0 + rail]);
    let (scale, range) = focus_of(trials, direction);
    let y = Axis::new(scale, range, plot.up(), 4);
    let x = Axis::of_domain(&dimension.domain, (plot.left + 8.0, plot.right - 8.0), 3);
    plot.draw_y(&mut svg, &y, "");
    let base = plot.bottom + rail;
    svg.line("base", (plot.left, base), (plot.right, base));
    for tick in short_labels(&x, &dimension.domain, &plot) {
        svg.line("base", (tick.0, base), (tick.0, base + 4.0));
        svg.text("tick", (tick.0, base + 18.0), Anchor::Middle, &tick.1);
    }
    let winner = best(trials, direction).map(|trial| trial.number);
    let mut last = None;
    for trial in thin(trials, direction, 2_000) {
        let Some(at) =
            trial.params.get(&dimension.key).and_then(|value| x.place_value(&dimension.domain, value))
        else {
            continue;
        };
        let at = at + jitter(trial.number) * spread(&dimension.domain, &x);
        match trial.value.filter(|value| value.is_finite()) {
            Some(value) if Some(trial.number) == winner => last = Some((trial, (at, y.place(value)))),
            Some(value) if y.is_beyond(value) => {
                svg.mark("beyond", trial.number, trial.state, (at, y.place(value)), 2.2);
            }
            Some(value) => svg.mark("", trial.number, trial.state, (at, y.place(value)), 2.6),
            None if is_rail(trial) => {
                svg.mark("", trial.number, trial.state, (at, plot.bottom + 8.0), 2.6);
            }
            None => {}
        }
    }
    if let Some((trial, at)) = last {
        svg.mark("best", trial.number, trial.state, at, 4.0);
    }
    svg.finish()
}

fn is_rail(trial: &TrialRecord) -> bool {
    matches!(trial.state, TrialState::Diverged | TrialState::Failed)
        && trial.value.is_none_or(|x| !x.is_finite())
}

/// A fixed place in [-0.5, 0.5) for a trial's number; multiples of the golden ratio never cluster.
fn jitter(number: u64) -> f64 {
    (number as f64 * 0.618_033_988_749_895).fract() - 0.5
}

/// How wide the marks of one discrete value spread.
fn spread(domain: &Domain, axis: &Axis) -> f64 {
    match domain.size() {
        Some(size) if (2..=12).contains(&size) => (axis.band() * 0.5).min(36.0),
        _ => 0.0,
    }
}

/// The ticks with labels cut to the room between them.
fn short_labels(axis: &Axis, domain: &Domain, plot: &Plot) -> Vec<(f64, String)> {
    let ticks = axis.ticks();
    let Domain::Choice { options } = domain else {
        return ticks.iter().map(|tick| (tick.place, tick.label.clone())).collect();
    };
    let room = (((plot.right - plot.left) / options.len().max(1) as f64) / 7.0).max(1.0) as usize;
    let every = options.len().div_ceil(12).max(1);
    let cut = |label: &str| -> String {
        if label.chars().count() <= room {
            label.to_owned()
        } else {
            label.chars().take(room.saturating_sub(1).max(1)).chain(['…']).collect()
        }
    };
    ticks.iter().step_by(every).map(|tick| (tick.place, cut(&tick.label))).collect()
}
