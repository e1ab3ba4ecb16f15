//! `Pointwise`: how a function of one number is stated: its value, and its derivative as graph.

use std::fmt::Debug;

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::{Real, elementwise};

use crate::Var;
use crate::op::{Call, Primitive, Site};

/// A function applied to every element.
pub trait Pointwise: Clone + Debug + Send + Sync + 'static {
    /// The name in messages and listings.
    const NAME: &'static str;

    /// The value at `x`.
    fn value<T: Real>(&self, x: T) -> T;

    /// The derivative at `x`, where the function's value is `y`; `None` where it is zero everywhere.
    fn slope(&self, x: &Var, y: &Var) -> Option<Var>;
}

/// A [`Pointwise`] function as an operation.
#[derive(Clone, Debug)]
pub struct Map<F>(pub F);

impl<F: Pointwise> Primitive for Map<F> {
    const NAME: &'static str = F::NAME;
    const ELEMENTWISE: bool = true;

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        Ok(inputs[0])
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        elementwise::map(
            call.inputs[0],
            call.out,
            #[inline(always)]
            |x| self.0.value(x),
        );
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        vec![self.0.slope(&site.inputs[0], site.output).map(|slope| site.gradient * &slope)]
    }
}

impl Var {
    /// Applies a function to every element.
    #[must_use]
    pub fn map(&self, function: impl Pointwise) -> Self {
        self.apply(Map(function))
    }
}

/// States functions of one number without parameters, and the method of `Var` that applies each.
macro_rules! pointwise {
    ($($(#[$doc:meta])* $Name:ident, $method:ident, |$x:ident| $value:expr, |$a:ident, $b:ident| $slope:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $Name;

        impl $crate::ops::pointwise::Pointwise for $Name {
            const NAME: &'static str = stringify!($method);

            #[inline(always)]
            fn value<T: ::tunesmith_tensor::kernel::Real>(&self, $x: T) -> T {
                $value
            }

            fn slope(&self, $a: &$crate::Var, $b: &$crate::Var) -> Option<$crate::Var> {
                let _ = ($a, $b);
                $slope
            }
        }

        impl $crate::Var {
            $(#[$doc])*
            #[must_use]
            pub fn $method(&self) -> Self {
                self.map($Name)
            }
        }
    )*};
}
pub(crate) use pointwise;
