//! A search survives Ctrl-C and SIGKILL: the next run goes on.

use std::process::Child;
use std::time::{Duration, Instant};

use crate::common::{Folder, Ran, SMALL};

/// A search that takes some seconds.
fn long(folder: &Folder) {
    let recipe = SMALL
        .replace("epochs = 8", "epochs = 400")
        .replace("trials = 12", "trials = 60")
        .replace("workers = 1", "workers = 2");
    folder.write("long.toml", &recipe);
}

/// Waits until the study has so many finished trials.
fn wait_for_trials(folder: &Folder, wanted: i64) {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(60) {
        if finished(folder) >= wanted {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("the search did not finish {wanted} trials in a minute");
}

fn finished(folder: &Folder) -> i64 {
    let Ok(database) = rusqlite::Connection::open_with_flags(
        folder.path("tunesmith.db"),
        rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY,
    ) else {
        return 0;
    };
    let count = "SELECT count(*) FROM trials WHERE state IN ('COMPLETE', 'PRUNED', 'FAIL')";
    database.query_row(count, [], |row| row.get(0)).unwrap_or(0)
}

fn signal(child: &Child, name: &str) {
    let sent = std::process::Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn ctrl_c_leaves_a_study_that_goes_on() {
    let folder = Folder::new("ctrl-c");
    long(&folder);
    let child = folder.spawn(&["tune", "long.toml", "--json"]);
    wait_for_trials(&folder, 3);
    signal(&child, "-INT");
    let ran = Ran::of(child.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(130), "{ran:?}");
    let object = ran.json();
    assert_eq!(object["interrupted"], true);
    let before = finished(&folder);
    assert!((3..60).contains(&before), "{before}");
    let object = folder.run(&["tune", "long.toml", "--json"]).ok();
    let counted: u64 = object["trials"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(counted, 60, "{object}");
}

#[test]
fn sigkill_costs_at_most_the_trials_in_flight() {
    let folder = Folder::new("sigkill");
    long(&folder);
    let mut kept = 0;
    for round in 1..=3 {
        let mut child = folder.spawn(&["tune", "long.toml", "--json"]);
        wait_for_trials(&folder, kept + 4);
        signal(&child, "-KILL");
        child.wait().unwrap();
        let now = finished(&folder);
        // Two that were paused may have been going on when the signal came.
        assert!(now >= kept + 2, "round {round}: {kept} before, {now} after");
        kept = now;
    }
    let object = folder.run(&["tune", "long.toml", "--json"]).ok();
    let of = |state: &str| object["trials"][state].as_u64().unwrap();
    assert!(
        of("complete") + of("pruned") + of("paused") >= 60 - 6,
        "at most two in flight in each of three rounds: {object}"
    );
    let database = rusqlite::Connection::open(folder.path("tunesmith.db")).unwrap();
    let whole: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(whole, "ok");
    let running: i64 = database
        .query_row("SELECT count(*) FROM trials WHERE state IN ('RUNNING', 'WAITING')", [], |row| row.get(0))
        .unwrap();
    assert_eq!(running, 0, "nobody is left behind");
}
