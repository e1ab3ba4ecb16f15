//! Bad input gets one line that names the place and the cure, an exit code, and leaves nothing half-written.

use crate::common::{FIXED, Folder, SMALL};

/// A recipe on a CSV file of that content.
fn on_csv(folder: &Folder, csv: &str) {
    folder.write("data.csv", csv);
    folder.write(
        "r.toml",
        &FIXED.replace("source = \"iris\"", "source = { csv = \"data.csv\", target = \"y\" }"),
    );
}

/// Runs `train` and asserts that it leaves nothing behind.
#[track_caller]
fn said(folder: &Folder, code: i32) -> String {
    let before = folder.names();
    let said = folder.run(&["train", "r.toml"]).failed(code);
    assert_eq!(folder.names(), before, "nothing half-written");
    said
}

#[track_caller]
fn check(said: &str, parts: &[&str]) {
    for part in parts {
        assert!(said.contains(part), "{said:?} does not say {part:?}");
    }
}

#[test]
fn missing_files() {
    let folder = Folder::new("missing");
    folder.write("digits.toml", FIXED);
    check(&folder.run(&["train", "digit.toml"]).failed(2), &["digit.toml", "did you mean", "digits.toml"]);
    folder.write(
        "r.toml",
        &FIXED.replace("source = \"iris\"", "source = { csv = \"data.csv\", target = \"y\" }"),
    );
    check(&said(&folder, 1), &["data.csv"]);
    folder.write("bad.toml", "[data\n");
    check(&folder.run(&["train", "bad.toml"]).failed(2), &["bad.toml:1", "not TOML"]);
}

#[test]
fn broken_tables() {
    let folder = Folder::new("tables");
    let good = "a,b,y\n1,2,u\n3,4,v\n5,6,u\n7,8,v\n2,2,u\n3,3,v\n4,4,u\n5,5,v\n6,6,u\n7,7,v\n";
    for (csv, parts) in [
        ("", &["data.csv"][..]),
        ("a,b,y\n", &["data.csv"]),
        (&good.replace("3,4,v", "3,v"), &["data.csv", "line 3", "2 columns"]),
        (&good.replace("3,4,v", "3,abc,v"), &["data.csv", "b", "abc", "line 3"]),
        (&good.replace("a,b,y", "a,b,z"), &["data.csv", "`y`"]),
        (&good.replace("7,7,v", "7,7,w"), &["w"]), // a class with one row under stratification
        (&good.replace("3,4,v", "3,inf,v"), &["data.csv", "b"]),
    ] {
        on_csv(&folder, csv);
        check(&said(&folder, 1), parts);
    }
    // NaN in the features is a missing value: filled in, and said.
    on_csv(&folder, &good.replace("3,4,v", "3,NaN,v"));
    let ran = folder.run(&["train", "r.toml", "--json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    check(&ran.stderr, &["note:", "b"]);
    // Unless the recipe refuses them.
    folder.write(
        "r.toml",
        &std::fs::read_to_string(folder.path("r.toml"))
            .unwrap()
            .replace("[\"standardize\"]", "[{ impute = \"refuse\" }]"),
    );
    check(&folder.run(&["train", "r.toml"]).failed(1), &["b"]);
}

#[test]
fn recipes_with_mistakes() {
    let folder = Folder::new("recipes");
    for (recipe, parts) in [
        (FIXED.replace("epochs", "epoch"), &["r.toml", "training", "`epoch`", "did you mean `epochs`?"][..]),
        (FIXED.replace("[training]", "[trainin]"), &["r.toml", "`trainin`", "did you mean `training`?"]),
        (FIXED.replace("adam", "adma"), &["r.toml: training.optimizer", "did you mean `adam`?"]),
        (FIXED.replace("0.02", "\"fast\""), &["r.toml: training.optimizer.adam.lr", "a number"]),
        (FIXED.replace("units = 16", "units = 0"), &["model.layers.0.dense.units", "0"]),
        (FIXED.replace("epochs = 30", "epochs = 0"), &["training.epochs", "0"]),
        (FIXED.replace("tanh", "tahn"), &["model.layers.0.dense.activation", "did you mean `tanh`?"]),
        (
            FIXED.replace("source = \"iris\"", "source = \"clean.csv\""),
            &["data.source", "{ csv = \"clean.csv\""],
        ),
        (FIXED.replace("source = \"iris\"", "source = \"irsi\""), &["data.source", "did you mean `iris`?"]),
        (
            FIXED.replace("{ dense = { units = \"classes\" } }", "{ dense = { units = 7 } }"),
            &["model.layers", "3 outputs"],
        ),
        (FIXED.replace("epochs = 30", "loss = \"mse\""), &["training.loss", "cross_entropy"]),
        (SMALL.to_owned(), &["model.layers.0.dense.units", "tunesmith tune", "--set"]),
        ("[model]\nlayers = []\n".to_owned(), &["[data]"]),
    ] {
        folder.write("r.toml", &recipe);
        check(&said(&folder, 2), parts);
    }
    for (recipe, parts) in [
        (
            SMALL.replace("[4, 32]", "[32, 4]"),
            &["model.layers.0.dense.units", "low must not exceed high"][..],
        ),
        (SMALL.replace("[4, 32]", "[0, 32]"), &["model.layers.0.dense.units", "log"]),
        (SMALL.replace("trials = 12", "trials = 0"), &["tuning.trials", "0"]),
        (SMALL.replace("workers = 1", "worker = 1"), &["tuning", "did you mean `workers`?"]),
        (
            SMALL.replace("trials = 12", "goal = { maximize = \"acuracy\" }"),
            &["acuracy", "did you mean `accuracy`?"],
        ),
        (SMALL.replace("trials = 12", "sampler = \"tpee\""), &["tuning.sampler", "did you mean `tpe`?"]),
        (SMALL.replace("prepare =", "split = { validation = 0.0 }\nprepare ="), &["data.split.validation"]),
        (FIXED.to_owned(), &["no range", "tunesmith train"]),
    ] {
        folder.write("r.toml", &recipe);
        let before = folder.names();
        check(&folder.run(&["tune", "r.toml"]).failed(2), parts);
        assert_eq!(folder.names(), before, "no database, no folder: {parts:?}");
    }
}

#[test]
fn a_batch_larger_than_the_data_is_allowed_and_said() {
    let folder = Folder::new("batch");
    folder.write("r.toml", FIXED);
    let ran = folder.run(&["train", "r.toml", "--set", "training.batch_size=5000", "--json"]);
    ran.ok();
    check(&ran.stderr, &["note: batch_size = 5000 exceeds the 90 training rows"]);
}

#[test]
fn a_constant_column_gives_zeros_and_is_said_once() {
    let folder = Folder::new("constant");
    on_csv(&folder, "a,b,y\n1,2,u\n3,2,v\n5,2,u\n7,2,v\n2,2,u\n3,2,v\n4,2,u\n5,2,v\n6,2,u\n7,2,v\n");
    let ran = folder.run(&["train", "r.toml", "--json"]);
    ran.ok();
    assert_eq!(ran.stderr.matches("`b`").count(), 1, "{ran:?}");
}

#[test]
fn a_training_that_diverges_says_when_and_what_to_do() {
    let folder = Folder::new("diverges");
    folder.write(
        "r.toml",
        &FIXED.replace("{ adam = { lr = 0.02 } }", "{ sgd = { lr = 1e30 } }").replace("tanh", "relu"),
    );
    check(&said(&folder, 1), &["diverged in epoch 1", "lower the learning rate"]);
}

#[test]
fn databases_that_cannot_be_used() {
    let folder = Folder::new("databases");
    folder.write("r.toml", SMALL);
    let tune = |url: &str| folder.run(&["tune", "r.toml", "--storage", url]);
    folder.write("text.db", "this is no database, it only looks long enough to be one");
    check(&tune("sqlite:///text.db").failed(1), &["text.db"]);
    let foreign = rusqlite::Connection::open(folder.path("foreign.db")).unwrap();
    foreign.execute_batch("CREATE TABLE songs (title TEXT)").unwrap();
    drop(foreign);
    check(&tune("sqlite:///foreign.db").failed(1), &["foreign.db", "songs"]);
    check(&tune("sqlite:///no/such/folder/a.db").failed(1), &["no/such/folder"]);
    check(&tune("mysql://somewhere/db").failed(2), &["mysql", "sqlite:///"]);
    // A whole study, then cut in half.
    folder.run(&["tune", "r.toml", "--json", "--storage", "sqlite:///cut.db"]).ok();
    let bytes = std::fs::read(folder.path("cut.db")).unwrap();
    std::fs::write(folder.path("cut.db"), &bytes[..bytes.len() / 2]).unwrap();
    check(&tune("sqlite:///cut.db").failed(1), &["cut.db"]);
    assert_eq!(std::fs::read(folder.path("cut.db")).unwrap(), &bytes[..bytes.len() / 2], "left as it was");
    // Another program holds the lock.
    folder.run(&["tune", "r.toml", "--json", "--storage", "sqlite:///held.db", "--trials", "2"]).ok();
    let holder = rusqlite::Connection::open(folder.path("held.db")).unwrap();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    check(&tune("sqlite:///held.db").failed(1), &["held.db", "lock"]);
}

#[test]
fn a_place_that_cannot_be_written_is_found_out_before_training() {
    let folder = Folder::new("place");
    folder.write("r.toml", FIXED);
    let said = folder.run(&["train", "r.toml", "--out", "r.toml/run"]).failed(1);
    check(&said, &["r.toml/run", "--out"]);
    folder.write("in_the_way", "a file");
    let said = folder.run(&["train", "r.toml", "--out", "in_the_way"]).failed(1);
    check(&said, &["in_the_way"]);
    assert_eq!(std::fs::read_to_string(folder.path("in_the_way")).unwrap(), "a file");
    assert_eq!(folder.names(), ["in_the_way", "r.toml"]);
}

#[test]
fn a_changed_choice_asks_for_another_study() {
    let folder = Folder::new("changed");
    folder.write("r.toml", SMALL);
    folder.run(&["tune", "r.toml", "--json", "--trials", "3"]).ok();
    folder.write("r.toml", &SMALL.replace("[\"sgd\", \"adam\"]", "[\"sgd\", \"adam\", \"rmsprop\"]"));
    check(&folder.run(&["tune", "r.toml"]).failed(1), &["training.optimizer", "--study"]);
    // Ranges may change.
    folder.write("r.toml", &SMALL.replace("[4, 32]", "[4, 64]"));
    folder.run(&["tune", "r.toml", "--json", "--trials", "5"]).ok();
}

#[test]
fn threads_and_workers_are_counted_in_reason() {
    let folder = Folder::new("threads");
    folder.write("r.toml", FIXED);
    let ran = folder.run(&["train", "r.toml", "--threads", "100000"]);
    assert_eq!(ran.code, Some(2));
    check(&ran.stderr, &["100000", "0..=1024"]);
    folder.write("r.toml", SMALL);
    check(
        &folder.run(&["tune", "r.toml", "--workers", "100000"]).failed(2),
        &["tuning.workers", "0 to 1024"],
    );
}

#[test]
fn trials_that_diverge_or_take_too_long_are_recorded_and_the_search_goes_on() {
    let folder = Folder::new("lessons");
    let wild = SMALL
        .replace(
            "{ choice = [\"sgd\", \"adam\"] }",
            "{ sgd = { lr = { float = [1e-3, 1e38], scale = \"log\" } } }",
        )
        .replace("[\"relu\", \"tanh\"]", "[\"relu\"]");
    folder.write("wild.toml", &wild);
    let object = folder.run(&["tune", "wild.toml", "--json"]).ok();
    assert!(object["trials"]["diverged"].as_u64().unwrap() > 0, "{object}");
    assert!(object["trials"]["complete"].as_u64().unwrap() > 0, "{object}");
    folder.write(
        "slow.toml",
        &SMALL
            .replace("epochs = 8", "epochs = 100000")
            .replace("trials = 12", "trials = 2\ntrial_time = \"0.05s\""),
    );
    check(&folder.run(&["tune", "slow.toml"]).failed(1), &["no trial completed", "2 failed", "timeout"]);
}

#[test]
fn a_full_disk_leaves_nothing_half_written() {
    let folder = Folder::new("full");
    folder.write("r.toml", FIXED);
    // No file may grow beyond 8 KiB: the report does not fit, as on a disk that is full.
    let script =
        format!("ulimit -f 8; trap '' XFSZ; exec {} train r.toml --json", env!("CARGO_BIN_EXE_tunesmith"));
    let output =
        std::process::Command::new("bash").args(["-c", &script]).current_dir(&folder).output().unwrap();
    let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{object}");
    assert_eq!(object["error"]["kind"], "file");
    assert!(object["error"]["at"].as_str().unwrap().contains("report.html"), "{object}");
    let left: Vec<_> = std::fs::read_dir(folder.path("runs")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_study_about_something_else_is_not_mixed_in() {
    let folder = Folder::new("subject");
    folder.write("r.toml", SMALL);
    folder.run(&["tune", "r.toml", "--json", "--trials", "3"]).ok();
    for (change, parts) in [
        ("training.epochs=5", &["training.epochs", "begun with `8`", "says `5`", "--study"][..]),
        ("data.source=wine", &["data.source", "`iris`", "`wine`"]),
        ("data.split.seed=5", &["data.split.seed"]),
        ("tuning.goal={minimize=\"loss\"}", &["maximize", "--study"]),
    ] {
        let ran = folder.run(&["tune", "r.toml", "--trials", "4", "--set", change]);
        assert!([Some(1), Some(2)].contains(&ran.code), "{change}: {ran:?}");
        check(&ran.stderr, parts);
    }
    let object = folder.run(&["tune", "r.toml", "--json", "--trials", "4"]).ok();
    assert_eq!(object["trials"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum::<u64>(), 4);
    let again = folder.run(&["tune", "r.toml", "--json", "--trials", "4"]);
    again.ok();
    check(&again.stderr, &["nothing new was tried", "--trials"]);
}

#[test]
fn goals_and_seeds_that_make_no_sense_are_refused() {
    let folder = Folder::new("goals");
    for (change, parts) in [
        ("tuning.goal={minimize=\"accuracy\"}", &["a good accuracy is large", "maximize = \"accuracy\""][..]),
        ("tuning.goal={maximize=\"loss\"}", &["minimize = \"loss\""]),
        ("training.seed={int=[0,9]}", &["training.seed", "luck"]),
        ("tuning.goal=\"accuracy\"", &["a table such as goal = {"]),
        (
            "training.callbacks=[{early_stopping={monitor=\"val_loss\"}}]",
            &["did you mean `validation_loss`?"],
        ),
    ] {
        folder.write("r.toml", SMALL);
        check(&folder.run(&["tune", "r.toml", "--set", change]).failed(2), parts);
    }
}
