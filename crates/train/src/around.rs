//! What a recipe puts around the rule: penalties and clipping before it, constraints behind it, groups and widths.

use tunesmith_core::{Error, Seed, Why};
use tunesmith_nn::Sequential;
use tunesmith_optim::{
    AddL1, AddL2, AddNoise, AddOrthogonality, Chain, ClipByGlobalNorm, ClipByValue, ConstrainNorm, Group,
    GroupEntry, Groups, Layout, Optimizer, Segment, WidthTransfer,
};

use crate::settings::{NORMALIZED, Training};
use crate::timetable::Timetable;

/// The power of the step by which the noise on gradients fades (Neelakantan et al. 2015).
const FADING: f64 = 0.55;

/// Penalties, noise and clipping, which come before the rule: clipping last, so that it bounds what the others add.
pub(crate) fn before_the_rule(training: &Training) -> Chain {
    let mut chain = Chain::new();
    if training.l2 > 0.0 {
        chain = chain.then(AddL2::new(training.l2).only(Segment::is_weight));
    }
    if training.l1 > 0.0 {
        chain = chain.then(AddL1::new(training.l1).only(Segment::is_weight));
    }
    if training.orthogonal > 0.0 {
        chain = chain.then(AddOrthogonality::new(training.orthogonal));
    }
    if let Some(eta) = training.gradient_noise {
        let seed = Seed::new(training.seed as u64).named("gradient noise");
        chain = chain.then(AddNoise { eta, gamma: FADING, seed });
    }
    if let Some(limit) = training.clip_value {
        chain = chain.then(ClipByValue::new(limit));
    }
    if let Some(limit) = training.clip_norm {
        chain = chain.then(ClipByGlobalNorm::new(limit));
    }
    chain
}

/// Constraints on the values after the step.
pub(crate) fn behind_the_rule(training: &Training) -> Chain {
    match training.max_norm {
        Some(most) => ConstrainNorm::at_most(most).into(),
        None if training.unit_norm => ConstrainNorm::unit().into(),
        None => Chain::new(),
    }
}

/// The layout with its parameters treated as groups and the decay from layer to layer say.
pub(crate) fn treated(training: &Training, layout: &Layout, timetable: &Timetable) -> Result<Layout, Error> {
    let at = |i: usize| format!("training.groups.{i}");
    let made = training.groups.iter().enumerate().map(|(i, plug)| GroupEntry::make(plug, &at(i)));
    let mut groups =
        Groups::new(made.collect::<Result<Vec<Group>, Error>>()?).layer_decay(training.layer_decay);
    groups.check(layout).map_err(|(i, because)| Error::new(at(i), Why::Conflict { because }))?;
    if let Some(apart) = training.gradual_unfreezing {
        let (layers, epochs) = (layout.layers().len(), training.epochs);
        let wait = layers.saturating_sub(1).saturating_mul(apart);
        if wait >= epochs {
            let because = format!(
                "the first of {layers} layers would wait for {wait} epochs and the training has {epochs}: train longer, or leave it out"
            );
            return Err(Error::new("training.gradual_unfreezing", Why::Conflict { because }));
        }
        groups = groups.gradual_unfreezing(apart);
    }
    Ok(groups.on_over(layout, |epochs| timetable.share(epochs)))
}

/// The layout with the rows of sparse parameters called sparse.
pub(crate) fn sparse(model: &Sequential, optimizer: &dyn Optimizer, layout: Layout) -> Result<Layout, Error> {
    let names: Vec<String> =
        model.params().into_iter().filter(|param| param.sparse).map(|param| param.name).collect();
    if let (Some(name), Some(because)) = (names.first(), optimizer.refuses_sparse()) {
        let because = format!(
            "{because}, and the rows of `{name}` are sparse: choose sgd, adagrad, adam or another rule of single elements, or leave out `sparse = true`"
        );
        return Err(Error::new("training.optimizer", Why::Conflict { because }));
    }
    Ok(layout.sparse(|segment| names.contains(&segment.name)))
}

/// How rates found at another width are scaled.
pub(crate) fn width_transfer(training: &Training) -> Option<WidthTransfer> {
    let normalized = training.base_steps == NORMALIZED;
    training.base_width.map(|base| WidthTransfer { base, normalized })
}
