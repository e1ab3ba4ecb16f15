//! `Element`: the three Rust types a tensor's elements can have.

use std::fmt::{Debug, Display};

use crate::dtype::DType;
use crate::storage::{Storage, Stored};

/// A type of tensor elements: `f32`, `f64` or `i64`.
///
/// ```
/// use tunesmith_tensor::{DType, Element};
/// assert_eq!(<f32 as Element>::DTYPE, DType::F32);
/// assert_eq!(i64::cast_from(2.9f64), 2);
/// ```
pub trait Element:
    Stored + Copy + Default + PartialEq + PartialOrd + Debug + Display + Send + Sync + 'static
{
    /// The type as run-time data.
    const DTYPE: DType;

    /// The number as an `f64`; whole numbers beyond 2^53 are rounded.
    fn to_f64(self) -> f64;

    /// The number as an `i64`: truncated, saturating, NaN becomes 0.
    fn to_i64(self) -> i64;

    /// Converts as Rust's `as` does.
    fn cast_from<E: Element>(x: E) -> Self;
}

macro_rules! element {
    ($type:ident, $dtype:ident, |$x:ident| $cast:expr) => {
        impl Element for $type {
            const DTYPE: DType = DType::$dtype;

            #[inline(always)]
            fn to_f64(self) -> f64 {
                self as f64
            }

            #[inline(always)]
            fn to_i64(self) -> i64 {
                self as i64
            }

            fn cast_from<E: Element>($x: E) -> Self {
                $cast
            }
        }

        impl Stored for $type {
            fn store(values: Vec<Self>) -> Storage {
                Storage::$dtype(values.into())
            }

            fn stored(storage: &Storage) -> Option<&[Self]> {
                match storage {
                    Storage::$dtype(values) => Some(values.as_slice()),
                    _ => None,
                }
            }

            fn stored_mut(storage: &mut Storage) -> Option<&mut Vec<Self>> {
                match storage {
                    Storage::$dtype(values) => Some(values.make_mut()),
                    _ => None,
                }
            }
        }
    };
}

element!(f32, F32, |x| if E::DTYPE == DType::I64 { x.to_i64() as f32 } else { x.to_f64() as f32 });
element!(f64, F64, |x| x.to_f64());
element!(i64, I64, |x| x.to_i64());
