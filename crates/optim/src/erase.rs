//! The seam between typed and erased: [`Optimizer`] is what a trainer holds, [`Transform`] what an author writes.

use std::fmt::Debug;
use std::sync::Arc;

use tunesmith_tensor::kernel::Real;
use tunesmith_tensor::{DType, Par};

use crate::engine::{Engine, Installed};
use crate::state::{Buffer, Global};
use crate::{
    Chain, Chunk, Evaluate, Globals, Gradient, Idle, Layout, MAX_GLOBALS, Optimizer, Pace, Rule, Scope,
    Segment, Size, StateData, StateEntry, StateSpec, Step, StepError, Sums, Transform, View,
};

/// An element type optimizers work on: `f32` or `f64`.
pub trait Element: Real {
    #[doc(hidden)]
    fn step(
        optimizer: &mut (dyn Optimizer + '_),
        values: &mut [Self],
        gradient: Gradient<'_, Self>,
        pace: Pace,
        par: Par,
    ) -> Result<(), StepError>;

    #[doc(hidden)]
    fn step_with(
        optimizer: &mut (dyn Optimizer + '_),
        values: &mut [Self],
        evaluate: &mut Evaluate<'_, Self>,
        pace: Pace,
        par: Par,
    ) -> Result<f64, StepError>;

    #[doc(hidden)]
    fn average(optimizer: &mut (dyn Optimizer + '_), values: &[Self], into: &mut [Self]) -> bool;

    #[doc(hidden)]
    fn link(link: Arc<dyn AnyLink>) -> Arc<dyn Link<Self>>;

    #[doc(hidden)]
    fn data(slice: &mut [Self]) -> StateData<'_>;
}

macro_rules! element {
    ($real:ty, $step:ident, $step_with:ident, $average:ident, $data:ident) => {
        impl Element for $real {
            fn step(
                optimizer: &mut (dyn Optimizer + '_),
                values: &mut [Self],
                gradient: Gradient<'_, Self>,
                pace: Pace,
                par: Par,
            ) -> Result<(), StepError> {
                optimizer.$step(values, gradient, pace, par)
            }
            fn step_with(
                optimizer: &mut (dyn Optimizer + '_),
                values: &mut [Self],
                evaluate: &mut Evaluate<'_, Self>,
                pace: Pace,
                par: Par,
            ) -> Result<f64, StepError> {
                optimizer.$step_with(values, evaluate, pace, par)
            }
            fn average(optimizer: &mut (dyn Optimizer + '_), values: &[Self], into: &mut [Self]) -> bool {
                optimizer.$average(values, into)
            }
            fn link(link: Arc<dyn AnyLink>) -> Arc<dyn Link<Self>> {
                link
            }
            fn data(slice: &mut [Self]) -> StateData<'_> {
                StateData::$data(slice)
            }
        }
    };
}
element!(f32, step_f32, step_with_f32, average_f32, F32);
element!(f64, step_f64, step_with_f64, average_f64, F64);

/// A transform as the engine of one element type sees it.
#[doc(hidden)]
pub trait Link<T>: Debug + Send + Sync {
    fn measure(&self, step: &Step, view: View<'_, T>) -> Sums;
    fn settle(&self, step: &Step, globals: &mut Globals);
    fn update(&self, step: &Step, chunk: Chunk<'_, T>);
    fn scratch(&self, shape: &[usize]) -> usize;
    fn averages(&self) -> bool;
    fn average(&self, step: &Step, view: View<'_, T>, into: &mut [T]);
    fn penalty(&self, step: &Step, segment: &Segment, value: &[T]) -> f64;
}

/// A transform without its type.
#[doc(hidden)]
pub trait AnyLink: Link<f32> + Link<f64> {
    fn states(&self) -> Vec<StateSpec>;
    fn scope(&self) -> Scope;
    fn idle(&self) -> Idle;
}

impl<X: Transform, T: Real> Link<T> for X {
    fn measure(&self, step: &Step, view: View<'_, T>) -> Sums {
        Transform::measure(self, step, view)
    }
    fn settle(&self, step: &Step, globals: &mut Globals) {
        Transform::settle(self, step, globals);
    }
    fn update(&self, step: &Step, chunk: Chunk<'_, T>) {
        Transform::update(self, step, chunk);
    }
    fn scratch(&self, shape: &[usize]) -> usize {
        Transform::scratch(self, shape)
    }
    fn averages(&self) -> bool {
        Transform::averages(self)
    }
    fn average(&self, step: &Step, view: View<'_, T>, into: &mut [T]) {
        Transform::average(self, step, view, into);
    }
    fn penalty(&self, step: &Step, segment: &Segment, value: &[T]) -> f64 {
        Transform::penalty(self, step, segment, value)
    }
}

impl<X: Transform> AnyLink for X {
    fn states(&self) -> Vec<StateSpec> {
        Transform::states(self)
    }
    fn scope(&self) -> Scope {
        Transform::scope(self)
    }
    fn idle(&self) -> Idle {
        Transform::idle(self)
    }
}

/// The last of a chain whose updates are wanted rather than the values behind them: see `Engine::updates`.
#[derive(Debug)]
pub(crate) struct Keep;

impl Transform for Keep {
    fn scope(&self) -> Scope {
        Scope::Tensor
    }

    fn update<T: Real>(&self, _: &Step, _: Chunk<'_, T>) {}
}

/// A rule's chain as an `Optimizer`.
#[derive(Debug)]
pub(crate) struct Chained {
    name: &'static str,
    lr: f64,
    momentum: Option<f64>,
    full_batch: bool,
    chain: Chain,
    engine: Typed,
    count: u64,
}

/// The one place where the element type is matched.
#[derive(Debug)]
enum Typed {
    None,
    F32(Engine<f32>),
    F64(Engine<f64>),
}

impl Chained {
    pub(crate) fn new<R: Rule>(rule: R) -> Self {
        let (lr, momentum, full_batch) = (rule.lr(), rule.momentum(), rule.full_batch());
        let chain = rule.transform().into();
        Self { name: R::NAME, lr, momentum, full_batch, chain, engine: Typed::None, count: 0 }
    }
}

/// Allocates the state of a chain.
#[track_caller]
pub(crate) fn install<T: Element>(chain: &Chain, layout: &Layout) -> Engine<T> {
    let (mut buffers, mut globals) = (0, 0);
    let links = chain.links().iter().map(|link| {
        let specs = link.states();
        let (first_buffer, first_global) = (buffers, globals);
        let own_globals = specs.iter().filter(|spec| spec.is_global()).count();
        globals += own_globals;
        buffers += specs.len() - own_globals;
        assert!(
            own_globals <= MAX_GLOBALS,
            "{link:?} keeps {own_globals} numbers for the whole slab, at most {MAX_GLOBALS} are possible"
        );
        let scope = link.scope();
        assert!(
            scope == Scope::Tensor || !specs.iter().any(|spec| matches!(spec.size, Size::PerTensor(_))),
            "{link:?} keeps state per parameter, so its scope must be `Tensor`, not {scope:?}"
        );
        let (states, globals) = (first_buffer..buffers, first_global..globals);
        Installed { link: T::link(Arc::clone(link)), scope, idle: link.idle(), states, globals }
    });
    let links = links.collect();
    let specs = chain.states();
    Engine::new(links, Buffer::all(&specs, layout), Global::all(&specs), layout)
}

impl Optimizer for Chained {
    fn name(&self) -> &'static str {
        self.name
    }

    fn lr(&self) -> f64 {
        self.lr
    }

    fn momentum(&self) -> Option<f64> {
        self.momentum
    }

    fn full_batch(&self) -> bool {
        self.full_batch
    }

    fn prepend(&mut self, transforms: Chain) {
        assert!(matches!(self.engine, Typed::None), "prepend: call it before `init`");
        self.chain = transforms.then(std::mem::take(&mut self.chain));
    }

    fn append(&mut self, transforms: Chain) {
        assert!(matches!(self.engine, Typed::None), "append: call it before `init`");
        self.chain = std::mem::take(&mut self.chain).then(transforms);
    }

    fn chain(&self) -> Chain {
        self.chain.clone()
    }

    fn init(&mut self, layout: &Layout, dtype: DType) {
        if let Some(because) = layout.has_sparse().then(|| self.refuses_sparse()).flatten() {
            panic!("init: the layout has sparse rows, but {because}");
        }
        self.count = 0;
        self.engine = match dtype {
            DType::F32 => Typed::F32(install(&self.chain, layout)),
            DType::F64 => Typed::F64(install(&self.chain, layout)),
            DType::I64 => panic!("init: parameters are floats, not {dtype}"),
        };
    }

    fn made_for(&self) -> Option<(&Layout, DType)> {
        match &self.engine {
            Typed::None => None,
            Typed::F32(engine) => Some((engine.layout(), DType::F32)),
            Typed::F64(engine) => Some((engine.layout(), DType::F64)),
        }
    }

    fn step_f32(
        &mut self,
        values: &mut [f32],
        gradient: Gradient<'_, f32>,
        pace: Pace,
        par: Par,
    ) -> Result<(), StepError> {
        let Typed::F32(engine) = &mut self.engine else { panic!("step: `init` was not called for f32") };
        engine.step(values, gradient, self.count + 1, pace, par)?;
        self.count += 1;
        Ok(())
    }

    fn step_f64(
        &mut self,
        values: &mut [f64],
        gradient: Gradient<'_, f64>,
        pace: Pace,
        par: Par,
    ) -> Result<(), StepError> {
        let Typed::F64(engine) = &mut self.engine else { panic!("step: `init` was not called for f64") };
        engine.step(values, gradient, self.count + 1, pace, par)?;
        self.count += 1;
        Ok(())
    }

    fn average_f32(&mut self, values: &[f32], into: &mut [f32]) -> bool {
        let Typed::F32(engine) = &mut self.engine else { panic!("average: `init` was not called for f32") };
        engine.average(values, self.count, into)
    }

    fn average_f64(&mut self, values: &[f64], into: &mut [f64]) -> bool {
        let Typed::F64(engine) = &mut self.engine else { panic!("average: `init` was not called for f64") };
        engine.average(values, self.count, into)
    }

    fn count(&self) -> u64 {
        self.count
    }

    fn states(&self) -> Vec<StateSpec> {
        self.chain.states()
    }

    fn state_bytes(&self) -> usize {
        match &self.engine {
            Typed::None => 0,
            Typed::F32(engine) => engine.bytes(),
            Typed::F64(engine) => engine.bytes(),
        }
    }

    fn visit(&mut self, visitor: &mut dyn FnMut(StateEntry<'_>)) {
        visitor(StateEntry { name: "count", segment: None, data: StateData::Count(&mut self.count) });
        match &mut self.engine {
            Typed::None => {}
            Typed::F32(engine) => visit_buffers(engine, visitor),
            Typed::F64(engine) => visit_buffers(engine, visitor),
        }
    }
}

pub(crate) fn visit_buffers<T: Element>(engine: &mut Engine<T>, visitor: &mut dyn FnMut(StateEntry<'_>)) {
    let (layout, buffers, globals, frozen_steps) = engine.memory();
    for buffer in buffers {
        for (segment, range) in layout.segments().iter().zip(&buffer.ranges) {
            let data = T::data(&mut buffer.data[range.clone()]);
            visitor(StateEntry { name: &buffer.name, segment: Some(segment), data });
        }
    }
    for global in globals {
        let data = StateData::F64(std::slice::from_mut(&mut global.value));
        visitor(StateEntry { name: &global.name, segment: None, data });
    }
    for (segment, count) in layout.segments().iter().zip(frozen_steps) {
        visitor(StateEntry { name: "frozen_steps", segment: Some(segment), data: StateData::Count(count) });
    }
}
