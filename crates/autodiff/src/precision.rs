//! `Precision`: to how many bits products of matrices round what they multiply.

use std::fmt;

/// The numbers that products of matrices multiply: as they are, or rounded. Sums always have 32 bits.
///
/// ```
/// use tunesmith_autodiff::{Graph, Precision};
/// let graph = Graph::new().in_precision(Precision::Bf16);
/// assert_eq!(graph.precision(), Precision::Bf16);
/// assert_eq!(Precision::find("bf16"), Some(Precision::Bf16));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// As they are.
    #[default]
    F32,
    /// Operands are rounded to bf16 (eight significant bits, the range of `f32`) where every side of the product is at
    /// least 16; graphs run in `f64` take no notice. It is faster on machines with AMX only.
    Bf16,
}

impl Precision {
    /// The names of all, in order.
    pub const NAMES: [&str; 2] = ["f32", "bf16"];

    /// The one with a name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        [Self::F32, Self::Bf16].into_iter().find(|precision| precision.name() == name)
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
