//! Elementwise functions of one tensor.

use crate::dispatch::for_float;
use crate::dtype::DType;
use crate::element::Element;
use crate::kernel::Real;
use crate::kernel::elementwise::map;
use crate::tensor::Tensor;

/// A function of one number; a type, so that it is inlined into the loop over the elements.
trait Function {
    fn real<T: Real>(x: T) -> T;
    /// For functions that map whole numbers to whole numbers; others take integers to `f32`.
    fn integer(_: i64) -> Option<i64> {
        None
    }
}

fn apply<F: Function>(x: &Tensor, _: F) -> Tensor {
    if x.dtype() == DType::I64
        && F::integer(0).is_some()
        && let Some(values) = x.values::<i64>().iter().map(|&x| F::integer(x)).collect::<Option<Vec<i64>>>()
    {
        return Tensor::from_vec(values, x.shape());
    }
    map_float(x, F::real::<f32>, F::real::<f64>)
}

/// Applies one of the two functions, according to the type; integers become `f32`.
#[inline]
fn map_float(x: &Tensor, single: impl Fn(f32) -> f32, double: impl Fn(f64) -> f64) -> Tensor {
    fn run<T: Real>(x: &Tensor, f: impl Fn(T) -> T) -> Tensor {
        let mut out = vec![T::ZERO; x.numel()];
        map(&x.values::<T>(), &mut out, f);
        Tensor::from_vec(out, x.shape())
    }
    let x = x.float();
    if x.dtype() == DType::F64 { run(&x, double) } else { run(&x, single) }
}

/// One method each: its doc, an argument and the result for the example, its name, the function of a float, and
/// where it exists that of an integer.
macro_rules! functions {
    ($(
        #[doc = $about:literal] $from:literal => $to:literal
        fn $name:ident($x:ident) = $real:expr $(, integer $integer:expr)?;
    )*) => {
        $(
            #[expect(non_camel_case_types, reason = "the type is named like the method it stands for")]
            struct $name;

            impl Function for $name {
                #[inline(always)]
                fn real<T: Real>($x: T) -> T {
                    $real
                }
                $(
                    #[inline(always)]
                    fn integer($x: i64) -> Option<i64> {
                        Some($integer)
                    }
                )?
            }
        )*

        impl Tensor {
            $(
                #[doc = $about]
                ///
                /// ```
                /// use tunesmith_tensor::Tensor;
                #[doc = concat!("let x = Tensor::scalar(", $from, "f64);")]
                #[doc = concat!("assert_eq!(x.", stringify!($name), "().item(), ", $to, ");")]
                /// ```
                pub fn $name(&self) -> Tensor {
                    apply(self, $name)
                }
            )*
        }
    };
}

functions! {
    #[doc = "Absolute value of every element."] "-2.0" => "2.0"
    fn abs(x) = x.abs(), integer x.wrapping_abs();
    #[doc = "Minus every element."] "2.0" => "-2.0"
    fn neg(x) = -x, integer x.wrapping_neg();
    #[doc = "Sign of every element: -1, 0 or 1."] "-2.5" => "-1.0"
    fn sign(x) = x.signum(), integer x.signum();
    #[doc = "Square of every element."] "3.0" => "9.0"
    fn square(x) = x * x, integer x.wrapping_mul(x);
    #[doc = "`max(x, 0)` of every element."] "-3.0" => "0.0"
    fn relu(x) = x.max(T::ZERO), integer x.max(0);
    #[doc = "`e^x` of every element."] "0.0" => "1.0"
    fn exp(x) = x.exp();
    #[doc = "`2^x` of every element."] "3.0" => "8.0"
    fn exp2(x) = x.exp2();
    #[doc = "`e^x - 1` of every element, accurate near zero."] "0.0" => "0.0"
    fn expm1(x) = x.exp_m1();
    #[doc = "Natural logarithm of every element."] "1.0" => "0.0"
    fn log(x) = x.ln();
    #[doc = "`ln(1 + x)` of every element, accurate near zero."] "0.0" => "0.0"
    fn log1p(x) = x.ln_1p();
    #[doc = "Logarithm to base 2 of every element."] "8.0" => "3.0"
    fn log2(x) = x.log2();
    #[doc = "Logarithm to base 10 of every element."] "1000.0" => "3.0"
    fn log10(x) = x.log10();
    #[doc = "Square root of every element."] "9.0" => "3.0"
    fn sqrt(x) = x.sqrt();
    #[doc = "`1 / sqrt(x)` of every element."] "4.0" => "0.5"
    fn rsqrt(x) = x.sqrt().recip();
    #[doc = "`1 / x` of every element."] "4.0" => "0.25"
    fn reciprocal(x) = x.recip();
    #[doc = "Sine of every element."] "0.0" => "0.0"
    fn sin(x) = x.sin();
    #[doc = "Cosine of every element."] "0.0" => "1.0"
    fn cos(x) = x.cos();
    #[doc = "Tangent of every element."] "0.0" => "0.0"
    fn tan(x) = x.tan();
    #[doc = "Hyperbolic sine of every element."] "0.0" => "0.0"
    fn sinh(x) = x.sinh();
    #[doc = "Hyperbolic cosine of every element."] "0.0" => "1.0"
    fn cosh(x) = x.cosh();
    #[doc = "Hyperbolic tangent of every element."] "0.0" => "0.0"
    fn tanh(x) = x.tanh();
    #[doc = "Arc tangent of every element."] "0.0" => "0.0"
    fn atan(x) = x.atan();
    #[doc = "`1 / (1 + e^-x)` of every element."] "0.0" => "0.5"
    fn sigmoid(x) = x.sigmoid();
    #[doc = "The error function of every element."] "0.0" => "0.0"
    fn erf(x) = x.erf();
    #[doc = "Largest whole number not above, for every element."] "-1.5" => "-2.0"
    fn floor(x) = x.floor(), integer x;
    #[doc = "Smallest whole number not below, for every element."] "-1.5" => "-1.0"
    fn ceil(x) = x.ceil(), integer x;
    #[doc = "Nearest whole number, ties to even, for every element."] "2.5" => "2.0"
    fn round(x) = x.round_ties_even(), integer x;
    #[doc = "Whole part of every element."] "-1.5" => "-1.0"
    fn trunc(x) = x.trunc(), integer x;
}

impl Tensor {
    /// Every element to the power `exponent`.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// assert_eq!(Tensor::from([2.0f64, 3.0]).pow(3.0).to_vec::<f64>(), [8.0, 27.0]);
    /// ```
    pub fn pow(&self, exponent: f64) -> Tensor {
        map_float(self, |x| x.powf(exponent as f32), |x| x.powf(exponent))
    }

    /// Every element held between two bounds; NaN stays NaN. Integers become `f32`.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// assert_eq!(Tensor::from([-3.0f32, 0.5, 3.0]).clamp(-1.0, 1.0).to_vec::<f32>(), [-1.0, 0.5, 1.0]);
    /// ```
    ///
    /// # Panics
    /// When `low > high`, or either is NaN.
    #[track_caller]
    pub fn clamp(&self, low: f64, high: f64) -> Tensor {
        assert!(low <= high, "clamp: the bounds {low} and {high} leave nothing between them");
        map_float(self, |x| x.clamp(low as f32, high as f32), |x| x.clamp(low, high))
    }

    /// `f` of every element, computed in `f64`; the result has the tensor's type, `f32` for integers.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let x = Tensor::from([1.0f32, 2.0]).map(|x| x * x + 1.0);
    /// assert_eq!(x.to_vec::<f32>(), [2.0, 5.0]);
    /// ```
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Tensor {
        map_float(self, |x| f(f64::from(x)) as f32, &f)
    }

    /// 1 where an element is NaN, else 0.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// assert_eq!(Tensor::from([1.0f32, f32::NAN]).isnan().to_vec::<i64>(), [0, 1]);
    /// ```
    pub fn isnan(&self) -> Tensor {
        self.test(f64::is_nan)
    }

    /// 1 where an element is neither infinite nor NaN, else 0.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// assert_eq!(Tensor::from([1.0f32, f32::INFINITY]).isfinite().to_vec::<i64>(), [1, 0]);
    /// ```
    pub fn isfinite(&self) -> Tensor {
        self.test(f64::is_finite)
    }

    fn test(&self, property: impl Fn(f64) -> bool) -> Tensor {
        let answers = for_float!(self.dtype(), T => {
            self.values::<T>().iter().map(|x| i64::from(property(x.to_f64()))).collect()
        }, integer => vec![i64::from(property(0.0)); self.numel()]);
        Tensor::from_vec::<i64>(answers, self.shape())
    }
}
