//! The run folder: everything needed to use, judge and repeat a model. It is whole or absent.

use std::fs;
use std::path::{Path, PathBuf};

use tunesmith_core::{Table, Value};
use tunesmith_data::Prepared;
use tunesmith_train::{Fitted, checkpoint, write_whole};

use super::Scores;
use crate::{Error, FixedRecipe, Kind};

/// Where run folders go if nothing is said.
pub const FOLDER: &str = "runs";

/// The first free name: `runs/digits`, then `runs/digits-2`, ...
///
/// ```
/// use std::path::Path;
/// assert_eq!(tunesmith::free_folder(Path::new("nowhere"), "digits"), Path::new("nowhere/digits"));
/// ```
#[must_use]
pub fn free_folder(base: &Path, name: &str) -> PathBuf {
    let numbered = (2..).map(|i| base.join(format!("{name}-{i}")));
    std::iter::once(base.join(name)).chain(numbered).find(|path| !path.exists()).expect("numbers do not end")
}

/// Finds out early whether a folder can be written, without making it.
pub(crate) fn check(out: &Path) -> Result<(), Error> {
    let parent = parent(out);
    let nearest = parent.ancestors().find(|path| path.exists()).unwrap_or(Path::new("."));
    let probe = nearest.join(format!(".tunesmith-{}.probe", std::process::id()));
    write_whole(&probe, b"").map_err(|error| {
        let said = error.to_string();
        let said = said.rsplit(": ").next().unwrap_or_default();
        let message = format!("cannot be written here ({said}): choose another place with --out");
        Error::new(Kind::File, message).at(out.display().to_string())
    })?;
    fs::remove_file(&probe).map_err(|error| Error::file(&probe, error))?;
    if out.exists() && !out.join("recipe.toml").exists() {
        return Err(in_the_way(out));
    }
    Ok(())
}

fn in_the_way(out: &Path) -> Error {
    let message = "it exists and is no run folder: choose another with --out, or move it away";
    Error::new(Kind::File, message).at(out.display().to_string())
}

fn parent(out: &Path) -> PathBuf {
    out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_path_buf()
}

/// Writes a run folder under a temporary name and renames it; an older folder of that name is replaced.
pub(crate) fn write_folder(
    out: &Path,
    fixed: &FixedRecipe,
    prepared: &Prepared,
    fitted: &Fitted,
    scores: &Scores,
    html: &str,
) -> Result<(), Error> {
    let name = out.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let parent = parent(out);
    fs::create_dir_all(&parent).map_err(|error| Error::file(&parent, error))?;
    let temporary = parent.join(format!(".{name}.{}.tmp", std::process::id()));
    let filled = || -> Result<(), Error> {
        let _ = fs::remove_dir_all(&temporary);
        fs::create_dir(&temporary).map_err(|error| Error::file(&temporary, error))?;
        let put = |file: &str, content: &[u8]| {
            let path = temporary.join(file);
            write_whole(&path, content).map_err(|error| Error::file(&path, error))
        };
        put("model.safetensors", &checkpoint::to_bytes(&fitted.model, &fitted.params))?;
        put("recipe.toml", fixed.to_toml().as_bytes())?;
        put("pipeline.json", to_json(&Value::Table(prepared.pipeline.to_table())).as_bytes())?;
        put("history.csv", fitted.history.to_csv().as_bytes())?;
        put("metrics.json", to_json(&metrics(scores)).as_bytes())?;
        put("report.html", html.as_bytes())?;
        replace(&temporary, out)
    };
    filled().inspect_err(|_| {
        let _ = fs::remove_dir_all(&temporary);
    })
}

/// Puts a new folder where an old one may stand; the old one goes only when the new one is in place.
fn replace(new: &Path, out: &Path) -> Result<(), Error> {
    if !out.exists() {
        return fs::rename(new, out).map_err(|error| Error::file(out, error));
    }
    if !out.join("recipe.toml").exists() {
        return Err(in_the_way(out));
    }
    let old = new.with_extension("old");
    let _ = fs::remove_dir_all(&old);
    fs::rename(out, &old).map_err(|error| Error::file(out, error))?;
    if let Err(error) = fs::rename(new, out) {
        let _ = fs::rename(&old, out);
        return Err(Error::file(out, error));
    }
    let _ = fs::remove_dir_all(&old);
    Ok(())
}

/// The scores as a table: a number that is none is null.
#[must_use]
pub fn metrics(scores: &Scores) -> Value {
    let number = |x: &f64| if x.is_finite() { Value::Float(*x) } else { Value::Null };
    let part = |metrics: &std::collections::BTreeMap<String, f64>| {
        Value::Table(metrics.iter().map(|(name, value)| (name.clone(), number(value))).collect())
    };
    Value::Table(scores.iter().map(|(name, metrics)| (name.clone(), part(metrics))).collect())
}

fn to_json(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("texts, numbers, lists and tables are JSON");
    text.push('\n');
    text
}

/// Reads a table from a JSON file of a run folder.
pub(crate) fn read_json(path: &Path) -> Result<Table, Error> {
    let text = fs::read_to_string(path).map_err(|error| Error::file(path, error))?;
    serde_json::from_str(&text).map_err(|error| {
        Error::new(Kind::File, format!("not whole JSON ({error}); train the model again"))
            .at(path.display().to_string())
    })
}
