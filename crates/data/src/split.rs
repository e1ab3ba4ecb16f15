//! `Split`: which rows train, which validate while training, and which are kept for the final test.

use tunesmith_core::Seed;

use crate::apportion::apportion;
use crate::{Error, RawTarget, Why};

/// How rows are divided into a training, a validation and a test part.
///
/// A number below one is a share of all rows, a whole number from two is a count of rows. With `stratify` every
/// class has the same share in every part, within one row. Without `shuffle` rows keep their order: training first,
/// then validation, then test, as a series in time asks for.
///
/// ```
/// use tunesmith_data::{RawTarget, Split};
/// let target = RawTarget::Classes {
///     name: "kind".into(),
///     names: vec!["a".into(), "b".into()],
///     codes: (0..100).map(|row| i64::from(row % 5 == 0)).collect(), // 80 rows of `a`, 20 of `b`
/// };
/// let parts = Split { test: 0.2, validation: 0.2, ..Split::default() }.divide(&target, None).unwrap();
/// assert_eq!((parts.train.len(), parts.validation.len(), parts.test.len()), (60, 20, 20));
/// assert_eq!(parts.test.iter().filter(|&&row| row % 5 == 0).count(), 4);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Split {
    /// Share or count of rows that no search and no training sees.
    pub test: f64,
    /// Share or count of rows that judge while training.
    pub validation: f64,
    /// Whether every class keeps its share; means nothing for numbers and without `shuffle`.
    pub stratify: bool,
    /// Whether rows are drawn at random.
    pub shuffle: bool,
    /// Which random draw.
    pub seed: usize,
}

impl Default for Split {
    fn default() -> Self {
        Self { test: 0.2, validation: 0.2, stratify: true, shuffle: true, seed: 0 }
    }
}

/// The rows of each part, in ascending order; together every row once.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Parts {
    /// Rows to train on.
    pub train: Vec<usize>,
    /// Rows that judge while training.
    pub validation: Vec<usize>,
    /// Rows for the final test.
    pub test: Vec<usize>,
}

impl Split {
    /// Divides the rows of a target; `held_out` rows, if the source has some, are the test part and `test` is not used.
    ///
    /// # Errors
    /// [`Why::BadShare`], [`Why::Shares`], [`Why::PartTooSmall`], and under stratification [`Why::ClassTooSmall`].
    pub fn divide(
        &self,
        target: &RawTarget,
        held_out: Option<std::ops::Range<usize>>,
    ) -> Result<Parts, Error> {
        let total = target.rows();
        let held_out = held_out.unwrap_or(0..0);
        let mut rows: Vec<usize> = (0..total).filter(|row| !held_out.contains(row)).collect();
        let test = if held_out.is_empty() { count("test", self.test, total)? } else { 0 };
        let validation = count("validation", self.validation, rows.len())?;
        if test.saturating_add(validation) >= rows.len() {
            let (test, validation) = (self.test, self.validation);
            return Err(Why::Shares { test, validation, total: rows.len() }.into());
        }
        let totals = [rows.len() - test - validation, validation, test];
        let asked = [("validation", self.validation > 0.0), ("test", self.test > 0.0 && held_out.is_empty())];
        for ((part, asked), found) in asked.into_iter().zip([validation, test]) {
            if asked && found == 0 {
                return Err(Why::PartTooSmall { part, rows: 0, needed: 1, total: rows.len() }.into());
            }
        }

        let seed = Seed::new(self.seed as u64).named("split");
        let mut parts = match target {
            RawTarget::Classes { names, codes, .. } if self.stratify && self.shuffle => {
                stratified(&rows, codes, names, totals, seed)?
            }
            _ => {
                if self.shuffle {
                    seed.generator().shuffle(&mut rows);
                }
                let test = rows.split_off(totals[0] + totals[1]);
                let validation = rows.split_off(totals[0]);
                Parts { train: rows, validation, test }
            }
        };
        if !held_out.is_empty() {
            parts.test = held_out.collect();
        }
        for part in [&mut parts.train, &mut parts.validation, &mut parts.test] {
            part.sort_unstable(); // memory is walked forwards; batches have an order of their own
        }
        Ok(parts)
    }
}

/// A share of the rows (rounded to the nearest) or a count.
fn count(setting: &'static str, value: f64, rows: usize) -> Result<usize, Error> {
    if (0.0..1.0).contains(&value) {
        Ok((value * rows as f64).round() as usize)
    } else if value >= 2.0 && value.fract() == 0.0 {
        Ok(value as usize)
    } else {
        Err(Why::BadShare { setting, value }.into())
    }
}

fn stratified(
    rows: &[usize],
    codes: &[i64],
    names: &[String],
    totals: [usize; 3],
    seed: Seed,
) -> Result<Parts, Error> {
    let by_class = by_class(rows, codes, names.len(), seed);
    let sizes: Vec<usize> = by_class.iter().map(Vec::len).collect();
    let parts_asked = totals.iter().filter(|&&total| total > 0).count();
    let too_small = |class: usize| {
        Error::from(Why::ClassTooSmall {
            class: names[class].clone(),
            rows: sizes[class],
            parts: parts_asked,
        })
    };
    let present = sizes.iter().filter(|&&size| size > 0).count();
    if let Some(class) = sizes.iter().position(|&size| (1..parts_asked).contains(&size)) {
        return Err(too_small(class));
    }
    for (part, found) in ["training", "validation", "test"].into_iter().zip(totals) {
        if (1..present).contains(&found) {
            return Err(Why::PartTooSmall { part, rows: found, needed: present, total: rows.len() }.into());
        }
    }
    let counts = apportion(&sizes, &totals);
    let mut parts = Parts::default();
    for (class, (mut rows, [train, validation, _])) in by_class.into_iter().zip(counts).enumerate() {
        if train == 0 && !rows.is_empty() {
            return Err(too_small(class));
        }
        parts.test.append(&mut rows.split_off(train + validation));
        parts.validation.append(&mut rows.split_off(train));
        parts.train.append(&mut rows);
    }
    Ok(parts)
}

/// The rows of each class in random order; a class's order depends on its own rows only.
fn by_class(rows: &[usize], codes: &[i64], classes: usize, seed: Seed) -> Vec<Vec<usize>> {
    let mut lists = vec![Vec::new(); classes];
    for &row in rows {
        lists[codes[row] as usize].push(row);
    }
    for (class, list) in lists.iter_mut().enumerate() {
        seed.named("class").at(class as u64).generator().shuffle(list);
    }
    lists
}

/// One round of a cross-validation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fold {
    /// Rows to train on, ascending.
    pub train: Vec<usize>,
    /// Rows to judge by, ascending; every row is in exactly one fold's.
    pub validation: Vec<usize>,
}

/// Divides `rows` into `count` folds for cross-validation.
///
/// With a target of classes, every class is spread evenly: its numbers in two folds differ by at most one row, and so
/// do the sizes of the folds.
///
/// ```
/// use tunesmith_core::Seed;
/// use tunesmith_data::{Column, Frame, RawTarget, folds};
/// let target = RawTarget::Numbers(Frame::new(vec![Column::numbers("y", (0..10).map(f64::from).collect())]));
/// let folds = folds(&target, &(0..10).collect::<Vec<_>>(), 3, Seed::new(0)).unwrap();
/// assert_eq!(folds.iter().map(|fold| fold.validation.len()).collect::<Vec<_>>(), [4, 3, 3]);
/// ```
///
/// # Errors
/// [`Why::PartTooSmall`] with fewer rows than folds, [`Why::ClassTooSmall`] when a class has fewer rows than folds.
///
/// # Panics
/// When `count` is below two.
#[track_caller]
pub fn folds(target: &RawTarget, rows: &[usize], count: usize, seed: Seed) -> Result<Vec<Fold>, Error> {
    assert!(count >= 2, "folds: a cross-validation needs at least 2 folds, found {count}");
    if rows.len() < count {
        let (found, total) = (rows.len() / count, rows.len());
        return Err(Why::PartTooSmall { part: "validation", rows: found, needed: 1, total }.into());
    }
    let seed = seed.named("folds");
    let dealt: Vec<usize> = match target {
        RawTarget::Classes { names, codes, .. } => {
            let by_class = by_class(rows, codes, names.len(), seed);
            if let Some(class) = by_class.iter().position(|list| (1..count).contains(&list.len())) {
                let (class, rows) = (names[class].clone(), by_class[class].len());
                return Err(Why::ClassTooSmall { class, rows, parts: count }.into());
            }
            by_class.into_iter().flatten().collect()
        }
        RawTarget::Numbers(_) => {
            let mut rows = rows.to_vec();
            seed.generator().shuffle(&mut rows);
            rows
        }
    };
    // Dealing class after class in turn keeps both the classes and the folds even.
    let fold = |index: usize| {
        let mine = |(place, &row): (usize, &usize)| (place % count == index, row);
        let (mut train, mut validation) = (Vec::new(), Vec::new());
        for (chosen, row) in dealt.iter().enumerate().map(mine) {
            if chosen { validation.push(row) } else { train.push(row) }
        }
        train.sort_unstable();
        validation.sort_unstable();
        Fold { train, validation }
    };
    Ok((0..count).map(fold).collect())
}
