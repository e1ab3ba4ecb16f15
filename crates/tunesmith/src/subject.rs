//! What a stored study is about: trials are comparable only under the same data, goal and fixed settings.

use std::collections::BTreeMap;

use tunesmith_core::{Table, Value};
use tunesmith_tuner::{Scope, Storage, Study};

use crate::trials::Aim;
use crate::{Error, Kind, Recipe};

/// The study's attribute that holds what it is about.
const SUBJECT: &str = "tunesmith:subject";
/// The study's attribute that holds how long it ran, over all its runs, in seconds.
const SECONDS: &str = "tunesmith:seconds";

/// What this recipe's study is about, by key.
fn subject(recipe: &Recipe, aim: &Aim) -> BTreeMap<String, String> {
    let mut subject = recipe.subject();
    subject.insert("tuning.goal".into(), format!("{} {}", aim.goal.direction.name(), aim.goal.metric));
    subject.insert("the data's fingerprint".into(), format!("{:016x}", aim.fingerprint));
    subject
}

/// Checks that a stored study of that name, if there is one, is about what this recipe is about. Nothing is changed.
pub(crate) fn check(storage: &dyn Storage, name: &str, recipe: &Recipe, aim: &Aim) -> Result<(), Error> {
    let Some(id) = storage.find(name)? else { return Ok(()) };
    let attributes = storage.study_attributes(id, Scope::User)?;
    let stored = attributes.get(SUBJECT).and_then(|json| serde_json::from_str::<Table>(json).ok());
    let Some(stored) = stored else { return Ok(()) };
    let stored: BTreeMap<String, String> =
        stored.into_iter().map(|(key, value)| (key, value.to_string())).collect();
    let now = subject(recipe, aim);
    let changed = now.keys().chain(stored.keys()).find(|key| now.get(*key) != stored.get(*key));
    let Some(key) = changed else { return Ok(()) };
    let say = |value: Option<&String>| value.map_or_else(|| "nothing".into(), |value| format!("`{value}`"));
    let message = format!(
        "the study `{name}` was begun with {}, this recipe says {}: their values cannot be compared; go back, or begin \
         another study with --study OTHERNAME",
        say(stored.get(key)),
        say(now.get(key))
    );
    Err(Error::new(Kind::Usage, message).at(format!("{}: {key}", recipe.origin())))
}

/// Tells a new study what it is about.
pub(crate) fn tell(study: &Study, recipe: &Recipe, aim: &Aim) -> Result<(), Error> {
    if study.study_attributes()?.contains_key(SUBJECT) {
        return Ok(());
    }
    let table: Table =
        subject(recipe, aim).into_iter().map(|(key, value)| (key, Value::from(value))).collect();
    Ok(study.set_study_attribute(SUBJECT, &Value::Table(table))?)
}

/// Adds to the time a study took, and returns the sum over all its runs.
pub(crate) fn add_seconds(study: &Study, seconds: f64) -> Result<f64, Error> {
    let before =
        study.study_attributes()?.get(SECONDS).and_then(|json| json.parse::<f64>().ok()).unwrap_or(0.0);
    study.set_study_attribute(SECONDS, &Value::Float(before + seconds))?;
    Ok(before + seconds)
}
