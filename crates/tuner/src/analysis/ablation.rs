//! The measured ablation path: which settings made the tuned configuration better than the default, by running them.

use tunesmith_core::{Params, Space, Value};

use super::statistics::{mean, standard_deviation};
use super::table;
use crate::Direction;
use crate::batch::Batch;

/// How an ablation is run.
#[derive(Clone, Debug, PartialEq)]
pub struct AblationOptions {
    /// Which way is better.
    pub direction: Direction,
    /// Common seeds on which every configuration runs.
    pub seeds: usize,
    /// The standard deviation of one run, if known: what a gain is judged by when there is a single seed.
    pub noise: Option<f64>,
    /// No step begins that would need more runs in all.
    pub max_runs: Option<usize>,
}

impl Default for AblationOptions {
    fn default() -> Self {
        Self { direction: Direction::Minimize, seeds: 3, noise: None, max_runs: None }
    }
}

/// One run that an ablation asks for; runs with the same `seed_index` share every source of chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AblationTrial {
    /// The step of the path, from 0.
    pub step: usize,
    /// The number of the configuration in that step (see [`Ablation::params`]).
    pub variant: usize,
    /// The number of the seed, from 0.
    pub seed_index: usize,
}

table! {
    /// What changing one setting gained.
    pub struct AblationGain {
        /// The setting.
        pub key: String,
        /// Its value before.
        pub from: Value,
        /// Its value after.
        pub to: Value,
        /// The mean value of the configuration with the change, in the objective's unit; infinite when a run diverged.
        pub value: f64,
        /// How much better that is than before, on the same seeds; below zero: worse.
        pub gain: f64,
        /// The standard error of the gain.
        pub standard_error: f64,
    }

    /// What an ablation found.
    pub struct AblationPath {
        /// The mean value of the default.
        pub start: f64,
        /// The changes that helped, each the best of its step, made one after the other.
        pub steps: Vec<AblationGain>,
        /// The other changes of the last step that was run, by falling gain: these settings can stay as in the default,
        /// unless `max_runs` ended the path.
        pub rest: Vec<AblationGain>,
        /// Runs that were told.
        pub runs: usize,
        /// Whether no run will be asked for any more.
        pub finished: bool,
    }
}

/// From the default towards a tuned configuration, by ask and tell: in each step every setting that still differs is
/// changed alone and run, and the change with the largest gain stays, until no gain reaches two standard errors.
///
/// It takes at most d (d + 1) / 2 + 1 configurations for d settings that differ. A gain is the largest of several
/// measured, so somewhat flattered. A setting that only exists under a changed one comes with it, with the tuned value.
///
/// Sources: Fawcett & Hoos 2016, Analysing differences between algorithm configurations through ablation.
///
/// ```
/// use tunesmith_core::{Domain, Params, Scale, Space, Value};
/// use tunesmith_tuner::analysis::{Ablation, AblationOptions};
/// let range = || Domain::float(0.0, 1.0, Scale::Linear, None).unwrap();
/// let space = Space::new().with("x", range()).with("y", range()).with("z", range());
/// let all = |value: f64| -> Params { space.complete(|_| Value::Float(value)) };
/// let mut ablation = Ablation::new(&space, all(0.0), all(1.0), AblationOptions::default());
/// while let Some(trial) = ablation.ask() {
///     let read = |key: &str| ablation.params(trial)[key].as_f64().unwrap();
///     let loss = 10.0 - 5.0 * read("x") - read("y"); // z does nothing
///     ablation.tell(trial, loss);
/// }
/// let path = ablation.path().unwrap();
/// let keys: Vec<&str> = path.steps.iter().map(|step| step.key.as_str()).collect();
/// assert_eq!(keys, ["x", "y"]);
/// assert_eq!(path.rest[0].key, "z");
/// ```
#[derive(Clone, Debug)]
pub struct Ablation {
    space: Space,
    target: Params,
    options: AblationOptions,
    current: Params,
    /// Losses of the current configuration by seed; none before the first step ends.
    base: Option<Vec<f64>>,
    start: f64,
    step: usize,
    variants: Vec<Variant>,
    batch: Batch<AblationTrial>,
    steps: Vec<AblationGain>,
    rest: Vec<AblationGain>,
    runs: usize,
}

#[derive(Clone, Debug)]
struct Variant {
    /// The setting that is changed; none for the default itself.
    key: Option<String>,
    params: Params,
}

impl Ablation {
    /// An ablation from the default to the tuned configuration.
    ///
    /// # Panics
    /// When there are no seeds.
    #[must_use]
    #[track_caller]
    pub fn new(space: &Space, default: Params, tuned: Params, options: AblationOptions) -> Self {
        assert!(options.seeds > 0, "an ablation needs at least one seed");
        let mut ablation = Self {
            space: space.clone(),
            target: tuned,
            options,
            current: default,
            base: None,
            start: f64::NAN,
            step: 0,
            variants: Vec::new(),
            batch: Batch::default(),
            steps: Vec::new(),
            rest: Vec::new(),
            runs: 0,
        };
        ablation.begin_step();
        ablation
    }

    /// The settings of a run.
    ///
    /// # Panics
    /// When the run is not of the step under way.
    #[must_use]
    #[track_caller]
    pub fn params(&self, trial: AblationTrial) -> &Params {
        assert!(trial.step == self.step, "{trial:?} is not of step {}", self.step);
        &self.variants[trial.variant].params
    }

    /// The next run; `None` when the path is complete or the step waits for runs under way.
    pub fn ask(&mut self) -> Option<AblationTrial> {
        self.batch.ask()
    }

    /// Takes the value of a run; one that is not finite says that it diverged.
    ///
    /// # Panics
    /// When the run is not under way.
    #[track_caller]
    pub fn tell(&mut self, trial: AblationTrial, value: f64) {
        let last = self.batch.tell(trial, self.options.direction.loss(value));
        self.runs += 1;
        if last {
            self.end_step();
        }
    }

    /// Takes back a run that was interrupted: it will be asked for again.
    ///
    /// # Panics
    /// When the run is not under way.
    #[track_caller]
    pub fn give_back(&mut self, trial: AblationTrial) {
        self.batch.give_back(trial);
    }

    /// Whether no run will be asked for any more.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.batch.is_done()
    }

    /// The path so far; `None` before the first step ends.
    #[must_use]
    pub fn path(&self) -> Option<AblationPath> {
        self.base.as_ref()?;
        Some(AblationPath {
            start: self.options.direction.loss(self.start),
            steps: self.steps.clone(),
            rest: self.rest.clone(),
            runs: self.runs,
            finished: self.is_finished(),
        })
    }

    fn begin_step(&mut self) {
        let differs = |key: &String| match (self.current.get(key), self.target.get(key)) {
            (Some(a), Some(b)) => !a.same(b),
            _ => false,
        };
        let changed = |key: &String| {
            // What a change brings into being takes the tuned value where there is one.
            let params = self.space.complete(|dimension| {
                let tuned = self.target.get(&dimension.key);
                let first = if dimension.key == *key { tuned } else { self.current.get(&dimension.key) };
                first.or(tuned).cloned().unwrap_or_else(|| dimension.domain.place(0.5))
            });
            Variant { key: Some(key.clone()), params }
        };
        let keys = self.space.dimensions().iter().map(|dimension| &dimension.key);
        let variants: Vec<Variant> = keys.filter(|key| differs(key)).map(changed).collect();
        let itself = (self.base.is_none()).then(|| Variant { key: None, params: self.current.clone() });
        let variants: Vec<Variant> = itself.into_iter().chain(variants).collect();
        let runs = variants.len() * self.options.seeds;
        if self.options.max_runs.is_some_and(|most| self.runs + runs > most) {
            return;
        }
        self.variants = variants;
        for seed_index in 0..self.options.seeds {
            let trial = |variant| AblationTrial { step: self.step, variant, seed_index };
            (0..self.variants.len()).map(trial).for_each(|trial| self.batch.push(trial));
        }
    }

    fn end_step(&mut self) {
        let told: Vec<f64> = self.batch.take().into_values().collect();
        let mut losses: Vec<Vec<f64>> = told.chunks(self.options.seeds).map(<[f64]>::to_vec).collect();
        let mut variants = std::mem::take(&mut self.variants);
        if self.base.is_none() {
            variants.remove(0);
            let base = losses.remove(0);
            self.start = mean(&base);
            self.base = Some(base);
        }
        let mut gains: Vec<(AblationGain, usize)> = variants
            .iter()
            .enumerate()
            .filter_map(|(i, variant)| Some((self.gain(variant, &losses[i])?, i)))
            .collect();
        gains.sort_by(|(a, i), (b, j)| b.gain.total_cmp(&a.gain).then(i.cmp(j)));
        let helps =
            gains.first().is_some_and(|(best, _)| best.gain > 0.0 && best.gain >= 2.0 * best.standard_error);
        if helps {
            let (best, i) = gains.remove(0);
            self.current = variants.swap_remove(i).params;
            self.base = Some(losses.swap_remove(i));
            self.steps.push(best);
        }
        self.rest = gains.into_iter().map(|(gain, _)| gain).collect();
        if helps {
            self.step += 1;
            self.begin_step();
        }
    }

    fn gain(&self, variant: &Variant, losses: &[f64]) -> Option<AblationGain> {
        let key = variant.key.clone()?;
        let base = self.base.as_ref()?;
        // Two runs that both diverged are alike.
        let gains: Vec<f64> =
            base.iter().zip(losses).map(|(a, b)| if a == b { 0.0 } else { a - b }).collect();
        let spread = standard_deviation(&gains) / (gains.len() as f64).sqrt();
        let standard_error = match self.options.noise {
            Some(noise) if gains.len() == 1 => noise * 2.0_f64.sqrt(),
            _ if spread.is_finite() => spread,
            _ => 0.0, // one seed, or infinitely better or worse
        };
        let gain = mean(&gains);
        let (from, to) = (self.current.get(&key)?.clone(), self.target.get(&key)?.clone());
        Some(AblationGain {
            key,
            from,
            to,
            value: self.options.direction.loss(mean(losses)),
            gain: if gain.is_nan() { f64::NEG_INFINITY } else { gain },
            standard_error,
        })
    }
}
