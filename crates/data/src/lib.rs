//! From a file to rows a network can train on: sources, splits, preparation, batches.
//!
//! ```
//! use std::path::Path;
//! use tunesmith_core::{Plug, Seed};
//! use tunesmith_data::{Batches, DataSection};
//!
//! let section = DataSection {
//!     source: Plug::new("digits"),
//!     prepare: vec![Plug::new("standardize")],
//!     ..DataSection::default()
//! };
//! let data = section.load(Path::new("")).unwrap();
//! let mut batches = Batches::new(data.train.rows(), 32, Seed::new(0));
//! let (mut x, mut y) = (vec![0.0; 32 * data.train.width()], vec![0; 32]);
//! for rows in batches.epoch(0) {
//!     data.train.gather_rows(rows, &mut x[..rows.len() * 64]);
//!     data.train.gather_classes(rows, &mut y[..rows.len()]);
//! }
//! ```
//!
//! A [`Source`] yields a [`RawDataset`]: typed columns ([`Frame`]) and a target. A [`Split`] says which rows train,
//! validate and test. A [`Pipeline`] of [`Prepare`] steps is fitted on the training rows and applied to all;
//! the result is three [`Dataset`]s ([`Prepared`]), whose rows [`Batches`] puts in order for every epoch. A recipe's
//! `[data]` section says all of it ([`DataSection`]).
//!
//! Same seed, same rows, same order, on any machine and for any number of threads. The test part is never looked at:
//! steps learn from training rows alone.
//!
//! Out of scope: random changes while training (augmentation), data larger than memory, sequences of unequal length.

mod error;

mod frame;
mod levels;
mod raw;

mod read;
mod source;

mod apportion;
mod split;

mod pipeline;
mod prepare;
mod saved;
mod unseen;

mod batches;
mod dataset;
mod fingerprint;

mod prepared;
mod section;

pub mod conform;
#[doc(hidden)]
pub mod parity;

pub use batches::Batches;
pub use dataset::{Dataset, Targets};
pub use error::{Error, Expected, Why};
pub use fingerprint::Fingerprint;
pub use frame::{Column, Field, Frame, Kind, Values};
pub use pipeline::Pipeline;
pub use prepare::{
    Affine, Impute, MaxAbs, MinMax, OneHot, Ordinal, Prepare, PrepareEntry, Robust, Scaler, Standardize,
    Symlog,
};
pub use prepared::Prepared;
pub use raw::{RawDataset, RawTarget, Task};
pub use read::Written;
pub use section::DataSection;
pub use source::{BreastCancer, Csv, Diabetes, Digits, Idx, Iris, Source, SourceEntry, Wine, open_source};
pub use split::{Fold, Parts, Split, folds};

/// What a file that defines a source or a step needs: `use tunesmith_data::plugin::*;`.
pub mod plugin {
    pub use crate::{
        Affine, Column, Error, Field, Frame, Kind, Prepare, PrepareEntry, RawDataset, RawTarget, Scaler,
        Source, SourceEntry, Values, Why,
    };
    pub use tunesmith_core::{Describe, Param, Table, Value, register};
}
