//! Trials that pause, go on and are copied: with their states in memory, without them, and after a restart.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use tunesmith_core::{Domain, Flow, Generator, Reporter, Scale, Space};
use tunesmith_tuner::pruners::Asha;
use tunesmith_tuner::samplers::Random;
use tunesmith_tuner::{
    Budget, Direction, History, MemoryStorage, Next, Outcome, Resumable, Scheduler, Study, TrialRecord,
    TrialRun, TrialState,
};

fn space() -> Space {
    Space::new().with("lr", Domain::float(1e-3, 1.0, Scale::Log, None).unwrap())
}

/// Gradient descent on x^2 with noise from the trial's seed; counts its steps.
#[derive(Default)]
struct Descent {
    steps: AtomicUsize,
    begun: AtomicUsize,
}

const WHOLE: u64 = 27;

impl Resumable for Descent {
    type State = (f64, u64);

    fn begin(&self, _: &mut TrialRun<'_>) -> Result<(f64, u64), Outcome> {
        self.begun.fetch_add(1, Ordering::Relaxed);
        Ok((10.0, 0))
    }

    fn run(&self, (x, done): &mut (f64, u64), trial: &mut TrialRun<'_>) -> Outcome {
        while *done < WHOLE {
            let noise = trial.seed().at(*done).generator().normal() * 0.01;
            *x -= trial.float("lr") * 2.0 * *x + noise;
            *done += 1;
            self.steps.fetch_add(1, Ordering::Relaxed);
            if trial.report(*done - 1, x.abs()) != Flow::Continue {
                break;
            }
        }
        Outcome::Complete(x.abs())
    }

    fn fork(&self, state: &mut (f64, u64), _: &TrialRun<'_>) -> Option<(f64, u64)> {
        Some(*state)
    }
}

type Curve = (TrialState, Option<f64>, Vec<(u64, f64)>);

fn curves(study: &Study) -> Vec<Curve> {
    study.trials().into_iter().map(|trial| (trial.state, trial.value, trial.reports)).collect()
}

#[test]
fn promotion_spends_most_steps_on_the_best_and_none_twice() {
    let study =
        Study::minimize(space()).sampler(Random).pruner(Asha::promoting(WHOLE as usize)).open().unwrap();
    let descent = Descent::default();
    study.optimize_resumable(&descent, &Budget::trials(27)).unwrap();
    let trials = study.trials();
    let reported: usize = trials.iter().map(|trial| trial.reports.len()).sum();
    assert_eq!(descent.steps.load(Ordering::Relaxed), reported);
    assert_eq!(descent.begun.load(Ordering::Relaxed), 27);
    let reached = |steps: usize| trials.iter().filter(|trial| trial.reports.len() >= steps).count();
    assert!(reached(3) >= 9 && reached(9) >= 3 && reached(27) >= 1, "{:?}", [3, 9, 27].map(reached));
    assert!(reported < 27 * 27 / 3, "{reported} steps");
    assert_eq!(trials.len(), study.counts().complete + study.counts().paused);
}

#[test]
fn dropped_states_are_made_again_bit_for_bit() {
    let run = |memory: usize| {
        let study = Study::minimize(space()).pruner(Asha::promoting(WHOLE as usize)).open().unwrap();
        let descent = Descent::default();
        study.optimize_resumable(&descent, &Budget::trials(20).memory(memory)).unwrap();
        (curves(&study), descent.begun.into_inner())
    };
    let (kept, begun) = run(1 << 20);
    let (dropped, begun_again) = run(0);
    assert_eq!(kept, dropped);
    assert!(begun_again > begun);
}

#[test]
fn objectives_without_a_state_run_again_from_their_start() {
    let with_state = Study::minimize(space()).pruner(Asha::promoting(WHOLE as usize)).open().unwrap();
    with_state.optimize_resumable(&Descent::default(), &Budget::trials(20)).unwrap();
    let without = Study::minimize(space()).pruner(Asha::promoting(WHOLE as usize)).open().unwrap();
    let descent = Descent::default();
    let whole = |trial: &mut TrialRun<'_>| {
        let mut state = descent.begin(trial).unwrap();
        descent.run(&mut state, trial)
    };
    without.optimize(whole, &Budget::trials(20)).unwrap();
    assert_eq!(curves(&with_state), curves(&without));
}

#[test]
fn a_study_that_was_closed_goes_on_with_its_paused_trials() {
    let storage = Arc::new(MemoryStorage::new());
    let open = || {
        let study = Study::minimize(space()).pruner(Asha::promoting(WHOLE as usize));
        study.storage(storage.clone()).open().unwrap()
    };
    open().optimize_resumable(&Descent::default(), &Budget::trials(12)).unwrap();
    let resumed = open();
    resumed.optimize_resumable(&Descent::default(), &Budget::trials(30)).unwrap();
    let whole = Study::minimize(space()).pruner(Asha::promoting(WHOLE as usize)).open().unwrap();
    whole.optimize_resumable(&Descent::default(), &Budget::trials(12)).unwrap();
    whole.optimize_resumable(&Descent::default(), &Budget::trials(30)).unwrap();
    assert_eq!(curves(&resumed), curves(&whole));
}

#[test]
fn several_workers_run_every_step_once() {
    for _ in 0..20 {
        let study = Study::minimize(space()).pruner(Asha::promoting(WHOLE as usize)).open().unwrap();
        let descent = Descent::default();
        study.optimize_resumable(&descent, &Budget::trials(30).workers(4)).unwrap();
        let reported: usize = study.trials().iter().map(|trial| trial.reports.len()).sum();
        assert_eq!(descent.steps.load(Ordering::Relaxed), reported);
        assert_eq!(study.counts().running, 0);
    }
}

/// After two paused trials, one goes on as a copy of the better with a rate of its own.
#[derive(Debug)]
struct CopyOnce;

impl Scheduler for CopyOnce {
    fn judge(&self, trial: &TrialRecord, _: &History) -> Flow {
        let first_look = trial.last_report().is_some_and(|(step, _)| step == 4);
        if first_look && trial.parent().is_none() { Flow::Pause } else { Flow::Continue }
    }

    fn next(&self, history: &History, _: &mut Generator) -> Option<Next> {
        let paused: Vec<&TrialRecord> = history.open().filter(|t| t.state == TrialState::Paused).collect();
        let copied = history.trials().iter().any(|trial| trial.parent().is_some());
        if paused.len() < 2 || copied {
            return None;
        }
        let parent = paused.iter().min_by(|a, b| a.value.unwrap().total_cmp(&b.value.unwrap()))?.number;
        Some(Next::Fork { parent, params: [("lr".to_owned(), 0.5.into())].into() })
    }
}

#[test]
fn a_copy_begins_with_its_parents_state_kept_or_made_again() {
    let run = |memory: usize| {
        let study = Study::minimize(space()).pruner(CopyOnce).open().unwrap();
        study.optimize_resumable(&Descent::default(), &Budget::trials(3).memory(memory)).unwrap();
        study.trials()
    };
    let trials = run(1 << 20);
    let copy = &trials[2];
    let (parent, step) = copy.parent().unwrap();
    assert_eq!((step, trials[parent as usize].reports.len()), (4, 5));
    assert_eq!((copy.reports[0].0, copy.state), (5, TrialState::Complete));
    // The rate of 0.5 leaves nothing but the noise of x.
    assert!(copy.value.unwrap() < 0.1);
    assert_eq!(run(0)[2].reports, copy.reports);
}

#[test]
fn several_objectives_have_a_front_and_their_reports() {
    let space = Space::new().with("units", Domain::int(1, 50, Scale::Linear, 1).unwrap());
    let study = Study::objectives(space, &[Direction::Maximize, Direction::Minimize]).seed(3).open().unwrap();
    let objective = |trial: &mut TrialRun<'_>| {
        let units = trial.float("units");
        trial.set_constraint("memory", units - 40.0);
        trial.report_values(0, &[0.0, f64::INFINITY]);
        [1.0 - 1.0 / units, units]
    };
    study.optimize(objective, &Budget::trials(40)).unwrap();
    let front = study.front();
    assert!(front.iter().all(|trial| trial.params["units"].as_i64().unwrap() <= 40));
    assert!(front.len() > 5);
    assert_eq!(front[0].values_at(0), Some(vec![0.0, f64::INFINITY]));
    let over = study.trials().into_iter().find(|trial| trial.params["units"].as_i64().unwrap() > 40).unwrap();
    assert!(study.with_history(|history| history.violation(over.number)) > 0.0);
    assert_eq!(over.constraints(), BTreeMap::from([("memory".to_owned(), over.further[0] - 40.0)]));
}

#[test]
fn a_wrong_number_of_values_fails_with_a_reason() {
    let study = Study::objectives(space(), &[Direction::Minimize; 2]).open().unwrap();
    study.optimize(|trial: &mut TrialRun<'_>| trial.float("lr"), &Budget::trials(1)).unwrap();
    let trial = &study.trials()[0];
    assert_eq!(trial.state, TrialState::Failed);
    assert_eq!(trial.reason.as_deref(), Some("the objective returned 1 value, the study has 2 objectives"));
}

proptest! {
    #[test]
    fn the_front_is_what_no_other_beats(values in prop::collection::vec((0..5_u32, 0..5_u32, -1..2_i32), 1..30)) {
        let mut history = History::of_objectives(Space::new(), &[Direction::Maximize, Direction::Minimize]);
        for (number, (a, b, constraint)) in values.iter().enumerate() {
            let mut trial = TrialRecord::new(number as u64);
            trial.state = TrialState::Complete;
            (trial.value, trial.further) = (Some(f64::from(*a)), vec![f64::from(*b)]);
            trial.system.insert("constraints:c".into(), constraint.to_string());
            history.put(trial);
        }
        let any_kept = values.iter().any(|(.., constraint)| *constraint <= 0);
        let front: Vec<usize> = (0..values.len())
            .filter(|&i| {
                let (a, b, constraint) = values[i];
                let counts = |constraint: i32| !any_kept || constraint <= 0;
                counts(constraint)
                    && !values.iter().any(|&(x, y, other)| counts(other) && x >= a && y <= b && (x, y) != (a, b))
            })
            .collect();
        prop_assert_eq!(history.front().iter().map(|trial| trial.number as usize).collect::<Vec<_>>(), front);
    }
}

#[test]
fn pausing_and_going_on_costs_microseconds() {
    /// Pauses at every step.
    #[derive(Debug)]
    struct Always;
    impl Scheduler for Always {
        fn judge(&self, _: &TrialRecord, _: &History) -> Flow {
            Flow::Pause
        }
        fn next(&self, history: &History, _: &mut Generator) -> Option<Next> {
            history
                .open()
                .find(|trial| trial.state == TrialState::Paused)
                .map(|trial| Next::Resume(trial.number))
        }
    }
    struct Counter;
    impl Resumable for Counter {
        type State = u64;
        fn begin(&self, _: &mut TrialRun<'_>) -> Result<u64, Outcome> {
            Ok(0)
        }
        fn run(&self, state: &mut u64, trial: &mut TrialRun<'_>) -> Outcome {
            while *state < 2000 {
                *state += 1;
                if trial.report(*state - 1, 1.0) != Flow::Continue {
                    break;
                }
            }
            Outcome::Complete(1.0)
        }
    }
    let study = Study::minimize(space()).pruner(Always).open().unwrap();
    let began = std::time::Instant::now();
    study.optimize_resumable(&Counter, &Budget::trials(1)).unwrap();
    let each = began.elapsed() / 2000;
    assert_eq!(study.trials()[0].reports.len(), 2000);
    // 50 us are promised in a release build; this one checks more and shares the machine.
    assert!(each < std::time::Duration::from_micros(500), "{each:?} to pause and go on");
}
