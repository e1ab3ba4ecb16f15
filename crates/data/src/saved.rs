//! A pipeline as a table of settings, to lie beside a trained model, and back.

use std::collections::BTreeMap;

use tunesmith_core::{Plug, Table, Value};

use crate::pipeline::{FittedTarget, Step};
use crate::prepare::build;
use crate::{Error, Field, Kind, Pipeline, Why, Written};

/// The form that is written; a reader refuses others.
const VERSION: i64 = 1;

impl Pipeline {
    /// All of it as a table of settings.
    ///
    /// Numbers are 64-bit floats: write them in a format that keeps them whole, such as TOML, or JSON with Rust's
    /// shortest digits and an exact reader.
    #[must_use]
    pub fn to_table(&self) -> Table {
        let field = |field: &Field| {
            let kind = if field.kind == Kind::Number { "number" } else { "category" };
            let mut saved: Table =
                [("name".to_owned(), field.name.as_str().into()), ("kind".to_owned(), kind.into())].into();
            if field.written != Written::PLAIN {
                saved.insert("written".into(), field.written.to_string().into());
            }
            if let Some(known) = self.known.get(&field.name) {
                saved.insert("known".into(), known.clone().into());
            }
            Value::Table(saved)
        };
        let target = match &self.target {
            FittedTarget::Classes { name, names } => {
                table([("name", name.as_str().into()), ("classes", names.to_vec().into())])
            }
            FittedTarget::Numbers { names, steps } => {
                table([("numbers", names.clone().into()), ("steps", steps_to_value(steps))])
            }
        };
        let whole = table([
            ("version", Value::Int(VERSION)),
            ("fields", Value::List(self.fields.iter().map(field).collect())),
            ("steps", steps_to_value(&self.steps)),
            ("features", self.feature_names.clone().into()),
            ("sample_shape", self.sample_shape.clone().into()),
            ("target", target),
        ]);
        let Value::Table(whole) = whole else { unreachable!("just made a table") };
        whole
    }

    /// Reads what [`Pipeline::to_table`] wrote.
    ///
    /// # Errors
    /// [`Why::Damaged`] when something is missing, and the recipe's errors when a step is not linked.
    pub fn from_table(saved: &Table) -> Result<Self, Error> {
        let saved = Saved { table: saved, at: String::new() };
        let version = saved.get("version", "the number 1", Value::as_i64)?;
        if version != VERSION {
            return Err(saved.damaged("version", "the number 1"));
        }
        let fields = saved.tables("fields")?;
        let mut known = BTreeMap::new();
        let field = |field: &Saved<'_>| {
            let kind = match field.text("kind")? {
                "number" => Kind::Number,
                "category" => Kind::Category,
                _ => return Err(field.damaged("kind", "\"number\" or \"category\"")),
            };
            let name = field.text("name")?.to_owned();
            if field.table.contains_key("known") {
                known.insert(name.clone(), field.texts("known")?);
            }
            let written = match field.table.contains_key("written") {
                true => field
                    .get("written", "the number 1000.5 or a date", |value| value.as_str()?.parse().ok())?,
                false => Written::PLAIN,
            };
            Ok(Field { name, kind, written })
        };
        let fields = fields.iter().map(field).collect::<Result<Vec<_>, Error>>()?;
        let feature_names = saved.texts("features")?;
        let shape = saved.get("sample_shape", "a list of sizes", |value| {
            let Value::List(sizes) = value else { return None };
            sizes.iter().map(|size| usize::try_from(size.as_i64()?).ok()).collect::<Option<Vec<_>>>()
        })?;
        let size = shape.iter().try_fold(1_usize, |size, &side| size.checked_mul(side));
        if size != Some(feature_names.len()) || feature_names.is_empty() {
            return Err(saved.damaged("sample_shape", "the shape of one row of features"));
        }
        let target = saved.get("target", "a table", Value::as_table)?;
        let target = Saved { table: target, at: "target.".into() };
        let target = if target.table.contains_key("classes") {
            let names = target.texts("classes")?.into();
            FittedTarget::Classes { name: target.text("name")?.to_owned(), names }
        } else {
            let steps = steps_from_value(&target)?;
            if !steps.iter().all(|step| step.prepare.inverts()) {
                return Err(target.damaged("steps", "steps that can be undone"));
            }
            let names = target.texts("numbers")?;
            if names.is_empty() {
                return Err(target.damaged("numbers", "the name of a number to predict"));
            }
            FittedTarget::Numbers { names, steps }
        };
        let steps = steps_from_value(&saved)?;
        Ok(Self { fields, known, steps, feature_names, sample_shape: shape, target })
    }
}

fn table<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    Value::Table(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

fn steps_to_value(steps: &[Step]) -> Value {
    let step =
        |step: &Step| table([("step", step.plug.to_value()), ("learnt", Value::Table(step.state.clone()))]);
    Value::List(steps.iter().map(step).collect())
}

fn steps_from_value(saved: &Saved<'_>) -> Result<Vec<Step>, Error> {
    let step = |step: Saved<'_>| {
        let at = format!("{}step", step.at);
        let value = step.table.get("step").unwrap_or(&Value::Null);
        let plug = Plug::parse(value, "prepare", &at)?;
        let state = step.get("learnt", "a table", Value::as_table)?.clone();
        Ok(Step { prepare: build(&plug, &at)?.into(), plug, state })
    };
    saved.tables("steps")?.into_iter().map(step).collect()
}

/// A saved table and its path, for messages.
struct Saved<'a> {
    table: &'a Table,
    at: String,
}

impl<'a> Saved<'a> {
    fn damaged(&self, key: &str, expected: &'static str) -> Error {
        Why::Damaged { key: format!("{}{key}", self.at), expected }.into()
    }

    fn get<T>(
        &self,
        key: &str,
        expected: &'static str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<T, Error> {
        self.table.get(key).and_then(read).ok_or_else(|| self.damaged(key, expected))
    }

    fn text(&self, key: &str) -> Result<&'a str, Error> {
        self.get(key, "a text", Value::as_str)
    }

    fn texts(&self, key: &str) -> Result<Vec<String>, Error> {
        self.get(key, "a list of texts", |value| {
            let Value::List(list) = value else { return None };
            list.iter().map(|item| item.as_str().map(str::to_owned)).collect()
        })
    }

    fn tables(&self, key: &str) -> Result<Vec<Self>, Error> {
        let expected = "a list of tables";
        let list = self.get(key, expected, |value| match value {
            Value::List(list) => Some(list),
            _ => None,
        })?;
        let inner = |(i, item): (usize, &'a Value)| match item.as_table() {
            Some(table) => Ok(Self { table, at: format!("{}{key}.{i}.", self.at) }),
            None => Err(self.damaged(&format!("{key}.{i}"), expected)),
        };
        list.iter().enumerate().map(inner).collect()
    }
}
