//! From a file to typed columns: bytes, then records, then types.

mod bytes;
mod records;
mod typing;

pub(crate) use bytes::{gunzip, read_bytes, text};
pub(crate) use records::Records;
pub(crate) use typing::{Cells, Typed, Wanted};
