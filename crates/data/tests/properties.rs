//! What holds for any table, any split, any order.

mod support;

use std::path::Path;

use proptest::prelude::*;
use support::Folder;
use tunesmith_core::{Plug, Seed, find};
use tunesmith_data::{
    Batches, Column, Csv, Dataset, Frame, PrepareEntry, RawDataset, RawTarget, Source, Split, Targets, folds,
};

fn classes(codes: Vec<i64>, count: usize) -> RawTarget {
    RawTarget::Classes { name: "y".into(), names: (0..count).map(|i| format!("c{i}")).collect(), codes }
}

fn numbers(rows: usize) -> RawTarget {
    RawTarget::Numbers(Frame::new(vec![Column::numbers("y", (0..rows).map(|i| i as f64).collect())]))
}

proptest! {
    #[test]
    fn rows_keep_their_positions_and_weights(rows in 1_usize..9, positions in 1_usize..5, picked in prop::collection::vec(0_usize..9, 0..6)) {
        let picked: Vec<usize> = picked.into_iter().map(|row| row % rows).collect();
        let codes: Vec<i64> = (0..rows * positions).map(|i| i as i64 % 3).collect();
        let targets = Targets::Classes { codes: codes.clone(), names: ["a", "b", "c"].map(String::from).into() };
        let x = (0..rows).map(|row| row as f32).collect();
        let data = Dataset::per_position(x, &["x"], positions, targets);
        let weighted = data.clone().with_weights((0..rows).map(|row| row as f32).collect());
        let taken = weighted.take(&picked);
        prop_assert_eq!((taken.rows(), taken.positions()), (picked.len(), positions));
        let mut y = vec![0; picked.len() * positions];
        taken.gather_classes(&(0..picked.len()).collect::<Vec<_>>(), &mut y);
        let expected: Vec<i64> = picked.iter().flat_map(|row| codes[row * positions..][..positions].to_vec()).collect();
        prop_assert_eq!(y, expected);
        prop_assert_eq!(taken.weights().unwrap(), taken.x());
        prop_assert_ne!(weighted.fingerprint(), data.fingerprint());
    }

    #[test]
    fn a_split_is_a_partition(rows in 4_usize..200, test in 0.0..0.6_f64, validation in 0.0..0.6_f64, seed in 0_usize..50, shuffle: bool) {
        let split = Split { test, validation, stratify: false, shuffle, seed };
        if let Ok(parts) = split.divide(&numbers(rows), None) {
            let mut all = [parts.train.clone(), parts.validation.clone(), parts.test.clone()].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..rows).collect::<Vec<_>>());
            prop_assert!(!parts.train.is_empty());
            prop_assert!((parts.test.len() as f64 - test * rows as f64).abs() <= 0.5);
            prop_assert_eq!(&split.divide(&numbers(rows), None).unwrap(), &parts);
            if !shuffle {
                prop_assert_eq!(&parts.train, &(0..parts.train.len()).collect::<Vec<_>>());
                prop_assert!(parts.test.iter().all(|&row| row >= parts.train.len() + parts.validation.len()));
            }
        }
    }

    #[test]
    fn every_class_keeps_its_share_within_a_row(
        codes in prop::collection::vec(0_i64..5, 60..300),
        test in 0.1..0.4_f64,
        validation in 0.1..0.4_f64,
        seed in 0_usize..50,
    ) {
        let split = Split { test, validation, seed, ..Split::default() };
        let target = classes(codes.clone(), 5);
        if let Ok(parts) = split.divide(&target, None) {
            let rows = codes.len();
            prop_assert_eq!(parts.train.len() + parts.validation.len() + parts.test.len(), rows);
            for part in [&parts.train, &parts.validation, &parts.test] {
                for class in 0..5 {
                    let of = |rows: &mut dyn Iterator<Item = usize>| rows.filter(|&row| codes[row] == class).count();
                    let here = of(&mut part.iter().copied()) as f64;
                    let quota = of(&mut (0..rows)) as f64 * part.len() as f64 / rows as f64;
                    prop_assert!((here - quota).abs() < 1.0, "class {class}: {here} rows, its share is {quota}");
                }
            }
        }
    }

    #[test]
    fn folds_judge_every_row_once_and_spread_classes(
        codes in prop::collection::vec(0_i64..3, 30..120),
        count in 2_usize..6,
        seed in 0_u64..50,
    ) {
        let rows: Vec<usize> = (0..codes.len()).collect();
        if let Ok(folds) = folds(&classes(codes.clone(), 3), &rows, count, Seed::new(seed)) {
            let mut judged: Vec<usize> = folds.iter().flat_map(|fold| fold.validation.clone()).collect();
            judged.sort_unstable();
            prop_assert_eq!(&judged, &rows);
            for fold in &folds {
                let mut all = [fold.train.clone(), fold.validation.clone()].concat();
                all.sort_unstable();
                prop_assert_eq!(&all, &rows);
            }
            for class in 0..3 {
                let of = |fold: &tunesmith_data::Fold| fold.validation.iter().filter(|&&row| codes[row] == class).count();
                let (least, most) = (folds.iter().map(of).min().unwrap(), folds.iter().map(of).max().unwrap());
                prop_assert!(most - least <= 1);
            }
        }
    }

    #[test]
    fn batches_cover_every_row_once_in_an_epoch(rows in 0_usize..200, size in 1_usize..50, seed: u64, epoch in 0_u64..9) {
        let mut batches = Batches::new(rows, size, Seed::new(seed));
        batches.epoch(epoch + 1).for_each(drop); // another epoch before leaves no trace
        let list: Vec<Vec<usize>> = batches.epoch(epoch).map(<[usize]>::to_vec).collect();
        prop_assert_eq!(list.len(), batches.per_epoch());
        let mut all = list.concat();
        all.sort_unstable();
        prop_assert_eq!(all, (0..rows).collect::<Vec<_>>());
        let mut fresh = Batches::new(rows, size, Seed::new(seed));
        prop_assert!(fresh.epoch(epoch).eq(list.iter().map(Vec::as_slice)));
        let mut full = Batches::new(rows, size, Seed::new(seed)).drop_last();
        let full_size = full.size();
        prop_assert!(full.epoch(epoch).all(|batch| batch.len() == full_size));
        prop_assert_eq!(full.epoch(epoch).len(), rows / full_size);
    }

    #[test]
    fn scalers_are_undone(cells in prop::collection::vec(-1e6..1e6_f64, 1..40), name in prop::sample::select(vec!["standardize", "min_max", "robust", "max_abs", "symlog"])) {
        let before = Frame::new(vec![Column::numbers("x", cells.clone())]);
        let step = find::<PrepareEntry>(name, "").unwrap().build(&Plug::new(name).config, "").unwrap();
        let state = step.fit(&before, &mut Vec::new()).unwrap();
        let mut frame = before.clone();
        step.apply(&state, &mut frame).unwrap();
        step.invert(&state, &mut frame).unwrap();
        let after = frame.columns()[0].values.numbers().unwrap();
        for (a, b) in cells.iter().zip(after.iter()) {
            prop_assert!((a - b).abs() <= 1e-9 * (1.0 + a.abs()), "{name}: {a} came back as {b}");
        }
    }

    #[test]
    fn one_hot_marks_exactly_the_category(cells in prop::collection::vec(prop::option::of("[a-e]"), 1..40)) {
        let column = Column::categories("c", cells.iter().map(Option::as_deref));
        let mut frame = Frame::new(vec![column]);
        let step = find::<PrepareEntry>("one_hot", "").unwrap().build(&Plug::new("one_hot").config, "").unwrap();
        let state = step.fit(&frame, &mut Vec::new()).unwrap();
        step.apply(&state, &mut frame).unwrap();
        for (row, cell) in cells.iter().enumerate() {
            for column in frame.columns() {
                let marked = column.values.numbers().unwrap()[row];
                let meant = cell.as_ref().is_some_and(|cell| column.name == format!("c={cell}"));
                prop_assert_eq!(marked, f64::from(u8::from(meant)));
            }
        }
    }

    #[test]
    fn a_table_survives_the_way_through_a_file(
        rows in prop::collection::vec((prop::num::f64::NORMAL, prop::option::of(-1e3..1e3_f64), "[a-z\",;\n]{1,6}"), 3..30),
    ) {
        let texts: Vec<String> = rows.iter().map(|(_, _, text)| format!("t{text}t")).collect();
        let mut file = "big,gaps,text,y\n".to_owned();
        for (i, ((big, gap, _), text)) in rows.iter().zip(&texts).enumerate() {
            let gap = gap.map(|x| x.to_string()).unwrap_or_default();
            file += &format!("{big},{gap},\"{}\",{i}.5\n", text.replace('"', "\"\""));
        }
        let folder = Folder::new();
        folder.write("t.csv", file);
        let raw = Csv { path: "t.csv".into(), header: "yes".into(), categorical: vec!["text".into()], ..Csv::default() };
        let raw = raw.open(folder.path()).unwrap();
        let expected = Frame::new(vec![
            Column::numbers("big", rows.iter().map(|row| row.0).collect()),
            Column::numbers("gaps", rows.iter().map(|row| row.1.unwrap_or(f64::NAN)).collect()),
            Column::categories("text", texts.iter().map(|text| Some(text.as_str()))),
        ]);
        let y = RawTarget::Numbers(Frame::new(vec![Column::numbers("y", (0..rows.len()).map(|i| i as f64 + 0.5).collect())]));
        prop_assert_eq!(raw.fingerprint(), RawDataset::new("", expected, y).unwrap().fingerprint());
        prop_assert_eq!(raw.rows(), rows.len());
    }

    #[test]
    fn arbitrary_bytes_give_data_or_one_line(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        never_panics(&bytes)?;
    }

    #[test]
    fn arbitrary_tables_give_data_or_one_line(text in "([0-9ae.,;|\"\t? \r\n-]|NaN|inf){0,120}") {
        never_panics(text.as_bytes())?;
    }

    #[test]
    fn arbitrary_columns_of_numbers_and_dates_come_back_in_a_new_file(
        cells in prop::collection::vec("[$]?[1-9][0-9]{0,2}([,.' ][0-9]{3}){0,2}([,.][0-9]{1,3})?%?|20[0-9]{2}-0[1-9]-[0-3][0-9]|", 2..8),
    ) {
        let rows = cells.iter().enumerate().map(|(i, cell)| format!("{cell};{i}.5\n"));
        never_panics(format!("x;y\n{}", rows.collect::<String>()).as_bytes())?;
    }

    #[test]
    fn numbers_written_in_any_way_are_the_same_numbers(
        numbers in prop::collection::vec((any::<bool>(), 0_u32..1_000_000_000, 0_u32..10_000), 2..30),
        style in prop::sample::select(vec![(",", "."), (".", ","), (" ", "."), ("\u{202f}", ","), ("'", "."), ("", ",")]),
        sign in prop::sample::select(vec![("", ""), ("$", ""), ("", " €"), ("", "%")]),
    ) {
        let (group, decimal) = style;
        let mut file = "x;y\n".to_owned();
        // The first row shows which sign is which.
        let all: Vec<(bool, u32, u32)> = std::iter::once((false, 1_234_567, 25)).chain(numbers).collect();
        for (row, (minus, whole, fraction)) in all.iter().enumerate() {
            let digits = whole.to_string();
            let mut grouped = String::new();
            for (i, digit) in digits.chars().enumerate() {
                if i > 0 && (digits.len() - i).is_multiple_of(3) {
                    grouped += group;
                }
                grouped.push(digit);
            }
            let minus = if *minus { "-" } else { "" };
            file += &format!("{minus}{}{grouped}{decimal}{fraction:04}{};{row}.5\n", sign.0, sign.1);
        }
        let folder = Folder::new();
        folder.write("t.csv", file);
        let raw = Csv { path: "t.csv".into(), delimiter: ";".into(), ..Csv::default() }.open(folder.path()).unwrap();
        let expected: Vec<f64> = all
            .iter()
            .map(|(minus, whole, fraction)| format!("{}{whole}.{fraction:04}", if *minus { "-" } else { "" }).parse().unwrap())
            .collect();
        prop_assert_eq!(&raw.features.columns()[0].values.numbers().unwrap()[..], &expected[..]);
    }
}

fn never_panics(bytes: &[u8]) -> Result<(), TestCaseError> {
    let folder = Folder::new();
    let path = folder.write("t.csv", bytes);
    for csv in [Csv::default(), Csv { header: "no".into(), task: "classification".into(), ..Csv::default() }]
    {
        let csv = Csv { path: "t.csv".into(), ..csv };
        match csv.open(folder.path()) {
            Ok(raw) => {
                prop_assert_eq!(raw.rows(), raw.target.rows());
                let again = csv.open_new(&path, &raw.features.fields());
                prop_assert!(again.is_ok(), "{again:?}");
                prop_assert_eq!(again.unwrap().fields(), raw.features.fields());
                let section = tunesmith_data::DataSection {
                    source: Plug::new("csv").with("path", path.display().to_string()),
                    prepare: vec![Plug::new("standardize")],
                    ..Default::default()
                };
                if let Err(error) = section.load(Path::new("")) {
                    prop_assert!(!error.to_string().contains('\n'), "{error}");
                }
            }
            Err(error) => prop_assert!(!error.to_string().contains('\n'), "{error}"),
        }
    }
    Ok(())
}

#[test]
fn an_epoch_reuses_the_memory_of_the_one_before() {
    let mut batches = Batches::new(1000, 32, Seed::new(0));
    let mut place = || batches.epoch(0).next().unwrap().as_ptr();
    let first = place();
    assert!((0..10).all(|_| place() == first));
}

#[test]
fn seeded_splits_are_pinned() {
    // Recorded from this implementation: a change here changes every seeded result there is.
    let split = |seed| Split { test: 0.25, validation: 0.25, seed, ..Split::default() };
    let parts = split(0).divide(&classes(vec![0, 1, 0, 1, 0, 1, 0, 1], 2), None).unwrap();
    assert_eq!((&parts.test[..], &parts.validation[..]), (&[5, 6][..], &[0, 7][..]));
    let parts = split(0).divide(&numbers(8), None).unwrap();
    assert_eq!((&parts.test[..], &parts.validation[..]), (&[4, 6][..], &[1, 2][..]));
    assert_ne!(split(0).divide(&numbers(100), None).unwrap(), split(1).divide(&numbers(100), None).unwrap());
}
