//! `Tuning`: how a search is run, as a recipe says it.

use std::time::Duration;

use tunesmith_core::{Describe, Entry, Error, Param, Plug, Value, Why, find};
use tunesmith_tuner::{Direction, PrunerEntry, Sampler, SamplerEntry, Scheduler, StopRule};

/// What a search makes small or large.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    /// The metric's name, or "loss".
    pub metric: String,
    /// Which way is better.
    pub direction: Direction,
}

/// How a search is run: the section `[tuning]` of a recipe.
#[derive(Clone, Debug, PartialEq)]
pub struct Tuning {
    maximize: String,
    minimize: String,
    /// Trials of the study in all, those of earlier runs included.
    pub trials: usize,
    time: String,
    trial_time: String,
    /// What chooses points.
    pub sampler: Plug,
    /// What stops bad trials early.
    pub scheduler: Plug,
    /// A value at which the search ends.
    pub target: Option<f64>,
    /// The search ends when so many trials in a row have not been better than the best before them.
    pub patience: Option<usize>,
    /// An earlier study in the same storage, whose best settings are tried first.
    pub begin_with: String,
    /// Numbers that a model may learn.
    pub most_parameters: Option<usize>,
    /// Operations that a prediction for one sample may take.
    pub most_flops: Option<usize>,
    /// Whether the best settings and the default ones run on common seeds in the end, before a winner is named.
    pub race: bool,
    /// Trials side by side; 0 means one per core.
    pub workers: usize,
    /// Where the search's randomness comes from.
    pub seed: usize,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            maximize: String::new(),
            minimize: String::new(),
            trials: 50,
            time: String::new(),
            trial_time: String::new(),
            sampler: Plug::new("auto"),
            scheduler: Plug::new("asha"),
            target: None,
            patience: None,
            begin_with: String::new(),
            most_parameters: None,
            most_flops: None,
            race: true,
            workers: 0,
            seed: 0,
        }
    }
}

impl Describe for Tuning {
    const NAME: &'static str = "tuning";
    const ABOUT: &'static str = "how a search is run";
    const PARAMS: &'static [Param<Self>] = &[
        Param::text("goal.maximize", |s: &mut Self| &mut s.maximize, "the metric that should grow"),
        Param::text("goal.minimize", |s: &mut Self| &mut s.minimize, "the metric that should fall"),
        Param::int("trials", 10, 1000, |s: &mut Self| &mut s.trials, "trials in all").fixed().valid(1.0, 1e9),
        Param::text("time", |s: &mut Self| &mut s.time, "no trial begins after this: 90s, 10m, 2h"),
        Param::text("trial_time", |s: &mut Self| &mut s.trial_time, "no trial takes longer: 90s, 10m, 2h"),
        Param::plug("sampler", "sampler", |s: &mut Self| &mut s.sampler, "what chooses points"),
        Param::plug("scheduler", "pruner", |s: &mut Self| &mut s.scheduler, "what stops bad trials early"),
        Param::optional_float(
            "target",
            -1e9,
            1e9,
            |s: &mut Self| &mut s.target,
            "a value at which the search ends",
        )
        .fixed(),
        Param::optional_int(
            "patience",
            1,
            1000,
            |s: &mut Self| &mut s.patience,
            "the search ends after so many trials without a better one",
        )
        .fixed()
        .valid(1.0, 1e9),
        Param::text(
            "begin_with",
            |s: &mut Self| &mut s.begin_with,
            "an earlier study of the same storage, whose best settings are tried first",
        ),
        Param::optional_int(
            "at_most.parameters",
            1,
            1_000_000,
            |s: &mut Self| &mut s.most_parameters,
            "numbers that a model may learn",
        )
        .fixed()
        .valid(1.0, 1e15),
        Param::optional_int(
            "at_most.flops",
            1,
            1_000_000,
            |s: &mut Self| &mut s.most_flops,
            "operations that a prediction for one sample may take",
        )
        .fixed()
        .valid(1.0, 1e15),
        Param::switch(
            "race",
            |s: &mut Self| &mut s.race,
            "compare the best and the default settings over seeds in the end",
        ),
        Param::int("workers", 1, 8, |s: &mut Self| &mut s.workers, "trials side by side; 0: one per core")
            .fixed()
            .valid(0.0, 1024.0),
        Param::int("seed", 0, 100, |s: &mut Self| &mut s.seed, "of the search").fixed(),
    ];

    fn check(&self) -> Result<(), String> {
        for (key, text) in [("time", &self.time), ("trial_time", &self.trial_time)] {
            if !text.is_empty() && parse_duration(text).is_none() {
                return Err(format!("{key} = {text:?} is no time, write 90s, 10m or 2h"));
            }
        }
        Ok(())
    }
}

impl Tuning {
    /// Whether the recipe names a goal; if not, it is accuracy for classes and RMSE for numbers.
    #[must_use]
    pub fn names_goal(&self) -> bool {
        !(self.maximize.is_empty() && self.minimize.is_empty())
    }

    /// What the search makes small or large; the validation loss if nothing is said.
    ///
    /// # Errors
    /// When both directions are named.
    pub fn goal(&self) -> Result<Goal, Error> {
        match (self.maximize.as_str(), self.minimize.as_str()) {
            ("", "") => Ok(Goal { metric: "loss".into(), direction: Direction::Minimize }),
            (metric, "") => Ok(Goal { metric: metric.into(), direction: Direction::Maximize }),
            ("", metric) => Ok(Goal { metric: metric.into(), direction: Direction::Minimize }),
            _ => {
                let because = "write one goal, { maximize = \"...\" } or { minimize = \"...\" }".into();
                Err(Error::new("tuning.goal", Why::Conflict { because }))
            }
        }
    }

    /// After how long no trial begins.
    #[must_use]
    pub fn time(&self) -> Option<Duration> {
        parse_duration(&self.time)
    }

    /// How long a trial may take.
    #[must_use]
    pub fn trial_time(&self) -> Option<Duration> {
        parse_duration(&self.trial_time)
    }

    /// When the search may end before its trials are run.
    pub(crate) fn rules(&self) -> impl Iterator<Item = StopRule> {
        let target = self.target.map(StopRule::Target);
        let patience = self.patience.map(|trials| StopRule::NoProgress { trials: trials as u64, least: 0.0 });
        target.into_iter().chain(patience)
    }

    /// Checks the plug-ins it names.
    pub(crate) fn check_plugins(&self) -> Result<(), Error> {
        self.make_sampler()?;
        self.make_scheduler(1).map(|_| ())
    }

    pub(crate) fn make_sampler(&self) -> Result<Box<dyn Sampler>, Error> {
        find::<SamplerEntry>(&self.sampler.name, "tuning.sampler")?
            .build(&self.sampler.config, "tuning.sampler")
    }

    /// The scheduler for trials of so many epochs. It is told how many, if it wants to know and the recipe does not say.
    /// ASHA's first look is after a tenth of them: what a network is worth after one epoch of thirty says little about
    /// the end. It pauses trainings instead of ending them, since going on costs nothing here (docs/TUNING.md).
    pub(crate) fn make_scheduler(&self, epochs: u64) -> Result<Box<dyn Scheduler>, Error> {
        let entry = find::<PrunerEntry>(&self.scheduler.name, "tuning.scheduler")?;
        let mut config = self.scheduler.config.clone();
        let mut tell = |key: &str, value: Value| {
            if (entry.meta().specs)().iter().any(|param| param.name == key) {
                config.entry(key.to_owned()).or_insert(value);
            }
        };
        tell("max_resource", Value::Int(epochs as i64));
        if self.scheduler.name == "asha" {
            tell("min_resource", Value::Int((epochs / 10).max(1) as i64));
            tell("promote", Value::Bool(true));
        }
        entry.build(&config, "tuning.scheduler")
    }
}

/// A time as a person writes it: 90s, 10m, 2h, 1.5h, or seconds without a unit.
///
/// ```
/// use std::time::Duration;
/// assert_eq!(tunesmith::parse_duration("1.5h"), Some(Duration::from_secs(5400)));
/// assert_eq!(tunesmith::parse_duration("soon"), None);
/// ```
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let seconds = match unit.trim() {
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    let value: f64 = number.trim().parse().ok()?;
    (value.is_finite() && value >= 0.0 && value * seconds < 1e12)
        .then(|| Duration::from_secs_f64(value * seconds))
}
