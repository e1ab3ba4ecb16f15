//! `Axis`: from values to places in a picture, with ticks at round numbers.

use tunesmith_core::{Domain, Scale, Value};
use tunesmith_tuner::{Direction, TrialRecord, TrialState};

use crate::number::{setting, short};

/// A tick: where it stands and what it says.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// The place, in pixels.
    pub place: f64,
    /// The number (or option) as text.
    pub label: String,
}

/// From values to places in a picture.
///
/// ```
/// use tunesmith_core::Scale;
/// use tunesmith_report::chart::Axis;
/// let axis = Axis::new(Scale::Log, (1e-4, 1.0), (0.0, 400.0), 5);
/// assert_eq!(axis.place(0.01), 200.0);
/// assert_eq!(axis.place(7.0), 400.0); // what lies beyond stands at the end
/// let labels: Vec<&str> = axis.ticks().iter().map(|tick| tick.label.as_str()).collect();
/// assert_eq!(labels, ["1e-4", "0.001", "0.01", "0.1", "1"]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    scale: Scale,
    warped: (f64, f64),
    pixels: (f64, f64),
    ticks: Vec<Tick>,
}

impl Axis {
    /// An axis from the lower to the higher value, from the first to the second place, with about so many ticks.
    ///
    /// A range that is empty, turned round or not finite is made into one that can be drawn.
    #[must_use]
    pub fn new(scale: Scale, range: (f64, f64), pixels: (f64, f64), about: usize) -> Self {
        let (low, high) = drawable(scale, range);
        let mut axis = Self { scale, warped: (scale.warp(low), scale.warp(high)), pixels, ticks: Vec::new() };
        let ticks = round_numbers(scale, low, high, about.max(2));
        axis.ticks = ticks.into_iter().map(|x| Tick { place: axis.place(x), label: short(x) }).collect();
        if scale == Scale::Linear {
            align_decimals(&mut axis.ticks);
        }
        axis
    }

    /// The axis of a dimension: its scale, its ends, its options.
    #[must_use]
    pub fn of_domain(domain: &Domain, pixels: (f64, f64), about: usize) -> Self {
        let warped = domain.bounds();
        let (scale, ends) = match domain {
            Domain::Float { low, high, scale, .. } => (*scale, Some((*low, *high))),
            Domain::Int { low, high, scale, .. } => (*scale, Some((*low as f64, *high as f64))),
            _ => (Scale::Linear, None),
        };
        let mut axis = Self { scale, warped: widened(warped.0, warped.1), pixels, ticks: Vec::new() };
        axis.ticks = match (domain, ends) {
            (Domain::Choice { options }, _) => {
                let place = |i: usize| axis.spot(i as f64 + 0.5);
                let label = |(i, option)| Tick { place: place(i), label: setting(option) };
                options.iter().enumerate().map(label).collect()
            }
            (_, Some((low, high))) => {
                let whole = matches!(domain, Domain::Int { .. });
                let inner = if whole && scale == Scale::Log {
                    doublings(low, high, about)
                } else {
                    round_numbers(scale, low, high, about)
                };
                axis.with_ends(&inner, low, high, whole, about)
            }
            _ => Vec::new(),
        };
        axis
    }

    /// The ends, and those ticks between that have room.
    fn with_ends(&self, inner: &[f64], low: f64, high: f64, whole: bool, about: usize) -> Vec<Tick> {
        let tick = |x: f64| Tick { place: self.place(x), label: short(x) };
        if low == high {
            return vec![tick(low)];
        }
        let room = (self.pixels.1 - self.pixels.0).abs() / (about.max(2) as f64 * 1.6);
        let ends = [tick(low), tick(high)];
        let far = |tick: &Tick| ends.iter().all(|end| (end.place - tick.place).abs() > room);
        let between = inner.iter().filter(|x| **x > low && **x < high && (!whole || x.fract() == 0.0));
        let mut ticks: Vec<Tick> = between.map(|x| tick(*x)).filter(far).collect();
        ticks.insert(0, ends[0].clone());
        ticks.push(ends[1].clone());
        ticks
    }

    /// Where a value stands; what lies beyond the ends stands at the nearer one.
    #[must_use]
    pub fn place(&self, x: f64) -> f64 {
        self.spot(match self.scale {
            Scale::Log if x <= 0.0 => f64::NEG_INFINITY,
            Scale::ReverseLog if x >= 1.0 => f64::INFINITY,
            scale => scale.warp(x),
        })
    }

    /// Where a value of the axis's domain stands; nowhere, when it is not of the domain's type.
    #[must_use]
    pub fn place_value(&self, domain: &Domain, value: &Value) -> Option<f64> {
        domain.coordinate(value).filter(|z| !z.is_nan()).map(|z| self.spot(z))
    }

    /// Where a value would stand if the axis went on, for lines that are cut at its ends; NaN stays NaN.
    pub(crate) fn unbounded(&self, x: f64) -> f64 {
        let (low, high) = self.warped;
        let z = self.scale.warp(if self.scale == Scale::Log { x.max(1e-300) } else { x });
        let share = ((z - low) / (high - low)).clamp(-1e4, 1e4);
        self.pixels.0 + share * (self.pixels.1 - self.pixels.0)
    }

    /// How many pixels one step of an even coordinate takes: the band of an option.
    pub(crate) fn band(&self) -> f64 {
        (self.pixels.1 - self.pixels.0).abs() / (self.warped.1 - self.warped.0)
    }

    fn spot(&self, z: f64) -> f64 {
        let (low, high) = self.warped;
        let share = ((z - low) / (high - low)).clamp(0.0, 1.0);
        let share = if share.is_nan() { 0.0 } else { share };
        self.pixels.0 + share * (self.pixels.1 - self.pixels.0)
    }

    /// Whether a value lies beyond the ends.
    #[must_use]
    pub fn is_beyond(&self, x: f64) -> bool {
        let z = self.scale.warp(x);
        let slack = 1e-9 * (self.warped.1 - self.warped.0);
        !(self.warped.0 - slack..=self.warped.1 + slack).contains(&z)
    }

    /// The ticks, by value.
    #[must_use]
    pub fn ticks(&self) -> &[Tick] {
        &self.ticks
    }
}

/// The scale and the range in which the interesting values can be told apart.
///
/// From the best value to `reach` times as far beyond the median as the median is from the best: one hopeless trial
/// would otherwise press all good ones onto a line. Values beyond it are drawn at the edge. When all are positive and
/// span more than two decades, the scale is logarithmic.
///
/// ```
/// use tunesmith_core::Scale;
/// use tunesmith_report::chart::focus;
/// use tunesmith_tuner::{Direction, TrialRecord, TrialState};
/// let (scale, (low, high)) = focus(&[0.1, 0.93, 0.94, 0.95, 0.96], Direction::Maximize, 2.0);
/// assert_eq!(scale, Scale::Linear);
/// assert!(low > 0.85 && low < 0.93 && high >= 0.96);
/// ```
#[must_use]
pub fn focus(values: &[f64], direction: Direction, reach: f64) -> (Scale, (f64, f64)) {
    let mut finite: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
    finite.sort_by(|a, b| direction.loss(*a).total_cmp(&direction.loss(*b)));
    let (Some(&best), Some(&worst)) = (finite.first(), finite.last()) else {
        return (Scale::Linear, (0.0, 1.0));
    };
    let ends = (best.min(worst), best.max(worst));
    // Beyond thirty decades the low end is no value but the dust of a calculation.
    let log = ends.0 > 1e-300 && (100.0..1e30).contains(&(ends.1 / ends.0));
    let scale = if log { Scale::Log } else { Scale::Linear };
    let warp = |x: f64| scale.warp(x.clamp(-1e300, 1e300));
    let (best, worst, median) = (warp(best), warp(worst), warp(finite[finite.len() / 2]));
    let shown = median + reach * (median - best);
    let shown =
        if median == best || (worst - best).abs() <= 1.25 * (shown - best).abs() { worst } else { shown };
    let margin = 0.04 * (shown - best);
    let (a, b) = (scale.unwarp(best - margin), scale.unwarp(shown + margin));
    (scale, (a.min(b), a.max(b)))
}

/// The scale and range of a study's values: where its complete trials can be told apart, all trials if few are complete.
pub(crate) fn focus_of(trials: &[TrialRecord], direction: Direction) -> (Scale, (f64, f64)) {
    let values = |complete: bool| -> Vec<f64> {
        let counted = trials.iter().filter(|trial| !complete || trial.state == TrialState::Complete);
        counted.filter_map(|trial| trial.value).filter(|value| value.is_finite()).collect()
    };
    let complete = values(true);
    focus(if complete.len() < 3 { values(false) } else { complete }.as_slice(), direction, 2.5)
}

/// The same number of decimals for all, as printed axes have: 0.90, 0.95, 1.00.
fn align_decimals(ticks: &mut [Tick]) {
    let decimals = |label: &str| label.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    if ticks.iter().any(|tick| tick.label.contains('e')) {
        return;
    }
    let most = ticks.iter().map(|tick| decimals(&tick.label)).max().unwrap_or(0);
    for tick in ticks {
        let missing = most - decimals(&tick.label);
        if most > 0 && missing == most {
            tick.label.push('.');
        }
        tick.label.push_str(&"0".repeat(missing));
    }
}

/// A range that can be drawn: finite, not empty, possible on its scale.
fn drawable(scale: Scale, (a, b): (f64, f64)) -> (f64, f64) {
    let tame = |x: f64| if x.is_nan() { 0.0 } else { x.clamp(-1e300, 1e300) };
    let (low, high) = (tame(a).min(tame(b)), tame(a).max(tame(b)));
    match scale {
        Scale::Linear => widened(low, high),
        Scale::Log => {
            let high = high.max(1e-300);
            let low = if low > 0.0 { low.max(1e-300) } else { high / 1e3 };
            if low < high { (low, high) } else { (low / 2.0, low * 2.0) }
        }
        Scale::ReverseLog => {
            let low = low.min(0.999_999);
            let high = high.clamp(low, 0.999_999_999);
            if low < high { (low, high) } else { (low - 0.1 * (1.0 - low), low + 0.1 * (1.0 - low)) }
        }
    }
}

fn widened(low: f64, high: f64) -> (f64, f64) {
    // Narrower than this, ticks would be one and the same number in binary.
    if high - low > 1e-12 * low.abs().max(high.abs()) && high - low > 1e-290 {
        (low, high)
    } else {
        let half = if low == 0.0 { 0.5 } else { (low.abs() * 0.1).max(1e-280) };
        (low - half, high + half)
    }
}

fn round_numbers(scale: Scale, low: f64, high: f64, about: usize) -> Vec<f64> {
    match scale {
        Scale::Linear => linear(low, high, about),
        Scale::Log => decades(low, high, about),
        Scale::ReverseLog => near_one(low, high, about),
    }
}

/// Multiples of 1, 2 or 5 times a power of ten: the step whose count comes nearest to the wish, at least two ticks.
fn linear(low: f64, high: f64, about: usize) -> Vec<f64> {
    let rough = (high - low) / about as f64;
    let power = 10_f64.powf(rough.log10().floor());
    let counted = |step: f64| {
        let (first, last) = ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
        (first, (last - first + 1.0).clamp(0.0, 1e3) as usize)
    };
    let steps = [10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1].map(|factor| factor * power);
    let usable = steps.into_iter().filter(|step| counted(*step).1 >= 2);
    let step = usable.min_by_key(|step| counted(*step).1.abs_diff(about));
    let Some(step) = step.filter(|step| step.is_normal()) else { return vec![low, high] };
    let (first, count) = counted(step);
    (0..count)
        .map(|i| (first + i as f64) * step)
        .map(|x| if x.abs() < step * 1e-6 { 0.0 } else { clean(x, step) })
        .collect()
}

/// The multiple of a decimal step without the dust that binary arithmetic leaves: 0.30000000000000004 is 0.3.
fn clean(x: f64, step: f64) -> f64 {
    let decimals = (-step.log10().floor()).clamp(0.0, 15.0) as usize;
    if step < 1e-14 || x.abs() > 1e15 { x } else { format!("{x:.decimals$}").parse().unwrap_or(x) }
}

/// Powers of ten; 2 and 5 times them, where there are few; even steps, where there is hardly one.
fn decades(low: f64, high: f64, about: usize) -> Vec<f64> {
    let (first, last) = ((low.log10() - 1e-9).ceil() as i32, (high.log10() + 1e-9).floor() as i32);
    let count = usize::try_from(last - first + 1).unwrap_or(0);
    if count >= 2 && (count + 2 > about || count >= 4) {
        let every = count.div_ceil(about + 1).max(1);
        return (first..=last).step_by(every).map(power_of_ten).collect();
    }
    let inside = |x: &f64| (low * (1.0 - 1e-9)..=high * (1.0 + 1e-9)).contains(x);
    let fine = |factors: &'static [f64]| -> Vec<f64> {
        (first - 1..=last)
            .flat_map(|k| factors.iter().map(move |f| f * power_of_ten(k)))
            .filter(inside)
            .collect()
    };
    let candidates = [fine(&[1.0, 3.0]), fine(&[1.0, 2.0, 5.0])];
    let best = candidates
        .into_iter()
        .filter(|ticks| ticks.len() >= 2)
        .min_by_key(|ticks| ticks.len().abs_diff(about));
    best.unwrap_or_else(|| linear(low, high, about))
}

fn power_of_ten(k: i32) -> f64 {
    format!("1e{k}").parse().unwrap_or(0.0)
}

/// The lower end doubled again and again: widths of layers are powers of two.
fn doublings(low: f64, high: f64, about: usize) -> Vec<f64> {
    let steps = (high / low).log2();
    if !steps.is_finite() || (steps - steps.round()).abs() > 1e-9 || steps > 16.0 {
        return decades(low, high, about);
    }
    let every = (steps.round() as usize).div_ceil(about.max(2)).max(1);
    (0..=steps.round() as i32).step_by(every).map(|k| low * 2_f64.powi(k)).collect()
}

/// One minus powers of ten and their halves: 0.5, 0.9, 0.95, 0.99.
fn near_one(low: f64, high: f64, about: usize) -> Vec<f64> {
    let inside = |x: &f64| (low - 1e-12..=high + 1e-12).contains(x);
    let nines = (1..10).map(|k| clean(1.0 - power_of_ten(-k), power_of_ten(-k)));
    let halves = (1..10).map(|k| clean(1.0 - 5.0 * power_of_ten(-k), power_of_ten(-k)));
    let mut all: Vec<f64> = nines.clone().chain(halves).chain([0.0]).filter(inside).collect();
    all.sort_by(f64::total_cmp);
    if all.len() > about + 1 {
        all = nines.filter(inside).collect();
    }
    if all.len() < 2 { linear(low, high, about) } else { all }
}
