//! Dense kernels for symmetric positive definite matrices of a few hundred rows: row-major lower triangles.

/// The sum of products, in eight partial sums that the compiler keeps in registers.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().min(b.len());
    let (a, b) = (&a[..n], &b[..n]);
    let mut sums = [0.0; 8];
    let (chunks_a, chunks_b) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = chunks_a.remainder().iter().zip(chunks_b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in chunks_a.zip(chunks_b) {
        for k in 0..8 {
            sums[k] += a[k] * b[k];
        }
    }
    let [a, b, c, d, e, f, g, h] = sums;
    ((a + e) + (c + g)) + ((b + f) + (d + h)) + rest
}

/// `to += factor * what`.
pub(super) fn add(to: &mut [f64], factor: f64, what: &[f64]) {
    to.iter_mut().zip(what).for_each(|(to, what)| *to += factor * what);
}

/// `to += sum of factors[q] * rows[q]`, in one pass.
fn add_four(to: &mut [f64], factors: [f64; 4], rows: [&[f64]; 4]) {
    let n = to.len();
    let [a, b, c, d] = rows.map(|row| &row[..n]);
    for i in 0..n {
        to[i] += (factors[0] * a[i] + factors[1] * b[i]) + (factors[2] * c[i] + factors[3] * d[i]);
    }
}

/// The lower Cholesky factor, in place; the upper triangle is neither read nor written. False when the matrix is not
/// positive definite.
#[must_use]
pub(super) fn cholesky(a: &mut [f64], n: usize) -> bool {
    extend_cholesky(a, n, 0)
}

/// [`cholesky`] of a matrix whose first `known` rows are factored already.
#[must_use]
pub(super) fn extend_cholesky(a: &mut [f64], n: usize, known: usize) -> bool {
    for i in known..n {
        let (above, row) = a.split_at_mut(i * n);
        let row = &mut row[..=i];
        for j in 0..i {
            let other = &above[j * n..=j * n + j];
            row[j] = (row[j] - dot(&row[..j], &other[..j])) / other[j];
        }
        let pivot = row[i] - dot(&row[..i], &row[..i]);
        if pivot.is_nan() || pivot <= 0.0 {
            return false;
        }
        row[i] = pivot.sqrt();
    }
    true
}

/// The inverse of a lower triangle; zeros above the diagonal are not written.
pub(super) fn invert_lower(l: &[f64], n: usize, inverse: &mut [f64]) {
    extend_inverse(l, n, 0, inverse);
}

/// [`invert_lower`] where the first `known` rows of the inverse stand already.
pub(super) fn extend_inverse(l: &[f64], n: usize, known: usize, inverse: &mut [f64]) {
    for i in known..n {
        let (above, row) = inverse.split_at_mut(i * n);
        let row = &mut row[..=i];
        row.fill(0.0);
        let factors = &l[i * n..=i * n + i];
        let scale = 1.0 / factors[i];
        let mut k = 0;
        while k + 4 <= i {
            // Row k + q has k + q + 1 entries; what is above the diagonal is zero and skipped by hand.
            let rows: [&[f64]; 4] = std::array::from_fn(|q| &above[(k + q) * n..(k + q) * n + k + q + 1]);
            let four: [f64; 4] = std::array::from_fn(|q| -factors[k + q] * scale);
            add_four(&mut row[..=k], four, rows);
            for q in 1..4 {
                add(&mut row[k + 1..=k + q], four[q], &rows[q][k + 1..]);
            }
            k += 4;
        }
        for k in k..i {
            add(&mut row[..=k], -factors[k] * scale, &above[k * n..=k * n + k]);
        }
        row[i] = scale;
    }
}

/// The lower triangle of `mᵀ m` for a lower triangle `m`: the inverse of a matrix from the inverse of its factor.
pub(super) fn gram(m: &[f64], n: usize, product: &mut [f64]) {
    for i in 0..n {
        let row = &mut product[i * n..=i * n + i];
        row.fill(0.0);
        let mut k = i;
        while k + 4 <= n {
            let rows: [&[f64]; 4] = std::array::from_fn(|q| &m[(k + q) * n..(k + q) * n + i + 1]);
            add_four(row, rows.map(|row| row[i]), rows);
            k += 4;
        }
        for k in k..n {
            let other = &m[k * n..=k * n + i];
            add(row, other[i], other);
        }
    }
}

/// `m x` for a lower triangle.
pub(super) fn lower_times(m: &[f64], n: usize, x: &[f64], out: &mut [f64]) {
    for (i, out) in out.iter_mut().enumerate().take(n) {
        *out = dot(&m[i * n..=i * n + i], &x[..=i]);
    }
}

/// `mᵀ x` for a lower triangle.
pub(super) fn transposed_times(m: &[f64], n: usize, x: &[f64], out: &mut [f64]) {
    out[..n].fill(0.0);
    let mut k = 0;
    while k + 4 <= n {
        let rows: [&[f64]; 4] = std::array::from_fn(|q| &m[(k + q) * n..(k + q) * n + k + q + 1]);
        add_four(&mut out[..=k], [x[k], x[k + 1], x[k + 2], x[k + 3]], rows);
        for q in 1..4 {
            add(&mut out[k + 1..=k + q], x[k + q], &rows[q][k + 1..]);
        }
        k += 4;
    }
    for k in k..n {
        add(&mut out[..=k], x[k], &m[k * n..=k * n + k]);
    }
}

/// e^x of many numbers at most zero, to about 2e-16 relative: 2^k times a polynomial, in a form that compilers turn
/// into vector code (the C library's function would take most of the time of a kernel matrix).
pub(super) fn exp_all(xs: &mut [f64]) {
    /// Adding this rounds to a whole number, which then stands in the low bits.
    const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52
    // ln 2 in two parts (Cody & Waite 1980): the first has so few bits that k times it is exact.
    const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    for x in xs {
        let clamped = x.max(-700.0);
        let shifted = clamped * std::f64::consts::LOG2_E + ROUND;
        let k = shifted - ROUND;
        let r = (clamped - k * LN2_HIGH) - k * LN2_LOW;
        // |r| <= ln 2 / 2: thirteen terms of the Taylor series leave 4e-18.
        let mut p = 1.0 / 6_227_020_800.0;
        for c in [
            1.0 / 479_001_600.0,
            1.0 / 39_916_800.0,
            1.0 / 3_628_800.0,
            1.0 / 362_880.0,
            1.0 / 40_320.0,
            1.0 / 5_040.0,
            1.0 / 720.0,
            1.0 / 120.0,
            1.0 / 24.0,
            1.0 / 6.0,
            0.5,
            1.0,
            1.0,
        ] {
            p = p * r + c;
        }
        let power = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1023 << 52));
        *x = p * power;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::DMatrix;
    use tunesmith_core::Seed;

    /// A positive definite matrix of n rows.
    fn positive(n: usize, seed: u64) -> Vec<f64> {
        let mut generator = Seed::new(seed).generator();
        let factor = DMatrix::from_fn(n, n, |_, _| generator.normal());
        let product = &factor * factor.transpose() + DMatrix::identity(n, n);
        product.transpose().as_slice().to_vec()
    }

    #[test]
    fn factors_and_inverses_are_those_of_nalgebra() {
        for n in [1, 2, 5, 8, 33, 70] {
            let a = positive(n, n as u64);
            let theirs = DMatrix::from_row_slice(n, n, &a).cholesky().unwrap();
            let (mut factor, mut inverse, mut precision) = (a, vec![0.0; n * n], vec![0.0; n * n]);
            assert!(cholesky(&mut factor, n));
            invert_lower(&factor, n, &mut inverse);
            gram(&inverse, n, &mut precision);
            let (l, whole) = (theirs.l(), theirs.inverse());
            for i in 0..n {
                for j in 0..=i {
                    assert!((factor[i * n + j] - l[(i, j)]).abs() < 1e-9, "{n}: {i} {j}");
                    assert!((precision[i * n + j] - whole[(i, j)]).abs() < 1e-9, "{n}: {i} {j}");
                }
            }
            let x: Vec<f64> = (0..n).map(|i| (i as f64).sin()).collect();
            let (mut half, mut solved) = (vec![0.0; n], vec![0.0; n]);
            lower_times(&inverse, n, &x, &mut half);
            transposed_times(&inverse, n, &half, &mut solved);
            let expected = theirs.solve(&nalgebra::DVector::from_vec(x));
            for (a, b) in solved.iter().zip(&expected) {
                assert!((a - b).abs() < 1e-9 * b.abs().max(1.0), "{n}: {a} {b}");
            }
        }
    }

    #[test]
    fn a_matrix_that_is_not_positive_definite_has_no_factor() {
        assert!(!cholesky(&mut [1.0, 0.0, 2.0, 1.0], 2));
        assert!(!cholesky(&mut [f64::NAN], 1));
    }

    #[test]
    fn exponentials_are_those_of_the_library() {
        let xs: Vec<f64> = (0..20_000).map(|i| -0.035 * f64::from(i)).collect();
        let mut ours = xs.clone();
        exp_all(&mut ours);
        for (x, ours) in xs.iter().zip(&ours) {
            let relative = (ours / x.exp() - 1.0).abs();
            assert!(relative < 4e-16 || *x < -690.0, "e^{x}: relative error {relative:e}");
        }
    }
}
