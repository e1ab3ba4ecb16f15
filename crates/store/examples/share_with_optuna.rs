//! Writes a small study that Optuna's tools open: `cargo run -p tunesmith-store --example share_with_optuna study.db`,
//! then `optuna-dashboard sqlite:///study.db`.

use std::sync::Arc;

use tunesmith_core::{Flow, Reporter};
use tunesmith_store::SqliteStorage;
use tunesmith_tuner::pruners::Asha;
use tunesmith_tuner::{Budget, Outcome, Study, TrialRun, problems};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).unwrap_or_else(|| "study.db".to_owned());
    let storage = Arc::new(SqliteStorage::open(&format!("sqlite:///{file}"))?);
    let [.., mixed, _] = problems::basic();
    let study =
        Study::minimize((mixed.space)()).name("mixed").pruner(Asha::default()).storage(storage).open()?;
    let objective = |trial: &mut TrialRun<'_>| {
        let value = (mixed.value)(trial);
        if value > 8.0 {
            return Outcome::Diverged { step: 0, reason: format!("the value {value:.1} is beyond 8") };
        }
        for step in 0..9 {
            if trial.report(step, value + 1.0 / (step + 1) as f64) == Flow::Stop {
                return Outcome::Pruned;
            }
        }
        Outcome::Complete(value)
    };
    study.optimize(objective, &Budget::trials(60).workers(2))?;
    Ok(())
}
