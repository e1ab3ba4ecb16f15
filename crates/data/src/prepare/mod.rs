//! `Prepare`: a step that learns from the training rows and is applied to any rows. One file per step.

mod columns;
mod impute;
mod max_abs;
mod min_max;
mod one_hot;
mod ordinal;
mod quantile;
mod robust;
mod scaler;
mod standardize;
mod symlog;

use std::fmt::Debug;

use tunesmith_core::{Describe, Meta, Place, Plug, Table, find, from_table, kind};

pub use impute::Impute;
pub use max_abs::MaxAbs;
pub use min_max::MinMax;
pub use one_hot::OneHot;
pub use ordinal::Ordinal;
pub use robust::Robust;
pub use scaler::{Affine, Scaler};
pub use standardize::Standardize;
pub use symlog::Symlog;

use crate::{Error, Frame, Why};

/// A step of preparation.
///
/// What a step learns is a [`Table`] of settings, so that it can be written beside a model in any format and read
/// back: per column, its numbers and texts. Steps find columns by name. A row's result must depend on that row and the
/// state alone; [`conform`](crate::conform) checks it. A step that shifts and scales columns is a [`Scaler`], which is
/// shorter.
///
/// ```
/// use tunesmith_core::{Table, Value};
/// use tunesmith_data::{Column, Frame, Prepare, Standardize};
/// let train = Frame::new(vec![Column::numbers("age", vec![20.0, 40.0])]);
/// let step = Standardize::default();
/// let state = step.fit(&train, &mut Vec::new()).unwrap();
/// assert_eq!(Value::Table(state.clone()).at("age.center"), Some(&Value::Float(30.0)));
///
/// let mut new = Frame::new(vec![Column::numbers("age", vec![50.0])]);
/// step.apply(&state, &mut new).unwrap();
/// assert_eq!(new.columns()[0].values.numbers().unwrap()[..], [2.0]);
/// step.invert(&state, &mut new).unwrap();
/// assert_eq!(new.columns()[0].values.numbers().unwrap()[..], [50.0]);
/// ```
pub trait Prepare: Debug + Send + Sync {
    /// Learns from training rows; what a person should know goes to `notes`.
    ///
    /// # Errors
    /// When the rows cannot be prepared in this way: [`Why`] names the column.
    fn fit(&self, frame: &Frame, notes: &mut Vec<String>) -> Result<Table, Error>;

    /// Prepares rows with what was learnt.
    ///
    /// # Errors
    /// When the rows cannot be prepared, or the state is not one of this step ([`Why::Damaged`]).
    fn apply(&self, state: &Table, frame: &mut Frame) -> Result<(), Error>;

    /// Whether [`Prepare::invert`] undoes it; only such steps can prepare a target.
    fn inverts(&self) -> bool {
        false
    }

    /// Undoes [`Prepare::apply`].
    ///
    /// # Errors
    /// [`Why::NoInverse`] unless the step says it inverts.
    fn invert(&self, _state: &Table, _frame: &mut Frame) -> Result<(), Error> {
        Err(Why::NoInverse { step: format!("{self:?}") }.into())
    }

    /// Whether it fills missing values; a pipeline without such a step begins with [`Impute`].
    fn fills_missing(&self) -> bool {
        false
    }
}

kind! {
    /// A registered step of preparation.
    pub struct PrepareEntry: "prepare", "prepares" => Box<dyn Prepare>;
}

impl PrepareEntry {
    /// The entry of a described step; [`register!`](tunesmith_core::register) calls it.
    #[must_use]
    pub const fn of<T: Describe + Prepare>(place: Place) -> Self {
        Self::new(Meta::of::<T>(place), |table, at| Ok(Box::new(from_table::<T>(table, at)?)))
    }
}

/// The step that a recipe names.
pub(crate) fn build(plug: &Plug, at: &str) -> Result<Box<dyn Prepare>, tunesmith_core::Error> {
    find::<PrepareEntry>(&plug.name, at)?.build(&plug.config, &format!("{at}.{}", plug.name))
}
