//! `Optimizer`: what turns gradients into better values, as whoever trains holds it.

use std::fmt::Debug;

use tunesmith_tensor::{DType, Par};

use crate::{Chain, Element, Gradient, Idle, Layout, Pace, StateEntry, StateSpec, StepError};

/// Evaluates a loss: writes its gradient at the values of the first slab into the second and returns the loss. During
/// one step it is always the same function, of the same rows and the same noise.
pub type Evaluate<'a, T> = dyn FnMut(&[T], &mut [T]) -> f64 + 'a;

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

    /// The share of the past that steps keep before its schedule; `None` of a rule that keeps none: see
    /// [`Rule::momentum`](crate::Rule::momentum).
    fn momentum(&self) -> Option<f64> {
        None
    }

    /// Whether the rule is meant for gradients of the whole training data at once.
    fn full_batch(&self) -> bool {
        false
    }

    /// Whether a step takes more than one gradient: then only [`step_with`](trait.Optimizer.html#method.step_with) will
    /// do, and the caller evaluates as often as it is asked to.
    fn needs_closure(&self) -> bool {
        false
    }

    /// Why it cannot leave out rows that a batch does not meet ([`Layout::sparse`]), if it cannot: it evaluates more than
    /// once a step, or some transform of its chain needs to see them ([`Idle::Needed`]).
    ///
    /// ```
    /// use tunesmith_optim::{Adafactor, Adam, Rule};
    /// assert_eq!(Adam::default().optimizer().refuses_sparse(), None);
    /// assert!(Adafactor::default().optimizer().refuses_sparse().unwrap().contains("`Factored`"));
    /// ```
    fn refuses_sparse(&self) -> Option<String> {
        let name = self.name();
        if self.needs_closure() {
            return Some(format!("`{name}` takes more than one gradient a step"));
        }
        let chain = self.chain();
        let link = chain.links().iter().find(|link| link.idle() == Idle::Needed)?;
        let shown = format!("{link:?}");
        let link = shown.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        Some(format!("`{name}` with `{link}` needs to see all rows in every step"))
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
        gradient: Gradient<'_, f32>,
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
        gradient: Gradient<'_, f64>,
        pace: Pace,
        par: Par,
    ) -> Result<(), StepError>;

    /// One step on `f32` values that evaluates as it goes: see [`step_with`](trait.Optimizer.html#method.step_with).
    ///
    /// # Errors
    /// When a gradient is not finite.
    fn step_with_f32(
        &mut self,
        values: &mut [f32],
        evaluate: &mut Evaluate<'_, f32>,
        pace: Pace,
        par: Par,
    ) -> Result<f64, StepError> {
        let mut gradient = vec![0.0; values.len()];
        let loss = evaluate(values, &mut gradient);
        self.step_f32(values, Gradient::dense(&[&gradient]), pace, par)?;
        Ok(loss)
    }

    /// One step on `f64` values that evaluates as it goes: see [`step_with`](trait.Optimizer.html#method.step_with).
    ///
    /// # Errors
    /// When a gradient is not finite.
    fn step_with_f64(
        &mut self,
        values: &mut [f64],
        evaluate: &mut Evaluate<'_, f64>,
        pace: Pace,
        par: Par,
    ) -> Result<f64, StepError> {
        let mut gradient = vec![0.0; values.len()];
        let loss = evaluate(values, &mut gradient);
        self.step_f64(values, Gradient::dense(&[&gradient]), pace, par)?;
        Ok(loss)
    }

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
    /// would rather skip such steps goes on with the next. With [`Guard::Along`](crate::Guard::Along) they are finite,
    /// but no longer what they were.
    ///
    /// # Panics
    /// Before `init`, for another element type, when a slab is not as long as the layout says, or when the rule
    /// [needs a closure](Optimizer::needs_closure).
    #[track_caller]
    pub fn step<T: Element>(
        &mut self,
        values: &mut [T],
        gradients: &[&[T]],
        pace: Pace,
        par: Par,
    ) -> Result<(), StepError> {
        self.step_sparse(values, Gradient::dense(gradients), pace, par)
    }

    /// Takes one step with a gradient of which it is known which rows of large tables it touches: as
    /// [`step`](trait.Optimizer.html#method.step), in less time.
    ///
    /// The result is the same, bit for bit, except for parameters whose rows the layout calls
    /// [sparse](Layout::sparse): their untouched rows stay as they are, state and all.
    ///
    /// ```
    /// use tunesmith_optim::{Gradient, Layout, Pace, Rule, Sgd, TouchedRows};
    /// use tunesmith_tensor::{DType, Par};
    /// let mut optimizer = Sgd { lr: 1.0, momentum: 0.5, ..Sgd::default() }.optimizer();
    /// optimizer.init(&Layout::packed([("words", vec![2, 1])]).sparse(|_| true), DType::F64);
    /// let mut values = [0.0_f64; 2];
    /// for row in [0, 0, 1] {
    ///     let mut shard = [0.0; 2];
    ///     shard[row] = -1.0;
    ///     let touched = [TouchedRows { segment: 0, rows: vec![row as u32] }];
    ///     let gradient = Gradient { shards: &[&shard], touched: &touched };
    ///     optimizer.step_sparse(&mut values, gradient, Pace::default(), Par::Seq).unwrap();
    /// }
    /// assert_eq!(values, [2.5, 1.0]); // the first row's momentum waits until that row is met again
    /// ```
    ///
    /// # Errors
    /// As [`step`](trait.Optimizer.html#method.step).
    ///
    /// # Panics
    /// As [`step`](trait.Optimizer.html#method.step), and when the touched rows do not fit the layout.
    #[track_caller]
    pub fn step_sparse<T: Element>(
        &mut self,
        values: &mut [T],
        gradient: Gradient<'_, T>,
        pace: Pace,
        par: Par,
    ) -> Result<(), StepError> {
        let layout = self.assert_made_for(values);
        let name = self.name();
        assert!(
            !self.needs_closure(),
            "step: `{name}` takes more than one gradient a step, call `step_with`"
        );
        gradient.check(layout);
        T::step(self, values, gradient, pace, par)
    }

    /// Takes one step and evaluates loss and gradient as often as the rule asks for; returns the loss before the step.
    ///
    /// Most rules ask once, for the gradient at `values`, and are better served by [`step`](trait.Optimizer.html#method.step),
    /// which allocates nothing; `lbfgs`, `sam` and `sophia_h` ask more than once, at other values too.
    ///
    /// ```
    /// use tunesmith_core::Plug;
    /// use tunesmith_optim::{Layout, Optimizer, Pace, Rule, Sam};
    /// use tunesmith_tensor::{DType, Par};
    ///
    /// let mut optimizer = Sam { inner: Plug::new("sgd").with("lr", 0.1), ..Sam::default() }.optimizer();
    /// optimizer.init(&Layout::packed([("x", vec![1])]), DType::F64);
    /// assert!(optimizer.needs_closure());
    /// let mut x = [3.0_f64];
    /// let mut square = |x: &[f64], gradient: &mut [f64]| {
    ///     gradient[0] = 2.0 * x[0];
    ///     x[0] * x[0]
    /// };
    /// let loss = optimizer.step_with(&mut x, &mut square, Pace::default(), Par::Seq).unwrap();
    /// assert_eq!(loss, 9.0);
    /// assert!(x[0] < 3.0);
    /// ```
    ///
    /// # Errors
    /// When the gradient at `values` is not finite; values, state and count are then as they were before.
    ///
    /// # Panics
    /// Before `init`, for another element type, or when the values are not as many as the layout says.
    #[track_caller]
    pub fn step_with<T: Element>(
        &mut self,
        values: &mut [T],
        evaluate: &mut Evaluate<'_, T>,
        pace: Pace,
        par: Par,
    ) -> Result<f64, StepError> {
        self.assert_made_for(values);
        T::step_with(self, values, evaluate, pace, par)
    }

    /// The layout, after a look at whether the values fit it.
    #[track_caller]
    fn assert_made_for<T: Element>(&self, values: &[T]) -> &Layout {
        let Some((layout, dtype)) = self.made_for() else { panic!("step: call `init` first") };
        assert!(dtype == T::DTYPE, "step: the state was made for {dtype}, the values are {}", T::DTYPE);
        let len = layout.len();
        assert!(values.len() == len, "step: the layout has {len} elements, the values {}", values.len());
        layout
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
