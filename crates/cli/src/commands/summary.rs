//! `tunesmith summary`: a recipe before anything runs.

use clap::ArgMatches;
use tunesmith::core::Value;
use tunesmith::{Error, Look, look};

use super::recipe;
use crate::Ended;
use crate::output::{Output, object, table};

pub(super) fn run(matches: &ArgMatches, output: &Output) -> Result<Ended, Error> {
    let recipe = recipe(matches, "training")?;
    let look = look(&recipe)?;
    look.notes.iter().for_each(|note| output.say(&format!("note: {note}")));
    output.result(|| json(&look), || people(&look));
    Ok(Ended::Done)
}

fn json(look: &Look) -> Value {
    let layers = look.summary.rows.iter().map(|row| {
        let dims: Vec<usize> = row.output.dims().to_vec();
        object([
            ("layer", row.layer.as_str().into()),
            ("output", Value::from(dims)),
            ("params", row.params.into()),
            ("buffers", row.buffers.into()),
            ("flops", Value::Float(row.flops as f64)),
            ("activation_bytes", (4 * row.elements).into()),
        ])
    });
    let space = look.space.dimensions().iter().map(|dimension| {
        object([("key", dimension.key.as_str().into()), ("range", Value::from(dimension.domain.to_string()))])
    });
    let [train, validation, test] = look.rows;
    let rows = object([("train", train.into()), ("validation", validation.into()), ("test", test.into())]);
    object([
        ("rows", rows),
        ("input", Value::from(look.summary.input.dims().to_vec())),
        ("layers", Value::List(layers.collect())),
        ("params", look.summary.params.into()),
        ("buffers", look.summary.buffers.into()),
        ("flops", Value::Float(look.summary.flops as f64)),
        ("bytes", look.summary.bytes.into()),
        ("training_bytes", look.training_bytes.into()),
        ("space", Value::List(space.collect())),
    ])
}

fn people(look: &Look) -> String {
    let [train, validation, test] = look.rows;
    let mut text =
        format!("Data: {train} training rows, {validation} validation, {test} test; {}\n\n", look.task);
    if !look.space.is_empty() {
        text.push_str("The model at the middle of its ranges:\n\n");
    }
    text.push_str(&format!("{}\n", look.summary));
    let mebibytes = look.training_bytes as f64 / f64::from(1 << 20);
    text.push_str(&format!(" Memory to train: {mebibytes:.1} MiB beside the data, as planned\n"));
    if !look.space.is_empty() {
        let rows: Vec<Vec<String>> = look
            .space
            .dimensions()
            .iter()
            .map(|d| {
                vec![
                    d.key.clone(),
                    d.domain.to_string(),
                    if d.when.is_empty() { String::new() } else { "conditional".into() },
                ]
            })
            .collect();
        text.push_str(&format!("\n{} dimensions are searched:\n\n{}", look.space.len(), table(&rows)));
    }
    text
}
