//! What a person should know of new rows before a model judges them: what training has not seen.

use std::collections::BTreeSet;

use crate::error::listed;
use crate::{Column, Field, Frame, Kind, Pipeline, Values};

/// How many categories or rows a note names.
const NAMED: usize = 5;

impl Pipeline {
    /// What a person should know of new rows, a sentence each: categories that the training rows did not have, rows
    /// without any value, numbers that are written in another way than those of training. None of this is an error.
    ///
    /// Rows are counted from 1, without the header.
    ///
    /// ```
    /// use tunesmith_data::{Column, Frame, Pipeline, RawDataset, RawTarget};
    /// let city = |cells: &[Option<&'static str>]| Frame::new(vec![Column::categories("city", cells.iter().copied())]);
    /// let target = RawTarget::Numbers(Frame::new(vec![Column::numbers("price", vec![1.0, 2.0])]));
    /// let raw = RawDataset::new("example", city(&[Some("Oslo"), Some("Bergen")]), target).unwrap();
    /// let pipeline = Pipeline::fit(&raw, &[0, 1], &[], &[], &mut Vec::new()).unwrap();
    ///
    /// assert!(pipeline.notes(&raw.features).is_empty());
    /// assert_eq!(pipeline.notes(&city(&[Some("Tokyo"), None])), [
    ///     "column `city`: 1 row has `Tokyo`, which was not in the training data; it counts as none of the known ones",
    ///     "row 2 has no value in any column the model reads: its prediction says nothing of it",
    /// ]);
    /// ```
    #[must_use]
    pub fn notes(&self, frame: &Frame) -> Vec<String> {
        let columns: Vec<(&Field, &Column)> =
            self.fields.iter().filter_map(|field| Some((field, frame.column(&field.name)?))).collect();
        let mut notes = Vec::new();
        for &(field, column) in &columns {
            notes.extend(self.unknown_categories(column));
            notes.extend(other_writing(field, column));
        }
        notes.extend(empty_rows(&columns, frame.rows()));
        notes
    }

    fn unknown_categories(&self, column: &Column) -> Option<String> {
        let (Some(known), Values::Categories { levels, codes }) =
            (self.known.get(&column.name), &column.values)
        else {
            return None;
        };
        let known: BTreeSet<&String> = known.iter().collect();
        let unknown: Vec<bool> = levels.iter().map(|level| !known.contains(level)).collect();
        let rows = codes.iter().flatten().filter(|&&code| unknown[code as usize]).count();
        let mut names: Vec<bool> = vec![false; levels.len()];
        codes.iter().flatten().for_each(|&code| names[code as usize] = unknown[code as usize]);
        let names: Vec<&String> =
            levels.iter().zip(names).filter(|(_, unknown)| *unknown).map(|(level, _)| level).collect();
        let (were, count) = if names.len() == 1 { ("was", "it counts") } else { ("were", "they count") };
        (rows > 0).then(|| {
            format!(
                "column `{}`: {} {}, which {were} not in the training data; {count} as none of the known ones",
                column.name,
                if rows == 1 { "1 row has".to_owned() } else { format!("{rows} rows have") },
                listed(&names, NAMED)
            )
        })
    }
}

fn other_writing(field: &Field, column: &Column) -> Option<String> {
    let both_numbers = field.kind == Kind::Number && column.values.kind() == Kind::Number;
    (both_numbers && field.written != column.written).then(|| {
        format!(
            "column `{}`: numbers are read as written like {}, those of the training data like {}",
            column.name, column.written, field.written
        )
    })
}

fn empty_rows(columns: &[(&Field, &Column)], rows: usize) -> Option<String> {
    let mut empty: Vec<usize> = if columns.is_empty() { Vec::new() } else { (0..rows).collect() };
    for (_, column) in columns {
        if empty.is_empty() {
            return None;
        }
        empty.retain(|&row| column.values.is_missing(row));
    }
    let named: Vec<String> = empty.iter().take(NAMED).map(|row| (row + 1).to_string()).collect();
    let (named, more) = (named.join(", "), empty.len().saturating_sub(NAMED));
    match empty.len() {
        0 => None,
        1 => Some(format!(
            "row {named} has no value in any column the model reads: its prediction says nothing of it"
        )),
        _ => Some(format!(
            "rows {named}{} have no value in any column the model reads: their predictions say nothing of them",
            if more == 0 { String::new() } else { format!(" and {more} more") }
        )),
    }
}
