//! `serve`: the tasks for programs in other languages, JSON lines in and out.

use std::io::{BufRead, Write};

use serde_json::{Value, json};
use tunesmith_core::{Condition, Dimension, Domain, Params, Scale, Test};

use crate::{Task, tasks};

/// Answers every line with one: `{"list":true}` with the tasks and their spaces,
/// `{"problem":"branin","seed":0,"trial":3,"params":{"x":1.0,"y":2.0}}` with what that trial observes and the regret of
/// these settings, `{"value":12.5,"regret":0.4}`; both are null where it diverges. Anything else is answered with
/// `{"error":"..."}`.
///
/// ```
/// let asked = "{\"problem\":\"sphere\",\"seed\":0,\"trial\":0,\"params\":{\"x0\":0,\"x1\":0,\"x2\":0,\"x3\":0,\"x4\":0}}\n";
/// let mut answered = Vec::new();
/// tunesmith_judge::serve(&mut asked.as_bytes(), &mut answered).unwrap();
/// assert_eq!(answered, b"{\"regret\":0.0,\"value\":0.0}\n");
/// ```
///
/// # Errors
/// When reading or writing fails.
pub fn serve(input: &mut dyn BufRead, output: &mut dyn Write) -> std::io::Result<()> {
    for line in input.lines() {
        let answer = answer(&line?).unwrap_or_else(|error| json!({ "error": error }));
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}

fn answer(line: &str) -> Result<Value, String> {
    let asked: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    if asked["list"] == true {
        let tasks: Vec<Value> = tasks().iter().map(described).collect();
        return Ok(json!({ "problems": tasks }));
    }
    let name = asked["problem"].as_str().ok_or("name a problem")?;
    let task = tasks().iter().find(|task| task.name() == name);
    let task = task.ok_or_else(|| format!("there is no problem `{name}`"))?;
    let number = |key: &str| asked[key].as_u64().ok_or_else(|| format!("`{key}` is a whole number"));
    let (seed, trial) = (number("seed")?, number("trial")?);
    let params: Params =
        serde_json::from_value(asked["params"].clone()).map_err(|error| error.to_string())?;
    task.space().check(&params).map_err(|error| error.to_string())?;
    // Numbers that are not finite become null.
    Ok(json!({ "value": task.observe(&params, seed, trial), "regret": task.regret(&params) }))
}

fn described(task: &Task) -> Value {
    let dimensions: Vec<Value> = task.space().dimensions().iter().map(dimension).collect();
    json!({ "name": task.name(), "held_out": task.held_out(), "dimensions": dimensions })
}

fn dimension(dimension: &Dimension) -> Value {
    let scaled = |kind: &str, low: Value, high: Value, scale: &Scale, step: Value| json!({ kind: [low, high], "scale": scale.name(), "step": step });
    let mut described = match &dimension.domain {
        Domain::Float { low, high, scale, step } => {
            scaled("float", json!(low), json!(high), scale, json!(step))
        }
        Domain::Int { low, high, scale, step } => scaled("int", json!(low), json!(high), scale, json!(step)),
        Domain::Choice { options } => json!({ "choice": options }),
        other => json!({ "other": other.to_string() }),
    };
    described["key"] = json!(dimension.key);
    described["when"] = dimension.when.iter().map(condition).collect();
    described
}

fn condition(condition: &Condition) -> Value {
    match &condition.test {
        Test::Is(value) => json!({ "key": condition.key, "is": value }),
        Test::AtLeast(n) => json!({ "key": condition.key, "at_least": n }),
        other => json!({ "key": condition.key, "other": format!("{other:?}") }),
    }
}

#[cfg(test)]
mod tests {
    use super::answer;
    use serde_json::Value;

    #[test]
    fn every_problem_is_listed_with_its_space() {
        let listed = answer(r#"{"list":true}"#).unwrap();
        let problems = listed["problems"].as_array().unwrap();
        assert_eq!(problems.len(), crate::tasks().len());
        let network = problems.iter().find(|problem| problem["name"] == "network").unwrap();
        let find = |key: &str| -> &Value {
            network["dimensions"].as_array().unwrap().iter().find(|d| d["key"] == key).unwrap()
        };
        assert_eq!(find("units3")["when"][0]["at_least"], 3);
        assert_eq!(find("sgd.momentum")["scale"], "reverse_log");
        assert_eq!(find("sgd.momentum")["when"][0]["is"], "sgd");
        let text = listed.to_string();
        assert!(!text.contains("\"other\""), "every domain and condition has a form of its own");
    }

    #[test]
    fn what_is_malformed_is_answered_with_an_error() {
        for line in [
            "",
            "{}",
            r#"{"problem":"nowhere","seed":0,"trial":0,"params":{}}"#,
            r#"{"problem":"branin","seed":0,"trial":0,"params":{}}"#,
            r#"{"problem":"branin","seed":0,"trial":0,"params":{"x":99,"y":1}}"#,
            r#"{"problem":"branin","seed":-1,"trial":0,"params":{"x":1,"y":1}}"#,
            r#"{"problem":"branin","seed":0,"trial":0,"params":{"x":1,"y":1,"z":1}}"#,
        ] {
            assert!(answer(line).is_err(), "{line}");
        }
    }

    #[test]
    fn a_trial_that_diverges_has_no_value() {
        let line = r#"{"problem":"cliff3","seed":0,"trial":0,"params":{"lr":10.0,"clip":1.0,"depth":4}}"#;
        assert_eq!(answer(line).unwrap()["value"], Value::Null);
    }
}
