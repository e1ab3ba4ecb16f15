//! Parallel coordinates: a trial is a line across one axis per dimension.

use std::collections::BTreeMap;

use tunesmith_core::{Dimension, Domain, Space};
use tunesmith_tuner::{Direction, TrialRecord, TrialState};

use super::svg::{Anchor, Svg};
use super::{Axis, Size, focus_of, thin};
use crate::input::{best, better_first, is_valued};
use crate::labels::unique;

/// Room below (or beside) an axis for trials in which its dimension does not exist.
const SLOT: f64 = 38.0;

/// Parallel coordinates over the dimensions of these keys and the value; the better a trial, the stronger its line.
///
/// The axes stand upright on a wide picture and lie on a narrow one. A trial without a dimension passes through the
/// axis's "not used" slot. Each axis has a `brush` rectangle, for a script that filters.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Space, Value};
/// use tunesmith_report::chart::{Size, parallel};
/// use tunesmith_tuner::{Direction, TrialRecord, TrialState};
/// let space = Space::new().with("lr", Domain::float(1e-4, 1.0, Scale::Log, None).unwrap());
/// let mut trial = TrialRecord::new(0);
/// (trial.state, trial.value) = (TrialState::Complete, Some(0.98));
/// trial.params.insert("lr".into(), Value::Float(0.01));
/// let svg = parallel(&space, &[trial], &["lr"], Direction::Maximize, "accuracy", Size::WIDE);
/// assert!(svg.contains("learning rate") && svg.contains("data-t=\"0\""));
/// ```
#[must_use]
pub fn parallel(
    space: &Space,
    trials: &[TrialRecord],
    keys: &[&str],
    direction: Direction,
    metric: &str,
    size: Size,
) -> String {
    let upright = size.width > size.height;
    let dimensions: Vec<&Dimension> = keys.iter().filter_map(|key| space.dimension(key)).collect();
    let labels = unique(dimensions.iter().map(|dimension| dimension.key.as_str()));
    let title = format!("Settings of every trial against its {metric}");
    let description = format!(
        "One axis for each of {} and for {metric}; each line is a trial, the stronger the better.",
        labels.join(", ")
    );
    let mut svg = Svg::new("parallel", size, &title, &description);

    let mut shown: Vec<&TrialRecord> =
        thin(trials, direction, 2_000).into_iter().filter(|trial| !trial.params.is_empty()).collect();
    // Worst first, so that the best lie on top.
    shown.sort_by(|a, b| better_first(b, a, direction));

    let axes = Axes::new(&dimensions, trials, &shown, direction, size, upright);
    axes.draw_lines(&mut svg);
    let shares: Vec<Vec<f64>> =
        axes.dimensions.iter().map(|(dimension, _)| shares(dimension, &shown)).collect();
    let valued = shown.iter().filter(|trial| is_valued(trial)).count();
    let winner = best(trials, direction).map(|trial| trial.number);
    let mut rank = 0;
    for (i, trial) in shown.iter().enumerate() {
        let share: Vec<f64> = shares.iter().map(|shares| shares[i]).collect();
        rank += usize::from(is_valued(trial));
        let strength = is_valued(trial).then(|| format!("q{}", (rank * 8) / valued));
        let best = (Some(trial.number) == winner).then_some("best");
        let state = (trial.state != TrialState::Complete).then(|| trial.state.name());
        let words = [Some("path"), state, strength.as_deref(), best];
        let class = words.into_iter().flatten().collect::<Vec<_>>().join(" ");
        svg.polyline(&class, Some(trial.number), &axes.points(trial, &share));
    }
    // Labels last: lines must not cross out words.
    axes.draw_labels(&mut svg, &labels, metric);
    svg.finish()
}

/// For each trial, its place among those with the same value of a discrete dimension, from 0 (the worst) to 1.
fn shares(dimension: &Dimension, shown: &[&TrialRecord]) -> Vec<f64> {
    let value = |trial: &TrialRecord| trial.params.get(&dimension.key).map(ToString::to_string);
    let mut counts: BTreeMap<Option<String>, f64> = BTreeMap::new();
    let places: Vec<(Option<String>, f64)> = shown
        .iter()
        .map(|trial| {
            let value = value(trial);
            let count = counts.entry(value.clone()).or_default();
            *count += 1.0;
            (value, *count - 0.5)
        })
        .collect();
    places.into_iter().map(|(value, place)| place / counts[&value]).collect()
}

/// The axes and where they stand.
struct Axes<'a> {
    dimensions: Vec<(&'a Dimension, Axis)>,
    value: Axis,
    upright: bool,
    /// Where each axis stands: from left to right when upright, else from top to bottom.
    places: Vec<f64>,
    /// The ends along an axis, low value first.
    along: (f64, f64),
    /// Where trials without the dimension pass.
    slot: f64,
    /// Whether any trial passes there.
    missing: Vec<bool>,
}

impl<'a> Axes<'a> {
    fn new(
        dimensions: &[&'a Dimension],
        trials: &[TrialRecord],
        shown: &[&TrialRecord],
        direction: Direction,
        size: Size,
        upright: bool,
    ) -> Self {
        let count = dimensions.len() + 1;
        let lacks = |key: &str| shown.iter().any(|trial| !trial.params.contains_key(key));
        let mut missing: Vec<bool> = dimensions.iter().map(|dimension| lacks(&dimension.key)).collect();
        missing.push(shown.iter().any(|trial| trial.value.is_none_or(|value| !value.is_finite())));
        let slot = if missing.contains(&true) { SLOT } else { 0.0 };
        let (along, slot, first, last) = if upright {
            let bottom = size.height - 14.0 - slot;
            ((bottom, 62.0), size.height - 24.0, 56.0, size.width - 56.0)
        } else {
            let left = if slot > 0.0 { 92.0 } else { 14.0 };
            ((left, size.width - 16.0), 66.0, 30.0, size.height - 26.0)
        };
        let step = if count > 1 { (last - first) / (count - 1) as f64 } else { 0.0 };
        let places = (0..count).map(|i| first + step * i as f64).collect();
        let about = if upright { 6 } else { 4 };
        let axis = |dimension: &&'a Dimension| (*dimension, Axis::of_domain(&dimension.domain, along, about));
        let (scale, range) = focus_of(trials, direction);
        // The better end is at the top, or at the right, whichever way is better.
        let ends = if direction == Direction::Maximize { along } else { (along.1, along.0) };
        let value = Axis::new(scale, range, ends, about);
        Self {
            dimensions: dimensions.iter().map(axis).collect(),
            value,
            upright,
            places,
            along,
            slot,
            missing,
        }
    }

    fn at(&self, index: usize, along: f64) -> (f64, f64) {
        if self.upright { (self.places[index], along) } else { (along, self.places[index]) }
    }

    fn points(&self, trial: &TrialRecord, shares: &[f64]) -> Vec<(f64, f64)> {
        let settings = self.dimensions.iter().zip(shares).map(|((dimension, axis), share)| {
            let place = axis.place_value(&dimension.domain, trial.params.get(&dimension.key)?)?;
            // Later in the order is better, and better lies nearer to the axis's upper end.
            let up = (self.along.1 - self.along.0).signum();
            Some(place + up * spread(&dimension.domain, axis) * (share - 0.5))
        });
        let value = trial.value.filter(|value| value.is_finite()).map(|value| self.value.place(value));
        let places = settings.chain([value]).enumerate();
        // Whole pixels are fine enough here and keep pages small.
        places
            .map(|(i, along)| self.at(i, along.unwrap_or(self.slot)))
            .map(|(x, y)| (x.round(), y.round()))
            .collect()
    }

    fn axes(&self) -> impl Iterator<Item = (usize, &Axis)> {
        self.dimensions.iter().map(|(_, axis)| axis).chain([&self.value]).enumerate()
    }

    fn draw_lines(&self, svg: &mut Svg) {
        for (i, axis) in self.axes() {
            svg.line("base", self.at(i, self.along.0), self.at(i, self.along.1));
            for tick in axis.ticks() {
                let (x, y) = self.at(i, tick.place);
                let (dx, dy) = if self.upright { (3.0, 0.0) } else { (0.0, 3.0) };
                svg.line("base", (x - dx, y - dy), (x + dx, y + dy));
            }
        }
    }

    fn draw_labels(&self, svg: &mut Svg, labels: &[String], metric: &str) {
        let wrap =
            if self.places.len() > 1 { ((self.places[1] - self.places[0]) / 7.8) as usize } else { 40 };
        let last = self.places.len() - 1;
        for (i, axis) in self.axes() {
            let title = labels.get(i).map_or(metric, String::as_str);
            self.title(svg, i, title, wrap.max(8), i == last);
            for tick in axis.ticks() {
                let at = self.at(i, tick.place);
                self.label(svg, at, &tick.label);
            }
            let (mut low, mut high) = (self.along.0.min(self.along.1), self.along.0.max(self.along.1));
            if self.missing[i] {
                let at = self.at(i, self.slot);
                svg.dot("slot", at, 2.0);
                // On the far side of the slot, where no line ever passes.
                let (at, anchor) = if self.upright {
                    ((at.0, at.1 + 18.0), Anchor::Middle)
                } else {
                    ((at.0 - 8.0, at.1 + 4.0), Anchor::End)
                };
                svg.text("tick unused", at, anchor, if i == last { "no value" } else { "not used" });
                (low, high) = (low.min(self.slot), high.max(self.slot));
            }
            let (corner, extent) = if self.upright {
                ((self.places[i] - 12.0, low - 6.0), (24.0, high - low + 12.0))
            } else {
                ((low - 6.0, self.places[i] - 12.0), (high - low + 12.0, 24.0))
            };
            svg.rect("brush", corner, extent, &format!(" data-axis=\"{i}\""));
        }
    }

    /// A label beside an upright axis, or below a lying one.
    fn label(&self, svg: &mut Svg, (x, y): (f64, f64), text: &str) {
        if self.upright {
            svg.text("tick halo", (x + 7.0, y + 4.0), Anchor::Start, text);
        } else {
            svg.text("tick halo", (x, y + 15.0), Anchor::Middle, text);
        }
    }

    fn title(&self, svg: &mut Svg, index: usize, title: &str, wrap: usize, last: bool) {
        let class = if last { "axis-title halo value" } else { "axis-title halo" };
        if !self.upright {
            let at = (2.0, self.places[index] - 10.0);
            return svg.text(class, at, Anchor::Start, title);
        }
        // "layer 1," and "copy 2:" stay together.
        let title = title.replace("layer ", "layer\u{a0}").replace("copy ", "copy\u{a0}");
        let lines = wrapped(&title, wrap, 3);
        for (i, line) in lines.iter().enumerate() {
            let up = (lines.len() - 1 - i) as f64 * 14.0;
            svg.text(class, (self.places[index], self.along.1 - 18.0 - up), Anchor::Middle, line);
        }
    }
}

/// How wide the lines spread inside the band of an option, so that they can be told apart.
fn spread(domain: &Domain, axis: &Axis) -> f64 {
    match domain {
        Domain::Choice { options } if options.len() > 1 => (axis.band() * 0.5).min(40.0),
        Domain::Int { .. } if domain.size().is_some_and(|size| (2..=8).contains(&size)) => 10.0,
        _ => 0.0,
    }
}

/// The text in lines of about so many characters, broken at spaces; what is too long ends in an ellipsis.
fn wrapped(text: &str, width: usize, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        let full = lines.len() == most;
        let line = lines.last_mut().expect("starts with one");
        if line.is_empty() {
            line.push_str(word);
        } else if full || line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    for line in &mut lines {
        if line.chars().count() > width + 4 {
            *line = line.chars().take(width + 3).chain(['…']).collect();
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn titles_wrap_at_spaces() {
        assert_eq!(wrapped("layer 1, copy 2: units", 10, 3), ["layer 1,", "copy 2:", "units"]);
        assert_eq!(wrapped("optimizer", 10, 3), ["optimizer"]);
        assert_eq!(wrapped("averyveryverylongname", 8, 3), ["averyveryve…"]);
    }
}
