//! `Written`: how the numbers of a column are written: their separators, a sign of currency or percent, or dates.

use std::fmt;
use std::str::FromStr;

use super::dates;

/// How the numbers of a column are written in a file.
///
/// Thousands may be grouped by a comma, a point, a space or an apostrophe; fractions follow a point or a comma; every
/// number may carry the same sign of a currency or of percent, which is left out (`45%` is 45). Or they are ISO dates,
/// with or without a time, which count as days since the first. The text of it is an example: the number 1000.5, or
/// the first date.
///
/// ```
/// use tunesmith_data::Written;
/// let prices: Written = "$1,000.5".parse().unwrap();
/// assert_eq!(prices.number("-$23,456.78"), Some(-23456.78));
/// assert_eq!(prices.number("$23.456,78"), None);
/// let dates: Written = "2024-02-28".parse().unwrap();
/// assert_eq!(dates.number("2024-03-01 12:00"), Some(2.5));
/// assert_eq!((prices.to_string(), dates.to_string()), ("$1,000.5".into(), "2024-02-28".into()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written(Form);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Number { style: usize, sign: Option<Sign> },
    Dates { first: i64 },
}

/// The separators of a number.
#[derive(Debug)]
pub(super) struct Style {
    example: &'static str,
    /// What groups thousands.
    group: &'static [char],
    /// What fractions follow.
    pub(super) decimal: char,
}

const SPACES: &[char] = &[' ', '\u{a0}', '\u{2009}', '\u{202f}'];
const APOSTROPHES: &[char] = &['\'', '\u{2019}'];

/// All styles; of two that fit, the first is the simpler.
pub(super) const STYLES: [Style; 8] = [
    Style { example: "1000.5", group: &[], decimal: '.' },
    Style { example: "1000,5", group: &[], decimal: ',' },
    Style { example: "1,000.5", group: &[','], decimal: '.' },
    Style { example: "1.000,5", group: &['.'], decimal: ',' },
    Style { example: "1 000.5", group: SPACES, decimal: '.' },
    Style { example: "1 000,5", group: SPACES, decimal: ',' },
    Style { example: "1'000.5", group: APOSTROPHES, decimal: '.' },
    Style { example: "1'000,5", group: APOSTROPHES, decimal: ',' },
];

/// A sign that all numbers of a column carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sign {
    symbol: char,
    before: bool,
}

const CURRENCIES: &[char] = &['$', '€', '£', '¥', '₹', '₩', '₽', '₺', '₪', '₴', '₫', '฿'];

impl Written {
    /// As programs write numbers: a point before fractions, no groups.
    pub const PLAIN: Self = Self(Form::Number { style: 0, sign: None });
    /// The same with a comma before fractions.
    pub(crate) const DECIMAL_COMMA: Self = Self(Form::Number { style: 1, sign: None });

    pub(super) const fn with(style: usize, sign: Option<Sign>) -> Self {
        Self(Form::Number { style, sign })
    }

    pub(super) const fn dates_from(first: i64) -> Self {
        Self(Form::Dates { first })
    }

    /// Whether these are dates.
    #[must_use]
    pub const fn is_dates(&self) -> bool {
        matches!(self.0, Form::Dates { .. })
    }

    /// The number in a cell, finite; nothing when it is written in another way.
    #[must_use]
    pub fn number(&self, cell: &str) -> Option<f64> {
        match self.0 {
            Form::Number { style, sign: None } => STYLES[style].number(cell),
            Form::Number { style, sign: Some(sign) } => sign.strip(cell).and_then(|(minus, rest)| {
                STYLES[style].number(rest).map(|number| if minus { -number } else { number })
            }),
            Form::Dates { first } => dates::days(cell).map(|day| day - first as f64),
        }
    }

    /// A number with the sign of its column, as a name.
    pub(crate) fn name(&self, number: f64) -> String {
        match self.0 {
            Form::Number { sign: Some(Sign { symbol, before: true }), .. } => format!("{symbol}{number}"),
            Form::Number { sign: Some(Sign { symbol, before: false }), .. } => format!("{number}{symbol}"),
            _ => number.to_string(),
        }
    }
}

impl Default for Written {
    fn default() -> Self {
        Self::PLAIN
    }
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Form::Number { style, sign } => {
                let example = STYLES[style].example;
                match sign {
                    None => f.write_str(example),
                    Some(Sign { symbol, before: true }) => write!(f, "{symbol}{example}"),
                    Some(Sign { symbol, before: false }) => write!(f, "{example}{symbol}"),
                }
            }
            Form::Dates { first } => f.write_str(&dates::text(first)),
        }
    }
}

impl FromStr for Written {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(first) = dates::day(text) {
            return Ok(Self::dates_from(first));
        }
        let sign = Sign::of(text);
        let example = sign.and_then(|sign| sign.strip(text)).map_or(text, |(_, example)| example);
        match STYLES.iter().position(|style| style.example == example) {
            Some(style) => Ok(Self::with(style, sign)),
            None => Err(format!("{text:?} is not the number 1000.5 in a known way, nor a date")),
        }
    }
}

impl Style {
    /// Groups are of three digits, the first of one to three and without a leading zero; a number may go without.
    pub(super) fn number(&self, cell: &str) -> Option<f64> {
        let unsigned = cell.strip_prefix(['+', '-']).unwrap_or(cell);
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
            Some(place) => unsigned.split_at(place),
            None => (unsigned, ""),
        };
        let (whole, fraction) = mantissa.split_once(self.decimal).unwrap_or((mantissa, ""));
        if !digits(fraction) || !whole.starts_with(|c: char| c.is_ascii_digit()) && fraction.is_empty() {
            return None;
        }
        if !digits(whole) {
            let mut groups = whole.split(self.group);
            let first = groups.next().unwrap_or("");
            let whole_groups = (1..=3).contains(&first.len())
                && !first.starts_with('0')
                && digits(first)
                && groups.all(|group| group.len() == 3 && digits(group));
            if !whole_groups {
                return None;
            }
        }
        let minus = if cell.starts_with('-') { "-" } else { "" };
        let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
        format!("{minus}{whole}.{fraction}{exponent}").parse().ok().filter(|number: &f64| number.is_finite())
    }
}

impl Sign {
    /// The sign a number carries, if it carries one.
    pub(super) fn of(cell: &str) -> Option<Self> {
        let first = cell.strip_prefix(['+', '-']).unwrap_or(cell).chars().next()?;
        let last = cell.chars().next_back()?;
        if CURRENCIES.contains(&first) {
            return Some(Self { symbol: first, before: true });
        }
        (last == '%' || CURRENCIES.contains(&last)).then_some(Self { symbol: last, before: false })
    }

    /// Whether a minus stands before the sign, and the number without both.
    pub(super) fn strip(self, cell: &str) -> Option<(bool, &str)> {
        if !self.before {
            return Some((false, cell.strip_suffix(self.symbol)?.trim_end()));
        }
        let rest = cell.strip_prefix(['+', '-']).unwrap_or(cell);
        let outside = rest.len() < cell.len();
        let number = rest.strip_prefix(self.symbol)?.trim_start();
        (!outside || !number.starts_with(['+', '-'])).then_some((cell.starts_with('-'), number))
    }
}

/// Whether a text is a number in any of the ways numbers are written.
pub(crate) fn looks_like_number(cell: &str) -> bool {
    let number = match Sign::of(cell).map(|sign| sign.strip(cell)) {
        None => Some(cell),
        Some(stripped) => stripped.map(|(_, number)| number),
    };
    number.is_some_and(|number| STYLES.iter().any(|style| style.number(number).is_some()))
}
