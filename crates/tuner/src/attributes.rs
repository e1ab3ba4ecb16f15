//! Attributes: named JSON texts that hang on a study or a trial, in Optuna's vocabulary.

use std::collections::BTreeMap;

use tunesmith_core::{Params, Value};

use crate::TrialRecord;

/// Named JSON texts.
pub type Attributes = BTreeMap<String, String>;

/// Who an attribute is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// For people: shown by dashboards.
    User,
    /// For samplers, pruners and this crate.
    System,
}

/// The settings a waiting trial must use (Optuna's name); what is not among them is suggested.
pub(crate) const FIXED_PARAMS: &str = "fixed_params";
/// The first trial of a chain of retries (Optuna's name).
pub(crate) const FAILED_TRIAL: &str = "failed_trial";
/// The numbers of all earlier trials of a chain of retries (Optuna's name).
pub(crate) const RETRY_HISTORY: &str = "retry_history";
/// The seed of a study, or of a trial: a retry has the seed of the trial it repeats.
pub(crate) const SEED: &str = "tunesmith:seed";

/// What the names of constraints begin with (Optuna's form: a number each, kept when it is zero or less).
const CONSTRAINT: &str = "constraints:";
/// Optuna's older form: a list of numbers under one name.
const CONSTRAINTS: &str = "constraints";
/// The trial that a trial goes on from, and the last step it had reported then.
pub(crate) const PARENT: &str = "tunesmith:parent";

/// The attribute of what was reported at a step in all objectives of a search that has several.
pub(crate) fn report_key(step: u64) -> String {
    format!("tunesmith:report:{step}")
}

/// The attribute of a constraint.
pub(crate) fn constraint_key(name: &str) -> String {
    format!("{CONSTRAINT}{name}")
}

/// Whether an attribute of that name says how a trial keeps its constraints.
pub(crate) fn is_constraint(key: &str) -> bool {
    key == CONSTRAINTS || key.starts_with(CONSTRAINT)
}

/// A trial's constraints by name.
pub(crate) fn constraints(trial: &TrialRecord) -> BTreeMap<String, f64> {
    let named =
        trial.system.range(CONSTRAINTS.to_owned()..).take_while(|(key, _)| key.starts_with(CONSTRAINTS));
    let mut found = BTreeMap::new();
    for (key, text) in named {
        if let Some(name) = key.strip_prefix(CONSTRAINT) {
            found.extend(serde_json::from_str(text).ok().map(|value: f64| (name.to_owned(), value)));
        } else if key == CONSTRAINTS {
            let list: Vec<f64> = serde_json::from_str(text).unwrap_or_default();
            found.extend(list.into_iter().enumerate().map(|(i, value)| (i.to_string(), value)));
        }
    }
    found
}

/// The trial that this one goes on from, and the last step it had reported then.
pub(crate) fn parent(trial: &TrialRecord) -> Option<(u64, u64)> {
    trial.system.get(PARENT).and_then(|text| serde_json::from_str(text).ok())
}

/// The system attributes of the trial that repeats a lost one, in the form of Optuna's retry callback.
///
/// ```
/// use tunesmith_tuner::{TrialRecord, retry_attributes};
/// let again = retry_attributes(&TrialRecord::new(7));
/// assert_eq!(again["failed_trial"], "7");
/// assert_eq!(again["retry_history"], "[7]");
/// ```
#[must_use]
pub fn retry_attributes(lost: &TrialRecord) -> Attributes {
    let mut system = lost.system.clone();
    let mut history = retry_history(lost);
    history.push(lost.number);
    system.entry(FAILED_TRIAL.to_owned()).or_insert_with(|| lost.number.to_string());
    system.insert(RETRY_HISTORY.to_owned(), json(&history));
    system
}

/// The earlier trials that this one repeats.
pub(crate) fn retry_history(trial: &TrialRecord) -> Vec<u64> {
    trial.system.get(RETRY_HISTORY).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// The settings that a waiting trial was enqueued with.
pub(crate) fn fixed_params(trial: &TrialRecord) -> Params {
    trial.system.get(FIXED_PARAMS).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// A seed as an attribute: text, since JSON's readers round large whole numbers.
pub(crate) fn seed_json(seed: u64) -> String {
    json(&Value::Text(seed.to_string()))
}

/// The seed in an attribute.
pub(crate) fn seed(attributes: &Attributes) -> Option<u64> {
    let text = attributes.get(SEED)?;
    serde_json::from_str::<String>(text).ok()?.parse().ok()
}

/// Numbers as an attribute; JSON has no infinities, so those are texts.
pub(crate) fn numbers_json(numbers: &[f64]) -> String {
    let value = |x: &f64| if x.is_finite() { Value::Float(*x) } else { Value::Text(x.to_string()) };
    json(&numbers.iter().map(value).collect::<Vec<_>>())
}

/// The numbers in such an attribute.
pub(crate) fn numbers(text: &str) -> Option<Vec<f64>> {
    let values: Vec<Value> = serde_json::from_str(text).ok()?;
    values.iter().map(|value| value.as_f64().or_else(|| value.as_str()?.parse().ok())).collect()
}

/// JSON text of anything whose keys are texts.
pub(crate) fn json<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("texts, numbers, lists and tables with text keys have a JSON form")
}
