//! `csv`: a delimited text file, plain or compressed with gzip.

use std::path::Path;

use tunesmith_core::{Describe, Param, nearest, register};

use super::notes::{left_out, readings};
use super::target::{Said, target};
use super::{Source, SourceEntry};
use crate::read::{Cells, Decimal, Records, Typed, Wanted, read_bytes, text};
use crate::{Column, Error, Expected, Field, Frame, Kind, RawDataset, Why};

/// A delimited text file, plain or compressed with gzip.
///
/// Delimiter and header are guessed unless given. A column in which every cell is a number is numeric; a column
/// that is mostly text is categorical; a few texts among numbers are an error that says how to declare them.
///
/// Numbers may be written as people write them, if a whole column agrees: thousands grouped by a comma, a point, a
/// space or an apostrophe, fractions after a comma, a sign of a currency or of percent (see
/// [`Written`](crate::Written)). A note then says what was read, and the same is expected in new files. Where cells are
/// divided by commas, a comma in a cell groups thousands unless it cannot; elsewhere a column such as "1,234" that could be either
/// stays categorical, with a note, until `decimal` decides. ISO dates become days since the first of the file.
///
/// A column of texts, most of which occur once, is left out with a note: identifiers and free text. A text that
/// no other row shares teaches nothing about new rows, and as columns of 0 and 1 it would let a network learn the
/// training rows by heart. `categorical` keeps it.
///
/// A target of texts or of at most 20 different whole numbers is taken for classes, unless `task` says otherwise.
///
/// ```
/// use std::path::Path;
/// use tunesmith_data::{Csv, Source, Task};
/// let path = std::env::temp_dir().join(format!("tunesmith-csv-{}.csv", std::process::id()));
/// std::fs::write(&path, "age;city;label\n31;Oslo;yes\n;Bergen;no\n29;Oslo;yes\n").unwrap();
/// let csv = Csv { path: path.display().to_string(), target: "label".into(), ..Csv::default() };
/// let raw = csv.open(Path::new("")).unwrap();
/// std::fs::remove_file(&path).unwrap();
/// assert_eq!(raw.task(), Task::Classification { classes: 2 });
/// assert_eq!(raw.features.names(), ["age", "city"]);
/// assert_eq!(raw.features.column("age").unwrap().values.missing(), 1);
/// ```
#[derive(Clone, Debug)]
pub struct Csv {
    /// The file; a relative path starts at the recipe's folder.
    pub path: String,
    /// The column to predict: its name, its position from "1", or "last".
    pub target: String,
    /// Several columns of numbers to predict together, instead of `target`.
    pub targets: Vec<String>,
    /// "classification", "regression" or "auto".
    pub task: String,
    /// "auto", "tab" or one character.
    pub delimiter: String,
    /// Whether the first line names the columns: "yes", "no" or "auto".
    pub header: String,
    /// Texts that stand for a missing value, besides the usual ones.
    pub missing: Vec<String>,
    /// Whether NA, N/A, NaN, nan, null, NULL and ? stand for a missing value; the empty cell always does.
    pub usual_missing: bool,
    /// Columns of names, even if they look like numbers, dates or identifiers.
    pub categorical: Vec<String>,
    /// Columns to leave out.
    pub drop: Vec<String>,
    /// The sign before fractions: ".", "," or "auto".
    pub decimal: String,
}

const USUAL_MISSING: [&str; 7] = ["NA", "N/A", "NaN", "nan", "null", "NULL", "?"];

impl Default for Csv {
    fn default() -> Self {
        Self {
            path: String::new(),
            target: "last".into(),
            targets: Vec::new(),
            task: "auto".into(),
            delimiter: "auto".into(),
            header: "auto".into(),
            missing: Vec::new(),
            usual_missing: true,
            categorical: Vec::new(),
            drop: Vec::new(),
            decimal: "auto".into(),
        }
    }
}

impl Describe for Csv {
    const NAME: &'static str = "csv";
    const ABOUT: &'static str = "a delimited text file, plain or .gz";
    const PARAMS: &'static [Param<Self>] = &[
        Param::text("path", |s: &mut Self| &mut s.path, "the file; relative to the recipe's folder"),
        Param::text(
            "target",
            |s: &mut Self| &mut s.target,
            "column to predict: name, position from 1, or last",
        ),
        Param::texts(
            "targets",
            |s: &mut Self| &mut s.targets,
            "several columns of numbers to predict together",
        ),
        Param::name(
            "task",
            &["auto", "classification", "regression"],
            |s: &mut Self| &mut s.task,
            "what the target is",
        ),
        Param::text("delimiter", |s: &mut Self| &mut s.delimiter, "auto, tab or one character"),
        Param::name(
            "header",
            &["auto", "yes", "no"],
            |s: &mut Self| &mut s.header,
            "whether the first line names the columns",
        ),
        Param::texts("missing", |s: &mut Self| &mut s.missing, "texts that stand for a missing value"),
        Param::switch(
            "usual_missing",
            |s: &mut Self| &mut s.usual_missing,
            "whether NA, N/A, NaN, nan, null, NULL and ? do so too",
        ),
        Param::texts(
            "categorical",
            |s: &mut Self| &mut s.categorical,
            "columns of names, even if they look like numbers, dates or identifiers",
        ),
        Param::texts("drop", |s: &mut Self| &mut s.drop, "columns to leave out"),
        Param::name(
            "decimal",
            &["auto", ".", ","],
            |s: &mut Self| &mut s.decimal,
            "the sign before fractions",
        ),
    ];

    fn check(&self) -> Result<(), String> {
        let one_byte = self.delimiter.len() == 1 && !["\"", "\n", "\r"].contains(&self.delimiter.as_str());
        if !one_byte && !["auto", "tab"].contains(&self.delimiter.as_str()) {
            return Err(format!("delimiter = {:?} is not auto, tab or one ASCII character", self.delimiter));
        }
        if self.delimiter == "," && self.decimal == "," {
            return Err("a comma cannot be both the delimiter and the decimal sign".into());
        }
        if !self.targets.is_empty() && self.task == "classification" {
            return Err("several targets are numbers to predict together, not classes".into());
        }
        Ok(())
    }
}

impl Csv {
    /// Types a text that was read already; `origin` names it in messages.
    pub(super) fn parse(&self, origin: &str, text: &str) -> Result<RawDataset, Error> {
        self.parse_here(origin, text).map_err(|error| error.within(origin))
    }

    fn parse_here(&self, origin: &str, text: &str) -> Result<RawDataset, Error> {
        let records = self.records(text)?;
        let names = records.names();
        let mut notes = Vec::new();
        let targets = if self.targets.is_empty() {
            vec![find_target(names, &self.target)?]
        } else {
            find_all("targets", names, &self.targets)?
        };
        let dropped = find_all("drop", names, &self.drop)?;
        if let Some(&place) = targets.iter().find(|place| dropped.contains(place)) {
            return Err(Why::DroppedTarget { column: names[place].clone() }.into());
        }
        let categorical = find_all("categorical", names, &self.categorical)?;
        let said = match self.task.as_str() {
            _ if !self.targets.is_empty() => Said::Regression,
            "regression" => Said::Regression,
            "classification" => Said::Classification,
            _ if categorical.contains(&targets[0]) => Said::Classification,
            _ => Said::Auto,
        };
        let wanted_target = match said {
            Said::Auto => Wanted::Either(Expected::Target),
            Said::Classification => Wanted::EitherOrMixed,
            Said::Regression => Wanted::Number(Expected::Target),
        };
        let wanted_feature = |place: usize| match categorical.contains(&place) {
            true => Wanted::Category,
            false => Wanted::Either(Expected::Feature),
        };
        let features = (0..names.len()).filter(|place| !targets.contains(place) && !dropped.contains(place));
        let mut wanted: Vec<(usize, Wanted)> = targets.iter().map(|&place| (place, wanted_target)).collect();
        wanted.extend(features.map(|place| (place, wanted_feature(place))));
        if wanted.len() == targets.len() {
            return Err(Why::NoFeatures.into());
        }

        let mut columns = Typed::read(&records, &self.cells(&records), &wanted)?;
        readings(&columns, &mut notes);
        let features = columns.split_off(targets.len());
        let target = target(columns, said, &mut notes)?;
        let features = features.into_iter().zip(&wanted[targets.len()..]);
        let features = features.map(|(typed, (_, wanted))| (typed.column, *wanted == Wanted::Category));
        let features = Frame::new(left_out(features.collect(), &mut notes)?);
        if features.rows() == 0 {
            return Err(Why::HeaderOnly.into());
        }
        if self.targets.is_empty() && self.target == "last" && !names.iter().any(|name| name == "last") {
            let last = &names[names.len() - 1];
            notes
                .push(format!("the target is the last column, `{last}`; write target = {last:?} to be sure"));
        }
        if !records.has_header() {
            notes.push(format!(
                "{origin} has no header line, its columns are called column_1 to column_{}; write header = \"yes\" if it has one",
                names.len()
            ));
        }
        let mut raw = RawDataset::new(origin, features, target)?;
        raw.notes = notes;
        Ok(raw)
    }

    fn records<'a>(&self, text: &'a str) -> Result<Records<'a>, Error> {
        let delimiter = match self.delimiter.as_str() {
            "auto" => None,
            "tab" => Some(b'\t'),
            one => one.bytes().next(),
        };
        let header = match self.header.as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        };
        Records::open(text, delimiter, header)
    }

    fn cells(&self, records: &Records<'_>) -> Cells<'_> {
        let usual = USUAL_MISSING.into_iter().filter(|_| self.usual_missing);
        Cells {
            missing: usual.chain(self.missing.iter().map(String::as_str)).collect(),
            decimal: match self.decimal.as_str() {
                "," => Decimal::Said(','),
                "." => Decimal::Said('.'),
                _ if records.delimiter() == b',' => Decimal::Point,
                _ => Decimal::Unknown,
            },
        }
    }

    fn features_of(&self, text: &str, fields: &[Field]) -> Result<Frame, Error> {
        let records = self.records(text)?;
        let mut names = records.names().to_vec();
        if !records.has_header() && names.len() == fields.len() {
            // Without a header and with a column for every feature, position is all there is.
            names = fields.iter().map(|field| field.name.clone()).collect();
        }
        let wanted: Vec<(usize, Wanted)> = fields
            .iter()
            .map(|field| {
                let Some(place) = names.iter().position(|name| *name == field.name) else {
                    let nearest = nearest(&field.name, names.iter().map(String::as_str)).map(str::to_owned);
                    return Err(Why::MissingColumn { name: field.name.clone(), nearest }.into());
                };
                let wanted = match field.kind {
                    Kind::Number => Wanted::Fitted(field.written),
                    Kind::Category => Wanted::Category,
                };
                Ok((place, wanted))
            })
            .collect::<Result<_, Error>>()?;
        let columns = Typed::read(&records, &self.cells(&records), &wanted)?.into_iter().zip(fields);
        let named = |(typed, field): (Typed, &Field)| Column { name: field.name.clone(), ..typed.column };
        Ok(Frame::new(columns.map(named).collect()))
    }
}

impl Source for Csv {
    fn open(&self, base: &Path) -> Result<RawDataset, Error> {
        if self.path.is_empty() {
            let expected = "{ csv = \"train.csv\", target = \"label\" }".to_owned();
            let why = tunesmith_core::Why::Missing { expected };
            return Err(tunesmith_core::Error::new("data.source.csv.path", why).into());
        }
        let path = base.join(&self.path);
        let origin = path.display().to_string();
        let text = text(read_bytes(&path)?).map_err(|error| error.within(&origin))?;
        self.parse(&origin, &text)
    }

    fn open_new(&self, path: &Path, fields: &[Field]) -> Result<Frame, Error> {
        let origin = path.display().to_string();
        let bytes = read_bytes(path).map_err(Error::of_new_file)?;
        let text = text(bytes).map_err(|error| error.within(&origin))?;
        self.features_of(&text, fields).map_err(|error| error.within(&origin))
    }
}

/// The target's position: by name, by position from 1, or the last.
fn find_target(names: &[String], target: &str) -> Result<usize, Error> {
    if let Some(place) = names.iter().position(|name| name == target) {
        return Ok(place);
    }
    if target == "last" {
        return Ok(names.len() - 1);
    }
    match target.parse::<usize>() {
        Ok(position) if (1..=names.len()).contains(&position) => Ok(position - 1),
        _ => Err(unknown("target", target, names)),
    }
}

/// The positions of names, each once.
fn find_all(setting: &'static str, names: &[String], wanted: &[String]) -> Result<Vec<usize>, Error> {
    let mut places = Vec::new();
    for name in wanted {
        let place = names.iter().position(|known| known == name);
        let place = place.ok_or_else(|| unknown(setting, name, names))?;
        if !places.contains(&place) {
            places.push(place);
        }
    }
    Ok(places)
}

fn unknown(setting: &'static str, name: &str, names: &[String]) -> Error {
    let nearest = nearest(name, names.iter().map(String::as_str)).map(str::to_owned);
    Why::UnknownColumn { setting, name: name.to_owned(), nearest, known: names.to_vec() }.into()
}

register!(SourceEntry, Csv);
