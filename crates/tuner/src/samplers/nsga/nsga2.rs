//! NSGA-II: of the front that does not fit whole, those with the most room are kept.

use std::sync::Mutex;

use tunesmith_core::{Describe, Generator, Param, Params, Seed, Space, register};

use super::breed::Breeding;
use super::population::{Individual, Population, layers, suggest};
use super::settings::{breeds, settings};
use crate::pareto::crowding;
use crate::samplers::replay::{Generational, Replay, Seen};
use crate::{History, Sampler, SamplerEntry};

/// The non-dominated sorting genetic algorithm, second version.
///
/// ```
/// use tunesmith_core::{Domain, Params, Scale, Seed, Space};
/// use tunesmith_tuner::{Direction, History, Sampler, TrialRecord, TrialState, pareto, samplers::Nsga2};
/// let space = Space::new().with("x", Domain::float(-5.0, 5.0, Scale::Linear, None).unwrap());
/// let mut history = History::of_objectives(space.clone(), &[Direction::Minimize, Direction::Minimize]);
/// let (sampler, mut points) = (Nsga2::default(), Vec::new());
/// for number in 0..300 {
///     let mut trial = TrialRecord::new(number);
///     trial.params = sampler.suggest(&space, &history, &mut Seed::new(0).at(number).generator());
///     let x = trial.params["x"].as_f64().unwrap();
///     (trial.value, trial.further) = (Some(x * x), vec![(x - 2.0).powi(2)]);
///     trial.state = TrialState::Complete;
///     points.push([x * x, (x - 2.0).powi(2)]);
///     history.put(trial);
/// }
/// assert!(pareto::hypervolume(&points, &[4.0, 4.0]) > 0.99 * (16.0 - 8.0 / 3.0));
/// ```
#[derive(Debug)]
pub struct Nsga2 {
    /// Parents of a generation, and its children.
    pub population: usize,
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
}

breeds!(Nsga2 {});

impl Describe for Nsga2 {
    const NAME: &'static str = "nsga2";
    const ABOUT: &'static str = "evolution for several losses that keeps a front evenly filled";
    const SOURCE: &'static str = "Deb et al. 2002, IEEE TEVC 6(2), A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II; \
                                  population and crossover probability of Optuna 5.0";
    const PARAMS: &'static [Param<Self>] = settings!();
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
        select(first, self.population)
    }

    fn population(&self, _state: &Population) -> usize {
        self.population
    }

    fn after(&self, (): &(), state: &Population, generation: Vec<Individual>, _seed: Seed) -> Population {
        select(state.parents.iter().cloned().chain(generation).collect(), self.population)
    }

    fn observe(&self, (): &(), seen: &Seen<'_>) -> Option<Individual> {
        Individual::of(seen)
    }
}

/// The fittest so many of a pool.
fn select(pool: Vec<Individual>, size: usize) -> Population {
    let mut parents: Vec<Individual> = Vec::with_capacity(size);
    for mut layer in layers(pool).0 {
        if parents.len() >= size {
            break;
        }
        let points: Vec<&[f64]> = layer.iter().map(Individual::point).collect();
        let rooms = crowding(&points);
        layer.iter_mut().zip(rooms).for_each(|(individual, room)| individual.crowding = room);
        if parents.len() + layer.len() > size {
            layer.sort_by(|a, b| b.crowding.total_cmp(&a.crowding));
            layer.truncate(size - parents.len());
        }
        parents.append(&mut layer);
    }
    Population { parents }
}

impl Sampler for Nsga2 {
    fn suggest(&self, space: &Space, history: &History, generator: &mut Generator) -> Params {
        let settings = Settings { population: self.population.max(2) };
        suggest(&self.cache, &settings, &self.breeding(), (space, history), generator)
    }

    fn tries_nothing_twice(&self) -> bool {
        true
    }
}

register!(SamplerEntry, Nsga2);
