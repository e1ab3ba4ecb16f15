//! `max_abs`: the largest absolute value becomes 1.

use tunesmith_core::{Describe, Param, register};

use super::{Affine, PrepareEntry, Scaler};

/// Divides by the largest absolute value, so that zeros stay zeros. Equals scikit-learn's `MaxAbsScaler`.
///
/// ```
/// use tunesmith_data::{Column, Frame, MaxAbs, Prepare};
/// let mut frame = Frame::new(vec![Column::numbers("x", vec![1.0, -4.0])]);
/// let step = MaxAbs::default();
/// let state = step.fit(&frame, &mut Vec::new()).unwrap();
/// step.apply(&state, &mut frame).unwrap();
/// assert_eq!(frame.columns()[0].values.numbers().unwrap()[..], [0.25, -1.0]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct MaxAbs {
    /// The columns it works on; all columns of numbers when empty.
    pub columns: Vec<String>,
}

impl Describe for MaxAbs {
    const NAME: &'static str = "max_abs";
    const ABOUT: &'static str = "the largest absolute value becomes 1";
    const SOURCE: &'static str = "scikit-learn, MaxAbsScaler";
    const PARAMS: &'static [Param<Self>] =
        &[Param::texts("columns", |s: &mut Self| &mut s.columns, "which columns; all of numbers when empty")];
}

impl Scaler for MaxAbs {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn measure(&self, cells: &mut [f64]) -> Affine {
        Affine { center: 0.0, scale: cells.iter().fold(0.0, |largest, x| x.abs().max(largest)) }
    }
}

register!(PrepareEntry, MaxAbs);
