//! `Guess`: in which way all numbers of a column are written, if they are numbers.

use super::dates;
use super::written::{STYLES, Sign, Written, looks_like_number};

/// What is known of decimal signs before a column is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decimal {
    /// The recipe says which.
    Said(char),
    /// Nothing, in a file whose cells are divided by commas: a comma groups thousands unless it cannot.
    Point,
    /// Nothing.
    Unknown,
}

/// What the cells of a column have in common.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// All of them are numbers, written in this way.
    Numbers(Written),
    /// All of them are numbers in two ways that differ.
    Ambiguous {
        /// A cell that differs.
        text: String,
        /// What it is with a point and with a comma before fractions.
        readings: (f64, f64),
    },
    /// Not all of them are numbers, or not all in one way.
    Texts {
        /// The first cell that does not fit those before it.
        other: String,
        /// Its line.
        line: u64,
        /// Whether most of them are numbers in some way.
        mostly_numbers: bool,
    },
}

/// Sees the cells of a column one by one.
#[derive(Debug, Default)]
pub(crate) struct Guess {
    /// The way they were written when the pipeline was fitted, tried first.
    fitted: Option<Written>,
    cells: usize,
    as_fitted: usize,
    sign: Option<Sign>,
    styled: [usize; STYLES.len()],
    numbers: usize,
    other: Option<(u64, String)>,
    differing: Option<(String, (f64, f64))>,
    dates: usize,
    first_day: f64,
}

impl Guess {
    pub(crate) fn new(fitted: Option<Written>) -> Self {
        Self { fitted, first_day: f64::INFINITY, ..Self::default() }
    }

    pub(crate) fn cell(&mut self, line: u64, cell: &str) {
        if self.cells == 0 {
            self.sign = Sign::of(cell);
        }
        self.cells += 1;
        self.as_fitted += usize::from(self.fitted.is_some_and(|fitted| fitted.number(cell).is_some()));
        if let Some(day) = dates::days(cell) {
            self.dates += 1;
            self.first_day = self.first_day.min(day);
        }
        let (mut point, mut comma) = (None, None);
        if cell.bytes().any(|byte| byte.is_ascii_digit()) {
            for (style, count) in self.styled.iter_mut().enumerate() {
                // Of two styles with one decimal sign, both that fit give one number.
                if let Some(number) = Written::with(style, self.sign).number(cell) {
                    *count += 1;
                    *if STYLES[style].decimal == '.' { &mut point } else { &mut comma } = Some(number);
                }
            }
        }
        let fits = point.is_some() || comma.is_some();
        self.numbers += usize::from(fits || looks_like_number(cell));
        if self.other.is_none() && !self.styled.contains(&self.cells) {
            self.other = Some((line, cell.to_owned()));
        }
        if let (Some(point), Some(comma)) = (point, comma)
            && point != comma
        {
            self.differing.get_or_insert_with(|| (cell.to_owned(), (point, comma)));
        }
    }

    /// The verdict; whether dates are wanted is for the caller to say.
    pub(crate) fn verdict(self, decimal: Decimal, dates: bool) -> Verdict {
        if let Some(fitted) = self.fitted.filter(|_| self.as_fitted == self.cells) {
            return Verdict::Numbers(fitted);
        }
        if dates && self.dates == self.cells {
            return Verdict::Numbers(Written::dates_from(self.first_day.floor() as i64));
        }
        let fitting = |sign: char| {
            (0..STYLES.len()).find(|&style| STYLES[style].decimal == sign && self.styled[style] == self.cells)
        };
        let style = match (decimal, fitting('.'), fitting(',')) {
            (Decimal::Unknown, Some(_), Some(_)) if self.differing.is_some() => {
                let (text, readings) = self.differing.expect("just seen");
                return Verdict::Ambiguous { text, readings };
            }
            (Decimal::Said(','), point, comma) => comma.or(point.filter(|&style| style == 0)),
            (Decimal::Said(_), point, _) => point,
            (_, point, comma) => point.or(comma),
        };
        if let Some(style) = style {
            return Verdict::Numbers(Written::with(style, self.sign));
        }
        let (line, other) = self.other.unwrap_or_default();
        Verdict::Texts { other, line, mostly_numbers: 2 * self.numbers > self.cells }
    }
}
