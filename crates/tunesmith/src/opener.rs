//! `Opener`: when the place of a study is opened.

use std::fmt;
use std::sync::Arc;

use tunesmith_tuner::Storage;

use crate::Error;

/// Opens the place where a study lives, once everything else is known to be right: a mistake in a recipe leaves no
/// empty database behind.
///
/// ```
/// use std::sync::Arc;
/// use tunesmith::{Opener, tuner::MemoryStorage};
/// let options = tunesmith::TuneOptions { storage: Some(Opener::new(|| Ok(Arc::new(MemoryStorage::new())))), ..Default::default() };
/// assert!(options.storage.is_some());
/// ```
pub struct Opener(Box<dyn FnOnce() -> Result<Arc<dyn Storage>, Error>>);

impl Opener {
    /// An opener that calls a function.
    #[must_use]
    pub fn new(open: impl FnOnce() -> Result<Arc<dyn Storage>, Error> + 'static) -> Self {
        Self(Box::new(open))
    }

    pub(crate) fn open(self) -> Result<Arc<dyn Storage>, Error> {
        (self.0)()
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opener")
    }
}
