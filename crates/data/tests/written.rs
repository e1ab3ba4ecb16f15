//! Numbers and dates as people write them are read as what they are, and said.

mod support;

use support::Folder;
use tunesmith_core::{Table, Value, from_table};
use tunesmith_data::{Csv, DataSection, Kind, Pipeline, RawDataset, RawTarget, Source, Task};

/// A table with a column `x` and a target of numbers.
fn with(csv: &Csv, delimiter: &str, cells: &[&str]) -> RawDataset {
    let rows = cells.iter().enumerate().map(|(i, cell)| format!("\"{cell}\"{delimiter}{i}.5\n"));
    let folder = Folder::new();
    folder.write("t.csv", format!("x{delimiter}y\n{}", rows.collect::<String>()));
    Csv { path: "t.csv".into(), header: "yes".into(), ..csv.clone() }.open(folder.path()).unwrap()
}

/// The numbers of the column and its note; nothing when it stays categorical.
fn numbers(delimiter: &str, cells: &[&str]) -> Option<Vec<f64>> {
    let raw = with(&Csv::default(), delimiter, cells);
    Some(raw.features.columns()[0].values.numbers()?.into_owned())
}

/// The note about the column.
fn note(delimiter: &str, cells: &[&str]) -> String {
    let notes = with(&Csv::default(), delimiter, cells).notes;
    notes.into_iter().find(|note| note.contains("`x`")).unwrap_or_default()
}

#[test]
fn separators_and_signs_are_understood_when_the_whole_column_agrees() {
    assert_eq!(numbers(",", &["23,456.78", "913", "1,000"]), Some(vec![23456.78, 913.0, 1000.0]));
    assert_eq!(numbers(",", &["2,739", "913", "", "NA"]).map(|x| x[0]), Some(2739.0), "gaps stay gaps");
    assert_eq!(numbers(";", &["1.234,5", "-7"]), Some(vec![1234.5, -7.0]));
    assert_eq!(numbers(",", &["1.234,5", "0,126"]), Some(vec![1234.5, 0.126]), "a comma that cannot group");
    assert_eq!(numbers(";", &["0,126", "1,061"]), Some(vec![0.126, 1.061]), "no group starts with 0");
    assert_eq!(numbers(";", &["1.234.567", "12"]), Some(vec![1234567.0, 12.0]));
    assert_eq!(numbers(",", &["1 000", "12\u{a0}500"]), Some(vec![1000.0, 12500.0]));
    assert_eq!(numbers(",", &["1'000", "12\u{2019}500.5"]), Some(vec![1000.0, 12500.5]));
    assert_eq!(numbers(",", &["45%", "7.5 %"]), Some(vec![45.0, 7.5]));
    assert_eq!(numbers(",", &["$10", "-$1,200.50", "$-3"]), Some(vec![10.0, -1200.5, -3.0]));
    assert_eq!(numbers(";", &["10 €", "1.200,50 €"]), Some(vec![10.0, 1200.5]));
}

#[test]
fn what_was_read_is_said() {
    assert_eq!(
        note(",", &["913", "2,739"]),
        "texts are read as numbers in `x` (\"2,739\" is 2739); write categorical = [...] to keep a column's texts as names"
    );
    assert!(note(",", &["45%", "50%"]).contains("`x` (\"45%\" is 45)"));
    assert_eq!(
        note(",", &["2023-07-25", "2023-07-24"]),
        "dates are read as numbers in `x` (days since 2023-07-24); write categorical = [...] to keep a column's texts as names"
    );
    assert_eq!(note(",", &["913", "2739"]), "", "ordinary numbers need no word");
    let said = Csv { decimal: ",".into(), ..Csv::default() };
    assert!(
        with(&said, ";", &["0,5", "1,25"]).notes.iter().all(|note| !note.contains("`x`")),
        "nor those that the recipe declares"
    );
}

#[test]
fn ambiguous_columns_stay_names_and_are_said() {
    assert_eq!(numbers(";", &["1,234", "2,345"]), None);
    assert_eq!(
        note(";", &["1,234", "2,345"]),
        "column `x`: \"1,234\" may be 1234 or 1.234, so its cells are taken for names; write decimal = \".\" or decimal = \",\" to read numbers"
    );
    assert_eq!(numbers(",", &["1,234", "2,345"]), Some(vec![1234.0, 2345.0]), "divided by commas, it groups");
    for (decimal, first) in [(".", 1234.0), (",", 1.234)] {
        let csv = Csv { decimal: decimal.into(), ..Csv::default() };
        let raw = with(&csv, ";", &["1,234", "2,345"]);
        assert_eq!(raw.features.columns()[0].values.numbers().unwrap()[0], first, "decimal {decimal:?}");
    }
    let comma = Csv { decimal: ",".into(), ..Csv::default() };
    let first = |cells: &[&str]| with(&comma, ";", cells).features.columns()[0].values.numbers().unwrap()[0];
    assert_eq!((first(&["1.234", "5"]), first(&["2.5", "5"])), (1234.0, 2.5));
    for mixed in [
        ["$10", "€10", "$12"],
        ["45%", "0.45", "50%"],
        ["1,234.5", "1.234,5", "7,5"],
        ["1,23", "1,234.5", "12"],
    ] {
        if let Some(numbers) = numbers(";", &mixed) {
            panic!("{mixed:?} was read as {numbers:?}");
        }
        assert!(
            note(";", &mixed).starts_with("most cells look like numbers but not all in one way"),
            "{mixed:?}"
        );
    }
    assert_eq!(note(",", &["Oslo", "Bergen", "7"]), "", "names need no word");
}

#[test]
fn dates_are_days_since_the_first() {
    assert_eq!(
        numbers(",", &["2024-02-28", "2024-03-01", ""]).map(|x| x[..2].to_vec()),
        Some(vec![0.0, 2.0])
    );
    assert_eq!(numbers(",", &["2024-02-28T18:00", "2024-02-29 06:00:00"]), Some(vec![0.75, 1.25]));
    assert_eq!(numbers(",", &["2023-02-28", "2023-02-29", "x"]), None, "no such day");
}

#[test]
fn declared_categories_stay_names() {
    let csv = Csv { categorical: vec!["x".into()], ..Csv::default() };
    for cells in [["45%", "50%"], ["2024-02-28", "2024-02-29"], ["1,000", "2,000"]] {
        assert_eq!(with(&csv, ",", &cells).features.fields()[0].kind, Kind::Category);
    }
}

#[test]
fn a_target_of_such_numbers_is_one_of_numbers() {
    let open = |cells: [&str; 4], delimiter: &str| {
        let rows: String = (0..).zip(cells).map(|(i, cell)| format!("{i}{delimiter}\"{cell}\"\n")).collect();
        let folder = Folder::new();
        folder.write("t.csv", format!("x{delimiter}y\n{rows}"));
        Csv { path: "t.csv".into(), target: "y".into(), ..Csv::default() }.open(folder.path()).unwrap()
    };
    let raw = open(["1,005,051.5", "905,051", "7", "8"], ",");
    let RawTarget::Numbers(frame) = &raw.target else { panic!("{:?}", raw.target) };
    assert_eq!(frame.columns()[0].values.numbers().unwrap()[..], [1005051.5, 905051.0, 7.0, 8.0]);
    assert!(
        raw.notes.iter().any(|note| note.contains("`y` (\"1,005,051.5\" is 1005051.5)")),
        "{:?}",
        raw.notes
    );
    assert_eq!(open(["1,5", "0,25", "7", "8"], ";").task(), Task::Regression { outputs: 1 });
    let RawTarget::Classes { names, .. } = open(["10%", "5%", "10%", "5%"], ",").target else { panic!() };
    assert_eq!(names, ["5%", "10%"], "few whole numbers are classes, which keep their sign");
    let dates = open(["2024-02-28", "2024-02-29", "2024-02-28", "2024-02-29"], ",");
    assert_eq!(dates.task(), Task::Classification { classes: 2 }, "a day is not predicted as a number");
}

#[test]
fn identifiers_and_free_text_are_left_out_with_a_word() {
    let table: String = (0..40).map(|i| format!("k{i},{},{i},{i}.5\n", ["a", "b", "c"][i % 3])).collect();
    let folder = Folder::new();
    folder.write("t.csv", format!("id,group,n,y\n{table}"));
    let csv = Csv { path: "t.csv".into(), ..Csv::default() };
    let raw = csv.open(folder.path()).unwrap();
    assert_eq!(raw.features.names(), ["group", "n"]);
    assert!(
        raw.notes.contains(&"left out, as identifiers or free text: `id` (40 distinct texts in 40 rows); write drop = [\"id\"] to say so, or categorical = [\"id\"] to use them all the same".to_owned()),
        "{:?}",
        raw.notes
    );
    let declared = Csv { categorical: vec!["id".into()], ..csv.clone() }.open(folder.path()).unwrap();
    assert_eq!(declared.features.names(), ["id", "group", "n"]);
    let dropped = Csv { drop: vec!["id".into()], ..csv }.open(folder.path()).unwrap();
    assert!(dropped.notes.iter().all(|note| !note.contains("left out")), "{:?}", dropped.notes);
    assert_eq!(dropped.fingerprint(), raw.fingerprint());

    let few = with(&Csv::default(), ",", &["a", "b", "c", "d"]);
    assert_eq!(few.features.names(), ["x"], "a small table has few rows to share");
}

const TRAIN: &str = "price,share,day,city,y\n\
    \"$1,200.50\",45%,2024-01-11,Oslo,0.5\n\
    $900,50%,2024-01-01,Bergen,1.5\n\
    $80,55%,2024-01-21,Oslo,2.5\n\
    ,60%,2024-01-31,Bergen,3.5\n";

fn fitted(folder: &Folder) -> (Csv, Pipeline) {
    folder.write("train.csv", TRAIN);
    let json = r#"{"source": {"csv": "train.csv", "target": "y"}, "split": {"test": 0, "validation": 0}}"#;
    let table: Table = serde_json::from_str(json).unwrap();
    let data = from_table::<DataSection>(&table, "data").unwrap().load(folder.path()).unwrap();
    let saved = serde_json::to_string(&Value::Table(data.pipeline.to_table())).unwrap();
    let loaded = Pipeline::from_table(&serde_json::from_str::<Table>(&saved).unwrap()).unwrap();
    assert_eq!(loaded.fields(), data.pipeline.fields(), "how numbers are written is saved");
    (Csv::default(), loaded)
}

#[test]
fn new_files_are_read_as_the_training_file_was() {
    let folder = Folder::new();
    let (csv, pipeline) = fitted(&folder);
    let open = |content: &str| csv.open_new(&folder.write("new.csv", content), pipeline.fields());
    let frame = open("price;share;day;city\n$1,200;5%;2023-12-31;Oslo\n").unwrap();
    assert_eq!(
        pipeline.apply(&frame).unwrap(),
        [1200.0, 5.0, -1.0, 0.0, 1.0],
        "a comma groups, as it did in training"
    );
    assert!(pipeline.notes(&frame).is_empty(), "{:?}", pipeline.notes(&frame));

    let frame = open("price,share,day,city\n1200,5,2024-01-01,Oslo\n").unwrap();
    assert_eq!(pipeline.apply(&frame).unwrap(), [1200.0, 5.0, 0.0, 0.0, 1.0]);
    assert_eq!(
        pipeline.notes(&frame),
        [
            "column `price`: numbers are read as written like 1000.5, those of the training data like $1,000.5",
            "column `share`: numbers are read as written like 1000.5, those of the training data like 1000.5%"
        ]
    );
    let error = |content: &str| open(content).unwrap_err().to_string();
    assert!(
        error("price,share,day,city\n$1,5%,17,Oslo\n").ends_with(
            "column `day`, line 2: \"17\" is not a date; the model was trained with dates such as 2024-02-29 in this column"
        )
    );
    assert!(error("price,share,day,city\n$1,5%,2024-01-01,Oslo\n$2,half,2024-01-01,Oslo\n").ends_with(
        "column `share`, line 3: \"half\" is not a number; the model was trained with numbers in this column"
    ));
}

#[test]
fn new_rows_that_training_did_not_see_are_said() {
    let folder = Folder::new();
    let (csv, pipeline) = fitted(&folder);
    let new = folder.write(
        "new.csv",
        "price,share,day,city\n$1,5%,2024-01-01,Tokyo\n,,,\n$2,,,Rome\n,,,\n$1,,,Tokyo\n$1,,,Oslo\n",
    );
    let frame = csv.open_new(&new, pipeline.fields()).unwrap();
    assert_eq!(
        pipeline.notes(&frame),
        [
            "column `city`: 3 rows have `Rome`, `Tokyo`, which were not in the training data; they count as none of the known ones",
            "rows 2, 4 have no value in any column the model reads: their predictions say nothing of them"
        ]
    );
    let seen = csv.open_new(&folder.path().join("train.csv"), pipeline.fields()).unwrap();
    assert!(pipeline.notes(&seen).is_empty());
}

#[test]
fn a_first_category_without_a_column_is_known_all_the_same() {
    let folder = Folder::new();
    folder.write("train.csv", TRAIN);
    let json = r#"{"source": {"csv": "train.csv", "target": "y"}, "split": {"test": 0, "validation": 0}, "prepare": [{"one_hot": {"drop_first": true}}]}"#;
    let table: Table = serde_json::from_str(json).unwrap();
    let data = from_table::<DataSection>(&table, "data").unwrap().load(folder.path()).unwrap();
    let frame = Csv::default().open_new(&folder.path().join("train.csv"), data.pipeline.fields()).unwrap();
    assert!(data.pipeline.notes(&frame).is_empty());
}
