//! Which of several trials has done best by the same amount of work: with one objective, with several, with constraints.

use super::rungs::report_at;
use crate::pareto::ranks;
use crate::{History, TrialRecord, TrialState};

/// How a trial stands after some work.
#[derive(Clone, Debug)]
pub(super) struct Standing<'a> {
    pub(super) trial: &'a TrialRecord,
    violation: f64,
    /// The loss in the first objective; infinite for what is not a number.
    loss: f64,
    /// The losses in the others.
    further: Vec<f64>,
}

impl<'a> Standing<'a> {
    /// How the trial stood at its first report after so much work; a trial that failed or has not come so far does not
    /// stand at all.
    pub(super) fn at(work: u64, trial: &'a TrialRecord, history: &History) -> Option<Self> {
        let (step, value) = report_at(work, trial)?;
        let values = if history.directions().len() > 1 { trial.values_at(step)? } else { Vec::new() };
        Some(Self::new(trial, value, values.get(1..).unwrap_or_default(), history))
    }

    /// The same, or how it ended if it was complete before.
    pub(super) fn at_or_end(work: u64, trial: &'a TrialRecord, history: &History) -> Option<Self> {
        Self::at(work, trial, history).or_else(|| {
            let value = trial.value.filter(|_| trial.state == TrialState::Complete)?;
            Some(Self::new(trial, value, &trial.further, history))
        })
    }

    fn new(trial: &'a TrialRecord, value: f64, further: &[f64], history: &History) -> Self {
        let directions = history.directions();
        let loss = |(value, direction): (&f64, &crate::Direction)| {
            if value.is_nan() { f64::INFINITY } else { direction.loss(*value) }
        };
        let further = further.iter().zip(&directions[1..]).map(loss).collect();
        let violation = history.violation(trial.number);
        Self { trial, violation, loss: loss((&value, &directions[0])), further }
    }

    /// The losses in all objectives.
    fn losses(&self) -> Vec<f64> {
        std::iter::once(self.loss).chain(self.further.iter().copied()).collect()
    }

    fn is_strictly_before(&self, other: &Self) -> bool {
        (self.violation, self.loss) < (other.violation, other.loss)
    }
}

/// Puts the best first: the least broken constraints, then the least loss, then the lowest number. With several objectives
/// the losses compare by the front a trial lies in and, within a front, by the order in which the trials cover it: first
/// the one with the least first loss, then always the one farthest from all before it (the epsilon-net of Schmucker et
/// al. 2021, Multi-objective Asynchronous Successive Halving, section 3).
pub(super) fn sort(standings: &mut [Standing<'_>]) {
    standings.sort_by(|a, b| {
        let by_loss = a.violation.total_cmp(&b.violation).then(a.loss.total_cmp(&b.loss));
        by_loss.then(a.trial.number.cmp(&b.trial.number))
    });
    if standings.iter().all(|standing| standing.further.is_empty()) {
        return;
    }
    for alike in standings.chunk_by_mut(|a, b| a.violation == b.violation) {
        let points: Vec<Vec<f64>> = alike.iter().map(Standing::losses).collect();
        let ranks = ranks(&points);
        let mut order: Vec<usize> = (0..alike.len()).collect();
        order.sort_by_key(|&i| ranks[i]); // stable: the least first loss stays in front
        let fronts = order.chunk_by(|&i, &j| ranks[i] == ranks[j]);
        let covered: Vec<usize> = fronts.flat_map(|front| cover(front, &points)).collect();
        let sorted: Vec<Standing<'_>> = covered.iter().map(|&i| alike[i].clone()).collect();
        alike.clone_from_slice(&sorted);
    }
}

/// How many of the others are better than the trial; equals are not, unless several objectives put them in an order.
pub(super) fn better<'a>(own: &Standing<'a>, mut others: Vec<Standing<'a>>) -> usize {
    if own.further.is_empty() {
        return others.iter().filter(|other| other.is_strictly_before(own)).count();
    }
    others.push(own.clone());
    sort(&mut others);
    others.iter().position(|other| other.trial.number == own.trial.number).unwrap_or(0)
}

/// The points of a front from the first on, always the one farthest from those before it, each loss measured by its range.
fn cover(front: &[usize], points: &[Vec<f64>]) -> Vec<usize> {
    let losses = points.first().map_or(0, Vec::len);
    let ranges: Vec<f64> = (0..losses)
        .map(|m| {
            let finite = front.iter().map(|&i| points[i][m]).filter(|loss| loss.is_finite());
            let (low, high) =
                finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
            if high > low { high - low } else { 1.0 }
        })
        .collect();
    let distance = |i: usize, j: usize| -> f64 {
        let parts = points[i].iter().zip(&points[j]).zip(&ranges).map(|((a, b), range)| {
            if a == b { 0.0 } else { ((a - b) / range).powi(2) } // equal infinities have no difference
        });
        parts.sum()
    };
    let Some((&first, rest)) = front.split_first() else { return Vec::new() };
    let mut covered = vec![first];
    let mut left: Vec<(usize, f64)> = rest.iter().map(|&i| (i, distance(first, i))).collect();
    while !left.is_empty() {
        let mut farthest = 0;
        for place in 1..left.len() {
            if left[place].1 > left[farthest].1 {
                farthest = place;
            }
        }
        let (next, _) = left.remove(farthest);
        left.iter_mut().for_each(|(i, least)| *least = least.min(distance(next, *i)));
        covered.push(next);
    }
    covered
}

#[cfg(test)]
mod tests {
    use super::{Standing, better, sort};
    use crate::{Direction, History, TrialRecord};
    use proptest::prelude::*;
    use tunesmith_core::Space;

    fn history(values: &[(f64, f64, f64)]) -> History {
        let mut history = History::of_objectives(Space::new(), &[Direction::Minimize, Direction::Maximize]);
        for (number, (a, b, constraint)) in values.iter().enumerate() {
            let mut trial = TrialRecord::new(number as u64);
            trial.report(0, *a);
            trial.system.insert("tunesmith:report:0".into(), format!("[{a},{b}]"));
            trial.system.insert("constraints:c".into(), constraint.to_string());
            history.put(trial);
        }
        history
    }

    fn order(history: &History) -> Vec<u64> {
        let mut standings: Vec<_> =
            history.trials().iter().map(|trial| Standing::at(1, trial, history).unwrap()).collect();
        sort(&mut standings);
        standings.iter().map(|standing| standing.trial.number).collect()
    }

    #[test]
    fn a_front_is_covered_from_its_ends_to_its_gaps() {
        // Five points on a line of the front, one dominated, one that breaks its constraint.
        let values = [(0.0, 0.0), (0.2, 0.2), (0.5, 0.5), (0.9, 0.9), (1.0, 1.0), (0.6, 0.4)];
        let mut values: Vec<_> = values.iter().map(|&(a, b)| (a, b, 0.0)).collect();
        values.push((-5.0, 5.0, 0.1));
        assert_eq!(order(&history(&values)), [0, 4, 2, 1, 3, 5, 6]);
    }

    proptest! {
        #[test]
        fn nobody_stands_before_one_that_dominates_it(
            values in prop::collection::vec((0..4_u8, 0..4_u8, 0..2_u8), 1..20)
        ) {
            let values: Vec<_> = values.iter().map(|&(a, b, c)| (f64::from(a), f64::from(b), f64::from(c))).collect();
            let history = history(&values);
            let order = order(&history);
            for (place, &i) in order.iter().enumerate() {
                for &j in &order[place + 1..] {
                    let ((a, b, c), (x, y, z)) = (values[i as usize], values[j as usize]);
                    prop_assert!(c <= z);
                    prop_assert!(c < z || !(x <= a && y >= b && (x, y) != (a, b)));
                }
            }
            let standing = |number: u64| Standing::at(1, history.trial(number).unwrap(), &history).unwrap();
            let last = *order.last().unwrap();
            let others: Vec<_> = order[..order.len() - 1].iter().map(|&number| standing(number)).collect();
            prop_assert_eq!(better(&standing(last), others), order.len() - 1);
        }
    }
}
