//! `impute`: missing values filled with what the training rows suggest.

use std::collections::BTreeMap;

use tunesmith_core::{Describe, Param, Table, Value, register};

use super::columns::{Learnt, chosen, learnt};
use super::quantile::median;
use super::{Prepare, PrepareEntry};
use crate::error::listed;
use crate::levels::Levels;
use crate::{Column, Error, Frame, Values, Why};

/// Fills missing values: numbers with the median, categories with the most frequent one, unless told otherwise.
///
/// Of values that are equally frequent the smallest is taken. With `indicator`, a column that misses values in the
/// training rows gets a companion `column_missing` of 0 and 1. With "refuse", a missing value is an error.
///
/// ```
/// use tunesmith_data::{Column, Frame, Impute, Prepare};
/// let mut frame = Frame::new(vec![Column::numbers("age", vec![20.0, f64::NAN, 50.0, 21.0])]);
/// let step = Impute { indicator: true, ..Impute::default() };
/// let state = step.fit(&frame, &mut Vec::new()).unwrap();
/// step.apply(&state, &mut frame).unwrap();
/// assert_eq!(frame.names(), ["age", "age_missing"]);
/// assert_eq!(frame.columns()[0].values.numbers().unwrap()[..], [20.0, 21.0, 50.0, 21.0]);
/// assert_eq!(frame.columns()[1].values.numbers().unwrap()[..], [0.0, 1.0, 0.0, 0.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Impute {
    /// What fills a number: "median", "mean", "most_frequent", "constant"; or "refuse".
    pub numeric: String,
    /// What fills a category: "most_frequent", "constant"; or "refuse".
    pub categorical: String,
    /// The constant for numbers.
    pub value: f64,
    /// The constant for categories.
    pub level: String,
    /// Whether a column says which values were missing.
    pub indicator: bool,
    /// The columns it works on; all when empty.
    pub columns: Vec<String>,
}

impl Default for Impute {
    fn default() -> Self {
        Self {
            numeric: "median".into(),
            categorical: "most_frequent".into(),
            value: 0.0,
            level: "missing".into(),
            indicator: false,
            columns: Vec::new(),
        }
    }
}

impl Describe for Impute {
    const NAME: &'static str = "impute";
    const ABOUT: &'static str = "fills missing values with what the training rows suggest";
    const SOURCE: &'static str = "scikit-learn, SimpleImputer";
    const PARAMS: &'static [Param<Self>] = &[
        Param::name(
            "numeric",
            &["median", "mean", "most_frequent", "constant", "refuse"],
            |s: &mut Self| &mut s.numeric,
            "what fills a number; refuse makes a missing one an error",
        ),
        Param::name(
            "categorical",
            &["most_frequent", "constant", "refuse"],
            |s: &mut Self| &mut s.categorical,
            "what fills a category; refuse makes a missing one an error",
        ),
        Param::float("value", -1.0, 1.0, |s: &mut Self| &mut s.value, "the constant for numbers").fixed(),
        Param::text("level", |s: &mut Self| &mut s.level, "the constant for categories"),
        Param::switch("indicator", |s: &mut Self| &mut s.indicator, "a column says which were missing"),
        Param::texts("columns", |s: &mut Self| &mut s.columns, "which columns; all when empty"),
    ];
}

impl Impute {
    /// What fills a column: a number or a text; nothing refuses. `None` inside when the column has no value at all.
    fn filler(&self, values: &Values) -> Option<Option<Value>> {
        match values {
            Values::Categories { levels, codes } => match self.categorical.as_str() {
                "refuse" => None,
                "constant" => Some(Some(self.level.as_str().into())),
                _ => {
                    let most = most_frequent(codes.iter().flatten().copied());
                    Some(most.map(|code| levels[code as usize].as_str().into()))
                }
            },
            numbers => {
                let mut cells: Vec<f64> =
                    numbers.numbers()?.iter().copied().filter(|x| !x.is_nan()).collect();
                match self.numeric.as_str() {
                    "refuse" => None,
                    "constant" => Some(Some(self.value.into())),
                    _ if cells.is_empty() => Some(None),
                    "mean" => Some(Some((cells.iter().sum::<f64>() / cells.len() as f64).into())),
                    "most_frequent" => {
                        // Sorted bits of equal numbers are equal once -0 is 0; order does the rest.
                        cells.sort_by(f64::total_cmp);
                        let place = most_frequent(cells.iter().map(|x| cells.partition_point(|y| y < x)));
                        Some(place.map(|place| cells[place].into()))
                    }
                    _ => Some(Some(median(&mut cells).into())),
                }
            }
        }
    }
}

/// The most frequent item, of several the smallest.
fn most_frequent<T: Ord>(items: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    for item in items {
        *counts.entry(item).or_default() += 1;
    }
    // `max_by_key` keeps the last of equals, so the smallest comes last.
    counts.into_iter().rev().max_by_key(|&(_, count)| count).map(|(item, _)| item)
}

impl Prepare for Impute {
    fn fit(&self, frame: &Frame, notes: &mut Vec<String>) -> Result<Table, Error> {
        let mut state = Table::new();
        let mut empty = Vec::new();
        for column in chosen(frame, &self.columns, |_| true, "values")? {
            let missing = column.values.missing();
            let filler = match self.filler(&column.values) {
                None if missing > 0 => return Err(refused(column)),
                None => None,
                Some(Some(filler)) => Some(filler),
                Some(None) => {
                    empty.push(column.name.as_str());
                    Some(if matches!(column.values, Values::Categories { .. }) {
                        self.level.as_str().into()
                    } else {
                        self.value.into()
                    })
                }
            };
            let (name, mut learnt) = learnt(column, []);
            if let Value::Table(learnt) = &mut learnt {
                learnt.extend(filler.map(|filler| ("fill".to_owned(), filler)));
                if self.indicator && missing > 0 {
                    learnt.insert("indicator".into(), true.into());
                }
            }
            state.insert(name, learnt);
        }
        if !empty.is_empty() {
            notes.push(format!(
                "impute: no value at all in the training rows of {}; filled with a constant, better dropped",
                listed(&empty, 5)
            ));
        }
        Ok(state)
    }

    fn apply(&self, state: &Table, frame: &mut Frame) -> Result<(), Error> {
        frame.map(|mut column| {
            let Some(learnt) = Learnt::of(state, &column.name)? else { return Ok(vec![column]) };
            let indicator = learnt.has("indicator").then(|| {
                Column::new(format!("{}_missing", column.name), Values::Indicator(gaps(&column.values)))
            });
            if column.values.missing() > 0 {
                if !learnt.has("fill") {
                    return Err(refused(&column));
                }
                column.values = filled(&column.values, &learnt)?;
            }
            Ok(std::iter::once(column).chain(indicator).collect())
        })
    }

    fn fills_missing(&self) -> bool {
        true
    }
}

fn refused(column: &Column) -> Error {
    Why::MissingValues { column: column.name.clone(), rows: column.values.missing() }.into()
}

fn filled(values: &Values, learnt: &Learnt<'_, '_>) -> Result<Values, Error> {
    Ok(match values {
        Values::Numbers(cells) => {
            let fill = learnt.number("fill")?;
            Values::Numbers(cells.iter().map(|&x| if x.is_nan() { fill } else { x }).collect())
        }
        Values::Categories { levels, codes } => {
            let fill = learnt.text("fill")?;
            let mut all = Levels::default();
            for code in codes {
                all.push(code.map(|code| levels[code as usize].as_str()).or(Some(fill)));
            }
            all.finish()
        }
        complete => complete.clone(),
    })
}

/// 1 where a value is missing.
fn gaps(values: &Values) -> Vec<u8> {
    match values {
        Values::Numbers(cells) => cells.iter().map(|x| u8::from(x.is_nan())).collect(),
        Values::Categories { codes, .. } => codes.iter().map(|code| u8::from(code.is_none())).collect(),
        complete => vec![0; complete.len()],
    }
}

register!(PrepareEntry, Impute);
