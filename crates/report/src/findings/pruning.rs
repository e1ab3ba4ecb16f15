//! What stopping early left out, and whether it left too little.
//!
//! Source: ours (Ax 1.3 reports the share as "early stopping savings"). Threshold: any pruned trial. Left out is what the
//! pruned trials would have run on top, as a share of what all of them together would have taken. What it cost in
//! quality nobody measured, so nothing is said of it, unless there is a sign that it did: trials should be judged later
//!
//! - when those that went on past the first rung ended in an order that has nothing to do with their order there
//!   (Kendall's tau below zero over six of them or more; those that go on are the best ones, which lowers tau, so that a
//!   low one alone says nothing);
//! - when fewer than six went on, so that nothing can be said of that, and fewer than five trials, or than a tenth, ran to
//!   the end, and no race measured anew what the choice fell on. Schedulers with rungs let few trials run to the end by
//!   design; that is no reason to complain.

use tunesmith_tuner::analysis::statistics::kendall_tau;
use tunesmith_tuner::{TrialRecord, TrialState};

use super::facts::Facts;
use super::{Finding, Severity};
use crate::number::{count, percent};

/// With fewer complete trials than this, a result rests on next to nothing.
const FEW: usize = 5;

/// Of fewer trials that went on nobody can say whether their order stayed.
const PAIRS: usize = 6;

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
    let few = complete < FEW || complete * 10 < complete + pruned;
    let pairs = pairs(facts);
    let tau = (pairs.len() >= PAIRS).then(|| {
        let (early, late): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        kendall_tau(&early, &late).tau
    });
    if tau.is_some_and(|tau| tau < 0.0) {
        found.push(misled(facts, pairs.len()));
    } else if tau.is_none() && few && facts.input.race.is_none() {
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

/// The last step that a trial reported.
fn last(trial: &TrialRecord) -> Option<u64> {
    trial.last_report().map(|(step, _)| step)
}

/// The first rung: the earliest step at which a trial was stopped.
fn first_rung(facts: &Facts<'_>) -> Option<u64> {
    let stopped = facts.input.trials.iter().filter(|trial| trial.state == TrialState::Pruned);
    stopped.filter_map(last).min()
}

/// For each trial that went on past the first rung, its value there and the last one it has.
fn pairs(facts: &Facts<'_>) -> Vec<(f64, f64)> {
    let Some(first) = first_rung(facts) else { return Vec::new() };
    let pair = |trial: &TrialRecord| {
        let (_, value) = trial.last_report().filter(|(step, _)| *step > first)?;
        Some((trial.report_at(first)?, value))
    };
    let valued = facts.valued.iter().filter_map(|trial| pair(trial));
    valued.filter(|(early, late)| early.is_finite() && late.is_finite()).collect()
}

/// The step after which trials were first judged, and the longest that one ran, counted from 1.
fn judged(facts: &Facts<'_>) -> (u64, u64) {
    let first = first_rung(facts).map_or(0, |step| step.saturating_add(1));
    let ended = |trial: &&TrialRecord| matches!(trial.state, TrialState::Complete | TrialState::Pruned);
    let whole = facts.input.trials.iter().filter(ended).filter_map(last).max();
    (first, whole.map_or(0, |step| step.saturating_add(1)))
}

/// What to do about a judgement that comes too early.
fn judge_later(facts: &Facts<'_>, why: &str) -> (String, Option<String>) {
    let step = facts.input.step;
    let (first, whole) = judged(facts);
    let (advice, scheduler) = match later(whole, first) {
        Some(n) => (
            format!("Judge later, from {step} {n} on, {why}."),
            format!("{{ asha = {{ min_resource = {n} }} }}"),
        ),
        None => (format!("Stop none, {why}."), "\"none\"".to_owned()),
    };
    (advice, Some(format!("[tuning]\nscheduler = {scheduler}")))
}

/// What trials had where they were first judged says nothing of what they reached.
fn misled(facts: &Facts<'_>, went_on: usize) -> Finding {
    let (first, _) = judged(facts);
    let after = count(usize::try_from(first).unwrap_or(usize::MAX), facts.input.step);
    let (advice, patch) = judge_later(facts, "where trials show what they can reach");
    Finding {
        id: "pruning",
        severity: Severity::Warning,
        sentence: format!(
            "Trials were judged after {after}, but the {went_on} that went on ended in no such order as they had there."
        ),
        advice,
        patch,
        at: Some("tuning.scheduler".to_owned()),
    }
}

/// So few trials ran to the end that the result rests on next to nothing.
fn too_early(facts: &Facts<'_>, complete: usize, pruned: usize) -> Finding {
    let (first, _) = judged(facts);
    let steps = count(usize::try_from(first).unwrap_or(usize::MAX), facts.input.step);
    let after = if first > 0 { format!(", the first after {steps}") } else { String::new() };
    let ran = match complete {
        0 => format!("None of {}", count(facts.ended(), "trial")),
        _ => format!("Only {complete} of {}", count(facts.ended(), "trial")),
    };
    let were = if pruned == 1 { "was" } else { "were" };
    let (advice, patch) = judge_later(facts, "so that more trials show what they can reach");
    Finding {
        id: "pruning",
        severity: Severity::Warning,
        sentence: format!("{ran} ran to the end; {pruned} {were} stopped early{after}."),
        advice,
        patch,
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
    use crate::{RaceInput, StudyInput};
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
        assert!(warns(5, 46) && !warns(5, 45) && !warns(6, 90));
        assert!(warns(0, 3));
        assert!(found(&trials(3, 0, 1)).is_empty());
    }

    /// Twenty trials on the rungs 1, 3 and 9: one runs to the end, two stop at 9, five at 3; whether the order at the first
    /// rung stays or turns round.
    fn promoted(stays: bool) -> Vec<TrialRecord> {
        (0..20)
            .map(|i| {
                let (state, steps) = match i {
                    0 => (TrialState::Complete, 27),
                    1..3 => (TrialState::Pruned, 9),
                    3..8 => (TrialState::Pruned, 3),
                    _ => (TrialState::Pruned, 1),
                };
                let (early, late) = (i as f64, if stays { i as f64 } else { -(i as f64) });
                let mut trial = made_up::trial(i, 0.5, state, Some(if steps > 1 { late } else { early }));
                (0..steps).for_each(|step| assert!(trial.report(step, if step == 0 { early } else { late })));
                trial
            })
            .collect()
    }

    #[test]
    fn few_complete_trials_are_the_design_of_rungs_as_long_as_the_order_stays() {
        let found = found(&promoted(true));
        assert_eq!((found.len(), found[0].severity), (1, Severity::Info));
    }

    #[test]
    fn an_order_that_turns_round_after_the_first_rung_asks_for_a_later_judgement() {
        let found = found(&promoted(false));
        assert_eq!(found[0].severity, Severity::Warning);
        assert_eq!(
            found[0].sentence.replace('\u{a0}', " "),
            "Trials were judged after 1 epoch, but the 8 that went on ended in no such order as they had there."
        );
        assert_eq!(found[0].advice, "Judge later, from epoch 3 on, where trials show what they can reach.");
        assert_eq!(found[0].patch.as_deref(), Some("[tuning]\nscheduler = { asha = { min_resource = 3 } }"));
    }

    #[test]
    fn a_race_measured_the_choice_anew_however_few_ran_to_the_end() {
        let space = made_up::space(Domain::float(0.0, 1.0, Scale::Linear, None).unwrap());
        let trials = trials(2, 12, 3);
        let mut input = made_up::study(&space, &trials);
        let severity = |input: &StudyInput<'_>| {
            let mut found = Vec::new();
            check(&Facts::of(input), &mut found);
            found[0].severity
        };
        assert_eq!(severity(&input), Severity::Warning);
        input.race = Some(RaceInput {
            rows: Vec::new(),
            p_value_against_default: 0.01,
            better_than_default: true,
            optimism: None,
        });
        assert_eq!(severity(&input), Severity::Info);
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
