//! Reductions: of all elements, or along chosen axes.
//!
//! Methods named `.._axes` take axes (negative ones count from the end) and whether these stay as axes of size
//! one. The order of a sum is fixed by the shape, never by the machine.

use crate::dispatch::{for_float, for_real};
use crate::dtype::DType;
use crate::element::Element;
use crate::kernel::reduce::{Reduction, arg_max, arg_min, reduce_axis};
use crate::kernel::{Real, softmax};
use crate::shape::Shape;
use crate::tensor::Tensor;

impl Tensor {
    /// Sum of all elements, as a tensor without axes.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// assert_eq!(Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]).sum().item(), 10.0);
    /// ```
    pub fn sum(&self) -> Tensor {
        self.fold(Reduction::Sum, &self.all_axes(), false)
    }

    /// Sums along axes.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let x = Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.sum_axes(&[0], false).to_vec::<f32>(), [4.0, 6.0]);
    /// assert_eq!(x.sum_axes(&[-1], true).shape(), [2, 1]);
    /// ```
    ///
    /// # Panics
    /// When there is no such axis, or one is named twice.
    #[track_caller]
    pub fn sum_axes(&self, axes: &[isize], keepdim: bool) -> Tensor {
        self.fold(Reduction::Sum, &self.axes("sum", axes), keepdim)
    }

    /// Arithmetic mean of all elements; NaN for none. Integers become `f32`.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// assert_eq!(Tensor::from([1i64, 2]).mean().item(), 1.5);
    /// ```
    pub fn mean(&self) -> Tensor {
        self.average(&self.all_axes(), false)
    }

    /// Means along axes.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let x = Tensor::from([[1.0f64, 2.0], [3.0, 6.0]]);
    /// assert_eq!(x.mean_axes(&[1], false).to_vec::<f64>(), [1.5, 4.5]);
    /// ```
    ///
    /// # Panics
    /// When there is no such axis, or one is named twice.
    #[track_caller]
    pub fn mean_axes(&self, axes: &[isize], keepdim: bool) -> Tensor {
        self.average(&self.axes("mean", axes), keepdim)
    }

    /// Variance of all elements: squared deviations over `n - correction` (0 for the population, 1 for a sample).
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let x = Tensor::from([1.0f64, 2.0, 3.0]);
    /// assert_eq!(x.var(1).item(), 1.0);
    /// assert_eq!(x.var(0).item(), 2.0 / 3.0);
    /// ```
    pub fn var(&self, correction: usize) -> Tensor {
        self.spread(&self.all_axes(), correction, false)
    }

    /// Variances along axes; see [`var`](Tensor::var).
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let x = Tensor::from([[1.0f64, 2.0], [3.0, 6.0]]);
    /// assert_eq!(x.var_axes(&[0], 1, false).to_vec::<f64>(), [2.0, 8.0]);
    /// ```
    ///
    /// # Panics
    /// When there is no such axis, or one is named twice.
    #[track_caller]
    pub fn var_axes(&self, axes: &[isize], correction: usize, keepdim: bool) -> Tensor {
        self.spread(&self.axes("var", axes), correction, keepdim)
    }

    /// Largest element; NaN if there is one.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// assert_eq!(Tensor::from([1.0f32, 7.0, -3.0]).max().item(), 7.0);
    /// ```
    ///
    /// # Panics
    /// When there is no element.
    #[track_caller]
    pub fn max(&self) -> Tensor {
        self.assert_some("max", &self.all_axes());
        self.fold(Reduction::Max, &self.all_axes(), false)
    }

    /// Largest elements along axes.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// assert_eq!(Tensor::from([[1i64, 5], [3, 4]]).max_axes(&[1], false).to_vec::<i64>(), [5, 4]);
    /// ```
    ///
    /// # Panics
    /// When there is no such axis, one is named twice, or one is empty.
    #[track_caller]
    pub fn max_axes(&self, axes: &[isize], keepdim: bool) -> Tensor {
        let axes = self.axes("max", axes);
        self.assert_some("max", &axes);
        self.fold(Reduction::Max, &axes, keepdim)
    }

    /// Smallest element; NaN if there is one.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// assert_eq!(Tensor::from([1.0f32, 7.0, -3.0]).min().item(), -3.0);
    /// ```
    ///
    /// # Panics
    /// When there is no element.
    #[track_caller]
    pub fn min(&self) -> Tensor {
        self.assert_some("min", &self.all_axes());
        self.fold(Reduction::Min, &self.all_axes(), false)
    }

    /// Smallest elements along axes.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let x = Tensor::from([[1.0f64, 2.0], [3.0, 6.0]]);
    /// assert_eq!(x.min_axes(&[0], true).to_vec::<f64>(), [1.0, 2.0]);
    /// ```
    ///
    /// # Panics
    /// When there is no such axis, one is named twice, or one is empty.
    #[track_caller]
    pub fn min_axes(&self, axes: &[isize], keepdim: bool) -> Tensor {
        let axes = self.axes("min", axes);
        self.assert_some("min", &axes);
        self.fold(Reduction::Min, &axes, keepdim)
    }

    /// Place of the largest element along one axis, the first of equals; `i64`.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// assert_eq!(Tensor::from([[1.0f32, 5.0], [3.0, 3.0]]).argmax(-1, false).to_vec::<i64>(), [1, 0]);
    /// ```
    ///
    /// # Panics
    /// When there is no such axis, or it is empty.
    #[track_caller]
    pub fn argmax(&self, axis: isize, keepdim: bool) -> Tensor {
        self.place("argmax", axis, keepdim, true)
    }

    /// Place of the smallest element along one axis, the first of equals; `i64`.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// assert_eq!(Tensor::from([1.0f32, 7.0, -3.0]).argmin(0, false).item(), 2.0);
    /// ```
    ///
    /// # Panics
    /// When there is no such axis, or it is empty.
    #[track_caller]
    pub fn argmin(&self, axis: isize, keepdim: bool) -> Tensor {
        self.place("argmin", axis, keepdim, false)
    }

    /// Euclidean norm of all elements.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// assert_eq!(Tensor::from([3.0f32, 4.0]).norm().item(), 5.0);
    /// ```
    pub fn norm(&self) -> Tensor {
        self.float().square().sum().sqrt()
    }

    /// Euclidean norms along axes.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let x = Tensor::from([[3.0f64, 4.0], [0.0, 2.0]]);
    /// assert_eq!(x.norm_axes(&[1], false).to_vec::<f64>(), [5.0, 2.0]);
    /// ```
    ///
    /// # Panics
    /// When there is no such axis, or one is named twice.
    #[track_caller]
    pub fn norm_axes(&self, axes: &[isize], keepdim: bool) -> Tensor {
        self.float().square().sum_axes(axes, keepdim).sqrt()
    }

    /// `e^x / sum(e^x)` along one axis.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// assert_eq!(Tensor::from([[0.0f64, 0.0], [0.0, 1e4]]).softmax(1).to_vec::<f64>(), [0.5, 0.5, 0.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// When there is no such axis.
    #[track_caller]
    pub fn softmax(&self, axis: isize) -> Tensor {
        self.along_last("softmax", axis, softmax::softmax, softmax::softmax)
    }

    /// `x - ln(sum(e^x))` along one axis.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let x = Tensor::from([[1000.0f64, 0.0]]);
    /// assert_eq!(x.log_softmax(1).to_vec::<f64>(), [0.0, -1000.0]);
    /// ```
    ///
    /// # Panics
    /// When there is no such axis.
    #[track_caller]
    pub fn log_softmax(&self, axis: isize) -> Tensor {
        self.along_last("log_softmax", axis, softmax::log_softmax, softmax::log_softmax)
    }

    /// `ln(sum(e^x))` along one axis, without overflow.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let x = Tensor::from([[1000.0f64, 1000.0]]);
    /// assert!((x.logsumexp(1, false).item() - (1000.0 + 2f64.ln())).abs() < 1e-12);
    /// ```
    ///
    /// # Panics
    /// When there is no such axis, or it is empty.
    #[track_caller]
    pub fn logsumexp(&self, axis: isize, keepdim: bool) -> Tensor {
        let axes = self.axes("logsumexp", &[axis]);
        self.assert_some("logsumexp", &axes);
        let (rows, shape) = self.float().rows(&axes, keepdim);
        let cols = self.shape()[axes[0]];
        for_real!(rows.dtype(), T => {
            let mut out = vec![T::ZERO; shape.numel()];
            softmax::log_sum_exp(&rows.values::<T>(), cols, &mut out);
            Tensor::from_vec(out, shape)
        })
    }

    fn all_axes(&self) -> Vec<usize> {
        (0..self.ndim()).collect()
    }

    #[track_caller]
    fn axes(&self, operation: &str, axes: &[isize]) -> Vec<usize> {
        let shape = self.shape();
        let mut found = shape.axes(operation, axes);
        found.sort_unstable();
        let distinct = found.windows(2).all(|pair| pair[0] != pair[1]);
        assert!(distinct, "{operation}: axes {axes:?} of shape {shape} name one twice");
        found
    }

    #[track_caller]
    fn assert_some(&self, operation: &str, axes: &[usize]) {
        let shape = self.shape();
        let some = axes.iter().all(|&axis| shape[axis] > 0);
        assert!(some, "{operation}: nothing to choose from in a tensor of shape {shape}");
    }

    /// The shape after reducing `axes`.
    fn reduced(&self, axes: &[usize], keepdim: bool) -> Shape {
        let sizes = self.shape();
        let kept = (0..sizes.ndim()).filter(|axis| keepdim || !axes.contains(axis));
        let sizes: Vec<usize> = kept.map(|axis| if axes.contains(&axis) { 1 } else { sizes[axis] }).collect();
        Shape::from(&sizes[..])
    }

    /// With `axes` moved to the end, and the shape after reducing them.
    fn rows(&self, axes: &[usize], keepdim: bool) -> (Tensor, Shape) {
        let order: Vec<usize> =
            (0..self.ndim()).filter(|axis| !axes.contains(axis)).chain(axes.iter().copied()).collect();
        (self.view(self.layout.permute(&order)), self.reduced(axes, keepdim))
    }

    fn fold(&self, reduction: Reduction, axes: &[usize], keepdim: bool) -> Tensor {
        let neighbours = axes.windows(2).all(|pair| pair[0] + 1 == pair[1]);
        let sizes = self.shape();
        // Neighbouring axes of the array as it lies are one middle axis; others are moved to the end first.
        let (x, shape, inner) = match axes.last() {
            Some(&last) if neighbours => {
                (self.clone(), self.reduced(axes, keepdim), sizes[last + 1..].iter().product())
            }
            _ => {
                let (x, shape) = self.rows(axes, keepdim);
                (x, shape, 1)
            }
        };
        let axis: usize = axes.iter().map(|&axis| sizes[axis]).product();
        let outer = shape.numel() / usize::max(inner, 1);
        for_float!(x.dtype(), T => {
            let mut out = vec![T::ZERO; shape.numel()];
            reduce_axis(&x.values::<T>(), outer, axis, inner, &mut out, reduction);
            Tensor::from_vec(out, shape)
        }, integer => {
            let values = x.values::<i64>();
            let at = |place: usize, k: usize| values[(place / inner * axis + k) * inner + place % inner];
            let out = (0..shape.numel()).map(|place| {
                let terms = (0..axis).map(|k| at(place, k));
                match reduction {
                    Reduction::Sum => terms.fold(0, i64::wrapping_add),
                    Reduction::Max => terms.fold(i64::MIN, i64::max),
                    Reduction::Min => terms.fold(i64::MAX, i64::min),
                }
            });
            Tensor::from_vec(out.collect(), shape)
        })
    }

    fn average(&self, axes: &[usize], keepdim: bool) -> Tensor {
        let count: usize = axes.iter().map(|&axis| self.shape()[axis]).product();
        self.float().fold(Reduction::Sum, axes, keepdim) / count as f64
    }

    fn spread(&self, axes: &[usize], correction: usize, keepdim: bool) -> Tensor {
        let x = self.float();
        let count: usize = axes.iter().map(|&axis| self.shape()[axis]).product();
        let deviations = &x - x.average(axes, true);
        deviations.square().fold(Reduction::Sum, axes, keepdim) / count.saturating_sub(correction) as f64
    }

    #[track_caller]
    fn place(&self, operation: &str, axis: isize, keepdim: bool, largest: bool) -> Tensor {
        fn places<T: Element>(x: &[T], cols: usize, find: impl Fn(&[T]) -> usize) -> Vec<i64> {
            x.chunks_exact(cols).map(|row| find(row) as i64).collect()
        }
        fn integers(row: &[i64], largest: bool) -> usize {
            let best = if largest { row.iter().max() } else { row.iter().min() };
            row.iter().position(|x| Some(x) == best).unwrap_or(0)
        }
        let axes = self.axes(operation, &[axis]);
        self.assert_some(operation, &axes);
        let (rows, shape) = self.rows(&axes, keepdim);
        let cols = self.shape()[axes[0]];
        let found = for_float!(rows.dtype(), T => {
            places(&rows.values::<T>(), cols, if largest { arg_max::<T> } else { arg_min::<T> })
        }, integer => places(&rows.values::<i64>(), cols, |row| integers(row, largest)));
        Tensor::from_vec(found, shape)
    }

    /// Runs a kernel on rows along one axis; the result has the tensor's shape.
    #[track_caller]
    fn along_last(
        &self,
        operation: &str,
        axis: isize,
        single: fn(&[f32], usize, &mut [f32]),
        double: fn(&[f64], usize, &mut [f64]),
    ) -> Tensor {
        fn run<T: Real>(x: &Tensor, kernel: fn(&[T], usize, &mut [T])) -> Tensor {
            let mut out = vec![T::ZERO; x.numel()];
            if !out.is_empty() {
                kernel(&x.values::<T>(), x.size(-1), &mut out);
            }
            Tensor::from_vec(out, x.shape())
        }
        let axis = self.shape().axis(operation, axis) as isize;
        let x = self.float().transpose(axis, -1);
        let result = if x.dtype() == DType::F64 { run(&x, double) } else { run(&x, single) };
        result.transpose(axis, -1)
    }
}
