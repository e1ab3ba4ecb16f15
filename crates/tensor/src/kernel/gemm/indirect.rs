//! The product whose left operand is gathered by offsets: convolution without a copy of its windows.
#![expect(unsafe_code, reason = "hands checked slices on as pointers")]

use super::super::Real;
use super::blocks::{Product, Right};
use super::checks::{check_distinct, check_extent};
use super::packed::check_packed;
use super::tile::Rows;

/// A left operand by offsets into `data`. Row `i` is made of all segments one after the other: number `p` of the
/// segment `(offset, len)` is `data[rows[i] + offset + p * step]`.
///
/// A convolution over `[height, width, channels]` has a row for each output pixel, the place of its window's corner;
/// and a segment for each kernel row, all its taps and channels in one run. The derivative by its weights has a row
/// for each tap and channel, and a segment for each output row, whose pixels are a step apart.
#[derive(Clone, Copy, Debug)]
pub struct Indirect<'a, T> {
    /// What the offsets point into.
    pub data: &'a [T],
    /// Where each row starts.
    pub rows: &'a [usize],
    /// Where each segment starts behind the start of its row, and how many numbers it has.
    pub segments: &'a [(usize, usize)],
    /// From a number of a segment to the next.
    pub step: usize,
}

/// A right operand as it lies in memory.
#[derive(Clone, Copy, Debug)]
pub enum RightOperand<'a, T> {
    /// In the order that [`pack`](super::pack) has given it.
    Packed(&'a [T]),
    /// As a matrix with (row, column) strides.
    Strided(&'a [T], (usize, usize)),
}

/// Writes `A B + beta C` where `A` is gathered by offsets, `B` has `n` columns and as many rows as all segments together
/// have numbers; rows of `c` are `c_row_stride` apart.
///
/// An entry has the same bits as from [`gemm`](super::gemm()) with `A` written out. With `beta == 0` the old `c` is not
/// read. A call looks at each offset once; the product reads `A` where it is.
///
/// ```
/// use tunesmith_tensor::kernel::gemm::{Indirect, RightOperand, gemm_indirect};
/// // A 2 x 2 window over a 3 x 4 image, at the three places of its first output row; one kernel of ones.
/// let image: Vec<f32> = (0..12).map(|x| x as f32).collect();
/// let windows = Indirect { data: &image, rows: &[0, 1, 2], segments: &[(0, 2), (4, 2)], step: 1 };
/// let mut c = [f32::NAN; 3];
/// gemm_indirect(&windows, RightOperand::Strided(&[1.0; 4], (1, 1)), 1, 0.0, &mut c, 1);
/// assert_eq!(c, [10.0, 14.0, 18.0]);
/// ```
///
/// # Panics
/// When an offset points outside `data`, `B` or `c` is too short, or rows of `c` overlap.
#[track_caller]
pub fn gemm_indirect<T: Real>(
    left: &Indirect<'_, T>,
    right: RightOperand<'_, T>,
    n: usize,
    beta: T,
    c: &mut [T],
    c_row_stride: usize,
) {
    let (m, k) = (left.rows.len(), left.check());
    let right = match right {
        RightOperand::Packed(packed) => {
            check_packed(k, n, packed);
            Right::Packed(packed.as_ptr())
        }
        RightOperand::Strided(b, strides) => {
            check_extent("right operand", b.len(), k, n, strides);
            Right::Strided(b.as_ptr(), strides)
        }
    };
    check_extent("result", c.len(), m, n, (c_row_stride, 1));
    check_distinct(m, n, (c_row_stride, 1));
    let product = Product {
        size: [m, k, n],
        alpha: T::ONE,
        rows: Rows::At(left.data.as_ptr(), left.rows),
        segments: left.segments,
        step: left.step,
        right,
        beta,
        c: c.as_mut_ptr(),
        c_strides: (c_row_stride, 1),
    };
    // SAFETY: all that offsets, sizes and strides name has been checked to lie in its slice, and rows of `c` to be apart.
    unsafe { product.run() };
}

impl<T> Indirect<'_, T> {
    /// The length of a row. Panics when a number lies outside `data`.
    #[track_caller]
    #[inline]
    fn check(&self) -> usize {
        let (mut k, mut farthest) = (0usize, None);
        for &(offset, len) in self.segments.iter().filter(|(_, len)| *len > 0) {
            k = k.saturating_add(len);
            farthest = farthest.max(Some(offset.saturating_add((len - 1).saturating_mul(self.step))));
        }
        let last_row = self.rows.iter().copied().fold(0, usize::max);
        if let Some(farthest) = farthest
            && !self.rows.is_empty()
        {
            let (place, len) = (last_row.saturating_add(farthest), self.data.len());
            assert!(place < len, "gemm: offsets of the left operand reach element {place} of {len}");
        }
        k
    }
}
