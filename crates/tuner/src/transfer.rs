//! What earlier searches know: their best settings, to be tried first.

use tunesmith_core::{Domain, Params, Space, Value};

use crate::{History, TrialRecord, TrialState};

/// Settings nearer than this, in every setting and as a share of its range, are not tried both.
const APART: f64 = 0.1;

/// The best settings of an earlier search for use in another space, best first, no two of them alike.
///
/// Settings that the space does not have are left out, values outside a range are moved to its nearer end, and what the
/// earlier search did not have is [thought good](Space::known_good) or the middle. Handed to
/// [`Study::enqueue`](crate::Study::enqueue) they are tried before the first suggestion: where the searches are alike
/// that saves most of the trials, and where they are not it costs only so many (Feurer et al. 2015, Initializing
/// Bayesian Hyperparameter Optimization via Meta-Learning).
///
/// ```
/// use tunesmith_core::{Domain, Scale, Space, Value};
/// use tunesmith_tuner::{Budget, Study, best_of};
/// let space = |high| Space::new().with("lr", Domain::float(1e-4, high, Scale::Log, None).unwrap());
/// let earlier = Study::minimize(space(1.0)).open().unwrap();
/// earlier.optimize(|trial| (trial.float("lr") - 0.3).abs(), &Budget::trials(30)).unwrap();
/// let first = earlier.with_history(|history| best_of(history, &space(0.1), 3));
/// assert_eq!(first[0]["lr"].as_f64().unwrap(), 0.1); // the nearest to 0.3 that is in the new range
/// ```
#[must_use]
pub fn best_of(earlier: &History, space: &Space, count: usize) -> Vec<Params> {
    let mut complete: Vec<(f64, f64, &TrialRecord)> = earlier
        .trials()
        .iter()
        .filter(|trial| trial.state == TrialState::Complete)
        .filter_map(|trial| {
            let loss = earlier.loss(trial).filter(|loss| loss.is_finite())?;
            Some((earlier.violation(trial.number), loss, trial))
        })
        .collect();
    complete.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.number.cmp(&b.2.number)));
    let mut chosen: Vec<Params> = Vec::new();
    for (.., trial) in complete {
        let params = moved(&trial.params, space);
        if chosen.len() < count && chosen.iter().all(|other| apart(&params, other, space)) {
            chosen.push(params);
        }
    }
    chosen
}

/// Settings of another space as settings of this one.
fn moved(params: &Params, space: &Space) -> Params {
    let good = space.known_good();
    space.complete(|dimension| {
        let known = params.get(&dimension.key).and_then(|value| nearest(&dimension.domain, value));
        known.or_else(|| good.get(&dimension.key).cloned()).unwrap_or_else(|| dimension.domain.place(0.5))
    })
}

/// The value of a domain that is nearest to another; nothing where nearness means nothing.
fn nearest(domain: &Domain, value: &Value) -> Option<Value> {
    if domain.contains(value) {
        return Some(value.clone());
    }
    match domain {
        Domain::Choice { .. } => None,
        _ => domain.coordinate(value).filter(|z| !z.is_nan()).map(|z| domain.at_coordinate(z)),
    }
}

fn apart(a: &Params, b: &Params, space: &Space) -> bool {
    space.dimensions().iter().any(|dimension| match (a.get(&dimension.key), b.get(&dimension.key)) {
        (None, None) => false,
        (Some(x), Some(y)) => {
            match (&dimension.domain, dimension.domain.locate(x), dimension.domain.locate(y)) {
                (Domain::Choice { .. }, ..) => !x.same(y),
                (_, Some(x), Some(y)) => (x - y).abs() > APART,
                _ => false,
            }
        }
        _ => true,
    })
}
