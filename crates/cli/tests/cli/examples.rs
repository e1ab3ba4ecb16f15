//! The recipes that are shipped work.

use std::path::{Path, PathBuf};

use crate::common::Folder;

fn recipes() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    paths.sort();
    paths
}

#[test]
fn every_example_can_be_looked_at_and_run() {
    let folder = Folder::new("examples");
    let recipes = recipes();
    assert!(recipes.len() >= 3, "{recipes:?}");
    for path in recipes {
        let path = path.to_str().unwrap();
        let look = folder.run(&["summary", path, "--json"]).ok();
        let searched = !look["space"].as_array().unwrap().is_empty();
        let object = if searched {
            folder.run(&["tune", path, "--trials", "4", "--set", "training.epochs=3", "--json"]).ok()
        } else {
            folder.run(&["train", path, "--set", "training.epochs=3", "--json"]).ok()
        };
        let folder_of_run = folder.path(object["model"].as_str().unwrap());
        assert!(folder_of_run.join("report.html").exists(), "{path}");
    }
}

#[test]
fn the_first_command_of_the_readme_searches_what_the_design_asks_for() {
    let folder = Folder::new("digits");
    let path = recipes().into_iter().find(|path| path.ends_with("digits.toml")).unwrap();
    let look = folder.run(&["summary", path.to_str().unwrap(), "--json"]).ok();
    assert_eq!(
        look["rows"]["train"].as_u64().unwrap()
            + look["rows"]["validation"].as_u64().unwrap()
            + look["rows"]["test"].as_u64().unwrap(),
        1797
    );
    let keys: Vec<&str> =
        look["space"].as_array().unwrap().iter().map(|d| d["key"].as_str().unwrap()).collect();
    for key in [
        "model.layers.0.repeat.times",
        "model.layers.0.copy3.0.dense.units",
        "model.layers.0.copy3.0.dense.activation",
        "model.layers.0.copy3.1.dropout.rate",
        "training.optimizer",
        "training.optimizer.sgd.lr",
        "training.optimizer.adagrad.lr",
        "training.optimizer.adam.lr",
        "training.regularize.l2",
    ] {
        assert!(keys.contains(&key), "{key} is not among {keys:?}");
    }
}
