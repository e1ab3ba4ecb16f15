//! Names every crate whose plug-ins are built in.
//!
//! A crate that nobody names is not linked, and its plug-ins vanish without a word; `tests/links.rs` counts them.

use tunesmith_autodiff as _;
use tunesmith_data as _;
use tunesmith_nn as _;
use tunesmith_optim as _;
use tunesmith_train as _;
use tunesmith_tuner as _;
