//! `Resumable`: an objective that stops in the middle and goes on later, with its state kept in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::{Budget, Ended, Outcome, StorageError, Study, Trial, TrialRun};

/// An objective whose trials have a state: what a scheduler pauses goes on where it was, and can be copied.
///
/// ```
/// use tunesmith_core::{Domain, Flow, Reporter, Scale, Space};
/// use tunesmith_tuner::{Budget, Outcome, Resumable, Study, TrialRun, pruners::Asha};
///
/// /// Gradient descent on x^2: the state is x and how many steps were made.
/// struct Descent;
/// impl Resumable for Descent {
///     type State = (f64, u64);
///     fn begin(&self, _: &mut TrialRun<'_>) -> Result<(f64, u64), Outcome> {
///         Ok((10.0, 0))
///     }
///     fn run(&self, (x, steps): &mut (f64, u64), trial: &mut TrialRun<'_>) -> Outcome {
///         while *steps < 27 {
///             *x -= trial.float("lr") * 2.0 * *x;
///             *steps += 1;
///             if trial.report(*steps - 1, x.abs()) != Flow::Continue {
///                 break; // what is returned then does not count
///             }
///         }
///         Outcome::Complete(x.abs())
///     }
///     fn fork(&self, state: &mut (f64, u64), _: &TrialRun<'_>) -> Option<(f64, u64)> {
///         Some(*state)
///     }
/// }
/// let space = Space::new().with("lr", Domain::float(1e-3, 1.0, Scale::Log, None).unwrap());
/// let study = Study::minimize(space).pruner(Asha::promoting(27)).open().unwrap();
/// study.optimize_resumable(&Descent, &Budget::trials(27)).unwrap();
/// assert!(study.counts().paused > 10 && study.counts().complete >= 1);
/// ```
pub trait Resumable: Sync {
    /// What a trial needs to go on.
    type State: Send;

    /// A trial before its first step, or how it ended at once.
    ///
    /// # Errors
    /// How the trial ended, if it cannot begin.
    fn begin(&self, trial: &mut TrialRun<'_>) -> Result<Self::State, Outcome>;

    /// Runs on from the state until the trial ends or a report is not answered by
    /// [`Flow::Continue`](tunesmith_core::Flow::Continue); the state is then that after the report.
    fn run(&self, state: &mut Self::State, trial: &mut TrialRun<'_>) -> Outcome;

    /// A copy of a paused trial's state for a trial with other settings, if that is possible.
    fn fork(&self, state: &mut Self::State, trial: &TrialRun<'_>) -> Option<Self::State> {
        let _ = (state, trial);
        None
    }

    /// How many bytes a state takes.
    fn bytes(&self, state: &mut Self::State) -> usize {
        size_of_val(state)
    }
}

/// The states of paused trials, within a limit of bytes.
struct Kept<S> {
    states: BTreeMap<u64, (S, usize)>,
    bytes: usize,
}

impl Study {
    /// Runs trials as [`Study::optimize`] does, and keeps the states of those that are paused.
    ///
    /// States beyond the budget's memory are dropped, first those of the trials that came least far and did worst there; so
    /// are all when the process ends. A trial without its state runs again from its start up to where it was, which gives
    /// the same state when the objective draws its randomness from the trial's seed.
    ///
    /// # Errors
    /// When the storage fails; trials that were running then are not recorded.
    ///
    /// # Panics
    /// When the sampler suggests what is not in the space.
    pub fn optimize_resumable<O: Resumable>(
        &self,
        objective: &O,
        budget: &Budget,
    ) -> Result<Ended, StorageError> {
        let kept = Mutex::new(Kept { states: BTreeMap::new(), bytes: 0 });
        let arena = Arena { objective, kept: &kept, limit: budget.memory };
        self.drive(&|trial| arena.run(trial), budget)
    }
}

struct Arena<'a, O: Resumable> {
    objective: &'a O,
    kept: &'a Mutex<Kept<O::State>>,
    limit: usize,
}

impl<O: Resumable> Arena<'_, O> {
    fn run(&self, trial: &mut TrialRun<'_>) -> Outcome {
        trial.keep_state();
        let mut state = match self.state(trial) {
            Ok(state) => state,
            Err(outcome) => return outcome,
        };
        let outcome = self.objective.run(&mut state, trial);
        if trial.is_paused() {
            self.keep(trial, state);
        }
        outcome
    }

    /// The state with which a trial begins or goes on.
    fn state(&self, trial: &mut TrialRun<'_>) -> Result<O::State, Outcome> {
        let kept = self.kept().take(trial.number());
        match (kept, trial.reported()) {
            (Some(state), _) => Ok(state),
            (None, None) => self.first_state(trial),
            (None, Some(until)) => {
                let mut again = trial.run_again(Trial::clone(trial), until);
                let mut state = self.first_state(&mut again)?;
                self.replay(&mut state, &mut again)?;
                Ok(state)
            }
        }
    }

    /// The state before a trial's first step.
    fn first_state(&self, trial: &mut TrialRun<'_>) -> Result<O::State, Outcome> {
        let Some((parent, step)) = trial.parent() else { return self.objective.begin(trial) };
        let cannot =
            |why: &str| Outcome::Failed { reason: format!("cannot go on from trial {parent}: {why}") };
        let no_copy = || cannot("this objective's states cannot be copied");
        let study = trial.study();
        let still_there = study.last_step(parent) == Some(step);
        if let Some((state, _)) = self.kept().states.get_mut(&parent).filter(|_| still_there) {
            return self.objective.fork(state, trial).ok_or_else(no_copy);
        }
        let parent = study.known_trial(parent).ok_or_else(|| cannot("it is not known"))?;
        let mut again = trial.run_again(parent, step);
        let mut state = self.first_state(&mut again)?;
        self.replay(&mut state, &mut again)?;
        self.objective.fork(&mut state, trial).ok_or_else(no_copy)
    }

    /// Runs up to the step at which the trial was paused.
    fn replay(&self, state: &mut O::State, again: &mut TrialRun<'_>) -> Result<(), Outcome> {
        let outcome = self.objective.run(state, again);
        if again.is_paused() { Ok(()) } else { Err(outcome) }
    }

    fn keep(&self, trial: &TrialRun<'_>, mut state: O::State) {
        let bytes = self.objective.bytes(&mut state);
        let study = trial.study();
        let mut kept = self.kept();
        kept.states.insert(trial.number(), (state, bytes));
        kept.bytes += bytes;
        while kept.bytes > self.limit {
            let worst = study.with_history(|history| {
                let place = |number: &u64| {
                    let last = history.trial(*number).and_then(|trial| trial.last_report());
                    last.map(|(step, value)| (step, -history.direction().loss(value)))
                };
                let by_place = |a: &u64, b: &u64| match (place(a), place(b)) {
                    (Some((a, x)), Some((b, y))) => a.cmp(&b).then(x.total_cmp(&y)),
                    (a, b) => a.is_some().cmp(&b.is_some()),
                };
                kept.states.keys().copied().min_by(by_place)
            });
            match worst {
                Some(number) => drop(kept.take(number)),
                None => break,
            }
        }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept<O::State>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner) // one insertion or removal at a time
    }
}

impl<S> Kept<S> {
    fn take(&mut self, number: u64) -> Option<S> {
        let (state, bytes) = self.states.remove(&number)?;
        self.bytes -= bytes;
        Some(state)
    }
}
