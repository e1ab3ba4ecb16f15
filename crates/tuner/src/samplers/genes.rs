//! Points as genes: one number in [0, 1] for each dimension, which evolution mixes and changes.

use tunesmith_core::{Domain, Generator, Params, Space, Value};

use super::replay::Seen;

/// The dimensions of a space, each stretched to [0, 1].
#[derive(Clone, Debug)]
pub(super) struct Genome<'a> {
    axes: Vec<Axis<'a>>,
}

#[derive(Clone, Copy, Debug)]
struct Axis<'a> {
    domain: &'a Domain,
    origin: f64,
    width: f64,
}

impl Axis<'_> {
    fn value(&self, gene: f64) -> Value {
        self.domain.at_coordinate(self.origin + gene * self.width)
    }

    fn gene(&self, coordinate: f64) -> f64 {
        ((coordinate - self.origin) / self.width).clamp(0.0, 1.0)
    }

    /// The gene of the next value of a discrete range; `None` at its end.
    fn neighbor(&self, value: &Value, is_up: bool) -> Option<f64> {
        let way = if is_up { 1 } else { -1 };
        let next = match (self.domain, value) {
            (Domain::Int { step, .. }, Value::Int(i)) => Value::Int(i + way * step),
            (Domain::Float { step: Some(step), .. }, Value::Float(x)) => Value::Float(x + way as f64 * step),
            _ => return None,
        };
        let coordinate = self.domain.coordinate(&next)?;
        self.domain.contains(&next).then(|| self.gene(coordinate))
    }
}

impl<'a> Genome<'a> {
    pub(super) fn new(space: &'a Space) -> Self {
        let axis = |domain: &'a Domain| {
            let (origin, end) = domain.bounds();
            Axis { domain, origin, width: end - origin }
        };
        Self { axes: space.dimensions().iter().map(|dimension| axis(&dimension.domain)).collect() }
    }

    /// How many dimensions there are, absent ones too.
    pub(super) fn len(&self) -> usize {
        self.axes.len()
    }

    /// Whether the values of a dimension have no order.
    pub(super) fn is_choice(&self, dimension: usize) -> bool {
        matches!(self.axes[dimension].domain, Domain::Choice { .. })
    }

    /// Whether a dimension has more than one value.
    pub(super) fn is_open(&self, dimension: usize) -> bool {
        self.axes[dimension].domain.size() != Some(1)
    }

    /// A trial's genes; NaN where it has no value.
    pub(super) fn genes(&self, seen: &Seen<'_>) -> Vec<f64> {
        let gene = |(dimension, axis): (usize, &Axis<'_>)| {
            if axis.domain.size() == Some(1) { 0.5 } else { axis.gene(seen.coordinate(dimension)) }
        };
        self.axes.iter().enumerate().map(gene).collect()
    }

    /// The settings that genes stand for; what they say nothing of is drawn evenly. `space` is the one the genes are of,
    /// in which some dimensions may be narrowed to a value.
    pub(super) fn params(&self, space: &Space, genes: &[f64], generator: &mut Generator) -> Params {
        let mut next = 0;
        space.complete(|dimension| {
            // Dimensions that do not exist are passed over: both spaces have the same, in the same order.
            while space.dimensions()[next].key != dimension.key {
                next += 1;
            }
            if dimension.domain.size() == Some(1) {
                dimension.domain.place(0.5)
            } else if genes[next].is_nan() {
                dimension.domain.place(generator.uniform())
            } else {
                self.axes[next].value(genes[next])
            }
        })
    }

    /// An evenly drawn point.
    pub(super) fn random(&self, space: &Space, generator: &mut Generator) -> Params {
        self.params(space, &vec![f64::NAN; self.len()], generator)
    }

    /// The gene of an evenly drawn option, in the middle of its share.
    pub(super) fn option(&self, dimension: usize, generator: &mut Generator) -> f64 {
        let n = self.axes[dimension].domain.size().unwrap_or(1);
        (generator.below(n as usize) as f64 + 0.5) / n as f64
    }

    /// Another value of a dimension: an option drawn evenly, or a number near the one before (polynomial mutation, Deb &
    /// Goyal 1996; the greater `eta`, the nearer). A discrete value moves by a step at least.
    pub(super) fn mutate(&self, dimension: usize, gene: f64, eta: f64, generator: &mut Generator) -> f64 {
        if gene.is_nan() {
            gene
        } else if self.is_choice(dimension) {
            self.option(dimension, generator)
        } else {
            self.stepped(dimension, gene, polynomial(gene, eta, generator.uniform()))
        }
    }

    /// The gene that was moved, or the next value's where values are discrete and it was not moved to another.
    pub(super) fn stepped(&self, dimension: usize, gene: f64, moved: f64) -> f64 {
        let axis = &self.axes[dimension];
        let value = axis.value(gene);
        if axis.domain.size().is_none() || !axis.value(moved).same(&value) {
            return moved.clamp(0.0, 1.0);
        }
        let is_up = moved >= gene;
        axis.neighbor(&value, is_up).or_else(|| axis.neighbor(&value, !is_up)).unwrap_or(gene)
    }
}

/// Where a gene moves for a uniform number `u`, as in Deb's code for bounded genes.
fn polynomial(gene: f64, eta: f64, u: f64) -> f64 {
    let power = 1.0 / (eta + 1.0);
    let change = if u < 0.5 {
        (2.0 * u + (1.0 - 2.0 * u) * (1.0 - gene).powf(eta + 1.0)).powf(power) - 1.0
    } else {
        1.0 - (2.0 * (1.0 - u) + (2.0 * u - 1.0) * gene.powf(eta + 1.0)).powf(power)
    };
    gene + change
}

#[cfg(test)]
mod tests {
    use super::{Genome, polynomial};
    use proptest::prelude::*;
    use tunesmith_core::{Domain, Scale, Seed, Space};

    #[test]
    fn a_mutated_whole_number_is_another_one() {
        let space = Space::new().with("units", Domain::int(1, 1000, Scale::Log, 1).unwrap());
        let genome = Genome::new(&space);
        let mut generator = Seed::new(3).generator();
        for place in [0.0, 0.1, 0.5, 0.9, 1.0] {
            let before = space.dimensions()[0].domain.place(place);
            for _ in 0..50 {
                let gene = genome.mutate(0, place, 20.0, &mut generator);
                assert_ne!(genome.params(&space, &[gene], &mut generator)["units"], before);
            }
        }
    }

    proptest! {
        #[test]
        fn mutation_stays_in_bounds_and_moves_up_with_its_number(gene in 0.0..=1.0, u in 0.0..1.0, eta in 0.0..50.0) {
            let moved = polynomial(gene, eta, u);
            prop_assert!((-1e-12..=1.0 + 1e-12).contains(&moved), "{moved}");
            prop_assert!((moved >= gene - 1e-12) == (u >= 0.5) || (moved - gene).abs() < 1e-12);
        }
    }
}
