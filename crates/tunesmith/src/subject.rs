//! What a stored study is about: trials are comparable only under the same data, goal and fixed settings.

use std::collections::BTreeMap;

use tunesmith_core::{Table, Value};
use tunesmith_tuner::Study;

use crate::search::Aim;
use crate::{Error, Kind, Recipe};

/// The study's attribute that holds what it is about.
const SUBJECT: &str = "tunesmith:subject";
/// The study's attribute that holds how long it ran, over all its runs, in seconds.
const SECONDS: &str = "tunesmith:seconds";

/// Checks that a stored study is about what this recipe is about; a new one is told.
pub(crate) fn check(study: &Study, recipe: &Recipe, aim: &Aim) -> Result<(), Error> {
    let mut now = recipe.subject();
    now.insert("tuning.goal".into(), format!("{} {}", aim.goal.direction.name(), aim.goal.metric));
    now.insert("the data's fingerprint".into(), format!("{:016x}", aim.fingerprint));
    let stored =
        study.study_attributes()?.get(SUBJECT).and_then(|json| serde_json::from_str::<Table>(json).ok());
    let Some(stored) = stored else {
        let table: Table = now.into_iter().map(|(key, value)| (key, Value::from(value))).collect();
        return Ok(study.set_study_attribute(SUBJECT, &Value::Table(table))?);
    };
    let stored: BTreeMap<String, String> =
        stored.into_iter().map(|(key, value)| (key, value.to_string())).collect();
    let changed = now.keys().chain(stored.keys()).find(|key| now.get(*key) != stored.get(*key));
    let Some(key) = changed else { return Ok(()) };
    let say = |value: Option<&String>| value.map_or_else(|| "nothing".into(), |value| format!("`{value}`"));
    let message = format!(
        "the study `{}` was begun with {}, this recipe says {}: their values cannot be compared; go back, or begin another \
         study with --study OTHERNAME",
        study.name(),
        say(stored.get(key)),
        say(now.get(key))
    );
    Err(Error::new(Kind::Usage, message).at(format!("{}: {key}", recipe.origin())))
}

/// Adds to the time a study took, and returns the sum over all its runs.
pub(crate) fn add_seconds(study: &Study, seconds: f64) -> Result<f64, Error> {
    let before =
        study.study_attributes()?.get(SECONDS).and_then(|json| json.parse::<f64>().ok()).unwrap_or(0.0);
    study.set_study_attribute(SECONDS, &Value::Float(before + seconds))?;
    Ok(before + seconds)
}
