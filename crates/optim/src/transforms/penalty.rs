//! `AddL2`, `AddL1`: what a penalty on the weights adds to the gradient.

use tunesmith_tensor::kernel::{Real, reduce};

use crate::{Chunk, Idle, Segment, Step, Transform};

/// Adds `l2 * value` to updates: L2 regularisation before a rule, decoupled weight decay behind its scaling.
///
/// The convention is PyTorch's `weight_decay`: the penalty on the loss is `l2 / 2 * sum(value²)`. Keras's
/// `l2 * sum(value²)` is twice as strong.
///
/// ```
/// use tunesmith_optim::{AddL2, ScaleByAdam, ScaleByLearningRate, Segment, chain};
/// let adam = ScaleByAdam { beta1: 0.9, beta2: 0.999, ..ScaleByAdam::default() };
/// let adam_with_l2 = chain!(AddL2::new(0.01), adam, ScaleByLearningRate::new(1e-3));
/// let adamw = chain!(adam, AddL2::new(0.01).only(Segment::is_weight), ScaleByLearningRate::new(1e-3));
/// assert_eq!(adam_with_l2.len(), adamw.len());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AddL2 {
    l2: f64,
    on: Option<fn(&Segment) -> bool>,
}

impl AddL2 {
    /// The strength of the decay, on all parameters.
    #[must_use]
    pub const fn new(l2: f64) -> Self {
        Self { l2, on: None }
    }

    /// The decay on all parameters, or nothing when its strength is zero.
    #[must_use]
    pub fn unless_zero(l2: f64) -> Option<Self> {
        (l2 != 0.0).then(|| Self::new(l2))
    }

    /// Only on the parameters the predicate selects, such as [`Segment::is_weight`].
    #[must_use]
    pub const fn only(mut self, on: fn(&Segment) -> bool) -> Self {
        self.on = Some(on);
        self
    }
}

impl Transform for AddL2 {
    fn idle(&self) -> Idle {
        Idle::Moves
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let l2 = T::from_f64(step.decay(self.l2));
        on_selected(chunk, self.on, |update, value| update + l2 * value);
    }

    fn penalty<T: Real>(&self, step: &Step, segment: &Segment, value: &[T]) -> f64 {
        let on = self.on.is_none_or(|on| on(segment));
        if on { step.decay(self.l2) / 2.0 * reduce::sum_of_squares(value).to_f64() } else { 0.0 }
    }
}

/// Adds `l1 * sign(value)` to updates: the gradient of the penalty `l1 * sum(|value|)`, zero at zero.
///
/// ```
/// use tunesmith_optim::{AddL1, AddL2, Segment, chain};
/// let penalty = AddL1::new(1e-4).only(Segment::is_weight);
/// let elastic_net = chain!(AddL1::new(1e-4), AddL2::new(1e-3)); // Zou & Hastie 2005
/// assert_eq!(elastic_net.len(), 2);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AddL1 {
    l1: f64,
    on: Option<fn(&Segment) -> bool>,
}

impl AddL1 {
    /// The strength of the penalty, on all parameters.
    #[must_use]
    pub const fn new(l1: f64) -> Self {
        Self { l1, on: None }
    }

    /// Only on the parameters the predicate selects, such as [`Segment::is_weight`].
    #[must_use]
    pub const fn only(mut self, on: fn(&Segment) -> bool) -> Self {
        self.on = Some(on);
        self
    }
}

impl Transform for AddL1 {
    fn idle(&self) -> Idle {
        Idle::Moves
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let l1 = T::from_f64(step.decay(self.l1));
        on_selected(chunk, self.on, |update, value| update + l1 * value.signum());
    }

    fn penalty<T: Real>(&self, step: &Step, segment: &Segment, value: &[T]) -> f64 {
        let on = self.on.is_none_or(|on| on(segment));
        if on { step.decay(self.l1) * reduce::sum_by(value, |x| x.abs()).to_f64() } else { 0.0 }
    }
}

#[inline(always)]
fn on_selected<T: Real>(chunk: Chunk<'_, T>, on: Option<fn(&Segment) -> bool>, f: impl Fn(T, T) -> T) {
    match on {
        Some(on) => chunk.each_where(on, |update, value, []| (f(update, value), [])),
        None => chunk.each(|update, value, []| (f(update, value), [])),
    }
}
