//! `Levels`: texts become positions in a sorted list of the texts that occur.

use std::collections::{BTreeSet, HashMap};

use crate::{Column, Values};

/// Collects texts in order of appearance; sorts them at the end.
#[derive(Debug, Default)]
pub(crate) struct Levels {
    places: HashMap<String, u32>, // looked up only; its order is never seen
    levels: Vec<String>,
    codes: Vec<Option<u32>>,
}

impl Levels {
    pub(crate) fn push(&mut self, cell: Option<&str>) {
        let code = cell.map(|cell| match self.places.get(cell) {
            Some(&code) => code,
            None => {
                let code = self.levels.len() as u32;
                self.levels.push(cell.to_owned());
                self.places.insert(cell.to_owned(), code);
                code
            }
        });
        self.codes.push(code);
    }

    pub(crate) fn finish(self) -> Values {
        let mut sorted: Vec<&str> = self.levels.iter().map(String::as_str).collect();
        sort(&mut sorted);
        let mut place = vec![0; sorted.len()];
        for (code, level) in (0..).zip(&sorted) {
            place[self.places[*level] as usize] = code;
        }
        let codes = self.codes.iter().map(|code| code.map(|code| place[code as usize])).collect();
        Values::Categories { levels: sorted.into_iter().map(str::to_owned).collect(), codes }
    }
}

/// By value when all levels are numbers, else by letter.
fn sort(levels: &mut [&str]) {
    levels.sort_unstable();
    let value = |level: &str| level.parse::<f64>().ok();
    if levels.iter().all(|level| value(level).is_some()) {
        levels.sort_by(|a, b| value(a).unwrap_or(f64::NAN).total_cmp(&value(b).unwrap_or(f64::NAN)));
    }
}

/// The categories that occur in these rows, in the column's order; none of numbers.
pub(crate) fn seen(column: &Column) -> Vec<String> {
    let Values::Categories { levels, codes } = &column.values else { return Vec::new() };
    let occurring: BTreeSet<u32> = codes.iter().flatten().copied().collect();
    occurring.into_iter().map(|code| levels[code as usize].clone()).collect()
}
