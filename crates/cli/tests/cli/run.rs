//! Any program is tuned: settings in, metric out, and whatever can happen between.
#![cfg(unix)]

use std::process::Child;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::{Folder, Ran};

/// Arguments before `--`, and a shell script as the program, with words of its own behind it.
fn run(folder: &Folder, arguments: &[&str], script: &str, words: &[&str]) -> Ran {
    folder.run(&all(arguments, script, words))
}

fn all<'a>(arguments: &[&'a str], script: &'a str, words: &[&'a str]) -> Vec<&'a str> {
    [&["run", "--json"], arguments, &["--", "sh", "-c", script, "script"], words].concat()
}

fn states(folder: &Folder) -> Vec<String> {
    let database = rusqlite::Connection::open(folder.path("tunesmith.db")).unwrap();
    let mut statement = database.prepare("SELECT state FROM trials ORDER BY number").unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn a_program_is_tuned_and_the_command_is_ready() {
    let folder = Folder::new("run-plain");
    let script = "echo \"x was $1\"; echo \"loss: $(( ($1 - 7) * ($1 - 7) )) after 3s\"; echo done";
    let object = run(
        &folder,
        &[
            "--param",
            "x=int(0,15)",
            "--trials",
            "16",
            "--metric",
            "loss",
            "--sampler",
            "grid",
            "--workers",
            "2",
        ],
        script,
        &["{x}"],
    )
    .ok();
    assert_eq!(
        (&object["best"]["value"], &object["best"]["params"]["x"]),
        (&0.0.into(), &7.into()),
        "{object}"
    );
    assert_eq!(object["trials"]["complete"], 16);
    let command: Vec<&str> =
        object["command"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    assert_eq!(command, ["sh", "-c", script, "script", "7"]);
    let out = folder.path("runs/sh").join(format!("trial-{}", object["best"]["trial"]));
    assert!(std::fs::read_to_string(out.join("stdout")).unwrap().starts_with("x was 7\n"));
    assert_eq!(std::fs::read_to_string(out.join("params.json")).unwrap(), "{\"x\":7}\n");
    assert_eq!(std::fs::read_to_string(out.join("stderr")).unwrap(), "");
    // The total is reached: nothing new is tried.
    let again =
        run(&folder, &["--param", "x=int(0,15)", "--trials", "16", "--metric", "loss"], script, &["{x}"]);
    assert!(again.stderr.contains("had its 16 trials already"), "{again:?}");
    assert_eq!(again.ok()["best"], object["best"]);
    let people = folder.run(&[
        "run",
        "--param",
        "x=int(0,15)",
        "--trials",
        "16",
        "--metric",
        "loss",
        "--",
        "sh",
        "-c",
        script,
        "script",
        "{x}",
    ]);
    assert!(people.stdout.trim_end().ends_with("done' script 7"), "{}", people.stdout);
}

#[test]
fn settings_arrive_as_they_are_whatever_they_hold() {
    let folder = Folder::new("run-words");
    let odd = r#"a b'c"d $HOME `ls` \n; exit 1 {x}"#;
    let space = folder
        .write("space.toml", &format!("[text]\nchoice = ['''{odd}''']\n[\"lr.a-b\"]\nfloat = [0.5, 0.5]\n"));
    let script = r#"printf '%s\n' "$1" "$TUNESMITH_PARAM_text" "$TUNESMITH_PARAM_lr_a_b" "$2"; cat "$3"; printf '\n%s\n' "$TUNESMITH_PARAMS" "$3"; echo 1"#;
    run(
        &folder,
        &["--space", space.to_str().unwrap(), "--trials", "1"],
        script,
        &["{text}", "{{x}}{trial}", "{params}"],
    )
    .ok();
    let printed = std::fs::read_to_string(folder.path("runs/sh/trial-0/stdout")).unwrap();
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(&lines[..4], [odd, odd, "0.5", "{x}0"]);
    let params: Value = serde_json::from_str(lines[4]).unwrap();
    assert_eq!((&params["text"], &params["lr.a-b"]), (&odd.into(), &0.5.into()));
    assert_eq!(lines[6], lines[8], "{lines:?}");
}

#[test]
fn the_metric_may_be_in_a_file_of_the_trial() {
    let folder = Folder::new("run-file");
    let script = r#"printf '{{"valid": {{"loss": %s}}}}' "$1" > "$2/metrics.json"; echo 1000"#;
    let arguments = [
        "--param",
        "x=int(1,4)",
        "--trials",
        "4",
        "--sampler",
        "grid",
        "--workers",
        "2",
        "--maximize",
        "--metric-json",
        "{out}/metrics.json:valid.loss",
    ];
    assert_eq!(run(&folder, &arguments, script, &["{x}", "{out}"]).ok()["best"]["value"], 4.0);
    // A file that is there already is not this trial's.
    folder.write("old.json", r#"{"loss": 1}"#);
    let said = folder
        .run(&[
            "run",
            "--param",
            "x=int(1,4)",
            "--trials",
            "2",
            "--study",
            "old",
            "--metric-json",
            "old.json:loss",
            "--",
            "true",
        ])
        .failed(1);
    assert!(said.contains("old.json: was there before and was not written anew"), "{said}");
    let said = folder
        .run(&[
            "run",
            "--param",
            "x=int(1,4)",
            "--workers",
            "2",
            "--metric-json",
            "m.json:loss",
            "--",
            "true",
        ])
        .failed(2);
    assert!(said.contains("let its name hold {out} or {trial}"), "{said}");
}

#[test]
fn failures_carry_the_last_lines_of_stderr_and_are_tried_again() {
    let folder = Folder::new("run-fail");
    let script = "echo noise >&2; echo \"out of cheese\" >&2; exit 3";
    let arguments = ["--param", "x=int(1,9)", "--trials", "2", "--retries", "2"];
    let ran = run(&folder, &arguments, script, &[]);
    assert_eq!(ran.code, Some(1));
    let error = ran.json()["error"].clone();
    assert_eq!(error["kind"], "training");
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("none of 2 trials completed; trial 1: exit code 3: noise / out of cheese"),
        "{message}"
    );
    assert_eq!(states(&folder), ["FAIL", "FAIL"]);
    for file in ["stderr", "stderr.1", "stderr.2"] {
        assert!(folder.path("runs/sh/trial-0").join(file).exists(), "{file}");
    }
    // The second time it works.
    let script = "[ -e \"$1/seen\" ] && echo 5 && exit 0; touch \"$1/seen\"; kill -9 $$";
    let arguments = ["--param", "x=int(1,9)", "--trials", "1", "--retries", "1", "--study", "again"];
    assert_eq!(run(&folder, &arguments, script, &["{out}"]).ok()["best"]["value"], 5.0);
}

#[test]
fn a_metric_that_is_missing_or_not_finite_is_named() {
    let folder = Folder::new("run-missing");
    let ran =
        run(&folder, &["--param", "x=int(1,9)", "--trials", "1", "--metric", "loss"], "echo hello", &[]);
    assert!(
        ran.stdout
            .contains("no number on stdout matches 'loss': let the program print it, or change --metric"),
        "{ran:?}"
    );
    let script = "[ $1 = 1 ] && echo nan || echo $1";
    let arguments = ["--param", "x=int(1,3)", "--trials", "3", "--sampler", "grid", "--study", "nan"];
    let object = run(&folder, &arguments, script, &["{x}"]).ok();
    assert_eq!(
        (&object["trials"]["diverged"], &object["best"]["value"]),
        (&1.into(), &2.0.into()),
        "{object}"
    );
}

/// Whether a process of that id is there (and is no zombie).
fn lives(pid: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/status", pid.trim())).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && !line.contains('Z'))
}

/// Waits until something is so.
#[track_caller]
fn wait_for(what: &str, so: impl Fn() -> bool) {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < Duration::from_secs(60), "waited a minute for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_trial_that_takes_too_long_is_ended_with_all_it_started() {
    let folder = Folder::new("run-timeout");
    // A grandchild in the background that does not listen to SIGTERM.
    let script =
        "(trap '' TERM; exec sleep 1000) & echo $! > \"$1/grandchild\"; echo $$ > \"$1/child\"; wait";
    let ran =
        run(&folder, &["--param", "x=int(1,9)", "--trials", "1", "--trial-time", "0.3s"], script, &["{out}"]);
    let message = ran.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("timeout: stopped after"), "{message}");
    for name in ["child", "grandchild"] {
        let pid = std::fs::read_to_string(folder.path("runs/sh/trial-0").join(name)).unwrap();
        assert!(!lives(&pid), "{name} {pid} still runs");
    }
}

#[test]
fn json_lines_prune_and_end_the_program() {
    let folder = Folder::new("run-lines");
    // The first six programs are good, the others bad, and those would run for ever.
    let script = r#"loss=1; [ $1 -lt 6 ] || loss=9
        i=1; while [ $i -le 10 ]; do echo "{{\"step\": $i, \"loss\": $loss}}"; echo other; i=$((i + 1)); done
        echo $$ > "$2/pid"; [ $1 -lt 6 ] || sleep 1000"#;
    let arguments = ["--param", "x=float(0,1)", "--trials", "8", "--metric-lines", "loss"];
    let object = run(&folder, &arguments, script, &["{trial}", "{out}"]).ok();
    assert_eq!(
        (&object["trials"]["complete"], &object["trials"]["pruned"]),
        (&6.into(), &2.into()),
        "{object}"
    );
    for trial in ["trial-6", "trial-7"] {
        let pid = std::fs::read_to_string(folder.path("runs/sh").join(trial).join("pid")).unwrap_or_default();
        assert!(!lives(&pid), "{trial} {pid} still runs");
    }
    let database = rusqlite::Connection::open(folder.path("tunesmith.db")).unwrap();
    let first: i64 =
        database.query_row("SELECT min(step) FROM trial_intermediate_values", [], |row| row.get(0)).unwrap();
    assert_eq!(first, 0, "the study counts from 0");
    let said = folder.run(&["run", "--param", "x=int(1,9)", "--scheduler", "asha", "--", "true"]).failed(2);
    assert!(said.contains("give --metric-lines too"), "{said}");
}

fn signal(child: &Child, name: &str) {
    let sent = std::process::Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

const SLOW: &str = "echo $$ > \"$1/pid\"; [ -e go ] || [ $2 -lt 3 ] || sleep 1000; echo $2";

fn slow(arguments: &'static [&'static str]) -> Vec<&'static str> {
    all(arguments, SLOW, &["{out}", "{trial}"])
}

const TEN: &[&str] = &["--param", "x=float(0,1)", "--trials", "10"];

#[test]
fn ctrl_c_ends_the_programs_and_the_study_goes_on() {
    let folder = Folder::new("run-ctrl-c");
    let child = folder.spawn(&slow(TEN));
    let pid = folder.path("runs/sh/trial-3/pid");
    wait_for("the fourth trial", || std::fs::read_to_string(&pid).is_ok_and(|pid| pid.ends_with('\n')));
    let program = std::fs::read_to_string(&pid).unwrap();
    signal(&child, "-INT");
    let ran = Ran::of(child.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(130), "{ran:?}");
    assert_eq!(ran.json()["interrupted"], true);
    assert!(!lives(&program), "the program has ended with us");
    assert_eq!(states(&folder), ["COMPLETE", "COMPLETE", "COMPLETE", "WAITING"]);
    folder.write("go", "");
    let object = folder.run(&slow(TEN)).ok();
    assert_eq!(
        (&object["trials"]["complete"], &object["best"]["value"]),
        (&10.into(), &0.0.into()),
        "{object}"
    );
}

#[test]
fn after_kill_9_the_lost_trial_is_run_again() {
    let folder = Folder::new("run-kill");
    let mut child = folder.spawn(&slow(TEN));
    let pid = folder.path("runs/sh/trial-3/pid");
    wait_for("the fourth trial", || std::fs::read_to_string(&pid).is_ok_and(|pid| pid.ends_with('\n')));
    signal(&child, "-KILL");
    child.wait().unwrap();
    folder.write("go", "");
    let object = folder.run(&slow(TEN)).ok();
    assert_eq!(object["trials"]["complete"], 10, "{object}");
    // The program of the lost trial was nobody's child any more: it is ended here.
    let orphan = std::fs::read_to_string(&pid).unwrap_or_default();
    let _ = std::process::Command::new("kill").args(["-KILL", "--", &format!("-{}", orphan.trim())]).status();
}

#[test]
fn mistakes_are_wrong_use_and_leave_nothing_behind() {
    let folder = Folder::new("run-wrong");
    for (arguments, said) in [
        (&["run", "--", "true"][..], "--param: nothing to search, write lr=log(1e-5,1e-1)"),
        (&["run", "--param", "lr=log(0,1)", "--", "true"], "--param lr: a log range must start above zero"),
        (
            &["run", "--param", "lr=float(0,1)", "--", "x", "{rl}"],
            "the command: {rl}: there is no parameter `rl`, did you mean `{lr}`?",
        ),
        (&["run", "--param", "lr=float(0,1)", "--metric", "(", "--", "x"], "--metric '(': no pattern: "),
        (
            &["run", "--param", "lr=float(0,1)", "--sampler", "tpee", "--", "x"],
            "the command line: --sampler: no sampler is called `tpee`, did you mean `tpe`?",
        ),
        (&["run", "--param", "lr=float(0,1)", "--time", "soon", "--", "x"], "--time: \"soon\" is no time"),
        (&["run", "--param", "lr=float(0,1)", "--trials", "0", "--", "x"], "--trials: 0 is not possible"),
    ] {
        let error = folder.run(arguments).failed(2);
        assert!(error.starts_with(said), "{error}\n{said}");
    }
    assert_eq!(folder.names(), Vec::<String>::new());
    let error = folder.run(&["run", "--param", "lr=float(0,1)", "--", "no-such-program-here"]).failed(2);
    assert!(error.starts_with("cannot start `no-such-program-here`: "), "{error}");
}
