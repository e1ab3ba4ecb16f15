//! Normalisation: rows or columns of a row-major matrix made to have mean zero and variance one, and the derivative.
//!
//! Variances take two passes, the second over the differences from the mean, with the mean's own rounding taken out
//! (T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for computing the sample variance", Am. Stat. 37, 1983): no
//! digits are lost when the mean is large. A row lies in the cache for all its passes.
//!
//! With `r = 1 / sqrt(variance + epsilon)`, `y = (x - mean) r` and `g` the derivative by `y`, the derivative by `x` is
//! `r (g - mean(g) - y mean(g y))`; without centring, `y = x r` with the mean square for the variance, and `mean(g)` is
//! left out.

use super::elementwise::assert_same_length;
use super::fold::{Add, fold, fold_map, fold_zip};
use super::{Real, vectorize};

/// Entries of the rows that a narrow matrix is handled in, so that short columns fill the vectors.
const WIDE: usize = 64;
/// Steps of four rows before a partial sum is put away, so that errors do not grow with the number of rows.
const BLOCK: usize = 64;

/// The mean of a row (zero when it is not to be centred) and the reciprocal of its spread.
#[inline(always)]
fn row_moments<T: Real>(x: &[T], centered: bool, epsilon: T) -> (T, T) {
    let count = T::from_usize(x.len());
    if !centered {
        let square = fold_map(
            Add,
            x,
            #[inline(always)]
            |x| x * x,
        );
        return (T::ZERO, (square / count + epsilon).sqrt().recip());
    }
    let mean = fold(Add, x) / count;
    let left = fold_map(
        Add,
        x,
        #[inline(always)]
        |x| x - mean,
    );
    let square = fold_map(
        Add,
        x,
        #[inline(always)]
        |x| (x - mean) * (x - mean),
    );
    let variance = ((square - left * left / count) / count).max(T::ZERO);
    (mean, (variance + epsilon).sqrt().recip())
}

/// Writes every row minus its mean (when `centered`), over the root of its variance (mean square) plus `epsilon`.
///
/// ```
/// use tunesmith_tensor::kernel::normalize::normalize_rows;
/// let mut out = [0.0f64; 4];
/// normalize_rows(&[1.0, 3.0, -4.0, -2.0], 2, true, 0.0, &mut out);
/// assert_eq!(out, [-1.0, 1.0, -1.0, 1.0]);
/// ```
///
/// # Panics
/// When `out` is not as long as `x`, or `x` is not a whole number of rows.
#[track_caller]
pub fn normalize_rows<T: Real>(x: &[T], cols: usize, centered: bool, epsilon: f64, out: &mut [T]) {
    check("normalize_rows", x.len(), cols, out.len());
    let epsilon = T::from_f64(epsilon);
    vectorize(
        #[inline(always)]
        || {
            for (x, out) in x.chunks_exact(cols).zip(out.chunks_exact_mut(cols)) {
                let (mean, scale) = row_moments(x, centered, epsilon);
                for (out, &x) in out.iter_mut().zip(x) {
                    *out = (x - mean) * scale;
                }
            }
        },
    );
}

/// Writes the derivative by `x` of [`normalize_rows`], from the derivative `g` by its result.
///
/// ```
/// use tunesmith_tensor::kernel::normalize::normalize_rows_gradient;
/// // Moving all entries of a row alike changes nothing, so the derivative of a row adds up to nothing.
/// let mut out = [0.0f64; 3];
/// normalize_rows_gradient(&[1.0, 3.0, 7.0], &[1.0, 0.0, 0.0], 3, true, 1e-5, &mut out);
/// assert!(out.iter().sum::<f64>().abs() < 1e-15 && out[0] > 0.0);
/// ```
///
/// # Panics
/// When the lengths differ, or `x` is not a whole number of rows.
#[track_caller]
pub fn normalize_rows_gradient<T: Real>(
    x: &[T],
    g: &[T],
    cols: usize,
    centered: bool,
    epsilon: f64,
    out: &mut [T],
) {
    check("normalize_rows_gradient", x.len(), cols, out.len());
    assert_same_length("normalize_rows_gradient", x.len(), g.len());
    let (epsilon, count) = (T::from_f64(epsilon), T::from_usize(cols));
    vectorize(
        #[inline(always)]
        || {
            for ((x, g), out) in
                x.chunks_exact(cols).zip(g.chunks_exact(cols)).zip(out.chunks_exact_mut(cols))
            {
                let (mean, scale) = row_moments(x, centered, epsilon);
                let along = fold_zip(
                    Add,
                    x,
                    g,
                    #[inline(always)]
                    |x, g| (x - mean) * g,
                ) * scale
                    / count;
                let level = if centered { fold(Add, g) / count } else { T::ZERO };
                for ((out, &x), &g) in out.iter_mut().zip(x).zip(g) {
                    *out = scale * (g - level - (x - mean) * scale * along);
                }
            }
        },
    );
}

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
    super::reduce::sum_rows_into(x, x.len() / cols, cols, mean);
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

#[track_caller]
fn check(kernel: &str, length: usize, cols: usize, out: usize) {
    assert!(cols > 0, "{kernel}: rows have no columns");
    assert!(length.is_multiple_of(cols), "{kernel}: {length} entries are no whole number of rows of {cols}");
    assert_same_length(kernel, length, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, level: f64) -> Vec<f64> {
        (0..count).map(|i| level + ((i * 7919 % 1009) as f64 / 1009.0 - 0.5) * 3.0).collect()
    }

    #[test]
    fn columns_are_the_rows_of_the_transpose() {
        for (rows, cols) in [(1, 1), (5, 3), (300, 7), (9, 64), (70, 65), (1100, 16), (4, 200)] {
            let (x, g) = (numbers(rows * cols, 2.0), numbers(rows * cols, 0.1));
            let transposed = |x: &[f64]| -> Vec<f64> {
                (0..cols).flat_map(|c| (0..rows).map(move |r| x[r * cols + c])).collect()
            };
            let mut room = vec![f64::NAN; column_room(cols)];
            let (mut moments, mut out, mut wanted) =
                (vec![0.0; 2 * cols], vec![0.0; x.len()], vec![0.0; x.len()]);
            column_moments(&x, cols, &mut room, &mut moments);
            normalize_columns(&x, &moments, cols, 1e-4, &mut room, &mut out);
            normalize_rows(&transposed(&x), rows, true, 1e-4, &mut wanted);
            let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-11);
            assert!(close(&transposed(&out), &wanted), "{rows} x {cols}");
            normalize_columns_gradient(&x, &moments, &g, cols, 1e-4, &mut room, &mut out);
            normalize_rows_gradient(&transposed(&x), &transposed(&g), rows, true, 1e-4, &mut wanted);
            let scale = wanted.iter().fold(1.0_f64, |m, w| m.max(w.abs()));
            let near = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-11 * scale;
            assert!(transposed(&out).iter().zip(&wanted).all(near), "{rows} x {cols}");
        }
    }

    #[test]
    fn a_large_mean_costs_no_digits() {
        // In f32 the numbers near 1000 are 6e-5 apart; the mean of squares minus the squared mean would be off by 0.06.
        let x: Vec<f32> = (0..4096).map(|i| 1000.0 + (i % 8) as f32 / 64.0).collect();
        let variance = 63.0 / 12.0 / 4096.0;
        let mut moments = [0.0; 2];
        column_moments(&x, 1, &mut vec![0.0; column_room(1)], &mut moments);
        assert!((f64::from(moments[1]) / variance - 1.0).abs() < 1e-5, "{moments:?}");
        let mut out = vec![0.0; x.len()];
        normalize_rows(&x, x.len(), true, 0.0, &mut out);
        let wanted = 3.5 / 64.0 / variance.sqrt();
        assert!((f64::from(out[7]) / wanted - 1.0).abs() < 2e-3, "{} {wanted}", out[7]);
    }
}
