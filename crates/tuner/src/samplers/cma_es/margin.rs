//! Whole numbers: centring of points that left their cell, and the margin that keeps every axis able to.
//!
//! CatCMA with margin (Hamano et al. 2025, arXiv 2504.07884), sections on integer centring and margin correction.
//! Without them an axis freezes: once sigma is small beside a cell, all points of a generation agree in it.

use super::axes::Number;
use super::gaussian::Gaussian;
use crate::numeric::{LN_SQRT_2PI, upper_tail};

/// Keeps probabilities off 0 and 1/2.
const TINY: f64 = 1e-8;

/// The least probability of leaving a cell: of `discrete` axes together none leaves it with probability 0.73.
pub(super) fn least_mutation(discrete: usize) -> f64 {
    1.0 - 0.73_f64.powf(1.0 / discrete.max(1) as f64)
}

/// Moves the parents that left the mean's cell to the middle of theirs, and the others as far as it takes to undo the
/// bias of that. Returns which axes some parent left.
pub(super) fn center(numbers: &[Number], mean: &[f64], parents: &mut [Vec<f64>]) -> Vec<bool> {
    let mut left = vec![false; numbers.len()];
    for (j, grid) in numbers.iter().enumerate().filter_map(|(j, number)| Some((j, number.grid?))) {
        let home = grid.index(mean[j]);
        // What each parent would be moved by if it were centred: the sums over those at home, by direction.
        let (mut up, mut down, mut bias) = (0.0, 0.0, 0.0);
        let offsets: Vec<f64> = parents
            .iter_mut()
            .map(|point| {
                let index = grid.index(point[j]);
                let offset = grid.center(index) - point[j];
                if index == home {
                    *(if offset > 0.0 { &mut up } else { &mut down }) += offset;
                } else {
                    left[j] = true;
                    bias += offset;
                    point[j] += offset;
                    return 0.0;
                }
                offset
            })
            .collect();
        let against = if bias > 0.0 { down } else { up };
        if bias * against < 0.0 {
            let share = (-bias / against).min(1.0);
            for (point, offset) in parents.iter_mut().zip(offsets).filter(|(_, offset)| bias * offset < 0.0) {
                point[j] += share * offset;
            }
        }
    }
    left
}

/// Stretches and moves the distribution so that every axis leaves the mean's cell with at least probability `alpha`;
/// an axis that no parent left does so no more often than before.
pub(super) fn correct(gaussian: &mut Gaussian, numbers: &[Number], alpha: f64, left: &[bool]) {
    for (j, grid) in numbers.iter().enumerate().filter_map(|(j, number)| Some((j, number.grid?))) {
        let mean = gaussian.mean[j];
        let home = grid.index(mean);
        let unstretched = gaussian.sigma * gaussian.variance(j).sqrt();
        let deviation = gaussian.deviation(j);
        let beyond = |edge: f64| upper_tail((edge - mean).abs() / deviation);
        if home == 0.0 || home == grid.last {
            let (edge, side) =
                if home == 0.0 { (grid.edge(0.0), -1.0) } else { (grid.edge(home - 1.0), 1.0) };
            let mut p = beyond(edge).max(alpha);
            if !left[j] {
                p = p.min(gaussian.mutation[j]);
            }
            let p = p.clamp(TINY, 0.5 - TINY);
            let least = (grid.center(home) - edge).abs() / (unstretched * tail_quantile(alpha));
            gaussian.stretch[j] = gaussian.stretch[j].max(least);
            gaussian.mean[j] = edge + side * unstretched * gaussian.stretch[j] * tail_quantile(p);
            gaussian.mutation[j] = p;
        } else {
            let (low_edge, high_edge) = (grid.edge(home - 1.0), grid.edge(home));
            let (low, high) = (beyond(low_edge), beyond(high_edge));
            let middle = 1.0 - low - high;
            let (low, high) = (low.max(alpha / 2.0), high.max(alpha / 2.0));
            let (middle, least_middle) = if left[j] {
                (middle, alpha / 2.0)
            } else {
                (middle.max(1.0 - gaussian.mutation[j]), 1.0 - gaussian.mutation[j])
            };
            // What the three exceed one by is taken from each in proportion to what it has above its least.
            let room = low + high + middle - alpha - least_middle;
            let change = if room > 0.0 { (1.0 - low - high - middle) / room } else { 0.0 };
            let trim = |p: f64| (p + change * (p - alpha / 2.0)).clamp(TINY, 0.5 - TINY);
            let (low, high) = (trim(low), trim(high));
            let (q_low, q_high) = (tail_quantile(low), tail_quantile(high));
            gaussian.stretch[j] = (high_edge - low_edge) / ((q_low + q_high) * unstretched);
            gaussian.mean[j] = (low_edge * q_high + high_edge * q_low) / (q_low + q_high);
            gaussian.mutation[j] = low + high;
        }
    }
}

/// The inverse of [`upper_tail`] for 0 < p <= 1/2, by Newton's method on the logarithm.
///
/// The logarithm of the tail is concave, so that from the right of the root every step stays there.
fn tail_quantile(p: f64) -> f64 {
    let mut x = (-2.0 * (2.0 * p).ln()).max(0.0).sqrt(); // the tail is at most exp(-x^2 / 2) / 2
    for _ in 0..50 {
        let tail = upper_tail(x);
        let slope = (-0.5 * x * x - LN_SQRT_2PI).exp() / tail;
        let change = (tail / p).ln() / slope;
        x = (x + change).max(0.0);
        if change.abs() <= 1e-15 * x {
            break;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::tail_quantile;
    use crate::numeric::upper_tail;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_quantile_inverts_the_tail(x in 0.0..30.0) {
            prop_assert!((tail_quantile(upper_tail(x)) - x).abs() < 1e-12 * (1.0 + x));
        }
    }
}
