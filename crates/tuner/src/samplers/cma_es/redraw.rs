//! What a trial does not tell of the point it was drawn as is drawn again, given what it tells.
//!
//! A history holds values, not points: a whole number says in which cell its point lay, the end of a range that it lay
//! there or beyond, and a dimension that did not exist says nothing. The update needs points, and a sampler keeps nothing but what it can recompute. So the missing
//! coordinates are drawn from the distribution the trial is ranked in: cells after known coordinates, absent
//! ones last, each given all before it (the GHK simulator; Geweke 1991, Hajivassiliou & McFadden 1998). The randomness
//! is named by the trial, so that every process draws the same.

use tunesmith_core::{Generator, Seed};

use super::axes::Number;
use super::gaussian::Gaussian;
use crate::numeric::draw_between;

/// Draws points of one generation.
#[derive(Debug)]
pub(super) struct Redraw<'a> {
    gaussian: &'a Gaussian,
    numbers: &'a [Number],
    /// The inverse of the covariance, made when it is first needed.
    precision: Vec<f64>,
}

impl<'a> Redraw<'a> {
    pub(super) fn new(gaussian: &'a Gaussian, numbers: &'a [Number]) -> Self {
        Self { gaussian, numbers, precision: Vec::new() }
    }

    /// The point of a trial whose values have these places, NaN where it has none.
    pub(super) fn point(&mut self, places: &[f64], seed: Seed) -> Vec<f64> {
        let anywhere = (f64::NEG_INFINITY, f64::INFINITY);
        let cell = |j: usize| {
            if places[j].is_nan() { Some(anywhere) } else { self.numbers[j].hidden(places[j]) }
        };
        let cells: Vec<Option<(f64, f64)>> = (0..places.len()).map(cell).collect();
        // Last to first in the order of drawing.
        let (mut hidden, known): (Vec<usize>, Vec<usize>) =
            (0..places.len()).partition(|&j| cells[j].is_some());
        if hidden.is_empty() {
            return places.to_vec();
        }
        hidden.sort_by_key(|&j| !places[j].is_nan());
        if self.precision.is_empty() {
            self.precision = self.gaussian.precision();
        }
        let (n, h) = (places.len(), hidden.len());
        let precision = |i: usize, j: usize| self.precision[i * n + j];

        // Given the known coordinates y_K the hidden ones have the precision P_HH = R'R, and R y_H = w + x with standard
        // normal x and R'w = -P_HK y_K.
        let matrix = hidden.iter().flat_map(|&i| hidden.iter().map(move |&j| (i, j)));
        let factor = cholesky(matrix.map(|(i, j)| precision(i, j)).collect(), h);
        let scale = |j: usize| self.gaussian.sigma * self.gaussian.stretch[j];
        let standard = |j: usize, v: f64| (v - self.gaussian.mean[j]) / scale(j);
        let ys: Vec<f64> = known.iter().map(|&j| standard(j, places[j])).collect();
        let pull = |&i: &usize| -known.iter().zip(&ys).map(|(&j, y)| precision(i, j) * y).sum::<f64>();
        let mut w: Vec<f64> = hidden.iter().map(pull).collect();
        for i in 0..h {
            w[i] /= factor[i * h + i];
            let (done, rest) = w.split_at_mut(i + 1);
            rest.iter_mut().zip(&factor[i * h + i + 1..]).for_each(|(w, r)| *w -= r * done[i]);
        }

        let mut generator = seed.named("redraw").generator();
        let mut point = places.to_vec();
        let mut drawn = vec![0.0; h];
        for (i, &j) in hidden.iter().enumerate().rev() {
            let row = &factor[i * h..][..h];
            let given = w[i] - row[i + 1..].iter().zip(&drawn[i + 1..]).map(|(r, y)| r * y).sum::<f64>();
            let (low, high) = cells[j].unwrap_or(anywhere);
            let within = |v: f64| standard(j, v) * row[i] - given;
            drawn[i] = (given + draw_within(&mut generator, within(low), within(high))) / row[i];
            point[j] = self.gaussian.mean[j] + scale(j) * drawn[i];
        }
        point
    }
}

/// A draw from the standard normal in an interval, also where it is so far out that nothing but its near end counts.
fn draw_within(generator: &mut Generator, low: f64, high: f64) -> f64 {
    if low > 1e6 {
        low
    } else if high < -1e6 {
        high
    } else if high - low < 1e-9 {
        0.5 * (low + high)
    } else {
        draw_between(generator, low, high)
    }
}

/// The upper factor R of a symmetric matrix R'R of `n` rows; what is not positive counts as very small.
fn cholesky(mut matrix: Vec<f64>, n: usize) -> Vec<f64> {
    let least: Vec<f64> = (0..n).map(|i| 1e-14 * matrix[i * n + i]).collect();
    for k in 0..n {
        let (above, below) = matrix.split_at_mut((k + 1) * n);
        let row = &mut above[k * n..];
        let pivot = row[k].max(least[k]).sqrt();
        row[k] = pivot;
        row[k + 1..].iter_mut().for_each(|x| *x /= pivot);
        for (i, rest) in below.chunks_exact_mut(n).enumerate().map(|(i, rest)| (k + 1 + i, rest)) {
            let factor = row[i];
            rest[i..].iter_mut().zip(&row[i..]).for_each(|(x, r)| *x -= factor * r);
        }
    }
    matrix
}

#[cfg(test)]
mod tests {
    use super::{Gaussian, Redraw, cholesky};
    use crate::samplers::cma_es::axes::Axes;
    use tunesmith_core::{Domain, Scale, Seed, Space};

    #[test]
    fn the_factor_gives_the_matrix_back() {
        let matrix = [4.0, 1.0, 0.5, 1.0, 3.0, -0.4, 0.5, -0.4, 2.0];
        let factor = cholesky(matrix.to_vec(), 3);
        for i in 0..3 {
            for j in i..3 {
                let product: f64 = (0..=i).map(|k| factor[k * 3 + i] * factor[k * 3 + j]).sum();
                assert!((product - matrix[i * 3 + j]).abs() < 1e-14);
            }
        }
    }

    #[test]
    fn redrawn_points_have_the_distribution_they_were_first_drawn_from() {
        let space = Space::new()
            .with("x", Domain::float(0.0, 1.0, Scale::Linear, None).unwrap())
            .with("k", Domain::int(0, 9, Scale::Linear, 1).unwrap())
            .with("y", Domain::float(0.0, 1.0, Scale::Linear, None).unwrap());
        let axes = Axes::new(&space);
        let covariance = vec![1.0, 0.6, 0.3, 0.6, 1.0, 0.5, 0.3, 0.5, 1.0];
        let gaussian = Gaussian::new(vec![0.5, 0.45, 0.5], 0.12, covariance.clone()).unwrap();
        let mut redraw = Redraw::new(&gaussian, &axes.numbers);
        let n = 20_000;
        let mut moments = [0.0; 9];
        for i in 0..n {
            let mut generator = Seed::new(1).at(i).generator();
            let drawn = gaussian.draw(&mut generator);
            let grid = axes.numbers[1].grid.unwrap();
            let told = [drawn[0].clamp(0.0, 1.0), grid.center(grid.index(drawn[1])), f64::NAN];
            let point = redraw.point(&told, Seed::new(2).at(i));
            // Beyond a range's end is beyond it still, though not at the same place.
            assert!(
                point[0] == drawn[0]
                    || (drawn[0] < 0.0 && point[0] < 0.0)
                    || (drawn[0] > 1.0 && point[0] > 1.0)
            );
            assert_eq!(grid.index(point[1]), grid.index(drawn[1]));
            let y = gaussian.standardize(&point);
            (0..9).for_each(|k| moments[k] += y[k / 3] * y[k % 3] / n as f64);
        }
        for (moment, expected) in moments.into_iter().zip(covariance) {
            assert!((moment - expected).abs() < 0.04, "{moments:?}"); // four standard errors
        }
    }
}
