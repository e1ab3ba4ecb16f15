//! The seam between typed and erased: `Optimizer` is what an engine holds, [`Transform`] what an author writes.

use std::fmt::Debug;
use std::sync::Arc;

use tunesmith_tensor::kernel::Real;
use tunesmith_tensor::{DType, Par};

use crate::engine::{Engine, Installed};
use crate::state::{Buffer, Global};
use crate::{
    Chain, Chunk, Globals, Layout, MAX_GLOBALS, Pace, Rule, Scope, Size, StateData, StateEntry, StateSpec,
    Step, StepError, Sums, Transform, View,
};

/// What turns gradients into better values, whatever its rule.
///
/// Values and gradients are one slab each; [`Optimizer::init`] says where each parameter lies.
///
/// ```
/// use tunesmith_optim::{Adam, Layout, Pace, Rule};
/// use tunesmith_tensor::{DType, Par};
///
/// let mut optimizer = Adam { lr: 0.1, ..Adam::default() }.optimizer();
/// optimizer.init(&Layout::packed([("x", vec![2])]), DType::F64);
/// let mut x = [3.0_f64, -2.0];
/// for _ in 0..300 {
///     let gradient = [2.0 * x[0], 20.0 * x[1]]; // of x0² + 10 x1²
///     optimizer.step(&mut x, &[&gradient], Pace::default(), Par::Seq).unwrap();
/// }
/// assert!(x.iter().all(|x| x.abs() < 1e-3));
/// ```
pub trait Optimizer: Debug + Send {
    /// The rule's name.
    fn name(&self) -> &'static str;

    /// The learning rate before the schedule.
    fn lr(&self) -> f64;

    /// Whether the rule is meant for gradients of the whole training data at once.
    fn full_batch(&self) -> bool {
        false
    }

    /// Puts transforms before the rule: clipping, penalties. Call it before [`init`](Optimizer::init).
    ///
    /// # Panics
    /// After `init`.
    fn prepend(&mut self, transforms: Chain);

    /// Puts transforms behind the rule: constraints on the values, averages of them. Call it before
    /// [`init`](Optimizer::init).
    ///
    /// # Panics
    /// After `init`.
    fn append(&mut self, transforms: Chain);

    /// The transforms it is made of, in order; wrappers put theirs around them.
    fn chain(&self) -> Chain;

    /// Makes the state for parameters of that layout and element type; forgets an earlier one.
    ///
    /// # Panics
    /// When the type is not a float.
    fn init(&mut self, layout: &Layout, dtype: DType);

    /// The layout and element type `init` was called for.
    fn made_for(&self) -> Option<(&Layout, DType)>;

    /// One step on `f32` values: see [`step`](trait.Optimizer.html#method.step), which calls this.
    ///
    /// # Errors
    /// When a gradient is not finite.
    fn step_f32(
        &mut self,
        values: &mut [f32],
        gradients: &[&[f32]],
        pace: Pace,
        par: Par,
    ) -> Result<(), StepError>;

    /// One step on `f64` values: see [`step`](trait.Optimizer.html#method.step), which calls this.
    ///
    /// # Errors
    /// When a gradient is not finite.
    fn step_f64(
        &mut self,
        values: &mut [f64],
        gradients: &[&[f64]],
        pace: Pace,
        par: Par,
    ) -> Result<(), StepError>;

    /// Values to evaluate with, in `f32`: see [`average`](trait.Optimizer.html#method.average), which calls this.
    fn average_f32(&mut self, values: &[f32], into: &mut [f32]) -> bool {
        let _ = (values, into);
        false
    }

    /// Values to evaluate with, in `f64`: see [`average`](trait.Optimizer.html#method.average), which calls this.
    fn average_f64(&mut self, values: &[f64], into: &mut [f64]) -> bool {
        let _ = (values, into);
        false
    }

    /// Number of steps taken.
    fn count(&self) -> u64;

    /// The state it keeps, as declared.
    fn states(&self) -> Vec<StateSpec>;

    /// Bytes of state, once it is made.
    fn state_bytes(&self) -> usize;

    /// Shows all state, in a fixed order and under fixed names, to be saved or overwritten: an optimizer that is
    /// made anew, initialised for the same layout and given back what was saved goes on bit for bit.
    fn visit(&mut self, visitor: &mut dyn FnMut(StateEntry<'_>));
}

impl dyn Optimizer + '_ {
    /// Takes one step: subtracts from `values` what the rule makes of the gradients.
    ///
    /// `gradients` are the shards of one gradient; they are summed in their order. The result does not depend on
    /// `par` or the number of threads. Nothing is allocated.
    ///
    /// # Errors
    /// When a gradient is not finite; values, state and count are then as they were before, so that a caller who
    /// would rather skip such steps goes on with the next.
    ///
    /// # Panics
    /// Before `init`, for another element type, or when a slab is not as long as the layout says.
    #[track_caller]
    pub fn step<T: Element>(
        &mut self,
        values: &mut [T],
        gradients: &[&[T]],
        pace: Pace,
        par: Par,
    ) -> Result<(), StepError> {
        let Some((layout, dtype)) = self.made_for() else { panic!("step: call `init` first") };
        assert!(dtype == T::DTYPE, "step: the state was made for {dtype}, the values are {}", T::DTYPE);
        let len = layout.len();
        assert!(values.len() == len, "step: the layout has {len} elements, the values {}", values.len());
        assert!(!gradients.is_empty(), "step: there is no gradient");
        if let Some(other) = gradients.iter().find(|gradient| gradient.len() != len) {
            panic!("step: the layout has {len} elements, a gradient {}", other.len());
        }
        T::step(self, values, gradients, pace, par)
    }

    /// Writes into `into` the values to evaluate and to save with, and says whether they differ in kind from `values`,
    /// which training goes on with. A rule that averages over its steps (`schedule_free_adamw`, `asgd`, `ema`) writes
    /// its average; any other leaves `into` alone and says `false`, and `values` are what to evaluate.
    ///
    /// A trainer asks before each evaluation and before it saves a model, and evaluates with `into` when the answer is
    /// `true`. It never trains from `into`. Statistics that a layer keeps of its inputs belong to `values`: run them
    /// anew for the average, as one does for averaged weights in general.
    ///
    /// ```
    /// use tunesmith_optim::{Adam, Layout, Rule};
    /// let mut optimizer = Adam::default().optimizer();
    /// optimizer.init(&Layout::packed([("x", vec![2])]), tunesmith_tensor::DType::F32);
    /// assert!(!optimizer.average(&[1.0_f32, 2.0], &mut [0.0; 2]));
    /// ```
    ///
    /// # Panics
    /// When the two are not of one length.
    #[track_caller]
    pub fn average<T: Element>(&mut self, values: &[T], into: &mut [T]) -> bool {
        assert!(values.len() == into.len(), "average: {} values into {}", values.len(), into.len());
        self.count() > 0 && T::average(self, values, into)
    }
}

/// An element type optimizers work on: `f32` or `f64`.
pub trait Element: Real {
    #[doc(hidden)]
    fn step(
        optimizer: &mut (dyn Optimizer + '_),
        values: &mut [Self],
        gradients: &[&[Self]],
        pace: Pace,
        par: Par,
    ) -> Result<(), StepError>;

    #[doc(hidden)]
    fn average(optimizer: &mut (dyn Optimizer + '_), values: &[Self], into: &mut [Self]) -> bool;

    #[doc(hidden)]
    fn link(link: Arc<dyn AnyLink>) -> Arc<dyn Link<Self>>;

    #[doc(hidden)]
    fn data(slice: &mut [Self]) -> StateData<'_>;
}

macro_rules! element {
    ($real:ty, $step:ident, $average:ident, $data:ident) => {
        impl Element for $real {
            fn step(
                optimizer: &mut (dyn Optimizer + '_),
                values: &mut [Self],
                gradients: &[&[Self]],
                pace: Pace,
                par: Par,
            ) -> Result<(), StepError> {
                optimizer.$step(values, gradients, pace, par)
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
element!(f32, step_f32, average_f32, F32);
element!(f64, step_f64, average_f64, F64);

/// A transform as the engine of one element type sees it.
#[doc(hidden)]
pub trait Link<T>: Debug + Send + Sync {
    fn measure(&self, step: &Step, view: View<'_, T>) -> Sums;
    fn settle(&self, step: &Step, globals: &mut Globals);
    fn update(&self, step: &Step, chunk: Chunk<'_, T>);
    fn scratch(&self, shape: &[usize]) -> usize;
    fn averages(&self) -> bool;
    fn average(&self, step: &Step, view: View<'_, T>, into: &mut [T]);
}

/// A transform without its type.
#[doc(hidden)]
pub trait AnyLink: Link<f32> + Link<f64> {
    fn states(&self) -> Vec<StateSpec>;
    fn scope(&self) -> Scope;
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
}

impl<X: Transform> AnyLink for X {
    fn states(&self) -> Vec<StateSpec> {
        Transform::states(self)
    }
    fn scope(&self) -> Scope {
        Transform::scope(self)
    }
}

/// A rule's chain as an `Optimizer`.
#[derive(Debug)]
pub(crate) struct Chained {
    name: &'static str,
    lr: f64,
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
        let (lr, full_batch) = (rule.lr(), rule.full_batch());
        let chain = rule.transform().into();
        Self { name: R::NAME, lr, full_batch, chain, engine: Typed::None, count: 0 }
    }
}

/// Allocates the state of a chain.
#[track_caller]
fn install<T: Element>(chain: &Chain, layout: &Layout) -> Engine<T> {
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
        Installed { link: T::link(Arc::clone(link)), scope, states, globals }
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
        gradients: &[&[f32]],
        pace: Pace,
        par: Par,
    ) -> Result<(), StepError> {
        let Typed::F32(engine) = &mut self.engine else { panic!("step: `init` was not called for f32") };
        engine.step(values, gradients, self.count + 1, pace, par)?;
        self.count += 1;
        Ok(())
    }

    fn step_f64(
        &mut self,
        values: &mut [f64],
        gradients: &[&[f64]],
        pace: Pace,
        par: Par,
    ) -> Result<(), StepError> {
        let Typed::F64(engine) = &mut self.engine else { panic!("step: `init` was not called for f64") };
        engine.step(values, gradients, self.count + 1, pace, par)?;
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

fn visit_buffers<T: Element>(engine: &mut Engine<T>, visitor: &mut dyn FnMut(StateEntry<'_>)) {
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
