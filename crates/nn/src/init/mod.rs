//! The initialisers, one file each: how parameters start.

mod constant;
mod normal;
mod orthogonal;
mod uniform;
mod variance;
mod zeros;

use std::fmt::Debug;

use tunesmith_core::{Describe, Error, Generator, Meta, Place, Plug, find, from_table, kind};
use tunesmith_tensor::Shape;

/// How many numbers go into one output, and how many outputs one input goes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fans {
    /// Into one output.
    pub input: f64,
    /// From one input.
    pub output: f64,
}

impl Fans {
    /// The fans of a weight `[out, in, ...]`: axes behind the second are a kernel's window, as in PyTorch.
    #[must_use]
    pub fn of(shape: &Shape) -> Self {
        match shape.dims() {
            [] => Self { input: 1.0, output: 1.0 },
            [n] => Self { input: *n as f64, output: *n as f64 },
            [out, input, window @ ..] => {
                let window = window.iter().product::<usize>() as f64;
                Self { input: *input as f64 * window, output: *out as f64 * window }
            }
        }
    }
}

/// Fills a new parameter.
pub trait Init: Debug + Send + Sync {
    /// Fills `out`, row-major of that shape.
    fn fill(&self, shape: &Shape, generator: &mut Generator, out: &mut [f64]);
}

kind! {
    /// A registered initialiser.
    pub struct InitEntry: "init", "inits" => Box<dyn Init>;
}

impl InitEntry {
    /// The entry of a described initialiser.
    #[must_use]
    pub const fn of<T: Describe + Init>(place: Place) -> Self {
        Self::new(Meta::of::<T>(place), |table, at| Ok(Box::new(from_table::<T>(table, at)?)))
    }
}

/// The initialiser a plug names.
///
/// # Errors
/// When none of that name is linked, or its settings are not possible.
pub fn find_init(plug: &Plug, at: &str) -> Result<Box<dyn Init>, Error> {
    find::<InitEntry>(&plug.name, at)?.build(&plug.config, at)
}
