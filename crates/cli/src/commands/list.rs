//! `tunesmith list`: what is linked.

use clap::ArgMatches;
use tunesmith::core::{KindEntry, Value, kind_of, kinds, nearest};
use tunesmith::{Error, Kind};

use super::describe::plugin;
use crate::Ended;
use crate::args::text;
use crate::output::{Output, object, table};

pub(super) fn run(matches: &ArgMatches, output: &Output) -> Result<Ended, Error> {
    let Some(label) = text(matches, "kind") else {
        let rows: Vec<Vec<String>> = kinds()
            .into_iter()
            .map(|kind| {
                vec![
                    kind.plural.to_owned(),
                    (kind.list)().iter().map(|meta| meta.name).collect::<Vec<_>>().join(", "),
                ]
            })
            .collect();
        let all = || object([("kinds", Value::List(kinds().into_iter().map(of_kind).collect()))]);
        output.result(all, || table(&rows));
        return Ok(Ended::Done);
    };
    let Some(kind) = kind_of(label) else {
        let known: Vec<&str> = kinds().into_iter().map(|kind| kind.plural).collect();
        let hint = nearest(label, known.iter().copied())
            .map_or_else(|| format!("known: {}", known.join(", ")), |near| format!("did you mean `{near}`?"));
        return Err(Error::new(Kind::Usage, format!("there is no kind of plug-in `{label}`, {hint}")));
    };
    output.result(|| of_kind(kind), || people(kind));
    Ok(Ended::Done)
}

fn of_kind(kind: &KindEntry) -> Value {
    let plugins = (kind.list)().into_iter().map(plugin).collect();
    object([("kind", Value::from(kind.label)), ("plugins", Value::List(plugins))])
}

fn people(kind: &KindEntry) -> String {
    let head = ["name", "what it is", "origin", "year", "crate"].map(str::to_owned).to_vec();
    let rows = (kind.list)().into_iter().map(|meta| {
        vec![
            meta.name.to_owned(),
            meta.about.to_owned(),
            meta.authors().to_owned(),
            meta.year().map_or_else(String::new, |year| year.to_string()),
            meta.place.origin.to_owned(),
        ]
    });
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
    format!("{}\n  `tunesmith describe NAME` shows settings, ranges and defaults.\n", table(&rows))
}
