//! The losses, one file each. All are means, as in PyTorch: over all numbers, or over rows for classes.

mod binary_cross_entropy;
mod binary_cross_entropy_with_logits;
mod cross_entropy;
mod huber;
mod mae;
mod mse;

use std::fmt::Debug;

use tunesmith_autodiff::Var;
use tunesmith_core::{Describe, Error, Meta, Place, Plug, find, from_table, kind};

/// What a loss compares predictions with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Targets {
    /// A class per row, as an index.
    Classes,
    /// Zeros and ones, shaped like the predictions.
    Binary,
    /// Numbers, shaped like the predictions.
    Numbers,
}

/// What is made small.
pub trait Loss: Debug + Send + Sync {
    /// What it compares predictions with.
    fn targets(&self) -> Targets;

    /// The mean over a batch of `rows` rows, of which `prediction` and `target` are a part: parts add up to the mean of
    /// the whole.
    fn value(&self, prediction: &Var, target: &Var, rows: usize) -> Var;

    /// Whether a model's output is of the kind this loss takes.
    ///
    /// # Errors
    /// What it needs instead; the text goes on after the loss's name.
    fn check(&self, output: &Var) -> Result<(), String> {
        let _ = output;
        Ok(())
    }

    /// What a prediction means: probabilities for a classifier's logits.
    fn interpret(&self, prediction: &Var) -> Var {
        prediction.clone()
    }
}

kind! {
    /// A registered loss.
    pub struct LossEntry: "loss", "losses" => Box<dyn Loss>;
}

impl LossEntry {
    /// The entry of a described loss.
    #[must_use]
    pub const fn of<T: Describe + Loss>(place: Place) -> Self {
        Self::new(Meta::of::<T>(place), |table, at| Ok(Box::new(from_table::<T>(table, at)?)))
    }
}

/// The loss a plug names.
///
/// # Errors
/// When none of that name is linked, or its settings are not possible.
pub fn find_loss(plug: &Plug, at: &str) -> Result<Box<dyn Loss>, Error> {
    find::<LossEntry>(&plug.name, at)?.build(&plug.config, at)
}

/// The mean of a number per element, where the elements are a part of a batch of `rows` rows.
#[track_caller]
fn mean_of(each: &Var, rows: usize) -> Var {
    let per_row: usize = each.shape().dims()[1..].iter().product();
    each.sum() * (1.0 / (rows * per_row) as f64)
}

/// States a loss without parameters on numbers: its name, what it is, its expression per element.
macro_rules! elementwise_loss {
    ($(#[$doc:meta])* $Name:ident, $name:literal, $about:literal, |$difference:ident| $value:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default)]
        pub(crate) struct $Name;

        impl ::tunesmith_core::Describe for $Name {
            const NAME: &'static str = $name;
            const ABOUT: &'static str = $about;
        }

        impl $crate::Loss for $Name {
            fn targets(&self) -> $crate::Targets {
                $crate::Targets::Numbers
            }

            fn value(
                &self,
                prediction: &::tunesmith_autodiff::Var,
                target: &::tunesmith_autodiff::Var,
                rows: usize,
            ) -> ::tunesmith_autodiff::Var {
                let $difference = prediction - target;
                super::mean_of(&$value, rows)
            }
        }

        ::tunesmith_core::register!($crate::LossEntry, $Name);
    };
}
use elementwise_loss;
