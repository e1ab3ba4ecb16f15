//! `all_close`: whether two tensors agree, with a report of the worst entry when they do not.

use std::fmt;

use crate::dtype::DType;
use crate::tensor::Tensor;

/// How two tensors differ.
#[derive(Clone, Debug, PartialEq)]
pub enum Mismatch {
    /// The shapes differ.
    Shapes {
        /// Shape of the left tensor.
        left: Vec<usize>,
        /// Shape of the right tensor.
        right: Vec<usize>,
    },
    /// Some entries are further apart than allowed.
    Values {
        /// Index of the entry that exceeds its bound the most.
        index: Vec<usize>,
        /// Its value on the left.
        left: f64,
        /// Its value on the right.
        right: f64,
        /// The difference allowed there.
        allowed: f64,
        /// How many entries are too far apart.
        wrong: usize,
        /// How many entries there are.
        of: usize,
    },
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mismatch::Shapes { left, right } => write!(f, "shapes differ, left {left:?}, right {right:?}"),
            Mismatch::Values { index, left, right, allowed, wrong, of } => write!(
                f,
                "{wrong} of {of} entries differ; the worst, at {index:?}, is {left} on the left and {right} on the \
                 right, {:e} apart where {allowed:e} is allowed",
                (left - right).abs()
            ),
        }
    }
}

impl std::error::Error for Mismatch {}

impl Tensor {
    /// Whether `|left - right| <= atol + rtol |right|` for every entry (NumPy's and PyTorch's rule). NaN agrees
    /// with nothing; infinities with themselves.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let x = Tensor::from([1.0f64, 2.0]);
    /// assert_eq!(x.all_close(&(&x + 1e-9), 1e-6, 0.0), Ok(()));
    /// let report = x.all_close(&Tensor::from([1.0f64, 2.5]), 1e-6, 0.0).unwrap_err().to_string();
    /// assert!(report.starts_with("1 of 2 entries differ; the worst, at [1], is 2 on the left"));
    /// ```
    ///
    /// # Errors
    /// A [`Mismatch`] that names the worst entry, or both shapes.
    pub fn all_close(&self, other: &Tensor, rtol: f64, atol: f64) -> Result<(), Mismatch> {
        if self.shape() != other.shape() {
            return Err(Mismatch::Shapes { left: self.shape().to_vec(), right: other.shape().to_vec() });
        }
        let (left, right) = (self.cast(DType::F64), other.cast(DType::F64));
        let (left, right) = (left.values::<f64>(), right.values::<f64>());
        let mut wrong = 0;
        let mut worst: Option<(f64, usize)> = None;
        for (i, (&a, &b)) in left.iter().zip(right.iter()).enumerate() {
            let excess = (a - b).abs() - (atol + rtol * b.abs());
            if a == b || excess <= 0.0 {
                continue;
            }
            let excess = if excess.is_nan() { f64::INFINITY } else { excess };
            wrong += 1;
            if worst.is_none_or(|(most, _)| excess > most) {
                worst = Some((excess, i));
            }
        }
        let Some((_, i)) = worst else { return Ok(()) };
        let mut index = vec![0; self.ndim()];
        let mut rest = i;
        for (place, &size) in index.iter_mut().zip(self.shape().iter()).rev() {
            *place = rest % size;
            rest /= size;
        }
        let allowed = atol + rtol * right[i].abs();
        Err(Mismatch::Values { index, left: left[i], right: right[i], allowed, wrong, of: left.len() })
    }
}
