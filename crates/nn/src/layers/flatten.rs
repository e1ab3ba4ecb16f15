//! Flatten: everything behind the rows in one axis.

use crate::plugin::*;

/// Joins all axes behind the rows into one: `[rows, 8, 8]` becomes `[rows, 64]`.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::Flatten};
/// assert_eq!(Sequential::new([2, 3]).with(Flatten).output_shape().dims(), [6]);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Flatten;

impl Describe for Flatten {
    const NAME: &'static str = "flatten";
    const ABOUT: &'static str = "joins all axes behind the rows into one";
}

impl Layer for Flatten {
    fn forward(&self, _trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        Ok(input.flatten(1))
    }
}

register!(LayerEntry, Flatten);
