//! Columns: sums over all rows side by side, then one pass over the rows.

use super::super::reduce::sum_rows_into;
use super::super::{Real, vectorize};
use super::{assert_same_length, check};

/// Entries of the rows that a narrow matrix is handled in, so that short columns fill the vectors.
const WIDE: usize = 64;
/// Steps of four rows before a partial sum is put away, so that errors do not grow with the number of rows.
const BLOCK: usize = 64;

/// Entries of the whole rows in which columns are handled side by side.
fn period(cols: usize) -> usize {
    cols * (WIDE / cols.max(1)).max(1)
}

/// How much room the column kernels need for a matrix of that width.
///
/// ```
/// assert!(tunesmith_tensor::kernel::normalize::column_room(3) >= 3);
/// ```
#[must_use]
pub fn column_room(cols: usize) -> usize {
    6 * period(cols)
}

/// Writes the mean of every column, then the variance of every column (that of a population), into `out[2 * cols]`.
///
/// ```
/// use tunesmith_tensor::kernel::normalize::{column_moments, column_room};
/// let mut out = [0.0f64; 4];
/// column_moments(&[1.0, 1e9, 3.0, 1e9 + 2.0], 2, &mut vec![0.0; column_room(2)], &mut out);
/// assert_eq!(out, [2.0, 1e9 + 1.0, 1.0, 1.0]);
/// ```
///
/// # Panics
/// When `out` does not hold two rows, `x` is not a whole number of rows, or the room is too small.
#[track_caller]
pub fn column_moments<T: Real>(x: &[T], cols: usize, room: &mut [T], out: &mut [T]) {
    check("column_moments", x.len(), cols, x.len());
    assert_same_length("column_moments", 2 * cols, out.len());
    let count = T::from_usize(x.len() / cols);
    let (mean, variance) = out.split_at_mut(cols);
    sum_rows_into(x, x.len() / cols, cols, mean);
    mean.iter_mut().for_each(|mean| *mean /= count);
    let [shift, a, b, c, d, _] = lanes(room, cols);
    repeat(mean, shift);
    column_sums(
        x,
        x,
        shift,
        cols,
        [&mut *a, &mut *b, c, d],
        #[inline(always)]
        |x, _, mean| (x - mean, (x - mean) * (x - mean)),
    );
    for (variance, (&mut left, &mut square)) in variance.iter_mut().zip(a.iter_mut().zip(b)) {
        *variance = ((square - left * left / count) / count).max(T::ZERO);
    }
}

/// Writes every column minus its mean, over the root of its variance plus `epsilon`; `moments` are those of
/// [`column_moments`].
///
/// ```
/// use tunesmith_tensor::kernel::normalize::{column_room, normalize_columns};
/// let mut out = [0.0f64; 4];
/// normalize_columns(&[1.0, 5.0, 3.0, 9.0], &[2.0, 7.0, 1.0, 4.0], 2, 0.0, &mut vec![0.0; column_room(2)], &mut out);
/// assert_eq!(out, [-1.0, -1.0, 1.0, 1.0]);
/// ```
///
/// # Panics
/// When the lengths do not fit, or the room is too small.
#[track_caller]
pub fn normalize_columns<T: Real>(
    x: &[T],
    moments: &[T],
    cols: usize,
    epsilon: f64,
    room: &mut [T],
    out: &mut [T],
) {
    check("normalize_columns", x.len(), cols, out.len());
    assert_same_length("normalize_columns", 2 * cols, moments.len());
    let [mean, scale, ..] = lanes(room, cols);
    spreads(moments, T::from_f64(epsilon), mean, scale);
    let width = mean.len();
    vectorize(
        #[inline(always)]
        || {
            for (x, out) in x.chunks(width).zip(out.chunks_mut(width)) {
                for (((out, &x), &mean), &scale) in out.iter_mut().zip(x).zip(&*mean).zip(&*scale) {
                    *out = (x - mean) * scale;
                }
            }
        },
    );
}

/// Writes the derivative by `x` of [`normalize_columns`], with the moments following `x`, from the derivative `g` by its
/// result.
///
/// ```
/// use tunesmith_tensor::kernel::normalize::{column_room, normalize_columns_gradient};
/// let mut out = [0.0f64; 3];
/// let (x, moments) = ([1.0, 3.0, 8.0], [4.0, 26.0 / 3.0]);
/// normalize_columns_gradient(&x, &moments, &[1.0, 0.0, 0.0], 1, 1e-5, &mut vec![0.0; column_room(1)], &mut out);
/// assert!(out.iter().sum::<f64>().abs() < 1e-15 && out[0] > 0.0);
/// ```
///
/// # Panics
/// When the lengths do not fit, or the room is too small.
#[track_caller]
pub fn normalize_columns_gradient<T: Real>(
    x: &[T],
    moments: &[T],
    g: &[T],
    cols: usize,
    epsilon: f64,
    room: &mut [T],
    out: &mut [T],
) {
    check("normalize_columns_gradient", x.len(), cols, out.len());
    assert_same_length("normalize_columns_gradient", x.len(), g.len());
    assert_same_length("normalize_columns_gradient", 2 * cols, moments.len());
    let count = T::from_usize(x.len() / cols);
    let [mean, a, b, c, d, scale] = lanes(room, cols);
    spreads(moments, T::from_f64(epsilon), mean, scale);
    column_sums(
        x,
        g,
        mean,
        cols,
        [&mut *a, &mut *b, &mut *c, &mut *d],
        #[inline(always)]
        |x, g, mean| (g, g * (x - mean)),
    );
    let (sum, along) = (&mut a[..cols], &mut b[..cols]);
    // r (g - level - (x - mean) slope), with both known by column.
    for ((sum, along), &scale) in sum.iter_mut().zip(along.iter_mut()).zip(&*scale) {
        *sum /= count;
        *along = *along / count * scale * scale;
    }
    let (level, slope) = (c, d);
    repeat(sum, level);
    repeat(along, slope);
    let width = mean.len();
    vectorize(
        #[inline(always)]
        || {
            for ((x, g), out) in x.chunks(width).zip(g.chunks(width)).zip(out.chunks_mut(width)) {
                let columns = mean.iter().zip(&*scale).zip(level.iter().zip(&*slope));
                for (((out, &x), &g), ((&mean, &scale), (&level, &slope))) in
                    out.iter_mut().zip(x).zip(g).zip(columns)
                {
                    *out = scale * (g - level - (x - mean) * slope);
                }
            }
        },
    );
}

/// The room cut into rows of a period.
#[track_caller]
fn lanes<T: Real>(room: &mut [T], cols: usize) -> [&mut [T]; 6] {
    assert!(room.len() >= column_room(cols), "normalize: {} entries of room are too few", room.len());
    let mut lanes = room.chunks_exact_mut(period(cols));
    std::array::from_fn(|_| lanes.next().expect("the room was measured"))
}

/// Fills a period with a row.
fn repeat<T: Real>(row: &[T], period: &mut [T]) {
    period.chunks_exact_mut(row.len()).for_each(|part| part.copy_from_slice(row));
}

/// Means and reciprocal spreads by column, for a whole period.
fn spreads<T: Real>(moments: &[T], epsilon: T, mean: &mut [T], scale: &mut [T]) {
    let (means, variances) = moments.split_at(moments.len() / 2);
    repeat(means, mean);
    repeat(variances, scale);
    scale.iter_mut().for_each(|scale| *scale = (*scale + epsilon).sqrt().recip());
}

/// The sums over all rows of the two terms `f(a, b, shift)`, by column; they end in the first two rows of
/// the room.
#[inline(always)]
fn column_sums<T: Real>(
    a: &[T],
    b: &[T],
    shift: &[T],
    cols: usize,
    room: [&mut [T]; 4],
    f: impl Fn(T, T, T) -> (T, T),
) {
    let [total, total2, part, part2] = room;
    let width = shift.len();
    for sums in [&mut *total, &mut *total2, &mut *part, &mut *part2] {
        sums.fill(T::ZERO);
    }
    vectorize(
        #[inline(always)]
        || {
            let step = 4 * width;
            let whole = a.len() / step * step;
            let mut since = 0;
            for (a, b) in a[..whole].chunks_exact(step).zip(b[..whole].chunks_exact(step)) {
                let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (quarters(a, width), quarters(b, width));
                for i in 0..width {
                    let (p, q, r, s) = (
                        f(a0[i], b0[i], shift[i]),
                        f(a1[i], b1[i], shift[i]),
                        f(a2[i], b2[i], shift[i]),
                        f(a3[i], b3[i], shift[i]),
                    );
                    part[i] += (p.0 + q.0) + (r.0 + s.0);
                    part2[i] += (p.1 + q.1) + (r.1 + s.1);
                }
                since += 1;
                if since == BLOCK {
                    since = 0;
                    put_away(part, total);
                    put_away(part2, total2);
                }
            }
            for (a, b) in a[whole..].chunks(width).zip(b[whole..].chunks(width)) {
                for (i, (&a, &b)) in a.iter().zip(b).enumerate() {
                    let (p, q) = f(a, b, shift[i]);
                    part[i] += p;
                    part2[i] += q;
                }
            }
            put_away(part, total);
            put_away(part2, total2);
        },
    );
    for total in [&mut *total, &mut *total2] {
        let (first, others) = total.split_at_mut(cols);
        for other in others.chunks_exact(cols) {
            first.iter_mut().zip(other).for_each(|(first, &other)| *first += other);
        }
    }
}

/// Four rows of a length.
#[inline(always)]
fn quarters<T>(x: &[T], width: usize) -> [&[T]; 4] {
    let (low, high) = x.split_at(2 * width);
    let ((a, b), (c, d)) = (low.split_at(width), high.split_at(width));
    [a, b, c, d]
}

#[inline(always)]
fn put_away<T: Real>(part: &mut [T], total: &mut [T]) {
    for (total, part) in total.iter_mut().zip(part) {
        *total += *part;
        *part = T::ZERO;
    }
}
