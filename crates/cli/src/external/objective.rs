//! `Objective`: one trial is one program, run to its end, its metric read.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use tunesmith::core::{Flow, Reporter, Value};
use tunesmith::tuner::{Outcome, Stop, TrialRun};

use super::child::{Running, Start};
use super::lines::Lines;
use super::metric::Metric;
use super::template::{Context, Template};

/// How a trial is run.
#[derive(Debug)]
pub(crate) struct Objective {
    pub(crate) command: Template,
    pub(crate) metric: Metric,
    /// Where each trial gets a folder; an absolute path.
    pub(crate) out: PathBuf,
    /// How often a program that fails is run again.
    pub(crate) retries: usize,
    /// Ends everything: the program cannot be started at all.
    pub(crate) stop: Stop,
    /// Somebody asked twice: programs are not given time to end.
    pub(crate) hurry: Arc<AtomicBool>,
    /// Whether the first signal was seen.
    pub(crate) noticed: AtomicBool,
    /// Why no program could be started.
    pub(crate) broken: Mutex<Option<String>>,
}

/// How one run of the program went.
enum Attempt {
    /// The trial ended so.
    Ended(Outcome),
    /// It failed, and may be tried again.
    Failed(String),
}

/// A trial's folder and what lies in it.
struct Folder {
    path: PathBuf,
    params: PathBuf,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Objective {
    /// Runs one trial.
    pub(crate) fn run(&self, trial: &mut TrialRun<'_>) -> Outcome {
        match self.attempts(trial) {
            Ok(outcome) => outcome,
            // Ended by the study's word: what is returned then does not count.
            Err(reason) => Outcome::Failed { reason },
        }
    }

    fn attempts(&self, trial: &mut TrialRun<'_>) -> Result<Outcome, String> {
        let folder = self.folder(trial)?;
        // 31 bits: a whole number in every language.
        let seed = trial.seed().value() & 0x7fff_ffff;
        trial.set_attribute("seed", Value::Int(seed as i64));
        trial.set_attribute("out", folder.path.display().to_string());
        for attempt in 0..=self.retries {
            if attempt > 0 {
                // What the failed run printed stays beside what the next prints.
                for file in [&folder.stdout, &folder.stderr] {
                    let kept = format!("{}.{attempt}", file.display());
                    fs::rename(file, &kept).map_err(|error| format!("{kept}: {error}"))?;
                }
            }
            match self.attempt(trial, seed, &folder)? {
                Attempt::Ended(outcome) => return Ok(outcome),
                Attempt::Failed(reason) if attempt == self.retries => return Ok(Outcome::Failed { reason }),
                Attempt::Failed(_) => {}
            }
        }
        unreachable!("the last attempt returns")
    }

    /// The trial's folder, with its settings as a file.
    fn folder(&self, trial: &TrialRun<'_>) -> Result<Folder, String> {
        let path = self.out.join(format!("trial-{}", trial.number()));
        let folder = Folder {
            params: path.join("params.json"),
            stdout: path.join("stdout"),
            stderr: path.join("stderr"),
            path,
        };
        let json = serde_json::to_string(trial.params()).map_err(|error| error.to_string())?;
        fs::create_dir_all(&folder.path)
            .and_then(|()| fs::write(&folder.params, format!("{json}\n")))
            .map_err(|error| format!("{}: {error}", folder.path.display()))?;
        Ok(folder)
    }

    fn attempt(&self, trial: &mut TrialRun<'_>, seed: u64, folder: &Folder) -> Result<Attempt, String> {
        let text = |path: &Path| path.display().to_string();
        let settings = trial.params().clone();
        let context = Context {
            settings: &settings,
            trial: trial.number(),
            seed,
            out: text(&folder.path),
            params: text(&folder.params),
        };
        let words = self.command.fill(&context);
        let metric_file = self.metric.path(&context).map(PathBuf::from);
        let changed = |path: &PathBuf| fs::metadata(path).and_then(|file| file.modified()).ok();
        let before: Option<SystemTime> = metric_file.as_ref().and_then(changed);
        let environment = environment(&context);
        let start = Start {
            words: &words,
            environment: &environment,
            stdout: &folder.stdout,
            stderr: &folder.stderr,
        };
        let mut running = match Running::start(&start) {
            Ok(running) => running,
            Err(error) => {
                let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
                broken.get_or_insert_with(|| format!("cannot start `{}`: {error}", words[0]));
                self.stop.stop();
                trial.interrupted(); // the trial waits: nothing is wrong with its settings
                return Ok(Attempt::Ended(Outcome::Interrupted));
            }
        };
        let mut tail = Tail::new(&folder.stdout, &self.metric);
        let status = loop {
            let status = running.ended().map_err(|error| error.to_string())?;
            if tail.report(trial, status.is_some()) != Flow::Continue {
                self.end(running);
                return Ok(Attempt::Ended(Outcome::Pruned));
            }
            if let Some(status) = status {
                break status;
            }
            if trial.interrupted() != Flow::Continue {
                self.end(running);
                return Ok(Attempt::Ended(Outcome::Interrupted));
            }
            running.pause();
        };
        let failed = |reason: String| Ok(Attempt::Failed(format!("{reason}{}", last_lines(&folder.stderr))));
        if !status.success() {
            return failed(exit(status));
        }
        if let Some(path) = metric_file.as_ref().filter(|path| before.is_some() && changed(path) == before) {
            let path = path.display();
            return failed(format!(
                "{path}: was there before and was not written anew: let the program write it"
            ));
        }
        let printed = || fs::read(&folder.stdout).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let value = match (tail.last, printed()) {
            (Some(value), _) => Ok(value),
            (None, Ok(stdout)) => self.metric.read(&stdout, metric_file.as_deref()),
            (None, Err(error)) => Err(format!("{}: {error}", folder.stdout.display())),
        };
        Ok(match value {
            Ok(value) if value.is_finite() => Attempt::Ended(Outcome::Complete(value)),
            Ok(value) => {
                let step = trial.reported().unwrap_or(0).max(tail.step);
                Attempt::Ended(Outcome::Diverged { step, reason: format!("the metric is {value}") })
            }
            Err(reason) => return failed(reason),
        })
    }

    fn end(&self, running: Running) {
        if self.stop.is_set() && !self.noticed.swap(true, Ordering::Relaxed) {
            self.hurry.store(false, Ordering::Relaxed); // the first signal set it too
        }
        running.end(|| self.hurry.load(Ordering::Relaxed));
    }
}

/// What a program finds in its environment.
fn environment(context: &Context<'_>) -> Vec<(String, String)> {
    let plain = |name: &str| name.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    let settings = context.settings.iter();
    let mut all: Vec<(String, String)> = settings
        .map(|(name, value)| (format!("TUNESMITH_PARAM_{}", plain(name)), value.to_string()))
        .collect();
    all.extend([
        ("TUNESMITH_TRIAL".to_owned(), context.trial.to_string()),
        ("TUNESMITH_SEED".to_owned(), context.seed.to_string()),
        ("TUNESMITH_OUT".to_owned(), context.out.clone()),
        ("TUNESMITH_PARAMS".to_owned(), context.params.clone()),
    ]);
    if std::env::var_os("PYTHONUNBUFFERED").is_none() {
        // What Python prints into a file would otherwise stand there only at its end.
        all.push(("PYTHONUNBUFFERED".to_owned(), "1".to_owned()));
    }
    all
}

/// How a program failed.
fn exit(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        let hint = if signal == 9 { " (SIGKILL: out of memory?)" } else { "" };
        return format!("killed by signal {signal}{hint}");
    }
    status.code().map_or_else(|| "ended without an exit code".into(), |code| format!("exit code {code}"))
}

/// The last lines of stderr, to stand behind a reason.
fn last_lines(stderr: &Path) -> String {
    let text = fs::read(stderr).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let last: Vec<String> =
        lines[lines.len().saturating_sub(3)..].iter().map(|line| line.chars().take(300).collect()).collect();
    if last.is_empty() { String::new() } else { format!(": {}", last.join(" / ")) }
}

/// Reads the JSON lines that a running program prints.
struct Tail {
    lines: Option<Lines>,
    file: Option<File>,
    place: u64,
    /// The start of a line whose end is not there yet.
    begun: Vec<u8>,
    last: Option<f64>,
    step: u64,
}

impl Tail {
    fn new(stdout: &Path, metric: &Metric) -> Self {
        let lines = if let Metric::Lines(key) = metric { Some(Lines::new(key)) } else { None };
        let file = if lines.is_some() { File::open(stdout).ok() } else { None };
        Self { lines, file, place: 0, begun: Vec::new(), last: None, step: 0 }
    }

    /// Reports what is new, until the study says something other than to go on.
    fn report(&mut self, trial: &mut TrialRun<'_>, ended: bool) -> Flow {
        let (Some(lines), Some(file)) = (&mut self.lines, &mut self.file) else { return Flow::Continue };
        if file.seek(SeekFrom::Start(self.place)).is_err() {
            return Flow::Continue;
        }
        // What could not be read is read the next time.
        self.place += file.read_to_end(&mut self.begun).unwrap_or(0) as u64;
        if ended {
            self.begun.push(b'\n');
        }
        let Some(end) = self.begun.iter().rposition(|byte| *byte == b'\n') else { return Flow::Continue };
        let whole: Vec<u8> = self.begun.drain(..=end).collect();
        for line in String::from_utf8_lossy(&whole).lines() {
            let Some((step, value)) = lines.read(line) else { continue };
            (self.last, self.step) = (Some(value), self.step.max(step));
            if trial.report(step, value) != Flow::Continue {
                return Flow::Stop;
            }
        }
        Flow::Continue
    }
}
