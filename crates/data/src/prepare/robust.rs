//! `robust`: median 0 and interquartile range 1.

use tunesmith_core::{Describe, Param, register};

use super::quantile::{median, quantile};
use super::{Affine, PrepareEntry, Scaler};

/// Median 0 and interquartile range 1: outliers have no say.
///
/// Quartiles are interpolated linearly. A column whose quartiles are equal is only centred. Equals scikit-learn's
/// `RobustScaler`.
///
/// ```
/// use tunesmith_data::{Column, Frame, Robust, Prepare};
/// let mut frame = Frame::new(vec![Column::numbers("x", vec![1.0, 2.0, 3.0, 4.0, 1000.0])]);
/// let step = Robust::default();
/// let state = step.fit(&frame, &mut Vec::new()).unwrap();
/// step.apply(&state, &mut frame).unwrap();
/// assert_eq!(frame.columns()[0].values.numbers().unwrap()[..], [-1.0, -0.5, 0.0, 0.5, 498.5]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Robust {
    /// The columns it works on; all columns of numbers when empty.
    pub columns: Vec<String>,
}

impl Describe for Robust {
    const NAME: &'static str = "robust";
    const ABOUT: &'static str = "median 0 and interquartile range 1";
    const SOURCE: &'static str = "scikit-learn, RobustScaler";
    const PARAMS: &'static [Param<Self>] =
        &[Param::texts("columns", |s: &mut Self| &mut s.columns, "which columns; all of numbers when empty")];
}

impl Scaler for Robust {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn measure(&self, cells: &mut [f64]) -> Affine {
        let center = median(cells); // sorts
        Affine { center, scale: quantile(cells, 0.75) - quantile(cells, 0.25) }
    }
}

register!(PrepareEntry, Robust);
