//! The optimizer behind L-BFGS: its memory, one step of several directions, and what stands before and behind it.

use tunesmith_tensor::kernel::{Real, elementwise};
use tunesmith_tensor::{DType, Par};

use super::history::{History, dot, fused};
use super::line_search::{Place, Places};
use super::{Lbfgs, STRONG_WOLFE};
use crate::engine::{Engine, first_non_finite};
use crate::erase::{Keep, install, visit_buffers};
use crate::state::unique_name;
use crate::{
    Chain, Element, Evaluate, Gradient, Layout, Optimizer, Pace, StateData, StateEntry, StateSpec, StepError,
};

/// An optimizer that searches along directions.
#[derive(Debug)]
pub(super) struct Searcher {
    rule: Lbfgs,
    before: Chain,
    behind: Chain,
    memory: Typed,
    count: u64,
}

#[derive(Debug)]
enum Typed {
    None,
    F32(Box<Memory<f32>>),
    F64(Box<Memory<f64>>),
}

/// What lives from step to step, and the slabs a step works with.
#[derive(Debug)]
struct Memory<T> {
    layout: Layout,
    /// What changes gradients before the search, and steps behind it.
    before: Option<Engine<T>>,
    behind: Option<Engine<T>>,
    history: History<T>,
    /// Directions taken since the first step or the last loss that was not finite.
    iterations: u64,
    direction: Vec<T>,
    /// How far the last move went along the direction.
    t: f64,
    /// The gradient where the last direction was taken.
    before_move: Vec<T>,
    here: Place<T>,
    places: Places<T>,
    /// The direction as values move along it.
    moves: Vec<T>,
    trial: Vec<T>,
    /// For engines, which step what they are given.
    landing: Vec<T>,
    /// The values before the step, where something stands behind the search.
    start: Vec<T>,
}

impl Searcher {
    pub(super) fn new(rule: Lbfgs) -> Self {
        Self { rule, before: Chain::new(), behind: Chain::new(), memory: Typed::None, count: 0 }
    }

    fn memory<T: Element>(&self, layout: &Layout) -> Box<Memory<T>> {
        let (length, engine) = (layout.len(), |chain: &Chain| install(chain, layout));
        let zeros = || vec![T::ZERO; length];
        let before = self.before.clone().then(Keep);
        Box::new(Memory {
            layout: layout.clone(),
            before: (!self.before.is_empty()).then(|| engine(&before)),
            behind: (!self.behind.is_empty()).then(|| engine(&self.behind)),
            history: History::of_size(self.rule.history_size, length),
            iterations: 0,
            direction: zeros(),
            t: 0.0,
            before_move: zeros(),
            here: Place::of_length(length),
            places: Places::of_length(length),
            moves: zeros(),
            trial: zeros(),
            landing: zeros(),
            start: if self.behind.is_empty() { Vec::new() } else { zeros() },
        })
    }
}

/// Everything about the step at hand that does not change in it.
#[derive(Clone, Copy)]
struct Context<'a> {
    rule: &'a Lbfgs,
    count: u64,
    pace: Pace,
    par: Par,
}

/// Multiplies each parameter's part of a slab by the root of its group's factor, and by zero where it is frozen.
fn scale_by_groups<T: Real>(slab: &mut [T], layout: &Layout, pace: Pace) {
    if !layout.has_groups() {
        return;
    }
    for (index, segment) in layout.segments().iter().enumerate() {
        let treatment = layout.treatment(Some(index));
        let part = &mut slab[segment.range.clone()];
        if treatment.is_frozen(pace.progress) {
            part.fill(T::ZERO); // not times zero: its gradient may be NaN
        } else if treatment.lr != 1.0 {
            let root = T::from_f64(treatment.lr.sqrt());
            elementwise::map_in_place(part, |x| root * x);
        }
    }
}

fn largest<T: Real>(x: &[T]) -> f64 {
    x.iter().fold(0.0, |largest: f64, x| largest.max(x.to_f64().abs()))
}

/// The loss at some values as the search sees it, and the gradient in the scaled variables.
struct Sight<'a, T> {
    layout: &'a Layout,
    before: &'a mut Option<Engine<T>>,
    landing: &'a mut [T],
    evaluate: &'a mut dyn FnMut(&[T], &mut [T]) -> f64,
    evaluations: usize,
    context: Context<'a>,
}

impl<T: Element> Sight<'_, T> {
    /// Fills in loss and gradient of a place; the loss that is returned is without penalties.
    fn look(&mut self, values: &[T], place: &mut Place<T>) -> Result<f64, StepError> {
        let Context { count, pace, par, .. } = self.context;
        let loss = (self.evaluate)(values, &mut place.gradient);
        self.evaluations += 1;
        place.loss = loss;
        if let Some(before) = self.before {
            self.landing.copy_from_slice(values);
            before.step(self.landing, Gradient::dense(&[&place.gradient]), count, pace, par)?;
            place.gradient.copy_from_slice(before.updates());
            place.loss += before.penalty(values, count, pace);
        }
        scale_by_groups(&mut place.gradient, self.layout, pace);
        Ok(loss)
    }
}

impl<T: Element> Memory<T> {
    /// Takes one step, or leaves everything as it is; returns the loss before it.
    fn step(
        &mut self,
        values: &mut [T],
        evaluate: &mut Evaluate<'_, T>,
        context: Context<'_>,
    ) -> Result<f64, StepError> {
        let Self { layout, before, behind, history, iterations, direction, t, before_move, here, .. } = self;
        let Self { places, moves, trial, landing, start, .. } = self;
        let Context { rule, count, pace, par } = context;
        let mut evaluate = |values: &[T], gradient: &mut [T]| evaluate(values, gradient);
        let mut sight = Sight { layout, before, landing, evaluate: &mut evaluate, evaluations: 0, context };
        let loss = sight.look(values, here)?;
        if here.gradient.iter().any(|x| !x.is_finite()) {
            return Err(first_non_finite(layout, &[&here.gradient]));
        }
        if !here.loss.is_finite() {
            return Ok(loss);
        }
        if behind.is_some() {
            start.copy_from_slice(values);
        }
        let (lr, most) = (rule.lr * pace.scale, rule.most_evaluations());
        for iteration in 1..=rule.max_iter {
            if largest(&here.gradient) <= rule.tolerance_grad {
                break;
            }
            *iterations += 1;
            if *iterations == 1 {
                history.forget();
            } else {
                history.remember(&here.gradient, before_move, direction, *t);
            }
            history.direction(&here.gradient, direction);
            before_move.copy_from_slice(&here.gradient);
            let size = || here.gradient.iter().map(|g| g.abs().to_f64()).sum::<f64>();
            *t = if *iterations == 1 { (1.0 / size()).min(1.0) * lr } else { lr };
            here.slope = dot(&here.gradient, direction);
            let descends = here.slope <= -rule.tolerance_change; // NaN does not
            if !descends {
                break;
            }

            let loss_before = here.loss;
            moves.copy_from_slice(direction);
            scale_by_groups(moves, layout, pace);
            if rule.line_search_fn == STRONG_WOLFE {
                let left = most.saturating_sub(sight.evaluations);
                let mut fill = |place: &mut Place<T>| {
                    go(values, moves, place.t, trial);
                    let looked = sight.look(trial, place);
                    let slope = dot(&place.gradient, direction);
                    place.slope = if looked.is_ok() { slope } else { f64::NAN };
                };
                places.search(here, *t, largest(direction), rule.tolerance_change, left, &mut fill);
                *t = here.t;
                go(values, moves, *t, trial);
            } else {
                go(values, moves, *t, trial);
                // What follows the last move is for the next step to see.
                let looked =
                    if iteration < rule.max_iter { sight.look(trial, here) } else { Ok(loss_before) };
                let seen = looked.is_ok() && here.loss.is_finite() && largest(&here.gradient).is_finite();
                if !seen {
                    *iterations = 0;
                    break;
                }
            }
            values.copy_from_slice(trial);
            let is_small = |change: f64| change < rule.tolerance_change;
            let stands_still = largest(direction) * *t <= rule.tolerance_change;
            if sight.evaluations >= most || stands_still || is_small((here.loss - loss_before).abs()) {
                break;
            }
        }
        if let Some(behind) = behind {
            elementwise::zip(start, values, trial, |before, now| before - now);
            behind.step(start, Gradient::dense(&[trial]), count, pace, par)?;
            values.copy_from_slice(start);
        }
        Ok(loss)
    }

    fn bytes(&self) -> usize {
        let slabs = 2 + 2 * self.history.gradients.len();
        let numbers = 2 + self.history.inverse_products.len();
        let engines = [&self.before, &self.behind].into_iter().flatten().map(Engine::bytes).sum::<usize>();
        slabs * self.layout.len() * size_of::<T>() + numbers * size_of::<f64>() + engines
    }

    fn visit(&mut self, visitor: &mut dyn FnMut(StateEntry<'_>)) {
        let History { gradients, places, inverse_products, scale, count, .. } = &mut self.history;
        let slabs = [&mut self.direction, &mut self.before_move].into_iter().chain(gradients).chain(places);
        let size = inverse_products.len();
        let specs = own_states(size);
        for (index, slab) in slabs.enumerate() {
            let name = unique_name(&specs, index);
            for segment in self.layout.segments() {
                let data = T::data(&mut slab[segment.range.clone()]);
                visitor(StateEntry { name: &name, segment: Some(segment), data });
            }
        }
        let numbers = [&mut self.t, scale].into_iter().chain(inverse_products);
        for (index, number) in numbers.enumerate() {
            let name = unique_name(&specs, 2 + 2 * size + index);
            let data = StateData::F64(std::slice::from_mut(number));
            visitor(StateEntry { name: &name, segment: None, data });
        }
        for (name, number) in [("history_count", count), ("n_iter", &mut self.iterations)] {
            visitor(StateEntry { name, segment: None, data: StateData::Count(number) });
        }
        for engine in [&mut self.before, &mut self.behind].into_iter().flatten() {
            visit_buffers(engine, visitor);
        }
    }
}

/// Writes `values + t * moves`.
fn go<T: Real>(values: &[T], moves: &[T], t: f64, into: &mut [T]) {
    let t = T::from_f64(t);
    elementwise::zip(values, moves, into, |value, d| fused(t, d, value));
}

/// The state of the search, under PyTorch's names.
fn own_states(history: usize) -> Vec<StateSpec> {
    let slabs = ["d", "prev_flat_grad"].into_iter();
    let pairs = ["old_dirs", "old_stps"].into_iter().flat_map(|name| std::iter::repeat_n(name, history));
    let numbers = ["t", "H_diag"].into_iter().chain(std::iter::repeat_n("ro", history));
    slabs.chain(pairs).map(StateSpec::per_element).chain(numbers.map(StateSpec::global)).collect()
}

macro_rules! step_with {
    ($step:ident, $step_with:ident, $Typed:ident, $real:ty) => {
        fn $step(
            &mut self,
            _: &mut [$real],
            _: Gradient<'_, $real>,
            _: Pace,
            _: Par,
        ) -> Result<(), StepError> {
            panic!("step: `lbfgs` asks for more than one gradient a step, call `step_with`")
        }

        fn $step_with(
            &mut self,
            values: &mut [$real],
            evaluate: &mut Evaluate<'_, $real>,
            pace: Pace,
            par: Par,
        ) -> Result<f64, StepError> {
            let Typed::$Typed(memory) = &mut self.memory else {
                panic!("step: `init` was not called for {}", stringify!($real))
            };
            let context = Context { rule: &self.rule, count: self.count + 1, pace, par };
            let loss = memory.step(values, evaluate, context)?;
            self.count += 1;
            Ok(loss)
        }
    };
}

impl Optimizer for Searcher {
    fn name(&self) -> &'static str {
        <Lbfgs as tunesmith_core::Describe>::NAME
    }

    fn lr(&self) -> f64 {
        self.rule.lr
    }

    fn full_batch(&self) -> bool {
        true
    }

    fn needs_closure(&self) -> bool {
        true
    }

    fn prepend(&mut self, transforms: Chain) {
        assert!(matches!(self.memory, Typed::None), "prepend: call it before `init`");
        self.before = transforms.then(std::mem::take(&mut self.before));
    }

    fn append(&mut self, transforms: Chain) {
        assert!(matches!(self.memory, Typed::None), "append: call it before `init`");
        self.behind = std::mem::take(&mut self.behind).then(transforms);
    }

    fn chain(&self) -> Chain {
        self.before.clone().then(self.behind.clone())
    }

    fn init(&mut self, layout: &Layout, dtype: DType) {
        self.count = 0;
        self.memory = match dtype {
            DType::F32 => Typed::F32(self.memory(layout)),
            DType::F64 => Typed::F64(self.memory(layout)),
            DType::I64 => panic!("init: parameters are floats, not {dtype}"),
        };
    }

    fn made_for(&self) -> Option<(&Layout, DType)> {
        match &self.memory {
            Typed::None => None,
            Typed::F32(memory) => Some((&memory.layout, DType::F32)),
            Typed::F64(memory) => Some((&memory.layout, DType::F64)),
        }
    }

    step_with!(step_f32, step_with_f32, F32, f32);
    step_with!(step_f64, step_with_f64, F64, f64);

    fn count(&self) -> u64 {
        self.count
    }

    fn states(&self) -> Vec<StateSpec> {
        let own = own_states(self.rule.history_size);
        own.into_iter().chain(self.before.states()).chain(self.behind.states()).collect()
    }

    fn state_bytes(&self) -> usize {
        match &self.memory {
            Typed::None => 0,
            Typed::F32(memory) => memory.bytes(),
            Typed::F64(memory) => memory.bytes(),
        }
    }

    fn visit(&mut self, visitor: &mut dyn FnMut(StateEntry<'_>)) {
        visitor(StateEntry { name: "count", segment: None, data: StateData::Count(&mut self.count) });
        match &mut self.memory {
            Typed::None => {}
            Typed::F32(memory) => memory.visit(visitor),
            Typed::F64(memory) => memory.visit(visitor),
        }
    }
}
