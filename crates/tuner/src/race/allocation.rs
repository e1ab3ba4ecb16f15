//! Where more seeds help most: optimal computing budget allocation (Chen, Lin, Yücesan & Chick 2000).

use super::RaceOptions;
use crate::analysis::statistics::{mean, standard_deviation};

/// How many more seeds each candidate gets in the next round: as many in all as `seeds_per_round` for each that is in,
/// less where all have their maximum.
///
/// The number of runs shall be in proportion to (spread / distance to the leader)^2; the leader gets as many as anybody,
/// and the default as many as the leader, since pairs are what is compared.
pub(super) fn more_seeds(
    losses: &[Vec<f64>],
    leader: usize,
    default: usize,
    options: &RaceOptions,
    is_in: impl Fn(usize) -> bool,
) -> Vec<usize> {
    let field: Vec<usize> = (0..losses.len()).filter(|&candidate| is_in(candidate)).collect();
    let shares = shares(losses, leader, &field);
    let mut seeds: Vec<usize> = losses.iter().map(Vec::len).collect();
    let before = seeds.clone();
    let mut left = options.seeds_per_round * field.len();
    let total = (field.iter().map(|&candidate| seeds[candidate]).sum::<usize>() + left) as f64;
    while left > 0 {
        let open = field.iter().enumerate().filter(|(_, candidate)| seeds[**candidate] < options.max_seeds);
        let want = |place: usize, candidate: usize| shares[place] * total - seeds[candidate] as f64;
        let Some((_, &next)) =
            open.max_by(|(i, a), (j, b)| want(*i, **a).total_cmp(&want(*j, **b)).then(j.cmp(i)))
        else {
            break;
        };
        // One more seed of anybody needs its partners' run on the same seed.
        seeds[next] += 1;
        left -= 1;
        for partner in [leader, default] {
            let behind = seeds[next].saturating_sub(seeds[partner]);
            seeds[partner] += behind;
            left = left.saturating_sub(behind);
        }
    }
    seeds.iter().zip(before).map(|(after, before)| after - before).collect()
}

/// The part of all runs that each of the field should have had.
fn shares(losses: &[Vec<f64>], leader: usize, field: &[usize]) -> Vec<f64> {
    let finite = |candidate: usize| -> Vec<f64> {
        losses[candidate].iter().copied().filter(|loss| loss.is_finite()).collect()
    };
    let runs: Vec<Vec<f64>> = field.iter().map(|&candidate| finite(candidate)).collect();
    let place = field.iter().position(|&candidate| candidate == leader).expect("the leader is in");
    // Runs that diverged say nothing of the spread; a candidate with fewer than two others has the typical one.
    let spreads: Vec<f64> = runs.iter().map(|runs| standard_deviation(runs)).collect();
    let known: Vec<f64> = spreads.iter().copied().filter(|spread| *spread > 0.0).collect();
    let typical = if known.is_empty() { 1.0 } else { mean(&known) };
    let spread = |i: usize| if spreads[i] > 0.0 { spreads[i] } else { typical };
    let best = mean(&runs[place]);
    let weight = |i: usize| {
        let distance = (mean(&runs[i]) - best).abs().max(0.1 * typical); // equal ones would take everything
        if distance.is_finite() { (spread(i) / distance).powi(2) } else { 1.0 }
    };
    let mut weights: Vec<f64> = (0..field.len()).map(weight).collect();
    let others = (0..field.len()).filter(|&i| i != place);
    weights[place] = spread(place) * others.map(|i| (weights[i] / spread(i)).powi(2)).sum::<f64>().sqrt();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::{RaceOptions, more_seeds};

    #[test]
    fn seeds_go_where_the_race_is_close_and_pairs_stay_whole() {
        let losses = vec![
            vec![1.0, 1.2, 0.8], // the leader
            vec![1.1, 1.2, 0.9], // close
            vec![9.0, 9.2, 8.8], // far
            vec![5.0, 5.1, 5.2], // the default
        ];
        let more = more_seeds(&losses, 0, 3, &RaceOptions::default(), |_| true);
        assert!(more[1] > more[2] && more[0] >= more[1] && more[3] >= more[0], "{more:?}");
        let full = vec![vec![0.0; 10]; 3];
        assert_eq!(more_seeds(&full, 0, 2, &RaceOptions::default(), |_| true), [0, 0, 0]);
    }
}
