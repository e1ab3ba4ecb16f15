//! `Records`: the rows of a delimited text: which delimiter, whether a header, every row as wide as the first.

use csv::{ReaderBuilder, StringRecord, Trim};

use super::looks_like_number;
use crate::{Error, Why};

/// How many lines a guess looks at.
const SAMPLE: usize = 100;

/// A delimited text with its names and its delimiter.
#[derive(Debug)]
pub(crate) struct Records<'a> {
    text: &'a str,
    delimiter: u8,
    header: bool,
    names: Vec<String>,
}

impl<'a> Records<'a> {
    /// Opens a text; what is `None` is guessed.
    pub(crate) fn open(text: &'a str, delimiter: Option<u8>, header: Option<bool>) -> Result<Self, Error> {
        let delimiter = delimiter.unwrap_or_else(|| guess_delimiter(text));
        let sample: Vec<StringRecord> = raw(text, delimiter).take(SAMPLE).flatten().collect();
        let Some((first, body)) = sample.split_first() else { return Err(Why::Empty.into()) };
        let header = header.unwrap_or_else(|| guess_header(first, body));
        let names: Vec<String> = (1..)
            .zip(first)
            .map(
                |(place, name)| {
                    if header && !name.is_empty() { name.to_owned() } else { format!("column_{place}") }
                },
            )
            .collect();
        let mut sorted: Vec<&String> = names.iter().collect();
        sorted.sort_unstable();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Why::DuplicateColumn { name: pair[0].clone() }.into());
        }
        if header && body.is_empty() {
            return Err(Why::HeaderOnly.into());
        }
        Ok(Self { text, delimiter, header, names })
    }

    /// The names of the columns: the header, or `column_1`, `column_2`, ...
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether the first line is a header.
    pub(crate) fn has_header(&self) -> bool {
        self.header
    }

    /// What divides the cells.
    pub(crate) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// The line of a record, which the reader counts from the blank lines before it.
    fn line(&self, start: &csv::Position) -> u64 {
        let rest = &self.text.as_bytes()[start.byte() as usize..];
        let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        start.line() + blank.filter(|&&byte| byte == b'\n').count() as u64
    }

    /// Calls `row` with the line number (from 1) and the cells of every row, trimmed.
    pub(crate) fn each(&self, mut row: impl FnMut(u64, &StringRecord)) -> Result<(), Error> {
        let expected = self.names.len();
        let mut reader = reader(self.text, self.delimiter);
        let mut record = StringRecord::new();
        let mut skip = self.header;
        loop {
            let more = reader
                .read_record(&mut record)
                .map_err(|error| Error::from(Why::Unreadable { source: std::io::Error::other(error) }))?;
            if !more {
                return Ok(());
            }
            if std::mem::take(&mut skip) {
                continue;
            }
            let line = record.position().map_or(0, |start| self.line(start));
            if record.len() != expected {
                return Err(Why::RaggedRow { line, found: record.len(), expected }.into());
            }
            row(line, &record);
        }
    }
}

fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true) // widths are checked here, where the line is known
        .trim(Trim::All)
        .from_reader(text.as_bytes())
}

fn raw(text: &str, delimiter: u8) -> impl Iterator<Item = csv::Result<StringRecord>> {
    reader(text, delimiter).into_records()
}

/// The candidate that cuts most lines into as many cells as the first; of two, the one that makes more cells.
fn guess_delimiter(text: &str) -> u8 {
    let score = |delimiter: u8| {
        let widths: Vec<usize> =
            raw(text, delimiter).take(SAMPLE).flatten().map(|record| record.len()).collect();
        let first = widths.first().copied().unwrap_or(0);
        let same = widths.iter().filter(|&&width| width == first).count();
        if first > 1 { (same, first) } else { (0, 0) }
    };
    // `max_by_key` keeps the last of equals, so the commonest delimiter comes last.
    *b"|\t;,".iter().max_by_key(|&&delimiter| score(delimiter)).expect("four candidates")
}

/// A first line is data when it has a number where the column below has numbers, and no text there.
fn guess_header(first: &StringRecord, body: &[StringRecord]) -> bool {
    let is_number = |cell: &str| cell.parse::<f64>().is_ok() || looks_like_number(cell);
    let numeric = |column: usize| {
        let mut cells =
            body.iter().filter_map(|row| row.get(column)).filter(|cell| !cell.is_empty()).peekable();
        cells.peek().is_some() && cells.all(is_number)
    };
    let (mut texts, mut numbers) = (0, 0);
    for (column, cell) in first.iter().enumerate() {
        if body.is_empty() || numeric(column) {
            if is_number(cell) { numbers += 1 } else { texts += 1 }
        }
    }
    texts > 0 || numbers == 0
}
