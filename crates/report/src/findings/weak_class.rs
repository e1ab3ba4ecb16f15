//! A class that is found much less often than the others.
//!
//! Source: ours; the accuracy of the whole hides it. Threshold: at least ten samples, and a recall below the mean of
//! the others by more than 0.1 and by more than two standard errors of its own, 2 sqrt(r (1 - r) / n).

use super::{Finding, Severity};
use crate::RunInput;
use crate::number::percent;

pub(crate) fn check(run: &RunInput, found: &mut Vec<Finding>) {
    let Some(confusion) = &run.confusion else { return };
    let recalls: Vec<(usize, f64)> =
        (0..confusion.matrix.len()).filter_map(|class| Some((class, confusion.recall(class)?))).collect();
    let Some(&(class, recall)) = recalls.iter().min_by(|a, b| a.1.total_cmp(&b.1)) else { return };
    if recalls.len() < 2 {
        return;
    }
    let others = recalls.iter().filter(|(other, _)| *other != class).map(|(_, recall)| recall);
    let mean = others.sum::<f64>() / (recalls.len() - 1) as f64;
    let row = &confusion.matrix[class];
    let samples: u64 = row.iter().sum();
    let error = (recall * (1.0 - recall) / samples as f64).sqrt();
    if samples < 10 || mean - recall <= 0.1 || mean - recall <= 2.0 * error {
        return;
    }
    let taken = (0..row.len())
        .filter(|other| *other != class && row[*other] > 0)
        .max_by_key(|other| (row[*other], std::cmp::Reverse(*other)));
    let taken = taken.map_or_else(String::new, |other| {
        format!(", most often taken for {} ({} of {samples})", confusion.label(other), row[other])
    });
    found.push(Finding {
        id: "weak_class",
        severity: Severity::Warning,
        sentence: format!(
            "Class {} is found {} of the time, the others {} on average{taken}.",
            confusion.label(class),
            percent(recall),
            percent(mean)
        ),
        advice: "Look at its mistakes; then more samples of it, or balanced accuracy as the goal.".to_owned(),
        patch: Some("[tuning]\ngoal = { maximize = \"balanced_accuracy\" }".to_owned()),
        at: None,
    });
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::{Confusion, RunInput};

    fn found(matrix: Vec<Vec<u64>>) -> Vec<String> {
        let labels = vec!["cat".into(), "dog".into(), "cow".into()];
        let confusion = Some(Confusion { labels, matrix, part: "test".into() });
        let mut found = Vec::new();
        check(&RunInput { confusion, ..RunInput::default() }, &mut found);
        found.into_iter().map(|f| f.sentence.replace('\u{a0}', " ")).collect()
    }

    #[test]
    fn the_weakest_class_is_named_with_what_it_is_taken_for() {
        let found = found(vec![vec![50, 0, 0], vec![0, 30, 20], vec![1, 0, 49]]);
        assert_eq!(
            found,
            [
                "Class dog is found 60 % of the time, the others 99 % on average, most often taken for cow (20 of 50)."
            ]
        );
    }

    #[test]
    fn small_differences_and_few_samples_are_not_reported() {
        assert!(found(vec![vec![47, 3, 0], vec![0, 49, 1], vec![0, 0, 50]]).is_empty());
        assert!(found(vec![vec![3, 2, 0], vec![0, 50, 0], vec![0, 0, 50]]).is_empty());
    }
}
