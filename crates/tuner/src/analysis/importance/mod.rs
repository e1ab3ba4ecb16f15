//! Importance: how much each setting matters for how well a trial does.

mod fanova;
mod forest;
mod ped_anova;

use std::fmt::Debug;

use tunesmith_core::{Describe, Meta, Place, from_table, kind};

pub use fanova::{Fanova, PairImportance};
pub use ped_anova::PedAnova;

use super::{View, table};
use crate::History;

table! {
    /// How much one dimension of a space matters.
    pub struct DimensionImportance {
        /// The dimension's key.
        pub key: String,
        /// The importance in the method's own unit; 0 for a dimension that does not matter or was never varied.
        pub importance: f64,
        /// Its part of the sum over all dimensions, from 0 to 1; equal parts when no dimension matters.
        pub share: f64,
    }
}

/// Says how much each dimension matters, from the trials of a study.
///
/// It is a pure function of the history: chance, where a method needs it, starts from a fixed seed.
pub trait Importance: Debug + Send + Sync {
    /// The importance of each dimension in the order of the space, in the method's own unit, for losses given per
    /// trial of the history; trials whose loss is not finite are left out.
    fn of_losses(&self, history: &History, losses: &[f64]) -> Vec<f64>;

    /// The importance of each dimension for the value of complete trials (of the first objective), in the order of the
    /// space.
    fn evaluate(&self, history: &History) -> Vec<DimensionImportance> {
        self.evaluate_losses(history, &View::from(history).complete_losses())
    }

    /// The importance of each dimension for anything that is to be small: another objective
    /// ([`View::complete_losses`]), a duration; one number per trial of the history, NaN to leave a trial out.
    ///
    /// # Panics
    /// When there are more or fewer losses than trials.
    #[track_caller]
    fn evaluate_losses(&self, history: &History, losses: &[f64]) -> Vec<DimensionImportance> {
        let (n, trials) = (losses.len(), history.trials().len());
        assert!(n == trials, "importance: one loss per trial is needed, found {n} for {trials} trials");
        let found = self.of_losses(history, losses);
        let sum: f64 = found.iter().sum();
        let share = |x: f64| if sum > 0.0 { x / sum } else { 1.0 / found.len() as f64 };
        let dimensions = history.space().dimensions().iter().zip(&found);
        let one = |(dimension, &importance): (&tunesmith_core::Dimension, &f64)| DimensionImportance {
            key: dimension.key.clone(),
            importance,
            share: share(importance),
        };
        dimensions.map(one).collect()
    }
}

impl Importance for Box<dyn Importance> {
    fn of_losses(&self, history: &History, losses: &[f64]) -> Vec<f64> {
        (**self).of_losses(history, losses)
    }
}

kind! {
    /// A registered way to say what matters.
    ///
    /// ```
    /// use tunesmith_core::{Table, find};
    /// use tunesmith_tuner::analysis::ImportanceEntry;
    /// let entry = find::<ImportanceEntry>("ped_anova", "importance").unwrap();
    /// let importance = entry.build(&Table::new(), "importance").unwrap();
    /// assert!(format!("{importance:?}").contains("target_quantile: 0.1"));
    /// ```
    pub struct ImportanceEntry: "importance", "importances" => Box<dyn Importance>;
}

impl ImportanceEntry {
    /// The entry of a described method; [`register!`](tunesmith_core::register) calls it.
    #[must_use]
    pub const fn of<T: Describe + Importance>(place: Place) -> Self {
        Self::new(Meta::of::<T>(place), |table, at| Ok(Box::new(from_table::<T>(table, at)?)))
    }
}
