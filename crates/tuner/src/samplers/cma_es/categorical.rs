//! The part of the search distribution over choices: independent, moved by natural gradient.

use tunesmith_core::Generator;

use super::axes::Choice;

/// Keeps a quotient finite, as in the reference implementation.
const TINY: f64 = 1e-8;
/// How much signal the step size asks for.
const SIGNAL_TO_NOISE: f64 = 1.5;

/// One distribution per choice, and the state of ASNG, which adapts their common step size (Akimoto et al. 2019,
/// arXiv 1905.08537, algorithm 2; margins as in CatCMA, arXiv 2504.07884).
#[derive(Clone, Debug)]
pub(super) struct Categorical {
    /// Probabilities, by choice and option.
    pub(super) shares: Vec<Vec<f64>>,
    /// No probability falls below `margin / (options - 1)`.
    margin: f64,
    path: Vec<f64>,
    gain: f64,
    slowness: f64,
    step: f64,
}

impl Categorical {
    /// Even distributions.
    pub(super) fn new(choices: &[Choice], margin: f64) -> Self {
        let even = |choice: &Choice| vec![1.0 / choice.options as f64; choice.options];
        let freedom = choices.iter().map(|choice| choice.options - 1).sum();
        let shares = choices.iter().map(even).collect();
        Self { shares, margin, path: vec![0.0; freedom], gain: 0.0, slowness: 1.0, step: 1.0 }
    }

    /// An option of each choice.
    pub(super) fn draw(&self, generator: &mut Generator) -> Vec<usize> {
        self.shares.iter().map(|shares| generator.weighted(shares)).collect()
    }

    /// One generation: the options of the parents, best first, with their weights; `None` where a choice did not exist.
    pub(super) fn update(&mut self, weights: &[f64], parents: &[Vec<Option<usize>>]) {
        let mut gradients: Vec<Vec<f64>> = self.shares.iter().map(|q| vec![0.0; q.len()]).collect();
        for (parent, w) in parents.iter().zip(weights) {
            for ((gradient, shares), option) in gradients.iter_mut().zip(&self.shares).zip(parent) {
                let Some(option) = option else { continue };
                for (k, (g, q)) in gradient.iter_mut().zip(shares).enumerate() {
                    *g += w * (f64::from(u8::from(k == *option)) - q);
                }
            }
        }
        // The gradient times a root of the Fisher matrix, so that its length means the same everywhere.
        let mut natural = Vec::with_capacity(self.path.len());
        for (gradient, shares) in gradients.iter().zip(&self.shares) {
            let (last, first) = shares.split_last().expect("a choice has options");
            let sum: f64 = gradient[..first.len()].iter().sum();
            let rest = last + last.sqrt();
            natural.extend(gradient.iter().zip(first).map(|(g, q)| g / q.sqrt() + q.sqrt() * sum / rest));
        }
        let length = natural.iter().map(|x| x * x).sum::<f64>().sqrt();
        let rate = self.step / (length + TINY);
        for (shares, gradient) in self.shares.iter_mut().zip(&gradients) {
            shares.iter_mut().zip(gradient).for_each(|(q, g)| *q += rate * g);
        }

        self.step = 1.0 / self.slowness;
        let beta = self.step / (self.path.len() as f64).sqrt();
        let push = (beta * (2.0 - beta)).max(0.0);
        for (path, x) in self.path.iter_mut().zip(&natural) {
            // Without a gradient there is no direction.
            *path = (1.0 - beta) * *path + if length > 0.0 { push.sqrt() * x / length } else { 0.0 };
        }
        self.gain = (1.0 - beta).powi(2) * self.gain + push;
        let squared: f64 = self.path.iter().map(|s| s * s).sum();
        self.slowness *= (beta * (self.gain - squared / SIGNAL_TO_NOISE)).exp();
        self.keep_margins();
    }

    /// Starts from the options of good points.
    pub(super) fn fit(&mut self, points: &[Vec<Option<usize>>]) {
        for (i, shares) in self.shares.iter_mut().enumerate() {
            // One more of each: an option that was not among the few is not impossible.
            let mut counts = vec![1.0; shares.len()];
            points.iter().filter_map(|point| point[i]).for_each(|option| counts[option] += 1.0);
            let sum: f64 = counts.iter().sum();
            *shares = counts.iter().map(|count| count / sum).collect();
        }
        self.keep_margins();
    }

    fn keep_margins(&mut self) {
        for shares in &mut self.shares {
            let n = shares.len() as f64;
            let least = self.margin / (n - 1.0);
            shares.iter_mut().for_each(|q| *q = q.max(least));
            let sum: f64 = shares.iter().sum();
            let above = sum - least * n;
            if above > 0.0 {
                shares.iter_mut().for_each(|q| *q -= (sum - 1.0) * (*q - least) / above);
            }
            let sum: f64 = shares.iter().sum();
            shares.iter_mut().for_each(|q| *q /= sum);
        }
    }
}
