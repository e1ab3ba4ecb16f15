//! `StudyBuilder`: what a study is, before it is opened.

use std::sync::Arc;

use tunesmith_core::Space;

use crate::pruners::NoPruning;
use crate::samplers::Auto;
use crate::{Direction, Observer, Sampler, Scheduler, Storage, StorageError, Study};

/// Settles what a [`Study`] is before it is opened.
#[derive(Debug)]
pub struct StudyBuilder {
    pub(crate) name: String,
    pub(crate) space: Space,
    pub(crate) directions: Vec<Direction>,
    pub(crate) sampler: Box<dyn Sampler>,
    pub(crate) scheduler: Box<dyn Scheduler>,
    pub(crate) seed: u64,
    pub(crate) storage: Option<Arc<dyn Storage>>,
    pub(crate) observers: Vec<Arc<dyn Observer>>,
}

impl StudyBuilder {
    pub(crate) fn new(space: Space, directions: Vec<Direction>) -> Self {
        Self {
            name: "study".to_owned(),
            space,
            directions,
            sampler: Box::new(Auto::default()),
            scheduler: Box::new(NoPruning),
            seed: 0,
            storage: None,
            observers: Vec::new(),
        }
    }

    /// The name in the storage; "study" if nothing is said.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// What chooses points; [`Auto`] if nothing is said.
    #[must_use]
    pub fn sampler(mut self, sampler: impl Sampler + 'static) -> Self {
        self.sampler = Box::new(sampler);
        self
    }

    /// What stops bad trials, for good or for now; [`NoPruning`] if nothing is said.
    #[must_use]
    pub fn pruner(mut self, pruner: impl Scheduler + 'static) -> Self {
        self.scheduler = Box::new(pruner);
        self
    }

    /// Where all randomness of a new study comes from; 0 if nothing is said. A stored study keeps the seed it began
    /// with, so that it goes on as if it had never stopped (see [`Study::seed`]).
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Where the study lives; in memory if nothing is said.
    #[must_use]
    pub fn storage(mut self, storage: Arc<dyn Storage>) -> Self {
        self.storage = Some(storage);
        self
    }

    /// Adds somebody who watches.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observers.push(observer);
        self
    }

    /// Creates the study, or resumes the stored one of that name: trials whose process is gone are enqueued again.
    ///
    /// # Errors
    /// When the stored study has another direction or an incompatible space, or the storage fails.
    pub fn open(self) -> Result<Study, StorageError> {
        Study::resume(self)
    }
}
