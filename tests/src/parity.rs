//! A folder of fixture files against the crates: which crate runs a file, what each case is called, what counts as equal.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use tunesmith_core::Value;

pub use tunesmith_core::parity::Parity;

/// What became of one case of one file.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The file's name.
    pub file: String,
    /// The case's place, name and arguments.
    pub case: String,
    /// How far it is from the other library's numbers.
    pub parity: Parity,
    /// The largest relative error that counts as equal.
    pub tolerance: f64,
}

impl Outcome {
    /// Whether everything that was compared is equal; `None` when nothing was.
    #[must_use]
    pub fn ok(&self) -> Option<bool> {
        match self.parity {
            Parity::Error(error) | Parity::Partly(error, _) => Some(error <= self.tolerance),
            Parity::Unsupported(_) => None,
        }
    }

    /// The outcome as a JSON line, without its end.
    #[must_use]
    pub fn to_json(&self) -> String {
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let head = format!(r#"{{"file":{},"case":{}"#, text(&self.file), text(&self.case));
        let compared = |error: f64| {
            // JSON has no NaN and no infinity.
            let error = if error.is_finite() { format!("{error:e}") } else { "null".to_owned() };
            format!(r#""max_relative_error":{error},"ok":{}"#, self.ok() == Some(true))
        };
        match &self.parity {
            Parity::Error(error) => format!("{head},{}}}", compared(*error)),
            Parity::Partly(error, missing) => {
                let missing = serde_json::Value::from(missing.clone());
                format!(r#"{head},{},"not_compared":{missing}}}"#, compared(*error))
            }
            Parity::Unsupported(why) => format!(r#"{head},"unsupported":{}}}"#, text(why)),
        }
    }
}

/// Runs all cases of the `.json` files of a folder, in the order of their names.
///
/// # Errors
/// When the folder or a file in it cannot be read.
pub fn run_folder(folder: &Path) -> Result<Vec<Outcome>, String> {
    let say = |error: &dyn std::fmt::Display| format!("{}: {error}", folder.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| say(&error))? {
        let path = entry.map_err(|error| say(&error))?.path();
        if path.extension().is_some_and(|ending| ending == "json") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut outcomes = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        outcomes.extend(run_file(&file, &text));
    }
    Ok(outcomes)
}

/// Runs all cases of a fixture file, given its name and its text.
#[must_use]
pub fn run_file(file: &str, text: &str) -> Vec<Outcome> {
    let stem = file.trim_end_matches(".json");
    let whole = |why: String| {
        let parity = Parity::Unsupported(why);
        vec![Outcome { file: file.to_owned(), case: "all".to_owned(), parity, tolerance: 0.0 }]
    };
    let fixture: Value = match serde_json::from_str(text) {
        Ok(fixture) => fixture,
        Err(error) => return whole(format!("it is not JSON: {error}")),
    };
    let Some(Value::List(cases)) = fixture.at("cases") else {
        return whole("it has no list of cases".into());
    };
    let run = |(place, case): (usize, &Value)| Outcome {
        file: file.to_owned(),
        case: label(place, case),
        // A panic is a mistake of ours, not something we lack: the case counts as not equal.
        parity: catch_unwind(AssertUnwindSafe(|| run_case(stem, case))).unwrap_or(Parity::Error(f64::NAN)),
        tolerance: tolerance(stem, case),
    };
    cases.iter().enumerate().map(run).collect()
}

/// Runs one case in the crate that its file is of.
#[must_use]
pub fn run_case(stem: &str, case: &Value) -> Parity {
    let is_plateau = || case.at("schedule").and_then(Value::as_str) == Some("reduce_on_plateau");
    let run: fn(&str, &Value) -> Parity = match stem.strip_prefix("more_").unwrap_or(stem) {
        "schedules" if is_plateau() => tunesmith_train::parity::run_case,
        "optimizers" | "schedules" | "clipping" => tunesmith_optim::parity::run_case,
        "activations" | "losses" | "layers" | "attention" => tunesmith_nn::parity::run_case,
        "metrics" => tunesmith_train::parity::run_case,
        "preprocessing" => tunesmith_data::parity::run_case,
        other => return Parity::Unsupported(format!("nothing here is about `{other}`")),
    };
    run(stem, case)
}

/// `3 adam {lr = 0.01}`.
fn label(place: usize, case: &Value) -> String {
    let names = ["rule", "schedule", "activation", "layer", "loss", "clip", "task", "step"];
    let name = names.into_iter().find_map(|key| case.at(key)?.as_str());
    let arguments = ["hyperparameters", "arguments"].into_iter().find_map(|key| case.at(key)?.as_table());
    let arguments = arguments.filter(|arguments| !arguments.is_empty());
    let arguments = arguments.map(|arguments| Value::Table(arguments.clone()).to_string());
    let parts = [Some(place.to_string()), name.map(str::to_owned), arguments];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// PyTorch's Muon works in bf16 inside; updates of optimizers add up over steps and must be nearer than a single value.
fn tolerance(stem: &str, case: &Value) -> f64 {
    match stem {
        "optimizers" if case.at("rule").and_then(Value::as_str) == Some("muon") => 2e-2,
        "optimizers" => 1e-10,
        _ => 1e-9,
    }
}
