//! What a person should know of how columns were read, and which columns are left out.

use crate::error::joined;
use crate::read::{Typed, Verdict};
use crate::{Column, Error, Values, Why};

/// A column of at least so many different texts is left out when most of its rows differ.
const MANY_TEXTS: usize = 20;

/// Says which columns were read as numbers though they look like texts, and which were not though they look like numbers.
pub(super) fn readings(columns: &[Typed], notes: &mut Vec<String>) {
    let (mut numbers, mut dates, mut texts) = (Vec::new(), Vec::new(), Vec::new());
    for typed in columns {
        let name = &typed.column.name;
        match &typed.found {
            Some((_, Verdict::Numbers(written))) if written.is_dates() => {
                dates.push(format!("`{name}` (days since {written})"));
            }
            Some((example, Verdict::Numbers(written))) => {
                let number = written.number(example).unwrap_or(f64::NAN);
                numbers.push(format!("`{name}` ({example:?} is {number})"));
            }
            Some((_, Verdict::Ambiguous { text, readings: (point, comma) })) => {
                notes.push(format!(
                    "column `{name}`: {text:?} may be {point} or {comma}, so its cells are taken for names; write decimal = \".\" or decimal = \",\" to read numbers"
                ));
            }
            Some((_, Verdict::Texts { other, line, mostly_numbers: true })) => {
                texts.push(format!("`{name}` ({other:?} in line {line})"));
            }
            _ => {}
        }
    }
    let mut note = |columns: Vec<String>, before: &str, after: &str| {
        if !columns.is_empty() {
            notes.push(format!("{before} {}{after}", joined(&columns, 5)));
        }
    };
    let keep = "; write categorical = [...] to keep a column's texts as names";
    note(numbers, "texts are read as numbers in", keep);
    note(dates, "dates are read as numbers in", keep);
    let cure = "; write numbers in one way, and missing = [...] for what stands for a missing value";
    note(texts, "most cells look like numbers but not all in one way, and are taken for names, in", cure);
}

/// Drops the columns that identify rows; the ones that the recipe declares to be categorical stay.
pub(super) fn left_out(columns: Vec<(Column, bool)>, notes: &mut Vec<String>) -> Result<Vec<Column>, Error> {
    let (mut kept, mut first) = (Vec::new(), None);
    let (mut said, mut names) = (Vec::new(), Vec::new());
    for (column, declared) in columns {
        match identifiers(&column.values).filter(|_| !declared) {
            None => kept.push(column),
            Some((distinct, rows)) => {
                said.push(format!("`{}` ({distinct} distinct texts in {rows} rows)", column.name));
                names.push(format!("{:?}", column.name));
                first.get_or_insert((column.name, distinct, rows));
            }
        }
    }
    match first {
        Some((column, distinct, rows)) if kept.is_empty() => {
            return Err(Why::OnlyTexts { column, distinct, rows }.into());
        }
        Some(_) => notes.push(format!(
            "left out, as identifiers or free text: {}; write drop = [{names}] to say so, or categorical = [{names}] to use them all the same",
            joined(&said, 5),
            names = names.join(", ")
        )),
        None => {}
    }
    Ok(kept)
}

/// How many different texts in how many rows, when most rows have one of their own.
fn identifiers(values: &Values) -> Option<(usize, usize)> {
    let Values::Categories { levels, .. } = values else { return None };
    let (distinct, rows) = (levels.len(), values.len() - values.missing());
    (distinct >= MANY_TEXTS && 2 * distinct > rows).then_some((distinct, rows))
}
