//! A winner whose lead is smaller than what chance makes.
//!
//! Source: Bouthillier et al. 2021 (variance of benchmarks); SMAC's racing. Threshold: the lead over the second best
//! below the standard deviation over seeds, where it was measured; else below the spread of the five complete trials
//! nearest to the winner in the space, which contains chance and a little of the settings' effect. The spread is the
//! median absolute deviation, scaled to a normal's standard deviation: a neighbour that failed outright says nothing
//! about chance, and must not widen it.

use tunesmith_tuner::TrialRecord;

use super::facts::{Facts, median};
use super::{Finding, Severity};
use crate::labels::measure;
use crate::number::{capital, difference, listed};

const NEIGHBOURS: usize = 5;

pub(crate) fn check(facts: &Facts<'_>, found: &mut Vec<Finding>) {
    let [winner, second, ..] = facts.complete.as_slice() else { return };
    let measured = facts.input.seed_noise.filter(|noise| noise.is_finite() && *noise > 0.0);
    let Some(noise) = measured.or_else(|| spread_of_neighbours(facts, winner)) else { return };
    let lead = facts.loss(second) - facts.loss(winner);
    if lead >= noise {
        return;
    }
    let close =
        facts.complete.iter().take_while(|trial| facts.loss(trial) - facts.loss(winner) < noise).count();
    let names = |trials: &[&TrialRecord]| -> String {
        let numbers: Vec<String> = trials.iter().map(|trial| trial.number.to_string()).collect();
        match numbers.as_slice() {
            [] => "none".to_owned(),
            [one] => format!("trial {one}"),
            few if few.len() <= 4 => format!("trials {}", listed(few)),
            many => format!("{} trials ({}, …)", many.len(), many[..3].join(", ")),
        }
    };
    let spread = match measured {
        Some(noise) => format!("the {} by which seeds alone differ", difference(noise)),
        None => format!("the {} by which its nearest neighbours differ", difference(noise)),
    };
    let equal = facts.complete.iter().take_while(|trial| facts.loss(trial) == facts.loss(winner)).count();
    let others = names(&facts.complete[equal..close]);
    let sentence = match (equal, close - equal) {
        (1, _) => format!(
            "Trial {} leads by {}, less than {spread}; as good: {others}.",
            winner.number,
            difference(lead)
        ),
        (_, 0) => {
            format!(
                "{} reached the same {}.",
                capital(&names(&facts.complete[..equal])),
                measure(facts.input.metric)
            )
        }
        _ => format!(
            "{} reached the same {}; within {spread}: {others}.",
            capital(&names(&facts.complete[..equal])),
            measure(facts.input.metric)
        ),
    };
    found.push(Finding {
        id: "lead",
        severity: Severity::Info,
        sentence,
        advice:
            "Choose among them by size or speed, or train each with several seeds before naming a winner."
                .to_owned(),
        patch: None,
        at: None,
    });
}

/// The spread of the values of the trials nearest to one, by the mean square distance of shared settings.
fn spread_of_neighbours(facts: &Facts<'_>, winner: &TrialRecord) -> Option<f64> {
    let dimensions = facts.input.space.dimensions();
    let distance = |trial: &TrialRecord| {
        let squares: f64 = dimensions
            .iter()
            .map(|d| match (Facts::place(d, winner), Facts::place(d, trial)) {
                (Some(a), Some(b)) => (a - b).powi(2),
                (None, None) => 0.0,
                _ => 1.0,
            })
            .sum();
        squares / dimensions.len().max(1) as f64
    };
    let mut near: Vec<(f64, f64)> =
        facts.complete[1..].iter().map(|trial| (distance(trial), facts.loss(trial))).collect();
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    let losses: Vec<f64> = near.iter().take(NEIGHBOURS).map(|(_, loss)| *loss).collect();
    if losses.len() < NEIGHBOURS {
        return None;
    }
    let middle = median(&losses)?;
    let away: Vec<f64> = losses.iter().map(|loss| (loss - middle).abs()).collect();
    median(&away).map(|away| 1.4826 * away).filter(|deviation| *deviation > 0.0)
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::findings::facts::{Facts, made_up};
    use tunesmith_core::{Domain, Scale};

    fn found(lead: f64, noise: Option<f64>) -> Vec<String> {
        let space = made_up::space(Domain::float(0.0, 1.0, Scale::Linear, None).unwrap());
        let losses = [0.0, lead, lead + 0.01, lead + 0.02, lead + 0.03, lead + 0.04, lead + 0.05];
        let trials = made_up::complete(losses.into_iter().enumerate().map(|(i, y)| (0.1 * i as f64, y)));
        let mut input = made_up::study(&space, &trials);
        input.seed_noise = noise;
        let mut found = Vec::new();
        check(&Facts::of(&input), &mut found);
        found.into_iter().map(|f| f.sentence).collect()
    }

    #[test]
    fn a_lead_within_the_noise_of_seeds_is_reported() {
        let found = found(0.002, Some(0.015));
        assert_eq!(
            found,
            [
                "Trial 0 leads by 0.002, less than the 0.015 by which seeds alone differ; as good: trials 1 and 2."
            ]
        );
    }

    #[test]
    fn a_clear_lead_is_not() {
        assert!(found(0.5, Some(0.01)).is_empty());
        assert!(found(0.5, None).is_empty());
    }

    #[test]
    fn a_failed_neighbour_does_not_widen_the_spread() {
        let space = made_up::space(Domain::float(0.0, 1.0, Scale::Linear, None).unwrap());
        let losses = [0.0, 0.04, 0.05, 0.06, 0.07, 0.9, 0.05];
        let trials = made_up::complete(losses.into_iter().enumerate().map(|(i, y)| (0.1 * i as f64, y)));
        let mut found = Vec::new();
        check(&Facts::of(&made_up::study(&space, &trials)), &mut found);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn without_measured_noise_the_neighbours_tell() {
        assert!(found(0.002, None)[0].contains("nearest neighbours"));
    }
}
