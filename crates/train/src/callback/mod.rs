//! The callbacks: what watches and steers a training after each epoch, one concept a file.

mod best;
mod csv;
mod early_stopping;
mod plateau;
mod watch;

use std::fmt::Debug;

use tunesmith_core::{Describe, Error, Flow, Meta, Place, Plug, find, from_table, kind};

use crate::history::Values;

pub use best::BestCheckpoint;
pub use csv::CsvHistory;
pub use early_stopping::EarlyStopping;
pub use plateau::ReduceOnPlateau;
pub use watch::Measure;
use watch::Watch;

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

/// Weights a callback hands back at the end, to replace the last ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// The epoch they are of, from 0.
    pub epoch: usize,
    /// The weights.
    pub params: Vec<f32>,
}

/// Watches and steers a training.
pub trait Callback: Debug + Send {
    /// Called once before the first epoch with what will be measured.
    ///
    /// # Errors
    /// When what it needs will not be measured, with the cure.
    fn prepare(&mut self, measured: &[Measure]) -> Result<(), String> {
        let _ = measured;
        Ok(())
    }

    /// Called after each epoch; may ask to stop.
    fn epoch_end(&mut self, end: &mut EpochEnd<'_>) -> Flow;

    /// Called once at the end; may hand back weights that replace the last ones. Of several callbacks that do, the last
    /// in the list counts.
    fn train_end(&mut self) -> Option<Kept> {
        None
    }
}

impl Callback for Box<dyn Callback> {
    fn prepare(&mut self, measured: &[Measure]) -> Result<(), String> {
        (**self).prepare(measured)
    }

    fn epoch_end(&mut self, end: &mut EpochEnd<'_>) -> Flow {
        (**self).epoch_end(end)
    }

    fn train_end(&mut self) -> Option<Kept> {
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
