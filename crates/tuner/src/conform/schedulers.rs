//! What every scheduler promises of a whole study.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tunesmith_core::{Entry, Flow, Generator, Reporter, Seed, Table, all};

use super::random_space;
use crate::samplers::Random;
use crate::{
    Budget, Direction, Ended, History, Next, Outcome, PrunerEntry, Resumable, Scheduler, Study, TrialRecord,
    TrialRun, TrialState,
};

/// Steps of a whole trial.
const WHOLE: u64 = 20;
/// Trials of a study.
const TRIALS: u64 = 20;
/// A study that lets trials go on more often than they have steps never ends.
const QUESTIONS: usize = 50 * (TRIALS * WHOLE) as usize;

/// Drives studies by every linked pruner and scheduler, with its defaults, through
/// [`Study::optimize_resumable`](crate::Study::optimize_resumable): each study ends, with one worker and with four; runs
/// every step once (but for copies made beside other workers); asks nothing about a trial after it was stopped; leaves nobody running, nor paused at what is not a
/// number; ends with a complete trial when all values are finite; is the same study again with the same seed; and takes
/// several objectives. Curves fall with noise, are constant, or become NaN or infinite on the way.
///
/// ```
/// assert_eq!(tunesmith_tuner::conform::check_schedulers(1), Vec::<String>::new());
/// ```
#[must_use]
pub fn check_schedulers(studies: u64) -> Vec<String> {
    all::<PrunerEntry>().into_iter().flat_map(|entry| check_scheduler(entry, studies)).collect()
}

/// The same for one of them.
#[must_use]
pub fn check_scheduler(entry: &PrunerEntry, studies: u64) -> Vec<String> {
    let mut wrong = Vec::new();
    for seed in 0..studies {
        for kind in [Kind::Falling, Kind::Constant, Kind::Broken] {
            for (workers, objectives) in [(1, 1), (4, 1), (1, 2)] {
                let what = format!(
                    "{}, seed {seed}, {kind:?} curves, {workers} workers, {objectives} objectives",
                    entry.meta().name
                );
                let found = check(entry, Case { seed, kind, workers, objectives });
                wrong.extend(found.into_iter().map(|found| format!("{what}: {found}")));
            }
        }
    }
    wrong
}

/// What curves look like.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Falling,
    Constant,
    Broken,
}

#[derive(Clone, Copy, Debug)]
struct Case {
    seed: u64,
    kind: Kind,
    workers: usize,
    objectives: usize,
}

fn check(entry: &PrunerEntry, case: Case) -> Vec<&'static str> {
    let run = || {
        let watch = Arc::new(Watch::default());
        let scheduler = entry.build(&Table::new(), entry.meta().name).expect("another suite checks defaults");
        let space = random_space(&mut Seed::new(case.seed).generator());
        let study = Study::objectives(space, &vec![Direction::Minimize; case.objectives])
            .sampler(Random)
            .pruner(Watched { scheduler, watch: watch.clone() })
            .seed(case.seed)
            .open()
            .expect("memory does not fail");
        let curves = Curves { case, steps: AtomicUsize::new(0) };
        let ended = study.optimize_resumable(&curves, &Budget::trials(TRIALS).workers(case.workers));
        (study, curves.steps.into_inner(), ended, watch)
    };
    let (study, steps, ended, watch) = run();
    let (trials, counts) = (study.trials(), study.counts());
    let mut wrong = watch.wrong.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut say = |is_wrong: bool, what: &'static str| wrong.extend(is_wrong.then_some(what));
    say(!matches!(ended, Ok(Ended::Trials)), "the study does not end with its trials");
    say(trials.len() != TRIALS as usize, "the study does not begin as many trials as it may");
    // A copy's parent may go on before it is copied, if there are other workers: it is then run again up to there.
    let exact = case.workers == 1 || trials.iter().all(|trial| trial.parent().is_none());
    let reported: usize = trials.iter().map(|trial| trial.reports.len()).sum();
    say(if exact { steps != reported } else { steps < reported }, "steps run more than once, or not at all");
    say(counts.running + counts.waiting > 0, "trials are left running or waiting");
    say(counts.failed > 0, "trials fail");
    let ends_badly = |trial: &TrialRecord| {
        let waits = matches!(trial.state, TrialState::Paused | TrialState::Complete);
        waits && trial.last_report().is_some_and(|(_, value)| value.is_nan())
    };
    say(trials.iter().any(ends_badly), "a trial at NaN is neither stopped nor diverged");
    say(case.kind != Kind::Broken && counts.complete == 0, "no trial is complete");
    if case.workers == 1 {
        let story = |study: &Study| {
            let trials = study.trials().into_iter();
            let trials =
                trials.map(|t| format!("{:?} {:?} {:?} {:?}", t.params, t.state, t.reports, t.system));
            trials.collect::<Vec<_>>()
        };
        say(story(&run().0) != story(&study), "the same seed makes another study");
    }
    wrong
}

/// A training whose curve is a function of its trial's seed.
struct Curves {
    case: Case,
    steps: AtomicUsize,
}

impl Curves {
    /// The value at a step: of the trial's own curve, or that of the trial it goes on from.
    fn value(&self, seed: Seed, step: u64) -> f64 {
        let mut generator = seed.named("curve").generator();
        let (limit, speed) = (generator.uniform(), generator.uniform_in(0.05, 1.0));
        let (breaks, how) = (generator.below(2 * WHOLE as usize) as u64, generator.below(3));
        let noise = seed.at(step).generator().normal();
        match self.case.kind {
            Kind::Constant => 0.5,
            Kind::Broken if step >= breaks => [f64::NAN, f64::INFINITY, f64::NEG_INFINITY][how],
            _ => limit + (-speed * step as f64).exp() + 0.03 * noise,
        }
    }
}

impl Resumable for Curves {
    type State = u64;

    fn begin(&self, _: &mut TrialRun<'_>) -> Result<u64, Outcome> {
        Ok(0)
    }

    fn run(&self, done: &mut u64, trial: &mut TrialRun<'_>) -> Outcome {
        let seed = trial.seed();
        let mut value = self.value(seed, WHOLE - 1);
        while *done < WHOLE {
            value = self.value(seed, *done);
            *done += 1;
            self.steps.fetch_add(1, Ordering::Relaxed);
            let flow = match self.case.objectives {
                1 => trial.report(*done - 1, value),
                _ => trial.report_values(*done - 1, &[value, -value]),
            };
            if flow != Flow::Continue {
                break;
            }
        }
        if self.case.objectives == 1 {
            Outcome::Complete(value)
        } else {
            Outcome::Values(vec![value, -value])
        }
    }

    fn fork(&self, state: &mut u64, _: &TrialRun<'_>) -> Option<u64> {
        Some(*state)
    }
}

/// What is seen of a scheduler at work.
#[derive(Debug, Default)]
struct Watch {
    stopped: Mutex<BTreeSet<u64>>,
    questions: AtomicUsize,
    wrong: Mutex<Vec<&'static str>>,
}

/// A scheduler that is watched.
#[derive(Debug)]
struct Watched {
    scheduler: Box<dyn Scheduler>,
    watch: Arc<Watch>,
}

impl Watched {
    fn say(&self, what: &'static str) {
        self.watch.wrong.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }

    /// Whether so many questions are enough; the study then ends, as it should have by itself.
    fn is_endless(&self) -> bool {
        let asked = self.watch.questions.fetch_add(1, Ordering::Relaxed);
        if asked == QUESTIONS {
            self.say("trials go on without end");
        }
        asked >= QUESTIONS
    }
}

impl Scheduler for Watched {
    fn judge(&self, trial: &TrialRecord, history: &History) -> Flow {
        let mut stopped = self.watch.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        if stopped.contains(&trial.number) {
            self.say("a trial is judged after it was stopped");
        }
        let flow = self.scheduler.judge(trial, history);
        if flow == Flow::Stop {
            stopped.insert(trial.number);
        }
        flow
    }

    fn next(&self, history: &History, generator: &mut Generator) -> Option<Next> {
        if self.is_endless() { None } else { self.scheduler.next(history, generator) }
    }

    fn finish(&self, history: &History, generator: &mut Generator) -> Option<u64> {
        if self.is_endless() { None } else { self.scheduler.finish(history, generator) }
    }

    fn until(&self, last: Option<u64>) -> Option<u64> {
        self.scheduler.until(last)
    }
}
