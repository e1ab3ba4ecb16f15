//! Which values of a column are classes and which are numbers to predict.

use crate::read::Typed;
use crate::{Column, Error, Frame, RawTarget, Values, Why};

/// Up to this many different whole numbers are classes when nobody says otherwise.
const WHOLE_CLASSES: usize = 20;
/// More texts than this are a wrong column, not classes.
const MOST_CLASSES: usize = 1_000;

/// What the recipe says of the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Nothing.
    Auto,
    /// Classes.
    Classification,
    /// Numbers.
    Regression,
}

/// Makes a target of typed columns; several columns are numbers to predict together.
pub(super) fn target(columns: Vec<Typed>, said: Said, notes: &mut Vec<String>) -> Result<RawTarget, Error> {
    for typed in &columns {
        if let Some(line) = typed.first_missing {
            let rows = typed.column.values.missing();
            return Err(Why::MissingTarget { column: typed.column.name.clone(), line, rows }.into());
        }
    }
    let mut columns: Vec<Column> = columns.into_iter().map(|typed| typed.column).collect();
    if columns.len() > 1 || said == Said::Regression {
        return Ok(RawTarget::Numbers(Frame::new(columns)));
    }
    let Column { name, values, written } = columns.pop().expect("a target has a column");
    match values {
        Values::Categories { levels, codes } => {
            if levels.len() > MOST_CLASSES {
                let (classes, limit) = (levels.len(), MOST_CLASSES);
                return Err(Why::TooManyClasses { column: name, classes, limit }.into());
            }
            let codes =
                codes.into_iter().map(|code| i64::from(code.expect("no target is missing"))).collect();
            Ok(RawTarget::Classes { name, names: levels, codes })
        }
        values => {
            let cells = values.numbers().expect("not categories").into_owned();
            let mut distinct = cells.clone();
            distinct.sort_by(f64::total_cmp);
            distinct.dedup();
            let few = distinct.len() <= WHOLE_CLASSES && distinct.iter().all(|x| x.fract() == 0.0);
            if said == Said::Auto && !few {
                return Ok(RawTarget::Numbers(Frame::new(vec![Column::numbers(name, cells)])));
            }
            if distinct.len() > MOST_CLASSES {
                let (classes, limit) = (distinct.len(), MOST_CLASSES);
                return Err(Why::TooManyClasses { column: name, classes, limit }.into());
            }
            if said == Said::Auto {
                notes.push(format!(
                    "target `{name}` holds {} different whole numbers and is taken for classes; write task = \"regression\" to predict it as a number",
                    distinct.len()
                ));
            }
            let code = |x: &f64| distinct.partition_point(|y| y < x) as i64;
            let codes = cells.iter().map(code).collect();
            Ok(RawTarget::Classes { name, names: distinct.iter().map(|&x| written.name(x)).collect(), codes })
        }
    }
}
