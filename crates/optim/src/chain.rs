//! `Chain`: transforms one after the other.

use std::sync::Arc;

use crate::erase::AnyLink;
use crate::{StateSpec, Transform};

/// Transforms one after the other; a single transform is a chain of one. Built by [`chain!`](crate::chain!).
#[derive(Clone, Debug, Default)]
pub struct Chain {
    links: Vec<Arc<dyn AnyLink>>,
}

impl Chain {
    /// A chain that leaves gradients as they are.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The chain with another transform or chain behind it.
    #[must_use]
    pub fn then(mut self, next: impl Into<Chain>) -> Self {
        self.links.extend(next.into().links);
        self
    }

    /// Number of transforms.
    #[must_use]
    pub fn len(&self) -> usize {
        self.links.len()
    }

    /// Whether gradients stay as they are.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    /// The state all its transforms keep, in order.
    #[must_use]
    pub fn states(&self) -> Vec<StateSpec> {
        self.links.iter().flat_map(|link| link.states()).collect()
    }

    pub(crate) fn links(&self) -> &[Arc<dyn AnyLink>] {
        &self.links
    }
}

impl<X: Transform> From<X> for Chain {
    fn from(transform: X) -> Self {
        Self { links: vec![Arc::new(transform)] }
    }
}

/// A transform that may be absent.
impl<X: Transform> From<Option<X>> for Chain {
    fn from(transform: Option<X>) -> Self {
        transform.map_or_else(Self::new, Self::from)
    }
}

/// Makes a [`Chain`] of transforms, optional transforms and chains, first to last.
///
/// ```
/// use tunesmith_optim::{AddL2, ClipByGlobalNorm, ScaleByLearningRate, chain};
/// let decay = (0.01 > 0.0).then(|| AddL2::new(0.01));
/// let chain = chain!(ClipByGlobalNorm::new(1.0), decay, ScaleByLearningRate::new(0.1));
/// assert_eq!(chain.len(), 3);
/// ```
#[macro_export]
macro_rules! chain {
    ($($link:expr),* $(,)?) => {
        $crate::Chain::new()$(.then($link))*
    };
}
