//! What is done to gradients before the optimizer's rule sees them.

use tunesmith_optim::{AddL1, AddL2, Chain, ClipByGlobalNorm, ClipByValue, Segment};

use crate::settings::Training;

/// Penalties and clipping, which come before the rule: penalties first, so that clipping bounds what they add.
pub(crate) fn before_the_rule(training: &Training) -> Chain {
    let mut chain = Chain::new();
    if training.l2 > 0.0 {
        chain = chain.then(AddL2::new(training.l2).only(Segment::is_weight));
    }
    if training.l1 > 0.0 {
        chain = chain.then(AddL1::new(training.l1).only(Segment::is_weight));
    }
    if let Some(limit) = training.clip_value {
        chain = chain.then(ClipByValue::new(limit));
    }
    if let Some(limit) = training.clip_norm {
        chain = chain.then(ClipByGlobalNorm::new(limit));
    }
    chain
}
