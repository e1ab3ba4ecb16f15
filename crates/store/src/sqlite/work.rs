//! What is handed to the thread that talks to the database, and how the answer comes back.

use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use tunesmith_tuner::StorageError;

use super::lock;
use crate::Error;

/// Something to do with the database.
pub(super) trait Work: Send {
    /// Does it; called again when the transaction had to be given up because of other work in it.
    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()>;
    /// Says how it went, once it is written or given up.
    fn answer(self: Box<Self>, written: Result<(), &Error>);
}

/// Work whose caller waits for the answer.
pub(super) struct Call<T, F> {
    pub(super) work: F,
    pub(super) result: Option<Result<T, StorageError>>,
    pub(super) reply: SyncSender<Result<T, StorageError>>,
}

impl<T: Send, F: FnMut(&Connection) -> rusqlite::Result<Result<T, StorageError>> + Send> Work for Call<T, F> {
    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        self.result = Some((self.work)(connection)?);
        Ok(())
    }

    fn answer(self: Box<Self>, written: Result<(), &Error>) {
        let result = match (written, self.result) {
            (Ok(()), Some(result)) => result,
            (Err(error), _) => Err(error.clone().into()),
            (Ok(()), None) => unreachable!("what was not run is not written"),
        };
        // A caller that is gone needs no answer.
        let _ = self.reply.send(result);
    }
}

/// Work that nobody waits for; a failure is left for the next who asks.
pub(super) struct Change<F> {
    pub(super) work: F,
    pub(super) failed: Arc<Mutex<Option<Error>>>,
}

impl<F: FnMut(&Connection) -> rusqlite::Result<()> + Send> Work for Change<F> {
    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        (self.work)(connection)
    }

    fn answer(self: Box<Self>, written: Result<(), &Error>) {
        if let Err(error) = written {
            lock(&self.failed).get_or_insert_with(|| error.clone());
        }
    }
}
