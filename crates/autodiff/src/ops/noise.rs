//! Normal noise: counter-based, so that it is the same for any order and number of threads.

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::{Real, vectorize};

use super::dropout::Counter;
use crate::op::{Call, Primitive, Site};
use crate::{Graph, Var};

/// A random tensor with standard normal elements.
///
/// The element at a place is a function of the run's noise, this tensor's stream and the place alone.
#[derive(Clone, Debug)]
pub struct Normal {
    /// The shape.
    pub shape: Shape,
    /// Sets this tensor apart from others of the same graph.
    pub stream: u64,
}

/// The normal quantile of `(bits + 1/2) / 2^32`, by the inverse error function of M. Giles ("Approximating the erfinv
/// function", GPU Computing Gems 2, 2011): within 1e-6 up to five, 3e-3 at the ends (6.3), by arithmetic alone,
/// so that the loop becomes vector code.
#[inline(always)]
fn quantile<T: Real>(bits: u32) -> T {
    let half = T::from_f64(0.5);
    let share = |bits: u32| (T::from_f64(f64::from(bits)) + half) * T::from_f64(1.0 / 2_147_483_648.0);
    // 1 + x and 1 - x, each exact near zero, so that both tails are.
    let (above, below) = (share(bits), share(!bits));
    let w = -(above * below).ln();
    let near = polynomial(w - T::from_f64(2.5), &NEAR);
    let far = polynomial(w.sqrt() - T::from_f64(3.0), &FAR);
    let slope = if w < T::from_f64(5.0) { near } else { far };
    slope * (above - below) * half * T::from_f64(std::f64::consts::SQRT_2)
}

/// Highest power first.
#[inline(always)]
fn polynomial<T: Real>(x: T, coefficients: &[f64; 9]) -> T {
    let mut value = T::ZERO;
    for &coefficient in coefficients {
        value = value * x + T::from_f64(coefficient);
    }
    value
}

const NEAR: [f64; 9] = [
    2.810_226_36e-8,
    3.432_739_39e-7,
    -3.523_387_7e-6,
    -4.391_506_54e-6,
    2.185_808_7e-4,
    -1.253_725_03e-3,
    -4.177_681_64e-3,
    0.246_640_727,
    1.501_409_41,
];
const FAR: [f64; 9] = [
    -2.002_142_57e-4,
    1.009_505_58e-4,
    1.349_343_22e-3,
    -3.673_428_44e-3,
    5.739_507_73e-3,
    -7.622_461_3e-3,
    9.438_870_47e-3,
    1.001_674_06,
    2.832_976_82,
];

impl Primitive for Normal {
    const NAME: &'static str = "normal";

    fn shape(&self, _inputs: &[Shape]) -> Result<Shape, String> {
        Ok(self.shape)
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let counter = Counter::new(call.noise, self.stream);
        vectorize(
            #[inline(always)]
            || {
                for (i, out) in call.out.iter_mut().enumerate() {
                    *out = quantile(counter.at(i as u32));
                }
            },
        );
    }

    fn derivative(&self, _site: &Site<'_>) -> Vec<Option<Var>> {
        Vec::new()
    }

    fn flops(&self, _inputs: &[Shape], output: &Shape) -> u64 {
        30 * output.numel() as u64
    }
}

impl Graph {
    /// A random tensor with standard normal elements, new at every run with new noise.
    ///
    /// ```
    /// use tunesmith_autodiff::{Feed, Graph, Runner};
    /// let graph = Graph::new();
    /// let mut runner = Runner::<f32>::new(graph.plan(&[&graph.normal([1000])]));
    /// runner.run(Feed { noise: 7, ..Feed::default() });
    /// let mean = runner.output(0).iter().sum::<f32>() / 1000.0;
    /// assert!(mean.abs() < 0.15);
    /// ```
    #[must_use]
    pub fn normal(&self, shape: impl Into<Shape>) -> Var {
        let stream = self.stream();
        self.apply(Normal { shape: shape.into(), stream }, &[])
    }
}

#[cfg(test)]
mod tests {
    use crate::{Feed, Graph, Runner};

    fn noise(noise: u64, stream: usize) -> Vec<f64> {
        let graph = Graph::new();
        let all: Vec<_> = (0..=stream).map(|_| graph.normal([65_537])).collect();
        let mut runner = Runner::<f64>::new(graph.plan(&[&all[stream]]));
        runner.run(Feed { noise, ..Feed::default() });
        runner.output(0).to_vec()
    }

    /// Known quantiles: of 1/2 (2^31 is half a step above), 0.975, 0.9999, and the ends.
    #[test]
    fn quantiles_are_those_of_the_normal_law() {
        for (share, wanted) in
            [(0.5, 0.0), (0.975, 1.959_963_984_5), (0.9999, 3.719_016_485_5), (0.0001, -3.719_016_485_5)]
        {
            let bits = (share * 4_294_967_296.0) as u32;
            assert!((super::quantile::<f64>(bits) - wanted).abs() < 2e-6, "{share}");
            assert!((f64::from(super::quantile::<f32>(bits)) - wanted).abs() < 4e-6, "{share}");
        }
        let end = super::quantile::<f32>(u32::MAX);
        assert!((end - 6.338).abs() < 4e-3 && super::quantile::<f32>(0) == -end, "{end}");
    }

    #[test]
    fn moments_and_tails_are_those_of_the_normal_law() {
        let x = noise(3, 0);
        let n = x.len() as f64;
        let moment = |power: i32| x.iter().map(|x| x.powi(power)).sum::<f64>() / n;
        // Four standard errors of each moment: its variance is (2k - 1)!! less the square of the moment.
        for (power, wanted, variance) in [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0_f64)] {
            let error = 4.0 * (variance / n).sqrt();
            assert!((moment(power) - wanted).abs() < error, "moment {power} is {}", moment(power));
        }
        let beyond_two = x.iter().filter(|x| x.abs() > 2.0).count() as f64 / n;
        assert!((beyond_two - 0.0455).abs() < 4.0 * (0.0455 * 0.9545 / n).sqrt(), "{beyond_two}");
        assert!(x.iter().any(|x| *x > 3.5) && x.iter().any(|x| *x < -3.5));
    }

    #[test]
    fn neighbours_runs_and_streams_are_independent() {
        let a = noise(1, 0);
        let correlation = |a: &[f64], b: &[f64]| {
            let products = a.iter().zip(b).map(|(a, b)| a * b);
            let squares = a.iter().zip(b).map(|(a, b)| (a * a - 1.0) * (b * b - 1.0) / 2.0);
            let n = a.len().min(b.len()) as f64;
            (products.sum::<f64>() / n).abs().max((squares.sum::<f64>() / n).abs())
        };
        for (what, b) in
            [("next run", noise(2, 0)), ("next stream", noise(1, 1)), ("far run", noise(1 << 40, 0))]
        {
            assert!(correlation(&a, &b) < 0.025, "{what}: {}", correlation(&a, &b));
        }
        for lag in [1, 2, 16, 256] {
            assert!(correlation(&a[lag..], &a[..a.len() - lag]) < 0.025, "lag {lag}");
        }
        assert_eq!(a, noise(1, 0));
    }

    #[test]
    fn single_precision_is_the_same_noise() {
        let graph = Graph::new();
        let mut runner = Runner::<f32>::new(graph.plan(&[&graph.normal([1001])]));
        runner.run(Feed { noise: 9, ..Feed::default() });
        let graph = Graph::new();
        let mut wide = Runner::<f64>::new(graph.plan(&[&graph.normal([1001])]));
        wide.run(Feed { noise: 9, ..Feed::default() });
        let far =
            runner.output(0).iter().zip(wide.output(0)).filter(|(a, b)| (f64::from(**a) - **b).abs() > 1e-4);
        assert_eq!(far.count(), 0);
    }
}
