//! Children: two parents by tournament, crossed and mutated.

use tunesmith_core::{Generator, Params, Seed, Space};

use super::population::{Individual, Population};
use crate::History;
use crate::samplers::genes::Genome;
use crate::samplers::replay::{Seen, columns};
use crate::samplers::unique::untried;

/// So many children are looked at for one that no trial has, in a space where that can be.
const CHILDREN: usize = 16;
/// How near to its parents a child lies, and a mutant to itself: the usual index of both distributions.
const ETA: f64 = 20.0;

/// How children are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Breeding {
    /// Simulated binary crossover for numbers; else whole genes are swapped.
    pub(super) is_simulated_binary: bool,
    /// The probability that there is a second parent.
    pub(super) crossover_probability: f64,
    /// The probability that a dimension changes; by itself one in as many as there are.
    pub(super) mutation_probability: Option<f64>,
}

impl Breeding {
    /// A child that no trial is, as far as that is possible.
    pub(super) fn suggest(
        &self,
        population: &Population,
        genome: &Genome<'_>,
        (space, history): (&Space, &History),
        generator: &mut Generator,
    ) -> Params {
        let parents = &population.parents;
        if parents.is_empty() {
            let drawn = genome.random(space, generator);
            return untried(space, history, generator, [drawn]);
        }
        let columns = columns(history);
        let mut children = Seed::new(generator.bits()).generator();
        let child = |_| {
            let mut parent = || {
                let [a, b] = [(); 2].map(|()| &parents[children.below(parents.len())]);
                genome.genes(&Seen::new(history, &columns, fitter(a, b).place))
            };
            let (first, second) = (parent(), parent());
            let genes = self.child(genome, &first, &second, &mut children);
            genome.params(space, &genes, &mut children)
        };
        untried(space, history, generator, (0..CHILDREN).map(child))
    }

    fn child(
        &self,
        genome: &Genome<'_>,
        first: &[f64],
        second: &[f64],
        generator: &mut Generator,
    ) -> Vec<f64> {
        let mut genes = first.to_vec();
        if generator.chance(self.crossover_probability) {
            for (i, gene) in genes.iter_mut().enumerate().filter(|(i, _)| genome.is_open(*i)) {
                if !generator.chance(0.5) {
                    continue;
                }
                let is_number = !genome.is_choice(i) && !gene.is_nan() && !second[i].is_nan();
                *gene = if self.is_simulated_binary && is_number {
                    simulated_binary(*gene, second[i], generator)
                } else {
                    second[i]
                };
            }
        }
        let open: Vec<usize> = (0..genes.len()).filter(|&i| genome.is_open(i)).collect();
        let known = open.iter().filter(|&&i| !genes[i].is_nan()).count();
        let probability = self.mutation_probability.unwrap_or(1.0 / known.max(1) as f64);
        for &i in &open {
            if generator.chance(probability) {
                genes[i] = genome.mutate(i, genes[i], ETA, generator);
            }
        }
        // A copy teaches nothing.
        let is_copy = |of: &[f64]| open.iter().all(|&i| genes[i] == of[i] || genes[i].is_nan());
        if !open.is_empty() && (is_copy(first) || is_copy(second)) {
            let i = open[generator.below(open.len())];
            genes[i] = genome.mutate(i, genes[i], ETA, generator);
        }
        genes
    }
}

/// The one of the fitter layer, or with more room in it.
fn fitter<'a>(a: &'a Individual, b: &'a Individual) -> &'a Individual {
    if b.rank.cmp(&a.rank).then(a.crowding.total_cmp(&b.crowding)).is_lt() { b } else { a }
}

/// One of the two children of simulated binary crossover within [0, 1] (Deb & Agrawal 1995).
fn simulated_binary(a: f64, b: f64, generator: &mut Generator) -> f64 {
    let (low, high) = (a.min(b), a.max(b));
    let gap = high - low;
    if gap < 1e-14 {
        return a;
    }
    let u = generator.uniform();
    let spread = |room: f64| {
        let most = 2.0 - (1.0 + 2.0 * room / gap).powf(-(ETA + 1.0));
        let inner = if u * most <= 1.0 { u * most } else { 1.0 / (2.0 - u * most) };
        inner.powf(1.0 / (ETA + 1.0))
    };
    let child = if generator.chance(0.5) {
        0.5 * (low + high - spread(low) * gap)
    } else {
        0.5 * (low + high + spread(1.0 - high) * gap)
    };
    child.clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::simulated_binary;
    use tunesmith_core::Seed;

    #[test]
    fn children_lie_around_their_parents_and_inside() {
        let mut generator = Seed::new(4).generator();
        for (a, b) in [(0.2, 0.6), (0.0, 1.0), (0.9, 0.95), (0.3, 0.3)] {
            let children: Vec<f64> = (0..4000).map(|_| simulated_binary(a, b, &mut generator)).collect();
            assert!(children.iter().all(|x| (0.0..=1.0).contains(x)));
            let near =
                |parent: f64| children.iter().filter(|x| (*x - parent).abs() < 0.1 * (b - a) + 1e-12).count();
            assert!(near(a) > 1000 && near(b) > 1000, "{a} {b}");
        }
    }
}
