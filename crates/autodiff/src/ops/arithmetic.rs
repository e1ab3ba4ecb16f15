//! Addition, subtraction, multiplication, division, maximum and minimum of two tensors, with broadcasting.
//!
//! Shapes broadcast as in NumPy. A kernel finds each operand as long as the result, or shorter: a scalar or a trailing
//! part (a bias row) that repeats. Any other broadcast is made explicit with `expand` first.

use std::ops::{Add, Div, Mul, Neg, Sub};

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::{Real, elementwise, vectorize};

use super::expand::Spread;
use crate::op::{Call, Primitive, Site};
use crate::{Var, gradient_cases};

/// Runs `f` over two operands, one of which may be shorter than the result and repeats.
pub(crate) fn broadcast<T: Real>(a: &[T], b: &[T], out: &mut [T], f: impl Fn(T, T) -> T) {
    match (a.len() == out.len(), b.len() == out.len()) {
        (true, true) => elementwise::zip(a, b, out, f),
        (true, false) if b.len() == 1 => {
            let b = b[0];
            elementwise::map(
                a,
                out,
                #[inline(always)]
                |a| f(a, b),
            );
        }
        (false, true) if a.len() == 1 => {
            let a = a[0];
            elementwise::map(
                b,
                out,
                #[inline(always)]
                |b| f(a, b),
            );
        }
        (true, false) => elementwise::zip_row(a, b, out, f),
        (false, true) => elementwise::zip_row(
            b,
            a,
            out,
            #[inline(always)]
            |b, a| f(a, b),
        ),
        (false, false) => vectorize(|| {
            // Both repeat: the plan ran a piece of a longer result.
            let (a, b) = (a.iter().cycle(), b.iter().cycle());
            for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
                *out = f(a, b);
            }
        }),
    }
}

fn same_or_repeating(inputs: &[Shape]) -> Result<Shape, String> {
    let (a, b) = (&inputs[0], &inputs[1]);
    if repeats(b, a) {
        Ok(*a)
    } else if repeats(a, b) {
        Ok(*b)
    } else {
        Err(format!("the shapes {a} and {b} neither are equal nor is one the trailing part of the other"))
    }
}

/// Whether `part`, leading ones aside, is the trailing part of `whole`.
fn repeats(part: &Shape, whole: &Shape) -> bool {
    let skip = part.dims().iter().take_while(|&&d| d == 1).count();
    part.dims().len() <= whole.dims().len() && whole.dims().ends_with(&part.dims()[skip..])
}

macro_rules! binary {
    ($(#[$doc:meta])* $Op:ident, $name:literal, |$a:ident, $b:ident| $value:expr, |$x:ident, $y:ident, $g:ident, $out:ident| ($da:expr, $db:expr)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $Op;

        impl Primitive for $Op {
            const NAME: &'static str = $name;
            const ELEMENTWISE: bool = true;

            fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
                same_or_repeating(inputs)
            }

            fn run<T: Real>(&self, call: Call<'_, T>) {
                broadcast(call.inputs[0], call.inputs[1], call.out, #[inline(always)] |$a, $b| $value);
            }

            fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
                let ($x, $y, $g, $out) = (&site.inputs[0], &site.inputs[1], site.gradient, site.output);
                let _ = ($x, $y, $out);
                vec![
                    site.wanted[0].then(|| $da.sum_to($x.shape())),
                    site.wanted[1].then(|| $db.sum_to($y.shape())),
                ]
            }
        }
    };
}

binary!(
    /// `a + b`.
    AddOp, "add", |a, b| a + b, |x, y, g, out| (g.clone(), g.clone())
);
binary!(
    /// `a - b`.
    SubOp, "sub", |a, b| a - b, |x, y, g, out| (g.clone(), -g)
);
binary!(
    /// `a * b`.
    MulOp, "mul", |a, b| a * b, |x, y, g, out| (g * y, g * x)
);
binary!(
    /// `a / b`.
    DivOp, "div", |a, b| a / b, |x, y, g, out| (g / y, -(g * out / y))
);
binary!(
    /// The larger of the two; where they are equal the derivative goes to the first.
    MaximumOp, "maximum", |a, b| a.max(b), |x, y, g, out| (g * &x.at_least(y), g * &(1.0 - x.at_least(y)))
);
binary!(
    /// The smaller of the two; where they are equal the derivative goes to the first.
    MinimumOp, "minimum", |a, b| a.min(b), |x, y, g, out| (g * &y.at_least(x), g * &(1.0 - y.at_least(x)))
);
binary!(
    /// 1 where `a >= b`, else 0; its derivative is zero.
    AtLeastOp, "at_least", |a, b| if a >= b { T::ONE } else { T::ZERO },
    |x, y, g, out| (g * 0.0, g * 0.0)
);

impl Var {
    #[track_caller]
    fn binary(&self, other: &Self, op: impl Primitive) -> Self {
        let shape = match self.shape().broadcast(&other.shape()) {
            Some(shape) => shape,
            None => {
                panic!("{}: the shapes {} and {} do not broadcast", op_name(&op), self.shape(), other.shape())
            }
        };
        let (a, b) = (self.repeating(&shape), other.repeating(&shape));
        let whole = |var: &Self| var.shape() == shape;
        match (whole(&a), whole(&b)) {
            (false, false) => self.graph.apply(op, &[&a.expand(shape), &b]),
            _ => self.graph.apply(op, &[&a, &b]),
        }
    }

    /// This value, or what it was spread from, in a form that a kernel can repeat up to `shape`; else expanded.
    #[track_caller]
    fn repeating(&self, shape: &Shape) -> Self {
        if let Some((Spread { at: 0, .. }, inputs)) = self.made_by::<Spread>()
            && repeats(&inputs[0].shape(), shape)
        {
            return inputs[0].clone();
        }
        if repeats(&self.shape(), shape) { self.clone() } else { self.expand(*shape) }
    }

    /// The larger of the two, place by place.
    #[must_use]
    #[track_caller]
    pub fn maximum(&self, other: &Self) -> Self {
        self.binary(other, MaximumOp)
    }

    /// The smaller of the two, place by place.
    #[must_use]
    #[track_caller]
    pub fn minimum(&self, other: &Self) -> Self {
        self.binary(other, MinimumOp)
    }

    /// 1 where this is at least the other, else 0.
    #[must_use]
    #[track_caller]
    pub fn at_least(&self, other: &Self) -> Self {
        self.binary(other, AtLeastOp)
    }
}

fn op_name<P: Primitive>(_: &P) -> &'static str {
    P::NAME
}

macro_rules! operator {
    ($Trait:ident, $method:ident, $Op:ident, |$a:ident, $c:ident| $with_number:expr, |$d:ident, $b:ident| $number_with:expr) => {
        impl $Trait<&Var> for &Var {
            type Output = Var;
            #[track_caller]
            fn $method(self, other: &Var) -> Var {
                self.binary(other, $Op)
            }
        }
        impl $Trait<Var> for &Var {
            type Output = Var;
            #[track_caller]
            fn $method(self, other: Var) -> Var {
                self.binary(&other, $Op)
            }
        }
        impl $Trait<&Var> for Var {
            type Output = Var;
            #[track_caller]
            fn $method(self, other: &Var) -> Var {
                self.binary(other, $Op)
            }
        }
        impl $Trait<Var> for Var {
            type Output = Var;
            #[track_caller]
            fn $method(self, other: Var) -> Var {
                self.binary(&other, $Op)
            }
        }
        impl $Trait<f64> for &Var {
            type Output = Var;
            fn $method(self, $c: f64) -> Var {
                let $a = self;
                $with_number
            }
        }
        impl $Trait<f64> for Var {
            type Output = Var;
            fn $method(self, number: f64) -> Var {
                (&self).$method(number)
            }
        }
        impl $Trait<&Var> for f64 {
            type Output = Var;
            fn $method(self, $b: &Var) -> Var {
                let $d = self;
                $number_with
            }
        }
        impl $Trait<Var> for f64 {
            type Output = Var;
            fn $method(self, var: Var) -> Var {
                self.$method(&var)
            }
        }
    };
}

operator!(Add, add, AddOp, |a, c| a.affine(1.0, c), |c, b| b.affine(1.0, c));
operator!(Sub, sub, SubOp, |a, c| a.affine(1.0, -c), |c, b| b.affine(-1.0, c));
operator!(Mul, mul, MulOp, |a, c| a.affine(c, 0.0), |c, b| b.affine(c, 0.0));
operator!(Div, div, DivOp, |a, c| a.affine(1.0 / c, 0.0), |c, b| b.reciprocal().affine(c, 0.0));

impl Neg for &Var {
    type Output = Var;
    fn neg(self) -> Var {
        self.affine(-1.0, 0.0)
    }
}
impl Neg for Var {
    type Output = Var;
    fn neg(self) -> Var {
        -&self
    }
}

gradient_cases! {
    "add" [[3, 4], [3, 4]] |x| &x[0] + &x[1];
    "add, a row" [[3, 4], [4]] |x| &x[0] + &x[1];
    "add, a scalar first" [[], [3, 4]] |x| &x[0] + &x[1];
    "sub, a column" [[3, 4], [3, 1]] |x| &x[0] - &x[1];
    "sub, both stretched" [[3, 1], [1, 4]] |x| &x[0] - &x[1];
    "mul" [[2, 3, 4], [3, 4]] |x| &x[0] * &x[1];
    "mul, by itself" [[5]] |x| &x[0] * &x[0];
    "mul, middle axis" [[2, 1, 4], [2, 3, 4]] |x| &x[0] * &x[1];
    "div" [[3, 4], [4] => 0.5..2.0] |x| &x[0] / &x[1];
    "div, a number" [[3] => 0.5..2.0] |x| 2.0 / &x[0];
    "maximum" [[3, 4], [3, 4]] |x| x[0].maximum(&x[1]);
    "minimum, a row" [[3, 4], [4]] |x| x[0].minimum(&x[1]);
}
