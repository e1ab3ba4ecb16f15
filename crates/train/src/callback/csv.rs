//! The history as a CSV file that grows with every epoch.

use std::path::PathBuf;

use tunesmith_core::{Describe, Flow, Param, register};

use super::{Callback, CallbackEntry, EpochEnd};
use crate::files::write_whole;
use crate::history::History;

/// Writes the history to a CSV file after every epoch; the file is whole at any moment.
#[derive(Clone, Debug)]
pub struct CsvHistory {
    path: String,
    history: History,
}

impl CsvHistory {
    /// A history written to that file.
    #[must_use]
    pub fn new(path: impl Into<String>) -> Self {
        Self { path: path.into(), history: History::default() }
    }
}

impl Default for CsvHistory {
    fn default() -> Self {
        Self::new("history.csv")
    }
}

impl Describe for CsvHistory {
    const NAME: &'static str = "csv_history";
    const ABOUT: &'static str = "writes what was measured to a CSV file after every epoch";
    const PARAMS: &'static [Param<Self>] = &[Param::text(
        "path",
        |s: &mut Self| &mut s.path,
        "the file; a relative path starts at the working folder",
    )];
}

impl Callback for CsvHistory {
    fn epoch_end(&mut self, end: &mut EpochEnd<'_>) -> Flow {
        self.history.push(end.values.clone());
        // A log that cannot be written must not cost a training.
        let _ = write_whole(&PathBuf::from(&self.path), self.history.to_csv().as_bytes());
        Flow::Continue
    }
}

register!(CallbackEntry, CsvHistory);
