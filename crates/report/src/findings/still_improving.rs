//! Good trials that were still getting better when they ended: more epochs would help.
//!
//! Source: Google's tuning playbook, "are the best trials still improving at the end of training?". Threshold: over at
//! least eight steps, the mean of the last fifth is better than that of the fifth before by more than the usual jump
//! between two steps, and the best value lies in the last fifth; so for more than half of the best few trials.

use super::facts::{Facts, median};
use super::{Finding, Severity};
use crate::RunInput;
use crate::number::difference;

pub(crate) fn check(facts: &Facts<'_>, found: &mut Vec<Finding>) {
    let direction = facts.input.direction;
    let curves: Vec<Vec<f64>> = facts
        .best_few()
        .iter()
        .map(|trial| trial.reports.iter().map(|(_, value)| direction.loss(*value)).collect())
        .collect();
    let gains: Vec<f64> = curves.iter().filter_map(|losses| gain(losses)).collect();
    if gains.len() < 3 || gains.len() * 2 <= curves.len() {
        return;
    }
    let (step, whole) = (facts.input.step, facts.whole());
    let gained = median(&gains).unwrap_or(0.0);
    found.push(finding(
        format!(
            "{} of the best {} trials were still improving at {step} {whole}, by {} over the last {} {step}s.",
            gains.len(),
            curves.len(),
            difference(gained),
            fifth(whole)
        ),
        step,
        whole,
    ));
}

pub(crate) fn check_run(run: &RunInput, found: &mut Vec<Finding>) {
    let losses: Vec<f64> =
        run.history.iter().filter_map(|row| row.values.get("validation_loss").copied()).collect();
    if let Some(gained) = gain(&losses) {
        let whole = losses.len();
        found.push(finding(
            format!(
                "The validation loss was still falling at epoch {whole}, by {} over the last {} epochs.",
                difference(gained),
                fifth(whole)
            ),
            "epoch",
            whole,
        ));
    }
}

fn finding(sentence: String, step: &str, whole: usize) -> Finding {
    let more = whole + whole.div_ceil(2);
    Finding {
        id: "still_improving",
        severity: Severity::Warning,
        sentence,
        advice: format!("Train for longer: {more} {step}s instead of {whole}."),
        patch: (step == "epoch").then(|| format!("[training]\nepochs = {more}")),
        at: (step == "epoch").then(|| "training.epochs".to_owned()),
    }
}

fn fifth(steps: usize) -> usize {
    (steps / 5).max(2)
}

/// By how much a curve of losses was still falling, when it was.
fn gain(losses: &[f64]) -> Option<f64> {
    if losses.len() < 8 || losses.iter().any(|loss| !loss.is_finite()) {
        return None;
    }
    let window = fifth(losses.len());
    let (before, last) = losses[losses.len() - 2 * window..].split_at(window);
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    let jumps: Vec<f64> =
        losses[losses.len() - 2 * window..].windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    let gained = mean(before) - mean(last);
    let lowest = (0..losses.len()).min_by(|a, b| losses[*a].total_cmp(&losses[*b]))?;
    (gained > median(&jumps)? && gained > 0.0 && lowest >= losses.len() - window).then_some(gained)
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::findings::facts::{Facts, made_up};
    use tunesmith_core::{Domain, Scale, Seed};

    fn found(mut curve: impl FnMut(f64) -> f64) -> Vec<crate::findings::Finding> {
        let space = made_up::space(Domain::float(0.0, 1.0, Scale::Linear, None).unwrap());
        let mut trials = made_up::complete((0..10).map(|i| (0.1 * f64::from(i), f64::from(i))));
        for trial in &mut trials {
            (0..30).for_each(|step| assert!(trial.report(step, curve(step as f64 / 30.0))));
        }
        let input = made_up::study(&space, &trials);
        let mut found = Vec::new();
        check(&Facts::of(&input), &mut found);
        found
    }

    #[test]
    fn curves_that_fall_to_the_end_ask_for_more_epochs() {
        let found = found(|t| 1.0 - 0.5 * t);
        assert!(found[0].sentence.starts_with("5 of the best 5 trials were still improving at epoch 30"));
        assert_eq!(found[0].patch.as_deref(), Some("[training]\nepochs = 45"));
    }

    #[test]
    fn curves_that_have_flattened_do_not() {
        let mut random = Seed::new(0).generator();
        for _ in 0..100 {
            assert!(found(|t| (-20.0 * t).exp() + 0.01 * random.normal()).is_empty());
        }
        assert!(found(|t| (t - 0.5).powi(2)).is_empty());
    }
}
