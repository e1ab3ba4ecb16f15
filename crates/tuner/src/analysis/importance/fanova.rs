//! Functional ANOVA: which share of the variance of a forest over the whole space each setting explains.

use tunesmith_core::{Describe, Domain, Param, Seed, register};

use super::forest::{Axis, MOST_CELLS, Tree};
use super::{Importance, ImportanceEntry};
use crate::History;
use crate::analysis::parts::{edges, part_of};
use crate::analysis::{View, table};

table! {
    /// How much two dimensions matter together, beyond what each does alone.
    pub struct PairImportance {
        /// The key of the first dimension.
        pub first: String,
        /// The key of the second dimension.
        pub second: String,
        /// The share of the variance that only the two together explain, from 0 to 1.
        pub importance: f64,
    }
}

/// A random forest is fitted to the trials; a setting's importance is the share of the forest's variance over the whole
/// space that is left when all others are averaged out.
///
/// It weighs the whole space alike: a setting that ruins trials far from the optimum is important, whatever it does
/// near it. Use [`PedAnova`](super::PedAnova) for what it takes to be good. A dimension that only exists under a
/// condition counts over the whole space, without effect where it does not exist: each tree draws it at random there.
/// Of more than 4,000 trials an even choice of 4,000 is used.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Space};
/// use tunesmith_tuner::analysis::{Fanova, Importance};
/// use tunesmith_tuner::{Budget, Direction, History, Study, samplers::Random};
/// let range = || Domain::float(-1.0, 1.0, Scale::Linear, None).unwrap();
/// let space = Space::new().with("x", range()).with("y", range());
/// let study = Study::minimize(space.clone()).sampler(Random).open().unwrap();
/// study.optimize(|trial| trial.float("x") * trial.float("y"), &Budget::trials(300)).unwrap();
/// let mut history = History::new(space, Direction::Minimize);
/// study.trials().into_iter().for_each(|trial| history.put(trial));
/// let together = &Fanova::default().pairs(&history)[0];
/// assert!(together.importance > 0.6); // neither does anything alone
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Fanova {
    /// Trees in the forest.
    pub n_trees: usize,
    /// Whether the ranks of the losses are explained; else the losses, of which a few huge ones may be all there is.
    pub ranks: bool,
}

impl Default for Fanova {
    fn default() -> Self {
        Self { n_trees: 64, ranks: false }
    }
}

impl Describe for Fanova {
    const NAME: &'static str = "fanova";
    const ABOUT: &'static str = "which share of the variance over the whole space each setting explains";
    const SOURCE: &'static str = "Hutter, Hoos & Leyton-Brown 2014, An Efficient Approach for Assessing Hyperparameter \
                                  Importance; 64 trees as there";
    const PARAMS: &'static [Param<Self>] = &[
        Param::int("n_trees", 8, 256, |s: &mut Self| &mut s.n_trees, "trees in the forest")
            .fixed()
            .valid(1.0, 1e6),
        Param::switch(
            "ranks",
            |s: &mut Self| &mut s.ranks,
            "explain the ranks of the losses; else the losses, of which a few huge ones may be all there is",
        )
        .fixed(),
    ];
}

/// A range becomes so many cells at most.
const CELLS: usize = 32;
/// More trials than this are thinned out.
const MOST_TRIALS: usize = 4_000;

impl Fanova {
    /// The importance of each pair of dimensions for the value of complete trials, the most important first.
    #[must_use]
    pub fn pairs(&self, history: &History) -> Vec<PairImportance> {
        let dimensions = history.space().dimensions();
        let d = dimensions.len();
        let pairs: Vec<(usize, usize)> = (0..d).flat_map(|b| (0..b).map(move |a| (a, b))).collect();
        let found =
            self.shares(history, &View::from(history).complete_losses(), pairs.len(), |tree, shares| {
                let alone: Vec<f64> = (0..d).map(|dimension| tree.first_order(dimension)).collect();
                for (share, &(a, b)) in shares.iter_mut().zip(&pairs) {
                    *share += (tree.joint(a, b) - alone[a] - alone[b]).max(0.0) / tree.variance();
                }
            });
        let one = |(&(a, b), importance): (&(usize, usize), f64)| {
            let [first, second] = [a, b].map(|dimension: usize| dimensions[dimension].key.clone());
            PairImportance { first, second, importance }
        };
        let mut named: Vec<PairImportance> = pairs.iter().zip(found).map(one).collect();
        named.sort_by(|a, b| b.importance.total_cmp(&a.importance));
        named
    }

    /// The mean over all trees of what `add` adds for each of them.
    fn shares(
        &self,
        history: &History,
        losses: &[f64],
        n: usize,
        add: impl Fn(&Tree<'_>, &mut [f64]),
    ) -> Vec<f64> {
        let places: Vec<usize> = (0..losses.len()).filter(|&place| losses[place].is_finite()).collect();
        let step = places.len().div_ceil(MOST_TRIALS).max(1);
        let places: Vec<usize> = places.into_iter().step_by(step).collect();
        let mut shares = vec![0.0; n];
        if places.len() < 2 {
            return shares;
        }
        let values = scaled(places.iter().map(|&place| losses[place]).collect(), self.ranks);
        let dimensions = history.space().dimensions();
        let edges: Vec<Vec<f64>> =
            dimensions.iter().map(|dimension| edges(&dimension.domain, CELLS)).collect();
        let axes: Vec<Axis> =
            dimensions.iter().zip(&edges).map(|(d, edges)| axis(&d.domain, edges)).collect();
        let columns: Vec<&[f64]> =
            dimensions.iter().map(|d| history.column(&d.key).expect("a dimension has a column")).collect();
        for tree in 0..self.n_trees {
            let mut generator = Seed::new(0).named("fanova").at(tree as u64).generator();
            let cell = |dimension: usize, z: f64, generator: &mut tunesmith_core::Generator| {
                let cell = if z.is_finite() {
                    part_of(&edges[dimension], z) * axes[dimension].measure.len()
                        / (edges[dimension].len() - 1)
                } else {
                    generator.weighted(&axes[dimension].measure)
                };
                cell as u8 // below MOST_CELLS
            };
            let cells: Vec<Vec<u8>> = (0..axes.len())
                .map(|i| places.iter().map(|&place| cell(i, columns[i][place], &mut generator)).collect())
                .collect();
            let tree = Tree::grow(&axes, &cells, &values, &mut generator);
            if tree.variance() > 0.0 {
                add(&tree, &mut shares);
            }
        }
        shares.iter_mut().for_each(|share| *share /= self.n_trees as f64);
        shares
    }
}

impl Importance for Fanova {
    fn of_losses(&self, history: &History, losses: &[f64]) -> Vec<f64> {
        self.shares(history, losses, history.space().len(), |tree, shares| {
            for (dimension, share) in shares.iter_mut().enumerate() {
                *share += tree.first_order(dimension) / tree.variance();
            }
        })
    }
}

/// Options beyond what a set can hold share cells with their neighbours.
fn axis(domain: &Domain, edges: &[f64]) -> Axis {
    let width = edges[edges.len() - 1] - edges[0];
    let parts = edges.len() - 1;
    let cells = parts.min(MOST_CELLS);
    let mut measure = vec![0.0; cells];
    for (part, ends) in edges.windows(2).enumerate() {
        // A range of one value has no width, but a part.
        measure[part * cells / parts] +=
            if width > 0.0 { (ends[1] - ends[0]) / width } else { 1.0 / parts as f64 };
    }
    Axis { measure, is_choice: matches!(domain, Domain::Choice { .. }) }
}

/// Losses with mean 0 and spread 1, so that no sum of squares overflows; or their ranks.
fn scaled(losses: Vec<f64>, ranks: bool) -> Vec<f64> {
    let n = losses.len();
    if ranks {
        let mut sorted = losses.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let rank = |loss: f64| {
            let up_to = sorted.partition_point(|x| *x <= loss);
            (sorted.partition_point(|x| *x < loss) + up_to) as f64 / (2 * n) as f64 - 0.5
        };
        return losses.into_iter().map(rank).collect();
    }
    let largest = losses.iter().fold(0.0_f64, |most, loss| most.max(loss.abs())).max(f64::MIN_POSITIVE);
    let small: Vec<f64> = losses.into_iter().map(|loss| loss / largest).collect();
    let mean = small.iter().sum::<f64>() / n as f64;
    small.into_iter().map(|loss| loss - mean).collect()
}

register!(ImportanceEntry, Fanova);
