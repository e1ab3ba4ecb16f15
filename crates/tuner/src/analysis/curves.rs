//! Where a learning curve is going: its value at a later step, with how sure that is.

use super::statistics::mean;
use crate::numeric::upper_tail;

/// Reports that a curve must have.
const LEAST: usize = 3;
/// More points than this are thinned out evenly: they cost time and add little.
const MOST: usize = 64;
/// Noise, as shares of the curve's range, that are tried.
const NOISES: [f64; 7] = [0.003, 0.007, 0.015, 0.035, 0.08, 0.17, 0.4];
/// Values beyond this have diverged; their squares would.
const GREATEST: f64 = 1e150;
/// So often the best shape of a family is looked for at half the distance.
const HALVINGS: u32 = 4;
/// The share of a foretold change by which it may be wrong because the curve is none of the families.
const DOUBT: f64 = 0.25;
/// How probable it is, at the start of a curve, that it is none of the families at all; less as it has come farther.
const WRONG: f64 = 0.15;

/// What a curve is expected to be at a later step: a mixture of normal distributions.
///
/// ```
/// use tunesmith_tuner::analysis::extrapolate;
/// let curve: Vec<(u64, f64)> = (0..20).map(|step| (step, 0.3 + 0.6 / (1.0 + step as f64))).collect();
/// let at_100 = extrapolate(&curve, 99).unwrap();
/// assert!((at_100.mean() - 0.306).abs() < 0.01 && at_100.standard_deviation() < 0.1);
/// assert!(at_100.below(0.2) < 0.05 && at_100.below(0.4) > 0.95);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Extrapolation {
    parts: Vec<Part>,
}

/// One normal distribution of the mixture.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Part {
    weight: f64,
    mean: f64,
    standard_deviation: f64,
}

impl Extrapolation {
    /// The expected value, in the unit of the curve.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.parts.iter().map(|part| part.weight * part.mean).sum()
    }

    /// The standard deviation of the value as it would be reported, noise included.
    #[must_use]
    pub fn standard_deviation(&self) -> f64 {
        let mean = self.mean();
        let spread = |part: &Part| part.standard_deviation.powi(2) + (part.mean - mean).powi(2);
        self.parts.iter().map(|part| part.weight * spread(part)).sum::<f64>().sqrt()
    }

    /// The probability that the value is less than this.
    #[must_use]
    pub fn below(&self, value: f64) -> f64 {
        let below = |part: &Part| match (part.mean - value) / part.standard_deviation {
            z if z.is_nan() => 0.0, // surely the value itself
            z if z >= 0.0 => upper_tail(z),
            z => 1.0 - upper_tail(-z),
        };
        self.parts.iter().map(|part| part.weight * below(part)).sum()
    }
}

/// How a curve falls from the start on, as a function of the work t = step + 1; it is shifted and stretched to fit.
#[derive(Clone, Copy, Debug)]
enum Family {
    /// `t^-exp(p)`: pow3.
    Power,
    /// `(t + exp(q))^-exp(p)`: pow4.
    LatePower,
    /// `exp(-t / exp(p))`: exp3.
    Exponential,
    /// `1 / ln(t + 1)`: ilog2.
    Logarithm,
    /// `exp(-(t / exp(p))^exp(q))`.
    Weibull,
    /// `1 / (1 + (t / exp(p))^exp(q))`: mmf.
    Hill,
}

const FAMILIES: [Family; 6] =
    [Family::Power, Family::LatePower, Family::Exponential, Family::Logarithm, Family::Weibull, Family::Hill];

/// A time and its logarithm.
#[derive(Clone, Copy, Debug)]
struct Time {
    t: f64,
    ln: f64,
}

impl Time {
    fn of(t: f64) -> Self {
        Self { t, ln: t.ln() }
    }
}

impl Family {
    fn at(self, p: f64, q: f64, time: Time) -> f64 {
        let Time { t, ln } = time;
        match self {
            Self::Power => (-p.exp() * ln).exp(),
            Self::LatePower => (-p.exp() * (t + q.exp()).ln()).exp(),
            Self::Exponential => (-(ln - p).exp()).exp(),
            Self::Logarithm => 1.0 / t.ln_1p(),
            Self::Weibull => (-(q.exp() * (ln - p)).exp()).exp(),
            Self::Hill => 1.0 / (1.0 + (q.exp() * (ln - p)).exp()),
        }
    }

    /// The values of p and q that are tried first: from, to, how many.
    fn grid(self, whole: f64) -> [(f64, f64, usize); 2] {
        let one = (0.0, 0.0, 1);
        let exponents = (-1.6, 0.9, 6); // 0.2 to 2.5
        let scales = (-0.7, (2.0 * whole).max(2.0).ln(), 7); // half a step to twice the whole work
        match self {
            Self::Power => [exponents, one],
            Self::LatePower => [exponents, (0.7, 3.0, 3)], // 2 to 20
            Self::Exponential => [scales, one],
            Self::Logarithm => [one, one],
            Self::Weibull => [scales, (-0.7, 0.9, 4)], // 0.5 to 2.5
            Self::Hill => [scales, (-0.5, 1.3, 4)],    // 0.6 to 3.7
        }
    }
}

/// What a curve of (step, value), by step, will be at a step; nothing with fewer than three values that are finite (beyond 1e150 none is), or
/// when the step is not after the first of them.
///
/// Six families of falling or rising curves (pow3, pow4, exp3, ilog2, weibull, mmf of Domhan et al. 2015, Speeding up
/// Automatic Hyperparameter Optimization by Extrapolation of Learning Curves, table 1) are laid through the values by
/// least squares, over a grid of shapes (closer around the best) and noises, with normal priors one range of the curve wide on its first value and
/// on the value asked for. Each fit counts by its likelihood with these two integrated out, each family by as much as the
/// others before that; since curves are none of these exactly, a quarter of the foretold change
/// is added as doubt, and beside them stands, with a weight of 15 % at the start and none at the end, a curve that may end
/// anywhere within half a range.
///
/// On curves of these families the central 90 % hold 87 % of the ends after 8 of 100 steps and 91 % after 20 and 50; a sum
/// of two exponentials whose second is slow looks finished too early (50 % after 8 steps, 84 % after 20), and a late fall in
/// the shape of an S is not foreseen (about half at any time). A schedule that lets the loss fall at the end is such a one.
#[must_use]
pub fn extrapolate(curve: &[(u64, f64)], to: u64) -> Option<Extrapolation> {
    let finite: Vec<(f64, f64)> = curve
        .iter()
        .filter(|(_, value)| value.abs() < GREATEST) // so is no NaN
        .map(|&(step, value)| (step as f64 + 1.0, value))
        .collect();
    let whole = to as f64 + 1.0;
    if finite.len() < LEAST || finite[0].0 >= whole {
        return None;
    }
    let least = finite.iter().map(|(_, value)| *value).fold(f64::INFINITY, f64::min);
    let most = finite.iter().map(|(_, value)| *value).fold(f64::NEG_INFINITY, f64::max);
    let range = most - least;
    if range <= 0.0 {
        let value = mean(&finite.iter().map(|(_, value)| *value).collect::<Vec<_>>());
        let surely = Part { weight: 1.0, mean: value, standard_deviation: 0.0 };
        return Some(Extrapolation { parts: vec![surely] });
    }
    let fit = Fit::new(&finite, whole, range);
    let mut parts = Vec::new();
    FAMILIES.into_iter().for_each(|family| fit.add_family(family, &mut parts));
    let greatest = parts.iter().map(|part: &Part| part.weight).fold(f64::NEG_INFINITY, f64::max);
    parts.iter_mut().for_each(|part| part.weight = (part.weight - greatest).exp());
    parts.retain(|part| part.weight > 1e-9);
    let total: f64 = parts.iter().map(|part| part.weight).sum();
    let right = 1.0 - WRONG * (1.0 - finite[finite.len() - 1].0.ln() / whole.ln()).clamp(0.0, 1.0);
    parts.iter_mut().for_each(|part| {
        part.weight *= right / total;
        part.mean = fit.last + range * part.mean;
        part.standard_deviation *= range;
    });
    let middle = parts.iter().map(|part| part.weight * part.mean).sum::<f64>() / right;
    parts.push(Part { weight: 1.0 - right, mean: middle, standard_deviation: range / 2.0 });
    Some(Extrapolation { parts })
}

/// The curve in units of its range, from its last value.
struct Fit {
    times: Vec<Time>,
    values: Vec<f64>,
    whole: Time,
    last: f64,
}

impl Fit {
    fn new(points: &[(f64, f64)], whole: f64, range: f64) -> Self {
        let (_, last) = points[points.len() - 1];
        let n = points.len();
        let kept = n.min(MOST);
        let place = |i: usize| if kept < n { i * (n - 1) / (kept - 1) } else { i };
        let times = (0..kept).map(|i| Time::of(points[place(i)].0)).collect();
        let values = (0..kept).map(|i| (points[place(i)].1 - last) / range).collect();
        Self { times, values, whole: Time::of(whole), last }
    }

    /// Adds what a family says: over a grid of shapes, and around its likeliest one ever more closely, each shape for as
    /// much as the part of the grid that it stands for.
    fn add_family(&self, family: Family, parts: &mut Vec<Part>) {
        let [(p_low, p_high, p_count), (q_low, q_high, q_count)] = family.grid(self.whole.t);
        let step = |low: f64, high: f64, count: usize| {
            if count > 1 { (high - low) / (count - 1) as f64 } else { 0.0 }
        };
        let mut steps = [step(p_low, p_high, p_count), step(q_low, q_high, q_count)];
        let mut share = -((p_count * q_count) as f64).ln();
        let mut best = (f64::NEG_INFINITY, 0.0, 0.0);
        for i in 0..p_count {
            for j in 0..q_count {
                let (p, q) = (p_low + i as f64 * steps[0], q_low + j as f64 * steps[1]);
                let likelihood = self.add(|time| family.at(p, q, time), share, parts);
                best = if likelihood > best.0 { (likelihood, p, q) } else { best };
            }
        }
        for _ in 0..HALVINGS {
            let (_, p, q) = best;
            for (axis, sign) in [(0, -1.0), (0, 1.0), (1, -1.0), (1, 1.0)] {
                let way = sign * steps[axis] / 2.0;
                if way == 0.0 {
                    continue;
                }
                let (p, q) = if axis == 0 { (p + way, q) } else { (p, q + way) };
                share -= std::f64::consts::LN_2 / 2.0;
                let likelihood = self.add(|time| family.at(p, q, time), share, parts);
                best = if likelihood > best.0 { (likelihood, p, q) } else { best };
            }
            steps = steps.map(|step| step / 2.0);
        }
    }

    /// Adds what a shape says of the value asked for, for each size of noise; weights are logarithms. Returns the
    /// greatest likelihood.
    ///
    /// With phi the shape moved to 1 at the first point and 0 at the one asked for, a curve is u (1 - phi) + v phi: a
    /// linear regression for the value v at the start and u at the end.
    fn add(&self, shape: impl Fn(Time) -> f64, prior: f64, parts: &mut Vec<Part>) -> f64 {
        let (start, end) = (shape(self.times[0]), shape(self.whole));
        if (start - end).abs() <= 1e-12 {
            return f64::NEG_INFINITY; // flat between the two: it says nothing about how they differ
        }
        let phi = |time: Time| (shape(time) - end) / (start - end);
        // Of v; that of u is the last value, which is 0 here.
        let prior_mean = self.values[0];
        // Sums of squares and products of (1 - phi, phi, value less what the prior means give).
        let (mut uu, mut uv, mut vv, mut uy, mut vy, mut yy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        for (time, value) in self.times.iter().zip(&self.values) {
            let v = phi(*time);
            let (u, y) = (1.0 - v, value - prior_mean * v);
            (uu, uv, vv) = (uu + u * u, uv + u * v, vv + v * v);
            (uy, vy, yy) = (uy + u * y, vy + v * y, yy + y * y);
        }
        let now = phi(self.times[self.times.len() - 1]);
        let mut greatest = f64::NEG_INFINITY;
        for noise in NOISES {
            let precision = 1.0 / (noise * noise);
            // The posterior of (u, v) under standard normal priors around their means.
            let (a, b, d) = (uu * precision + 1.0, uv * precision, vv * precision + 1.0);
            let determinant = a * d - b * b;
            let (p, q) = (uy * precision, vy * precision);
            let u = (d * p - b * q) / determinant;
            let v = (a * q - b * p) / determinant;
            let explained = p * u + q * v;
            let log_likelihood = -0.5 * (yy * precision - explained)
                - self.times.len() as f64 * noise.ln()
                - 0.5 * determinant.ln();
            // By how much the curve still changes, from where it is now.
            let change = now * (u - (v + prior_mean));
            let variance = d / determinant + noise * noise + (DOUBT * change).powi(2);
            let weight = prior + log_likelihood;
            if weight.is_finite() && variance.is_finite() {
                greatest = greatest.max(log_likelihood);
                parts.push(Part { weight, mean: u, standard_deviation: variance.sqrt() });
            }
        }
        greatest
    }
}
