//! How things are described, registered, found and searched.
//!
//! A plug-in says once what it is and what settings it has ([`Describe`]); it registers itself in the file that
//! defines it ([`register!`]); from that come config parsing with messages that name the place and the cure,
//! listings, the default search space, and conformance tests. A recipe in which any value may be a range becomes a
//! [`Space`] and fixed settings per trial ([`Search`]). Randomness is a tree of named [`Seed`]s.
//!
//! This crate knows nothing of tensors, gradients, files, threads and clocks, and it never names a kind of plug-in:
//! kinds register themselves. Reading order: [`Value`], [`Domain`], [`Param`], [`Describe`], [`Plug`], the registry
//! ([`kind!`], [`all`], [`find`]), [`Space`], [`Search`], [`Seed`], [`Reporter`].

mod value;

mod error;
mod suggest;

mod scale;

mod domain;
mod param;

mod describe;
mod plug;
mod registry;
mod sizes;

mod range;

mod config;
mod search;
mod space;

mod report;
mod seed;

pub mod conform;
#[doc(hidden)]
pub mod parity;

pub use config::set;
pub use describe::{Describe, from_table, specs, to_table};
pub use domain::Domain;
pub use error::{Error, Why};
pub use param::{Param, ParamSpec, Range, Role, Shape};
pub use plug::{Count, Plug};
pub use registry::{Entry, KindEntry, Meta, Place, all, find, kind_of, kinds};
pub use report::{Flow, Reporter};
pub use scale::Scale;
pub use search::Search;
pub use seed::{Generator, Seed};
pub use sizes::Sizes;
pub use space::{Condition, Dimension, Params, Space, Test};
pub use suggest::nearest;
pub use value::{Table, Value};

#[doc(hidden)]
pub use inventory; // `kind!` and `register!` expand to it in other crates
