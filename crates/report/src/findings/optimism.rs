//! A test score clearly below the validation score: the search fitted the validation part.
//!
//! Source: "overtuning" (Schneider et al. 2025). Threshold: for a metric that is a share of samples (accuracy) with a
//! known number n of test samples, a gap above two standard errors, 2 sqrt(2 p (1 - p) / n), as if the validation part
//! were as large; for others, a loss more than a tenth worse.

use tunesmith_tuner::Direction;

use super::{Finding, Severity};
use crate::RunInput;
use crate::labels::measure;
use crate::number::{capital, difference, metric as number};

pub(crate) fn check(run: &RunInput, found: &mut Vec<Finding>) {
    let scores = run.score("validation", &run.metric).zip(run.score("test", &run.metric));
    let Some((validation, test)) = scores.filter(|(a, b)| a.is_finite() && b.is_finite()) else { return };
    let gap = run.direction.loss(test) - run.direction.loss(validation);
    let samples = run.confusion.as_ref().filter(|c| c.part == "test").map(|c| c.total() as f64);
    let is_share = run.direction == Direction::Maximize && (0.0..=1.0).contains(&test);
    let allowed = match samples {
        Some(n) if is_share && n > 0.0 => 2.0 * (2.0 * test * (1.0 - test) / n).sqrt(),
        _ => 0.1 * validation.abs(),
    };
    if gap <= allowed || gap == 0.0 {
        return;
    }
    found.push(Finding {
        id: "optimism",
        severity: Severity::Warning,
        sentence: format!(
            "{} is {} on the test part and {} on the validation part: the search was optimistic by {}.",
            capital(&measure(&run.metric)),
            number(test),
            number(validation),
            difference(gap)
        ),
        advice: "Quote the test score. A larger validation part makes the next search harder to fool."
            .to_owned(),
        patch: None,
        at: None,
    });
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::{Confusion, RunInput};
    use tunesmith_tuner::Direction;

    fn found(validation: f64, test: f64, samples: u64) -> usize {
        let mut run =
            RunInput { metric: "accuracy".into(), direction: Direction::Maximize, ..RunInput::default() };
        for (part, value) in [("validation", validation), ("test", test)] {
            run.scores.entry(part.into()).or_default().insert("accuracy".into(), value);
        }
        run.confusion = Some(Confusion { labels: vec![], matrix: vec![vec![samples]], part: "test".into() });
        let mut found = Vec::new();
        check(&run, &mut found);
        found.len()
    }

    #[test]
    fn a_gap_beyond_two_standard_errors_is_reported() {
        assert_eq!(found(0.98, 0.94, 360), 1);
    }

    #[test]
    fn a_gap_that_chance_makes_is_not() {
        assert_eq!(found(0.98, 0.97, 360), 0);
        assert_eq!(found(0.97, 0.98, 360), 0);
        assert_eq!(found(0.98, 0.94, 40), 0);
    }
}
