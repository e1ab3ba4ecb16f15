//! The area under the ROC curve.

use super::metric;

metric!(
    /// The probability that a row of a class is given a higher probability of it than a row of another class, ties
    /// counting half; with more than two classes the mean over classes, each against the rest.
    RocAuc, "roc_auc", "area under the ROC curve, one class against the rest", larger: true, classes: true,
    |predictions| {
        let Some((codes, count)) = predictions.codes() else { return f64::NAN };
        let of = |class: usize| {
            let scores: Vec<f64> = predictions.probability(class).collect();
            let is: Vec<bool> = codes.iter().map(|&code| code as usize == class).collect();
            area(&scores, &is)
        };
        match count {
            0 | 1 => f64::NAN,
            2 => of(1),
            count => (0..count).map(of).sum::<f64>() / count as f64,
        }
    }
);

/// The area by ranks (Mann and Whitney); NaN when all rows are of one kind.
fn area(scores: &[f64], is: &[bool]) -> f64 {
    let positives = is.iter().filter(|&&p| p).count();
    let negatives = is.len() - positives;
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let mut rank_sum = 0.0;
    let mut start = 0;
    while start < order.len() {
        let end = start + order[start..].iter().take_while(|&&i| scores[i] == scores[order[start]]).count();
        // Equal scores share the mean of their ranks, which start at one.
        let rank = (start + 1 + end) as f64 / 2.0;
        rank_sum += rank * order[start..end].iter().filter(|&&i| is[i]).count() as f64;
        start = end.max(start + 1);
    }
    let (p, n) = (positives as f64, negatives as f64);
    if positives == 0 || negatives == 0 { f64::NAN } else { (rank_sum - p * (p + 1.0) / 2.0) / (p * n) }
}
