//! What is answered: trials as JSON values. Numbers that JSON does not have are texts: "nan", "inf", "-inf".

use tunesmith_core::{Table, Value};

use crate::{History, TrialRecord, TrialState};

/// A table from pairs.
pub(super) fn object<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    Value::Table(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// A whole number; one that JSON's readers would round is a text.
pub(super) fn whole(number: u64) -> Value {
    i64::try_from(number).map_or_else(|_| Value::Text(number.to_string()), Value::Int)
}

/// A number that need not be finite.
pub(super) fn number(x: f64) -> Value {
    match x {
        x if x.is_finite() => Value::Float(x),
        x if x.is_nan() => Value::from("nan"),
        x if x > 0.0 => Value::from("inf"),
        _ => Value::from("-inf"),
    }
}

fn numbers(values: impl IntoIterator<Item = f64>) -> Value {
    Value::List(values.into_iter().map(number).collect())
}

/// A trial in short, as one of the best.
pub(super) fn best(trial: &TrialRecord, history: &History) -> Value {
    let mut answer = Table::from([
        ("trial".to_owned(), whole(trial.number)),
        ("params".to_owned(), Value::Table(trial.params.clone())),
    ]);
    add_values(&mut answer, trial, history);
    let constraints = trial.constraints();
    if !constraints.is_empty() {
        answer.insert("feasible".to_owned(), Value::Bool(history.violation(trial.number) <= 0.0));
    }
    Value::Table(answer)
}

/// All that is known of a trial, but for times: the same conversation gives the same answers.
pub(super) fn trial(trial: &TrialRecord, history: &History) -> Value {
    let mut answer = Table::from([
        ("trial".to_owned(), whole(trial.number)),
        ("state".to_owned(), Value::from(trial.state.name())),
        ("params".to_owned(), Value::Table(trial.params.clone())),
    ]);
    let mut add = |key: &str, value: Value| {
        answer.insert(key.to_owned(), value);
    };
    if !trial.reports.is_empty() {
        let several = history.directions().len() > 1;
        let report = |&(step, value): &(u64, f64)| {
            let value =
                if several { numbers(trial.values_at(step).unwrap_or_default()) } else { number(value) };
            Value::List(vec![whole(step.saturating_add(1)), value])
        };
        add("reports", Value::List(trial.reports.iter().map(report).collect()));
    }
    if let Some(reason) = &trial.reason {
        add("reason", Value::from(reason.as_str()));
    }
    if let (TrialState::Diverged, Some(step)) = (trial.state, trial.diverged_at) {
        add("step", whole(step.saturating_add(1)));
    }
    let constraints = trial.constraints();
    if !constraints.is_empty() {
        let all = constraints.into_iter().map(|(name, value)| (name, number(value))).collect();
        add("constraints", Value::Table(all));
    }
    if !trial.user.is_empty() {
        add("attributes", attributes(&trial.user));
    }
    add_values(&mut answer, trial, history);
    Value::Table(answer)
}

fn add_values(answer: &mut Table, trial: &TrialRecord, history: &History) {
    if history.directions().len() > 1 {
        if trial.value.is_some() {
            answer.insert("values".to_owned(), numbers(trial.values()));
        }
    } else if let Some(value) = trial.value {
        answer.insert("value".to_owned(), number(value));
    }
}

/// Attributes, which are stored as JSON texts.
pub(super) fn attributes(attributes: &crate::Attributes) -> Value {
    let read = |text: &String| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str()));
    Value::Table(attributes.iter().map(|(key, text)| (key.clone(), read(text))).collect())
}
