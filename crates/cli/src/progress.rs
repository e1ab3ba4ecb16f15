//! Progress on stderr: bars on a terminal, a line per trial or some lines per training elsewhere.

use std::collections::BTreeMap;
use std::fmt;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tunesmith::core::Flow;
use tunesmith::training::callback::Kept;
use tunesmith::training::{Callback, EpochEnd};
use tunesmith::tuner::{Direction, Observer, Trial, TrialRecord, TrialState};

use crate::output::short;

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("━╸─")
}

/// Watches a training: one bar over its epochs.
#[derive(Debug)]
pub(crate) struct TrainingBar {
    bar: Option<ProgressBar>,
}

impl TrainingBar {
    pub(crate) fn new() -> Self {
        Self { bar: None }
    }
}

/// The values of an epoch that a person looks at, in the order Keras prints them.
fn shown(values: &BTreeMap<String, f64>) -> String {
    let validation = |name: &String| name.starts_with("validation_");
    let mut names: Vec<&String> = values.keys().filter(|name| *name != "lr").collect();
    names.sort_by_key(|name| (validation(name), name.as_str()));
    names.iter().map(|name| format!("{name}: {}", short(values[*name]))).collect::<Vec<_>>().join(" - ")
}

impl Callback for TrainingBar {
    fn epoch_end(&mut self, end: &mut EpochEnd<'_>) -> Flow {
        let line = shown(end.values);
        if std::io::stderr().is_terminal() {
            let epochs = end.epochs as u64;
            let bar = self.bar.get_or_insert_with(|| {
                ProgressBar::new(epochs)
                    .with_style(style("Epoch {pos}/{len} {bar:24} {elapsed} - {wide_msg}"))
            });
            bar.set_position(end.epoch as u64 + 1);
            bar.set_message(line);
        } else {
            // About ten lines in all, the first and the last among them.
            let step = end.epochs.div_ceil(10).max(1);
            if end.epoch == 0 || end.epoch + 1 == end.epochs || (end.epoch + 1).is_multiple_of(step) {
                eprintln!("Epoch {}/{} - {line}", end.epoch + 1, end.epochs);
            }
        }
        Flow::Continue
    }

    fn train_end(&mut self) -> Option<Kept> {
        if let Some(bar) = self.bar.take() {
            bar.abandon(); // the last line stays
        }
        None
    }
}

/// Watches a search: a bar over the trials, and one over the epochs of each running trial.
pub(crate) struct StudyBars {
    metric: String,
    /// Which way is better, if the recipe says so.
    direction: Option<Direction>,
    steps: u64,
    total: u64,
    bars: Option<(MultiProgress, ProgressBar)>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: BTreeMap<u64, ProgressBar>,
    /// The trials that ended or pause, and whether that was early.
    tried: BTreeMap<u64, bool>,
    best: Option<(u64, f64)>,
}

impl fmt::Debug for StudyBars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StudyBars").field("metric", &self.metric).finish_non_exhaustive()
    }
}

impl StudyBars {
    /// Bars for a study of so many trials of so many steps.
    pub(crate) fn new(metric: &str, direction: Option<Direction>, total: u64, steps: u64) -> Self {
        let bars = std::io::stderr().is_terminal().then(|| {
            let all = MultiProgress::new();
            let trials = all.add(
                ProgressBar::new(total)
                    .with_style(style("Trials {pos}/{len} {bar:32} {elapsed} - {wide_msg}")),
            );
            (all, trials)
        });
        Self { metric: metric.to_owned(), direction, steps, total, bars, state: Mutex::default() }
    }

    /// Takes the bars away.
    pub(crate) fn clear(&self) {
        if let Some((all, _)) = &self.bars {
            let _ = all.clear();
        }
    }

    fn count(&self, trial: &TrialRecord) -> String {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.tried.insert(trial.number, trial.state.is_stopped_early());
        if let (TrialState::Complete, Some(value), Some(direction)) =
            (trial.state, trial.value, self.direction)
        {
            let better = |best: f64| direction.loss(value) < direction.loss(best);
            if state.best.is_none_or(|(_, best)| better(best)) {
                state.best = Some((trial.number, value));
            }
        }
        let best = match state.best {
            Some((number, value)) => format!("best {} {} (trial {number})", self.metric, short(value)),
            None if self.direction.is_none() => "the goal is the task's own".into(),
            None => "none complete yet".into(),
        };
        let stopped = state.tried.values().filter(|stopped| **stopped).count();
        let message = format!("{best} - {stopped} stopped early");
        if let Some((_, trials)) = &self.bars {
            trials.set_position(state.tried.len() as u64);
            trials.set_message(message.clone());
        }
        message
    }
}

/// Whether a trial has run, and does not run now.
fn was_tried(trial: &TrialRecord) -> bool {
    trial.state.is_finished() || trial.state == TrialState::Paused
}

impl Observer for StudyBars {
    fn resumed(&self, trials: &[TrialRecord]) {
        for trial in trials.iter().filter(|trial| was_tried(trial)) {
            self.count(trial);
        }
    }

    fn started(&self, trial: &Trial) {
        if let Some((all, _)) = &self.bars {
            let bar = ProgressBar::new(self.steps)
                .with_style(style("  trial {prefix} {bar:24} {pos}/{len} {wide_msg}"));
            let bar = all.add(bar.with_prefix(trial.number().to_string()));
            self.state.lock().unwrap_or_else(PoisonError::into_inner).running.insert(trial.number(), bar);
        }
    }

    fn reported(&self, trial: &Trial, step: u64, value: f64, _answer: Flow) {
        if let Some(bar) =
            self.state.lock().unwrap_or_else(PoisonError::into_inner).running.get(&trial.number())
        {
            bar.set_position(step + 1);
            bar.set_message(format!("{} {}", self.metric, short(value)));
        }
    }

    fn finished(&self, trial: &TrialRecord) {
        if let Some(bar) =
            self.state.lock().unwrap_or_else(PoisonError::into_inner).running.remove(&trial.number)
        {
            bar.finish_and_clear();
        }
        if !was_tried(trial) {
            return;
        }
        let message = self.count(trial);
        if self.bars.is_none() {
            let finished = self.state.lock().unwrap_or_else(PoisonError::into_inner).tried.len();
            let value = trial.value.map_or_else(|| "-".into(), short);
            let (state, total) = (trial.state.name(), self.total);
            eprintln!(
                "trial {}: {state}, {} {value} [{finished}/{total}, {message}]",
                trial.number, self.metric
            );
        }
    }
}
