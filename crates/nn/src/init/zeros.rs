//! Zeros.

use crate::plugin::*;

/// All zero.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Zeros;

impl Describe for Zeros {
    const NAME: &'static str = "zeros";
    const ABOUT: &'static str = "all zero: the usual start of a bias";
}

impl Init for Zeros {
    fn fill(&self, _shape: &Shape, _generator: &mut Generator, out: &mut [f64]) {
        out.fill(0.0);
    }
}

register!(InitEntry, Zeros);
