//! `standardize`: mean 0 and standard deviation 1.

use tunesmith_core::{Describe, Param, register};

use super::{Affine, PrepareEntry, Scaler};

/// Mean 0 and standard deviation 1 over the training rows (the population's, divided by n).
///
/// A constant column becomes zeros. Equals scikit-learn's `StandardScaler`.
///
/// ```
/// use tunesmith_data::{Column, Frame, Standardize, Prepare};
/// let mut frame = Frame::new(vec![Column::numbers("x", vec![1.0, 3.0])]);
/// let step = Standardize::default();
/// let state = step.fit(&frame, &mut Vec::new()).unwrap();
/// step.apply(&state, &mut frame).unwrap();
/// assert_eq!(frame.columns()[0].values.numbers().unwrap()[..], [-1.0, 1.0]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Standardize {
    /// The columns it works on; all columns of numbers when empty.
    pub columns: Vec<String>,
}

impl Describe for Standardize {
    const NAME: &'static str = "standardize";
    const ABOUT: &'static str = "mean 0 and standard deviation 1";
    const SOURCE: &'static str = "scikit-learn, StandardScaler";
    const PARAMS: &'static [Param<Self>] =
        &[Param::texts("columns", |s: &mut Self| &mut s.columns, "which columns; all of numbers when empty")];
}

impl Scaler for Standardize {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn measure(&self, cells: &mut [f64]) -> Affine {
        let n = cells.len() as f64;
        let first = cells[0];
        if cells.iter().all(|&x| x == first) {
            return Affine { center: first, scale: 0.0 }; // a mean would round, and zeros shall be exact
        }
        let mean = cells.iter().sum::<f64>() / n;
        let variance = cells.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
        // Below this the spread is rounding error alone (scikit-learn's `_is_constant_feature`).
        let noise = n * f64::EPSILON * variance + (n * mean * f64::EPSILON).powi(2);
        Affine { center: mean, scale: if variance <= noise { 0.0 } else { variance.sqrt() } }
    }
}

register!(PrepareEntry, Standardize);
