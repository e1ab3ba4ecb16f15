//! How much the settings of one dimension go with the order of the trials: what to look at first.

use tunesmith_core::{Dimension, Domain, Space};
use tunesmith_tuner::{Direction, TrialRecord};

use crate::input::{better_first, is_valued};

/// Ranges are cut into this many parts of equal numbers of trials.
const PARTS: usize = 4;

/// The influence of each dimension in the order of the space: from 0, nothing, to 1, it alone orders the trials.
///
/// The share of the variance of the trials' ranks that lies between four parts of the range (or between the options),
/// corrected for the number of parts (epsilon squared, Kelley 1935), times the share of trials in which the dimension
/// exists. It orders a page; it is no test, and it sees no interactions.
pub(crate) fn influence(space: &Space, trials: &[TrialRecord], direction: Direction) -> Vec<f64> {
    let mut valued: Vec<&TrialRecord> = trials.iter().filter(|trial| is_valued(trial)).collect();
    valued.sort_by(|a, b| better_first(a, b, direction));
    space.dimensions().iter().map(|dimension| of_one(dimension, &valued)).collect()
}

fn of_one(dimension: &Dimension, valued: &[&TrialRecord]) -> f64 {
    let rows: Vec<(f64, f64)> = valued
        .iter()
        .enumerate()
        .filter_map(|(rank, trial)| {
            Some((dimension.domain.coordinate(trial.params.get(&dimension.key)?)?, rank as f64))
        })
        .collect();
    let mut order = rows.clone();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut parts: Vec<Vec<f64>> = Vec::new();
    let exact =
        matches!(dimension.domain, Domain::Choice { .. }) || dimension.domain.size().is_some_and(|n| n <= 6);
    let mut last = f64::NAN;
    for (i, (z, rank)) in order.iter().enumerate() {
        let new = if exact { *z != last } else { i * PARTS / order.len() != parts.len().wrapping_sub(1) };
        if new {
            parts.push(Vec::new());
        }
        last = *z;
        parts.last_mut().expect("the first row opens a part").push(*rank);
    }
    let (n, k) = (rows.len() as f64, parts.len() as f64);
    if parts.len() < 2 || n <= k + 1.0 {
        return 0.0;
    }
    let mean = |ranks: &[f64]| ranks.iter().sum::<f64>() / ranks.len() as f64;
    let all: Vec<f64> = rows.iter().map(|row| row.1).collect();
    let middle = mean(&all);
    let total: f64 = all.iter().map(|rank| (rank - middle).powi(2)).sum();
    let within: f64 =
        parts.iter().map(|part| part.iter().map(|rank| (rank - mean(part)).powi(2)).sum::<f64>()).sum();
    if total == 0.0 {
        return 0.0;
    }
    let explained = 1.0 - (within / (n - k)) / (total / (n - 1.0));
    explained.clamp(0.0, 1.0) * n / valued.len() as f64
}

#[cfg(test)]
mod tests {
    use super::influence;
    use tunesmith_core::{Domain, Scale, Seed, Space, Value};
    use tunesmith_tuner::{Direction, TrialRecord, TrialState};

    #[test]
    fn what_orders_the_trials_has_influence_and_noise_has_none() {
        let range = || Domain::float(0.0, 1.0, Scale::Linear, None).unwrap();
        let space = Space::new()
            .with("matters", range())
            .with("noise", range())
            .with("choice", Domain::choice(["a", "b"]).unwrap());
        let mut random = Seed::new(3).generator();
        let trials: Vec<TrialRecord> = (0..60)
            .map(|i| {
                let mut trial = TrialRecord::new(i);
                let (x, y) = (random.uniform(), random.uniform());
                trial.params.insert("matters".into(), Value::Float(x));
                trial.params.insert("noise".into(), Value::Float(y));
                trial.params.insert("choice".into(), Value::from(if x > 0.5 { "a" } else { "b" }));
                (trial.state, trial.value) = (TrialState::Complete, Some(x));
                trial
            })
            .collect();
        let found = influence(&space, &trials, Direction::Minimize);
        assert!(found[0] > 0.8 && found[1] < 0.2 && found[2] > 0.5, "{found:?}");
        assert_eq!(influence(&space, &[], Direction::Minimize), [0.0; 3]);
    }
}
