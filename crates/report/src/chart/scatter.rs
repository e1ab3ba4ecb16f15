//! Predictions against the truth.

use tunesmith_core::Scale;

use super::plot::{Plot, sampled};
use super::svg::{Anchor, Svg};
use super::{Axis, Size};
use crate::Prediction;

/// A dot per sample, truth across and prediction up on equal axes; on the hairline the prediction is right.
///
/// ```
/// use tunesmith_report::{Prediction, chart::{Size, scatter}};
/// let svg = scatter(&[Prediction { truth: 1.0, predicted: 1.2 }], Size::HALF);
/// assert!(svg.contains("<circle"));
/// ```
#[must_use]
pub fn scatter(predictions: &[Prediction], size: Size) -> String {
    let finite: Vec<Prediction> =
        predictions.iter().copied().filter(|p| p.truth.is_finite() && p.predicted.is_finite()).collect();
    let description = format!("{} predictions against the truth.", predictions.len());
    let mut svg = Svg::new("scatter", size, "Predicted against true", &description);
    let values = || finite.iter().flat_map(|p| [p.truth, p.predicted]);
    let range = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let range = if finite.is_empty() { (0.0, 1.0) } else { range };
    let plot = Plot::inside(size, [52.0, 20.0, 34.0, 44.0]);
    let side = (plot.right - plot.left).min(plot.bottom - plot.top);
    let plot = Plot { right: plot.left + side, top: plot.bottom - side, ..plot };
    let (x, y) =
        (Axis::new(Scale::Linear, range, plot.across(), 5), Axis::new(Scale::Linear, range, plot.up(), 5));
    plot.draw_y(&mut svg, &y, "predicted");
    plot.draw_x(&mut svg, &x, "true");
    svg.line("kept", (plot.left, plot.bottom), (plot.right, plot.top));
    svg.text("tick halo", (plot.right - 4.0, plot.top + 12.0), Anchor::End, "exact");
    for p in sampled(&finite, 2_000) {
        svg.dot("sample", (x.place(p.truth), y.place(p.predicted)), 2.5);
    }
    svg.finish()
}
