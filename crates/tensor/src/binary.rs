//! Elementwise operations on two tensors: arithmetic, comparisons, choices; operators on `&Tensor` and `f64`.

use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

use crate::dispatch::for_dtype;
use crate::dtype::DType;
use crate::kernel::Real;
use crate::kernel::elementwise::{map, zip, zip_col, zip_row};
use crate::shape::{Shape, broadcast};
use crate::tensor::Tensor;

/// An operation on two numbers; a type, so that it is inlined into the loop over the elements.
trait Operation {
    const NAME: &'static str;
    /// The least type the operation works in.
    const LEAST: DType;
    fn real<T: Real>(a: T, b: T) -> T;
    fn integer(a: i64, b: i64) -> i64;
}

#[track_caller]
fn apply<O: Operation>(_: O, a: &Tensor, b: &Tensor) -> Tensor {
    let shape = broadcast(O::NAME, &a.shape(), &b.shape());
    let dtype = a.dtype().max(b.dtype()).max(O::LEAST);
    let (a, b) = (a.cast(dtype), b.cast(dtype));
    match dtype {
        DType::F32 => floats::<f32, O>(&a, &b, shape),
        DType::F64 => floats::<f64, O>(&a, &b, shape),
        DType::I64 => {
            let (a, b) = (a.expand(shape), b.expand(shape));
            let pairs = a.to_vec::<i64>().into_iter().zip(b.to_vec::<i64>());
            Tensor::from_vec(pairs.map(|(a, b)| O::integer(a, b)).collect(), shape)
        }
    }
}

/// The shapes of training (equal, a number, a row, a column) have loops of their own; others are expanded.
fn floats<T: Real, O: Operation>(a: &Tensor, b: &Tensor, shape: Shape) -> Tensor {
    let (left, right) = (a.values::<T>(), b.values::<T>());
    let mut out = vec![T::ZERO; shape.numel()];
    match (Spread::of(&a.shape(), &shape), Spread::of(&b.shape(), &shape)) {
        _ if shape.numel() == 0 => {}
        (Spread::Whole, Spread::Whole) => zip(&left, &right, &mut out, O::real),
        (Spread::Whole, Spread::Number) => {
            let b = right[0];
            map(&left, &mut out, |a| O::real(a, b));
        }
        (Spread::Number, Spread::Whole) => {
            let a = left[0];
            map(&right, &mut out, |b| O::real(a, b));
        }
        (Spread::Whole, Spread::Row) => zip_row(&left, &right, &mut out, O::real),
        (Spread::Row, Spread::Whole) => zip_row(&right, &left, &mut out, |b, a| O::real(a, b)),
        (Spread::Whole, Spread::Column) => zip_col(&left, &right, &mut out, O::real),
        (Spread::Column, Spread::Whole) => zip_col(&right, &left, &mut out, |b, a| O::real(a, b)),
        _ => {
            let (left, right) = (a.expand(shape), b.expand(shape));
            zip(&left.values::<T>(), &right.values::<T>(), &mut out, O::real);
        }
    }
    Tensor::from_vec(out, shape)
}

/// How an operand fills the shape of the result.
enum Spread {
    Whole,
    /// One number for all.
    Number,
    /// The last axes, repeated along the first ones.
    Row,
    /// The first axes, each entry repeated along the last ones.
    Column,
    Other,
}

impl Spread {
    fn of(operand: &Shape, whole: &Shape) -> Spread {
        let ones = whole.ndim() - operand.ndim();
        let size = |axis: usize| if axis < ones { 1 } else { operand[axis - ones] };
        let fills = |axes: std::ops::Range<usize>| axes.into_iter().all(|axis| size(axis) == whole[axis]);
        let single = |axes: std::ops::Range<usize>| axes.into_iter().all(|axis| size(axis) == 1);
        let n = whole.ndim();
        if fills(0..n) {
            return Spread::Whole;
        }
        if single(0..n) {
            return Spread::Number;
        }
        match (0..n).find(|&k| (single(0..k) && fills(k..n)) || (fills(0..k) && single(k..n))) {
            Some(k) if single(0..k) && fills(k..n) => Spread::Row,
            Some(_) => Spread::Column,
            None => Spread::Other,
        }
    }
}

/// One operation per line: its type, its name in messages, its least type, and its two functions.
macro_rules! operations {
    ($( $type:ident $name:literal $least:ident |$a:ident, $b:ident| $real:expr, $integer:expr; )*) => {
        $(
            struct $type;

            impl Operation for $type {
                const NAME: &'static str = $name;
                const LEAST: DType = DType::$least;
                #[inline(always)]
                fn real<T: Real>($a: T, $b: T) -> T {
                    $real
                }
                #[inline(always)]
                fn integer($a: i64, $b: i64) -> i64 {
                    $integer
                }
            }
        )*
    };
}

operations! {
    Sum "add" I64 |a, b| a + b, a.wrapping_add(b);
    Difference "sub" I64 |a, b| a - b, a.wrapping_sub(b);
    Product "mul" I64 |a, b| a * b, a.wrapping_mul(b);
    Quotient "div" F32 |a, b| a / b, a.wrapping_div(b);
    Remainder "rem" F32 |a, b| a - b * (a / b).trunc(), a.wrapping_rem(b);
    Maximum "maximum" I64 |a, b| a.max(b), a.max(b);
    Minimum "minimum" I64 |a, b| a.min(b), a.min(b);
    Power "pow" F32 |a, b| a.powf(b), a.wrapping_pow(b as u32);
}

/// The operators for every mixture of tensors, owned or borrowed, and numbers.
macro_rules! operators {
    ($( $trait:ident $method:ident $operation:ident; )*) => {
        $(
            operators!(@tensors $trait $method $operation, Tensor, Tensor);
            operators!(@tensors $trait $method $operation, Tensor, &Tensor);
            operators!(@tensors $trait $method $operation, &Tensor, Tensor);
            operators!(@tensors $trait $method $operation, &Tensor, &Tensor);
            operators!(@number $trait $method, Tensor);
            operators!(@number $trait $method, &Tensor);
        )*
    };
    (@tensors $trait:ident $method:ident $operation:ident, $left:ty, $right:ty) => {
        impl $trait<$right> for $left {
            type Output = Tensor;

            #[track_caller]
            fn $method(self, other: $right) -> Tensor {
                apply($operation, &self, &other)
            }
        }
    };
    (@number $trait:ident $method:ident, $tensor:ty) => {
        impl $trait<f64> for $tensor {
            type Output = Tensor;

            fn $method(self, number: f64) -> Tensor {
                let number = self.number(number);
                $trait::$method(self, number)
            }
        }

        impl $trait<$tensor> for f64 {
            type Output = Tensor;

            fn $method(self, tensor: $tensor) -> Tensor {
                $trait::$method(tensor.number(self), tensor)
            }
        }
    };
}

operators! {
    Add add Sum;
    Sub sub Difference;
    Mul mul Product;
    Div div Quotient;
    Rem rem Remainder;
}

impl Neg for Tensor {
    type Output = Tensor;

    fn neg(self) -> Tensor {
        Tensor::neg(&self)
    }
}

impl Neg for &Tensor {
    type Output = Tensor;

    fn neg(self) -> Tensor {
        Tensor::neg(self)
    }
}

/// One comparison each: its doc, the result of the example, its name and operator.
macro_rules! comparisons {
    ($( #[doc = $about:literal] $example:literal fn $name:ident $operator:tt; )*) => {
        impl Tensor {
            $(
                #[doc = $about]
                ///
                /// ```
                /// use tunesmith_tensor::Tensor;
                /// let (a, b) = (Tensor::from([1.0f32, 2.0, 3.0]), Tensor::scalar(2.0f32));
                #[doc = concat!("assert_eq!(a.", stringify!($name), "(&b).to_vec::<i64>(), ", $example, ");")]
                /// ```
                ///
                /// # Panics
                /// When the shapes do not broadcast.
                #[track_caller]
                pub fn $name(&self, other: &Tensor) -> Tensor {
                    let shape = broadcast(stringify!($name), &self.shape(), &other.shape());
                    let dtype = self.dtype().max(other.dtype());
                    let (a, b) = (self.cast(dtype).expand(shape), other.cast(dtype).expand(shape));
                    let answers = for_dtype!(dtype, T => {
                        a.values::<T>().iter().zip(b.values::<T>().iter()).map(|(a, b)| i64::from(a $operator b)).collect()
                    });
                    Tensor::from_vec::<i64>(answers, shape)
                }
            )*
        }
    };
}

comparisons! {
    #[doc = "1 where the elements are equal, else 0."] "[0, 1, 0]"
    fn eq ==;
    #[doc = "1 where the elements differ, else 0."] "[1, 0, 1]"
    fn ne !=;
    #[doc = "1 where this element is smaller, else 0."] "[1, 0, 0]"
    fn lt <;
    #[doc = "1 where this element is smaller or equal, else 0."] "[1, 1, 0]"
    fn le <=;
    #[doc = "1 where this element is larger, else 0."] "[0, 0, 1]"
    fn gt >;
    #[doc = "1 where this element is larger or equal, else 0."] "[0, 1, 1]"
    fn ge >=;
}

impl Tensor {
    /// The larger of each two elements; NaN when either is.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let (a, b) = (Tensor::from([1.0f32, 5.0]), Tensor::from([3.0f32, 2.0]));
    /// assert_eq!(a.maximum(&b).to_vec::<f32>(), [3.0, 5.0]);
    /// ```
    ///
    /// # Panics
    /// When the shapes do not broadcast.
    #[track_caller]
    pub fn maximum(&self, other: &Tensor) -> Tensor {
        apply(Maximum, self, other)
    }

    /// The smaller of each two elements; NaN when either is.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let (a, b) = (Tensor::from([1.0f32, 5.0]), Tensor::from([3.0f32, 2.0]));
    /// assert_eq!(a.minimum(&b).to_vec::<f32>(), [1.0, 2.0]);
    /// ```
    ///
    /// # Panics
    /// When the shapes do not broadcast.
    #[track_caller]
    pub fn minimum(&self, other: &Tensor) -> Tensor {
        apply(Minimum, self, other)
    }

    /// Each element to the power of the other.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let (a, b) = (Tensor::from([2.0f64, 3.0]), Tensor::from([3.0f64, 2.0]));
    /// assert_eq!(a.pow_tensor(&b).to_vec::<f64>(), [8.0, 9.0]);
    /// ```
    ///
    /// # Panics
    /// When the shapes do not broadcast.
    #[track_caller]
    pub fn pow_tensor(&self, exponent: &Tensor) -> Tensor {
        apply(Power, self, exponent)
    }

    /// `a` where this tensor is not zero, `b` elsewhere; all three broadcast.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let x = Tensor::from([-1.0f32, 2.0]);
    /// let positive = x.gt(&Tensor::scalar(0.0f32));
    /// assert_eq!(positive.where_(&x, &Tensor::scalar(0.0f32)).to_vec::<f32>(), [0.0, 2.0]);
    /// ```
    ///
    /// # Panics
    /// When the shapes do not broadcast.
    #[track_caller]
    pub fn where_(&self, a: &Tensor, b: &Tensor) -> Tensor {
        let shape = broadcast("where_", &self.shape(), &broadcast("where_", &a.shape(), &b.shape()));
        let dtype = a.dtype().max(b.dtype());
        let condition = self.ne(&Tensor::scalar(0i64)).expand(shape).to_vec::<i64>();
        for_dtype!(dtype, T => {
            let (a, b) = (a.cast(dtype).expand(shape), b.cast(dtype).expand(shape));
            let pairs = a.to_vec::<T>().into_iter().zip(b.to_vec::<T>());
            Tensor::from_vec(pairs.zip(condition).map(|((a, b), yes)| if yes != 0 { a } else { b }).collect(), shape)
        })
    }

    /// A number in the float type an operation with this tensor works in.
    fn number(&self, number: f64) -> Tensor {
        match self.dtype() {
            DType::F64 => Tensor::scalar(number),
            _ => Tensor::scalar(number as f32),
        }
    }
}
