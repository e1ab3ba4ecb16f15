//! Numbers in log space, alone or with their derivative in one direction: what sums over many paths are computed in.

use tunesmith_tensor::kernel::Real;

/// A number in log space, alone or with its derivative in one direction.
pub(super) trait LogNumber<T: Real>: Copy {
    /// How many elements one is stored in.
    const WIDTH: usize;
    /// The logarithm of zero.
    fn nothing() -> Self;
    fn load(from: &[T], at: usize) -> Self;
    fn store(self, into: &mut [T], at: usize);
    fn value(self) -> T;
    /// The logarithm of a product.
    fn times(self, other: Self) -> Self;
    /// The logarithm of a quotient; the divisor is not nothing.
    fn over(self, other: Self) -> Self;
    /// The logarithm of a sum.
    fn plus(self, other: Self) -> Self;
    /// The number itself.
    fn exp(self) -> Self;
    /// The sum of numbers themselves, not logarithms.
    fn add(self, other: Self) -> Self;
}

/// A logarithm alone.
#[derive(Clone, Copy)]
pub(super) struct Plain<T>(pub(super) T);

impl<T: Real> LogNumber<T> for Plain<T> {
    const WIDTH: usize = 1;
    fn nothing() -> Self {
        Self(-T::from_f64(f64::INFINITY))
    }
    fn load(from: &[T], at: usize) -> Self {
        Self(from[at])
    }
    fn store(self, into: &mut [T], at: usize) {
        into[at] = self.0;
    }
    fn value(self) -> T {
        self.0
    }
    fn times(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
    fn over(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
    fn plus(self, other: Self) -> Self {
        let (large, small) = (self.0.max(other.0), self.0.min(other.0));
        if large.is_finite() { Self(large + (small - large).exp().ln_1p()) } else { Self(large) }
    }
    fn exp(self) -> Self {
        Self(self.0.exp())
    }
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

/// A logarithm and its derivative in a direction.
#[derive(Clone, Copy)]
pub(super) struct Dual<T>(pub(super) T, pub(super) T);

impl<T: Real> LogNumber<T> for Dual<T> {
    const WIDTH: usize = 2;
    fn nothing() -> Self {
        Self(-T::from_f64(f64::INFINITY), T::ZERO)
    }
    fn load(from: &[T], at: usize) -> Self {
        Self(from[2 * at], from[2 * at + 1])
    }
    fn store(self, into: &mut [T], at: usize) {
        (into[2 * at], into[2 * at + 1]) = (self.0, self.1);
    }
    fn value(self) -> T {
        self.0
    }
    fn times(self, other: Self) -> Self {
        Self(self.0 + other.0, self.1 + other.1)
    }
    fn over(self, other: Self) -> Self {
        Self(self.0 - other.0, self.1 - other.1)
    }
    fn plus(self, other: Self) -> Self {
        let Plain(sum) = Plain(self.0).plus(Plain(other.0));
        if !sum.is_finite() {
            return Self(sum, T::ZERO);
        }
        Self(sum, (self.0 - sum).exp() * self.1 + (other.0 - sum).exp() * other.1)
    }
    fn exp(self) -> Self {
        let value = self.0.exp();
        Self(value, value * self.1)
    }
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0, self.1 + other.1)
    }
}

#[cfg(test)]
mod tests {
    use super::{Dual, LogNumber, Plain};

    #[test]
    fn sums_of_nothing_stay_nothing() {
        let nothing = <Plain<f64> as LogNumber<f64>>::nothing();
        assert_eq!(nothing.plus(nothing).0, f64::NEG_INFINITY);
        assert_eq!(nothing.plus(Plain(2.0)).0, 2.0);
    }

    #[test]
    fn a_derivative_follows_its_number() {
        let (a, b, h) = (0.3_f64, -1.2, 1e-6);
        let sum = |step: f64| Plain(a + step).plus(Plain(b - 2.0 * step)).0;
        let Dual(value, slope) = Dual(a, 1.0).plus(Dual(b, -2.0));
        assert!((value - sum(0.0)).abs() < 1e-15);
        assert!((slope - (sum(h) - sum(-h)) / (2.0 * h)).abs() < 1e-9);
    }
}
