//! Normalisation: rows or columns of a row-major matrix made to have mean zero and variance one, and the derivative.
//!
//! Variances take two passes, the second over the differences from the mean, with the mean's own rounding taken out
//! (T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for computing the sample variance", Am. Stat. 37, 1983): no
//! digits are lost when the mean is large. A row lies in the cache for all its passes.
//!
//! With `r = 1 / sqrt(variance + epsilon)`, `y = (x - mean) r` and `g` the derivative by `y`, the derivative by `x` is
//! `r (g - mean(g) - y mean(g y))`; without centring, `y = x r` with the mean square for the variance, and `mean(g)` is
//! left out.

mod columns;
mod rows;

pub use columns::{column_moments, column_room, normalize_columns, normalize_columns_gradient};
pub use rows::{normalize_rows, normalize_rows_gradient};

use super::elementwise::assert_same_length;

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
