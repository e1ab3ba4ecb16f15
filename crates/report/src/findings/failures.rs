//! Trials that ended with an error.
//!
//! Source: ours; keras-tuner gives up after three failures in a row. Threshold: three failures, or a tenth of the ended
//! trials and at least two. From a half on it is an error: such a study has not searched what it claims.

use std::collections::BTreeMap;

use tunesmith_tuner::TrialState;

use super::facts::Facts;
use super::{Finding, Severity};

pub(crate) fn check(facts: &Facts<'_>, found: &mut Vec<Finding>) {
    let (failed, ended) = (facts.count(TrialState::Failed), facts.ended());
    if failed < 2 || (failed < 3 && failed * 10 < ended) {
        return;
    }
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for trial in facts.input.trials.iter().filter(|trial| trial.state == TrialState::Failed) {
        let reason = trial.reason.as_deref().unwrap_or("no reason was recorded");
        *reasons.entry(reason.lines().next().unwrap_or_default()).or_default() += 1;
    }
    // The most frequent; the first by name of equals.
    let most = reasons.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)));
    let (reason, times) = most.map_or(("", 0), |(reason, times)| (*reason, *times));
    let reason: String = reason.chars().take(160).collect();
    let share = if times == failed { "each time" } else { "most often" };
    found.push(Finding {
        id: "failures",
        severity: if failed * 2 >= ended { Severity::Error } else { Severity::Warning },
        sentence: format!("{failed} of {ended} trials failed, {share} with: {reason}"),
        advice: "Samplers learn nothing from a failed trial: remove the cause, then continue the study."
            .to_owned(),
        patch: None,
        at: None,
    });
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::findings::Severity;
    use crate::findings::facts::{Facts, made_up};
    use tunesmith_core::{Domain, Scale};
    use tunesmith_tuner::TrialState;

    fn found(failed: usize, all: usize) -> Vec<crate::findings::Finding> {
        let space = made_up::space(Domain::float(0.0, 1.0, Scale::Linear, None).unwrap());
        let trials: Vec<_> = (0..all)
            .map(|i| {
                let state = if i < failed { TrialState::Failed } else { TrialState::Complete };
                let mut trial = made_up::trial(i, 0.5, state, (i >= failed).then_some(1.0));
                trial.reason =
                    (i < failed).then(|| if i == 0 { "no such file".into() } else { "out of memory".into() });
                trial
            })
            .collect();
        let input = made_up::study(&space, &trials);
        let mut found = Vec::new();
        check(&Facts::of(&input), &mut found);
        found
    }

    #[test]
    fn the_most_frequent_reason_is_named() {
        let found = found(3, 20);
        assert_eq!(found[0].sentence, "3 of 20 trials failed, most often with: out of memory");
        assert_eq!(found[0].severity, Severity::Warning);
    }

    #[test]
    fn one_failure_is_no_finding_and_half_is_an_error() {
        assert!(found(1, 20).is_empty());
        assert!(found(2, 50).is_empty());
        assert_eq!(found(5, 10)[0].severity, Severity::Error);
    }
}
