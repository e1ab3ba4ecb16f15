//! The activations, one file each.

mod celu;
mod elu;
mod gelu;
mod hardshrink;
mod hardsigmoid;
mod hardswish;
mod hardtanh;
mod leaky_relu;
mod linear;
mod log_softmax;
mod logsigmoid;
mod mish;
mod relu;
mod relu6;
mod selu;
mod sigmoid;
mod silu;
mod softmax;
mod softplus;
mod softshrink;
mod softsign;
mod tanh;
mod tanhshrink;

use std::fmt::Debug;

use tunesmith_autodiff::Var;
use tunesmith_core::{Describe, Error, Meta, Place, Plug, find, from_table, kind};

/// A function that follows a layer's sum.
pub trait Activation: Debug + Send + Sync {
    /// Applies it to a tensor of any shape.
    fn apply(&self, x: &Var) -> Var;
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
