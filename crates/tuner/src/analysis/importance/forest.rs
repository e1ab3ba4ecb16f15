//! A forest of regression trees over cells, for variances of its marginals: every leaf is a box with a value.

use tunesmith_core::Generator;

/// The most cells of one dimension: a set of them is one machine word.
pub(super) const MOST_CELLS: usize = 64;

/// One dimension as trees see it.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    /// The share of the range that each cell has; they add up to one.
    pub(super) measure: Vec<f64>,
    /// Whether cells have no order.
    pub(super) is_choice: bool,
}

impl Axis {
    /// The share of the range of a set of cells.
    fn of(&self, cells: u64) -> f64 {
        ones(cells).map(|cell| self.measure[cell]).sum()
    }
}

/// The cells of a set.
fn ones(mut cells: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let next = cells.trailing_zeros() as usize;
        cells &= cells.wrapping_sub(1);
        (next < MOST_CELLS).then_some(next)
    })
}

/// A box, a set of cells in each dimension, and the mean of what was seen in it.
#[derive(Debug)]
struct Leaf {
    cells: Vec<u64>,
    value: f64,
    /// The share of the space.
    volume: f64,
}

/// A tree of which only the leaves are kept: they share out the space.
#[derive(Debug)]
pub(super) struct Tree<'a> {
    axes: &'a [Axis],
    leaves: Vec<Leaf>,
    mean: f64,
    variance: f64,
}

/// No leaf has fewer samples: less would be noise.
const FEWEST: usize = 3;

impl<'a> Tree<'a> {
    /// Grows a tree on samples drawn with replacement; `cells[dimension][sample]`.
    pub(super) fn grow(
        axes: &'a [Axis],
        cells: &[Vec<u8>],
        values: &[f64],
        generator: &mut Generator,
    ) -> Self {
        let mut samples: Vec<usize> = (0..values.len()).map(|_| generator.below(values.len())).collect();
        let whole: Vec<u64> = axes.iter().map(|axis| u64::MAX >> (MOST_CELLS - axis.measure.len())).collect();
        let mut grower = Grower { axes, cells, values, leaves: Vec::new() };
        grower.split(&mut samples, whole);
        let leaves = grower.leaves;
        let mean: f64 = leaves.iter().map(|leaf| leaf.volume * leaf.value).sum();
        let variance = leaves.iter().map(|leaf| leaf.volume * (leaf.value - mean).powi(2)).sum();
        Self { axes, leaves, mean, variance }
    }

    /// The variance of the tree over the whole space.
    pub(super) fn variance(&self) -> f64 {
        self.variance
    }

    /// The variance of the mean over all other dimensions, as this one varies.
    pub(super) fn first_order(&self, dimension: usize) -> f64 {
        let axis = &self.axes[dimension];
        let mut marginal = vec![0.0; axis.measure.len()];
        for leaf in &self.leaves {
            let weight = leaf.value * leaf.volume / axis.of(leaf.cells[dimension]);
            ones(leaf.cells[dimension]).for_each(|cell| marginal[cell] += weight);
        }
        marginal.iter().zip(&axis.measure).map(|(value, share)| share * (value - self.mean).powi(2)).sum()
    }

    /// The variance of the mean over all other dimensions, as these two vary together.
    pub(super) fn joint(&self, first: usize, second: usize) -> f64 {
        let (a, b) = (&self.axes[first], &self.axes[second]);
        let columns = b.measure.len();
        let mut marginal = vec![0.0; a.measure.len() * columns];
        for leaf in &self.leaves {
            let (rows, across) = (leaf.cells[first], leaf.cells[second]);
            let weight = leaf.value * leaf.volume / (a.of(rows) * b.of(across));
            for row in ones(rows) {
                ones(across).for_each(|column| marginal[row * columns + column] += weight);
            }
        }
        let share = |i: usize| a.measure[i / columns] * b.measure[i % columns];
        marginal.iter().enumerate().map(|(i, value)| share(i) * (value - self.mean).powi(2)).sum()
    }
}

struct Grower<'a> {
    axes: &'a [Axis],
    cells: &'a [Vec<u8>],
    values: &'a [f64],
    leaves: Vec<Leaf>,
}

impl Grower<'_> {
    fn split(&mut self, samples: &mut [usize], cells: Vec<u64>) {
        let best = (0..self.axes.len())
            .filter_map(|dimension| {
                self.best_split(dimension, samples, cells[dimension]).map(|s| (dimension, s))
            })
            .reduce(|best, other| if other.1.gain > best.1.gain { other } else { best });
        let Some((dimension, Split { left, .. })) = best else {
            let value = samples.iter().map(|&i| self.values[i]).sum::<f64>() / samples.len() as f64;
            let volume = self.axes.iter().zip(&cells).map(|(axis, &cells)| axis.of(cells)).product();
            self.leaves.push(Leaf { cells, value, volume });
            return;
        };
        let goes_left = |sample: usize| left >> self.cells[dimension][sample] & 1 == 1;
        samples.sort_by_key(|&sample| !goes_left(sample));
        let cut = samples.partition_point(|&sample| goes_left(sample));
        let (low, high) = samples.split_at_mut(cut);
        let mut rest = cells.clone();
        rest[dimension] &= !left;
        let mut kept = cells;
        kept[dimension] &= left;
        self.split(low, kept);
        self.split(high, rest);
    }

    /// The cut of one dimension that leaves the least variance; `None` where none takes any away.
    fn best_split(&self, dimension: usize, samples: &[usize], inside: u64) -> Option<Split> {
        if samples.len() < 2 * FEWEST || inside.count_ones() < 2 {
            return None;
        }
        let mut cells = [(0.0, 0_usize); MOST_CELLS];
        for &sample in samples {
            let cell = &mut cells[usize::from(self.cells[dimension][sample])];
            *cell = (cell.0 + self.values[sample], cell.1 + 1);
        }
        let is_choice = self.axes[dimension].is_choice;
        let mut seen: Vec<usize> = ones(inside).filter(|&cell| cells[cell].1 > 0).collect();
        if is_choice {
            // With options in the order of their means, the best of all two-way cuts is one of the ordered ones
            // (Breiman et al. 1984, theorem 4.5).
            let mean = |cell: usize| cells[cell].0 / cells[cell].1 as f64;
            seen.sort_by(|&a, &b| mean(a).total_cmp(&mean(b)));
        }
        let total: f64 = seen.iter().map(|&cell| cells[cell].0).sum();
        let n = samples.len() as f64;
        let (mut sum, mut count) = (0.0, 0);
        let mut best: Option<Split> = None;
        for (i, pair) in seen.windows(2).enumerate() {
            sum += cells[pair[0]].0;
            count += cells[pair[0]].1;
            let others = samples.len() - count;
            if count < FEWEST || others < FEWEST {
                continue;
            }
            let gain = sum * sum / count as f64 + (total - sum).powi(2) / others as f64 - total * total / n;
            // Rounding alone must not split equal values.
            let matters = gain > 1e-12 * (total * total / n).abs() && gain > 0.0;
            if matters && best.as_ref().is_none_or(|best| gain > best.gain) {
                let left = if is_choice {
                    side_of_options(inside, &seen, i, count > others)
                } else {
                    // Half-way between the cells in which something was seen.
                    let last = (pair[0] + pair[1] - 1) / 2;
                    inside & (u64::MAX >> (MOST_CELLS - 1 - last))
                };
                best = Some(Split { left, gain });
            }
        }
        best
    }
}

/// The options up to the i-th of those seen; ones that were not seen go with the greater part.
fn side_of_options(inside: u64, seen: &[usize], i: usize, left_is_greater: bool) -> u64 {
    let set = |cells: &[usize]| cells.iter().fold(0_u64, |set, cell| set | 1 << cell);
    if left_is_greater { inside & !set(&seen[i + 1..]) } else { set(&seen[..=i]) }
}

struct Split {
    left: u64,
    gain: f64,
}
