//! The commands, one file each.

mod describe;
mod importance;
mod list;
mod predict;
mod run;
mod serve;
mod summary;
mod train;
mod tune;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clap::ArgMatches;
use tunesmith::store::{Options, SqliteStorage, Url};
use tunesmith::tuner::Storage;
use tunesmith::{Error, Recipe};

use crate::Ended;
use crate::args::text;
use crate::output::Output;

/// Runs the command that was asked for.
pub(crate) fn run(matches: &ArgMatches, output: &Output) -> Result<Ended, Error> {
    match matches.subcommand() {
        Some(("train", matches)) => train::run(matches, output),
        Some(("tune", matches)) => tune::run(matches, output),
        Some(("summary", matches)) => summary::run(matches, output),
        Some(("predict", matches)) => predict::run(matches, output),
        Some(("run", matches)) => run::run(matches, output),
        Some(("serve", matches)) => serve::run(matches, output),
        Some(("importance", matches)) => importance::run(matches, output),
        Some(("list", matches)) => list::run(matches, output),
        Some(("describe", matches)) => describe::run(matches, output),
        _ => unreachable!("clap asks for one of the commands above"),
    }
}

/// Opens the storage at a URL.
fn open_storage(url: &str) -> Result<Arc<dyn Storage>, Error> {
    // Somebody who waits at a terminal wants to hear of a lock sooner than a library's caller does.
    let patience = Options::default().busy_timeout(Duration::from_secs(10));
    Ok(Arc::new(SqliteStorage::open_with(&Url::parse(url)?, &patience)?))
}

/// The recipe an argument names, with what `--set` changes and the seed of that section.
fn recipe(matches: &ArgMatches, seed_of: &str) -> Result<Recipe, Error> {
    let mut recipe = Recipe::read(Path::new(text(matches, "recipe").unwrap_or_default()))?;
    for assignment in matches.get_many::<String>("set").unwrap_or_default() {
        recipe.set(assignment)?;
    }
    if let Some(seed) = matches.get_one::<usize>("seed") {
        recipe.set(&format!("{seed_of}.seed={seed}"))?;
    }
    Ok(recipe)
}

/// The command as it was typed, quoted so that a shell reads it back.
fn command_line() -> String {
    let arguments = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    shell_words(std::iter::once("tunesmith".to_owned()).chain(arguments))
}

/// Words quoted so that a shell reads them back.
fn shell_words(words: impl IntoIterator<Item = String>) -> String {
    let quoted = |word: String| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
        if !word.is_empty() && word.chars().all(plain) {
            word
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    };
    words.into_iter().map(quoted).collect::<Vec<_>>().join(" ")
}

/// Now, for the report.
fn now() -> String {
    let text = tunesmith::store::utc_text(SystemTime::now());
    format!("{} UTC", text.get(..16).unwrap_or(&text))
}
