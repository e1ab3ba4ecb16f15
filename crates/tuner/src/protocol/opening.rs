//! `Opening`: the message that opens a study.

use std::time::Duration;

use tunesmith_core::{Entry, Error, Params, Plug, Space, Table, Value, Why, find};

use super::Refused;
use super::fields::{Fields, number};
use super::space::read_space;
use crate::narrow::narrowed;
use crate::{Direction, PrunerEntry, Sampler, SamplerEntry, Scheduler};

/// What may stand in the message.
pub(super) const KEYS: &[&str] = &[
    "space",
    "sampler",
    "scheduler",
    "seed",
    "direction",
    "directions",
    "fidelity",
    "constraints",
    "trials",
    "time",
    "storage",
    "study",
    "enqueue",
];

/// A study as a message describes it.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) space: Space,
    pub(super) directions: Vec<Direction>,
    pub(super) sampler: Box<dyn Sampler>,
    pub(super) sampler_name: String,
    pub(super) scheduler: Box<dyn Scheduler>,
    pub(super) scheduler_name: String,
    pub(super) seed: u64,
    /// Steps of a whole trial.
    pub(super) steps: Option<u64>,
    pub(super) constraints: Vec<String>,
    pub(super) trials: Option<u64>,
    pub(super) time: Option<Duration>,
    pub(super) storage: Option<String>,
    pub(super) study: String,
    /// Settings to try first.
    pub(super) enqueue: Vec<Params>,
}

impl Opening {
    pub(super) fn read(message: &Table) -> Result<Self, Refused> {
        let fields = Fields::in_table(message, "", KEYS)?;
        let space = read_space(fields.table("space")?.unwrap_or(&Table::new()))?;
        let sampler = plug(&fields, "sampler", "sampler", || Plug::new("auto"))?;
        let fidelity = match fields.get("fidelity") {
            None => None,
            Some(written) => Some(fidelity(&Fields::of(written, "fidelity", &["name", "max", "min"])?)?),
        };
        let mut scheduler = plug(&fields, "scheduler", "pruner", || match fidelity {
            Some(_) => Plug::new("asha").with("promote", true),
            None => Plug::new("none"),
        })?;
        let scheduler_entry = find::<PrunerEntry>(&scheduler.name, "scheduler")?;
        if let Some((least, most)) = fidelity {
            // Whoever looks at rungs is told what a whole trial costs.
            let settings = (scheduler_entry.meta().specs)();
            for (key, value) in [("min_resource", least), ("max_resource", most)] {
                if settings.iter().any(|spec| spec.name == key) && !scheduler.config.contains_key(key) {
                    scheduler = scheduler.with(key, i64::try_from(value).unwrap_or(i64::MAX));
                }
            }
        }
        let enqueue = match fields.get("enqueue") {
            None => Vec::new(),
            Some(written) => settings(written, &space)?.0,
        };
        Ok(Self {
            directions: directions(&fields)?,
            sampler: find::<SamplerEntry>(&sampler.name, "sampler")?
                .build(&sampler.config, &format!("sampler.{}", sampler.name))?,
            sampler_name: sampler.name,
            scheduler: scheduler_entry.build(&scheduler.config, &format!("scheduler.{}", scheduler.name))?,
            scheduler_name: scheduler.name,
            seed: fields.whole("seed")?.unwrap_or(0),
            steps: fidelity.map(|(_, most)| most),
            constraints: constraints(&fields)?,
            trials: fields.positive("trials")?,
            time: time(&fields)?,
            storage: fields.text("storage")?.map(str::to_owned),
            study: fields.text("study")?.unwrap_or("study").to_owned(),
            enqueue,
            space,
        })
    }
}

/// A plug-in by name, or `{"name": {settings}}`.
fn plug(fields: &Fields<'_>, key: &str, kind: &str, default: impl FnOnce() -> Plug) -> Result<Plug, Refused> {
    Ok(fields.get(key).map_or_else(|| Ok(default()), |written| Plug::parse(written, kind, key))?)
}

/// The steps before a trial is first looked at, and those of a whole trial.
fn fidelity(fields: &Fields<'_>) -> Result<(u64, u64), Refused> {
    fields.text("name")?;
    fields.needed("max", "the steps of a whole trial, such as \"max\": 52")?;
    let most = fields.positive("max")?.unwrap_or(1);
    // What a training is worth after one step of thirty says little about its end: a tenth of it, as `tune` does.
    let least = fields.positive("min")?.unwrap_or((most / 10).max(1));
    if least > most {
        let allowed = format!("1 to {most}");
        return Err(
            Error::new(fields.path("min"), Why::OutOfRange { value: least.to_string(), allowed }).into()
        );
    }
    Ok((least, most))
}

fn directions(fields: &Fields<'_>) -> Result<Vec<Direction>, Refused> {
    let one = |value: &Value, at: String| {
        let known = [Direction::Minimize, Direction::Maximize];
        let found = known.into_iter().find(|direction| value.as_str() == Some(direction.name()));
        found.ok_or_else(|| {
            let allowed = "\"minimize\" or \"maximize\"".to_owned();
            Refused::from(Error::new(at, Why::OutOfRange { value: value.to_string(), allowed }))
        })
    };
    match (fields.get("direction"), fields.list("directions")?) {
        (None, None) => Ok(vec![Direction::Minimize]),
        (Some(direction), None) => Ok(vec![one(direction, fields.path("direction"))?]),
        (None, Some([])) => {
            let expected = "one direction for each objective".to_owned();
            Err(Error::new(fields.path("directions"), Why::Missing { expected }).into())
        }
        (None, Some(list)) => {
            list.iter().enumerate().map(|(i, value)| one(value, format!("directions.{i}"))).collect()
        }
        (Some(_), Some(_)) => {
            let because = "exclude each other: write \"directions\" for several objectives".to_owned();
            Err(Error::new("direction and directions", Why::Conflict { because }).into())
        }
    }
}

fn constraints(fields: &Fields<'_>) -> Result<Vec<String>, Refused> {
    let mut names: Vec<String> = Vec::new();
    for (i, value) in fields.list("constraints")?.unwrap_or_default().iter().enumerate() {
        match value.as_str() {
            Some(name) if !names.iter().any(|earlier| earlier == name) => names.push(name.to_owned()),
            Some(name) => {
                let because = format!("the constraint `{name}` stands there twice");
                return Err(Error::new(format!("constraints.{i}"), Why::Conflict { because }).into());
            }
            None => return Err(Error::wrong_type(format!("constraints.{i}"), "a name", value).into()),
        }
    }
    Ok(names)
}

/// After so many seconds no trial begins.
fn time(fields: &Fields<'_>) -> Result<Option<Duration>, Refused> {
    let Some(written) = fields.get("time") else { return Ok(None) };
    let time = number(written, "time").ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    time.map(Some).ok_or_else(|| Error::wrong_type("time", "seconds, 0 or more", written).into())
}

/// One trial's settings, or a list of them, and whether it was a list; each may leave some settings open.
pub(super) fn settings(written: &Value, space: &Space) -> Result<(Vec<Params>, bool), Refused> {
    let (all, is_list): (Vec<(String, &Value)>, bool) = match written {
        Value::List(list) => {
            (list.iter().enumerate().map(|(i, item)| (format!("enqueue.{i}"), item)).collect(), true)
        }
        other => (vec![("enqueue".to_owned(), other)], false),
    };
    let mut settings = Vec::new();
    for (at, item) in all {
        let Value::Table(params) = item else {
            return Err(Error::wrong_type(at, "a table {\"name\": value}", item).into());
        };
        narrowed(space, params).map_err(|error| Error::new(join(&at, &error.at), error.why))?;
        settings.push(params.clone());
    }
    Ok((settings, is_list))
}

fn join(at: &str, key: &str) -> String {
    if key.is_empty() { at.to_owned() } else { format!("{at}.{key}") }
}
