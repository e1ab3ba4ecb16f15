//! Which of two candidates is better on the seeds they share, and how sure that is.

use crate::analysis::statistics::{Alternative, paired_t, wilcoxon};

/// From this many pairs on, Wilcoxon's test can say something: one-sided, m pairs give at least 2^-m.
const FEWEST_FOR_RANKS: usize = 4;

fn common<'a>(a: &'a [f64], b: &'a [f64]) -> (&'a [f64], &'a [f64]) {
    let n = a.len().min(b.len());
    (&a[..n], &b[..n])
}

fn diverged(losses: &[f64]) -> usize {
    losses.iter().filter(|loss| loss.is_infinite()).count()
}

/// Whether the first one is better: it diverged less often or, in the runs in which neither diverged, its mean is less.
fn is_better(a: &[f64], b: &[f64]) -> bool {
    let (a, b) = common(a, b);
    let finite = a.iter().zip(b).filter(|(a, b)| a.is_finite() && b.is_finite());
    let lead: f64 = finite.map(|(a, b)| a - b).sum();
    (diverged(a), lead) < (diverged(b), 0.0)
}

/// The best of those that are in, challenged in the order of how often they ran.
pub(super) fn leader_of(losses: &[Vec<f64>], is_in: impl Fn(usize) -> bool) -> usize {
    let mut order: Vec<usize> = (0..losses.len()).filter(|&candidate| is_in(candidate)).collect();
    order.sort_by_key(|&candidate| std::cmp::Reverse(losses[candidate].len()));
    let better =
        |leader: usize, other: usize| if is_better(&losses[other], &losses[leader]) { other } else { leader };
    order.into_iter().reduce(better).expect("the default never drops out")
}

/// The one-sided p-value of the first one being better: Student's t on pairs, or Wilcoxon's ranks where a run diverged.
pub(super) fn p_better(a: &[f64], b: &[f64]) -> f64 {
    let (a, b) = common(a, b);
    if diverged(a) + diverged(b) == 0 {
        return paired_t(a, b, Alternative::Less);
    }
    if a.len() < FEWEST_FOR_RANKS { 1.0 } else { wilcoxon(a, b, Alternative::Less) }
}

/// Whether the first one is better beyond doubt, by either test; or never diverges where the other always does.
pub(super) fn clearly_better(a: &[f64], b: &[f64], threshold: f64) -> bool {
    if diverged(a) == 0 && b.len() > 1 && diverged(b) == b.len() {
        return true;
    }
    let (a, b) = common(a, b);
    p_better(a, b) < threshold
        || (a.len() >= FEWEST_FOR_RANKS && wilcoxon(a, b, Alternative::Less) < threshold)
}
