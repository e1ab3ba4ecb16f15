//! One quantity of a training run, epoch by epoch, on the training part and on others.

use std::collections::BTreeMap;

use tunesmith_core::Scale;
use tunesmith_tuner::Direction;

use super::plot::{Plot, apart, clipped, sampled};
use super::svg::{Anchor, Svg};
use super::{Axis, Size, focus};
use crate::EpochRow;
use crate::labels::measure;

/// The parts of data whose name a measured value begins with.
const PARTS: [&str; 3] = ["train", "validation", "test"];

/// What was measured in a run: the quantities ("loss", "accuracy"), loss first.
///
/// ```
/// use tunesmith_report::{EpochRow, chart::training_series};
/// let values = [("train_loss".to_owned(), 0.5), ("validation_accuracy".to_owned(), 0.9)].into();
/// assert_eq!(training_series(&[EpochRow { epoch: 1, values }]), ["loss", "accuracy"]);
/// ```
#[must_use]
pub fn training_series(rows: &[EpochRow]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in rows.iter().flat_map(|row| row.values.keys()).map(|key| split(key).1) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names.sort_by_key(|name| (name != "loss", name.clone()));
    names
}

fn split(key: &str) -> (&str, &str) {
    match key.split_once('_') {
        Some((part, name)) if PARTS.contains(&part) => (part, name),
        _ => ("", key),
    }
}

/// One quantity epoch by epoch: the training part in grey, the validation part in the accent colour, each labelled at
/// its end; a hairline at the epoch whose parameters were kept.
///
/// ```
/// use tunesmith_report::{EpochRow, chart::{Size, training}};
/// let row = |epoch, loss| EpochRow { epoch, values: [("train_loss".to_owned(), loss)].into() };
/// let svg = training(&[row(1, 0.9), row(2, 0.4)], "loss", Some(2), Size::HALF);
/// assert!(svg.contains("series train"));
/// ```
#[must_use]
pub fn training(rows: &[EpochRow], name: &str, kept: Option<u64>, size: Size) -> String {
    let mut series: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
    for row in rows {
        for (key, value) in &row.values {
            let (part, measured) = split(key);
            if measured == name {
                series.entry(part).or_default().push((row.epoch as f64, *value));
            }
        }
    }
    let values: Vec<f64> = series.values().flatten().map(|point| point.1).collect();
    let description = format!("{name} over {} epochs on {} parts of the data.", rows.len(), series.len());
    let mut svg = Svg::new("training", size, &format!("{name} by epoch"), &description);
    let plot = Plot::inside(size, [52.0, 84.0, 34.0, 44.0]);
    // Bad first epochs are cut off, whichever way is better: look from the last value.
    let upward = values.last().zip(values.first()).is_some_and(|(last, first)| last > first);
    let (scale, range) = focus(&values, if upward { Direction::Maximize } else { Direction::Minimize }, 12.0);
    let y = Axis::new(scale, range, plot.up(), 5);
    let epochs = (rows.first().map_or(1, |row| row.epoch), rows.last().map_or(1, |row| row.epoch));
    let x =
        Axis::new(Scale::Linear, (epochs.0 as f64, epochs.1 as f64), plot.across(), 6.min(rows.len() + 1));
    let said = measure(name);
    plot.draw_y(&mut svg, &y, &said);
    plot.draw_x(&mut svg, &x, "epoch");
    if let Some(kept) = kept.filter(|kept| (epochs.0..=epochs.1).contains(kept)) {
        let at = x.place(kept as f64);
        svg.line("kept", (at, plot.top), (at, plot.bottom));
        let anchor = if at > (plot.left + plot.right) / 2.0 { Anchor::End } else { Anchor::Start };
        let shift = if anchor == Anchor::End { -5.0 } else { 5.0 };
        svg.text("tick halo", (at + shift, plot.top + 4.0), anchor, &format!("kept: epoch {kept}"));
    }
    let mut ends = Vec::new();
    for (part, points) in &series {
        let placed: Vec<(f64, f64)> = sampled(points, 400)
            .into_iter()
            .map(|(epoch, value)| (x.place(epoch), y.unbounded(value)))
            .collect();
        let part = if part.is_empty() { "other" } else { part };
        for piece in clipped(&placed, plot.top, plot.bottom) {
            svg.polyline(&format!("series {part}"), None, &piece);
        }
        if let Some(&(at, height)) = placed.iter().rev().find(|(_, y)| y.is_finite()) {
            ends.push((part, at, height));
        }
    }
    let heights: Vec<f64> = ends.iter().map(|(_, _, height)| *height).collect();
    for ((part, at, _), height) in ends.iter().zip(apart(&heights, 15.0, plot.top, plot.bottom)) {
        let said = if *part == "other" { said.as_str() } else { part };
        svg.text(&format!("series-label {part}"), (at + 8.0, height + 4.0), Anchor::Start, said);
    }
    svg.finish()
}
