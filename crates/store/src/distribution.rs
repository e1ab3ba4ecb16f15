//! Domains as Optuna's distributions, and values as its internal numbers.

use serde_json::{Value as Json, json};
use tunesmith_core::{Domain, Scale, Value};

/// The JSON text of a domain, in the full form that every reader knows. A reverse-log range has no form of its own and
/// is written as a linear one; the study's own space says what it is.
pub(crate) fn to_json(domain: &Domain) -> String {
    match domain {
        Domain::Float { low, high, scale, step } => json!({
            "name": "FloatDistribution",
            "attributes": { "low": low, "high": high, "log": *scale == Scale::Log, "step": step },
        }),
        Domain::Int { low, high, scale, step } => json!({
            "name": "IntDistribution",
            "attributes": { "low": low, "high": high, "log": *scale == Scale::Log, "step": step },
        }),
        other => json!({ "name": "CategoricalDistribution", "attributes": { "choices": options(other) } }),
    }
    .to_string()
}

/// The domain of a JSON text: the full form, the short form `{"type": ...}`, and the names of Optuna before 3.0.
pub(crate) fn from_json(text: &str) -> Option<Domain> {
    let json: Json = serde_json::from_str(text).ok()?;
    let (name, attributes) = match json["name"].as_str() {
        Some(name) => (name, &json["attributes"]),
        None => (json["type"].as_str()?, &json),
    };
    let log = attributes["log"].as_bool().unwrap_or(false) || name.contains("LogUniform");
    let scale = if log { Scale::Log } else { Scale::Linear };
    let (low, high) = (&attributes["low"], &attributes["high"]);
    match name {
        "FloatDistribution"
        | "float"
        | "UniformDistribution"
        | "LogUniformDistribution"
        | "DiscreteUniformDistribution" => {
            let step = attributes["step"].as_f64().or_else(|| attributes["q"].as_f64());
            Domain::float(low.as_f64()?, high.as_f64()?, scale, step).ok()
        }
        "IntDistribution" | "int" | "IntUniformDistribution" | "IntLogUniformDistribution" => {
            let whole = |json: &Json| json.as_i64().or_else(|| json.as_f64().map(|x| x as i64));
            Domain::int(whole(low)?, whole(high)?, scale, whole(&attributes["step"]).unwrap_or(1)).ok()
        }
        "CategoricalDistribution" | "categorical" => {
            let options: Vec<Value> = serde_json::from_value(attributes["choices"].clone()).ok()?;
            // Not through `Domain::choice`: Optuna allows what it refuses, such as 1 beside 1.0.
            (!options.is_empty()).then_some(Domain::Choice { options })
        }
        _ => None,
    }
}

/// The number that stands for a value.
pub(crate) fn to_internal(domain: &Domain, value: &Value) -> Option<f64> {
    match domain {
        Domain::Choice { options } => {
            options.iter().position(|option| option.same(value)).map(|place| place as f64)
        }
        _ => value.as_f64(),
    }
}

/// The value that a number stands for.
pub(crate) fn from_internal(domain: &Domain, internal: f64) -> Option<Value> {
    match domain {
        Domain::Choice { options } => options.get(internal as usize).cloned(),
        Domain::Int { .. } => Some(Value::Int(internal as i64)),
        _ => Some(Value::Float(internal)),
    }
}

fn options(domain: &Domain) -> &[Value] {
    if let Domain::Choice { options } = domain { options } else { &[] }
}

#[cfg(test)]
mod tests {
    use super::{from_internal, from_json, to_internal, to_json};
    use tunesmith_core::{Domain, Scale, Value};

    #[test]
    fn optunas_own_texts_are_read() {
        let float = |low, high, scale, step| Domain::float(low, high, scale, step).unwrap();
        let int = |low, high, scale, step| Domain::int(low, high, scale, step).unwrap();
        for (text, domain) in [
            // As Optuna 5.0.0 writes them.
            (
                r#"{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}"#,
                float(1e-5, 0.1, Scale::Log, None),
            ),
            (
                r#"{"name": "IntDistribution", "attributes": {"log": false, "step": 2, "low": 2, "high": 10}}"#,
                int(2, 10, Scale::Linear, 2),
            ),
            (
                r#"{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", null, 1, 2.5, true]}}"#,
                Domain::Choice {
                    options: vec!["sgd".into(), Value::Null, 1_i64.into(), 2.5.into(), true.into()],
                },
            ),
            // As it still reads them.
            (
                r#"{"type": "float", "low": 0, "high": 1, "step": 0.25}"#,
                float(0.0, 1.0, Scale::Linear, Some(0.25)),
            ),
            (
                r#"{"name": "IntLogUniformDistribution", "attributes": {"low": 1, "high": 64, "step": 1}}"#,
                int(1, 64, Scale::Log, 1),
            ),
            (
                r#"{"name": "DiscreteUniformDistribution", "attributes": {"low": 0.0, "high": 1.0, "q": 0.5}}"#,
                float(0.0, 1.0, Scale::Linear, Some(0.5)),
            ),
        ] {
            assert_eq!(from_json(text), Some(domain), "{text}");
        }
        assert_eq!(from_json("{}"), None);
        assert_eq!(from_json(r#"{"name": "BetaDistribution", "attributes": {}}"#), None);
    }

    #[test]
    fn a_domain_and_its_values_come_back() {
        for domain in [
            Domain::float(1e-300, 0.1, Scale::Log, None).unwrap(),
            Domain::float(0.0, 1.0, Scale::Linear, Some(0.1)).unwrap(),
            Domain::int(-7, 21, Scale::Linear, 7).unwrap(),
            Domain::choice([Value::Null, "a \"b\"".into(), 3_i64.into()]).unwrap(),
        ] {
            assert_eq!(from_json(&to_json(&domain)), Some(domain.clone()));
            for u in [0.0, 0.3, 0.99] {
                let value = domain.place(u);
                let internal = to_internal(&domain, &value).unwrap();
                assert_eq!(from_internal(&domain, internal), Some(value));
            }
        }
    }
}
