//! A classifier that is no better than a constant answer, or that never gives one of the answers.
//!
//! Source: ours; the share of the largest class is the no-information rate that Kuhn's caret reports (2008). Threshold:
//! with at least two classes in the counted part, no more samples are right than the largest class has; where the goal
//! counts every class alike, a mean recall of no more than one over the number of classes. Else, a class with samples
//! that is never predicted: an error from five samples on, since a class that is found half of the time is missed that
//! often once in 32 times or less.

use super::{Finding, Severity};
use crate::number::{capital, count, listed, percent};
use crate::{Confusion, RunInput};

/// From so many samples on, that none is found is no chance.
const ENOUGH: u64 = 5;

/// Metrics to which a rare class counts as much as a frequent one.
const EVEN: [&str; 4] = ["balanced_accuracy", "f1", "recall", "precision"];

/// Adds what was found, and tells whether there was anything.
pub(crate) fn check(run: &RunInput, found: &mut Vec<Finding>) -> bool {
    let Some(confusion) = &run.confusion else { return false };
    let sizes: Vec<u64> = confusion.matrix.iter().map(|row| row.iter().sum()).collect();
    let occurring: Vec<usize> = (0..sizes.len()).filter(|class| sizes[*class] > 0).collect();
    // Of one class alone a constant is always right, and so is a perfect model.
    if occurring.len() < 2 {
        return false;
    }
    let (total, largest) = (confusion.total(), largest(&sizes));
    let predicted = |class: usize| confusion.matrix.iter().any(|row| row.get(class).is_some_and(|n| *n > 0));
    let never: Vec<usize> = occurring.iter().copied().filter(|class| !predicted(*class)).collect();
    let never_said = if never.is_empty() {
        String::new()
    } else {
        format!("; {} never predicted", names(confusion, &never))
    };
    let even = EVEN.contains(&run.metric.as_str());
    let part = if confusion.part.is_empty() { String::new() } else { format!("{} ", confusion.part) };
    let (severity, sentence) = if let Some(compared) = compared(confusion, &sizes, &occurring, even, &part) {
        let always = format!("always answering {}", confusion.label(largest));
        (Severity::Error, format!("The model is no better than {always}: {compared}{never_said}."))
    } else if never.is_empty() {
        return false;
    } else {
        let missed: u64 = never.iter().map(|class| sizes[*class]).sum();
        let severity = if never.iter().any(|class| sizes[*class] >= ENOUGH) {
            Severity::Error
        } else {
            Severity::Warning
        };
        let whose = count(usize::try_from(missed).unwrap_or(usize::MAX), "sample");
        let never = names(confusion, &never);
        let part = if part.is_empty() { String::new() } else { format!(" of the {part}part") };
        (severity, capital(&format!("{never} never predicted: {whose} of {total}{part} missed.")))
    };
    let (advice, patch) = if even {
        let advice = "The goal counts every class alike already: train for longer, try higher learning rates, or find \
                      more samples of the rare classes.";
        (advice, None)
    } else {
        let advice = "Look at balanced accuracy and F1, which count every class alike, and search for one of them: \
                      accuracy hides a class that is rare.";
        let patch = "[training]\nmetrics = [\"accuracy\", \"balanced_accuracy\", \"f1\"]\n\n[tuning]\ngoal = { maximize = \
                     \"balanced_accuracy\" }";
        (advice, Some(patch.to_owned()))
    };
    found.push(Finding {
        id: "constant",
        severity,
        sentence,
        advice: advice.to_owned(),
        patch,
        at: (!even).then(|| "tuning.goal".to_owned()),
    });
    true
}

/// How the model compares with a constant answer, when it is no better.
fn compared(
    confusion: &Confusion,
    sizes: &[u64],
    occurring: &[usize],
    even: bool,
    part: &str,
) -> Option<String> {
    if even {
        let recalls: f64 = occurring.iter().filter_map(|class| confusion.recall(*class)).sum();
        let (mean, chance) = (recalls / occurring.len() as f64, 1.0 / occurring.len() as f64);
        return (mean <= chance + 1e-9).then(|| {
            format!("it finds {} of each class on average, a constant {}", percent(mean), percent(chance))
        });
    }
    let right: u64 = occurring.iter().map(|&class| confusion.matrix[class].get(class).unwrap_or(&0)).sum();
    let (most, total) = (sizes[largest(sizes)], confusion.total());
    let that = match right.cmp(&most) {
        std::cmp::Ordering::Greater => return None,
        std::cmp::Ordering::Equal => "and so would that be".to_owned(),
        std::cmp::Ordering::Less => format!("that would be right for {most}"),
    };
    Some(format!("it is right for {right} of {total} {part}samples, {that}"))
}

/// The class with the most samples, the first of equals.
fn largest(sizes: &[u64]) -> usize {
    (0..sizes.len()).max_by_key(|class| (sizes[*class], std::cmp::Reverse(*class))).unwrap_or(0)
}

/// "class a is", "classes a and b are", at most four by name.
fn names(confusion: &Confusion, classes: &[usize]) -> String {
    let named =
        |classes: &[usize]| -> Vec<String> { classes.iter().map(|class| confusion.label(*class)).collect() };
    match classes {
        [class] => format!("class {} is", confusion.label(*class)),
        few if few.len() <= 4 => format!("classes {} are", listed(&named(few))),
        all => format!("{} classes ({}, …) are", all.len(), named(&all[..3]).join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::findings::{Finding, Severity, of_run};
    use crate::{Confusion, RunInput};

    fn run(metric: &str, matrix: Vec<Vec<u64>>) -> RunInput {
        let labels = vec!["malignant".into(), "benign".into(), "unclear".into()];
        let confusion = Some(Confusion { labels, matrix, part: "test".into() });
        RunInput { metric: metric.into(), confusion, ..RunInput::default() }
    }

    fn found(metric: &str, matrix: Vec<Vec<u64>>) -> Option<Finding> {
        let mut found = Vec::new();
        let told = check(&run(metric, matrix), &mut found);
        assert_eq!(told, !found.is_empty());
        found.pop()
    }

    #[test]
    fn a_model_that_always_gives_one_answer_is_called_so_with_the_cure() {
        let finding = found("accuracy", vec![vec![0, 42], vec![0, 72]]).unwrap();
        assert_eq!(finding.severity, Severity::Error);
        assert_eq!(
            finding.sentence,
            "The model is no better than always answering benign: it is right for 72 of 114 test samples, and \
             so would that be; class malignant is never predicted."
        );
        let patch = finding.patch.unwrap();
        assert!(patch.contains("[tuning]\ngoal = { maximize = \"balanced_accuracy\" }"), "{patch}");
        assert!(
            patch.contains("[training]\nmetrics = [\"accuracy\", \"balanced_accuracy\", \"f1\"]"),
            "{patch}"
        );
    }

    #[test]
    fn a_model_that_is_worse_than_the_largest_class_is_named_with_both_numbers() {
        let finding = found("accuracy", vec![vec![20, 22], vec![24, 48]]).unwrap();
        assert_eq!(
            finding.sentence,
            "The model is no better than always answering benign: it is right for 68 of 114 test samples, that would be \
             right for 72."
        );
        assert!(found("accuracy", vec![vec![20, 22], vec![19, 53]]).is_none());
    }

    #[test]
    fn a_class_that_is_never_predicted_is_an_error_unless_it_is_tiny() {
        let never = |n| found("accuracy", vec![vec![0, n, 0], vec![0, 90, 1], vec![0, 2, 60]]).unwrap();
        let finding = never(5);
        assert_eq!(finding.severity, Severity::Error);
        assert_eq!(
            finding.sentence,
            "Class malignant is never predicted: 5 samples of 158 of the test part missed."
        );
        assert_eq!(never(1).severity, Severity::Warning);
        assert!(found("accuracy", vec![vec![1, 4, 0], vec![0, 90, 1], vec![0, 2, 60]]).is_none());
    }

    #[test]
    fn what_cannot_be_judged_is_not() {
        assert!(found("accuracy", vec![]).is_none());
        assert!(found("accuracy", vec![vec![0, 0], vec![0, 30]]).is_none()); // one class only
        assert!(found("accuracy", vec![vec![10, 1, 0], vec![1, 10, 0], vec![0, 0, 0]]).is_none()); // a class without samples
        assert!(found("accuracy", vec![vec![10], vec![1, 10, 3]]).is_none()); // rows of any length
        assert!(!check(&RunInput::default(), &mut Vec::new()));
    }

    #[test]
    fn where_the_goal_counts_classes_alike_so_does_the_rule() {
        // Right for 85 of 100, a constant for 95; but of both classes it finds many.
        let matrix = || vec![vec![81, 14], vec![1, 4]];
        assert!(found("accuracy", matrix()).is_some());
        assert!(found("balanced_accuracy", matrix()).is_none());
        let finding = found("balanced_accuracy", vec![vec![95, 0], vec![5, 0]]).unwrap();
        assert!(
            finding.sentence.contains("it finds 50\u{a0}% of each class on average, a constant 50\u{a0}%")
        );
        assert_eq!(finding.patch, None);
    }

    #[test]
    fn it_outranks_all_others_and_speaks_for_the_weak_class() {
        let mut run = run("accuracy", vec![vec![0, 42], vec![0, 72]]);
        run.history = (1..=30)
            .map(|epoch| crate::EpochRow {
                epoch,
                values: [("validation_loss".to_owned(), 1.0 - 0.01 * epoch as f64)].into(),
            })
            .collect();
        let ids: Vec<&str> = of_run(&run).iter().map(|finding| finding.id).collect();
        assert_eq!(ids, ["constant", "still_improving"]);
    }
}
