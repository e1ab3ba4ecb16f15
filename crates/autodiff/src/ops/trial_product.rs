//! `trial_product`: the products of several trials side by side, each with a matrix of its own.
//!
//! Activations of several trials lie row by row: `[rows * trials, n]`, where row `r * trials + t` is row `r` of trial `t`.
//! Weights lie trial by trial: `[trials * out, in]`. So a trial's activations are a matrix whose rows are `trials * n`
//! apart, and its weights are a stretch of memory.

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::gemm::gemm;
use tunesmith_tensor::kernel::{Real, vectorize};

use crate::op::{Call, Primitive, Site};
use crate::{Var, gradient_cases};

/// Which of the three sides of `y = x w^T` is computed from the other two, for each trial.
#[derive(Clone, Copy, Debug)]
enum Side {
    /// `y [rows, out] = x w^T`, from `x` and `w`.
    Output,
    /// `x [rows, in] = y w`, from `y` and `w`.
    Input,
    /// `w [out, in] = y^T x`, from `y` and `x`.
    Weight,
}

/// The products of several trials, each with a matrix of its own.
#[derive(Clone, Copy, Debug)]
pub struct TrialProduct {
    trials: usize,
    side: Side,
}

/// Below so many multiplications a trial, plain loops cost less than a call of the general product.
const FEW: usize = 512;

/// Sizes of one trial's product: rows, inputs and outputs.
type Sizes = [usize; 3];

impl TrialProduct {
    fn sizes(&self, inputs: &[Shape]) -> Result<Sizes, String> {
        let (&[first, left], &[second, right]) = (inputs[0].dims(), inputs[1].dims()) else {
            return Err(format!("two matrices are needed, found {} and {}", inputs[0], inputs[1]));
        };
        let fits = match self.side {
            Side::Output => left == right,
            Side::Input => second == self.trials * left,
            Side::Weight => first == second,
        };
        let whole = first.is_multiple_of(self.trials) && second.is_multiple_of(self.trials);
        if self.trials == 0 || !fits || !whole {
            let trials = self.trials;
            return Err(format!("{} and {} are not sides of {trials} products", inputs[0], inputs[1]));
        }
        Ok(match self.side {
            Side::Output => [first / self.trials, left, second / self.trials],
            Side::Input => [first / self.trials, right, left],
            Side::Weight => [first / self.trials, right, left],
        })
    }
}

impl Primitive for TrialProduct {
    const NAME: &'static str = "trial_product";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let [rows, features, units] = self.sizes(inputs)?;
        Ok(Shape::from(match self.side {
            Side::Output => [rows * self.trials, units],
            Side::Input => [rows * self.trials, features],
            Side::Weight => [units * self.trials, features],
        }))
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let [rows, features, units] = self.sizes(call.shapes).expect("checked while building");
        let trials = self.trials;
        if call.out.is_empty() {
            return;
        }
        if rows * features * units < FEW {
            return vectorize(
                #[inline(always)]
                || self.run_plain([rows, features, units], call.inputs[0], call.inputs[1], call.out),
            );
        }
        // Where a trial's part begins, and its (row, column) strides.
        let x = |trial: usize| (trial * features, (trials * features, 1));
        let y = |trial: usize| (trial * units, (trials * units, 1));
        let w = |trial: usize| (trial * units * features, (features, 1));
        let turned = |(row, column): (usize, usize)| (column, row);
        for trial in 0..trials {
            let (x, y, w) = (x(trial), y(trial), w(trial));
            let ([m, k, n], a, b, c) = match self.side {
                Side::Output => ([rows, features, units], x, (w.0, turned(w.1)), y),
                Side::Input => ([rows, units, features], y, w, x),
                Side::Weight => ([units, rows, features], (y.0, turned(y.1)), x, w),
            };
            let [left, right] = [call.inputs[0], call.inputs[1]];
            gemm(
                m,
                k,
                n,
                T::ONE,
                from(left, a.0),
                a.1,
                from(right, b.0),
                b.1,
                T::ZERO,
                &mut call.out[c.0..],
                c.1,
            );
        }
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let (a, b, g) = (&site.inputs[0], &site.inputs[1], site.gradient);
        let other = |side: Side, left: &Var, right: &Var| {
            let product = Self { trials: self.trials, side };
            left.graph().apply(product, &[left, right])
        };
        let by_a = || match self.side {
            Side::Output => other(Side::Input, g, b),
            Side::Input => other(Side::Output, g, b),
            Side::Weight => other(Side::Output, b, g),
        };
        let by_b = || match self.side {
            Side::Output => other(Side::Weight, g, a),
            Side::Input => other(Side::Weight, a, g),
            Side::Weight => other(Side::Input, a, g),
        };
        vec![site.wanted[0].then(by_a), site.wanted[1].then(by_b)]
    }

    fn flops(&self, inputs: &[Shape], _output: &Shape) -> u64 {
        self.sizes(inputs).map_or(0, |[m, k, n]| 2 * (self.trials * m * k * n) as u64)
    }
}

impl TrialProduct {
    /// The same for small sizes.
    #[inline(always)]
    fn run_plain<T: Real>(&self, [_, features, units]: Sizes, left: &[T], right: &[T], out: &mut [T]) {
        let trials = self.trials;
        if features == 0 || units == 0 {
            return out.fill(T::ZERO);
        }
        let weights = units * features;
        match self.side {
            Side::Output => {
                for (x, y) in left.chunks_exact(trials * features).zip(out.chunks_exact_mut(trials * units)) {
                    let each = x.chunks_exact(features).zip(right.chunks_exact(weights));
                    for ((x, w), y) in each.zip(y.chunks_exact_mut(units)) {
                        for (y, w) in y.iter_mut().zip(w.chunks_exact(features)) {
                            *y = x.iter().zip(w).fold(T::ZERO, |sum, (&x, &w)| sum + x * w);
                        }
                    }
                }
            }
            Side::Input => {
                for (y, x) in left.chunks_exact(trials * units).zip(out.chunks_exact_mut(trials * features)) {
                    let each = y.chunks_exact(units).zip(right.chunks_exact(weights));
                    for ((y, w), x) in each.zip(x.chunks_exact_mut(features)) {
                        for (x, &w) in x.iter_mut().zip(w) {
                            *x = y[0] * w;
                        }
                        for (&y, w) in y.iter().zip(w.chunks_exact(features)).skip(1) {
                            add_scaled(x, y, w);
                        }
                    }
                }
            }
            Side::Weight => {
                out.fill(T::ZERO);
                for (y, x) in left.chunks_exact(trials * units).zip(right.chunks_exact(trials * features)) {
                    let each = y.chunks_exact(units).zip(x.chunks_exact(features));
                    for ((y, x), w) in each.zip(out.chunks_exact_mut(weights)) {
                        for (&y, w) in y.iter().zip(w.chunks_exact_mut(features)) {
                            add_scaled(w, y, x);
                        }
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn add_scaled<T: Real>(sum: &mut [T], factor: T, x: &[T]) {
    sum.iter_mut().zip(x).for_each(|(sum, &x)| *sum += factor * x);
}

/// What lies from an element on; nothing for an operand without elements.
fn from<T>(operand: &[T], start: usize) -> &[T] {
    operand.get(start..).unwrap_or(&[])
}

impl Var {
    /// Each trial's rows times the transpose of its own weights: `[rows * trials, in] x [trials * out, in] ->
    /// [rows * trials, out]`.
    ///
    /// Row `r * trials + t` is row `r` of trial `t`, whose weights are the rows from `t * out` on.
    ///
    /// ```
    /// use tunesmith_autodiff::Graph;
    /// let graph = Graph::new();
    /// let (x, w) = (graph.param("x", [2, 1]), graph.param("w", [2, 1])); // one row of two trials
    /// assert_eq!(graph.evaluate(&[&x.trial_product(&w, 2)], &[3.0, 5.0, 10.0, 100.0]), [[30.0, 500.0]]);
    /// ```
    ///
    /// # Panics
    /// When the inner sizes differ, or there are not as many rows and weights in each trial.
    #[must_use]
    #[track_caller]
    pub fn trial_product(&self, weights: &Self, trials: usize) -> Self {
        self.graph.apply(TrialProduct { trials, side: Side::Output }, &[self, weights])
    }
}

gradient_cases! {
    "trial_product" [[6, 4], [4, 4]] |x| x[0].trial_product(&x[1], 2).square();
    "trial_product, one output each" [[6, 2], [3, 2]] |x| x[0].trial_product(&x[1], 3).square();
    "trial_product, large" [[8, 13], [20, 13]] |x| x[0].trial_product(&x[1], 2).square();
}
