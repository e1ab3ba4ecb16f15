//! A process that is killed at any moment loses at most the trials it was running.
//!
//! The test binary starts itself as the process to be killed. Five rounds run always; `TUNESMITH_SLOW=1` makes it sixty.

mod common;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;

use common::{Folder, url};
use tunesmith_core::{Flow, Reporter, Seed};
use tunesmith_store::{Reader, SqliteStorage};
use tunesmith_tuner::pruners::Median;
use tunesmith_tuner::{Budget, MOST_RETRIES, Outcome, Study, TrialRecord, TrialRun, TrialState, problems};

const FILE: &str = "TUNESMITH_KILL_TEST_FILE";
const TOTAL: &str = "TUNESMITH_KILL_TEST_TOTAL";
const WORKERS: usize = 2;

fn open(url: &str) -> Study {
    let storage = Arc::new(SqliteStorage::open(url).unwrap());
    let space = (problems::all()[3].space)();
    Study::minimize(space).name("kill").pruner(Median::default()).storage(storage).open().unwrap()
}

fn objective(trial: &mut TrialRun<'_>) -> Outcome {
    let value = (problems::all()[3].value)(trial);
    for step in 0..20 {
        if trial.report(step, value + 1.0 / (step + 1) as f64) == Flow::Stop {
            return Outcome::Pruned;
        }
    }
    Outcome::Complete(value)
}

/// Not a test of its own: the process that is killed. It says which trials have ended, once they have.
#[test]
fn victim() {
    let Ok(url) = std::env::var(FILE) else { return };
    #[derive(Debug)]
    struct Say;
    impl tunesmith_tuner::Observer for Say {
        #[expect(clippy::print_stdout, reason = "the killer reads it")]
        fn finished(&self, trial: &TrialRecord) {
            println!("ended {}", trial.number);
        }
    }
    let storage = Arc::new(SqliteStorage::open(&url).unwrap());
    let space = (problems::all()[3].space)();
    let study = Study::minimize(space)
        .name("kill")
        .pruner(Median::default())
        .storage(storage)
        .observer(Arc::new(Say));
    let total = std::env::var(TOTAL).ok().map(|total| total.parse().unwrap());
    let budget = total.map_or_else(Budget::unlimited, Budget::trials);
    study.open().unwrap().optimize(objective, &budget.workers(WORKERS)).unwrap();
}

fn start(url: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "victim", "--nocapture"]).env(FILE, url).stdout(Stdio::piped());
    command
}

#[test]
fn processes_share_a_study() {
    let folder = Folder::new();
    let url = url(&folder.file("study.db"));
    let running: Vec<_> = (0..3).map(|_| start(&url).env(TOTAL, "60").spawn().unwrap()).collect();
    let mut ended = Vec::new();
    for process in running {
        let output = process.wait_with_output().unwrap();
        assert!(output.status.success());
        let said = String::from_utf8(output.stdout).unwrap();
        ended.extend(said.lines().filter_map(|line| line.split_once("ended ")?.1.parse::<usize>().ok()));
    }
    ended.sort_unstable();
    let trials = Reader::open(&url).unwrap().study("kill").unwrap().trials;
    assert_eq!(ended, (0..trials.len()).collect::<Vec<_>>(), "each trial is run by one process");
    assert!((60..=62).contains(&trials.len()), "{} trials", trials.len()); // each other process may be one ahead
    assert!(trials.iter().all(|trial| trial.state.is_finished()));
}

#[test]
fn a_kill_loses_at_most_the_running_trials() {
    let rounds = if std::env::var_os("TUNESMITH_SLOW").is_some() { 60 } else { 5 };
    let folder = Folder::new();
    let url = url(&folder.file("study.db"));
    let mut generator = Seed::new(6).generator();
    let mut ended: BTreeSet<u64> = BTreeSet::new();
    let mut lost_before = 0;
    for round in 0..rounds {
        let mut victim = start(&url).spawn().unwrap();
        let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines();
        let mut hear = |line: Option<std::io::Result<String>>| {
            // The test harness may write its own words before ours.
            let line = line?.unwrap();
            if let Some((_, number)) = line.split_once("ended ") {
                ended.insert(number.parse().unwrap());
            }
            Some(())
        };
        // After so many ended trials, and somewhere within the next ones.
        for _ in 0..1 + generator.below(40) {
            hear(lines.next());
        }
        let spin = generator.below(400_000) as u64;
        std::hint::black_box(
            (0..spin).fold(0_u64, |sum, i| sum.wrapping_mul(31).wrapping_add(std::hint::black_box(i))),
        );
        victim.kill().unwrap(); // SIGKILL
        victim.wait().unwrap();
        while hear(lines.next()).is_some() {}

        // What a look from outside sees, before anybody repairs anything.
        let trials = Reader::open(&url).unwrap().study("kill").unwrap().trials;
        for number in &ended {
            assert!(trials[*number as usize].state.is_finished(), "round {round}: trial {number} had ended");
        }
        let count = |state| trials.iter().filter(|trial| trial.state == state).count();
        let (running, waiting) = (count(TrialState::Running), count(TrialState::Waiting));
        assert!(running <= WORKERS, "round {round}: {running} run");

        let given_up = trials.iter().filter(|trial| {
            trial.state == TrialState::Running && trial.retry_history().len() >= MOST_RETRIES
        });
        let given_up = given_up.count();

        // A resume on this machine finds at once that the process is gone.
        let study = open(&url);
        let counts = study.counts();
        assert_eq!(counts.running, 0, "round {round}");
        assert_eq!(
            counts.waiting,
            waiting + running - given_up,
            "round {round}: each lost trial waits to be run again"
        );
        assert_eq!(counts.failed, lost_before + running, "round {round}");
        lost_before += running;
        let space = study.space();
        for trial in study.trials() {
            let whole = trial.state != TrialState::Complete
                || (trial.value.is_some() && trial.reports.len() == 20 && space.check(&trial.params).is_ok());
            assert!(whole, "round {round}: trial {} is not whole: {trial:?}", trial.number);
        }
        for trial in study.trials().iter().filter(|trial| trial.state == TrialState::Waiting) {
            let chain = trial.retry_history();
            assert_eq!(trial.system["failed_trial"], chain[0].to_string());
            let last = chain[chain.len() - 1] as usize;
            assert_eq!(trial.params, study.trials()[last].params, "the same settings");
        }
    }
    // The study goes on, and the repeated trials count once.
    let study = open(&url);
    let total = study.spent() + 10;
    study.optimize(objective, &Budget::trials(total)).unwrap();
    assert_eq!(study.counts().waiting, 0);
    assert_eq!(study.spent(), total);
}
