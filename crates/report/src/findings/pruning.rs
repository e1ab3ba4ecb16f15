//! What stopping early saved.
//!
//! Source: ours (Ax 1.3 reports the same as "early stopping savings"). Threshold: any pruned trial. Saved is what the
//! pruned trials would have run on top, as a share of what all of them together would have taken.

use tunesmith_tuner::TrialState;

use super::facts::Facts;
use super::{Finding, Severity};
use crate::number::{count, percent};

/// The share of steps that stopping early saved, from 0 to 1; nothing where no trial was pruned.
pub(crate) fn saved(facts: &Facts<'_>) -> Option<f64> {
    let whole = facts.whole();
    let pruned = facts.input.trials.iter().filter(|trial| trial.state == TrialState::Pruned);
    let left: usize = pruned.map(|trial| whole.saturating_sub(trial.reports.len())).sum();
    let trials = facts.count(TrialState::Complete) + facts.count(TrialState::Pruned);
    (left > 0).then(|| left as f64 / (whole * trials) as f64)
}

pub(crate) fn check(facts: &Facts<'_>, found: &mut Vec<Finding>) {
    let Some(saved) = saved(facts) else { return };
    let pruned = facts.count(TrialState::Pruned);
    let ended = facts.ended();
    let without = (ended as f64 * (1.0 - saved)).round() as usize;
    found.push(Finding {
        id: "pruning",
        severity: Severity::Info,
        sentence: format!(
            "Stopping {} early saved {} of the {}s.",
            count(pruned, "trial"),
            percent(saved),
            facts.input.step
        ),
        advice: format!(
            "Keep it: without, the same time pays for {} instead of {ended}.",
            count(without, "trial")
        ),
        patch: None,
        at: None,
    });
}

#[cfg(test)]
mod tests {
    use super::{check, saved};
    use crate::findings::facts::{Facts, made_up};
    use tunesmith_core::{Domain, Scale};
    use tunesmith_tuner::TrialState;

    #[test]
    fn the_share_is_that_of_steps_not_run() {
        let space = made_up::space(Domain::float(0.0, 1.0, Scale::Linear, None).unwrap());
        let mut trials = Vec::new();
        for (i, steps) in [10, 10, 5, 5].into_iter().enumerate() {
            let state = if steps == 10 { TrialState::Complete } else { TrialState::Pruned };
            let mut trial = made_up::trial(i, 0.5, state, Some(1.0));
            (0..steps).for_each(|step| assert!(trial.report(step, 1.0)));
            trials.push(trial);
        }
        let input = made_up::study(&space, &trials);
        assert_eq!(saved(&Facts::of(&input)), Some(0.25));
        let mut found = Vec::new();
        check(&Facts::of(&input), &mut found);
        assert_eq!(
            found[0].sentence.replace('\u{a0}', " "),
            "Stopping 2 trials early saved 25 % of the epochs."
        );
        let input = made_up::study(&space, &trials[..2]);
        assert_eq!(saved(&Facts::of(&input)), None);
    }
}
