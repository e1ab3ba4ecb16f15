//! A small Gaussian process over settings and time: which settings will help most next.

use tunesmith_core::Generator;

/// So many of the newest observations are used.
const MOST: usize = 100;
/// Lengths, in shares of a range, over which settings are alike.
const LENGTHS: [f64; 4] = [0.1, 0.25, 0.6, 1.5];
/// Shares of what is known that an interval of time makes worthless.
const FORGETTING: [f64; 3] = [0.0, 0.1, 0.4];
/// Variances of the noise, beside that of the observations.
const NOISES: [f64; 2] = [0.03, 0.3];

/// What settings, at places in [0, 1], brought in an interval.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Observation {
    pub(super) place: Vec<f64>,
    /// Which interval it was.
    pub(super) time: f64,
    pub(super) gain: f64,
}

/// A Gaussian process whose knowledge ages (Bogunovic et al. 2016, Time-Varying Gaussian Process Bandit Optimization): a
/// squared-exponential kernel of the settings times (1 - forgetting)^(difference in time / 2). Its three numbers are the
/// likeliest of a small grid.
#[derive(Debug)]
pub(super) struct Bandit {
    known: Vec<Observation>,
    length: f64,
    forgetting: f64,
    /// The lower triangle of the covariance's root, row after row.
    root: Vec<Vec<f64>>,
    /// The covariance's inverse times the standardised gains.
    weights: Vec<f64>,
}

impl Bandit {
    /// From observations, and places that are being tried (their gain is not known, but they need not be tried again);
    /// nothing if all gains are the same.
    pub(super) fn new(mut observed: Vec<Observation>, running: Vec<Observation>) -> Option<Self> {
        observed.retain(|observation| observation.gain.is_finite());
        observed.drain(..observed.len().saturating_sub(MOST));
        let n = observed.len() as f64;
        let mean = observed.iter().map(|one| one.gain).sum::<f64>() / n;
        let variance = observed.iter().map(|one| (one.gain - mean).powi(2)).sum::<f64>() / n;
        if !(variance.sqrt() > 1e-12 * mean.abs().max(f64::MIN_POSITIVE) && variance.is_finite()) {
            return None;
        }
        observed.iter_mut().for_each(|one| one.gain = (one.gain - mean) / variance.sqrt());
        let mut best: Option<(f64, f64, Self)> = None;
        for length in LENGTHS {
            for forgetting in FORGETTING {
                for noise in NOISES {
                    let Some((likelihood, fit)) = Self::fit(observed.clone(), length, forgetting, noise)
                    else {
                        continue;
                    };
                    if best.as_ref().is_none_or(|(most, ..)| likelihood > *most) {
                        best = Some((likelihood, noise, fit));
                    }
                }
            }
        }
        let (_, noise, fit) = best?;
        // What runs is taken to bring what is expected of it: the mean stays, the doubt goes.
        let expected = running.into_iter().map(|one| {
            let (gain, _) = fit.foretell(&one.place, one.time);
            Observation { gain, ..one }
        });
        let known: Vec<Observation> = fit.known.iter().cloned().chain(expected).collect();
        Self::fit(known, fit.length, fit.forgetting, noise).map(|(_, fit)| fit)
    }

    fn fit(known: Vec<Observation>, length: f64, forgetting: f64, noise: f64) -> Option<(f64, Self)> {
        let mut fit = Self { known, length, forgetting, root: Vec::new(), weights: Vec::new() };
        for i in 0..fit.known.len() {
            let one = &fit.known[i];
            let mut row: Vec<f64> = fit.known[..i].iter().map(|other| fit.kernel(one, other)).collect();
            fit.forward(&mut row);
            let left = 1.0 + noise - row.iter().map(|x| x * x).sum::<f64>();
            if left <= 0.0 {
                return None;
            }
            row.push(left.sqrt());
            fit.root.push(row);
        }
        let mut half: Vec<f64> = fit.known.iter().map(|one| one.gain).collect();
        fit.forward(&mut half);
        let logarithms: f64 = fit.root.iter().map(|row| row[row.len() - 1].ln()).sum();
        let likelihood = -0.5 * half.iter().map(|x| x * x).sum::<f64>() - logarithms;
        for i in (0..half.len()).rev() {
            half[i] /= fit.root[i][i];
            for j in 0..i {
                half[j] -= fit.root[i][j] * half[i];
            }
        }
        fit.weights = half;
        Some((likelihood, fit))
    }

    fn kernel(&self, a: &Observation, b: &Observation) -> f64 {
        let apart: f64 = a.place.iter().zip(&b.place).map(|(a, b)| (a - b).powi(2)).sum();
        let age = (a.time - b.time).abs() / 2.0;
        (-0.5 * apart / self.length.powi(2)).exp() * (1.0 - self.forgetting).powf(age)
    }

    /// Divides by the root, from above, as many rows as there are.
    fn forward(&self, right: &mut [f64]) {
        for (i, row) in self.root.iter().enumerate().take(right.len()) {
            let sum: f64 = row[..i].iter().zip(&right[..i]).map(|(a, b)| a * b).sum();
            right[i] = (right[i] - sum) / row[i];
        }
    }

    /// The expected standardised gain at a place and time, and its standard deviation.
    pub(super) fn foretell(&self, place: &[f64], time: f64) -> (f64, f64) {
        let at = Observation { place: place.to_vec(), time, gain: 0.0 };
        let mut column: Vec<f64> = self.known.iter().map(|one| self.kernel(one, &at)).collect();
        let mean = column.iter().zip(&self.weights).map(|(k, w)| k * w).sum();
        self.forward(&mut column);
        let explained: f64 = column.iter().map(|x| x * x).sum();
        (mean, (1.0 - explained).max(0.0).sqrt())
    }

    /// The place that promises most at a time: the greatest upper confidence bound of 300 random places and 100 around
    /// a given one.
    pub(super) fn choose(&self, around: &[f64], time: f64, generator: &mut Generator) -> Vec<f64> {
        // The weight of doubt of Parker-Holder et al.'s own code.
        let doubt = (0.2 + (0.4 * self.known.len() as f64).ln().max(0.0)).sqrt();
        let candidates = (0..400).map(|i| -> Vec<f64> {
            let near = |x: &f64| (x + 0.1 * generator.normal()).clamp(0.0, 1.0);
            if i < 300 {
                around.iter().map(|_| generator.uniform()).collect()
            } else {
                around.iter().map(near).collect()
            }
        });
        let promise = |place: Vec<f64>| {
            let (mean, deviation) = self.foretell(&place, time);
            (mean + doubt * deviation, place)
        };
        let best = candidates.map(promise).reduce(|best, one| if one.0 > best.0 { one } else { best });
        best.map_or_else(|| around.to_vec(), |(_, place)| place)
    }
}

#[cfg(test)]
mod tests {
    use super::{Bandit, Observation};
    use tunesmith_core::Seed;

    #[test]
    fn what_helps_is_followed_as_it_moves() {
        // The best place moves from 0.2 to 0.8 within 20 intervals.
        let best = |time: f64| 0.2 + 0.03 * time;
        let mut generator = Seed::new(1).generator();
        let mut known: Vec<Observation> = Vec::new();
        for time in (0..20).map(f64::from) {
            for _ in 0..3 {
                let place = vec![generator.uniform()];
                let gain = -(place[0] - best(time)).powi(2) + 0.01 * generator.normal();
                known.push(Observation { place, time, gain });
            }
        }
        let bandit = Bandit::new(known, Vec::new()).unwrap();
        let chosen = bandit.choose(&[0.5], 20.0, &mut generator);
        assert!((chosen[0] - best(20.0)).abs() < 0.12, "{chosen:?}");
    }

    #[test]
    fn what_runs_already_is_doubted_less_and_expected_as_before() {
        let mut generator = Seed::new(2).generator();
        let at = |place: f64, gain: f64| Observation { place: vec![place], time: 0.0, gain };
        let known = vec![at(0.0, 0.0), at(1.0, 0.1), at(0.05, 0.01), at(0.95, 0.1)];
        let before = Bandit::new(known.clone(), Vec::new()).unwrap();
        let first = before.choose(&[0.5], 0.0, &mut generator);
        let after = Bandit::new(known, vec![at(first[0], f64::NAN)]).unwrap();
        let doubt = |bandit: &Bandit| bandit.foretell(&first, 0.0).1;
        assert!(doubt(&after) < doubt(&before), "{} before, {} after", doubt(&before), doubt(&after));
        // What is expected there stays.
        let mean = |bandit: &Bandit| bandit.foretell(&first, 0.0).0;
        assert!((mean(&after) - mean(&before)).abs() < 1e-9);
    }

    #[test]
    fn gains_that_are_all_alike_teach_nothing() {
        let one = Observation { place: vec![0.5], time: 0.0, gain: 2.0 };
        assert!(Bandit::new(vec![one.clone(), one], Vec::new()).is_none());
        assert!(Bandit::new(Vec::new(), Vec::new()).is_none());
    }
}
