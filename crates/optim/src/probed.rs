//! `Probed`: a rule whose gradient is asked for at other values first, around the optimizer that then steps.

use std::fmt::Debug;

use tunesmith_tensor::{DType, Par};

use crate::{Chain, Element, Evaluate, Gradient, Layout, Optimizer, Pace, StateEntry, StateSpec, StepError};

/// What is done with further evaluations before a step.
pub(crate) trait Probe: Debug + Send {
    /// How many slabs it works with besides `gradient` and `trial`.
    const OTHERS: usize = 0;

    /// Leaves in `gradient` what to step with: it holds the gradient at `values`. May change the state of the optimizer
    /// that steps; `trial` is for values to evaluate at, `others` for anything.
    fn look<T: Element>(
        &self,
        inner: &mut dyn Optimizer,
        values: &[T],
        evaluate: &mut Evaluate<'_, T>,
        slabs: &mut Slabs<T>,
        pace: Pace,
    );
}

/// The working memory of a probe.
#[derive(Debug)]
pub(crate) struct Slabs<T> {
    pub(crate) gradient: Vec<T>,
    pub(crate) trial: Vec<T>,
    pub(crate) others: Vec<Vec<T>>,
}

impl<T: Element> Slabs<T> {
    fn of_length(length: usize, others: usize) -> Self {
        let zeros = || vec![T::ZERO; length];
        Self { gradient: zeros(), trial: zeros(), others: (0..others).map(|_| zeros()).collect() }
    }
}

/// A probe and the optimizer that steps with what it finds.
#[derive(Debug)]
pub(crate) struct Probed<P> {
    name: &'static str,
    probe: P,
    inner: Box<dyn Optimizer>,
    single: Slabs<f32>,
    double: Slabs<f64>,
}

impl<P: Probe> Probed<P> {
    pub(crate) fn new(name: &'static str, probe: P, inner: Box<dyn Optimizer>) -> Self {
        Self { name, probe, inner, single: Slabs::of_length(0, 0), double: Slabs::of_length(0, 0) }
    }
}

macro_rules! step_with {
    ($step:ident, $step_with:ident, $slabs:ident, $real:ty) => {
        fn $step(
            &mut self,
            _: &mut [$real],
            _: Gradient<'_, $real>,
            _: Pace,
            _: Par,
        ) -> Result<(), StepError> {
            panic!("step: `{}` takes more than one gradient a step, call `step_with`", self.name)
        }

        fn $step_with(
            &mut self,
            values: &mut [$real],
            evaluate: &mut Evaluate<'_, $real>,
            pace: Pace,
            par: Par,
        ) -> Result<f64, StepError> {
            let Self { probe, inner, $slabs: slabs, .. } = self;
            let loss = evaluate(values, &mut slabs.gradient);
            // What is not finite is for the optimizer inside to refuse.
            if loss.is_finite() && slabs.gradient.iter().all(|x| x.is_finite()) {
                probe.look(&mut **inner, values, evaluate, slabs, pace);
            }
            inner.$step(values, Gradient::dense(&[&slabs.gradient]), pace, par)?;
            Ok(loss)
        }
    };
}

impl<P: Probe> Optimizer for Probed<P> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn lr(&self) -> f64 {
        self.inner.lr()
    }

    fn momentum(&self) -> Option<f64> {
        self.inner.momentum()
    }

    fn full_batch(&self) -> bool {
        self.inner.full_batch()
    }

    fn needs_closure(&self) -> bool {
        true
    }

    fn prepend(&mut self, transforms: Chain) {
        self.inner.prepend(transforms);
    }

    fn append(&mut self, transforms: Chain) {
        self.inner.append(transforms);
    }

    fn chain(&self) -> Chain {
        self.inner.chain()
    }

    fn init(&mut self, layout: &Layout, dtype: DType) {
        self.inner.init(layout, dtype);
        let length = |of: DType| if dtype == of { layout.len() } else { 0 };
        self.single = Slabs::of_length(length(DType::F32), P::OTHERS);
        self.double = Slabs::of_length(length(DType::F64), P::OTHERS);
    }

    fn made_for(&self) -> Option<(&Layout, DType)> {
        self.inner.made_for()
    }

    step_with!(step_f32, step_with_f32, single, f32);
    step_with!(step_f64, step_with_f64, double, f64);

    fn average_f32(&mut self, values: &[f32], into: &mut [f32]) -> bool {
        self.inner.average_f32(values, into)
    }

    fn average_f64(&mut self, values: &[f64], into: &mut [f64]) -> bool {
        self.inner.average_f64(values, into)
    }

    fn count(&self) -> u64 {
        self.inner.count()
    }

    fn states(&self) -> Vec<StateSpec> {
        self.inner.states()
    }

    fn state_bytes(&self) -> usize {
        self.inner.state_bytes()
    }

    fn visit(&mut self, visitor: &mut dyn FnMut(StateEntry<'_>)) {
        self.inner.visit(visitor);
    }
}
