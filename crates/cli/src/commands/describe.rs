//! `tunesmith describe`: one plug-in with everything it says of itself.

use clap::ArgMatches;
use tunesmith::core::{
    Describe, Meta, ParamSpec, Role, Shape, Table, Value, kinds, nearest, specs, to_table,
};
use tunesmith::data::DataSection;
use tunesmith::training::Training;
use tunesmith::{Error, Kind, ModelSection, Tuning};

use crate::Ended;
use crate::args::text;
use crate::output::{Output, number, object, table};

pub(super) fn run(matches: &ArgMatches, output: &Output) -> Result<Ended, Error> {
    let asked = text(matches, "name").unwrap_or_default();
    if let Some((about, specs, defaults)) = section(asked) {
        let params = || specs.iter().map(|spec| param(spec, &defaults)).collect();
        let json = || {
            object([
                ("name", asked.into()),
                ("about", about.into()),
                ("kind", "section".into()),
                ("params", Value::List(params())),
            ])
        };
        output.result(json, || format!("[{asked}]: {about}\n\n{}", settings(&specs, &defaults)));
        return Ok(Ended::Done);
    }
    let (wanted_kind, name) = asked.split_once('/').map_or((None, asked), |(kind, name)| (Some(kind), name));
    let found: Vec<(&str, &Meta)> = kinds()
        .into_iter()
        .filter(|kind| wanted_kind.is_none_or(|wanted| wanted == kind.label || wanted == kind.plural))
        .flat_map(|kind| (kind.list)().into_iter().map(move |meta| (kind.label, meta)))
        .filter(|(_, meta)| meta.name == name)
        .collect();
    match found[..] {
        [(kind, meta)] => {
            let json = || {
                let Value::Table(mut table) = plugin(meta) else { unreachable!("a plug-in is a table") };
                table.insert("kind".into(), Value::from(kind));
                Value::Table(table)
            };
            output.result(json, || people(kind, meta));
            Ok(Ended::Done)
        }
        [] => {
            let known: Vec<&str> = kinds()
                .into_iter()
                .flat_map(|kind| (kind.list)().into_iter().map(|meta| meta.name))
                .collect();
            let hint = nearest(name, known).map_or_else(
                || "`tunesmith list` shows all".into(),
                |near| format!("did you mean `{near}`?"),
            );
            Err(Error::new(Kind::Usage, format!("no plug-in is called `{asked}`, {hint}")))
        }
        _ => {
            let ways: Vec<String> = found.iter().map(|(kind, _)| format!("{kind}/{name}")).collect();
            Err(Error::new(
                Kind::Usage,
                format!("`{name}` is the name of several plug-ins, write {}", ways.join(" or ")),
            ))
        }
    }
}

/// What a section of a recipe is about, its settings and their defaults.
fn section(name: &str) -> Option<(&'static str, Vec<ParamSpec>, Table)> {
    fn of<T: Describe>() -> (&'static str, Vec<ParamSpec>, Table) {
        (T::ABOUT, specs::<T>(), to_table(&T::default()))
    }
    match name.trim_start_matches('[').trim_end_matches(']') {
        "data" => Some(of::<DataSection>()),
        "model" => Some(of::<ModelSection>()),
        "training" => Some(of::<Training>()),
        "tuning" => Some(of::<Tuning>()),
        _ => None,
    }
}

/// A plug-in as JSON.
pub(super) fn plugin(meta: &Meta) -> Value {
    let defaults = (meta.defaults)();
    let params = (meta.specs)().iter().map(|spec| param(spec, &defaults)).collect();
    object([
        ("name", meta.name.into()),
        ("about", meta.about.into()),
        ("source", meta.source.into()),
        ("authors", meta.authors().into()),
        ("year", meta.year().map_or(Value::Null, |year| Value::Int(year.into()))),
        ("origin", meta.place.origin.into()),
        ("usual", meta.usual.into()),
        ("params", Value::List(params)),
    ])
}

fn param(spec: &ParamSpec, defaults: &Table) -> Value {
    let default = Value::Table(defaults.clone()).at(spec.name).cloned().unwrap_or(Value::Null);
    let range = spec.range.map_or(Value::Null, |range| {
        object([
            ("low", number(range.low)),
            ("high", number(range.high)),
            ("scale", range.scale.name().into()),
        ])
    });
    object([
        ("name", spec.name.into()),
        ("about", spec.about.into()),
        ("type", Value::from(type_name(spec.shape))),
        ("default", default),
        ("range", range),
        ("tuned", Value::from(role(spec.role))),
    ])
}

fn type_name(shape: Shape) -> String {
    match shape {
        Shape::Float => "number".into(),
        Shape::OptionalFloat => "number or \"off\"".into(),
        Shape::Int => "whole number".into(),
        Shape::OptionalInt => "whole number or \"off\"".into(),
        Shape::Count { words } => format!("whole number or {}", words.join(", ")),
        Shape::Switch => "true or false".into(),
        Shape::Name { options } => options.join(", "),
        Shape::Text => "text".into(),
        Shape::Texts => "list of texts".into(),
        Shape::Sizes { words } => {
            let numbers = std::iter::once("whole number or list of them");
            numbers.chain(words.iter().copied()).collect::<Vec<_>>().join(", ")
        }
        Shape::Floats => "list of numbers".into(),
        Shape::Plug { kind } => kind.to_owned(),
        Shape::OptionalPlug { kind } => format!("{kind} or \"off\""),
        Shape::Plugs { kind, .. } => format!("list of {kind}s"),
        _ => "value".into(),
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Tune => "by default",
        Role::Rarely => "when asked",
        Role::Fixed => "no",
    }
}

fn people(kind: &str, meta: &Meta) -> String {
    let source = if meta.source.is_empty() { String::new() } else { format!("\n  {}", meta.source) };
    let mut text = format!(
        "{} ({kind}): {}{source}\n  from {}, {}\n",
        meta.name, meta.about, meta.place.origin, meta.place.file
    );
    let specs = (meta.specs)();
    if specs.is_empty() {
        text.push_str("\n  It has no settings.\n");
        return text;
    }
    text.push('\n');
    text.push_str(&settings(&specs, &(meta.defaults)()));
    text
}

/// Settings as a table for people.
fn settings(specs: &[ParamSpec], defaults: &Table) -> String {
    let defaults = Value::Table(defaults.clone());
    let mut rows = vec![["setting", "default", "type", "searched", "meaning"].map(str::to_owned).to_vec()];
    for spec in specs {
        let default = defaults.at(spec.name).map_or_else(String::new, ToString::to_string);
        let searched = match (spec.range, spec.role) {
            (Some(range), Role::Tune | Role::Rarely) => {
                let rarely = if spec.role == Role::Rarely { " (when asked)" } else { "" };
                format!(
                    "{} to {}, {}{rarely}",
                    Value::Float(range.low),
                    Value::Float(range.high),
                    range.scale.name()
                )
            }
            _ => String::new(),
        };
        rows.push(vec![
            spec.name.to_owned(),
            default,
            type_name(spec.shape),
            searched,
            spec.about.to_owned(),
        ]);
    }
    table(&rows)
}
