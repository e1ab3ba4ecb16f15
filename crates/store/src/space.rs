//! A whole space as JSON text, conditions and scales included: what Optuna's schema has no place for.

use tunesmith_core::{Condition, Dimension, Domain, Scale, Space, Table, Test, Value};

fn table<const N: usize>(pairs: [(&str, Value); N]) -> Table {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// The JSON text of a space: a list of `{"key", "domain", "when"}`, domains as a recipe writes them.
pub(crate) fn to_json(space: &Space) -> String {
    let dimension = |dimension: &Dimension| {
        let when: Vec<Value> = dimension.when.iter().map(condition).collect();
        table([
            ("key", dimension.key.as_str().into()),
            ("domain", domain(&dimension.domain)),
            ("when", Value::List(when)),
        ])
    };
    let list: Vec<Value> = space.dimensions().iter().map(|d| Value::Table(dimension(d))).collect();
    serde_json::to_string(&list).expect("a space holds texts, numbers, lists and tables")
}

fn domain(domain: &Domain) -> Value {
    let range = |kind: &str, low: Value, high: Value, scale: Scale, step: Value| {
        Value::Table(table([
            (kind, Value::List(vec![low, high])),
            ("scale", scale.name().into()),
            ("step", step),
        ]))
    };
    match domain {
        Domain::Float { low, high, scale, step } => {
            range("float", (*low).into(), (*high).into(), *scale, step.map_or(Value::Null, Value::Float))
        }
        Domain::Int { low, high, scale, step } => {
            range("int", (*low).into(), (*high).into(), *scale, (*step).into())
        }
        Domain::Choice { options } => Value::Table(table([("choice", Value::List(options.clone()))])),
        other => unreachable!("a domain this version does not know: {other}"),
    }
}

fn condition(condition: &Condition) -> Value {
    let (test, value) = match &condition.test {
        Test::Is(value) => ("is", value.clone()),
        Test::AtLeast(n) => ("at_least", Value::Int(*n)),
        other => unreachable!("a test this version does not know: {other:?}"),
    };
    Value::Table(table([("key", condition.key.as_str().into()), (test, value)]))
}

/// The space of a JSON text.
pub(crate) fn from_json(text: &str) -> Option<Space> {
    let list: Vec<Value> = serde_json::from_str(text).ok()?;
    let mut space = Space::new();
    for dimension in list {
        let key = dimension.at("key")?.as_str()?.to_owned();
        let mut when = Vec::new();
        let Some(Value::List(conditions)) = dimension.at("when") else { return None };
        for condition in conditions {
            let parent = condition.at("key")?.as_str()?.to_owned();
            space.dimension(&parent)?; // a condition on what is not there would panic below
            let test = match (condition.at("is"), condition.at("at_least")) {
                (Some(value), _) => Test::Is(value.clone()),
                (None, n) => Test::AtLeast(n?.as_i64()?),
            };
            when.push(Condition { key: parent, test });
        }
        if space.dimension(&key).is_some() {
            return None;
        }
        space.push(Dimension { key, domain: read_domain(dimension.at("domain")?)?, when });
    }
    Some(space)
}

fn read_domain(domain: &Value) -> Option<Domain> {
    let domain = domain.as_table()?;
    if let Some(Value::List(options)) = domain.get("choice") {
        return Domain::choice(options.clone()).ok();
    }
    let scale = Scale::parse(domain.get("scale")?.as_str()?)?;
    let step = domain.get("step")?;
    match (domain.get("float"), domain.get("int")) {
        (Some(Value::List(ends)), _) => {
            Domain::float(ends.first()?.as_f64()?, ends.get(1)?.as_f64()?, scale, step.as_f64()).ok()
        }
        (_, Some(Value::List(ends))) => {
            Domain::int(ends.first()?.as_i64()?, ends.get(1)?.as_i64()?, scale, step.as_i64()?).ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{from_json, to_json};
    use proptest::prelude::*;
    use tunesmith_core::Seed;
    use tunesmith_tuner::conform::random_space;

    proptest! {
        #[test]
        fn a_space_comes_back_to_the_last_bit(seed in 0_u64..100_000) {
            let space = random_space(&mut Seed::new(seed).generator());
            prop_assert_eq!(from_json(&to_json(&space)), Some(space));
        }
    }

    #[test]
    fn other_texts_are_not_spaces() {
        for text in ["", "{}", "[{}]", r#"[{"key": "a", "domain": {"int": [1]}, "when": []}]"#] {
            assert_eq!(from_json(text), None);
        }
    }
}
