//! `Slots`: an optimizer for values that do not live in one slab.

use tunesmith_tensor::Par;

use crate::{Element, Layout, Optimizer, Pace, StepError};

/// One parameter with its gradient, wherever they live.
#[derive(Debug)]
pub struct Slot<'a, T> {
    /// The parameter's name, unique among its slots.
    pub name: &'a str,
    /// The parameter's shape.
    pub shape: &'a [usize],
    /// Its values, row-major.
    pub value: &'a mut [T],
    /// Their gradient.
    pub grad: &'a [T],
}

/// An optimizer for `(value, gradient)` pairs that do not live in one slab: it copies them in and the values out.
///
/// ```
/// use tunesmith_optim::{Pace, Rule, Sgd, Slot, Slots};
/// let mut slots = Slots::new(Sgd { lr: 0.1, momentum: 0.5, ..Sgd::default() }.optimizer());
/// let (mut slope, mut offset) = ([0.0_f64], [0.0_f64]);
/// for _ in 0..100 {
///     // The distance of slope x + offset from 2 x + 1 at x = -1 and x = 1.
///     let (d_slope, d_offset) = ([2.0 * (slope[0] - 2.0)], [2.0 * (offset[0] - 1.0)]);
///     let slope = Slot { name: "slope", shape: &[], value: &mut slope, grad: &d_slope };
///     let offset = Slot { name: "offset", shape: &[], value: &mut offset, grad: &d_offset };
///     slots.step(&mut [slope, offset], Pace::default()).unwrap();
/// }
/// assert!((slope[0] - 2.0).abs() < 1e-6 && (offset[0] - 1.0).abs() < 1e-6);
/// ```
#[derive(Debug)]
pub struct Slots<T> {
    optimizer: Box<dyn Optimizer>,
    layout: Option<Layout>,
    values: Vec<T>,
    gradients: Vec<T>,
}

impl<T: Element> Slots<T> {
    /// The optimizer makes its state at the first step.
    #[must_use]
    pub fn new(optimizer: Box<dyn Optimizer>) -> Self {
        Self { optimizer, layout: None, values: Vec::new(), gradients: Vec::new() }
    }

    /// The optimizer inside, for its state.
    pub fn optimizer(&mut self) -> &mut dyn Optimizer {
        &mut *self.optimizer
    }

    /// Takes one step on all slots, on the calling thread.
    ///
    /// # Errors
    /// When a gradient is not finite; values and state are then as they were before.
    ///
    /// # Panics
    /// When a value and its gradient differ in length, a length is not what the shape says, or the slots are not
    /// those of the first step.
    #[track_caller]
    pub fn step(&mut self, slots: &mut [Slot<'_, T>], pace: Pace) -> Result<(), StepError> {
        if self.layout.is_none() {
            let layout = Layout::packed(slots.iter().map(|slot| (slot.name, slot.shape.to_vec())));
            self.values.resize(layout.len(), T::ZERO);
            self.gradients.resize(layout.len(), T::ZERO);
            self.optimizer.init(&layout, T::DTYPE);
            self.layout = Some(layout);
        }
        let segments = self.layout.as_ref().map_or(&[][..], Layout::segments);
        assert!(segments.len() == slots.len(), "step: {} slots, at first {}", slots.len(), segments.len());
        for (segment, slot) in segments.iter().zip(slots.iter()) {
            let (name, shape) = (slot.name, slot.shape);
            assert!(
                segment.name == name && segment.shape == shape,
                "step: the slot `{name}` of shape {shape:?} was `{}` of shape {:?} at first",
                segment.name,
                segment.shape
            );
            assert!(
                slot.value.len() == segment.range.len() && slot.grad.len() == segment.range.len(),
                "step: the slot `{name}` of shape {shape:?} has {} values and {} gradients",
                slot.value.len(),
                slot.grad.len()
            );
            self.values[segment.range.clone()].copy_from_slice(slot.value);
            self.gradients[segment.range.clone()].copy_from_slice(slot.grad);
        }
        self.optimizer.step(&mut self.values, &[&self.gradients], pace, Par::Seq)?;
        for (segment, slot) in segments.iter().zip(slots) {
            slot.value.copy_from_slice(&self.values[segment.range.clone()]);
        }
        Ok(())
    }
}
