//! The learning curves of all trials.

use tunesmith_core::Scale;
use tunesmith_tuner::{Direction, TrialRecord, TrialState};

use super::plot::{Plot, clipped, sampled};
use super::svg::{Anchor, Svg};
use super::{Axis, Size, focus, thin};
use crate::input::best;
use crate::number::metric as number;

/// What every trial reported, step by step: the best in the accent colour, pruned ones ending in a ring where they were
/// stopped, diverged ones in a cross.
///
/// `step` says what one step is ("epoch"); steps are stored from 0 and shown from 1.
///
/// ```
/// use tunesmith_report::chart::{Size, curves};
/// use tunesmith_tuner::{Direction, TrialRecord, TrialState};
/// let mut trial = TrialRecord::new(3);
/// trial.state = TrialState::Pruned;
/// (0..5).for_each(|step| { trial.report(step, 0.1 * step as f64); });
/// let svg = curves(&[trial], Direction::Maximize, "accuracy", "epoch", Size::WIDE);
/// assert!(svg.contains("polyline class=\"curve pruned\" data-t=\"3\""));
/// ```
#[must_use]
pub fn curves(trials: &[TrialRecord], direction: Direction, metric: &str, step: &str, size: Size) -> String {
    let shown = thin(trials, direction, 400);
    let winner = best(trials, direction).filter(|trial| trial.reports.len() > 1);
    let title = format!("{metric} of every trial, {step} by {step}");
    let mut svg = Svg::new("curves", size, &title, &description(trials, step));
    let plot = Plot::inside(size, [52.0, if size.width > 500.0 { 132.0 } else { 24.0 }, 34.0, 44.0]);
    // What the trials came to, not how they began, decides what is worth seeing.
    let values: Vec<f64> =
        shown.iter().filter_map(|trial| trial.last_report()).map(|report| report.1).collect();
    let (scale, range) = focus(&values, direction, 2.5);
    let y = Axis::new(scale, range, plot.up(), 6);
    let last =
        shown.iter().filter_map(|trial| trial.last_report()).map(|(step, _)| step + 1).max().unwrap_or(1);
    let about = ((plot.right - plot.left) / 90.0) as usize;
    let x = Axis::new(Scale::Linear, (1.0, last as f64), plot.across(), about.min(last as usize + 1));
    plot.draw_y(&mut svg, &y, metric);
    plot.draw_x(&mut svg, &x, step);

    let mut draw = |class: &str, trial: &TrialRecord| {
        let points: Vec<(f64, f64)> = sampled(&trial.reports, if size.width > 500.0 { 200 } else { 24 })
            .into_iter()
            .map(|(step, value)| (x.place((step + 1) as f64), y.unbounded(value)))
            .collect();
        for piece in clipped(&points, plot.top, plot.bottom) {
            svg.polyline(class, Some(trial.number), &piece);
        }
        let ended = matches!(trial.state, TrialState::Pruned | TrialState::Diverged | TrialState::Failed);
        if let Some(&(at, y)) = points.iter().rev().find(|(_, y)| y.is_finite())
            && ended
            && (plot.top..=plot.bottom).contains(&y)
        {
            svg.mark("end", trial.number, trial.state, (at, y), 2.5);
        }
    };
    // The complete ones last, over those that were stopped; the best over all.
    let complete = |trial: &TrialRecord| trial.state == TrialState::Complete;
    for trial in
        shown.iter().filter(|trial| !complete(trial)).chain(shown.iter().filter(|trial| complete(trial)))
    {
        match trial.state {
            TrialState::Complete => draw("curve", trial),
            state => draw(&format!("curve {}", state.name()), trial),
        }
    }
    if let Some(trial) = winner {
        draw("curve best", trial);
        if let Some((step, value)) = trial.last_report() {
            let at = (x.place((step + 1) as f64) + 8.0, y.place(value));
            let text = format!("trial {}", trial.number);
            if size.width > 500.0 {
                svg.text("best-label", (at.0, at.1 - 2.0), Anchor::Start, &text);
                let reached = format!("the best, {}", number(trial.value.unwrap_or(value)));
                svg.text("tick", (at.0, at.1 + 13.0), Anchor::Start, &reached);
            } else {
                let up = if direction == Direction::Maximize { -10.0 } else { 18.0 };
                svg.text("best-label", (at.0 - 8.0, at.1 + up), Anchor::End, &text);
            }
        }
    }
    svg.finish()
}

fn description(trials: &[TrialRecord], step: &str) -> String {
    let reported = trials.iter().filter(|trial| !trial.reports.is_empty()).count();
    let pruned = trials.iter().filter(|trial| trial.state == TrialState::Pruned).count();
    let longest = trials.iter().filter_map(|trial| trial.last_report()).map(|(step, _)| step + 1).max();
    match longest {
        Some(longest) => format!(
            "{reported} trials reported values, the longest over {longest} {step}s; {pruned} were stopped early."
        ),
        None => "No trial reported values.".to_owned(),
    }
}
