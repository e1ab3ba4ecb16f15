//! Lines for a recipe: where a dimension's range is written, and how.

use tunesmith_core::{Dimension, Domain, Scale, Space, Test};

use crate::labels::shared;
use crate::number::{toml, toml_float};

/// The lines that give a dimension another range.
///
/// A setting of an option is written inside the option, as the choice holds it; a setting of a copied layer where the
/// recipe writes the layer once; anything else as a dotted key below its section.
pub(crate) fn range(space: &Space, dimension: &Dimension, domain: &Domain) -> String {
    let written = written(domain);
    let key = dimension.key.as_str();
    // The option this dimension belongs to: `training.optimizer` is `adam` for `training.optimizer.adam.lr`.
    let option = dimension.when.iter().rev().find_map(|condition| {
        let Test::Is(value) = &condition.test else { return None };
        let setting = key.strip_prefix(&format!("{}.{}.", condition.key, value.as_str()?))?;
        Some((condition.key.as_str(), value.to_string(), setting.to_owned()))
    });
    match option {
        Some((choice, option, setting)) if space.dimension(choice).is_some() => {
            format!(
                "# in the choice at {}, instead of {}\n{{ {} = {{ {setting} = {written} }} }}",
                shared(choice),
                toml(&option.as_str().into()),
                option
            )
        }
        _ => setting(key, &written),
    }
}

/// The lines that give a setting of any key.
pub(crate) fn setting(key: &str, written: &str) -> String {
    match key.split_once('.') {
        Some((section, rest)) if rest.starts_with("layers.") => {
            let shared = shared(rest);
            let (place, last) = shared.rsplit_once('.').unwrap_or(("layers", &shared));
            // The count of copies is written at the word `repeat` itself.
            let last = if place.ends_with(".repeat") { "repeat" } else { last };
            format!("# at {section}.{place}\n{last} = {written}")
        }
        Some((section, rest)) => format!("[{section}]\n{rest} = {written}"),
        None => format!("{key} = {written}"),
    }
}

fn written(domain: &Domain) -> String {
    let scale = |scale: &Scale| match scale {
        Scale::Linear => String::new(),
        other => format!(", scale = \"{}\"", other.name()),
    };
    match domain {
        Domain::Float { low, high, scale: s, step } => {
            let step = step.map_or_else(String::new, |step| format!(", step = {}", toml_float(step)));
            format!("{{ float = [{}, {}]{}{step} }}", toml_float(*low), toml_float(*high), scale(s))
        }
        Domain::Int { low, high, scale: s, step } => {
            let step = if *step == 1 { String::new() } else { format!(", step = {step}") };
            format!("{{ int = [{low}, {high}]{}{step} }}", scale(s))
        }
        Domain::Choice { options } if options.len() == 1 => toml(&options[0]),
        Domain::Choice { options } => {
            format!("{{ choice = [{}] }}", options.iter().map(toml).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::range;
    use tunesmith_core::{Condition, Dimension, Domain, Scale, Space, Test, Value};

    fn lr() -> Domain {
        Domain::float(1e-5, 1.0, Scale::Log, None).unwrap()
    }

    #[test]
    fn a_plain_setting_stands_below_its_section() {
        let space = Space::new().with("training.regularize.l2", lr());
        assert_eq!(
            range(&space, &space.dimensions()[0], &lr()),
            "[training]\nregularize.l2 = { float = [1e-5, 1.0], scale = \"log\" }"
        );
    }

    #[test]
    fn a_setting_of_an_option_stands_inside_the_option() {
        let space = Space::new()
            .with("training.optimizer", Domain::choice(["sgd", "adam"]).unwrap())
            .with_child("training.optimizer.adam.lr", lr(), "training.optimizer", "adam");
        assert_eq!(
            range(&space, &space.dimensions()[1], &lr()),
            "# in the choice at training.optimizer, instead of \"adam\"\n{ adam = { lr = { float = [1e-5, 1.0], scale = \"log\" } } }"
        );
    }

    #[test]
    fn a_setting_of_a_copied_layer_is_written_once() {
        let mut space =
            Space::new().with("model.layers.0.repeat.times", Domain::int(1, 3, Scale::Linear, 1).unwrap());
        space.push(Dimension {
            key: "model.layers.0.copy2.0.dense.units".into(),
            domain: Domain::int(16, 256, Scale::Log, 1).unwrap(),
            when: vec![Condition { key: "model.layers.0.repeat.times".into(), test: Test::AtLeast(2) }],
        });
        let wider = Domain::int(16, 512, Scale::Log, 1).unwrap();
        assert_eq!(
            range(&space, &space.dimensions()[1], &wider),
            "# at model.layers.0.layers.0.dense\nunits = { int = [16, 512], scale = \"log\" }"
        );
        let deeper = Domain::int(1, 5, Scale::Linear, 1).unwrap();
        assert_eq!(
            range(&space, &space.dimensions()[0], &deeper),
            "# at model.layers.0.repeat\nrepeat = { int = [1, 5] }"
        );
    }

    #[test]
    fn a_choice_is_written_with_its_options() {
        let space = Space::new().with("a.b", Domain::choice([Value::from("x\"y"), Value::Int(3)]).unwrap());
        let dimension = &space.dimensions()[0];
        assert_eq!(range(&space, dimension, &dimension.domain), "[a]\nb = { choice = [\"x\\\"y\", 3] }");
    }
}
