//! From a file to typed columns: bytes, then records, then types.

mod bytes;
mod dates;
mod guess;
mod records;
mod typing;
mod written;

pub(crate) use bytes::{gunzip, read_bytes, text};
pub(crate) use guess::{Decimal, Verdict};
pub(crate) use records::Records;
pub(crate) use typing::{Cells, Typed, Wanted};
pub use written::Written;
pub(crate) use written::looks_like_number;
