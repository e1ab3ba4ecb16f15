//! Bad input gives one line that names the file, the place and the cure.

mod support;

use std::path::Path;

use support::Folder;
use tunesmith_core::{Plug, Table, from_table};
use tunesmith_data::{Csv, DataSection, Source, Why, open_source};

/// Loads a recipe's section, written as JSON, beside one file.
fn load(file: &str, content: impl AsRef<[u8]>, section: &str) -> Result<(), String> {
    let folder = Folder::new();
    folder.write(file, content);
    let table: Table = serde_json::from_str(section).unwrap();
    let section: DataSection = from_table(&table, "data").map_err(|error| error.to_string())?;
    let result = section.load(folder.path()).map(|_| ());
    result.map_err(|error| {
        let line = error.to_string();
        assert!(!line.contains('\n'), "{line}");
        line.replace(&format!("{}/", folder.path().display()), "")
    })
}

/// As `load` of t.csv with a target `y`.
fn csv(content: impl AsRef<[u8]>) -> String {
    load("t.csv", content, r#"{"source": {"csv": "t.csv", "target": "y"}}"#).unwrap_err()
}

#[test]
fn each_bad_file_is_one_line_with_place_and_cure() {
    let missing = load("train.csv", "a,y\n1,2\n", r#"{"source": {"csv": "trian.csv"}}"#).unwrap_err();
    assert_eq!(missing, "trian.csv: no such file, did you mean `train.csv`?");
    assert_eq!(csv(""), "t.csv: the file is empty; it needs a header line and rows");
    assert_eq!(csv(" \n\r\n"), "t.csv: the file is empty; it needs a header line and rows");
    assert_eq!(csv("a,b,y\n"), "t.csv: the file has a header line and no rows");
    assert_eq!(
        csv("a,b,y\n1,2,3\n\n\n1,2\n"),
        "t.csv: line 5 has 2 columns, the first line has 3; check its delimiters and quotes"
    );
    assert_eq!(
        csv("a,b,y\n1,2,3\n1,2,3,4\n"),
        "t.csv: line 3 has 4 columns, the first line has 3; check its delimiters and quotes"
    );
    assert_eq!(
        csv("age,y\n1,2\n2,3\nabc,2\n4,5\n"),
        "t.csv: column `age`, line 4: \"abc\" is not a number; correct it, or write missing = [\"abc\"] if it stands for a missing value, or categorical = [\"age\"]"
    );
    assert_eq!(
        csv("a,y\n1,0.5\n2,1.5\n3,low\n"),
        "t.csv: column `y`, line 4: \"low\" is not a number; correct it, or write task = \"classification\" if the target names classes"
    );
    assert_eq!(
        csv("age,y\n1,2\n-inf,3\n"),
        "t.csv: column `age`, line 3: the number is infinite or too large; correct the cell"
    );
    assert_eq!(
        csv("age,y\n1,2\n1e999,3\n"),
        "t.csv: column `age`, line 3: the number is infinite or too large; correct the cell"
    );
    assert_eq!(
        csv("age,y\n1,2\n2,NaN\n3,\n"),
        "t.csv: target `y`, line 3 (and 1 more row): the value is missing; fill it or remove the row"
    );
    assert_eq!(csv("a,a,y\n1,2,3\n"), "t.csv: two columns are called `a`; rename one of them");
    assert_eq!(csv("a,y\n1,x\n2,x\n"), "t.csv: target `y` is `x` in every row; there is nothing to learn");
    assert_eq!(
        csv("a,y\n1,2.5\n2,2.5\n"),
        "t.csv: target `y` is 2.5 in every row; there is nothing to learn"
    );
    assert_eq!(
        csv("y\n1\n2\n"),
        "t.csv: no column is left to learn from; check the delimiter and the columns that are dropped"
    );
    assert_eq!(csv(b"a,y\n1,2\n\xff,3\n"), "t.csv: line 3 is not UTF-8; save the file as UTF-8");
    assert_eq!(
        csv(b"\xff\xfea\0,\0"),
        "t.csv: line 1 is not UTF-8 but looks like UTF-16 (little endian); save the file as UTF-8"
    );
    let classes: String = (0..1001).map(|i| format!("{i},name{i}\n")).collect();
    assert_eq!(
        csv(format!("a,y\n{classes}")),
        "t.csv: target `y` has 1001 different texts, more than 1000 classes are not supported; is it the right column?"
    );
    let gzip = load("t.csv.gz", "a,y\n1,2\n", r#"{"source": {"csv": "t.csv.gz"}}"#).unwrap_err();
    assert_eq!(gzip, "t.csv.gz: ends in .gz and is not compressed; rename it or compress it");
    let truncated = load("t.csv.gz", b"\x1f\x8b\x08\x00", r#"{"source": {"csv": "t.csv.gz"}}"#).unwrap_err();
    assert!(truncated.starts_with("t.csv.gz: cannot be read: "), "{truncated}");
}

#[test]
fn each_bad_setting_is_one_line_with_the_nearest_name() {
    let table = "height,weight,label\n1,2,a\n3,4,b\n1,5,a\n2,4,b\n";
    let with = |section: &str| load("t.csv", table, section).unwrap_err();
    assert_eq!(
        with(r#"{"source": {"csv": "t.csv", "target": "lable"}}"#),
        "t.csv: target: no column is called `lable`, did you mean `label`?"
    );
    assert_eq!(
        with(r#"{"source": {"csv": "t.csv", "target": "9"}}"#),
        "t.csv: target: no column is called `9`; there are `height`, `weight`, `label`"
    );
    assert_eq!(
        with(r#"{"source": {"csv": "t.csv", "target": "label", "drop": ["hight"]}}"#),
        "t.csv: drop: no column is called `hight`, did you mean `height`?"
    );
    assert_eq!(
        with(r#"{"source": {"csv": "t.csv", "target": "label", "drop": ["height", "label"]}}"#),
        "t.csv: drop: `label` is the column to predict; take it out of drop or write another target"
    );
    assert_eq!(
        with(r#"{"source": {"csv": "t.csv", "target": 3}}"#),
        "data.source.csv.target: expected a text, found 3, write \"3\""
    );
    assert_eq!(
        with(r#"{"source": {"csv": "t.csv", "target": "label", "categorical": ["colour"]}}"#),
        "t.csv: categorical: no column is called `colour`; there are `height`, `weight`, `label`"
    );
    assert_eq!(
        with(r#"{"source": {"csv": "t.csv", "delimiter": "ab"}}"#),
        "data.source.csv: delimiter = \"ab\" is not auto, tab or one ASCII character"
    );
    assert_eq!(
        with(r#"{"source": {"csv": {"target": "label"}}}"#),
        "data.source.csv.path: missing, write { csv = \"train.csv\", target = \"label\" }"
    );
    assert_eq!(
        with(r#"{"source": "digit"}"#),
        "data.source: no source is called `digit`, did you mean `digits`?"
    );
    assert_eq!(
        with(r#"{"source": "iris", "prepare": ["standardise"]}"#),
        "data.prepare.0: no prepare is called `standardise`, did you mean `standardize`?"
    );
    assert_eq!(
        with(r#"{"source": "iris", "prepare": [{"min_max": {"low": 1, "high": 0}}]}"#),
        "data.prepare.0.min_max: low = 1 must be below high = 0"
    );
    assert_eq!(
        with(r#"{"source": "iris", "prepare": [{"standardize": ["sepal_length"]}]}"#),
        "iris: columns: no column is called `sepal_length`, did you mean `sepal_length_cm`?"
    );
    assert_eq!(
        with(r#"{"source": "iris", "prepare": [{"one_hot": ["sepal_length_cm"]}]}"#),
        "iris: column `sepal_length_cm` does not hold categories; leave it out of `columns`"
    );
    assert_eq!(
        with(r#"{"source": "iris", "prepare_target": ["standardize"]}"#),
        "data.prepare_target: the target is of classes, which `standardize` cannot prepare; remove it"
    );
    assert_eq!(
        with(r#"{"source": "diabetes", "prepare_target": ["impute"]}"#),
        "diabetes: prepare_target: `impute` cannot be undone on predictions; use a scaler"
    );
    assert_eq!(
        with("{}"),
        "data: source is missing, write source = \"digits\" or { csv = \"train.csv\", target = \"label\" }"
    );
    assert_eq!(
        with(r#"{"source": {"csv": "t.csv", "drp": ["height"]}}"#),
        "data.source.csv: unknown key `drp`, did you mean `drop`?"
    );
}

#[test]
fn each_bad_split_is_one_line_with_the_class_or_the_share() {
    let lone = "x,y\n1,a\n2,a\n3,a\n4,a\n5,b\n6,b\n7,b\n8,rare\n";
    let with = |section: &str| load("t.csv", lone, section).unwrap_err();
    let source = r#""source": {"csv": "t.csv", "target": "y"}"#;
    assert_eq!(
        with(&format!("{{{source}, \"split\": {{\"test\": 0.4, \"validation\": 0}}}}")),
        "t.csv: class `rare` has 1 row, a stratified split into 2 parts needs 2; add rows, merge the class or write split.stratify = false"
    );
    assert_eq!(
        with(&format!("{{{source}, \"split\": {{\"test\": 0.5, \"validation\": 0.5}}}}")),
        "data.split: test = 0.5 and validation = 0.5 leave none of 8 rows to train on; make them smaller"
    );
    assert_eq!(
        with(&format!("{{{source}, \"split\": {{\"test\": 1, \"validation\": 0.1}}}}")),
        "data.split: test = 1 is neither a share from 0 to below 1 nor a number of rows from 2"
    );
    assert_eq!(
        with(&format!("{{{source}, \"split\": {{\"test\": 0.01}}}}")),
        "t.csv: the test part would get 0 of 8 rows and needs at least 1; add rows or change the split"
    );
    let iris =
        |split: &str| load("t.csv", lone, &format!(r#"{{"source": "iris", "split": {split}}}"#)).unwrap_err();
    assert_eq!(
        iris(r#"{"test": 2, "validation": 0}"#),
        "iris: the test part would get 2 of 150 rows and needs at least 3; add rows or change the split"
    );
    assert_eq!(iris(r#"{"test": -0.1}"#), "data.split.test: -0.1 is not possible, allowed is 0 or more");
    assert_eq!(iris(r#"{"tests": 0.1}"#), "data.split: unknown key `tests`, did you mean `test`?");
}

#[test]
fn numbers_that_are_not_read_as_such_are_named() {
    let section = r#"{"source": {"csv": "t.csv", "target": "y", "task": "TASK"}}"#;
    let with = |cells: &str, task: &str| {
        let rows: String = cells.split('|').enumerate().map(|(i, cell)| format!("{i};{cell}\n")).collect();
        load("t.csv", format!("x;y\n{rows}"), &section.replace("TASK", task)).unwrap_err()
    };
    assert_eq!(
        with("1,234|2,345|3,456", "auto"),
        "t.csv: column `y`: \"1,234\" may be 1234 or 1.234; write decimal = \".\" or decimal = \",\""
    );
    assert_eq!(
        with("1,005,051|1,005,052|none|nothing|none|nothing", "auto"),
        "t.csv: class `1,005,051` has 1 row, a stratified split into 3 parts needs 3; add rows, merge the class or write split.stratify = false; the class looks like a number: write task = \"regression\" to predict numbers"
    );
    assert_eq!(
        with("1,005,051|1,005,052|none", "regression"),
        "t.csv: column `y`, line 4: \"none\" is not a number; correct it, or write task = \"classification\" if the target names classes"
    );
}

#[test]
fn a_table_of_identifiers_alone_is_refused() {
    let rows: String = (0..30).map(|i| format!("k{i},{i}.5\n")).collect();
    assert_eq!(
        csv(format!("id,y\n{rows}")),
        "t.csv: no column is left to learn from: column `id` (30 distinct texts in 30 rows) looks like identifiers or free text; write categorical = [\"id\"] to use it all the same"
    );
}

#[test]
fn a_file_in_the_place_of_a_source_is_told_how_to_be_written() {
    for name in ["clean.csv", "clean.csv.gz", "CLEAN.TSV"] {
        let expected = format!("`{name}` is a file, write source = {{ csv = {name:?}, target = \"...\" }}");
        let error = open_source(&Plug::new(name), "data.source").unwrap_err();
        assert_eq!(error.to_string(), format!("data.source: {expected}"));
        let section: Table = [("source".to_owned(), name.into())].into();
        assert_eq!(DataSection::check_written(&section).unwrap_err().to_string(), error.to_string());
    }
    let section: Table = [("source".to_owned(), "digits".into())].into();
    assert_eq!(DataSection::check_written(&section), Ok(()));
}

#[test]
fn refused_missing_values_and_identifiers_name_the_column() {
    let gaps = "age,y\n1,0.5\n?,1.5\n3,2.5\nNA,3.5\n5,4.5\n";
    let section = r#"{"source": {"csv": "t.csv"}, "prepare": [{"impute": "refuse"}], "split": {"test": 0, "validation": 0}}"#;
    assert_eq!(
        load("t.csv", gaps, section).unwrap_err(),
        "t.csv: column `age` has 2 missing values; fill the cells or write prepare = [\"impute\", ...]"
    );
    let names: String = (0..1200).map(|i| format!("id{i},{}.5\n", i % 7)).collect();
    let section =
        r#"{"source": {"csv": "t.csv", "categorical": ["id"]}, "split": {"test": 0, "validation": 0}}"#;
    assert_eq!(
        load("t.csv", format!("id,y\n{names}"), section).unwrap_err(),
        "t.csv: column `id` has 1200 categories, one_hot makes at most 1000 columns of one; write drop = [\"id\"], prepare = [\"ordinal\", ...] or a larger max_levels"
    );
}

#[test]
fn a_new_file_without_a_column_names_it() {
    let folder = Folder::new();
    let train = folder.write("train.csv", "height,city,y\n1,Oslo,0.5\n2,Bergen,1\n3,Oslo,2\n");
    let source = Csv { path: "train.csv".into(), target: "y".into(), ..Csv::default() };
    let raw = source.open(folder.path()).unwrap();
    let fields = raw.features.fields();
    let new = |content: &str| {
        let path = folder.write("new.csv", content);
        source.open_new(&path, &fields).unwrap_err()
    };
    let error = new("hight,city\n1,Oslo\n");
    assert!(matches!(&error.why, Why::MissingColumn { name, .. } if name == "height"));
    assert!(
        error.to_string().ends_with(
            "new.csv: column `height`, which the model was trained on, is missing; is it the column `hight`?"
        ),
        "{error}"
    );
    let error = new("height,city\nlow,Oslo\n");
    assert!(
        error.to_string().ends_with(
            "new.csv: column `height`, line 2: \"low\" is not a number; the model was trained with numbers in this column"
        ),
        "{error}"
    );
    let frame = source.open_new(Path::new(&train), &fields).unwrap();
    assert_eq!(frame, raw.features);

    let error = source.open_new(Path::new("no/such/new.csv"), &fields).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no/such/new.csv: no such file; a relative path starts at the working folder"
    );
    let error = source.open_new(&folder.path().join("other"), &fields).unwrap_err();
    assert!(error.to_string().ends_with("other: no such file; check the path"), "{error}");
}
