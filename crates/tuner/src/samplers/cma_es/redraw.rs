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

/// Draws points of one generation; it keeps a factor for trials that tell the same dimensions.
#[derive(Debug)]
pub(super) struct Redraw<'a> {
    gaussian: &'a Gaussian,
    numbers: &'a [Number],
    order: Vec<usize>,
    factor: Vec<f64>,
}

impl<'a> Redraw<'a> {
    pub(super) fn new(gaussian: &'a Gaussian, numbers: &'a [Number]) -> Self {
        Self { gaussian, numbers, order: Vec::new(), factor: Vec::new() }
    }

    /// The point of a trial whose values have these places, NaN where it has none.
    pub(super) fn point(&mut self, places: &[f64], seed: Seed) -> Vec<f64> {
        let hidden: Vec<Option<(f64, f64)>> =
            self.numbers.iter().zip(places).map(|(number, place)| number.hidden(*place)).collect();
        let tells = |&j: &usize| match (places[j].is_nan(), hidden[j]) {
            (true, _) => 2_u8,
            (false, Some(_)) => 1,
            (false, None) => 0,
        };
        if (0..places.len()).all(|j| tells(&j) == 0) {
            return places.to_vec();
        }
        let mut order: Vec<usize> = (0..places.len()).collect();
        order.sort_by_key(tells);
        if order != self.order {
            self.factor = cholesky(&self.gaussian.covariance, &order);
            self.order = order;
        }
        let mut generator = seed.named("redraw").generator();
        let mut point = places.to_vec();
        let mut drawn: Vec<f64> = Vec::with_capacity(places.len());
        for (i, &j) in self.order.iter().enumerate() {
            let row = &self.factor[i * places.len()..][..=i];
            let given: f64 = row.iter().zip(&drawn).map(|(l, x)| l * x).sum();
            let scale = self.gaussian.sigma * self.gaussian.stretch[j];
            let standard = |v: f64| ((v - self.gaussian.mean[j]) / scale - given) / row[i];
            let x = match hidden[j] {
                _ if places[j].is_nan() => generator.normal(),
                Some((low, high)) => within(&mut generator, standard(low), standard(high)),
                None => standard(places[j]),
            };
            if tells(&j) > 0 {
                point[j] = self.gaussian.mean[j] + scale * (given + row[i] * x);
            }
            drawn.push(x);
        }
        point
    }
}

/// A draw from the standard normal in an interval, also where it is so far out that nothing but its near end counts.
fn within(generator: &mut Generator, low: f64, high: f64) -> f64 {
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

/// The lower factor of a matrix with rows and columns in an order; what is not positive counts as very small.
fn cholesky(matrix: &[f64], order: &[usize]) -> Vec<f64> {
    let n = order.len();
    let mut factor = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let (a, b) = (&factor[i * n..][..j], &factor[j * n..][..j]);
            let rest = matrix[order[i] * n + order[j]] - a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            let least = 1e-14 * matrix[order[i] * n + order[i]];
            factor[i * n + j] = if i == j { rest.max(least).sqrt() } else { rest / factor[j * n + j] };
        }
    }
    factor
}

#[cfg(test)]
mod tests {
    use super::{Gaussian, Redraw, cholesky};
    use crate::samplers::cma_es::axes::Axes;
    use tunesmith_core::{Domain, Scale, Seed, Space};

    #[test]
    fn the_factor_gives_the_matrix_back() {
        let matrix = [4.0, 1.0, 0.5, 1.0, 3.0, -0.4, 0.5, -0.4, 2.0];
        let order = [2, 0, 1];
        let factor = cholesky(&matrix, &order);
        for i in 0..3 {
            for j in 0..3 {
                let product: f64 = (0..3).map(|k| factor[i * 3 + k] * factor[j * 3 + k]).sum();
                assert!((product - matrix[order[i] * 3 + order[j]]).abs() < 1e-14);
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
            let told = [drawn[0], grid.center(grid.index(drawn[1])), f64::NAN];
            let point = redraw.point(&told, Seed::new(2).at(i));
            assert_eq!(point[0], drawn[0]);
            assert_eq!(grid.index(point[1]), grid.index(drawn[1]));
            let y = gaussian.standardize(&point);
            (0..9).for_each(|k| moments[k] += y[k / 3] * y[k % 3] / n as f64);
        }
        for (moment, expected) in moments.into_iter().zip(covariance) {
            assert!((moment - expected).abs() < 0.04, "{moments:?}"); // four standard errors
        }
    }
}
