//! `Typed`: columns of text become columns of numbers or categories, by what they hold.

use crate::levels::Levels;
use crate::read::Records;
use crate::{Column, Error, Expected, Values, Why};

/// What a column shall become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Numbers when all of it is, categories when most of it is not, an error in between.
    Either(Expected),
    /// Numbers when all of it is, else categories.
    EitherOrMixed,
    /// Numbers.
    Number(Expected),
    /// Categories.
    Category,
}

/// What the cells of a text mean.
#[derive(Clone, Debug)]
pub(crate) struct Cells<'a> {
    /// Markers of a missing value; the empty cell always is one.
    pub(crate) missing: Vec<&'a str>,
    /// Whether fractions are written with a comma.
    pub(crate) decimal_comma: bool,
}

impl Cells<'_> {
    fn is_missing(&self, cell: &str) -> bool {
        cell.is_empty() || self.missing.contains(&cell)
    }

    /// The number in a cell; infinite when it is too large or says so.
    fn number(&self, cell: &str) -> Option<f64> {
        let unsigned = cell.strip_prefix(['+', '-']).unwrap_or(cell);
        if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == ',') {
            let infinite = ["inf", "infinity"].iter().any(|word| unsigned.eq_ignore_ascii_case(word));
            return infinite.then_some(f64::INFINITY);
        }
        if self.decimal_comma && cell.contains(',') {
            return cell.replacen(',', ".", 1).parse().ok();
        }
        cell.parse().ok()
    }
}

/// A typed column and the lines of what is odd in it.
#[derive(Debug)]
pub(crate) struct Typed {
    /// The column.
    pub(crate) column: Column,
    /// Line of the first missing cell.
    pub(crate) first_missing: Option<u64>,
}

/// What one pass over a column saw.
#[derive(Default)]
struct Seen {
    numbers: Vec<f64>,
    numeric: usize,
    texts: usize,
    first_text: Option<(u64, String)>,
    first_infinite: Option<u64>,
    first_missing: Option<u64>,
}

impl Typed {
    /// Reads the wanted columns, given by position, in that order.
    pub(crate) fn read(
        records: &Records<'_>,
        cells: &Cells<'_>,
        wanted: &[(usize, Wanted)],
    ) -> Result<Vec<Self>, Error> {
        let mut seen: Vec<Seen> = wanted.iter().map(|_| Seen::default()).collect();
        records.each(|line, row| {
            for (seen, &(place, _)) in seen.iter_mut().zip(wanted) {
                seen.cell(line, &row[place], cells);
            }
        })?;
        let categories: Vec<bool> = seen
            .iter()
            .zip(wanted)
            .map(|(seen, &(place, wanted))| seen.is_category(&records.names()[place], wanted))
            .collect::<Result<_, _>>()?;

        // A second pass for categories only: tables of numbers never keep a text in memory.
        let mut levels: Vec<Levels> = wanted.iter().map(|_| Levels::default()).collect();
        if categories.contains(&true) {
            records.each(|_, row| {
                for (i, &(place, _)) in wanted.iter().enumerate().filter(|&(i, _)| categories[i]) {
                    let cell = &row[place];
                    levels[i].push(if cells.is_missing(cell) { None } else { Some(cell) });
                }
            })?;
        }
        let columns = seen.into_iter().zip(levels).zip(wanted).zip(categories);
        Ok(columns
            .map(|(((seen, level), &(place, _)), is_category)| Self {
                first_missing: seen.first_missing,
                column: Column::new(
                    records.names()[place].clone(),
                    if is_category { level.finish() } else { Values::Numbers(seen.numbers) },
                ),
            })
            .collect())
    }
}

impl Seen {
    fn cell(&mut self, line: u64, cell: &str, cells: &Cells<'_>) {
        let mut number = f64::NAN;
        if cells.is_missing(cell) {
            self.first_missing.get_or_insert(line);
        } else if let Some(found) = cells.number(cell) {
            self.numeric += 1;
            number = found;
            if number.is_infinite() {
                self.first_infinite.get_or_insert(line);
            }
        } else {
            self.texts += 1;
            self.first_text.get_or_insert_with(|| (line, cell.to_owned()));
        }
        self.numbers.push(number);
    }

    fn is_category(&self, name: &str, wanted: Wanted) -> Result<bool, Error> {
        let category = match wanted {
            Wanted::Category => true,
            Wanted::EitherOrMixed => self.texts > 0,
            Wanted::Either(_) => self.texts > 0 && self.numeric <= self.texts,
            Wanted::Number(_) => false,
        };
        if category {
            return Ok(true);
        }
        if let Some((line, text)) = &self.first_text {
            let expected = match wanted {
                Wanted::Number(expected) | Wanted::Either(expected) => expected,
                Wanted::EitherOrMixed | Wanted::Category => Expected::Feature,
            };
            let why = Why::NotANumber { column: name.to_owned(), line: *line, text: text.clone(), expected };
            return Err(why.into());
        }
        match self.first_infinite {
            Some(line) => {
                Err(Why::NotFinite { column: name.to_owned(), place: format!("line {line}") }.into())
            }
            None => Ok(false),
        }
    }
}
