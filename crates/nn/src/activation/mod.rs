//! The activations, one file each.

mod celu;
mod elu;
mod exponential;
mod geglu;
mod gelu;
mod glu;
mod hardshrink;
mod hardsigmoid;
mod hardswish;
mod hardtanh;
mod leaky_relu;
mod linear;
mod log_softmax;
mod logsigmoid;
mod mish;
mod reglu;
mod relu;
mod relu6;
mod selu;
mod sigmoid;
mod silu;
mod softmax;
mod softmin;
mod softplus;
mod softshrink;
mod softsign;
mod sparse_plus;
mod sparse_sigmoid;
mod sparsemax;
mod squareplus;
mod swiglu;
mod tanh;
mod tanhshrink;
mod threshold;

use std::fmt::Debug;

use tunesmith_autodiff::Var;
use tunesmith_core::{Describe, Error, Meta, Place, Plug, find, from_table, kind};

use crate::Trace;

/// A function that follows a layer's sum.
pub trait Activation: Debug + Send + Sync {
    /// Applies it to a tensor of any shape whose last axis [`features`](Activation::features) accepts.
    fn apply(&self, x: &Var) -> Var;

    /// How many features it makes of so many, along the last axis; the other axes stay.
    ///
    /// # Errors
    /// What is needed, when it cannot be so many; the text goes on after the activation's name.
    fn features(&self, of: usize) -> Result<usize, String> {
        Ok(of)
    }
}

kind! {
    /// A registered activation.
    pub struct ActivationEntry: "activation", "activations" => Box<dyn Activation>;
}

impl ActivationEntry {
    /// The entry of a described activation.
    #[must_use]
    pub const fn of<T: Describe + Activation>(place: Place) -> Self {
        Self::new(Meta::of::<T>(place), |table, at| Ok(Box::new(from_table::<T>(table, at)?)))
    }
}

/// The activation a plug names.
pub(crate) fn find_activation(plug: &Plug) -> Result<Box<dyn Activation>, Error> {
    find::<ActivationEntry>(&plug.name, "activation")?.build(&plug.config, "activation")
}

/// Applies the activation a plug names, inside a layer.
///
/// # Errors
/// When none of that name is linked, or it cannot be applied to so many features.
pub(crate) fn activate(trace: &Trace, plug: &Plug, x: &Var) -> Result<Var, Error> {
    let activation = find_activation(plug)?;
    let features = x.shape().dims().last().copied().unwrap_or(0);
    let made = activation.features(features);
    made.map_err(|because| trace.error(format!("the activation {} {because}", plug.name)))?;
    Ok(activation.apply(x))
}

/// The two halves of the last axis: what is let through, and the gate.
fn halves(x: &Var) -> (Var, Var) {
    let axis = x.rank() - 1;
    let half = x.shape().dims()[axis] / 2;
    (x.slice(axis, 0, half), x.slice(axis, half, half))
}

/// Half of an even number of features.
fn half(of: usize) -> Result<usize, String> {
    if of > 0 && of.is_multiple_of(2) {
        Ok(of / 2)
    } else {
        Err(format!("halves the features, so it needs an even number of them, found {of}"))
    }
}

/// States an activation without parameters: its name, what it is, its source, its expression.
macro_rules! activation {
    ($(#[$doc:meta])* $Name:ident, $name:literal, $about:literal, $source:literal, |$x:ident| $value:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default)]
        pub(crate) struct $Name;

        impl ::tunesmith_core::Describe for $Name {
            const NAME: &'static str = $name;
            const ABOUT: &'static str = $about;
            const SOURCE: &'static str = $source;
        }

        impl $crate::Activation for $Name {
            fn apply(&self, $x: &::tunesmith_autodiff::Var) -> ::tunesmith_autodiff::Var {
                $value
            }
        }

        ::tunesmith_core::register!($crate::ActivationEntry, $Name);
    };
}
use activation;

/// States an activation that lets one half of the features through by a function of the other: its name, what it is, its
/// source, the function.
macro_rules! gated {
    ($(#[$doc:meta])* $Name:ident, $name:literal, $about:literal, $source:literal, |$gate:ident| $value:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default)]
        pub(crate) struct $Name;

        impl ::tunesmith_core::Describe for $Name {
            const NAME: &'static str = $name;
            const ABOUT: &'static str = $about;
            const SOURCE: &'static str = $source;
        }

        impl $crate::Activation for $Name {
            fn apply(&self, x: &::tunesmith_autodiff::Var) -> ::tunesmith_autodiff::Var {
                let (through, $gate) = super::halves(x);
                through * &$value
            }

            fn features(&self, of: usize) -> Result<usize, String> {
                super::half(of)
            }
        }

        ::tunesmith_core::register!($crate::ActivationEntry, $Name);
    };
}
use gated;
