//! `tunesmith predict`: a trained model on a new file.

use std::path::Path;

use clap::ArgMatches;
use tunesmith::core::Value;
use tunesmith::training::write_whole;
use tunesmith::{Error, Kind, Model, Prediction};

use crate::Ended;
use crate::args::text;
use crate::output::{Output, object};

pub(super) fn run(matches: &ArgMatches, output: &Output) -> Result<Ended, Error> {
    let path = |name| Path::new(text(matches, name).unwrap_or_default());
    let model = Model::open(path("run"))?;
    let model = if matches.get_flag("int8") { model.quantized() } else { model };
    let mut notes = Vec::new();
    let predictions = model.predict_file(path("file"), &mut notes)?;
    notes.iter().for_each(|note| output.say(&format!("note: {note}")));
    if let Some(out) = text(matches, "out") {
        let out = Path::new(out);
        if out.exists() && out.canonicalize().ok() == path("file").canonicalize().ok() {
            let message = "this is the file that is read: write the predictions to another";
            return Err(Error::new(Kind::Usage, message).at(out.display().to_string()));
        }
        write_whole(out, csv(&model, &predictions).as_bytes()).map_err(|error| Error::file(out, error))?;
        output.say(&format!("{} predictions written to {}", predictions.len(), out.display()));
    }
    let json = || {
        let list = predictions.iter().map(Prediction::to_value).collect();
        let classes = model.class_names().map_or(Value::Null, |names| Value::from(names.to_vec()));
        object([("rows", predictions.len().into()), ("classes", classes), ("predictions", Value::List(list))])
    };
    if output.json() || text(matches, "out").is_none() {
        output.result(json, || csv(&model, &predictions));
    }
    Ok(Ended::Done)
}

/// The predictions as CSV: the class and each class's probability, or the numbers.
fn csv(model: &Model, predictions: &[Prediction]) -> String {
    let quoted = |text: &str| {
        if text.contains([',', '"', '\n']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.to_owned()
        }
    };
    let targets = model.target_names();
    let mut head: Vec<String> = targets.iter().map(|name| quoted(name)).collect();
    head.extend(model.class_names().unwrap_or_default().iter().map(|name| quoted(&format!("p({name})"))));
    let mut out = format!("{}\n", head.join(","));
    for prediction in predictions {
        let cells: Vec<String> = match prediction {
            Prediction::Class { name, probabilities } => {
                std::iter::once(quoted(name)).chain(probabilities.iter().map(ToString::to_string)).collect()
            }
            Prediction::Numbers(numbers) => numbers.iter().map(ToString::to_string).collect(),
        };
        out.push_str(&format!("{}\n", cells.join(",")));
    }
    out
}
