//! The losses, one file each. All are means, as in PyTorch: over all numbers, or over rows for classes.
//!
//! Losses of parts find them side by side in one row of predictions: `triplet` takes `[rows, 3 * d]` (anchor, positive,
//! negative), `cosine_embedding` `[rows, 2 * d]`, `bpr` `[rows, 2]` (the score of the wanted item and of another).

mod batch;
pub(crate) mod probe;

mod binary_cross_entropy;
mod binary_cross_entropy_with_logits;
mod bpr;
mod cosine_embedding;
mod cosine_similarity;
mod cross_entropy;
mod cross_entropy_soft_targets;
mod ctc;
mod focal_with_logits;
mod hinge;
mod huber;
mod joint;
mod kl_div;
mod log_cosh;
mod mae;
mod margin_ranking;
mod mse;
mod multi_margin;
mod nll;
mod poisson_nll;
mod smooth_l1;
mod soft_margin;
mod squared_hinge;
mod triplet;

use std::fmt::Debug;

use tunesmith_autodiff::Var;
use tunesmith_core::{Describe, Error, Meta, Param, Place, Plug, find, from_table, kind};
use tunesmith_tensor::Shape;

pub use batch::Batch;
pub use tunesmith_autodiff::ops::class_weights::ClassWeights;

/// What a loss compares predictions with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Targets {
    /// A class per row, or per position of a row: indices `[rows]` or `[rows, positions]` for predictions whose last axis
    /// is the classes.
    Classes,
    /// Zeros and ones, shaped like the predictions.
    Binary,
    /// Numbers, shaped like the predictions.
    Numbers,
    /// One zero or one per row, as numbers `[rows]`, for predictions of any shape.
    Flags,
    /// A sequence of classes per row: indices `[rows, longest]`, filled up with class 0.
    Sequences,
    /// Nothing: what a row of predictions should be follows from its parts.
    Nothing,
}

/// What is made small.
///
/// An author states what is compared and the mean over the batch; [`Batch::mean`] knows by what to divide and how much a
/// row counts:
///
/// ```
/// use tunesmith_nn::plugin::*;
///
/// /// The mean of the fourth power of the difference.
/// #[derive(Clone, Debug, Default)]
/// struct Quartic;
/// impl Describe for Quartic {
///     const NAME: &'static str = "quartic";
///     const ABOUT: &'static str = "mean fourth power of the difference";
/// }
/// impl Loss for Quartic {
///     fn targets(&self) -> Targets {
///         Targets::Numbers
///     }
///     fn value(&self, prediction: &Var, target: &Var, batch: &Batch) -> Var {
///         batch.mean(&(prediction - target).square().square())
///     }
/// }
/// register!(LossEntry, Quartic);
/// assert!(tunesmith_nn::loss::find_loss(&Plug::new("quartic"), "training.loss").is_ok());
/// ```
pub trait Loss: Debug + Send + Sync {
    /// What it compares predictions with.
    fn targets(&self) -> Targets;

    /// The mean over a batch of which `prediction` and `target` are a part: parts add up to the mean of the whole.
    /// A loss of [`Targets::Nothing`] finds a zero as its target.
    fn value(&self, prediction: &Var, target: &Var, batch: &Batch) -> Var;

    /// How much labels count in the mean, when not all count one; only for [`Targets::Classes`].
    ///
    /// PyTorch's mean with class weights or an ignored label divides by what the labels of the batch count together. A part
    /// of a batch does not know that; so who feeds the batch adds it up by these weights and hands it over in [`Batch`].
    fn label_weights(&self) -> Option<ClassWeights> {
        None
    }

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

/// Two tables of rows side by side, or more: a prediction `[rows, parts * d]` or `[rows, parts, d]` as `parts` values
/// `[rows, d]`.
fn parts_of(prediction: &Var, parts: usize) -> Vec<Var> {
    let rows = prediction.shape().dims()[0];
    let flat = prediction.flatten(1);
    let width = flat.shape().dims()[1] / parts;
    (0..parts).map(|part| flat.slice(1, part * width, width).reshape([rows, width])).collect()
}

/// Whether a prediction holds `parts` equal parts side by side.
fn check_parts(output: &Var, parts: usize, what: &str) -> Result<(), String> {
    let shape = output.shape();
    let fits = match &shape.dims()[1..] {
        [width] => *width > 0 && width.is_multiple_of(parts),
        [count, width] => *count == parts && *width > 0,
        _ => false,
    };
    let found = Shape::from(&shape.dims()[1..]);
    if fits { Ok(()) } else { Err(format!("needs {what} side by side, the model puts out {found} a row")) }
}

/// Whether a prediction is two scores.
fn check_scores(output: &Var) -> Result<(), String> {
    let found = Shape::from(&output.shape().dims()[1..]);
    if found.numel() == 2 {
        Ok(())
    } else {
        Err(format!("needs two scores a row, the model puts out {found}"))
    }
}

/// Whether class weights are one per class of the prediction's last axis.
fn check_weights(weights: &ClassWeights, output: &Var) -> Result<(), String> {
    let classes = output.shape().dims().last().copied().unwrap_or(0);
    match weights.weights() {
        Some(weights) if weights.len() != classes => {
            Err(format!("has {} numbers in class_weight, the model {classes} classes", weights.len()))
        }
        _ => Ok(()),
    }
}

/// The settings `class_weight` and `ignore_index` of a loss of classes.
fn label_weights(class_weight: &[f64], ignore_index: Option<f64>) -> ClassWeights {
    ClassWeights::new(class_weight, ignore_index.map(|label| label as i64))
}

/// Whether a label is a whole number.
fn check_label(ignore_index: Option<f64>) -> Result<(), String> {
    match ignore_index {
        Some(label) if label.fract() != 0.0 => {
            Err(format!("ignore_index is a label, a whole number, not {label}"))
        }
        _ => Ok(()),
    }
}

/// The description of a setting `class_weight`.
const fn class_weight<T>(field: fn(&mut T) -> &mut Vec<f64>) -> Param<T> {
    Param::floats("class_weight", field, "how much each class counts, in the order of the classes")
        .valid(0.0, 1e9)
}

/// The description of a setting `ignore_index`.
const fn ignore_index<T>(field: fn(&mut T) -> &mut Option<f64>) -> Param<T> {
    Param::optional_float("ignore_index", -100.0, -100.0, field, "the label that counts for nothing").fixed()
}

/// Targets of zero and one as -1 and 1.
fn signs(target: &Var) -> Var {
    target * 2.0 - 1.0
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
                batch: &$crate::Batch,
            ) -> ::tunesmith_autodiff::Var {
                let $difference = prediction - target;
                batch.mean(&$value)
            }
        }

        ::tunesmith_core::register!($crate::LossEntry, $Name);
    };
}
use elementwise_loss;

/// States a loss of margins: its name, what it is, its expression of `sign * prediction`, the sign from a zero or one.
macro_rules! margin_loss {
    ($(#[$doc:meta])* $Name:ident, $name:literal, $about:literal, |$margin:ident| $value:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default)]
        pub(crate) struct $Name;

        impl ::tunesmith_core::Describe for $Name {
            const NAME: &'static str = $name;
            const ABOUT: &'static str = $about;
        }

        impl $crate::Loss for $Name {
            fn targets(&self) -> $crate::Targets {
                $crate::Targets::Binary
            }

            fn value(
                &self,
                prediction: &::tunesmith_autodiff::Var,
                target: &::tunesmith_autodiff::Var,
                batch: &$crate::Batch,
            ) -> ::tunesmith_autodiff::Var {
                let $margin = super::signs(target) * prediction;
                batch.mean(&$value)
            }

            // Read as a logit: the sign decides, and the order of scores stays.
            fn interpret(&self, prediction: &::tunesmith_autodiff::Var) -> ::tunesmith_autodiff::Var {
                prediction.sigmoid()
            }
        }

        ::tunesmith_core::register!($crate::LossEntry, $Name);
    };
}
use margin_loss;
