//! Scores of other libraries: measured anew through their own language, or as they were recorded.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use flate2::read::GzDecoder;

use crate::Score;

/// The scores of Optuna 5.0.0, under this package's folder; README.md beside it says how they were made.
const RECORDED: &str = "peer/optuna-5.0.0.jsonl.gz";

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The recorded scores, if the record is there.
///
/// # Errors
/// When it is there and cannot be read.
///
/// ```
/// let recorded = tunesmith_judge::recorded().unwrap();
/// assert!(recorded.iter().all(|score| score.sampler.starts_with("optuna-")));
/// ```
pub fn recorded() -> Result<Vec<Score>, String> {
    let path = folder().join(RECORDED);
    if path.exists() { read_scores(&path) } else { Ok(Vec::new()) }
}

/// Reads scores, a JSON line each, from a file that may be compressed.
fn read_scores(path: &Path) -> Result<Vec<Score>, String> {
    let say = |error: std::io::Error| format!("{}: {error}", path.display());
    let bytes = std::fs::read(path).map_err(say)?;
    let mut text = String::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        GzDecoder::new(&bytes[..]).read_to_string(&mut text).map_err(say)?;
    } else {
        bytes.as_slice().read_to_string(&mut text).map_err(say)?;
    }
    text.lines().map(str::parse).collect()
}

/// What a peer is asked to play.
#[derive(Clone, Debug)]
pub struct Game<'a> {
    /// The problems' names.
    pub problems: Vec<&'a str>,
    /// The peer's samplers; all it has when there are none.
    pub samplers: &'a [String],
    /// Trials of each study.
    pub trials: u64,
    /// Studies of each sampler on each problem.
    pub seeds: u64,
}

/// Lets Optuna search the problems through a Python that has it, and hands on every score as it comes.
///
/// # Errors
/// When Python cannot be started, ends with an error, or prints what is no score.
pub fn ask_peer(python: &str, game: &Game<'_>, mut hear: impl FnMut(Score)) -> Result<(), String> {
    let mut words = python.split_whitespace();
    let program = words.next().ok_or("--peer: name a Python that has Optuna, `recorded` or `none`")?;
    let judge = std::env::current_exe().map_err(|error| format!("the judge's own program: {error}"))?;
    let mut command = Command::new(program);
    command.args(words).arg(folder().join("peer/optuna_regret.py"));
    let (trials, seeds) = (game.trials.to_string(), game.seeds.to_string());
    command.arg("--judge").arg(judge).args(["--trials", &trials, "--seeds", &seeds]);
    command.arg("--problem").args(&game.problems).stdout(Stdio::piped());
    if !game.samplers.is_empty() {
        command.arg("--sampler").args(game.samplers);
    }
    let mut child = command.spawn().map_err(|error| format!("cannot start `{python}`: {error}"))?;
    for line in BufReader::new(child.stdout.take().expect("its output is piped")).lines() {
        hear(line.map_err(|error| format!("`{python}`: {error}"))?.parse()?);
    }
    let status = child.wait().map_err(|error| format!("`{python}`: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{python}` ended with {status}")) }
}
