//! `DataSection`: the `[data]` section of a recipe.

use std::path::Path;

use tunesmith_core::{Describe, Param, Plug, Table, Value};

use crate::source::check_name;
use crate::{Error, Prepared, Split, Why, open_source};

/// The `[data]` section of a recipe: source, split, steps of preparation.
///
/// ```toml
/// [data]
/// source = { csv = "train.csv", target = "label" }
/// split = { test = 0.2, validation = 0.2, stratify = true, seed = 0 }
/// prepare = ["standardize"]
/// ```
///
/// ```
/// use std::path::Path;
/// use tunesmith_core::{Table, Value, from_table};
/// use tunesmith_data::DataSection;
/// let json = r#"{"source": "wine", "split": {"test": 0.25}, "prepare": ["standardize"]}"#;
/// let table: Table = serde_json::from_str(json).unwrap();
/// let section: DataSection = from_table(&table, "data").unwrap();
/// let data = section.load(Path::new("")).unwrap();
/// assert_eq!((data.train.rows(), data.test.rows(), data.train.width()), (97, 45, 13));
/// ```
#[derive(Clone, Debug, Default)]
pub struct DataSection {
    /// Where rows come from.
    pub source: Plug,
    /// How they are divided.
    pub split: Split,
    /// Steps for the features, in order.
    pub prepare: Vec<Plug>,
    /// Steps for a target of numbers, in order; undone on predictions.
    pub prepare_target: Vec<Plug>,
}

const NO_LIMIT: f64 = f64::INFINITY;

impl Describe for DataSection {
    const NAME: &'static str = "data";
    const ABOUT: &'static str = "where rows come from, how they are divided and prepared";
    const PARAMS: &'static [Param<Self>] = &[
        Param::plug("source", "source", |s: &mut Self| &mut s.source, "where rows come from"),
        Param::float(
            "split.test",
            0.0,
            0.5,
            |s: &mut Self| &mut s.split.test,
            "share or count kept for the test",
        )
        .fixed()
        .valid(0.0, NO_LIMIT),
        Param::float(
            "split.validation",
            0.0,
            0.5,
            |s: &mut Self| &mut s.split.validation,
            "share or count that judges while training",
        )
        .fixed()
        .valid(0.0, NO_LIMIT),
        Param::switch("split.stratify", |s: &mut Self| &mut s.split.stratify, "every class keeps its share"),
        Param::switch("split.shuffle", |s: &mut Self| &mut s.split.shuffle, "rows are drawn at random"),
        Param::int("split.seed", 0, 0, |s: &mut Self| &mut s.split.seed, "which random draw").fixed(),
        Param::plugs("prepare", "prepare", |s: &mut Self| &mut s.prepare, "steps for the features, in order"),
        Param::plugs(
            "prepare_target",
            "prepare",
            |s: &mut Self| &mut s.prepare_target,
            "steps for a target of numbers; undone on predictions",
        ),
    ];

    fn check(&self) -> Result<(), String> {
        if self.source.name.is_empty() {
            return Err(
                "source is missing, write source = \"digits\" or { csv = \"train.csv\", target = \"label\" }"
                    .into(),
            );
        }
        Ok(())
    }
}

impl DataSection {
    /// Looks at a section as it is written, before the name of its source is looked up among the linked ones: where a
    /// file's name stands in its place, the error says how to write it.
    ///
    /// # Errors
    /// When `source` is the name of a file.
    ///
    /// ```
    /// use tunesmith_core::{Table, Value};
    /// use tunesmith_data::DataSection;
    /// let section: Table = [("source".to_owned(), Value::from("clean.csv"))].into();
    /// assert_eq!(
    ///     DataSection::check_written(&section).unwrap_err().to_string(),
    ///     "data.source: `clean.csv` is a file, write source = { csv = \"clean.csv\", target = \"...\" }"
    /// );
    /// ```
    pub fn check_written(section: &Table) -> Result<(), tunesmith_core::Error> {
        section.get("source").and_then(Value::as_str).map_or(Ok(()), |name| check_name(name, "data.source"))
    }

    /// Opens, splits and prepares; relative paths start at `base`, the recipe's folder.
    ///
    /// # Errors
    /// Whatever is wrong with the files, the table, the split or a step.
    pub fn load(&self, base: &Path) -> Result<Prepared, Error> {
        let raw = open_source(&self.source, "data.source")?.open(base)?;
        let parts = self.split.divide(&raw.target, raw.held_out.clone());
        let parts = parts.map_err(|error| match error.why {
            Why::Shares { .. } | Why::BadShare { .. } => error.within("data.split"),
            _ => error.within(&raw.origin),
        })?;
        Prepared::new(&raw, &parts, &self.prepare, &self.prepare_target)
    }
}
