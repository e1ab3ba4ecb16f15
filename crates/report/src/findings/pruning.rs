//! What stopping early left out, and whether it left too little.
//!
//! Source: ours (Ax 1.3 reports the share as "early stopping savings"). Threshold: any pruned trial. Left out is what the
//! pruned trials would have run on top, as a share of what all of them together would have taken. What it cost in
//! quality nobody measured, so nothing is said of it; but when fewer than five trials, or than a tenth, ran to the end,
//! too little is left to choose from, and trials should be judged later.

use tunesmith_tuner::TrialState;

use super::facts::Facts;
use super::{Finding, Severity};
use crate::number::{count, percent};

/// With fewer complete trials than this, a result rests on next to nothing.
const FEW: usize = 5;

/// The share of steps that stopping early saved, from 0 to 1; nothing where no trial was pruned.
pub(crate) fn saved(facts: &Facts<'_>) -> Option<f64> {
    let whole = facts.whole();
    let pruned = facts.input.trials.iter().filter(|trial| trial.state == TrialState::Pruned);
    let left: usize = pruned.map(|trial| whole.saturating_sub(trial.reports.len())).sum();
    let trials = facts.count(TrialState::Complete) + facts.count(TrialState::Pruned);
    (left > 0).then(|| left as f64 / (whole * trials) as f64)
}

pub(crate) fn check(facts: &Facts<'_>, found: &mut Vec<Finding>) {
    let (complete, pruned) = (facts.count(TrialState::Complete), facts.count(TrialState::Pruned));
    if pruned == 0 {
        return;
    }
    if complete < FEW || complete * 10 < complete + pruned {
        found.push(too_early(facts, complete, pruned));
    } else if let Some(saved) = saved(facts) {
        found.push(Finding {
            id: "pruning",
            severity: Severity::Info,
            sentence: format!(
                "Stopping {} of {} early left out {} of the {}s.",
                pruned,
                count(facts.ended(), "trial"),
                percent(saved),
                facts.input.step
            ),
            advice: format!(
                "What those would have reached is not known; the result rests on the {complete} that ran to the end."
            ),
            patch: None,
            at: None,
        });
    }
}

/// So few trials ran to the end that the result rests on next to nothing.
fn too_early(facts: &Facts<'_>, complete: usize, pruned: usize) -> Finding {
    let step = facts.input.step;
    let steps = |state: TrialState| {
        let trials = facts.input.trials.iter().filter(move |trial| trial.state == state);
        trials.filter_map(|trial| trial.last_report()).map(|(step, _)| step.saturating_add(1))
    };
    let first = steps(TrialState::Pruned).min();
    let whole = steps(TrialState::Complete).chain(steps(TrialState::Pruned)).max().unwrap_or(0);
    let after = first.map_or_else(String::new, |n| {
        format!(", the first after {}", count(usize::try_from(n).unwrap_or(usize::MAX), step))
    });
    let ran = match complete {
        0 => format!("None of {}", count(facts.ended(), "trial")),
        _ => format!("Only {complete} of {}", count(facts.ended(), "trial")),
    };
    let were = if pruned == 1 { "was" } else { "were" };
    let (advice, scheduler) = match later(whole, first.unwrap_or(0)) {
        Some(n) => (
            format!("Judge later, from {step} {n} on, so that more trials show what they can reach."),
            format!("{{ asha = {{ min_resource = {n} }} }}"),
        ),
        None => {
            ("Stop none, so that more trials show what they can reach.".to_owned(), "\"none\"".to_owned())
        }
    };
    Finding {
        id: "pruning",
        severity: Severity::Warning,
        sentence: format!("{ran} ran to the end; {pruned} {were} stopped early{after}."),
        advice,
        patch: Some(format!("[tuning]\nscheduler = {scheduler}")),
        at: Some("tuning.scheduler".to_owned()),
    }
}

/// From which step on to judge: a tenth of the whole, or twice what trials were given where that was no less; nothing
/// when that is more than half.
fn later(whole: u64, first: u64) -> Option<u64> {
    let tenth = whole.div_ceil(10).max(1);
    let from = if first < tenth { tenth } else { first.saturating_mul(2) };
    (from <= whole / 2).then_some(from)
}

#[cfg(test)]
mod tests {
    use super::{check, later, saved};
    use crate::findings::facts::{Facts, made_up};
    use crate::findings::{Finding, Severity};
    use tunesmith_core::{Domain, Scale};
    use tunesmith_tuner::{TrialRecord, TrialState};

    fn trials(complete: usize, pruned: usize, stopped_after: u64) -> Vec<TrialRecord> {
        (0..complete + pruned)
            .map(|i| {
                let (state, steps) = if i < complete {
                    (TrialState::Complete, 40)
                } else {
                    (TrialState::Pruned, stopped_after)
                };
                let mut trial = made_up::trial(i, 0.5, state, Some(1.0));
                (0..steps).for_each(|step| assert!(trial.report(step, 1.0)));
                trial
            })
            .collect()
    }

    fn found(trials: &[TrialRecord]) -> Vec<Finding> {
        let space = made_up::space(Domain::float(0.0, 1.0, Scale::Linear, None).unwrap());
        let mut found = Vec::new();
        check(&Facts::of(&made_up::study(&space, trials)), &mut found);
        found
    }

    #[test]
    fn the_share_is_that_of_steps_not_run() {
        let space = made_up::space(Domain::float(0.0, 1.0, Scale::Linear, None).unwrap());
        let share = |trials: &[TrialRecord]| saved(&Facts::of(&made_up::study(&space, trials)));
        assert_eq!(share(&trials(2, 2, 20)), Some(0.25));
        assert_eq!(share(&trials(2, 0, 20)), None);
    }

    #[test]
    fn what_is_known_is_said_and_no_more() {
        let found = found(&trials(6, 6, 20));
        assert_eq!(found[0].severity, Severity::Info);
        assert_eq!(
            found[0].sentence.replace('\u{a0}', " "),
            "Stopping 6 of 12 trials early left out 25 % of the epochs."
        );
        assert_eq!(
            found[0].advice,
            "What those would have reached is not known; the result rests on the 6 that ran to the end."
        );
        assert_eq!(found[0].patch, None);
    }

    #[test]
    fn too_few_complete_trials_ask_for_a_later_judgement() {
        let found = found(&trials(2, 58, 1));
        assert_eq!(found[0].severity, Severity::Warning);
        assert_eq!(
            found[0].sentence,
            "Only 2 of 60 trials ran to the end; 58 were stopped early, the first after 1 epoch."
        );
        assert!(found[0].advice.starts_with("Judge later, from epoch 4 on"));
        assert_eq!(found[0].patch.as_deref(), Some("[tuning]\nscheduler = { asha = { min_resource = 4 } }"));
    }

    #[test]
    fn the_limits_are_five_trials_and_a_tenth() {
        let warns = |complete, pruned| found(&trials(complete, pruned, 1))[0].severity == Severity::Warning;
        assert!(warns(4, 1) && !warns(5, 1));
        assert!(warns(5, 46) && !warns(5, 45));
        assert!(warns(0, 3));
        assert!(found(&trials(3, 0, 1)).is_empty());
    }

    #[test]
    fn who_waits_a_tenth_already_waits_twice_as_long_or_stops_none() {
        assert_eq!(later(30, 1), Some(3));
        assert_eq!(later(30, 3), Some(6));
        assert_eq!(later(30, 8), None);
        assert_eq!(later(1, 1), None);
        let none = found(&trials(2, 58, 15));
        assert_eq!(none[0].patch.as_deref(), Some("[tuning]\nscheduler = \"none\""));
    }
}
