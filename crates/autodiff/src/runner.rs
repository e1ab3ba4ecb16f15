//! `Runner`: an arena and a plan's list of kernels, run again and again without allocating.

use std::sync::Arc;
use std::time::Instant;

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::arena::MAX_READS;
use tunesmith_tensor::kernel::{Arena, Place};

use crate::op::{Call, Element, ErasedRun};
use crate::ops::gather::AddRows;
use crate::plan::{Operand, Plan, Step, Target};
use crate::{Gradients, Graph, Var};

/// What one run reads.
#[derive(Clone, Copy, Debug)]
pub struct Feed<'a, T> {
    /// The slab: parameters, and buffers behind them.
    pub params: &'a [T],
    /// The inputs, in the order in which they were made.
    pub inputs: &'a [&'a [T]],
    /// The index inputs, in the order in which they were made.
    pub indices: &'a [&'a [i64]],
    /// Names the random numbers of this run.
    pub noise: u64,
}

impl<T> Default for Feed<'_, T> {
    fn default() -> Self {
        Self { params: &[], inputs: &[], indices: &[], noise: 0 }
    }
}

/// What one kernel call of a plan costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Timing {
    /// What it computes, from what shapes.
    pub kernel: String,
    /// Its floating point operations, roughly.
    pub flops: u64,
    /// The shortest time it took.
    pub seconds: f64,
}

/// Runs one plan in elements of one type; owns the memory of its intermediate values.
///
/// See [`Graph`] for an example.
#[derive(Clone, Debug)]
pub struct Runner<T: Element> {
    plan: Arc<Plan>,
    arena: Arena<T>,
    constants: Vec<T>,
}

impl<T: Element> Runner<T> {
    /// A runner with memory of its own; the plan is shared.
    #[must_use]
    pub fn new(plan: Arc<Plan>) -> Self {
        let arena = Arena::new(plan.arena_len());
        let constants = plan.constants.iter().map(|&x| T::from_f64(x)).collect();
        Self { plan, arena, constants }
    }

    /// The plan that is run.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Runs a plan without derivatives.
    ///
    /// # Panics
    /// When what is fed does not have the plan's sizes, or the plan computes derivatives.
    #[track_caller]
    pub fn run(&mut self, feed: Feed<'_, T>) {
        assert!(!self.plan.has_gradients, "run: the plan computes derivatives, use `run_training`");
        self.check(&feed);
        self.execute(&feed, &mut []);
    }

    /// Runs a plan with derivatives and writes them to the gradient slab.
    ///
    /// # Panics
    /// When what is fed or the slab does not have the plan's sizes, or the plan computes no derivatives.
    #[track_caller]
    pub fn run_training(&mut self, feed: Feed<'_, T>, gradients: &mut [T]) {
        assert!(self.plan.has_gradients, "run_training: the plan computes no derivatives, use `run`");
        assert!(
            gradients.len() == self.plan.param_len(),
            "run_training: the gradient slab holds {} elements, the parameters {}",
            gradients.len(),
            self.plan.param_len()
        );
        self.check(&feed);
        self.execute(&feed, gradients);
    }

    /// Runs a plan with derivatives, of large tables only the rows that are touched: see [`Gradients`].
    ///
    /// # Panics
    /// As [`Runner::run_training`], and when the slab was made for another plan.
    #[track_caller]
    pub fn run_rows(&mut self, feed: Feed<'_, T>, gradients: &mut Gradients<T>) {
        assert!(self.plan.has_gradients, "run_rows: the plan computes no derivatives, use `run`");
        self.check(&feed);
        self.each_step(&feed, gradients, |_, run| run());
    }

    /// Calls `around` with the number of each step and what runs it.
    #[track_caller]
    fn each_step(
        &mut self,
        feed: &Feed<'_, T>,
        gradients: &mut Gradients<T>,
        mut around: impl FnMut(usize, &mut dyn FnMut()),
    ) {
        let Gradients { values, tables } = gradients;
        let known = tables.iter().all(|(table, _)| self.plan.tables().contains(table));
        assert!(
            values.len() == self.plan.param_len() && known,
            "run: the slab of {} elements was made for another plan than that of {}",
            values.len(),
            self.plan.param_len()
        );
        let Self { plan, arena, constants } = self;
        let mut tables = tables.iter_mut().peekable();
        for (at, step) in plan.steps.iter().enumerate() {
            let mut touched = tables.next_if(|(table, _)| table.step == at).map(|(_, touched)| touched);
            around(at, &mut || run_step(arena, step, feed, constants, values, touched.as_deref_mut()));
        }
    }

    /// Writes what the last run made of the buffers to the slab, behind the parameters.
    ///
    /// # Panics
    /// When the slab does not have the plan's size.
    #[track_caller]
    pub fn update(&self, slab: &mut [T]) {
        let wanted = self.plan.slab_len();
        assert!(slab.len() == wanted, "update: the slab holds {} elements, the plan {wanted}", slab.len());
        for (place, value) in &self.plan.updates {
            match *value {
                Operand::Arena(value) => slab[place.range()].copy_from_slice(self.arena.read(value)),
                Operand::Constant(value) => {
                    slab[place.range()].copy_from_slice(&self.constants[value.range()])
                }
                Operand::Param(value) => slab.copy_within(value.range(), place.offset),
                other => panic!("a buffer cannot become what is fed ({other:?})"),
            }
        }
    }

    /// The first output as a number: the loss of a training plan.
    #[must_use]
    pub fn loss(&self) -> f64 {
        self.output(0)[0].to_f64()
    }

    /// An output of the last run, row-major.
    ///
    /// # Panics
    /// When there is no such output, or it is an input or a parameter handed through.
    #[must_use]
    #[track_caller]
    pub fn output(&self, index: usize) -> &[T] {
        match self.plan.outputs[index] {
            Operand::Arena(place) => self.arena.read(place),
            Operand::Constant(place) => &self.constants[place.range()],
            other => panic!("output {index} is computed by nothing ({other:?}); read it where it was fed"),
        }
    }

    /// The shape of an output.
    ///
    /// # Panics
    /// When there is no such output.
    #[must_use]
    #[track_caller]
    pub fn output_shape(&self, index: usize) -> &Shape {
        &self.plan.output_shapes[index]
    }

    #[track_caller]
    fn check(&self, feed: &Feed<'_, T>) {
        let plan = &self.plan;
        assert!(
            feed.params.len() == plan.slab_len(),
            "run: {} parameters were fed, the plan has {}",
            feed.params.len(),
            plan.slab_len()
        );
        let inputs = feed.inputs.iter().map(|input| input.len());
        let indices = feed.indices.iter().map(|index| index.len());
        check_fed("input", &plan.inputs, inputs);
        check_fed("index input", &plan.indices, indices);
    }

    fn execute(&mut self, feed: &Feed<'_, T>, gradients: &mut [T]) {
        for step in &self.plan.steps {
            run_step(&mut self.arena, step, feed, &self.constants, gradients, None);
        }
    }

    /// Runs the plan several times and says for each kernel call what it computes, its floating point operations, and the
    /// shortest time it took: where a step's time goes.
    ///
    /// # Panics
    /// As [`Runner::run`] and [`Runner::run_training`].
    #[track_caller]
    pub fn profile(&mut self, feed: Feed<'_, T>, gradients: &mut Gradients<T>, runs: usize) -> Vec<Timing> {
        self.check(&feed);
        let time = |step: &Step| Timing {
            kernel: step.to_string(),
            flops: step.op.flops(&step.shapes, &step.shape),
            seconds: f64::INFINITY,
        };
        let mut timings: Vec<Timing> = self.plan.steps.iter().map(time).collect();
        for _ in 0..runs {
            self.each_step(&feed, gradients, |at, run| {
                let start = Instant::now();
                run();
                timings[at].seconds = timings[at].seconds.min(start.elapsed().as_secs_f64());
            });
        }
        timings
    }
}

#[track_caller]
fn check_fed(what: &str, wanted: &[(String, Shape)], fed: impl ExactSizeIterator<Item = usize>) {
    assert!(fed.len() == wanted.len(), "run: {} of {} {what}s were fed", fed.len(), wanted.len());
    for (len, (name, shape)) in fed.zip(wanted) {
        assert!(len == shape.numel(), "run: the {what} `{name}` of shape {shape} was fed {len} elements");
    }
}

/// The arena places a step reads, without allocating.
struct ArenaReads {
    places: [Place; MAX_READS],
    count: usize,
}

impl ArenaReads {
    #[inline]
    fn of(step: &Step) -> Self {
        let mut reads = Self { places: [Place::new(0, 0); MAX_READS], count: 0 };
        for operand in &step.operands {
            if let Operand::Arena(place) = operand {
                reads.places[reads.count] = *place;
                reads.count += 1;
            }
        }
        reads
    }

    fn places(&self) -> &[Place] {
        &self.places[..self.count]
    }
}

#[inline]
fn run_step<T: Element>(
    arena: &mut Arena<T>,
    step: &Step,
    feed: &Feed<'_, T>,
    constants: &[T],
    gradients: &mut [T],
    touched: Option<&mut Vec<u32>>,
) {
    let reads = ArenaReads::of(step);
    match step.target {
        Target::Arena(place) => {
            let (read, [out, scratch]) = arena.split_slice(reads.places(), [place, step.scratch]);
            call(step, feed, constants, &read, out, scratch, None);
        }
        Target::Gradient(place) => {
            let (read, [scratch]) = arena.split_slice(reads.places(), [step.scratch]);
            call(step, feed, constants, &read, &mut gradients[place.range()], scratch, touched);
        }
    }
}

#[inline]
fn call<T: Element>(
    step: &Step,
    feed: &Feed<'_, T>,
    constants: &[T],
    arena: &[&[T]],
    out: &mut [T],
    scratch: &mut [T],
    touched: Option<&mut Vec<u32>>,
) {
    let mut inputs: [&[T]; MAX_READS] = [&[]; MAX_READS];
    let mut indices: [&[i64]; MAX_READS] = [&[]; MAX_READS];
    let (mut reals, mut wholes, mut in_arena) = (0, 0, 0);
    for operand in &step.operands {
        inputs[reals] = match *operand {
            Operand::Arena(_) => {
                in_arena += 1;
                arena[in_arena - 1]
            }
            Operand::Param(place) => &feed.params[place.range()],
            Operand::Constant(place) => &constants[place.range()],
            Operand::Input(slot) => feed.inputs[slot],
            Operand::Index(slot) => {
                indices[wholes] = feed.indices[slot];
                wholes += 1;
                continue;
            }
        };
        reals += 1;
    }
    let call = Call {
        inputs: &inputs[..reals],
        indices: &indices[..wholes],
        shapes: &step.shapes,
        shape: &step.shape,
        out,
        scratch,
        noise: feed.noise,
    };
    match (touched, step.op.any().downcast_ref::<AddRows>()) {
        (Some(touched), Some(add)) => add.run_on_rows(call, touched),
        _ => T::dispatch(ErasedRun(&*step.op), call),
    }
}

impl Graph {
    /// Plans and runs once in f64, without inputs: for a look at a value, and for tests.
    ///
    /// # Panics
    /// When the graph has inputs, or the parameters do not have its size.
    #[must_use]
    #[track_caller]
    pub fn evaluate(&self, outputs: &[&Var], params: &[f64]) -> Vec<Vec<f64>> {
        let mut runner = Runner::<f64>::new(self.plan(outputs));
        runner.run(Feed { params, ..Feed::default() });
        (0..outputs.len()).map(|i| runner.output(i).to_vec()).collect()
    }
}
