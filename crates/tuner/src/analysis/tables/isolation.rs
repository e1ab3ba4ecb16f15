//! The isolation plot: the best of each part of one setting's range, whatever the other settings were.

use tunesmith_core::Domain;

use super::Axis;
use super::axis::label;
use crate::TrialState;
use crate::analysis::parts::{edges, part_of};
use crate::analysis::{View, table};

table! {
    /// One part of a setting's range, or one option.
    pub struct IsolationBucket {
        /// Where it begins, in even coordinates.
        pub low: f64,
        /// Where it ends, in even coordinates.
        pub high: f64,
        /// What it holds: an option, a value, or a range.
        pub label: String,
        /// Complete trials in it.
        pub trials: usize,
        /// Trials in it that diverged.
        pub diverged: usize,
        /// The trial with the best value.
        pub best_trial: Option<u64>,
        /// The best value, in the objective's unit.
        pub best: Option<f64>,
        /// The lower end of the 95 % band of the best value over draws of the other settings.
        pub band_low: Option<f64>,
        /// The upper end of that band.
        pub band_high: Option<f64>,
        /// The standard deviation of the best value over these draws; none for fewer than two trials.
        pub standard_error: Option<f64>,
        /// The best value to expect of as few trials as the smallest bucket has: more trials find a better best
        /// whatever the setting does.
        pub best_of_equal: Option<f64>,
    }

    /// The best of each part of one setting's range.
    pub struct Isolation {
        /// The setting.
        pub axis: Axis,
        /// The parts in order.
        pub buckets: Vec<IsolationBucket>,
        /// How many trials `best_of_equal` is of: those of the smallest bucket that has any.
        pub equal: usize,
    }
}

/// The best of each part of one setting's range (the scientific one), whatever the others (the nuisance ones) were;
/// `None` when the space has no such dimension.
///
/// A choice has a part per option, a range with no more values than `buckets` one per value, any other range about
/// `buckets` parts of even width. The band says what the best would be had the same sampler drawn the other settings again
/// (bootstrap of the trials of the part, in closed form): a setting whose bands overlap is not shown to matter. Source: Godbole et al.
/// 2023, Deep Learning Tuning Playbook, "isolation plots".
///
/// ```
/// use tunesmith_core::{Domain, Scale, Seed, Space};
/// use tunesmith_tuner::analysis::tables::isolation;
/// use tunesmith_tuner::{Direction, conform::random_history};
/// let range = || Domain::float(0.0, 1.0, Scale::Linear, None).unwrap();
/// let space = Space::new().with("x", range()).with("y", range());
/// let history = random_history(&space, Direction::Minimize, 60, &mut Seed::new(0).generator());
/// let plot = isolation(&history, "x", 4).unwrap();
/// assert_eq!(plot.buckets[0].label, "0.0 to 0.25");
/// assert!(plot.buckets.iter().all(|bucket| bucket.best <= bucket.band_high));
/// ```
///
/// # Panics
/// When `buckets` is zero.
#[must_use]
#[track_caller]
pub fn isolation<'a>(view: impl Into<View<'a>>, key: &str, buckets: usize) -> Option<Isolation> {
    assert!(buckets > 0, "isolation: a range has at least one part");
    let view = view.into();
    let history = view.history;
    let column = history.column(key)?;
    let dimension = history.space().dimension(key)?;
    let edges = edges(&dimension.domain, buckets);
    let parts = edges.len() - 1;
    let mut losses: Vec<Vec<(f64, u64)>> = vec![Vec::new(); parts];
    let mut diverged = vec![0; parts];
    for (trial, &z) in history.trials().iter().zip(column).filter(|(_, z)| z.is_finite()) {
        match (trial.state, view.value(trial)) {
            (TrialState::Complete, Some(value)) => {
                losses[part_of(&edges, z)].push((view.unit(value), trial.number));
            }
            (TrialState::Diverged, _) => diverged[part_of(&edges, z)] += 1,
            _ => {}
        }
    }
    let equal = losses.iter().map(Vec::len).filter(|n| *n > 0).min().unwrap_or(0);
    let one = |i: usize| {
        let ends = (edges[i], edges[i + 1]);
        bucket(view, &dimension.domain, ends, &mut losses[i].clone(), diverged[i], equal)
    };
    Some(Isolation { axis: Axis::of(dimension), buckets: (0..parts).map(one).collect(), equal })
}

fn bucket(
    view: View<'_>,
    domain: &Domain,
    (low, high): (f64, f64),
    losses: &mut [(f64, u64)],
    diverged: usize,
    equal: usize,
) -> IsolationBucket {
    losses.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let sorted: Vec<f64> = losses.iter().map(|loss| loss.0).collect();
    let unit = |loss: f64| view.unit(loss);
    let best = BestOf::of(&sorted);
    let band = best.as_ref().map(|best| {
        let (a, b) = (unit(best.quantile(0.025)), unit(best.quantile(0.975)));
        (a.min(b), a.max(b))
    });
    IsolationBucket {
        low,
        high,
        label: name(domain, low, high),
        trials: sorted.len(),
        diverged,
        best_trial: losses.first().map(|loss| loss.1),
        best: sorted.first().map(|&loss| unit(loss)),
        band_low: band.map(|band| band.0),
        band_high: band.map(|band| band.1),
        standard_error: best.filter(|_| sorted.len() > 1).map(|best| best.standard_deviation()),
        best_of_equal: best_of(&sorted, equal).map(unit),
    }
}

/// The least of a sample drawn with replacement from sorted values, as large as they are many: the bootstrap without
/// drawing.
struct BestOf<'a> {
    sorted: &'a [f64],
}

impl<'a> BestOf<'a> {
    fn of(sorted: &'a [f64]) -> Option<Self> {
        (!sorted.is_empty()).then_some(Self { sorted })
    }

    /// The probability that the least comes after the first `i` values.
    fn after(&self, i: usize) -> f64 {
        let n = self.sorted.len() as f64;
        (1.0 - i as f64 / n).powf(n)
    }

    fn quantile(&self, share: f64) -> f64 {
        let place = (1..self.sorted.len()).find(|&i| 1.0 - self.after(i) >= share);
        self.sorted[place.unwrap_or(self.sorted.len()) - 1]
    }

    fn standard_deviation(&self) -> f64 {
        let mean = |f: &dyn Fn(f64) -> f64| -> f64 {
            self.sorted.iter().enumerate().map(|(i, &x)| f(x) * (self.after(i) - self.after(i + 1))).sum()
        };
        let middle = mean(&|x| x);
        mean(&|x| (x - middle).powi(2)).sqrt()
    }
}

/// The expected least of `m` of these values, drawn without putting back.
fn best_of(sorted: &[f64], m: usize) -> Option<f64> {
    let n = sorted.len();
    if m == 0 || n < m {
        return None;
    }
    // The least is the i-th when it is drawn and none before it: that many of all draws, one factor per step.
    let mut share = m as f64 / n as f64;
    let mut sum = 0.0;
    for (i, loss) in sorted[..=n - m].iter().enumerate() {
        sum += share * loss;
        let left = (n - i - 1) as f64;
        share *= (left - (m - 1) as f64) / left.max(1.0);
    }
    Some(sum)
}

fn name(domain: &Domain, low: f64, high: f64) -> String {
    // The ends lie half-way between values, where there are such.
    let inside = if domain.size().is_some() { 1e-6 * (high - low) } else { 0.0 };
    let (first, last) = (domain.at_coordinate(low + inside), domain.at_coordinate(high - inside));
    if first.same(&last) || matches!(domain, Domain::Choice { .. }) {
        return label(&first);
    }
    format!("{} to {}", label(&first), label(&last))
}

#[cfg(test)]
mod tests {
    use super::{BestOf, best_of};
    use crate::analysis::statistics::{bootstrap_interval, standard_deviation};
    use tunesmith_core::Seed;

    #[test]
    fn the_bootstrap_without_drawing_is_the_bootstrap() {
        let sorted: Vec<f64> = (0..30).map(|i| f64::from(i).powi(2)).collect();
        let least = |sample: &[f64]| sample.iter().copied().fold(f64::INFINITY, f64::min);
        let mut random = Seed::new(2).generator();
        let (low, high) = bootstrap_interval(&sorted, least, 0.95, 100_000, &mut random);
        let exact = BestOf::of(&sorted).unwrap();
        assert_eq!((exact.quantile(0.025), exact.quantile(0.975)), (low, high));
        let draws: Vec<f64> = (0..100_000)
            .map(|_| (0..30).map(|_| sorted[random.below(30)]).fold(f64::INFINITY, f64::min))
            .collect();
        assert!((exact.standard_deviation() / standard_deviation(&draws) - 1.0).abs() < 0.03);
    }

    #[test]
    fn the_expected_best_of_few_is_the_mean_over_all_ways_to_choose_them() {
        let sorted = [1.0, 2.0, 4.0, 8.0];
        assert_eq!(best_of(&sorted, 4), Some(1.0));
        assert_eq!(best_of(&sorted, 1), Some(3.75));
        // Pairs: 1 three times, 2 twice, 4 once.
        assert!((best_of(&sorted, 2).unwrap() - 11.0 / 6.0).abs() < 1e-12);
        assert_eq!(best_of(&sorted, 5), None);
    }
}
