//! `cargo xtask optimizers`: every rule on two small tables, images and lines of books with the same budget for its settings, over several seeds:
//! what it reaches on rows that no search saw, how long that takes, and how sure both are.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

mod words;

use crate::process::{self, cargo, output, run};

/// A recipe, whose data lies beside it.
struct Task {
    name: &'static str,
    recipe: &'static str,
}

const TASKS: [Task; 4] = [
    Task { name: "digits", recipe: include_str!("optimizers/digits.toml") },
    Task { name: "breast_cancer", recipe: include_str!("optimizers/breast_cancer.toml") },
    Task { name: "fashion", recipe: include_str!("optimizers/fashion.toml") },
    Task { name: "austen", recipe: include_str!("optimizers/austen.toml") },
];

struct Settings {
    seeds: u64,
    trials: u64,
    rules: Vec<String>,
    tasks: Vec<String>,
    /// Where `fashion/` and `austen.csv.gz` lie.
    data: PathBuf,
    write: bool,
}

impl Settings {
    fn parse(arguments: &[String]) -> Result<Self, String> {
        let usage = || {
            "write it as: cargo xtask optimizers [--seeds N] [--trials N] [--task NAME ...] [--data FOLDER] [--write] \
             [RULE ...]"
                .to_owned()
        };
        let data = process::root().join("../shared/data");
        let (rules, tasks) = (Vec::new(), Vec::new());
        let mut settings = Self { seeds: 5, trials: 8, rules, tasks, data, write: false };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(usage);
            match argument.as_str() {
                "--seeds" => settings.seeds = value()?.parse().map_err(|_| usage())?,
                "--trials" => settings.trials = value()?.parse().map_err(|_| usage())?,
                "--task" => settings.tasks.push(value()?.clone()),
                "--data" => settings.data = value()?.into(),
                "--write" => settings.write = true,
                flag if flag.starts_with('-') => return Err(usage()),
                rule => settings.rules.push(rule.to_owned()),
            }
        }
        Ok(settings)
    }
}

/// What one rule reached on one table, a number for each seed.
#[derive(Default)]
struct Reached {
    loss: Vec<f64>,
    accuracy: Vec<f64>,
    seconds: Vec<f64>,
}

/// Runs every rule on every table and prints a JSON line each; with `--write`, the table of `docs/OPTIMIZERS.md`.
#[expect(clippy::print_stdout, reason = "a measurement is what this command is asked for")]
pub(crate) fn optimizers(arguments: &[String]) -> Result<(), String> {
    let settings = Settings::parse(arguments)?;
    run(cargo(&["build", "--quiet", "--release", "--package", "tunesmith-cli"]))?;
    let listed = listed()?;
    let rules = if settings.rules.is_empty() {
        listed.iter().filter_map(|rule| rule["name"].as_str()).map(str::to_owned).collect()
    } else {
        settings.rules.clone()
    };
    let folder = std::env::temp_dir().join(format!("tunesmith-optimizers-{}", std::process::id()));
    let mut results: BTreeMap<(&str, String), Reached> = BTreeMap::new();
    let asked = |name: &str| settings.tasks.is_empty() || settings.tasks.iter().any(|task| task == name);
    for Task { name, recipe } in TASKS.iter().filter(|task| asked(task.name)) {
        for rule in &rules {
            let mut reached = Reached::default();
            for seed in 0..settings.seeds {
                let _ = std::fs::remove_dir_all(&folder);
                std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
                bring(name, &settings.data, &folder)?;
                let path = folder.join(format!("{name}.toml"));
                std::fs::write(&path, recipe).map_err(|error| format!("{}: {error}", path.display()))?;
                let chosen = format!("training.optimizer={}", searched(rule, &listed));
                let (trials, seed) = (settings.trials.to_string(), seed.to_string());
                let mut command = tunesmith();
                command.current_dir(&folder).arg("tune").arg(&path).args(["--json", "--set", &chosen]);
                command.args(["--trials", &trials, "--seed", &seed, "--scheduler", "none"]);
                let before = children_seconds()?;
                let result = parsed(&output(command)?)?;
                reached.seconds.push(children_seconds()? - before);
                let number = |value: &Value| value.as_f64().ok_or_else(|| format!("no number in {result}"));
                reached.loss.push(number(&result["test"]["loss"])?);
                reached.accuracy.push(number(&result["test"]["accuracy"])?);
            }
            let (loss, accuracy) = (interval(&reached.loss), interval(&reached.accuracy));
            let seconds = interval(&reached.seconds);
            println!(
                "{}",
                serde_json::json!({
                    "task": name, "rule": rule, "seeds": settings.seeds, "trials": settings.trials,
                    "test_loss": loss.0, "test_loss_within": loss.1, "test_accuracy": accuracy.0,
                    "test_accuracy_within": accuracy.1, "seconds": seconds.0, "seconds_within": seconds.1,
                })
            );
            results.insert((name, rule.clone()), reached);
        }
    }
    let _ = std::fs::remove_dir_all(&folder);
    if settings.write {
        let path = process::root().join("docs/OPTIMIZERS.md");
        std::fs::write(&path, table(&results, &settings))
            .map_err(|error| format!("docs/OPTIMIZERS.md: {error}"))?;
    }
    Ok(())
}

/// Puts a task's data beside its recipe, where that is not built in.
fn bring(task: &str, data: &Path, folder: &Path) -> Result<(), String> {
    let said = |path: &Path, error: std::io::Error| {
        format!("{}: {error}; --data names the folder with fashion/ and austen.csv.gz", path.display())
    };
    match task {
        "fashion" => {
            let (from, to) = (data.join("fashion"), folder.join("fashion"));
            std::fs::create_dir(&to).map_err(|error| said(&to, error))?;
            for entry in std::fs::read_dir(&from).map_err(|error| said(&from, error))?.flatten() {
                std::fs::copy(entry.path(), to.join(entry.file_name()))
                    .map_err(|error| said(&entry.path(), error))?;
            }
        }
        "austen" => {
            let (from, to) = (data.join("austen.csv.gz"), folder.join("austen.csv"));
            std::fs::metadata(&from).map_err(|error| said(&from, error))?;
            let mut unpack = Command::new("gzip");
            unpack.arg("-dc").arg(&from);
            std::fs::write(&to, words::table(&output(unpack)?)).map_err(|error| said(&to, error))?;
        }
        _ => {}
    }
    Ok(())
}

/// Processor seconds of all programs that were run and waited for: they say what a search costs on a busy machine too.
fn children_seconds() -> Result<f64, String> {
    let stat =
        std::fs::read_to_string("/proc/self/stat").map_err(|error| format!("/proc/self/stat: {error}"))?;
    // Behind the name in parentheses come the state and, as its 14th and 15th, the children's ticks of a hundredth.
    let mut fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(13);
    let mut ticks = || fields.next().and_then(|field| field.parse::<f64>().ok());
    let both = ticks().zip(ticks()).ok_or("/proc/self/stat has fewer fields than on Linux")?;
    Ok((both.0 + both.1) / 100.0)
}

fn tunesmith() -> Command {
    Command::new(process::root().join("target/release/tunesmith"))
}

fn parsed(printed: &str) -> Result<Value, String> {
    serde_json::from_str(printed).map_err(|error| format!("{error} in {printed}"))
}

/// What the command line says of every rule.
fn listed() -> Result<Vec<Value>, String> {
    let mut command = tunesmith();
    command.args(["list", "optimizers", "--json"]);
    let listed = parsed(&output(command)?)?;
    listed["plugins"].as_array().cloned().ok_or_else(|| "`tunesmith list` names no optimizers".to_owned())
}

/// A rule as a recipe searches it: a choice of one brings its own ranges, and a rule around another those of Adam.
fn searched(rule: &str, listed: &[Value]) -> String {
    let params =
        listed.iter().find(|known| known["name"] == rule).and_then(|known| known["params"].as_array());
    if params.into_iter().flatten().any(|param| param["name"] == "inner") {
        format!("{{ choice = [{{ {rule} = {{ inner = {{ choice = [\"adam\"] }} }} }}] }}")
    } else {
        format!("{{ choice = [\"{rule}\"] }}")
    }
}

/// Two-sided 95 % quantiles of Student's t for 1 to 9 degrees of freedom; beyond, the normal's is near enough.
const STUDENT: [f64; 9] = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

/// The mean, and how far from it the true one lies at most in 95 of 100 cases.
fn interval(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    if values.len() < 2 {
        return (mean, f64::INFINITY);
    }
    let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (count - 1.0);
    let quantile = STUDENT.get(values.len() - 2).copied().unwrap_or(2.0);
    (mean, quantile * (variance / count).sqrt())
}

fn table(results: &BTreeMap<(&str, String), Reached>, settings: &Settings) -> String {
    let mut page = format!(
        "# Which rule\n\nEvery rule with the same budget: {} trials over the batch size and its own default ranges (`\"any\"` tries the usual \
         ones), the winner by validation loss retrained and scored once on rows that no search saw; mean and 95 % interval \
         over {} seeds. Made by `cargo xtask optimizers --seeds {} --trials {} --write`.\n\nSeconds are the \
         processor's, of reading the data, the whole search and the retraining: quote ratios. Rules whose intervals \
         overlap are not told apart here.\n",
        settings.trials, settings.seeds, settings.seeds, settings.trials
    );
    let tasks: Vec<(&str, Vec<(&str, &Reached)>)> = TASKS
        .iter()
        .map(|Task { name, .. }| (*name, ranked(results, name)))
        .filter(|(_, rows)| !rows.is_empty())
        .collect();
    if tasks.len() > 1 {
        page += &overview(&tasks);
    }
    for (name, rows) in tasks {
        let _ = writeln!(
            page,
            "\n## {name}\n\n| rule | test loss | test accuracy | seconds |\n|---|---|---|---|"
        );
        for (rule, Reached { loss, accuracy, seconds }) in rows {
            let [loss, accuracy, seconds] = [loss, accuracy, seconds].map(|values| interval(values));
            let _ = writeln!(
                page,
                "| {rule} | {:.3} ± {:.3} | {:.3} ± {:.3} | {:.2} ± {:.2} |",
                loss.0, loss.1, accuracy.0, accuracy.1, seconds.0, seconds.1
            );
        }
    }
    page
}

/// The rules on one task, the least mean loss first.
fn ranked<'a>(results: &'a BTreeMap<(&str, String), Reached>, task: &str) -> Vec<(&'a str, &'a Reached)> {
    let of_task = results.iter().filter(|((name, _), _)| *name == task);
    let mut rows: Vec<(&str, &Reached)> =
        of_task.map(|((_, rule), reached)| (rule.as_str(), reached)).collect();
    rows.sort_by(|a, b| interval(&a.1.loss).0.total_cmp(&interval(&b.1.loss).0));
    rows
}

/// Where each rule comes in over all tasks, and what it costs beside the cheapest: the table to pick from.
fn overview(tasks: &[(&str, Vec<(&str, &Reached)>)]) -> String {
    let mut places: BTreeMap<&str, (Vec<usize>, f64)> = BTreeMap::new();
    for (_, rows) in tasks {
        let seconds = |reached: &Reached| interval(&reached.seconds).0;
        let least = rows.iter().map(|(_, reached)| seconds(reached)).fold(f64::INFINITY, f64::min);
        for (place, (rule, reached)) in rows.iter().enumerate() {
            let of_rule = places.entry(rule).or_default();
            of_rule.0.push(place + 1);
            of_rule.1 += seconds(reached) / least / tasks.len() as f64;
        }
    }
    let mean = |places: &[usize]| places.iter().sum::<usize>() as f64 / places.len() as f64;
    let mut rules: Vec<(&str, (Vec<usize>, f64))> = places.into_iter().collect();
    rules.sort_by(|a, b| mean(&a.1.0).total_cmp(&mean(&b.1.0)));
    let names: Vec<&str> = tasks.iter().map(|(name, _)| *name).collect();
    let mut table = format!(
        "\n## Over all of them\n\nThe place of each rule's mean test loss, and its cost as a multiple of the cheapest rule's, \
         the mean over the tasks.\n\n| rule | mean place | {} | cost |\n|---|---|{}---|\n",
        names.join(" | "),
        "---|".repeat(names.len())
    );
    for (rule, (places, cost)) in rules {
        let each: Vec<String> = places.iter().map(usize::to_string).collect();
        let _ = writeln!(table, "| {rule} | {:.1} | {} | {cost:.1} |", mean(&places), each.join(" | "));
    }
    table
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Reached, Settings, interval, overview, ranked};

    #[test]
    fn the_overview_ranks_by_mean_loss() {
        let reached =
            |loss: f64, seconds| Reached { loss: vec![loss; 2], accuracy: vec![], seconds: vec![seconds; 2] };
        let results = BTreeMap::from([
            (("a", "adam".to_owned()), reached(0.1, 1.0)),
            (("a", "sgd".to_owned()), reached(0.2, 0.5)),
            (("b", "adam".to_owned()), reached(0.3, 1.0)),
            (("b", "sgd".to_owned()), reached(0.4, 1.0)),
        ]);
        let table = overview(&["a", "b"].map(|task| (task, ranked(&results, task))));
        assert!(table.ends_with("| adam | 1.0 | 1 | 1 | 1.5 |\n| sgd | 2.0 | 2 | 2 | 1.0 |\n"), "{table}");
    }

    #[test]
    fn an_interval_is_students() {
        // Two numbers one apart: the standard error is a half.
        let (mean, within) = interval(&[1.0, 2.0]);
        assert!(mean == 1.5 && (within - 12.706 * 0.5).abs() < 1e-9, "{within}");
        assert_eq!(interval(&[3.0; 5]), (3.0, 0.0));
        assert_eq!(interval(&[3.0]), (3.0, f64::INFINITY));
    }

    #[test]
    fn what_is_asked_for_is_read() {
        let read =
            |line: &str| Settings::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        let settings = read("--seeds 2 --task austen adam lbfgs").unwrap();
        assert_eq!((settings.seeds, settings.trials, settings.rules.len()), (2, 8, 2));
        assert_eq!(settings.tasks, ["austen"]);
        assert!(read("--seeds many").is_err_and(|why| why.contains("cargo xtask optimizers")));
    }
}
