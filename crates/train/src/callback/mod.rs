//! The callbacks: what watches and steers a training after each epoch, one concept a file.

mod best;
mod csv;
mod early_stopping;
mod plateau;

use std::fmt::Debug;

use tunesmith_core::{Describe, Error, Flow, Meta, Place, Plug, find, from_table, kind};

use crate::history::Values;

pub use best::BestCheckpoint;
pub use csv::CsvHistory;
pub use early_stopping::EarlyStopping;
pub use plateau::ReduceOnPlateau;

/// The end of an epoch, as a callback sees it.
#[derive(Debug)]
pub struct EpochEnd<'a> {
    /// The epoch, from 0.
    pub epoch: usize,
    /// How many there will be.
    pub epochs: usize,
    /// What was measured.
    pub values: &'a Values,
    /// The weights as they are now.
    pub params: &'a [f32],
    /// A factor on the learning rate from the next epoch on, besides the schedule.
    pub lr_factor: &'a mut f64,
}

/// Watches and steers a training.
pub trait Callback: Debug + Send {
    /// Called after each epoch; may ask to stop.
    fn epoch_end(&mut self, end: &mut EpochEnd<'_>) -> Flow;

    /// Called once at the end; may hand back weights that replace the last ones.
    fn train_end(&mut self) -> Option<Vec<f32>> {
        None
    }
}

impl Callback for Box<dyn Callback> {
    fn epoch_end(&mut self, end: &mut EpochEnd<'_>) -> Flow {
        (**self).epoch_end(end)
    }

    fn train_end(&mut self) -> Option<Vec<f32>> {
        (**self).train_end()
    }
}

kind! {
    /// A registered callback.
    pub struct CallbackEntry: "callback", "callbacks" => Box<dyn Callback>;
}

impl CallbackEntry {
    /// The entry of a described callback.
    #[must_use]
    pub const fn of<T: Describe + Callback>(place: Place) -> Self {
        Self::new(Meta::of::<T>(place), |table, at| Ok(Box::new(from_table::<T>(table, at)?)))
    }

    /// The callback a plug names.
    ///
    /// # Errors
    /// When none of that name is linked, or its settings are not possible.
    pub fn make(plug: &Plug, at: &str) -> Result<Box<dyn Callback>, Error> {
        find::<Self>(&plug.name, at)?.build(&plug.config, at)
    }
}

/// Which value a callback watches and when it counts as better.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Watch {
    monitor: String,
    mode: String,
    best: Option<f64>,
}

impl Watch {
    pub(crate) fn new(monitor: &str) -> Self {
        Self { monitor: monitor.to_owned(), mode: "auto".to_owned(), best: None }
    }

    /// The watched value; without validation rows the training's own.
    pub(crate) fn read(&self, values: &Values) -> Option<f64> {
        let own = || self.monitor.strip_prefix("validation_").and_then(|name| values.get(name));
        values.get(&self.monitor).or_else(own).copied()
    }

    /// Whether smaller is better. "auto" goes by the name: losses and errors fall, scores rise.
    pub(crate) fn falls(&self) -> bool {
        let name = self.monitor.trim_start_matches("validation_");
        match self.mode.as_str() {
            "min" => true,
            "max" => false,
            _ => ["loss", "log_loss", "mae", "mse", "rmse"].contains(&name),
        }
    }

    /// Takes a value and says whether it is better than the best so far by more than `margin`.
    pub(crate) fn improves(&mut self, value: f64, margin: impl Fn(f64) -> f64) -> bool {
        let better = match self.best {
            None => !value.is_nan(),
            Some(best) if self.falls() => value < best - margin(best),
            Some(best) => value > best + margin(best),
        };
        if better {
            self.best = Some(value);
        }
        better
    }
}

/// The two settings every watching callback has.
macro_rules! watch_params {
    ($($more:expr),* $(,)?) => {
        &[
            Param::text("monitor", |s: &mut Self| &mut s.watch.monitor, "the value that is watched"),
            Param::name("mode", &["auto", "min", "max"], |s: &mut Self| &mut s.watch.mode, "whether small or large is good"),
            $($more),*
        ]
    };
}
use watch_params;
