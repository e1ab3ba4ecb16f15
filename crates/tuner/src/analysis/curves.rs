//! Where a learning curve is going: its value at a later step, with how sure that is.

use super::statistics::mean;
use crate::numeric::upper_tail;

/// Reports that a curve must have.
const LEAST: usize = 3;
/// More points than this are thinned out evenly: they cost time and add little.
const MOST: usize = 64;
/// Noise, as shares of the curve's range, that are tried.
const NOISES: [f64; 7] = [0.003, 0.007, 0.015, 0.035, 0.08, 0.17, 0.4];
/// By how much power laws of the family pow4 begin late.
const LATE: [f64; 2] = [2.0, 10.0];
/// The share of a foretold change by which it may be wrong because the curve is none of the families.
const DOUBT: f64 = 0.2;

/// What a curve is expected to be at a later step: a mixture of normal distributions.
///
/// ```
/// use tunesmith_tuner::analysis::extrapolate;
/// let curve: Vec<(u64, f64)> = (0..20).map(|step| (step, 0.3 + 0.6 / (1.0 + step as f64))).collect();
/// let at_100 = extrapolate(&curve, 99).unwrap();
/// assert!((at_100.mean() - 0.306).abs() < 0.01 && at_100.standard_deviation() < 0.02);
/// assert!(at_100.below(0.2) < 0.01 && at_100.below(0.4) > 0.99);
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

/// How a family falls from the start on, as a function of the work t = step + 1; it is shifted and stretched to fit.
#[derive(Clone, Copy, Debug)]
enum Shape {
    /// `t^-a`.
    Power { a: f64 },
    /// `(t + LATE)^-a`.
    LatePower { a: f64, late: usize },
    /// `1 / ln(t + 1)`.
    Logarithm,
    /// `exp(-(t / scale)^d)`; an exponential with d of one.
    Weibull { ln_scale: f64, d: f64 },
    /// `1 / (1 + (t / scale)^d)`.
    Hill { ln_scale: f64, d: f64 },
}

/// Logarithms of a time: what all shapes are made of, so that each costs an exponential or two.
#[derive(Clone, Copy, Debug)]
struct Time {
    ln: f64,
    ln_late: [f64; 2],
    ln_one_more: f64,
}

impl Time {
    fn of(t: f64) -> Self {
        Self { ln: t.ln(), ln_late: LATE.map(|late| (t + late).ln()), ln_one_more: t.ln_1p() }
    }
}

impl Shape {
    fn at(self, t: &Time) -> f64 {
        match self {
            Self::Power { a } => (-a * t.ln).exp(),
            Self::LatePower { a, late } => (-a * t.ln_late[late]).exp(),
            Self::Logarithm => 1.0 / t.ln_one_more,
            Self::Weibull { ln_scale, d } => (-(d * (t.ln - ln_scale)).exp()).exp(),
            Self::Hill { ln_scale, d } => 1.0 / (1.0 + (d * (t.ln - ln_scale)).exp()),
        }
    }

    /// All shapes that are tried, by family: pow3, pow4, exp3, ilog2, weibull, mmf.
    fn families(whole: f64) -> [Vec<Self>; 6] {
        let exponents = [0.2, 0.4, 0.7, 1.0, 1.5, 2.5];
        // From half a step to twice the whole work.
        let scales: Vec<f64> =
            (0..8).map(|i| 0.5_f64.ln() + f64::from(i) / 7.0 * (4.0 * whole.max(2.0)).ln()).collect();
        let with = |steepness: &[f64], make: fn(f64, f64) -> Self| -> Vec<Self> {
            scales.iter().flat_map(|&scale| steepness.iter().map(move |&d| make(scale, d))).collect()
        };
        [
            exponents.map(|a| Self::Power { a }).to_vec(),
            (0..LATE.len()).flat_map(|late| exponents.map(|a| Self::LatePower { a, late })).collect(),
            with(&[1.0], |ln_scale, d| Self::Weibull { ln_scale, d }),
            vec![Self::Logarithm],
            with(&[0.5, 0.75, 1.5], |ln_scale, d| Self::Weibull { ln_scale, d }),
            with(&[0.6, 1.0, 2.0], |ln_scale, d| Self::Hill { ln_scale, d }),
        ]
    }
}

/// What a curve of (step, value), by step, will be at a step; nothing with fewer than three values that are finite, or
/// when the step is not after the first of them.
///
/// Six families of falling or rising curves (pow3, pow4, exp3, ilog2, weibull, mmf of Domhan et al. 2015, Speeding up
/// Automatic Hyperparameter Optimization by Extrapolation of Learning Curves, table 1) are laid through the values by
/// least squares, over a grid of shapes and noises, with normal priors one range of the curve wide on its first value and
/// on the value asked for. Each fit counts by its likelihood with these two integrated out, each family by as much as the
/// others before that; since curves are none of these exactly, a fifth of the foretold change is added as doubt.
#[must_use]
pub fn extrapolate(curve: &[(u64, f64)], to: u64) -> Option<Extrapolation> {
    let finite: Vec<(f64, f64)> = curve
        .iter()
        .filter(|(_, value)| value.is_finite())
        .map(|&(step, value)| (step as f64 + 1.0, value))
        .collect();
    let whole = to as f64 + 1.0;
    if finite.len() < LEAST || finite[0].0 >= whole {
        return None;
    }
    let least = finite.iter().map(|(_, value)| *value).fold(f64::INFINITY, f64::min);
    let most = finite.iter().map(|(_, value)| *value).fold(f64::NEG_INFINITY, f64::max);
    let range = most - least;
    if !(range > 0.0 && range.is_finite()) {
        let value = mean(&finite.iter().map(|(_, value)| *value).collect::<Vec<_>>());
        let surely = Part { weight: 1.0, mean: value, standard_deviation: 0.0 };
        return value.is_finite().then(|| Extrapolation { parts: vec![surely] });
    }
    let fit = Fit::new(&finite, whole, range);
    let mut parts = Vec::new();
    for family in Shape::families(whole) {
        let prior = -(family.len() as f64).ln();
        for shape in family {
            fit.add(shape, prior, &mut parts);
        }
    }
    let greatest = parts.iter().map(|part: &Part| part.weight).fold(f64::NEG_INFINITY, f64::max);
    parts.iter_mut().for_each(|part| part.weight = (part.weight - greatest).exp());
    parts.retain(|part| part.weight > 1e-9);
    let total: f64 = parts.iter().map(|part| part.weight).sum();
    parts.iter_mut().for_each(|part| {
        part.weight /= total;
        part.mean = fit.last + range * part.mean;
        part.standard_deviation *= range;
    });
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

    /// Adds what a shape says of the value asked for, for each size of noise; weights are logarithms.
    ///
    /// With phi the shape moved to 1 at the first point and 0 at the one asked for, a curve is u (1 - phi) + v phi: a
    /// linear regression for the value v at the start and u at the end.
    fn add(&self, shape: Shape, prior: f64, parts: &mut Vec<Part>) {
        let (start, end) = (shape.at(&self.times[0]), shape.at(&self.whole));
        if !((start - end).abs() > 1e-12) {
            return; // flat between the two: it says nothing about how they differ
        }
        let phi = |t: &Time| (shape.at(t) - end) / (start - end);
        // Of v; that of u is the last value, which is 0 here.
        let prior_mean = self.values[0];
        // Sums of squares and products of (1 - phi, phi, value less what the prior means give).
        let (mut uu, mut uv, mut vv, mut uy, mut vy, mut yy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        for (t, value) in self.times.iter().zip(&self.values) {
            let v = phi(t);
            let (u, y) = (1.0 - v, value - prior_mean * v);
            (uu, uv, vv) = (uu + u * u, uv + u * v, vv + v * v);
            (uy, vy, yy) = (uy + u * y, vy + v * y, yy + y * y);
        }
        let now = phi(&self.times[self.times.len() - 1]);
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
                parts.push(Part { weight, mean: u, standard_deviation: variance.sqrt() });
            }
        }
    }
}
