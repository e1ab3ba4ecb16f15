//! `Storage`: the elements behind one or more views, copied only when a shared one is written.

use std::sync::Arc;

use crate::dtype::DType;

/// Elements of one type, shared between the views made from each other.
#[derive(Clone, Debug)]
pub enum Storage {
    F32(Shared<f32>),
    F64(Shared<f64>),
    I64(Shared<i64>),
}

impl Storage {
    pub(crate) fn dtype(&self) -> DType {
        match self {
            Storage::F32(_) => DType::F32,
            Storage::F64(_) => DType::F64,
            Storage::I64(_) => DType::I64,
        }
    }
}

/// A vector shared until somebody writes to it.
#[derive(Clone, Debug)]
pub struct Shared<T>(Arc<Vec<T>>);

impl<T: Clone> Shared<T> {
    pub(crate) fn as_slice(&self) -> &[T] {
        &self.0
    }

    /// The vector to write to; the first write to a shared one copies it.
    pub(crate) fn make_mut(&mut self) -> &mut Vec<T> {
        Arc::make_mut(&mut self.0)
    }
}

impl<T> From<Vec<T>> for Shared<T> {
    fn from(values: Vec<T>) -> Shared<T> {
        Shared(Arc::new(values))
    }
}

/// How the vectors of one element type go in and out of a storage; seals `Element`.
pub trait Stored: Sized {
    fn store(values: Vec<Self>) -> Storage;
    fn stored(storage: &Storage) -> Option<&[Self]>;
    fn stored_mut(storage: &mut Storage) -> Option<&mut Vec<Self>>;
}
