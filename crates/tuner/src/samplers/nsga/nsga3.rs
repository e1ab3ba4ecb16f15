//! NSGA-III: of the front that does not fit whole, those along neglected directions are kept.

use std::sync::Mutex;

use tunesmith_core::{Describe, Generator, Param, Params, Seed, Space, register};

use super::breed::Breeding;
use super::niches::{directions, fill};
use super::population::{Individual, Population, layers, suggest};
use super::settings::{breeds, settings};
use crate::samplers::replay::{Generational, Replay, Seen};
use crate::{History, Sampler, SamplerEntry};

/// The non-dominated sorting genetic algorithm for three losses and more, with reference directions.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Seed, Space};
/// use tunesmith_tuner::{Direction, History, Sampler, samplers::Nsga3};
/// let space = Space::new().with("x", Domain::float(0.0, 1.0, Scale::Linear, None).unwrap());
/// let history = History::of_objectives(space.clone(), &[Direction::Minimize; 3]);
/// let params = Nsga3::default().suggest(&space, &history, &mut Seed::new(0).generator());
/// assert_eq!(space.check(&params), Ok(()));
/// ```
#[derive(Debug)]
pub struct Nsga3 {
    /// Parents of a generation, and its children; better not fewer than there are directions.
    pub population: usize,
    /// Parts into which each loss is divided for reference directions: 3 parts of 3 losses give 10 directions.
    pub dividing: usize,
    /// `sbx`, simulated binary crossover, or `uniform`, which swaps whole settings.
    pub crossover: String,
    /// The probability that a child has two parents.
    pub crossover_probability: f64,
    /// The probability that a dimension is mutated; by itself one in as many as there are.
    pub mutation_probability: Option<f64>,
    cache: Mutex<Option<Replay<Settings>>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Settings {
    population: usize,
    dividing: usize,
}

breeds!(Nsga3 { dividing: 3 });

impl Describe for Nsga3 {
    const NAME: &'static str = "nsga3";
    const ABOUT: &'static str = "evolution for three losses and more, spread along reference directions";
    const SOURCE: &'static str =
        "Deb & Jain 2014, IEEE TEVC 18(4); population and dividing parameter of Optuna 5.0";
    const PARAMS: &'static [Param<Self>] = settings!(
        Param::int("dividing", 2, 12, |s: &mut Self| &mut s.dividing, "parts of a loss, for directions")
            .fixed()
            .valid(1.0, 100.0)
    );
}

impl Generational for Settings {
    type Model = ();
    type State = Population;
    type Observed = Individual;

    fn model(&self, _space: &Space) {}

    fn cold(&self, (): &()) -> Option<Population> {
        None
    }

    fn first(&self) -> usize {
        self.population
    }

    fn warm(&self, (): &(), first: Vec<Individual>) -> Population {
        self.select(first, Seed::new(0))
    }

    fn population(&self, _state: &Population) -> usize {
        self.population
    }

    fn after(&self, (): &(), state: &Population, generation: Vec<Individual>, seed: Seed) -> Population {
        self.select(state.parents.iter().cloned().chain(generation).collect(), seed)
    }

    fn observe(&self, (): &(), seen: &Seen<'_>) -> Option<Individual> {
        Individual::of(seen)
    }
}

impl Settings {
    /// The fittest of a pool; `seed` decides between directions that are served alike.
    fn select(&self, pool: Vec<Individual>, seed: Seed) -> Population {
        let (layers, fronts) = layers(pool);
        let mut parents: Vec<Individual> = Vec::with_capacity(self.population);
        for (rank, layer) in layers.into_iter().enumerate() {
            let room = self.population - parents.len();
            if layer.len() <= room {
                parents.extend(layer);
                continue;
            }
            if rank < fronts && room > 0 {
                let kept: Vec<&[f64]> = parents.iter().map(Individual::point).collect();
                let border: Vec<&[f64]> = layer.iter().map(Individual::point).collect();
                let directions = directions(border[0].len(), self.dividing);
                let mut generator = seed.named("niches").generator();
                let chosen = fill(&kept, &border, &directions, room, &mut generator);
                parents.extend(chosen.into_iter().map(|i| layer[i].clone()));
            }
            break;
        }
        // Parents are drawn evenly; only those that break constraints or have no losses are less likely.
        for parent in parents.iter_mut().filter(|parent| parent.rank < fronts) {
            parent.rank = 0;
        }
        Population { parents }
    }
}

impl Sampler for Nsga3 {
    fn suggest(&self, space: &Space, history: &History, generator: &mut Generator) -> Params {
        let settings = Settings { population: self.population.max(2), dividing: self.dividing.max(1) };
        suggest(&self.cache, &settings, &self.breeding(), (space, history), generator)
    }

    fn tries_nothing_twice(&self) -> bool {
        true
    }
}

register!(SamplerEntry, Nsga3);
