//! `Source`: where rows come from. One file per source; each registers itself.

mod csv;
mod idx;
mod notes;
mod tables;
mod target;

use std::fmt::Debug;
use std::path::Path;

use tunesmith_core::{Describe, Meta, Place, from_table, kind};

pub use csv::Csv;
pub use idx::Idx;
pub use tables::{BreastCancer, Diabetes, Digits, Iris, Wine};

use crate::{Error, Field, Frame, RawDataset};

/// Where rows come from.
///
/// ```
/// use std::path::Path;
/// use tunesmith_core::Plug;
/// use tunesmith_data::{Task, open_source};
/// let iris = open_source(&Plug::new("iris"), "data.source").unwrap().open(Path::new("")).unwrap();
/// assert_eq!((iris.rows(), iris.features.width()), (150, 4));
/// assert_eq!(iris.task(), Task::Classification { classes: 3 });
/// ```
pub trait Source: Debug + Send + Sync {
    /// Reads features and target; relative paths start at `base`, the recipe's folder.
    ///
    /// # Errors
    /// When a file is missing or holds something else; the message names the file, the line and the cure.
    fn open(&self, base: &Path) -> Result<RawDataset, Error>;

    /// Reads the features of a new file, without a target, for a pipeline that was fitted on `fields`: columns are
    /// matched by name, others are ignored. A CSV file unless the source says otherwise.
    ///
    /// # Errors
    /// As for [`Source::open`], and [`Why::MissingColumn`](crate::Why::MissingColumn).
    fn open_new(&self, path: &Path, fields: &[Field]) -> Result<Frame, Error> {
        Csv::default().open_new(path, fields)
    }
}

kind! {
    /// A registered source.
    pub struct SourceEntry: "source", "sources" => Box<dyn Source>;
}

impl SourceEntry {
    /// The entry of a described source; [`register!`](tunesmith_core::register) calls it.
    #[must_use]
    pub const fn of<T: Describe + Source>(place: Place) -> Self {
        Self::new(Meta::of::<T>(place), |table, at| Ok(Box::new(from_table::<T>(table, at)?)))
    }
}

/// The source that a recipe names.
///
/// # Errors
/// When no such source is linked or it does not take these settings.
pub fn open_source(plug: &tunesmith_core::Plug, at: &str) -> Result<Box<dyn Source>, tunesmith_core::Error> {
    check_name(&plug.name, at)?;
    tunesmith_core::find::<SourceEntry>(&plug.name, at)?.build(&plug.config, &format!("{at}.{}", plug.name))
}

/// A file's name where a source's should stand is the likeliest slip, which the nearest source would not cure.
pub(crate) fn check_name(name: &str, at: &str) -> Result<(), tunesmith_core::Error> {
    let lower = name.to_lowercase();
    if ![".csv", ".tsv", ".txt", ".gz"].iter().any(|end| lower.ends_with(end)) {
        return Ok(());
    }
    let because = format!("`{name}` is a file, write source = {{ csv = {name:?}, target = \"...\" }}");
    Err(tunesmith_core::Error::new(at, tunesmith_core::Why::Conflict { because }))
}
