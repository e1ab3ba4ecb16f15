//! `Rule`: a described optimizer; `OptimizerEntry`: how one is registered and found.

use tunesmith_core::{Describe, Error, Meta, Place, Plug, Value, find, from_table, kind, to_table};

use crate::erase::Chained;
use crate::{Chain, Optimizer};

/// A described rule for turning gradients into better values.
///
/// A rule is a short chain of transforms, or one transform that does the same in a single pass. The learning rate
/// belongs to the rule, because its sensible range does; a schedule is a factor beside it.
///
/// ```
/// use tunesmith_optim::plugin::*;
///
/// /// The sign of the gradient.
/// #[derive(Clone, Debug)]
/// pub struct SignDescent { lr: f64 }
/// impl Default for SignDescent {
///     fn default() -> Self { Self { lr: 1e-3 } }
/// }
/// impl Describe for SignDescent {
///     const NAME: &'static str = "sign_descent";
///     const ABOUT: &'static str = "steps of one size, in the direction of the gradient's sign";
///     const PARAMS: &'static [Param<Self>] =
///         &[Param::float("lr", 1e-5, 1e-1, |s: &mut Self| &mut s.lr, "step size before the schedule").log()];
/// }
/// impl Rule for SignDescent {
///     fn lr(&self) -> f64 { self.lr }
///     fn transform(self) -> impl Into<Chain> { chain!(Sign, ScaleByLearningRate::new(self.lr)) }
/// }
/// register!(OptimizerEntry, SignDescent);
///
/// #[derive(Debug)]
/// struct Sign;
/// impl Transform for Sign {
///     fn update<T: Real>(&self, _: &Step, chunk: Chunk<'_, T>) {
///         chunk.each(|update, _value, []| (update.signum(), []));
///     }
/// }
///
/// let plug = tunesmith_core::Plug::new("sign_descent").with("lr", 0.5);
/// assert_eq!(OptimizerEntry::make(&plug, "training.optimizer").unwrap().lr(), 0.5);
/// ```
pub trait Rule: Describe {
    /// The learning rate before the schedule.
    fn lr(&self) -> f64;

    /// The share of the past that steps keep, for a schedule to move: what the setting `momentum` or `beta1` says.
    ///
    /// A transform asks for it through [`Step::momentum`](crate::Step::momentum). A rule to which a setting of that name is
    /// something that must not change between steps says `None`.
    fn momentum(&self) -> Option<f64> {
        let settings = to_table(self);
        ["momentum", "beta1"].into_iter().find_map(|name| settings.get(name).and_then(Value::as_f64))
    }

    /// Whether the rule is meant for gradients of the whole training data at once.
    fn full_batch(&self) -> bool {
        false
    }

    /// How gradients become updates; what the last transform makes is subtracted from the values.
    fn transform(self) -> impl Into<Chain>;

    /// The rule as an engine holds it.
    fn optimizer(self) -> Box<dyn Optimizer> {
        Box::new(Chained::new(self))
    }
}

kind! {
    /// A registered optimizer.
    pub struct OptimizerEntry: "optimizer", "optimizers" => Box<dyn Optimizer>;
}

impl OptimizerEntry {
    /// The entry of a rule, for [`register!`](tunesmith_core::register!).
    #[must_use]
    pub const fn of<R: Rule>(place: Place) -> Self {
        Self::new(Meta::of::<R>(place), |table, at| Ok(from_table::<R>(table, at)?.optimizer()))
    }

    /// Makes the optimizer that stands in a recipe at a path.
    ///
    /// # Errors
    /// When none of that name is linked or it does not take these settings.
    pub fn make(plug: &Plug, at: &str) -> Result<Box<dyn Optimizer>, Error> {
        find::<Self>(&plug.name, at)?.build(&plug.config, at)
    }
}
