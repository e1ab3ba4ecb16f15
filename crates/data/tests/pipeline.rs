//! Steps learn from training rows alone, survive being saved, and prepare new files.

mod support;

use std::path::Path;

use support::Folder;
use tunesmith_core::{Plug, Table, from_table};
use tunesmith_data::{
    Column, Csv, DataSection, Diabetes, Frame, Parts, Pipeline, Prepared, RawDataset, RawTarget, Source,
    Split, Targets,
};

fn section(json: &str) -> DataSection {
    let table: Table = serde_json::from_str(json).unwrap();
    from_table(&table, "data").unwrap()
}

#[test]
fn rows_that_are_not_trained_on_teach_nothing() {
    let raw = |last: f64| {
        let x = Column::numbers("x", vec![1.0, 2.0, 3.0, 4.0, last]);
        let city = Column::categories(
            "city",
            [Some("a"), None, Some("b"), Some("b"), Some(if last > 5.0 { "c" } else { "a" })],
        );
        let y = RawTarget::Numbers(Frame::new(vec![Column::numbers("y", vec![1.0, 2.0, 3.0, 4.0, last])]));
        RawDataset::new("t", Frame::new(vec![x, city]), y).unwrap()
    };
    let fit = |raw: &RawDataset| {
        let steps = [Plug::new("robust"), Plug::new("standardize")];
        Pipeline::fit(raw, &[0, 1, 2, 3], &steps, &[Plug::new("standardize")], &mut Vec::new()).unwrap()
    };
    assert_eq!(fit(&raw(5.0)).to_table(), fit(&raw(1e9)).to_table());
}

#[test]
fn saved_as_json_and_loaded_it_prepares_the_same_bits() {
    let folder = Folder::new();
    let rows: String = (0..40)
        .map(|i| {
            let age = if i % 7 == 0 { String::new() } else { format!("{}", 20.0 + f64::from(i) / 3.0) };
            format!("{age},{},{},{}.25\n", ["Oslo", "Bergen", "Hamar"][i as usize % 3], i * i, i % 11)
        })
        .collect();
    folder.write("t.csv", format!("age,city,square,price\n{rows}"));
    let data = section(
        r#"{"source": {"csv": "t.csv", "target": "price"},
            "prepare": [{"impute": {"numeric": "mean", "indicator": true}}, "symlog", "standardize", {"one_hot": {"drop_first": true}}],
            "prepare_target": ["min_max"]}"#,
    )
    .load(folder.path())
    .unwrap();
    assert_eq!(data.pipeline.feature_names(), ["age", "age_missing", "city=Hamar", "city=Oslo", "square"]);

    let json = serde_json::to_string(&tunesmith_core::Value::Table(data.pipeline.to_table())).unwrap();
    let loaded = Pipeline::from_table(&serde_json::from_str::<Table>(&json).unwrap()).unwrap();

    // A new file: columns in another order, one more, a city that training did not see, no target.
    let new = folder.write("new.csv", "city;square;note;age\nOslo;4;x;31,5\nTromso;9;y;\n".replace(',', "."));
    let frame = Csv::default().open_new(&new, loaded.fields()).unwrap();
    let x = loaded.apply(&frame).unwrap();
    assert_eq!(x, data.pipeline.apply(&frame).unwrap());
    assert_eq!(x.len(), 10);
    assert_eq!(x[1..4], [0.0, 0.0, 1.0], "known age, Oslo");
    assert_eq!(x[6..9], [1.0, 0.0, 0.0], "missing age, no known city");

    let mut predictions = [0.0, 1.0];
    loaded.invert_predictions(&mut predictions);
    let Targets::Numbers { values, .. } = data.train.targets() else { panic!() };
    let mut targets = values.clone();
    loaded.invert_predictions(&mut targets);
    let least = targets.iter().copied().fold(f32::INFINITY, f32::min);
    let most = targets.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    assert_eq!(predictions, [least, most], "0 and 1 are the smallest and the largest price");
}

#[test]
fn a_damaged_pipeline_says_where() {
    let raw = Diabetes.open(Path::new("")).unwrap();
    let rows: Vec<usize> = (0..100).collect();
    let steps = [Plug::new("standardize")];
    let whole = Pipeline::fit(&raw, &rows, &steps, &steps, &mut Vec::new()).unwrap().to_table();
    let error = |change: &dyn Fn(&mut Table)| {
        let mut table = whole.clone();
        change(&mut table);
        Pipeline::from_table(&table).unwrap_err().to_string()
    };
    assert_eq!(
        error(&|table| table.remove("features").map_or((), drop)),
        "the saved pipeline is damaged at `features`: a list of texts should stand there"
    );
    assert_eq!(
        error(&|table| tunesmith_core::set(table, "fields.3.kind", "text".into()).unwrap()),
        "the saved pipeline is damaged at `fields.3.kind`: \"number\" or \"category\" should stand there"
    );
    assert_eq!(
        error(&|table| tunesmith_core::set(table, "version", 2_i64.into()).unwrap()),
        "the saved pipeline is damaged at `version`: the number 1 should stand there"
    );
    let mut table = whole.clone();
    tunesmith_core::set(&mut table, "steps.1.learnt.bmi.scale", "wide".into()).unwrap();
    let error = Pipeline::from_table(&table).unwrap().apply(&raw.features).unwrap_err().to_string();
    assert_eq!(error, "the saved pipeline is damaged at `bmi.scale`: a finite number should stand there");
}

#[test]
fn more_rows_than_a_chunk_are_prepared_like_fewer() {
    let n = 10_000;
    let x = Column::numbers("x", (0..n).map(|i| f64::from(i % 97)).collect());
    let y = RawTarget::Numbers(Frame::new(vec![Column::numbers("y", (0..n).map(f64::from).collect())]));
    let raw = RawDataset::new("t", Frame::new(vec![x]), y).unwrap();
    let rows: Vec<usize> = (0..n as usize).collect();
    let pipeline = Pipeline::fit(&raw, &rows, &[Plug::new("min_max")], &[], &mut Vec::new()).unwrap();
    let x = pipeline.apply(&raw.features).unwrap();
    assert!(x.iter().enumerate().all(|(i, &x)| x == ((i % 97) as f64 / 96.0) as f32));
}

#[test]
fn what_a_person_should_know_is_said_once() {
    let folder = Folder::new();
    let rows: String = (0..20)
        .map(|i| format!("7,{},{}.5\n", if i == 3 { String::new() } else { i.to_string() }, 100 + i))
        .collect();
    folder.write("t.csv", format!("constant,gaps,y\n{rows}"));
    let data = section(r#"{"source": {"csv": "t.csv", "target": "y"}, "prepare": ["standardize"]}"#)
        .load(folder.path())
        .unwrap();
    let about = |word: &str| data.notes.iter().filter(|note| note.contains(word)).count();
    assert_eq!(
        (about("`constant`"), about("`gaps (1)`"), about("prepare_target")),
        (1, 1, 1),
        "{:?}",
        data.notes
    );
    assert!((0..data.train.rows()).all(|row| data.train.row(row)[0] == 0.0), "a constant becomes zeros");
}

#[test]
fn an_unscaled_target_is_left_alone() {
    let raw = Diabetes.open(Path::new("")).unwrap();
    let parts = Split::default().divide(&raw.target, None).unwrap();
    let data = Prepared::new(&raw, &parts, &[Plug::new("standardize")], &[]).unwrap();
    let mut values = [1.5_f32, -2.0];
    data.pipeline.invert_predictions(&mut values);
    assert_eq!((values, data.pipeline.scales_target()), ([1.5, -2.0], false));
}

#[test]
fn a_class_without_training_rows_is_said() {
    let raw = tunesmith_data::Iris.open(Path::new("")).unwrap();
    let parts = Parts { train: (0..100).collect(), validation: vec![], test: (100..150).collect() };
    let data = Prepared::new(&raw, &parts, &[], &[]).unwrap();
    assert!(data.notes.iter().any(|note| note.contains("`virginica`")), "{:?}", data.notes);
    assert!(data.validation.is_empty());
}

#[test]
fn numbers_that_do_not_fit_32_bits_are_refused() {
    let x = Column::numbers("x", vec![1.0, 1e300]);
    let y = RawTarget::Numbers(Frame::new(vec![Column::numbers("y", vec![1.0, 2.0])]));
    let raw = RawDataset::new("t", Frame::new(vec![x]), y).unwrap();
    let pipeline = Pipeline::fit(&raw, &[0, 1], &[], &[], &mut Vec::new()).unwrap();
    assert_eq!(
        pipeline.apply(&raw.features).unwrap_err().to_string(),
        "column `x`, row 2: the number is infinite or too large; correct the cell"
    );
}
