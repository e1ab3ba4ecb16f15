//! A validation loss that turns up while training goes on.
//!
//! Source: Google's tuning playbook, "examine training curves: problematic overfitting". Threshold: over at least ten
//! epochs, the smoothed validation loss has its lowest point in the first 70 % and ends above it by more than three
//! times the usual jump between two epochs and more than 5 %, while the training loss went on falling.

use super::facts::median;
use super::{Finding, Severity};
use crate::RunInput;
use crate::number::{metric as number, percent};

pub(crate) fn check(run: &RunInput, found: &mut Vec<Finding>) {
    let series = |name: &str| -> Vec<(u64, f64)> {
        let value = |row: &crate::EpochRow| Some((row.epoch, *row.values.get(name)?));
        run.history.iter().filter_map(value).filter(|(_, value)| value.is_finite()).collect()
    };
    let (validation, train) = (series("validation_loss"), series("train_loss"));
    if validation.len() < 10 || train.len() != validation.len() {
        return;
    }
    let smooth: Vec<f64> = (0..validation.len())
        .map(|i| {
            let window = &validation[i.saturating_sub(1)..(i + 2).min(validation.len())];
            window.iter().map(|(_, value)| value).sum::<f64>() / window.len() as f64
        })
        .collect();
    let Some(lowest) = (0..smooth.len()).min_by(|a, b| smooth[*a].total_cmp(&smooth[*b])) else { return };
    let jumps: Vec<f64> = validation.windows(2).map(|pair| (pair[1].1 - pair[0].1).abs()).collect();
    let (low, end) = (smooth[lowest], smooth[smooth.len() - 1]);
    let rise = end - low;
    let early = (lowest + 1) * 10 <= smooth.len() * 7;
    let clear = rise > 3.0 * median(&jumps).unwrap_or(0.0) && rise > 0.05 * low.abs();
    let learning = train[train.len() - 1].1 < train[lowest].1;
    if !(early && clear && learning) {
        return;
    }
    let (epoch, last) = (validation[lowest].0, validation[validation.len() - 1].0);
    let kept = run.kept_epoch.is_some_and(|kept| kept <= epoch + 2);
    found.push(Finding {
        id: "overfitting",
        severity: if kept { Severity::Info } else { Severity::Warning },
        sentence: format!(
            "The validation loss turns up after epoch {epoch}: from {} to {} at epoch {last} (+{}), while the training \
             loss falls.",
            number(low),
            number(end),
            percent(rise / low.abs().max(f64::MIN_POSITIVE))
        ),
        advice: if kept {
            format!("The parameters of epoch {} were kept, so it costs only time: stop early, or regularise more.", run.kept_epoch.unwrap_or(epoch))
        } else {
            "Keep the best epoch (early stopping), or regularise more: dropout, L2, a smaller model.".to_owned()
        },
        patch: None,
        at: None,
    });
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::{EpochRow, RunInput};

    fn found(validation: impl Fn(f64) -> f64) -> Vec<String> {
        let history = (1..=30).map(|epoch| {
            let t = epoch as f64 / 30.0;
            let values =
                [("train_loss".to_owned(), (-3.0 * t).exp()), ("validation_loss".to_owned(), validation(t))];
            EpochRow { epoch, values: values.into() }
        });
        let run = RunInput { history: history.collect(), ..RunInput::default() };
        let mut found = Vec::new();
        check(&run, &mut found);
        found.into_iter().map(|f| f.sentence).collect()
    }

    #[test]
    fn a_loss_that_turns_up_is_reported_with_its_turning_point() {
        let found = found(|t| 0.3 + (t - 0.4).powi(2));
        assert!(found[0].starts_with("The validation loss turns up after epoch 12"), "{found:?}");
    }

    #[test]
    fn a_loss_that_falls_or_rests_is_not() {
        assert!(found(|t| 0.3 + (-3.0 * t).exp()).is_empty());
        assert!(found(|t| 0.3 + 0.01 * (t * 100.0).sin()).is_empty());
    }
}
