//! The page of a study.

use super::shell::page;
use super::{configuration, headline, race, reproduce, search, takeaways, trials, winner};
use crate::{StudyInput, findings};

/// The report of a study: one self-contained HTML file.
///
/// The parts, in order: what came out; findings with advice; the history; learning curves; parallel coordinates; each
/// setting alone; the best configuration; the final race; the winner retrained; every trial; how to do it again. The same input gives
/// the same bytes.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Space, Value};
/// use tunesmith_report::{StudyInput, study_page};
/// use tunesmith_tuner::{Direction, TrialRecord, TrialState};
/// let space = Space::new().with("training.lr", Domain::float(1e-4, 1.0, Scale::Log, None).unwrap());
/// let mut trial = TrialRecord::new(0);
/// trial.params.insert("training.lr".into(), Value::Float(0.01));
/// (trial.state, trial.value) = (TrialState::Complete, Some(0.98));
/// let trials = [trial];
/// let page = study_page(&StudyInput::new("digits", "accuracy", Direction::Maximize, &space, &trials));
/// assert!(page.starts_with("<!doctype html>"));
/// assert!(page.contains("The search reached <b>0.9800</b> accuracy."));
/// ```
#[must_use]
pub fn study_page(input: &StudyInput<'_>) -> String {
    let found = findings::of_study(input);
    let sections = [
        takeaways::section(&found, "search"),
        Some(search::history(input)),
        search::curves(input),
        search::parallel(input),
        search::slices(input),
        configuration::of_study(input),
        race::section(input),
        input.winner.as_ref().and_then(|run| winner::section(run, "The winner, trained again")),
        trials::section(input),
        reproduce::section(&input.reproduce),
    ];
    let sections: Vec<_> = sections.into_iter().flatten().collect();
    page(&format!("{}: study report", input.name), &headline::of_study(input), &sections)
}
