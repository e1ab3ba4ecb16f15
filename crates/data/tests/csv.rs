//! A CSV file is read as a person reads it: dialect, header, types, target.

mod support;

use std::io::Write as _;

use support::Folder;
use tunesmith_data::{Csv, Kind, RawDataset, RawTarget, Source, Task, Values};

fn read(csv: &Csv, content: impl AsRef<[u8]>) -> RawDataset {
    let folder = Folder::new();
    folder.write("t.csv", content);
    Csv { path: "t.csv".into(), ..csv.clone() }.open(folder.path()).unwrap()
}

fn numbers(raw: &RawDataset, column: &str) -> Vec<f64> {
    raw.features.column(column).unwrap().values.numbers().unwrap().into_owned()
}

#[test]
fn the_delimiter_is_guessed() {
    for delimiter in [",", ";", "\t", "|"] {
        let table = ["a,b,y", "1,2.5,u", "3,4.5,v", "5,6.5,u"].join("\n").replace(',', delimiter);
        let raw = read(&Csv::default(), table);
        assert_eq!(raw.features.names(), ["a", "b"], "delimiter {delimiter:?}");
        assert_eq!(numbers(&raw, "b"), [2.5, 4.5, 6.5]);
    }
    // Commas inside texts do not win over the tabs between them.
    let raw = read(&Csv::default(), "text\ty\n\"a, b, c\"\t1.5\nd, e\t2.5\nf\t3.5\n");
    assert_eq!(raw.features.names(), ["text"]);
}

#[test]
fn dialects_of_one_table_give_one_table() {
    let plain = "a,city,y\n1,Oslo,0.5\n-2e3,Bergen,1.5\n.5,\"Oslo\",2.5\n";
    let expected = read(&Csv::default(), plain).fingerprint();
    let folder = Folder::new();
    let gzip = {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        writer.write_all(plain.as_bytes()).unwrap();
        writer.finish().unwrap()
    };
    folder.write("t.csv.gz", &gzip);
    let compressed = Csv { path: "t.csv.gz".into(), ..Csv::default() }.open(folder.path()).unwrap();
    assert_eq!(compressed.fingerprint(), expected);
    assert_eq!(read(&Csv::default(), gzip).fingerprint(), expected, "gzip without .gz");
    assert_eq!(read(&Csv::default(), plain.replace('\n', "\r\n")).fingerprint(), expected, "CRLF");
    assert_eq!(read(&Csv::default(), format!("\u{feff}{plain}")).fingerprint(), expected, "byte order mark");
    assert_eq!(
        read(&Csv::default(), plain.replace('"', "").replace(',', " , ")).fingerprint(),
        expected,
        "spaces"
    );
    assert_eq!(read(&Csv::default(), plain.replace('\n', "\n\n")).fingerprint(), expected, "blank lines");
    let decimal = Csv { decimal: ",".into(), ..Csv::default() };
    let german = plain.replace(',', ";").replace('.', ",");
    assert_eq!(read(&decimal, german).fingerprint(), expected, "decimal comma");
}

#[test]
fn the_header_is_found_or_its_absence() {
    assert_eq!(read(&Csv::default(), "1,2,a\n3,4,b\n").features.names(), ["column_1", "column_2"]);
    assert_eq!(read(&Csv::default(), "id,2010,y\n3,4,a\n5,6,b\n").features.names(), ["id", "2010"]);
    assert_eq!(read(&Csv::default(), "a,b\nx,u\ny,v\n").rows(), 2, "a table of texts has a header");
    let no = Csv { header: "no".into(), ..Csv::default() };
    let raw = read(&no, "a,b\nx,u\ny,v\n");
    assert_eq!(raw.rows(), 3);
    assert!(raw.notes.iter().any(|note| note.contains("no header line")), "{:?}", raw.notes);
    let yes = Csv { header: "yes".into(), ..Csv::default() };
    assert_eq!(read(&yes, "1,2\n3,4\n5,6\n").features.names(), ["1"]);
}

#[test]
fn columns_are_typed_by_content() {
    let table = "n,gaps,city,code,y\n1,NA,Oslo,1,a\n2.5,?,Bergen,2,b\n+3,4,,1,a\n-4,null,Oslo,3,b\n";
    let csv = Csv { categorical: vec!["code".into()], ..Csv::default() };
    let raw = read(&csv, table);
    let kinds: Vec<Kind> = raw.features.fields().iter().map(|field| field.kind).collect();
    assert_eq!(kinds, [Kind::Number, Kind::Number, Kind::Category, Kind::Category]);
    assert_eq!(numbers(&raw, "n"), [1.0, 2.5, 3.0, -4.0]);
    assert_eq!(raw.features.column("gaps").unwrap().values.missing(), 3);
    let Values::Categories { levels, codes } = &raw.features.column("city").unwrap().values else { panic!() };
    assert_eq!(
        (&levels[..], &codes[..]),
        (&["Bergen", "Oslo"].map(str::to_owned)[..], &[Some(1), Some(0), None, Some(1)][..])
    );

    let own = Csv { missing: vec!["-99".into()], usual_missing: false, ..Csv::default() };
    let raw = read(&own, "n,country,y\n-99,NA,a\n1,NO,b\n,NA,a\n");
    assert_eq!(raw.features.column("n").unwrap().values.missing(), 2);
    assert_eq!(raw.features.column("country").unwrap().values.missing(), 0, "Namibia is a country");
}

#[test]
fn quoted_cells_keep_delimiters_quotes_and_line_breaks() {
    let raw = read(&Csv::default(), "text,y\n\"a, \"\"b\"\"\nc\",1.5\nd,2.5\n");
    let Values::Categories { levels, .. } = &raw.features.column("text").unwrap().values else { panic!() };
    assert_eq!(levels[..], ["a, \"b\"\nc", "d"]);
}

#[test]
fn the_target_is_found_by_name_position_or_last() {
    let table = "a,b,last\n1,x,2.5\n2,y,3.5\n3,x,4.5\n";
    let target = |name: &str| match read(&Csv { target: name.into(), ..Csv::default() }, table).target {
        RawTarget::Classes { name, .. } => name,
        RawTarget::Numbers(frame) => frame.names()[0].clone(),
    };
    assert_eq!([target("b"), target("2"), target("last"), target("1")], ["b", "b", "last", "a"]);
    let two = Csv { targets: vec!["last".into(), "a".into()], ..Csv::default() };
    assert_eq!(read(&two, table).task(), Task::Regression { outputs: 2 });
}

#[test]
fn the_task_follows_from_the_target_unless_it_is_said() {
    let with = |task: &str, cells: [&str; 4]| {
        let table = format!("a,y\n1,{}\n2,{}\n3,{}\n4,{}\n", cells[0], cells[1], cells[2], cells[3]);
        let csv = Csv { target: "y".into(), task: task.into(), ..Csv::default() };
        read(&csv, table)
    };
    assert_eq!(with("auto", ["10", "9", "10", "9"]).task(), Task::Classification { classes: 2 });
    assert_eq!(with("regression", ["10", "9", "10", "9"]).task(), Task::Regression { outputs: 1 });
    assert_eq!(with("auto", ["1.5", "9", "10", "9"]).task(), Task::Regression { outputs: 1 });
    assert_eq!(with("classification", ["1.5", "9", "10", "9"]).task(), Task::Classification { classes: 3 });
    assert_eq!(with("classification", ["1", "2", "3", "x"]).task(), Task::Classification { classes: 4 });
    let RawTarget::Classes { names, codes, .. } = with("auto", ["10", "9", "10", "9"]).target else {
        panic!()
    };
    assert_eq!((&names[..], &codes[..]), (&["9", "10"].map(str::to_owned)[..], &[1, 0, 1, 0][..]));
    let notes = with("auto", ["10", "9", "10", "9"]).notes;
    assert!(notes[0].contains("task = \"regression\""), "what was decided is said: {notes:?}");

    let many: String = (0..50).map(|i| format!("{i},{i}\n")).collect();
    assert_eq!(read(&Csv::default(), format!("a,y\n{many}")).task(), Task::Regression { outputs: 1 });
}

#[test]
fn dropped_columns_are_gone() {
    let csv = Csv { drop: vec!["id".into()], ..Csv::default() };
    assert_eq!(read(&csv, "id,a,y\nk1,1,0.5\nk2,2,1.5\n").features.names(), ["a"]);
}

#[test]
fn a_new_file_without_a_header_is_matched_by_position() {
    let folder = Folder::new();
    let train = folder.write("train.csv", "1,2.5,a\n3,4.5,b\n5,6.5,a\n");
    let csv = Csv { path: "train.csv".into(), ..Csv::default() };
    let raw = csv.open(folder.path()).unwrap();
    let new = folder.write("new.csv", "1,2.5\n3,4.5\n5,6.5\n");
    assert_eq!(csv.open_new(&new, &raw.features.fields()).unwrap(), raw.features, "features alone");
    assert_eq!(csv.open_new(&train, &raw.features.fields()).unwrap(), raw.features, "with the target");
}
