//! `Typed`: columns of text become columns of numbers or categories, by what they hold.

use super::guess::{Decimal, Guess, Verdict};
use crate::levels::Levels;
use crate::read::{Records, Written};
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
    /// Numbers, written like this when a pipeline was fitted.
    Fitted(Written),
    /// Categories.
    Category,
}

impl Wanted {
    /// The dates a pipeline was fitted on: nothing else will do then.
    fn fitted_dates(self) -> Option<Written> {
        match self {
            Self::Fitted(written) if written.is_dates() => Some(written),
            _ => None,
        }
    }
}

/// What the cells of a text mean.
#[derive(Clone, Debug)]
pub(crate) struct Cells<'a> {
    /// Markers of a missing value; the empty cell always is one.
    pub(crate) missing: Vec<&'a str>,
    /// The sign before fractions.
    pub(crate) decimal: Decimal,
}

impl Cells<'_> {
    fn is_missing(&self, cell: &str) -> bool {
        cell.is_empty() || self.missing.contains(&cell)
    }

    /// How numbers are written unless a column shows another way.
    pub(crate) fn usual(&self) -> Written {
        if self.decimal == Decimal::Said(',') { Written::DECIMAL_COMMA } else { Written::PLAIN }
    }

    /// The number in a cell that is written as usual; infinite when it is too large or says so.
    fn number(&self, cell: &str) -> Option<f64> {
        let unsigned = cell.strip_prefix(['+', '-']).unwrap_or(cell);
        if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == ',') {
            let infinite = ["inf", "infinity"].iter().any(|word| unsigned.eq_ignore_ascii_case(word));
            return infinite.then_some(f64::INFINITY);
        }
        if self.decimal == Decimal::Said(',') {
            // A point may group thousands, which one cell cannot tell.
            return if cell.contains('.') { None } else { cell.replacen(',', ".", 1).parse().ok() };
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
    /// The first cell that is not a number as usual, and what the whole column was then found to be.
    pub(crate) found: Option<(String, Verdict)>,
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

/// How a column is read in the end.
#[derive(Clone, Copy, PartialEq)]
enum Reading {
    Usual,
    Written(Written),
    Category,
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
            for (seen, &(place, wanted)) in seen.iter_mut().zip(wanted) {
                seen.cell(line, &row[place], cells, wanted);
            }
        })?;
        let verdicts = verdicts(records, cells, wanted, &seen)?;
        let columns = seen.iter().zip(&verdicts).zip(wanted);
        let readings: Vec<Reading> = columns
            .map(|((seen, verdict), &(place, wanted))| {
                seen.reading(verdict.as_ref(), &records.names()[place], wanted)
            })
            .collect::<Result<_, _>>()?;

        // Another pass for the columns that are not numbers as usual: tables of numbers never keep a text in memory.
        let mut levels: Vec<Levels> = wanted.iter().map(|_| Levels::default()).collect();
        let mut reread: Vec<Vec<f64>> = wanted.iter().map(|_| Vec::new()).collect();
        if readings.iter().any(|reading| *reading != Reading::Usual) {
            records.each(|_, row| {
                for (i, &(place, _)) in wanted.iter().enumerate() {
                    let cell = Some(&row[place]).filter(|cell| !cells.is_missing(cell));
                    match readings[i] {
                        Reading::Usual => {}
                        Reading::Category => levels[i].push(cell),
                        Reading::Written(written) => {
                            reread[i].push(cell.and_then(|cell| written.number(cell)).unwrap_or(f64::NAN));
                        }
                    }
                }
            })?;
        }
        let mut typed = Vec::new();
        for (i, (seen, verdict)) in seen.into_iter().zip(verdicts).enumerate() {
            let (values, written) = match readings[i] {
                Reading::Usual => {
                    let dates = wanted[i].1.fitted_dates();
                    (Values::Numbers(seen.numbers), dates.unwrap_or_else(|| cells.usual()))
                }
                Reading::Category => (std::mem::take(&mut levels[i]).finish(), Written::PLAIN),
                Reading::Written(written) => (Values::Numbers(std::mem::take(&mut reread[i])), written),
            };
            let column = Column::new(records.names()[wanted[i].0].clone(), values).written(written);
            let first_text = seen.first_text.map(|(_, text)| text);
            typed.push(Self { column, first_missing: seen.first_missing, found: first_text.zip(verdict) });
        }
        Ok(typed)
    }
}

/// Looks again at the columns that may be numbers in an unusual way.
fn verdicts(
    records: &Records<'_>,
    cells: &Cells<'_>,
    wanted: &[(usize, Wanted)],
    seen: &[Seen],
) -> Result<Vec<Option<Verdict>>, Error> {
    let mut guesses: Vec<Option<Guess>> = seen
        .iter()
        .zip(wanted)
        .map(|(seen, (_, wanted))| match *wanted {
            Wanted::Category | Wanted::EitherOrMixed => None,
            Wanted::Fitted(fitted) if fitted.is_dates() => None,
            Wanted::Fitted(fitted) if seen.texts > 0 || fitted != cells.usual() => {
                Some(Guess::new(Some(fitted)))
            }
            _ => (seen.texts > 0).then(|| Guess::new(None)),
        })
        .collect();
    if guesses.iter().any(Option::is_some) {
        records.each(|line, row| {
            for (guess, &(place, _)) in guesses.iter_mut().zip(wanted) {
                if let Some(guess) = guess.as_mut().filter(|_| !cells.is_missing(&row[place])) {
                    guess.cell(line, &row[place]);
                }
            }
        })?;
    }
    let verdict = |(guess, (_, wanted)): (Option<Guess>, &(usize, Wanted))| {
        Some(guess?.verdict(cells.decimal, *wanted == Wanted::Either(Expected::Feature)))
    };
    Ok(guesses.into_iter().zip(wanted).map(verdict).collect())
}

impl Seen {
    fn cell(&mut self, line: u64, cell: &str, cells: &Cells<'_>, wanted: Wanted) {
        let read = || wanted.fitted_dates().map_or_else(|| cells.number(cell), |dates| dates.number(cell));
        let mut number = f64::NAN;
        if cells.is_missing(cell) {
            self.first_missing.get_or_insert(line);
        } else if let Some(found) = read() {
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

    fn reading(&self, verdict: Option<&Verdict>, name: &str, wanted: Wanted) -> Result<Reading, Error> {
        let category = match (wanted, verdict) {
            (_, Some(&Verdict::Numbers(written))) => return Ok(Reading::Written(written)),
            (Wanted::Category, _) => true,
            (Wanted::EitherOrMixed, _) => self.texts > 0,
            (Wanted::Either(Expected::Feature), Some(Verdict::Ambiguous { .. })) => true,
            (_, Some(Verdict::Ambiguous { text, readings })) => {
                let (column, text) = (name.to_owned(), text.clone());
                return Err(Why::AmbiguousNumber { column, text, readings: *readings }.into());
            }
            (Wanted::Either(_), _) => self.texts > 0 && self.numeric <= self.texts,
            (Wanted::Number(_) | Wanted::Fitted(_), _) => false,
        };
        if category {
            return Ok(Reading::Category);
        }
        let expected = match wanted {
            Wanted::Number(expected) | Wanted::Either(expected) => expected,
            Wanted::Fitted(written) if written.is_dates() => Expected::FittedDate,
            Wanted::Fitted(_) => Expected::Fitted,
            Wanted::EitherOrMixed | Wanted::Category => Expected::Feature,
        };
        let odd = match verdict {
            Some(Verdict::Texts { line, other, .. }) => Some((*line, other.clone())),
            _ => self.first_text.clone(),
        };
        if let Some((line, text)) = odd {
            return Err(Why::NotANumber { column: name.to_owned(), line, text, expected }.into());
        }
        match self.first_infinite {
            Some(line) => {
                Err(Why::NotFinite { column: name.to_owned(), place: format!("line {line}") }.into())
            }
            None => Ok(Reading::Usual),
        }
    }
}
