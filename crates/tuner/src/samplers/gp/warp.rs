//! Output warping: scores in which a Gaussian process can believe, whatever the losses look like.

use crate::numeric::quantile;

/// Losses (less is better, none infinitely bad) as standardised scores (more is better).
///
/// As Vizier's default pipeline (Song et al. 2024, arXiv 2408.11527): the worse half of the losses is replaced by what
/// a normal distribution with the better half's spread would give at the same ranks; differences near the best are
/// stretched by a logarithm. The order of losses is kept.
pub(super) fn scores(losses: &[f64]) -> Vec<f64> {
    let mut scores = finite_scores(losses);
    half_rank(&mut scores);
    stretch(&mut scores);
    standardize(&mut scores);
    scores
}

/// The same without the logarithm, so that differences of the better half are differences of losses; and how much loss a
/// score of one is.
pub(super) fn linear_scores(losses: &[f64]) -> (Vec<f64>, f64) {
    let mut scores = finite_scores(losses);
    half_rank(&mut scores);
    let unit = standardize(&mut scores);
    (scores, unit)
}

/// Scores of finite losses; infinitely good ones are as good as the best finite one.
fn finite_scores(losses: &[f64]) -> Vec<f64> {
    let finite = losses.iter().filter(|loss| loss.is_finite());
    let best = finite.fold(f64::INFINITY, |best, &loss| best.min(loss));
    let best = if best.is_finite() { best } else { 0.0 };
    // A value beyond 1e150 could not be squared.
    losses.iter().map(|loss| (-loss.max(best)).clamp(-1e150, 1e150)).collect()
}

fn half_rank(scores: &mut [f64]) {
    let mut sorted: Vec<f64> = scores.to_vec();
    if sorted.len() < 2 {
        return;
    }
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let median = if sorted.len().is_multiple_of(2) {
        0.5 * (sorted[middle - 1] + sorted[middle])
    } else {
        sorted[middle]
    };
    sorted.dedup();
    let below = sorted.partition_point(|score| *score < median);
    let denominator = below as f64 + if sorted.get(below) == Some(&median) { 0.5 } else { 0.0 };
    let spread_of = |scores: &[f64]| {
        let sum: f64 = scores.iter().map(|score| (score - median).powi(2)).sum();
        (sum / scores.len() as f64).sqrt()
    };
    let mut spread = spread_of(&sorted[below..]);
    if spread.is_nan() || spread <= 0.0 {
        spread = spread_of(&sorted);
    }
    for score in scores.iter_mut().filter(|score| **score < median) {
        let rank = sorted.partition_point(|other| other < score) + 1;
        *score = median + spread * quantile(0.5 * (rank as f64 - 0.5) / denominator);
    }
}

fn stretch(scores: &mut [f64]) {
    let ends = (f64::INFINITY, f64::NEG_INFINITY);
    let (low, high) = scores.iter().fold(ends, |(low, high), score| (low.min(*score), high.max(*score)));
    if high > low {
        for score in scores {
            *score = 0.5 - (0.5 * (high - *score) / (high - low)).ln_1p() / 1.5_f64.ln();
        }
    } else {
        scores.fill(0.0);
    }
}

/// To mean zero and spread one; what the spread was.
fn standardize(scores: &mut [f64]) -> f64 {
    let n = scores.len() as f64;
    let mean = scores.iter().sum::<f64>() / n;
    let spread = (scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / n).sqrt();
    let scale = if spread > 1e-12 { 1.0 / spread } else { 0.0 };
    scores.iter_mut().for_each(|score| *score = (*score - mean) * scale);
    spread
}

#[cfg(test)]
mod tests {
    use super::scores;
    use proptest::prelude::*;

    #[test]
    fn the_good_half_keeps_its_shape_and_the_bad_one_its_ranks_only() {
        let losses = |worst: f64| [1.0, 1.1, 1.3, 2.0, 2.5, worst];
        assert_eq!(scores(&losses(3.0)), scores(&losses(1e9)));
        assert_ne!(scores(&losses(3.0))[2], scores(&[1.0, 1.1, 1.2, 2.0, 2.5, 3.0])[2]);
    }

    #[test]
    fn without_the_logarithm_differences_near_the_best_are_those_of_losses() {
        let losses = [1.0, 1.5, 2.5, 4.0, 9.0, 1e6];
        let (scores, unit) = super::linear_scores(&losses);
        for i in 1..3 {
            assert!(((scores[0] - scores[i]) * unit - (losses[i] - losses[0])).abs() < 1e-9, "{scores:?}");
        }
    }

    #[test]
    fn equal_and_extreme_losses_are_no_trouble() {
        assert_eq!(scores(&[2.0; 4]), [0.0; 4]);
        assert_eq!(scores(&[]), Vec::<f64>::new());
        assert!(scores(&[f64::NEG_INFINITY, 1.0, 2.0]).iter().all(|s| s.is_finite()));
        assert!(scores(&[-1e308, 1e308, 0.0]).iter().all(|s| s.is_finite()));
    }

    proptest! {
        #[test]
        fn order_is_kept(losses in prop::collection::vec(-1e3..1e3_f64, 1..60)) {
            let scores = scores(&losses);
            for (a, x) in losses.iter().zip(&scores) {
                prop_assert!(x.is_finite());
                for (b, y) in losses.iter().zip(&scores) {
                    prop_assert!(a >= b || x >= y);
                }
            }
            let n = scores.len() as f64;
            prop_assert!((scores.iter().sum::<f64>() / n).abs() < 1e-9);
        }
    }
}
