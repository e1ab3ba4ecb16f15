//! What L-BFGS remembers: differences of gradients and of places, and the direction they make of a gradient.

use tunesmith_tensor::DType;
use tunesmith_tensor::kernel::{Real, elementwise};

/// Below this product of the two differences the pair says nothing of the curvature.
const LEAST_CURVATURE: f64 = 1e-10;

/// The last differences, oldest first.
#[derive(Debug)]
pub(super) struct History<T> {
    /// Differences of gradients, as many as fit; the first `count` are in use.
    pub(super) gradients: Vec<Vec<T>>,
    /// The differences of places that belong to them.
    pub(super) places: Vec<Vec<T>>,
    /// One over the product of the two.
    pub(super) inverse_products: Vec<f64>,
    /// The inverse Hessian before the differences: this times the identity.
    pub(super) scale: f64,
    pub(super) count: u64,
    shares: Vec<f64>,
}

impl<T: Real> History<T> {
    pub(super) fn of_size(size: usize, length: usize) -> Self {
        let slabs = || vec![vec![T::ZERO; length]; size];
        let zeros = || vec![0.0; size];
        let (gradients, places) = (slabs(), slabs());
        Self { gradients, places, inverse_products: zeros(), scale: 1.0, count: 0, shares: zeros() }
    }

    pub(super) fn forget(&mut self) {
        (self.count, self.scale) = (0, 1.0);
    }

    /// Remembers that the gradient came from `before` over a move of `t * direction`; leaves anything in these two.
    pub(super) fn remember(&mut self, gradient: &[T], before: &mut Vec<T>, direction: &mut Vec<T>, t: f64) {
        let t = T::from_f64(t);
        elementwise::zip_in_place(before, gradient, |before, now| now - before);
        elementwise::map_in_place(direction, |d| t * d);
        let product = dot(before, direction);
        if !(product > LEAST_CURVATURE && product.is_finite()) {
            return;
        }
        self.scale = product / dot(before, before);
        let size = self.gradients.len();
        let mut index = self.count as usize;
        if index == size {
            self.gradients.rotate_left(1);
            self.places.rotate_left(1);
            self.inverse_products.rotate_left(1);
            index -= 1;
        }
        std::mem::swap(&mut self.gradients[index], before);
        std::mem::swap(&mut self.places[index], direction);
        self.inverse_products[index] = 1.0 / product;
        self.count = index as u64 + 1;
    }

    /// Writes the direction of descent: minus the inverse Hessian times the gradient (the two-loop recursion, Nocedal
    /// & Wright 2006, algorithm 7.4).
    pub(super) fn direction(&mut self, gradient: &[T], into: &mut [T]) {
        let count = self.count as usize;
        elementwise::map(gradient, into, |g| -g);
        for i in (0..count).rev() {
            self.shares[i] = dot(&self.places[i], into) * self.inverse_products[i];
            let share = T::from_f64(self.shares[i]);
            elementwise::zip_in_place(into, &self.gradients[i], |d, y| fused(-share, y, d));
        }
        let scale = T::from_f64(self.scale);
        elementwise::map_in_place(into, |d| scale * d);
        for i in 0..count {
            let share = dot(&self.gradients[i], into) * self.inverse_products[i];
            let rest = T::from_f64(self.shares[i] - share);
            elementwise::zip_in_place(into, &self.places[i], |d, s| fused(rest, s, d));
        }
    }
}

/// Partial sums of a product, which the compiler keeps in vectors.
const LANES: usize = 8;

/// The inner product, added up in double precision: a search makes much of small differences between such products.
pub(super) fn dot<T: Real>(a: &[T], b: &[T]) -> f64 {
    let (a_blocks, a_rest) = a.as_chunks::<LANES>();
    let (b_blocks, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        for lane in 0..LANES {
            sums[lane] += a[lane].to_f64() * b[lane].to_f64();
        }
    }
    for (sum, (a, b)) in sums.iter_mut().zip(a_rest.iter().zip(b_rest)) {
        *sum += a.to_f64() * b.to_f64();
    }
    let [a, b, c, d, e, f, g, h] = sums;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// `a * b + c`, rounded once: what PyTorch's vectors do, and after fifty directions the difference shows.
#[inline(always)]
pub(super) fn fused<T: Real>(a: T, b: T, c: T) -> T {
    let [a, b, c] = [a, b, c].map(T::to_f64);
    // Products of `f32` are exact in `f64`.
    T::from_f64(if T::DTYPE == DType::F64 { a.mul_add(b, c) } else { a * b + c })
}
