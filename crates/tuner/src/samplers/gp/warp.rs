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
    let median =
        if sorted.len() % 2 == 0 { 0.5 * (sorted[middle - 1] + sorted[middle]) } else { sorted[middle] };
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
