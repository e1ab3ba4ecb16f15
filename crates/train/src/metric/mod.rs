//! The metrics: how good predictions are, one concept a file.

mod accuracy;
mod average;
mod confusion;
mod error;
mod log_loss;
mod ranking;

use std::fmt::Debug;

use tunesmith_core::{Describe, Entry, Error, Meta, Place, Plug, find, from_table, kind};

pub use confusion::Confusion;

/// What a model put out for some rows, and what would have been right.
#[derive(Clone, Copy, Debug)]
pub struct Predictions<'a> {
    /// `[rows, outputs]`, row-major: probabilities for classes, numbers else.
    pub values: &'a [f64],
    /// Outputs per row; one output for two classes is the probability of the second.
    pub outputs: usize,
    /// What is right.
    pub truth: Truth<'a>,
}

/// What is right for each row.
#[derive(Clone, Copy, Debug)]
pub enum Truth<'a> {
    /// A class per row.
    Classes {
        /// Positions below `count`.
        codes: &'a [i64],
        /// How many classes there are.
        count: usize,
    },
    /// `[rows, outputs]`, row-major.
    Numbers(&'a [f64]),
}

impl<'a> Predictions<'a> {
    /// The right classes and their number; `None` when numbers are predicted.
    #[must_use]
    pub fn codes(&self) -> Option<(&'a [i64], usize)> {
        match self.truth {
            Truth::Classes { codes, count } => Some((codes, count)),
            Truth::Numbers(_) => None,
        }
    }

    /// The most probable class of each row, the first of equals.
    #[must_use]
    pub fn classes(&self) -> Vec<i64> {
        let most = |row: &[f64]| match row {
            [p] => i64::from(*p >= 0.5),
            row => (0..row.len()).fold(0, |best, i| if row[i] > row[best] { i } else { best }) as i64,
        };
        self.values.chunks_exact(self.outputs.max(1)).map(most).collect()
    }

    /// The probability of a class in each row.
    pub fn probability(&self, class: usize) -> impl Iterator<Item = f64> + 'a {
        let outputs = self.outputs.max(1);
        self.values.chunks_exact(outputs).map(move |row| match row {
            [p] if class == 0 => 1.0 - p,
            [p] => *p,
            row => row[class],
        })
    }
}

/// How good predictions are.
pub trait Metric: Debug + Send + Sync {
    /// Whether a larger value is better.
    fn larger_is_better(&self) -> bool {
        true
    }

    /// Whether it is of classes (else of numbers).
    fn of_classes(&self) -> bool;

    /// The value; NaN where it has none (no rows, one class only).
    fn value(&self, predictions: &Predictions<'_>) -> f64;
}

kind! {
    /// A registered metric.
    pub struct MetricEntry: "metric", "metrics" => Box<dyn Metric>;
}

impl MetricEntry {
    /// The entry of a described metric.
    #[must_use]
    pub const fn of<T: Describe + Metric>(place: Place) -> Self {
        Self::new(Meta::of::<T>(place), |table, at| Ok(Box::new(from_table::<T>(table, at)?)))
    }
}

/// A metric under the name its values are recorded by.
#[derive(Debug)]
pub struct Named {
    /// The metric's name; with settings, they follow it: `f1(average = micro)`.
    pub name: String,
    /// The metric.
    pub metric: Box<dyn Metric>,
}

impl Named {
    /// The metric a plug names.
    ///
    /// # Errors
    /// When none of that name is linked, or its settings are not possible.
    pub fn make(plug: &Plug, at: &str) -> Result<Self, Error> {
        let entry = find::<MetricEntry>(&plug.name, at)?;
        let settings: Vec<String> =
            plug.config.iter().map(|(key, value)| format!("{key} = {value}")).collect();
        let name = entry.meta().name;
        let name =
            if settings.is_empty() { name.to_owned() } else { format!("{name}({})", settings.join(", ")) };
        Ok(Self { name, metric: entry.build(&plug.config, at)? })
    }
}

/// States a metric without settings: its name, what it is, whether larger is better, whether it is of classes, its value.
macro_rules! metric {
    ($(#[$doc:meta])* $Name:ident, $name:literal, $about:literal, larger: $larger:literal, classes: $classes:literal, $value:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default)]
        pub(crate) struct $Name;

        impl ::tunesmith_core::Describe for $Name {
            const NAME: &'static str = $name;
            const ABOUT: &'static str = $about;
        }

        impl $crate::Metric for $Name {
            fn larger_is_better(&self) -> bool {
                $larger
            }
            fn of_classes(&self) -> bool {
                $classes
            }
            fn value(&self, predictions: &$crate::Predictions<'_>) -> f64 {
                let value: fn(&$crate::Predictions<'_>) -> f64 = $value;
                value(predictions)
            }
        }

        ::tunesmith_core::register!($crate::MetricEntry, $Name);
    };
}
use metric;
