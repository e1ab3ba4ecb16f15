//! The value of every trial in order, and the best so far.

use tunesmith_core::Scale;
use tunesmith_tuner::{Direction, TrialRecord, TrialState};

use super::plot::Plot;
use super::svg::{Anchor, Svg};
use super::{Axis, Size, focus_of, thin};
use crate::input::best;
use crate::number::metric as number;

/// The height of a rail for marks without a place on the scale.
const RAIL: f64 = 24.0;

/// The optimisation history: a mark per trial, the best-so-far line in the accent colour.
///
/// Trials without a value, and values far worse than the middle, stand on rails beside the scale.
///
/// ```
/// use tunesmith_report::chart::{Size, history};
/// use tunesmith_tuner::{Direction, TrialRecord, TrialState};
/// let mut trial = TrialRecord::new(0);
/// (trial.state, trial.value) = (TrialState::Complete, Some(0.98));
/// let svg = history(&[trial], Direction::Maximize, "accuracy", Size::WIDE);
/// assert!(svg.contains("data-t=\"0\"") && svg.contains("0.9800"));
/// ```
#[must_use]
pub fn history(trials: &[TrialRecord], direction: Direction, metric: &str, size: Size) -> String {
    let shown = thin(trials, direction, 2_000);
    let winner = best(trials, direction);
    let title = format!("{metric} of every trial, and the best so far");
    let description = match winner {
        Some(best) => format!(
            "{} trials; the best is trial {} with {}.",
            trials.len(),
            best.number,
            number(best.value.unwrap_or(f64::NAN))
        ),
        None => format!("{} trials, none complete.", trials.len()),
    };
    let mut svg = Svg::new("history", size, &title, &description);
    let (scale, range) = focus_of(trials, direction);
    // Values beyond the scale, and trials without one, stand on rails of their own.
    let probe = Axis::new(scale, range, (1.0, 0.0), 2);
    let beyond = |place: f64| {
        let mut values = trials.iter().filter_map(|trial| trial.value).filter(|value| value.is_finite());
        values.any(|value| probe.is_beyond(value) && probe.place(value) == place)
    };
    let room = |needed: bool| if needed { RAIL } else { 0.0 };
    let (higher, lower) = (room(beyond(0.0)), room(beyond(1.0)));
    let none = room(trials.iter().any(|trial| trial.state.is_finished() && !has_value(trial)));
    let plot = Plot::inside(size, [62.0, 20.0, 34.0 + higher, 44.0 + lower + none]);
    let y = Axis::new(scale, range, plot.up(), 6);
    let first = trials.iter().map(|trial| trial.number).min().unwrap_or(0);
    let last = trials.iter().map(|trial| trial.number).max().unwrap_or(0);
    let padding = ((last - first) as f64 * 0.01).max(0.5);
    let range = (first as f64 - padding, last as f64 + padding);
    let about = ((plot.right - plot.left) / 90.0) as usize;
    let x = Axis::new(Scale::Linear, range, plot.across(), about.min((last - first) as usize + 2));

    plot.draw_y(&mut svg, &y, if higher > 0.0 { "" } else { metric });
    let below = Plot { bottom: plot.bottom + lower + none, ..plot };
    below.draw_x(&mut svg, &x, "trial");
    let rails = [
        (higher, plot.top - 0.6 * RAIL, "higher"),
        (lower, plot.bottom + 0.6 * RAIL, "lower"),
        (none, plot.bottom + lower + 0.6 * RAIL, "no value"),
    ];
    for (_, height, name) in rails.into_iter().filter(|(room, ..)| *room > 0.0) {
        svg.text("tick", (plot.left - 8.0, height + 4.0), Anchor::End, name);
    }
    if higher > 0.0 {
        svg.text("axis", (2.0, plot.top - higher - 14.0), Anchor::Start, metric);
    }
    for trial in &shown {
        let at = x.place(trial.number as f64);
        let (state, number) = (trial.state, trial.number);
        match trial.value.filter(|value| value.is_finite()) {
            Some(value) if y.is_beyond(value) => {
                let height = if y.place(value) <= plot.top { rails[0].1 } else { rails[1].1 };
                svg.mark("", number, state, (at, height), 3.0);
            }
            Some(value) => svg.mark("", number, state, (at, y.place(value)), 3.5),
            None if state.is_finished() => svg.mark("", number, state, (at, rails[2].1), 3.5),
            None => {}
        }
    }
    let mut steps = best_so_far(trials, direction);
    steps.retain(|(_, value)| !y.is_beyond(*value));
    let mut line = Vec::new();
    for (i, &(number, value)) in steps.iter().enumerate() {
        if i > 0 {
            line.push((x.place(number as f64), y.place(steps[i - 1].1)));
        }
        line.push((x.place(number as f64), y.place(value)));
    }
    if let Some(&(_, height)) = line.last() {
        line.push((plot.right, height));
    }
    svg.polyline("so-far", None, &line);
    if let Some((trial, value)) = winner.and_then(|trial| Some((trial, trial.value?))) {
        let at = (x.place(trial.number as f64), y.place(value));
        svg.mark("best", trial.number, trial.state, at, 5.0);
        let text = format!("trial {}: {}", trial.number, number(value));
        let above = direction == Direction::Maximize;
        let height = if above { at.1 - 12.0 } else { at.1 + 22.0 };
        let anchor = if at.0 > (plot.left + plot.right) / 2.0 { Anchor::End } else { Anchor::Start };
        svg.text("best-label", (at.0, height), anchor, &text);
    }
    svg.finish()
}

fn has_value(trial: &TrialRecord) -> bool {
    trial.value.is_some_and(f64::is_finite)
}

/// The numbers and values of the complete trials that were the best when they ended, by number.
pub(crate) fn best_so_far(trials: &[TrialRecord], direction: Direction) -> Vec<(u64, f64)> {
    let mut complete: Vec<(u64, f64)> = trials
        .iter()
        .filter(|trial| trial.state == TrialState::Complete && has_value(trial))
        .filter_map(|trial| Some((trial.number, trial.value?)))
        .collect();
    complete.sort_by_key(|(number, _)| *number);
    let mut best = f64::INFINITY;
    complete.retain(|(_, value)| {
        let better = direction.loss(*value) < best;
        best = best.min(direction.loss(*value));
        better
    });
    complete
}

#[cfg(test)]
mod tests {
    use super::best_so_far;
    use tunesmith_tuner::{Direction, TrialRecord, TrialState};

    #[test]
    fn only_complete_trials_that_improve_count() {
        let trial = |number, state, value| {
            let mut trial = TrialRecord::new(number);
            (trial.state, trial.value) = (state, Some(value));
            trial
        };
        let trials = [
            trial(0, TrialState::Complete, 0.5),
            trial(1, TrialState::Pruned, 0.9),
            trial(2, TrialState::Complete, 0.4),
            trial(3, TrialState::Complete, 0.6),
            trial(4, TrialState::Complete, f64::NAN),
        ];
        assert_eq!(best_so_far(&trials, Direction::Maximize), [(0, 0.5), (3, 0.6)]);
        assert_eq!(best_so_far(&trials, Direction::Minimize), [(0, 0.5), (2, 0.4)]);
    }
}
