//! Differential evolution: steps are differences of other trials.

use std::sync::{Mutex, PoisonError};

use tunesmith_core::{Describe, Generator, Param, Params, Seed, Space, register};

use super::genes::Genome;
use super::lesson::Standing;
use super::news::News;
use super::replay::{Seen, columns};
use super::unique::untried;
use crate::{History, Sampler, SamplerEntry};

/// So many children are looked at for one that no trial has, in a space where that can be.
const CHILDREN: usize = 16;

/// Differential evolution, one trial at a time.
///
/// There are `population` slots, each the home of every so-manieth trial; a slot holds the best trial that ended there
/// (of equals the latest), and the next trial of the slot is that one crossed with a mutant: another slot's trial, or
/// the best, plus `factor` times the difference of two more. Whoever asks sees the slots as they are then, so trials run
/// side by side and none waits. A choice takes the option of the mutant's base, or any option with probability
/// `factor` where the two whose difference is taken disagree. What leaves a range is drawn between its end and the target.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Space};
/// use tunesmith_tuner::{Budget, Study, samplers::DifferentialEvolution};
/// let space = Space::new().with("x", Domain::float(-10.0, 10.0, Scale::Linear, None).unwrap());
/// let study = Study::minimize(space).sampler(DifferentialEvolution::default()).open().unwrap();
/// study.optimize(|trial| (trial.float("x") - 3.0).powi(2), &Budget::trials(200)).unwrap();
/// assert!(study.best().unwrap().value.unwrap() < 0.01);
/// ```
#[derive(Debug)]
pub struct DifferentialEvolution {
    /// How many trials make the population; so many are random at the start.
    pub population: usize,
    /// What the mutant starts from: `rand1bin`, a random trial, or `best1bin`, the best.
    pub strategy: String,
    /// How much of a difference is added.
    pub factor: f64,
    /// The probability with which a dimension comes from the mutant; one always does.
    pub crossover: f64,
    cache: Mutex<Slots>,
}

/// The best trial of each slot, by number.
#[derive(Debug, Default)]
struct Slots {
    news: News,
    best: Vec<Option<(Standing, u64)>>,
}

impl Slots {
    fn update(&mut self, history: &History, slots: usize) {
        let (anew, places) = self.news.since(history, self.best.len() == slots);
        if anew {
            self.best = vec![None; slots];
        }
        for place in places {
            let trial = &history.trials()[place];
            if let Some(standing) = Standing::of(trial, history) {
                offer(&mut self.best, standing, trial.number);
            }
        }
    }

    /// The slots, with paused trials at what they have reached.
    fn now(&self, history: &History) -> Vec<Option<(Standing, u64)>> {
        let mut best = self.best.clone();
        for trial in history.open() {
            if let Some(standing) = Standing::of(trial, history) {
                offer(&mut best, standing, trial.number);
            }
        }
        best
    }
}

fn offer(best: &mut [Option<(Standing, u64)>], standing: Standing, number: u64) {
    let slot = &mut best[(number % best.len() as u64) as usize];
    let wins = slot.is_none_or(|(held, holder)| standing.order(&held).then(holder.cmp(&number)).is_lt());
    if wins {
        *slot = Some((standing, number));
    }
}

impl Default for DifferentialEvolution {
    fn default() -> Self {
        let strategy = "rand1bin".to_owned();
        Self { population: 20, strategy, factor: 0.5, crossover: 0.5, cache: Mutex::default() }
    }
}

impl Clone for DifferentialEvolution {
    /// The same settings with an empty cache.
    fn clone(&self) -> Self {
        Self { strategy: self.strategy.clone(), cache: Mutex::default(), ..*self }
    }
}

impl Describe for DifferentialEvolution {
    const NAME: &'static str = "de";
    const ABOUT: &'static str = "differential evolution: steps are differences of other trials";
    const SOURCE: &'static str =
        "Storn & Price 1997; F = CR = 0.5 as in DEHB, Awad et al. 2021, arXiv 2105.09821";
    const PARAMS: &'static [Param<Self>] = &[
        Param::int("population", 10, 200, |s: &mut Self| &mut s.population, "trials in the population")
            .log()
            .fixed()
            .valid(4.0, 1e6),
        Param::name(
            "strategy",
            &["rand1bin", "best1bin"],
            |s: &mut Self| &mut s.strategy,
            "what a mutant starts from",
        ),
        Param::float("factor", 0.3, 0.9, |s: &mut Self| &mut s.factor, "how much of a difference is added")
            .fixed()
            .valid(0.0, 2.0),
        Param::float("crossover", 0.1, 1.0, |s: &mut Self| &mut s.crossover, "share that the mutant gives")
            .fixed()
            .valid(0.0, 1.0),
    ];
}

impl Sampler for DifferentialEvolution {
    fn suggest(&self, space: &Space, history: &History, generator: &mut Generator) -> Params {
        let slots = self.population.max(4);
        // What a panic left behind is only a cache, and checked before it is used.
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.update(history, slots);
        let held = cache.now(history);
        drop(cache);
        let number = history.trials().last().map_or(0, |trial| trial.number + 1);
        let home = (number % slots as u64) as usize;
        let others: Vec<u64> =
            (0..slots).filter(|&slot| slot != home).filter_map(|slot| Some(held[slot]?.1)).collect();
        let genome = Genome::new(history.space());
        let (Some((_, target)), true) = (held[home], others.len() >= 3) else {
            let drawn = genome.random(space, generator);
            return untried(space, history, generator, [drawn]);
        };
        let best = held.iter().flatten().min_by(|a, b| a.0.order(&b.0).then(a.1.cmp(&b.1)));
        let best = best.map_or(target, |held| held.1);
        let columns = columns(history);
        let genes = |number: u64| {
            let place = history.trials().partition_point(|trial| trial.number < number);
            genome.genes(&Seen::new(history, &columns, place))
        };
        let target = genes(target);
        let mut children = Seed::new(generator.bits()).generator();
        let child = |_| {
            let mut others = others.clone();
            let mut pick = || others.swap_remove(children.below(others.len()));
            let (first, second, third) = (pick(), pick(), pick());
            let base = if self.strategy == "best1bin" { best } else { first };
            let parents = [genes(base), genes(second), genes(third)];
            let genes = self.cross(&genome, &target, &parents, &mut children);
            genome.params(space, &genes, &mut children)
        };
        untried(space, history, generator, (0..CHILDREN).map(child))
    }

    fn tries_nothing_twice(&self) -> bool {
        true
    }
}

impl DifferentialEvolution {
    fn cross(
        &self,
        genome: &Genome<'_>,
        target: &[f64],
        parents: &[Vec<f64>; 3],
        generator: &mut Generator,
    ) -> Vec<f64> {
        let surely = generator.below(target.len().max(1));
        let gene = |i: usize| {
            if i != surely && !generator.chance(self.crossover) {
                return target[i];
            }
            let [base, plus, minus] = [parents[0][i], parents[1][i], parents[2][i]];
            if genome.is_choice(i) {
                let differ = plus != minus && !plus.is_nan() && !minus.is_nan();
                return if differ && generator.chance(self.factor) {
                    genome.option(i, generator)
                } else {
                    base
                };
            }
            let mutant = base + self.factor * (plus - minus);
            if mutant.is_nan() {
                // A dimension that some of the three lack.
                return if base.is_nan() { target[i] } else { base };
            }
            let back = if target[i].is_nan() { base } else { target[i] };
            if mutant < 0.0 {
                back * generator.uniform()
            } else if mutant > 1.0 {
                1.0 - (1.0 - back) * generator.uniform()
            } else {
                mutant
            }
        };
        (0..target.len()).map(gene).collect()
    }
}

register!(SamplerEntry, DifferentialEvolution);
