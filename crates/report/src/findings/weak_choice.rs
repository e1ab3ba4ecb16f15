//! An option that never did well.
//!
//! Source: ours; a sign test. Threshold: at least five trials with a value, none of them in the better half of all:
//! chance alone does that once in 32 times or less. Trials that were stopped early stand behind those that ran to the
//! end, the one that came further first.

use tunesmith_core::{Dimension, Domain, Value};
use tunesmith_tuner::{TrialRecord, TrialState};

use super::facts::Facts;
use super::{Finding, Severity, patch};
use crate::labels::{human, human_shared, shared};
use crate::number::{metric as number, setting};

/// How the trials with an option did.
struct Standing {
    trials: usize,
    /// How many of them are in the better half of all that chose.
    well: usize,
    /// The best value of those that ran to the end: the last value of a stopped trial is no result.
    best: Option<f64>,
}

pub(crate) fn check(facts: &Facts<'_>, found: &mut Vec<Finding>) {
    for group in facts.written() {
        let Domain::Choice { options } = &group[0].domain else { continue };
        let weak: Vec<&Value> = options.iter().filter(|option| is_weak(facts, &group, option)).collect();
        // When all are weak, the dimension belongs to a part of the space that is; that part's own choice says so.
        if weak.is_empty() || weak.len() == options.len() {
            continue;
        }
        let rest: Vec<Value> = options.iter().filter(|option| !weak.contains(option)).cloned().collect();
        for option in weak {
            found.push(finding(facts, &group, option, &rest));
        }
    }
}

/// How the trials with an option in any copy did.
fn standing(facts: &Facts<'_>, group: &[&Dimension], option: &Value) -> Standing {
    let chosen = |trial: &TrialRecord| -> Vec<Value> {
        group.iter().filter_map(|dimension| trial.params.get(&dimension.key).cloned()).collect()
    };
    let chose: Vec<(&TrialRecord, bool)> = facts
        .valued
        .iter()
        .map(|trial| (*trial, chosen(trial)))
        .filter(|(_, chosen)| !chosen.is_empty())
        .map(|(trial, chosen)| (trial, chosen.iter().any(|value| value.same(option))))
        .collect();
    let half = chose.len().div_ceil(2);
    let mut with = chose.iter().filter(|(_, with)| *with).map(|(trial, _)| trial);
    Standing {
        trials: with.clone().count(),
        well: chose[..half].iter().filter(|(_, with)| *with).count(),
        best: with.find(|trial| trial.state == TrialState::Complete).and_then(|trial| trial.value),
    }
}

fn is_weak(facts: &Facts<'_>, group: &[&Dimension], option: &Value) -> bool {
    let Standing { trials, well, .. } = standing(facts, group, option);
    trials >= 5 && well == 0
}

fn finding(facts: &Facts<'_>, group: &[&Dimension], option: &Value, rest: &[Value]) -> Finding {
    let Standing { trials, best, .. } = standing(facts, group, option);
    let (dimension, option) = (group[0], setting(option));
    let name = if group.len() > 1 { human_shared(&dimension.key) } else { human(&dimension.key) };
    let reached = match (best, facts.complete.first().and_then(|winner| winner.value)) {
        (Some(best), Some(winner)) => {
            format!("the best of them reached {}, the best of all {}", number(best), number(winner))
        }
        _ => "none of them ran to the end".to_owned(),
    };
    let advice = match rest {
        [only] => format!("Fix `{name}` to {} and spend the trials elsewhere.", setting(only)),
        _ => format!("Leave {option} out and spend its trials on the others."),
    };
    let written = Domain::Choice { options: rest.to_vec() };
    Finding {
        id: "weak_choice",
        severity: Severity::Info,
        sentence: format!(
            "None of the {trials} trials with `{name}` {option} was in the better half; {reached}."
        ),
        advice,
        patch: Some(patch::range(facts.input.space, dimension, &written)),
        at: Some(shared(&dimension.key)),
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::findings::facts::{Facts, made_up};
    use tunesmith_core::{Dimension, Domain, Scale, Space, Value};
    use tunesmith_tuner::TrialState;

    fn found(option: impl Fn(usize) -> &'static str) -> Vec<(String, Option<String>)> {
        let space = made_up::space(Domain::choice(["relu", "tanh", "sigmoid"]).unwrap());
        let trials = made_up::complete((0..20).map(|i| (option(i), i as f64)));
        let input = made_up::study(&space, &trials);
        let mut found = Vec::new();
        check(&Facts::of(&input), &mut found);
        found.into_iter().map(|f| (f.sentence, f.patch)).collect()
    }

    #[test]
    fn an_option_that_is_never_in_the_better_half_is_named() {
        let found = found(|i| if i >= 14 { "sigmoid" } else { ["relu", "tanh"][i % 2] });
        assert_eq!(
            found[0].0,
            "None of the 6 trials with `x` sigmoid was in the better half; the best of them reached 14.00, the best of all 0."
        );
        assert_eq!(found[0].1.as_deref(), Some("x = { choice = [\"relu\", \"tanh\"] }"));
    }

    #[test]
    fn the_last_value_of_a_stopped_trial_is_not_quoted_as_a_result() {
        let space = made_up::space(Domain::choice(["relu", "tanh", "sigmoid"]).unwrap());
        let found = |weak_completes: bool| {
            let mut trials = made_up::complete((0..20).map(|i| {
                let option = if i >= 14 { "sigmoid" } else { ["relu", "tanh"][i % 2] };
                (option, 10.0 + i as f64)
            }));
            for (i, trial) in trials.iter_mut().enumerate().skip(12) {
                // Stopped while it looked better than what any trial came to.
                if i != 15 || !weak_completes {
                    (trial.state, trial.value) = (TrialState::Pruned, Some(0.1));
                    assert!(trial.report(if i < 14 { 4 } else { 2 }, 0.1));
                }
            }
            let input = made_up::study(&space, &trials);
            let mut found = Vec::new();
            check(&Facts::of(&input), &mut found);
            found.into_iter().map(|f| f.sentence).find(|said| said.contains("sigmoid")).unwrap()
        };
        assert_eq!(
            found(false),
            "None of the 6 trials with `x` sigmoid was in the better half; none of them ran to the end."
        );
        let one = found(true);
        assert!(one.ends_with("the best of them reached 25.00, the best of all 10.00."), "{one}");
    }

    #[test]
    fn one_good_trial_or_too_few_trials_clear_an_option() {
        assert!(found(|i| if i >= 14 || i == 3 { "sigmoid" } else { "relu" }).is_empty());
        assert!(found(|i| if i >= 16 { "sigmoid" } else { "relu" }).is_empty());
    }

    #[test]
    fn copies_of_a_layer_are_judged_together() {
        let mut space =
            Space::new().with("model.layers.0.repeat.times", Domain::int(1, 2, Scale::Linear, 1).unwrap());
        for copy in 1..=2 {
            space.push(Dimension {
                key: format!("model.layers.0.copy{copy}.0.dense.activation"),
                domain: Domain::choice(["relu", "tanh"]).unwrap(),
                when: Vec::new(),
            });
        }
        let trials: Vec<_> = (0..20)
            .map(|i| {
                let mut trial = made_up::trial(i, 0.0, TrialState::Complete, Some(i as f64));
                let option = |weak: bool| Value::from(if weak { "tanh" } else { "relu" });
                trial.params = [
                    ("model.layers.0.copy1.0.dense.activation".to_owned(), option(i >= 17)),
                    ("model.layers.0.copy2.0.dense.activation".to_owned(), option(i >= 12)),
                ]
                .into();
                trial
            })
            .collect();
        let input = made_up::study(&space, &trials);
        let mut found = Vec::new();
        check(&Facts::of(&input), &mut found);
        assert_eq!(found.len(), 1);
        assert!(found[0].sentence.starts_with("None of the 8 trials with `layer 1: activation` tanh"));
        assert_eq!(
            found[0].patch.as_deref(),
            Some("# at model.layers.0.layers.0.dense\nactivation = \"relu\"")
        );
    }
}
