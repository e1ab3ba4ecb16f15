//! A constant.

use crate::plugin::*;

/// One number everywhere.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Constant {
    value: f64,
}

impl Describe for Constant {
    const NAME: &'static str = "constant";
    const ABOUT: &'static str = "one number everywhere";
    const PARAMS: &'static [Param<Self>] =
        &[Param::float("value", -1.0, 1.0, |s: &mut Self| &mut s.value, "the number").fixed()];
}

impl Init for Constant {
    fn fill(&self, _shape: &Shape, _generator: &mut Generator, out: &mut [f64]) {
        out.fill(self.value);
    }
}

register!(InitEntry, Constant);
