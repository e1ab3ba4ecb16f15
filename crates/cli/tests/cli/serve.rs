//! Any language asks and tells in JSON lines.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::common::{Folder, Ran};

const OPEN: &str = r#"{"space":{"x":{"float":[-5,5]}},"seed":1,"storage":"sqlite:///study.db","study":"s"}"#;

fn serve(folder: &Folder, arguments: &[&str], input: &[u8]) -> Ran {
    let mut child = folder
        .command(&[&["serve"], arguments].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    Ran::of(child.wait_with_output().unwrap())
}

fn answers(ran: &Ran) -> Vec<Value> {
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_line_has_an_answer_and_the_end_of_the_input_ends_it() {
    let folder = Folder::new("serve");
    let mut input = format!("{OPEN}\r\n{{\"ask\":true}}\n\n").into_bytes();
    input.extend(b"{\"tell\":\xff}\n{\"tell\":{\"trial\":0,\"value\":1}}"); // no line end at the end
    let answers = answers(&serve(&folder, &["--stdio"], &input));
    assert_eq!(answers.len(), 5);
    assert_eq!((&answers[0]["trials"], &answers[1]["trial"]), (&0.into(), &0.into()));
    assert!(answers[2]["error"].as_str().unwrap().contains("the line is empty"));
    assert!(answers[3]["error"].as_str().unwrap().starts_with("not JSON"));
    assert_eq!(answers[4]["best"]["value"], 1.0);
    // It was kept: the next conversation goes on.
    let again =
        self::answers(&serve(&folder, &["--stdio"], format!("{OPEN}\n{{\"ask\":true}}\n").as_bytes()));
    assert_eq!((&again[0]["trials"], &again[1]["trial"]), (&1.into(), &1.into()));
}

#[test]
fn a_bad_storage_is_answered_and_another_may_follow() {
    let folder = Folder::new("serve-storage");
    let bad = OPEN.replace("sqlite:///study.db", "mysql://x/y");
    let answers = answers(&serve(&folder, &["--stdio"], format!("{bad}\n{OPEN}\n").as_bytes()));
    assert!(answers[0]["error"].as_str().unwrap().starts_with("storage: "), "{answers:?}");
    assert_eq!(answers[1]["study"], "s");
}

#[test]
fn a_log_is_replayed_and_a_changed_one_is_found_out() {
    let folder = Folder::new("serve-log");
    let mut input = OPEN.replace(r#","storage":"sqlite:///study.db""#, "");
    for trial in 0..15 {
        input.push_str(&format!("\n{{\"ask\":true}}\n{{\"tell\":{{\"trial\":{trial},\"value\":{trial}}}}}"));
    }
    for _ in 0..2 {
        serve(&folder, &["--stdio", "--log", "log.jsonl"], input.as_bytes());
    }
    let replayed = folder.run(&["serve", "--replay", "log.jsonl", "--json"]).ok();
    assert_eq!((&replayed["sessions"], &replayed["exchanges"]), (&2.into(), &62.into()));
    let log = std::fs::read_to_string(folder.path("log.jsonl")).unwrap();
    folder
        .write("changed.jsonl", &log.replacen(r#"\"trial\":0,\"value\":0"#, r#"\"trial\":0,\"value\":9"#, 1));
    let said = folder.run(&["serve", "--replay", "changed.jsonl"]).failed(1);
    assert!(said.starts_with("changed.jsonl: line 4: "), "{said}");
    let said = folder.run(&["serve"]).failed(2);
    assert!(said.contains("serve --stdio"), "{said}");
}

#[test]
fn the_python_client_finds_the_minimum() {
    let python =
        Command::new("python3").args(["-c", "import sys; sys.exit(sys.version_info < (3, 8))"]).status();
    if !python.is_ok_and(|status| status.success()) {
        return; // no Python here
    }
    let client = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/python/tunesmith_client.py");
    let ran = Command::new("python3").arg(client).env("TUNESMITH", env!("CARGO_BIN_EXE_tunesmith")).output();
    let ran = Ran::of(ran.unwrap());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let best = ran.json();
    assert!(best["value"].as_f64().unwrap() < 0.1, "{best}");
    assert!(best["params"]["lr"].is_number(), "{best}");
}
