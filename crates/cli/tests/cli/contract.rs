//! The JSON of every command is a contract.

use crate::common::{FIXED, Folder, SMALL};
use serde_json::Value;

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn train_prints_scores_and_paths() {
    let folder = Folder::new("train");
    folder.write("iris.toml", FIXED);
    let ran = folder.run(&["train", "iris.toml", "--json"]);
    let object = ran.ok();
    assert_eq!(keys(&object), ["epochs", "model", "report", "seconds", "test", "train", "validation"]);
    assert_eq!(object["epochs"], 30);
    assert!(object["test"]["accuracy"].as_f64().unwrap() >= 0.9, "{object}");
    assert_eq!(object["model"], "runs/iris");
    for file in
        ["model.safetensors", "recipe.toml", "history.csv", "metrics.json", "report.html", "pipeline.json"]
    {
        assert!(folder.path("runs/iris").join(file).exists(), "{file}");
    }
    let metrics: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.path("runs/iris/metrics.json")).unwrap())
            .unwrap();
    assert_eq!(metrics["test"], object["test"]);
    let history = std::fs::read_to_string(folder.path("runs/iris/history.csv")).unwrap();
    assert_eq!(history.lines().count(), 31);
    // A second run does not touch the first; the recipe in the folder gives the same model.
    let again =
        folder.run(&["train", "runs/iris/recipe.toml", "--out", "again", "--threads", "1", "--json"]).ok();
    assert_eq!(again["test"], object["test"]);
    assert_eq!(
        std::fs::read(folder.path("again/model.safetensors")).unwrap(),
        std::fs::read(folder.path("runs/iris/model.safetensors")).unwrap(),
        "same recipe, same bits, for any number of threads"
    );
    assert_eq!(folder.run(&["train", "iris.toml", "--json"]).ok()["model"], "runs/iris-2");
}

#[test]
fn tune_prints_study_best_and_test() {
    let folder = Folder::new("tune");
    folder.write("small.toml", SMALL);
    let object = folder.run(&["tune", "small.toml", "--json"]).ok();
    assert_eq!(
        keys(&object),
        ["best", "model", "race", "report", "seconds", "storage", "study", "test", "trials"]
    );
    assert_eq!(object["study"], "small");
    assert_eq!(object["storage"], "sqlite:///tunesmith.db");
    assert_eq!(keys(&object["trials"]), ["complete", "diverged", "failed", "paused", "pruned"]);
    let total: u64 = object["trials"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(total, 12);
    assert_eq!(keys(&object["best"]), ["params", "trial", "value"]);
    assert!(object["best"]["params"]["training.optimizer"].is_string(), "{object}");
    assert!(object["test"]["accuracy"].is_number());
    let report = std::fs::read_to_string(folder.path("runs/small/report.html")).unwrap();
    assert!(report.starts_with("<!doctype html>") || report.starts_with("<!DOCTYPE html>"));
    assert!(!report.contains("http://") && !report.contains("src=\"https"), "the report loads nothing");
    // The winner, retrained, is the model its trial saw: same validation score.
    let metrics: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.path("runs/small/metrics.json")).unwrap())
            .unwrap();
    assert_eq!(metrics["validation"]["accuracy"], object["best"]["value"]);
    // `trials` is the total: nothing is left to do, and the answer is the same.
    let again = folder.run(&["tune", "small.toml", "--json"]).ok();
    assert_eq!(again["best"], object["best"]);
    assert_eq!(again["trials"], object["trials"]);
    let more = folder.run(&["tune", "small.toml", "--trials", "15", "--json"]).ok();
    let total: u64 = more["trials"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(total, 15);
}

#[test]
fn the_study_is_in_optunas_schema() {
    let folder = Folder::new("schema");
    folder.write("small.toml", SMALL);
    folder.run(&["tune", "small.toml", "--json", "--storage", "sqlite:///own.db", "--study", "mine"]).ok();
    let database = rusqlite::Connection::open(folder.path("own.db")).unwrap();
    let version: String =
        database.query_row("SELECT version_num FROM alembic_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, "v3.2.0.a");
    let trials: i64 = database
        .query_row(
            "SELECT count(*) FROM trials JOIN studies USING (study_id) WHERE study_name = 'mine'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(trials, 12);
}

#[test]
fn one_worker_gives_the_same_trials_twice() {
    let folder = Folder::new("twice");
    folder.write("small.toml", SMALL);
    let trials = |database: &str| {
        folder
            .run(&[
                "tune",
                "small.toml",
                "--json",
                "--storage",
                &format!("sqlite:///{database}"),
                "--out",
                "out",
            ])
            .ok();
        let database = rusqlite::Connection::open(folder.path(database)).unwrap();
        let mut query = database
            .prepare("SELECT number, state, param_name, param_value, value FROM trials LEFT JOIN trial_params USING (trial_id) LEFT JOIN trial_values USING (trial_id) ORDER BY number, param_name")
            .unwrap();
        let row = |row: &rusqlite::Row<'_>| -> rusqlite::Result<(i64, String, String, f64, Option<f64>)> {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        };
        query.query_map([], row).unwrap().map(Result::unwrap).collect::<Vec<_>>()
    };
    let once = trials("a.db");
    assert!(once.len() > 24, "{}", once.len());
    assert_eq!(once, trials("b.db"));
}

#[test]
fn list_and_describe_print_what_is_linked() {
    let folder = Folder::new("list");
    let object = folder.run(&["list", "optimizers", "--json"]).ok();
    assert_eq!(keys(&object), ["kind", "plugins"]);
    assert_eq!(object["kind"], "optimizer");
    let plugins = object["plugins"].as_array().unwrap();
    let names: Vec<&str> = plugins.iter().map(|plugin| plugin["name"].as_str().unwrap()).collect();
    for name in ["gradient_descent", "sgd", "adagrad", "rmsprop", "adam", "adamw"] {
        assert!(names.contains(&name), "{names:?}");
    }
    for plugin in plugins {
        assert_eq!(keys(plugin), ["about", "authors", "name", "origin", "params", "source", "usual", "year"]);
        let (name, year) = (&plugin["name"], plugin["year"].as_u64());
        assert!(year.is_some_and(|year| (1847..2100).contains(&year)), "{name} is of {year:?}");
        assert!(!plugin["authors"].as_str().unwrap().is_empty(), "{name} is nobody's");
        for param in plugin["params"].as_array().unwrap() {
            assert_eq!(keys(param), ["about", "default", "name", "range", "tuned", "type"]);
        }
    }
    let people = folder.run(&["list", "optimizers"]).stdout;
    let columns = |name: &str| {
        let line = people.lines().find(|line| line.split_whitespace().next() == Some(name));
        let cells = line.unwrap_or_else(|| panic!("{people}")).split("  ").map(str::trim);
        cells.filter(|cell| !cell.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(columns("name"), ["name", "what it is", "origin", "year", "crate"]);
    assert_eq!(columns("adam")[2..], ["Kingma & Ba", "2015", "tunesmith-optim"]);
    assert_eq!(columns("sgd")[2..], ["Robbins & Monro", "1951", "tunesmith-optim"]);
    let all = folder.run(&["list", "--json"]).ok();
    assert!(all["kinds"].as_array().unwrap().len() >= 12, "{}", all["kinds"].as_array().unwrap().len());
    let adam = folder.run(&["describe", "adam", "--json"]).ok();
    assert_eq!(adam["kind"], "optimizer");
    assert_eq!(adam["params"][0]["name"], "lr");
    assert_eq!(
        folder.run(&["describe", "adgrad"]).failed(2),
        "no plug-in is called `adgrad`, did you mean `adagrad`?"
    );
    assert!(folder.run(&["list", "optimisers"]).failed(2).contains("did you mean `optimizers`?"));
    assert!(folder.run(&["describe", "sgd"]).stdout.contains("momentum"));
}

#[test]
fn summary_looks_before_training() {
    let folder = Folder::new("summary");
    folder.write("small.toml", SMALL);
    let object = folder.run(&["summary", "small.toml", "--json"]).ok();
    assert_eq!(object["rows"]["train"], 90);
    assert_eq!(object["space"].as_array().unwrap().len(), 5);
    let layers = object["layers"].as_array().unwrap();
    let sum = |key: &str| layers.iter().map(|layer| layer[key].as_f64().unwrap()).sum::<f64>();
    assert_eq!((sum("params"), sum("buffers")), (object["params"].as_f64().unwrap(), 0.0));
    assert_eq!(sum("flops"), object["flops"].as_f64().unwrap());
    assert!(sum("activation_bytes") > 0.0 && object["bytes"].as_f64().unwrap() > 0.0);
    let ran = folder.run(&["summary", "small.toml", "--set", "model.layers.0.dense.units=10"]);
    assert!(
        ran.stdout.contains("(rows, 10)") && ran.stdout.contains("training.optimizer.adam.lr"),
        "{ran:?}"
    );
    assert!(ran.stdout.contains("Memory to train: ") && object["training_bytes"].as_f64().unwrap() > 1e4);
}

#[test]
fn predict_needs_no_target_and_gives_classes_or_numbers() {
    let folder = Folder::new("predict");
    // A line with a category, and a column the model does not need.
    let mut csv = String::from("size,colour,note,price\n");
    for i in 0..120 {
        let colour = ["red", "green", "blue"][i % 3];
        let price = 2.0 * i as f64 + [0.0, 10.0, 20.0][i % 3];
        csv.push_str(&format!("{i},{colour},n{},{price}\n", i % 2));
    }
    folder.write("train.csv", &csv);
    folder.write(
        "price.toml",
        r#"
[data]
source = { csv = "train.csv", target = "price", drop = ["note"] }
prepare = ["standardize"]
prepare_target = ["standardize"]
[model]
layers = [{ dense = { units = 16, activation = "tanh" } }, { dense = { units = "outputs" } }]
[training]
loss = "mse"
optimizer = { adam = { lr = 0.02 } }
epochs = 150
"#,
    );
    let object = folder.run(&["train", "price.toml", "--json"]).ok();
    assert!(object["test"]["r2"].as_f64().unwrap() > 0.98, "{object}");
    folder.write("new.csv", "colour,size\nred,10\nblue,10\npink,50\n");
    let object = folder.run(&["predict", "runs/price", "new.csv", "--json"]).ok();
    let predictions = object["predictions"].as_array().unwrap();
    let (red, blue) = (predictions[0].as_f64().unwrap(), predictions[1].as_f64().unwrap());
    assert!((red - 20.0).abs() < 12.0 && (blue - 40.0).abs() < 12.0 && blue > red, "{object}");
    assert_eq!(object["rows"], 3);
    let int8 = folder.run(&["predict", "runs/price", "new.csv", "--int8", "--json"]).ok();
    for (rounded, exact) in int8["predictions"].as_array().unwrap().iter().zip(predictions) {
        let (rounded, exact) = (rounded.as_f64().unwrap(), exact.as_f64().unwrap());
        assert!(rounded != exact && (rounded - exact).abs() < 5.0, "{rounded}, expected {exact}");
    }
    let ran = folder.run(&["predict", "runs/price", "new.csv", "--json"]);
    assert!(ran.stderr.contains("note:") && ran.stderr.contains("pink"), "{ran:?}");
    assert!(
        folder.run(&["predict", "runs/price", "new.csv", "--out", "new.csv"]).failed(2).contains("new.csv")
    );
    let ran = folder.run(&["predict", "runs/price", "new.csv", "--out", "out.csv"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(std::fs::read_to_string(folder.path("out.csv")).unwrap().lines().count(), 4);
    folder.write("short.csv", "size\n1\n");
    assert!(folder.run(&["predict", "runs/price", "short.csv"]).failed(1).contains("colour"));
    assert!(folder.run(&["predict", "nowhere", "new.csv"]).failed(2).contains("not a run folder"));
}

#[test]
fn errors_are_one_json_object() {
    let folder = Folder::new("errors");
    folder.write("iris.toml", &FIXED.replace("adam", "adma"));
    let ran = folder.run(&["train", "iris.toml", "--json"]);
    assert_eq!(ran.code, Some(2));
    let object = ran.json();
    assert_eq!(keys(&object), ["error"]);
    assert_eq!(keys(&object["error"]), ["at", "kind", "message"]);
    assert_eq!(object["error"]["kind"], "usage");
    assert_eq!(object["error"]["at"], "iris.toml: training.optimizer");
    assert_eq!(object["error"]["message"], "no optimizer is called `adma`, did you mean `adam`?");
    let ran = folder.run(&["train", "--json"]);
    assert_eq!((ran.code, ran.json()["error"]["kind"].as_str()), (Some(2), Some("usage")));
}

#[test]
fn seeds_and_settings_from_the_command_line_count() {
    let folder = Folder::new("seeds");
    folder.write("iris.toml", FIXED);
    let run = |extra: &[&str]| {
        let arguments: Vec<&str> =
            ["train", "iris.toml", "--json", "--out", "out"].iter().chain(extra).copied().collect();
        folder.run(&arguments).ok();
        std::fs::read(folder.path("out/model.safetensors")).unwrap()
    };
    let first = run(&[]);
    assert_eq!(first, run(&["--seed", "0"]));
    assert_ne!(first, run(&["--seed", "1"]));
    assert_ne!(first, run(&["--set", "training.optimizer.lr=0.5"]));
    assert!(
        folder
            .run(&["train", "iris.toml", "--set", "training.optimizer.lr"])
            .failed(2)
            .contains("has no `=`")
    );
}

#[test]
fn a_metric_with_settings_can_be_the_goal() {
    let folder = Folder::new("settings");
    let recipe = SMALL.replace("epochs = 8", "epochs = 8\nmetrics = [{ f1 = { average = \"micro\" } }]");
    folder.write("r.toml", &recipe.replace("trials = 12", "trials = 4\ngoal = { maximize = \"f1\" }"));
    let object = folder.run(&["tune", "r.toml", "--json"]).ok();
    assert!(object["best"]["value"].as_f64().unwrap() > 0.3, "{object}");
}

#[test]
fn a_trial_is_worth_what_the_weights_it_keeps_are_worth() {
    let folder = Folder::new("kept");
    let callbacks = "epochs = 40\ncallbacks = [\"best_checkpoint\"]";
    let recipe = SMALL
        .replace("epochs = 8", callbacks)
        .replace("trials = 12", "trials = 4\ngoal = { minimize = \"loss\" }\nscheduler = \"none\"");
    folder.write("r.toml", &recipe);
    let object = folder.run(&["tune", "r.toml", "--json"]).ok();
    let metrics: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.path("runs/r/metrics.json")).unwrap()).unwrap();
    assert_eq!(metrics["validation"]["loss"], object["best"]["value"]);
}

#[test]
fn a_run_on_a_file_can_be_repeated_from_its_folder() {
    let folder = Folder::new("repeat");
    let rows: String =
        (0..60).map(|i| format!("{i},{},{}\n", i * i, if i % 2 == 0 { "even" } else { "odd" })).collect();
    folder.write("d.csv", &format!("a,b,y\n{rows}"));
    folder
        .write("r.toml", &FIXED.replace("source = \"iris\"", "source = { csv = \"d.csv\", target = \"y\" }"));
    let first = folder.run(&["train", "r.toml", "--json"]).ok();
    let again = folder.run(&["train", "runs/r/recipe.toml", "--json", "--out", "again"]).ok();
    assert_eq!(first["test"], again["test"]);
}

#[test]
fn errors_of_numbers_are_said_in_the_targets_unit_throughout() {
    let folder = Folder::new("unit");
    let rows: String = (0..80).map(|i| format!("{i},{}\n", 1000 + 50 * i)).collect();
    folder.write("d.csv", &format!("a,price\n{rows}"));
    folder.write(
        "r.toml",
        r#"
[data]
source = { csv = "d.csv", target = "price", task = "regression" }
prepare = ["standardize"]
prepare_target = ["standardize"]
[model]
layers = [{ dense = { units = { int = [2, 8] }, activation = "tanh" } }, { dense = { units = "outputs" } }]
[training]
epochs = 20
[tuning]
goal = { minimize = "mae" }
trials = 4
"#,
    );
    let object = folder.run(&["tune", "r.toml", "--json"]).ok();
    let metrics: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.path("runs/r/metrics.json")).unwrap()).unwrap();
    let (best, validation) =
        (object["best"]["value"].as_f64().unwrap(), metrics["validation"]["mae"].as_f64().unwrap());
    assert!(best > 5.0 && (best - validation).abs() < 1e-9 * best, "{best} {validation}");
}

#[test]
fn a_recipe_may_start_from_weights() {
    let folder = Folder::new("weights");
    folder.write("iris.toml", FIXED);
    let trained = folder.run(&["train", "iris.toml", "--json"]).ok();
    let weights = |path: &str, layout: &str| {
        let keys = format!("[model]\nweights = \"{path}\"\nweights_layout = \"{layout}\"");
        folder.write("on.toml", &FIXED.replace("[model]", &keys));
        folder.run(&[
            "train",
            "on.toml",
            "--set",
            "training.epochs=1",
            "--set",
            "training.optimizer.adam.lr=1e-12",
            "--json",
        ])
    };
    // After a step of no size the model is the one that was read.
    let on = weights("runs/iris/model.safetensors", "pytorch").ok();
    assert_eq!(on["test"]["accuracy"], trained["test"]["accuracy"]);
    let stored = std::fs::read_to_string(folder.path("runs/on/recipe.toml")).unwrap();
    let kept = stored.lines().find(|line| line.starts_with("weights =")).unwrap();
    assert!(kept.contains("/runs/iris/model.safetensors"), "found from anywhere: {kept}");
    let missing = weights("nothing.safetensors", "pytorch");
    assert!(
        missing.stdout.contains("model.weights") && missing.stdout.contains("nothing.safetensors"),
        "{missing:?}"
    );
    let other = weights("runs/iris/model.safetensors", "keras");
    assert!(other.stdout.contains("`0.kernel` or `0.gamma`"), "{other:?}");
}

#[test]
fn importance_says_what_mattered() {
    let folder = Folder::new("importance");
    folder.write("small.toml", SMALL);
    folder.run(&["tune", "small.toml", "--json"]).ok();
    let object = folder.run(&["importance", "small", "--json"]).ok();
    assert_eq!(keys(&object), ["importance", "method", "study", "trials"]);
    let shares: Vec<f64> =
        object["importance"].as_array().unwrap().iter().map(|one| one["share"].as_f64().unwrap()).collect();
    assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{object}");
    assert!(shares.windows(2).all(|pair| pair[0] >= pair[1]), "{object}");
    let people = folder.run(&["importance", "small", "--method", "fanova"]);
    assert!(people.stdout.contains("training.optimizer"), "{}", people.stdout);
    assert!(people.stdout.contains("which share of the variance"), "{}", people.stdout);
    assert!(folder.run(&["importance", "smell"]).stderr.contains("no study is called `smell`"));
}
