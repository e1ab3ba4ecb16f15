//! `Question`: what a sampler is asked, at random.

use tunesmith_core::{Generator, Params, Seed, Space};

use super::spaces::{random_history, random_space_of};
use crate::attributes::constraint_key;
use crate::{Direction, History, Sampler, TrialRecord};

/// A space, a history, and the seed of a suggestion.
#[derive(Clone, Debug)]
pub struct Question {
    /// The space.
    pub space: Space,
    /// What is known.
    pub history: History,
    /// Where the generator starts.
    pub seed: Seed,
}

impl Question {
    /// A random question with so many dimensions and trials. A question of the same seed with fewer dimensions has the
    /// first of them, so that a failing question can be made smaller. Some have two objectives, some constraints.
    ///
    /// ```
    /// use tunesmith_core::Seed;
    /// use tunesmith_tuner::conform::Question;
    /// let question = Question::random(Seed::new(0), 3, 20);
    /// assert_eq!((question.space.len(), question.history.trials().len()), (3, 20));
    /// assert_eq!(Question::random(Seed::new(0), 1, 20).space.dimensions(), &question.space.dimensions()[..1]);
    /// ```
    #[must_use]
    pub fn random(seed: Seed, dimensions: usize, trials: u64) -> Self {
        let space = random_space_of(dimensions, &mut seed.named("space").generator());
        let mut generator = seed.named("history").generator();
        let direction =
            |g: &mut Generator| if g.chance(0.5) { Direction::Minimize } else { Direction::Maximize };
        let directions: Vec<Direction> =
            (0..1 + usize::from(generator.chance(0.2))).map(|_| direction(&mut generator)).collect();
        let constrained = generator.chance(0.2);
        let known = random_history(&space, directions[0], trials, &mut generator);
        let mut history = History::of_objectives(space.clone(), &directions).with_seed(seed);
        for trial in known.trials() {
            let mut trial = trial.clone();
            if directions.len() > 1 && generator.chance(0.9) {
                trial.further = vec![generator.normal()];
            }
            if constrained && generator.chance(0.9) {
                trial.system.insert(constraint_key("memory"), generator.normal().to_string());
            }
            history.put(trial);
        }
        Self { space, history, seed: seed.named("suggest") }
    }

    /// What a sampler answers.
    pub fn ask(&self, sampler: &dyn Sampler) -> Params {
        sampler.suggest(&self.space, &self.history, &mut self.seed.generator())
    }

    /// The same question when only the first trials were there.
    #[must_use]
    pub fn before(&self, trials: usize) -> Self {
        let mut history = History::of_objectives(self.space.clone(), self.history.directions())
            .with_seed(self.history.seed());
        let first: Vec<TrialRecord> = self.history.trials().iter().take(trials).cloned().collect();
        first.into_iter().for_each(|trial| history.put(trial));
        Self { history, ..self.clone() }
    }

    /// The same question in a space of which every second dimension has one value, as for a partly enqueued trial.
    #[must_use]
    pub fn narrowed(&self) -> Self {
        let mut generator = self.seed.named("narrow").generator();
        let mut space = Space::new();
        for (i, dimension) in self.space.dimensions().iter().enumerate() {
            let mut dimension = dimension.clone();
            if i % 2 == 0 {
                let value = dimension.domain.place(generator.uniform());
                dimension.domain = crate::narrow::single(&dimension.domain, &value);
            }
            space.push(dimension);
        }
        Self { space, ..self.clone() }
    }
}
