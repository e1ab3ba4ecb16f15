//! `Weight`: the recurrent weights, packed once in a run and multiplied at every step.

use tunesmith_tensor::kernel::Real;
use tunesmith_tensor::kernel::gemm::{gemm_packed, pack, packed_len};

/// A right operand of products, packed.
#[derive(Debug)]
pub(super) struct Weight<'a, T> {
    packed: &'a [T],
    inner: usize,
    columns: usize,
}

impl<'a, T: Real> Weight<'a, T> {
    /// How much room it takes.
    pub(super) fn room(inner: usize, columns: usize) -> usize {
        // The element type is not known yet, and an `f64` may be packed otherwise than an `f32`.
        packed_len::<f32>(inner, columns).max(packed_len::<f64>(inner, columns))
    }

    /// Packs an `[inner, columns]` matrix with these strides; returns what is left of the room too.
    pub(super) fn new(
        weight: &[T],
        strides: (usize, usize),
        [inner, columns]: [usize; 2],
        room: &'a mut [T],
    ) -> (Self, &'a mut [T]) {
        let (packed, rest) = room.split_at_mut(Self::room(inner, columns));
        let packed = &mut packed[..packed_len::<T>(inner, columns)];
        pack(weight, strides, inner, columns, packed);
        (Self { packed, inner, columns }, rest)
    }

    /// Writes `left W + beta out` for a row-major `left` of `rows` rows.
    pub(super) fn times(&self, left: &[T], rows: usize, beta: T, out: &mut [T]) {
        let size = [rows, self.inner, self.columns];
        gemm_packed(size, left, (self.inner, 1), self.packed, beta, out, self.columns);
    }
}
