//! The commands, one file each.

mod describe;
mod list;
mod predict;
mod summary;
mod train;
mod tune;

use std::path::Path;
use std::time::SystemTime;

use clap::ArgMatches;
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
        Some(("list", matches)) => list::run(matches, output),
        Some(("describe", matches)) => describe::run(matches, output),
        _ => unreachable!("clap asks for one of the commands above"),
    }
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
    let quoted = |argument: std::ffi::OsString| {
        let argument = argument.to_string_lossy().into_owned();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
        if !argument.is_empty() && argument.chars().all(plain) {
            argument
        } else {
            format!("'{}'", argument.replace('\'', r"'\''"))
        }
    };
    let arguments = std::env::args_os().skip(1).map(quoted);
    std::iter::once("tunesmith".to_owned()).chain(arguments).collect::<Vec<_>>().join(" ")
}

/// Now, for the report.
fn now() -> String {
    let text = tunesmith::store::utc_text(SystemTime::now());
    format!("{} UTC", text.get(..16).unwrap_or(&text))
}
