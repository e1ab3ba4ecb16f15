//! Cautious steps (Liang et al. 2024): only where a rule agrees with the gradient.

use tunesmith_core::{Describe, Param, Plug, register};
use tunesmith_tensor::kernel::{Real, elementwise};

use super::{adam, inner, made, takes_one_gradient};
use crate::{Chain, Chunk, OptimizerEntry, Parts, Rule, Scope, Step, Transform, chain};

/// Leaves out the elements of another rule's step that point along the gradient instead of against it, and lengthens
/// the rest of the parameter's step by the share that was left out (at most a thousand times). A decay that is part of
/// the inner rule is part of the step that is judged.
///
/// ```
/// use tunesmith_core::Plug;
/// use tunesmith_optim::{Cautious, Rule};
/// let lion = Cautious { inner: Plug::new("lion") };
/// assert_eq!(lion.lr(), 1e-4);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Cautious {
    /// The rule whose steps are taken where they agree with the gradient.
    pub inner: Plug,
}

impl Default for Cautious {
    fn default() -> Self {
        Self { inner: adam() }
    }
}

impl Describe for Cautious {
    const NAME: &'static str = "cautious";
    const ABOUT: &'static str = "another rule's step, only where it agrees with the gradient";
    const SOURCE: &'static str = "Liang et al. 2024, arXiv 2411.16085";
    const PARAMS: &'static [Param<Self>] = &[inner(|s: &mut Self| &mut s.inner)];

    fn check(&self) -> Result<(), String> {
        takes_one_gradient(&self.inner)
    }
}

impl Rule for Cautious {
    fn lr(&self) -> f64 {
        made(&self.inner).lr()
    }

    fn momentum(&self) -> Option<f64> {
        made(&self.inner).momentum()
    }

    fn full_batch(&self) -> bool {
        made(&self.inner).full_batch()
    }

    fn transform(self) -> impl Into<Chain> {
        chain!(made(&self.inner).chain(), WhereAgreed)
    }
}

register!(OptimizerEntry, Cautious);

#[derive(Debug)]
struct WhereAgreed;

impl Transform for WhereAgreed {
    fn scope(&self) -> Scope {
        Scope::Tensor
    }

    fn scratch(&self, shape: &[usize]) -> usize {
        shape.iter().product()
    }

    fn update<T: Real>(&self, _: &Step, chunk: Chunk<'_, T>) {
        let mut parts = chunk.parts::<0>();
        let gradient = std::mem::take(&mut parts.scratch);
        parts.write_gradient(gradient);
        let Parts { update, .. } = parts;
        // Of signs: the product of two small numbers is zero.
        let agreed = |u: T, g: T| u.signum() * g.signum() > T::ZERO;
        let count = update.iter().zip(&*gradient).filter(|&(&u, &g)| agreed(u, g)).count();
        let lengthened = T::from_f64(1.0 / (count as f64 / update.len() as f64).max(1e-3));
        elementwise::zip_in_place(
            update,
            gradient,
            |u, g| if agreed(u, g) { lengthened * u } else { T::ZERO },
        );
    }
}
