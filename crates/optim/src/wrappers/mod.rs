//! Rules around a rule: each takes any other as `inner` and puts transforms before or behind its chain.

use std::sync::Arc;

use tunesmith_core::{Param, Plug};

use crate::{Optimizer, OptimizerEntry};

mod cautious;
mod ema;
mod gradient_centralization;
mod lookahead;
mod sam;
mod swa;

pub use cautious::Cautious;
pub use ema::Ema;
pub use gradient_centralization::GradientCentralization;
pub use lookahead::Lookahead;
pub use sam::Sam;
pub use swa::Swa;

/// The setting that names the rule inside.
const fn inner<T>(field: fn(&mut T) -> &mut Plug) -> Param<T> {
    Param::plug("inner", "optimizer", field, "the rule inside")
}

/// Adam, the rule inside when none is named.
fn adam() -> Plug {
    Plug::new("adam")
}

/// The rule that a plug names.
///
/// # Panics
/// When the plug is not sound; one that was read from a recipe is, because reading checks it.
fn made(inner: &Plug) -> Arc<dyn Optimizer> {
    match OptimizerEntry::make(inner, "inner") {
        Ok(optimizer) => optimizer.into(),
        Err(error) => panic!("{error}"),
    }
}

/// Refuses a rule inside that takes more than one gradient a step: around it no transform can stand.
fn takes_one_gradient(inner: &Plug) -> Result<(), String> {
    let asks_more = OptimizerEntry::make(inner, "inner").is_ok_and(|optimizer| optimizer.needs_closure());
    if asks_more {
        let name = &inner.name;
        return Err(format!("`{name}` takes more than one gradient a step and must be the outermost rule"));
    }
    Ok(())
}
