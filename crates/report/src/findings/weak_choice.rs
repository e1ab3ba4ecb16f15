//! An option that never did well.
//!
//! Source: ours; a sign test. Threshold: at least five trials with a value, none of them in the better half of all:
//! chance alone does that once in 32 times or less.

use tunesmith_core::{Dimension, Domain, Value};

use super::facts::Facts;
use super::{Finding, Severity, patch};
use crate::labels::human;
use crate::number::{metric as number, setting};

pub(crate) fn check(facts: &Facts<'_>, found: &mut Vec<Finding>) {
    for dimension in facts.input.space.dimensions() {
        let Domain::Choice { options } = &dimension.domain else { continue };
        let weak: Vec<&Value> = options.iter().filter(|option| is_weak(facts, dimension, option)).collect();
        // When all are weak, the dimension belongs to a part of the space that is; that part's own choice says so.
        if weak.is_empty() || weak.len() == options.len() {
            continue;
        }
        let rest: Vec<Value> = options.iter().filter(|option| !weak.contains(option)).cloned().collect();
        let last = rest.len() == 1;
        for option in weak {
            found.push(finding(facts, dimension, option, &rest, last));
        }
    }
}

/// The values of the trials with an option, and how many of them are in the better half of all that chose.
fn standing<'a>(facts: &'a Facts<'_>, dimension: &'a Dimension, option: &'a Value) -> (Vec<f64>, usize) {
    let chose: Vec<_> =
        facts.valued.iter().filter(|trial| trial.params.contains_key(&dimension.key)).collect();
    let half = chose.len().div_ceil(2);
    let with = |trial: &tunesmith_tuner::TrialRecord| trial.params[&dimension.key].same(option);
    let values = chose.iter().filter(|trial| with(trial)).filter_map(|trial| trial.value).collect();
    (values, chose[..half].iter().filter(|trial| with(trial)).count())
}

fn is_weak(facts: &Facts<'_>, dimension: &Dimension, option: &Value) -> bool {
    let (values, well) = standing(facts, dimension, option);
    values.len() >= 5 && well == 0
}

fn finding(facts: &Facts<'_>, dimension: &Dimension, option: &Value, rest: &[Value], last: bool) -> Finding {
    let (values, _) = standing(facts, dimension, option);
    let (name, option) = (human(&dimension.key), setting(option));
    // Values come best first.
    let (best, winner) = (values[0], facts.valued[0].value.unwrap_or(f64::NAN));
    let advice = match (last, rest) {
        (true, [only]) => format!("Fix `{name}` to {} and spend the trials elsewhere.", setting(only)),
        _ => format!("Leave {option} out and spend its trials on the others."),
    };
    let written = Domain::Choice { options: rest.to_vec() };
    Finding {
        id: "weak_choice",
        severity: Severity::Info,
        sentence: format!(
            "None of the {} trials with `{name}` {option} was in the better half; the best of them reached {}, the best \
             of all {}.",
            values.len(),
            number(best),
            number(winner)
        ),
        advice,
        patch: Some(patch::range(facts.input.space, dimension, &written)),
        at: Some(dimension.key.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::findings::facts::{Facts, made_up};
    use tunesmith_core::Domain;

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
    fn one_good_trial_or_too_few_trials_clear_an_option() {
        assert!(found(|i| if i >= 14 || i == 3 { "sigmoid" } else { "relu" }).is_empty());
        assert!(found(|i| if i >= 16 { "sigmoid" } else { "relu" }).is_empty());
    }
}
