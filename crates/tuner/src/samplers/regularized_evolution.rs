//! Regularised evolution: the young replace the old, and the best of a few has the next child.

use tunesmith_core::{Describe, Generator, Param, Params, Seed, Space, register};

use super::genes::Genome;
use super::lesson::Standing;
use super::replay::{Seen, columns};
use super::unique::untried;
use crate::{History, Sampler, SamplerEntry};

/// So many children are looked at for one that no trial has, in a space where that can be.
const CHILDREN: usize = 16;
/// The chance that after each changed dimension another is changed.
const ANOTHER: f64 = 0.3;

/// Aging evolution: the population are the newest trials, whatever they are worth; a child is the best of a random few of
/// them with one dimension changed, sometimes more.
///
/// Numbers move by steps of all sizes, from a thousandth to a third of their range; choices are drawn anew. Trials that
/// run are not in the population, and failed ones never are; pruned and diverged ones age with the others.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Space};
/// use tunesmith_tuner::{Budget, Study, samplers::RegularizedEvolution};
/// let space = Space::new().with("x", Domain::float(-10.0, 10.0, Scale::Linear, None).unwrap());
/// let study = Study::minimize(space).sampler(RegularizedEvolution::default()).open().unwrap();
/// study.optimize(|trial| (trial.float("x") - 3.0).powi(2), &Budget::trials(200)).unwrap();
/// assert!(study.best().unwrap().value.unwrap() < 0.01);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RegularizedEvolution {
    /// How many of the newest trials can have children; so many are random at the start.
    pub population: usize,
    /// How many are compared for one child.
    pub tournament: usize,
}

impl Default for RegularizedEvolution {
    fn default() -> Self {
        Self { population: 50, tournament: 10 }
    }
}

impl Describe for RegularizedEvolution {
    const NAME: &'static str = "regularized_evolution";
    const ABOUT: &'static str = "the young replace the old; the best of a few has a changed child";
    const SOURCE: &'static str = "Real et al. 2019, arXiv 1802.01548, algorithm 1";
    const PARAMS: &'static [Param<Self>] = &[
        Param::int("population", 10, 200, |s: &mut Self| &mut s.population, "trials that can have children")
            .log()
            .fixed()
            .valid(1.0, 1e6),
        Param::int("tournament", 2, 50, |s: &mut Self| &mut s.tournament, "trials compared for one child")
            .log()
            .fixed()
            .valid(1.0, 1e6),
    ];
}

impl Sampler for RegularizedEvolution {
    fn suggest(&self, space: &Space, history: &History, generator: &mut Generator) -> Params {
        let trials = history.trials();
        let begun = trials.len() - history.counts().failed;
        let mut newest: Vec<(usize, Standing)> = Vec::new();
        if begun >= self.population {
            let places = (0..trials.len()).rev();
            let taught = places.filter_map(|place| Some((place, Standing::of(&trials[place], history)?)));
            newest.extend(taught.take(self.population.max(1)));
        }
        let genome = Genome::new(history.space());
        if newest.is_empty() {
            let drawn = genome.random(space, generator);
            return untried(space, history, generator, [drawn]);
        }
        let columns = columns(history);
        let mut children = Seed::new(generator.bits()).generator();
        let child = |_| {
            let contest = (0..self.tournament.max(1)).map(|_| newest[children.below(newest.len())]);
            let (parent, _) =
                contest.min_by(|a, b| a.1.order(&b.1)).expect("a tournament has somebody in it");
            let genes = genome.genes(&Seen::new(history, &columns, parent));
            let genes = mutated(&genome, genes, &mut children);
            genome.params(space, &genes, &mut children)
        };
        untried(space, history, generator, (0..CHILDREN).map(child))
    }

    fn tries_nothing_twice(&self) -> bool {
        true
    }
}

/// The genes with a dimension changed that the parent has and that can change, sometimes with more.
fn mutated(genome: &Genome<'_>, mut genes: Vec<f64>, generator: &mut Generator) -> Vec<f64> {
    let can_change = |&i: &usize| genome.is_open(i) && !genes[i].is_nan();
    let open: Vec<usize> = (0..genes.len()).filter(can_change).collect();
    if open.is_empty() {
        return genes;
    }
    loop {
        let i = open[generator.below(open.len())];
        genes[i] = if genome.is_choice(i) {
            genome.option(i, generator)
        } else {
            let size = 0.3 * 10.0_f64.powf(generator.uniform_in(-3.0, 0.0));
            let moved = genes[i] + size * generator.normal();
            // What would leave the range comes back from its end.
            let moved = if moved < 0.0 {
                -moved
            } else if moved > 1.0 {
                2.0 - moved
            } else {
                moved
            };
            genome.stepped(i, genes[i], moved)
        };
        if !generator.chance(ANOTHER) {
            return genes;
        }
    }
}

register!(SamplerEntry, RegularizedEvolution);
