//! Output warping: scores in which a Gaussian process can believe, whatever the losses look like.

use crate::numeric::quantile;

/// Losses (less is better) as standardised scores (more is better); `None` stands for a trial that diverged.
///
/// As Vizier's default pipeline (Song et al. 2024, arXiv 2408.11527): the worse half of the losses is replaced by what
/// a normal distribution with the better half's spread would give at the same ranks; differences near the best are
/// stretched by a logarithm; diverged trials are placed below the worst. The order of losses is kept.
pub(super) fn scores(losses: &[Option<f64>]) -> Vec<f64> {
    let mut scores = finite_scores(losses);
    half_rank(&mut scores);
    stretch(&mut scores);
    let mut scores = place_diverged(&scores);
    standardize(&mut scores);
    scores
}

/// Scores of finite losses; infinitely good ones are as good as the best finite one.
fn finite_scores(losses: &[Option<f64>]) -> Vec<Option<f64>> {
    let finite = losses.iter().flatten().filter(|loss| loss.is_finite());
    let best = finite.fold(f64::INFINITY, |best, &loss| best.min(loss));
    let best = if best.is_finite() { best } else { 0.0 };
    // A value beyond 1e150 could not be squared.
    let score = |loss: f64| (-loss.max(best)).clamp(-1e150, 1e150);
    losses.iter().map(|loss| loss.filter(|loss| *loss < f64::INFINITY).map(score)).collect()
}

fn half_rank(scores: &mut [Option<f64>]) {
    let mut sorted: Vec<f64> = scores.iter().flatten().copied().collect();
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
    for score in scores.iter_mut().flatten().filter(|score| **score < median) {
        let rank = sorted.partition_point(|other| other < score) + 1;
        *score = median + spread * quantile(0.5 * (rank as f64 - 0.5) / denominator);
    }
}

fn stretch(scores: &mut [Option<f64>]) {
    let (low, high) = ends(scores);
    if high > low {
        for score in scores.iter_mut().flatten() {
            *score = 0.5 - (0.5 * (high - *score) / (high - low)).ln_1p() / 1.5_f64.ln();
        }
    } else {
        scores.iter_mut().flatten().for_each(|score| *score = 0.0);
    }
}

fn place_diverged(scores: &[Option<f64>]) -> Vec<f64> {
    let (low, high) = ends(scores);
    if low > high {
        return vec![-1.0; scores.len()]; // nothing but diverged trials
    }
    let bad = low - (0.5 * (high - low) + 1.0);
    scores.iter().map(|score| score.unwrap_or(bad)).collect()
}

fn standardize(scores: &mut [f64]) {
    let n = scores.len() as f64;
    let mean = scores.iter().sum::<f64>() / n;
    let spread = (scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / n).sqrt();
    let scale = if spread > 1e-12 { 1.0 / spread } else { 0.0 };
    scores.iter_mut().for_each(|score| *score = (*score - mean) * scale);
}

fn ends(scores: &[Option<f64>]) -> (f64, f64) {
    let ends = (f64::INFINITY, f64::NEG_INFINITY);
    scores.iter().flatten().fold(ends, |(low, high), score| (low.min(*score), high.max(*score)))
}

#[cfg(test)]
mod tests {
    use super::scores;
    use proptest::prelude::*;

    #[test]
    fn the_good_half_keeps_its_shape_and_the_bad_one_its_ranks_only() {
        let losses = |worst: f64| -> Vec<Option<f64>> {
            [1.0, 1.1, 1.3, 2.0, 2.5, worst].into_iter().map(Some).collect()
        };
        assert_eq!(scores(&losses(3.0)), scores(&losses(1e9)));
        assert_ne!(scores(&losses(3.0))[2], scores(&[1.0, 1.1, 1.2, 2.0, 2.5, 3.0].map(Some))[2]);
    }

    #[test]
    fn equal_and_missing_losses_are_no_trouble() {
        assert_eq!(scores(&[Some(2.0); 4]), [0.0; 4]);
        assert_eq!(scores(&[None; 3]), [0.0; 3]);
        assert_eq!(scores(&[]), Vec::<f64>::new());
        assert!(
            scores(&[Some(f64::NEG_INFINITY), Some(1.0), Some(f64::INFINITY)]).iter().all(|s| s.is_finite())
        );
        assert!(scores(&[Some(-1e308), Some(1e308), Some(0.0)]).iter().all(|s| s.is_finite()));
    }

    proptest! {
        #[test]
        fn order_is_kept_and_diverged_trials_come_last(
            losses in prop::collection::vec(prop::option::weighted(0.8, -1e3..1e3_f64), 1..60)
        ) {
            let scores = scores(&losses);
            for (a, x) in losses.iter().zip(&scores) {
                prop_assert!(x.is_finite());
                for (b, y) in losses.iter().zip(&scores) {
                    match (a, b) {
                        (Some(a), Some(b)) if a < b => prop_assert!(x >= y),
                        (Some(_), None) => prop_assert!(x > y),
                        _ => {}
                    }
                }
            }
            let n = scores.len() as f64;
            prop_assert!((scores.iter().sum::<f64>() / n).abs() < 1e-9);
        }
    }
}
