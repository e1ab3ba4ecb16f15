//! `tunesmith importance`: which settings mattered in a study.

use clap::ArgMatches;
use tunesmith::core::{Entry as _, Table, Value, find};
use tunesmith::store::Reader;
use tunesmith::tuner::analysis::{DimensionImportance, ImportanceEntry, comparable_losses};
use tunesmith::tuner::{History, StorageError};
use tunesmith::{Error, Kind};

use crate::Ended;
use crate::args::text;
use crate::output::{Output, number, object, table};

/// With fewer trials every setting looks as if it mattered.
const FEW: usize = 10;

pub(super) fn run(matches: &ArgMatches, output: &Output) -> Result<Ended, Error> {
    let (url, name) =
        (text(matches, "storage").unwrap_or_default(), text(matches, "study").unwrap_or_default());
    let reader = Reader::open(url).map_err(StorageError::from)?;
    let study = reader.study(name)?;
    let method = text(matches, "method").unwrap_or_default();
    let usage = |error: tunesmith::core::Error| Error::new(Kind::Usage, error.to_string());
    let entry = find::<ImportanceEntry>(method, "--method").map_err(usage)?;
    let evaluator = entry.build(&Table::new(), "--method").map_err(usage)?;
    let mut history = History::new(study.space.clone(), study.direction);
    study.trials.into_iter().for_each(|trial| history.put(trial));
    let losses = comparable_losses(&history);
    let known = losses.iter().filter(|loss| loss.is_finite()).count();
    if known < FEW {
        output.say(&format!("note: {known} trials say little about what matters; {FEW} are the least"));
    }
    let mut found = evaluator.evaluate_losses(&history, &losses);
    found.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.key.cmp(&b.key)));
    output.result(|| json(name, method, known, &found), || people(entry.meta().about, known, &found));
    Ok(Ended::Done)
}

fn json(study: &str, method: &str, trials: usize, found: &[DimensionImportance]) -> Value {
    let one = |importance: &DimensionImportance| {
        object([
            ("key", Value::from(importance.key.as_str())),
            ("share", number(importance.share)),
            ("importance", number(importance.importance)),
        ])
    };
    object([
        ("study", Value::from(study)),
        ("method", Value::from(method)),
        ("trials", Value::from(trials)),
        ("importance", Value::List(found.iter().map(one).collect())),
    ])
}

/// Each method measures something else: its own words say what.
fn people(about: &str, trials: usize, found: &[DimensionImportance]) -> String {
    let rows: Vec<Vec<String>> = found
        .iter()
        .map(|importance| {
            let percent = 100.0 * importance.share;
            let bar = "#".repeat((percent / 2.5).round() as usize);
            vec![importance.key.clone(), format!("{percent:.1}"), bar]
        })
        .collect();
    format!("Over {trials} trials, {about}, in percent:\n\n{}", table(&rows))
}
