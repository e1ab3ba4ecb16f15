//! `DType`: the element types a tensor can hold, as run-time data.

use std::fmt;

/// The type of a tensor's elements.
///
/// The order is the order of promotion: an operation on two types works in the later one.
///
/// ```
/// use tunesmith_tensor::DType;
/// assert_eq!(DType::F32.bytes(), 4);
/// assert_eq!(DType::I64.max(DType::F32), DType::F32);
/// assert_eq!(DType::F64.to_string(), "f64");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DType {
    /// 64-bit signed integers: indices, class labels, and 0/1 results of comparisons.
    I64,
    /// 32-bit floats: what training uses.
    F32,
    /// 64-bit floats: what gradient checks and statistics use.
    F64,
}

impl DType {
    /// Size of one element in bytes.
    pub const fn bytes(self) -> usize {
        match self {
            DType::F32 => 4,
            DType::F64 | DType::I64 => 8,
        }
    }

    /// Whether elements are floats, so that division and `exp` make sense.
    pub const fn is_float(self) -> bool {
        matches!(self, DType::F32 | DType::F64)
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            DType::F32 => "f32",
            DType::F64 => "f64",
            DType::I64 => "i64",
        })
    }
}
