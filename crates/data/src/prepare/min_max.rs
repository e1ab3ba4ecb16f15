//! `min_max`: the smallest and the largest value become two given numbers.

use tunesmith_core::{Describe, Param, register};

use super::{Affine, PrepareEntry, Scaler};

/// The smallest value becomes `low` and the largest `high`, 0 and 1 unless given.
///
/// A constant column becomes `low`. New values may lie outside. Equals scikit-learn's `MinMaxScaler`.
///
/// ```
/// use tunesmith_data::{Column, Frame, MinMax, Prepare};
/// let mut frame = Frame::new(vec![Column::numbers("x", vec![10.0, 15.0, 20.0])]);
/// let step = MinMax::default();
/// let state = step.fit(&frame, &mut Vec::new()).unwrap();
/// step.apply(&state, &mut frame).unwrap();
/// assert_eq!(frame.columns()[0].values.numbers().unwrap()[..], [0.0, 0.5, 1.0]);
/// ```
#[derive(Clone, Debug)]
pub struct MinMax {
    /// The columns it works on; all columns of numbers when empty.
    pub columns: Vec<String>,
    /// What the smallest value becomes.
    pub low: f64,
    /// What the largest value becomes.
    pub high: f64,
}

impl Default for MinMax {
    fn default() -> Self {
        Self { columns: Vec::new(), low: 0.0, high: 1.0 }
    }
}

impl Describe for MinMax {
    const NAME: &'static str = "min_max";
    const ABOUT: &'static str = "the smallest value becomes low and the largest high";
    const SOURCE: &'static str = "scikit-learn, MinMaxScaler";
    const PARAMS: &'static [Param<Self>] = &[
        Param::texts("columns", |s: &mut Self| &mut s.columns, "which columns; all of numbers when empty"),
        Param::float("low", -1.0, 0.0, |s: &mut Self| &mut s.low, "what the smallest value becomes").fixed(),
        Param::float("high", 0.0, 1.0, |s: &mut Self| &mut s.high, "what the largest value becomes").fixed(),
    ];

    fn check(&self) -> Result<(), String> {
        if self.low < self.high {
            return Ok(());
        }
        Err(format!("low = {} must be below high = {}", self.low, self.high))
    }
}

impl Scaler for MinMax {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn measure(&self, cells: &mut [f64]) -> Affine {
        let least = cells.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = cells.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let scale = (greatest - least) / (self.high - self.low);
        // The center is what becomes 0, which is `least` only when `low` is 0.
        let unit = if scale == 0.0 { 1.0 } else { scale };
        Affine { center: least - self.low * unit, scale }
    }
}

register!(PrepareEntry, MinMax);
