//! The random mask of dropout: counter-based, so that it is the same for any order and number of threads.

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::{Real, vectorize};

use crate::op::{Call, Primitive, Site};
use crate::{Graph, Var};

/// A random tensor: `1 / (1 - rate)` with probability `1 - rate`, else 0.
///
/// The element at a place is a function of the run's noise, this mask's stream and the place alone.
#[derive(Clone, Debug)]
pub struct DropoutMask {
    /// The shape.
    pub shape: Shape,
    /// The probability of zero.
    pub rate: f64,
    /// Sets this mask apart from others of the same graph.
    pub stream: u64,
}

/// The 32-bit finaliser "lowbias32" (Wellons, hash-prospector, 2018): every input bit flips every output bit with
/// probability near one half (bias 0.17). Integer multiplications only, so that the loop becomes vector code.
#[inline(always)]
fn hash(mut x: u32) -> u32 {
    x = (x ^ (x >> 16)).wrapping_mul(0x7feb_352d);
    x = (x ^ (x >> 15)).wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

/// Random bits by place, for one stream of one run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counter {
    low: u32,
    high: u32,
}

impl Counter {
    pub(super) fn new(noise: u64, stream: u64) -> Self {
        let seed = noise ^ stream.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self { low: hash(seed as u32 ^ 0x68e3_1da4), high: hash((seed >> 32) as u32 ^ 0xb529_7a4d) }
    }

    #[inline(always)]
    pub(super) fn at(self, place: u32) -> u32 {
        hash(hash(place ^ self.low).wrapping_add(self.high))
    }
}

/// What decides about the elements of one mask.
struct Drawn {
    counter: Counter,
    rate: f64,
}

impl Drawn {
    fn new(noise: u64, stream: u64, rate: f64) -> Self {
        Self { counter: Counter::new(noise, stream), rate }
    }

    /// The mask's elements from a place on.
    #[inline(always)]
    fn fill<T: Real>(&self, start: usize, out: &mut [T]) {
        let keep = T::from_f64(1.0 / (1.0 - self.rate));
        let threshold = (self.rate * f64::from(u32::MAX)) as u32;
        for (i, out) in out.iter_mut().enumerate() {
            *out = if self.counter.at((start + i) as u32) >= threshold { keep } else { T::ZERO };
        }
    }
}

fn check_rate(rate: f64) -> Result<(), String> {
    if (0.0..1.0).contains(&rate) {
        Ok(())
    } else {
        Err(format!("a rate lies from 0 up to, not including, 1, found {rate}"))
    }
}

impl Primitive for DropoutMask {
    const NAME: &'static str = "dropout_mask";

    fn shape(&self, _inputs: &[Shape]) -> Result<Shape, String> {
        check_rate(self.rate).map(|()| self.shape)
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let drawn = Drawn::new(call.noise, self.stream, self.rate);
        vectorize(
            #[inline(always)]
            || drawn.fill(0, call.out),
        );
    }

    fn derivative(&self, _site: &Site<'_>) -> Vec<Option<Var>> {
        Vec::new()
    }
}

/// The masks of several trials side by side, `[rows * trials, ...]`: row `r * trials + t` is row `r` of the mask that
/// [`DropoutMask`] is for trial `t` alone, with that trial's rate, stream and noise. The operand is the noise of each
/// trial, `[trials]`.
#[derive(Clone, Debug)]
pub struct TrialDropoutMask {
    /// The shape of all masks together.
    pub shape: Shape,
    /// Each trial's rate and stream.
    pub trials: Vec<(f64, u64)>,
}

impl Primitive for TrialDropoutMask {
    const NAME: &'static str = "trial_dropout_mask";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        self.trials.iter().try_for_each(|&(rate, _)| check_rate(rate))?;
        let (rows, trials) = (self.shape.dims().first().copied().unwrap_or(0), self.trials.len());
        if trials > 0 && inputs[0].dims() == [trials] && rows.is_multiple_of(trials) {
            Ok(self.shape)
        } else {
            Err(format!("{} with the noise {} is not of {trials} trials", self.shape, inputs[0]))
        }
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let inner: usize = self.shape.dims()[1..].iter().product();
        if inner == 0 {
            return;
        }
        let stride = inner * self.trials.len();
        for (trial, (&(rate, stream), &noise)) in self.trials.iter().zip(call.indices[0]).enumerate() {
            let drawn = Drawn::new(noise.cast_unsigned(), stream, rate);
            vectorize(
                #[inline(always)]
                || {
                    for (row, rows) in call.out.chunks_exact_mut(stride).enumerate() {
                        drawn.fill(row * inner, &mut rows[trial * inner..][..inner]);
                    }
                },
            );
        }
    }

    fn derivative(&self, _site: &Site<'_>) -> Vec<Option<Var>> {
        vec![None]
    }
}

impl Graph {
    /// A random tensor: `1 / (1 - rate)` with probability `1 - rate`, else 0; new at every run with new noise.
    ///
    /// # Panics
    /// When the rate is not from 0 up to, not including, 1.
    #[must_use]
    #[track_caller]
    pub fn dropout_mask(&self, shape: impl Into<Shape>, rate: f64) -> Var {
        let stream = self.stream();
        self.apply(DropoutMask { shape: shape.into(), rate, stream }, &[])
    }

    /// The masks of several trials side by side: see [`TrialDropoutMask`]. The streams are those that
    /// [`Graph::dropout_mask`] would take for each trial alone.
    ///
    /// # Panics
    /// When a rate is not from 0 up to, not including, 1, or shape and noise are not of as many trials.
    #[must_use]
    #[track_caller]
    pub fn trial_dropout_mask(&self, shape: impl Into<Shape>, trials: &[(f64, u64)], noise: &Var) -> Var {
        self.apply(TrialDropoutMask { shape: shape.into(), trials: trials.to_vec() }, &[noise])
    }
}

#[cfg(test)]
mod tests {
    use crate::{Feed, Graph, Runner};

    fn mask(rate: f64, noise: u64, stream: usize) -> Vec<f64> {
        let graph = Graph::new();
        let masks: Vec<_> = (0..=stream).map(|_| graph.dropout_mask([64, 256], rate)).collect();
        let mut runner = Runner::<f64>::new(graph.plan(&[&masks[stream]]));
        runner.run(Feed { noise, ..Feed::default() });
        runner.output(0).to_vec()
    }

    #[test]
    fn keeps_the_mean_and_the_rate() {
        for rate in [0.0, 0.1, 0.5, 0.9] {
            let mask = mask(rate, 11, 0);
            let n = mask.len() as f64;
            let dropped = mask.iter().filter(|&&m| m == 0.0).count() as f64 / n;
            let spread = 4.0 * (rate * (1.0 - rate) / n).sqrt();
            assert!((dropped - rate).abs() <= spread, "rate {rate}, dropped {dropped}");
        }
    }

    #[test]
    fn trials_side_by_side_have_the_masks_they_have_alone() {
        let graph = Graph::new();
        let noise = graph.index_input("noise", [3]);
        let trials = [(0.5, 1), (0.0, 7), (0.2, 2)];
        let both = graph.trial_dropout_mask([64 * 3, 256], &trials, &noise);
        let mut runner = Runner::<f64>::new(graph.plan(&[&both]));
        runner.run(Feed { indices: &[&[5, -6, 7]], ..Feed::default() });
        let of = |trial: usize| -> Vec<f64> {
            runner.output(0).chunks(256).skip(trial).step_by(3).flatten().copied().collect()
        };
        assert_eq!(of(0), mask(0.5, 5, 0));
        assert_eq!(of(1), [1.0; 64 * 256]);
        assert_eq!(of(2), mask(0.2, 7, 1));
    }

    #[test]
    fn neighbours_runs_and_streams_are_independent() {
        let correlation = |a: &[f64], b: &[f64]| {
            let n = a.len() as f64;
            a.iter().zip(b).map(|(a, b)| (a - 1.0) * (b - 1.0)).sum::<f64>() / n
        };
        let a = mask(0.5, 1, 0);
        for (what, b) in [
            ("next run", mask(0.5, 2, 0)),
            ("next stream", mask(0.5, 1, 1)),
            ("far run", mask(0.5, 1 << 40, 0)),
        ] {
            assert!(correlation(&a, &b).abs() < 0.04, "{what}");
        }
        for lag in [1, 2, 16, 256] {
            assert!(correlation(&a[lag..], &a[..a.len() - lag]).abs() < 0.04, "lag {lag}");
        }
        assert_eq!(a, mask(0.5, 1, 0));
    }
}
