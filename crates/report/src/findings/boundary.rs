//! Good trials at an end of a range: the best may lie beyond.
//!
//! Source: Google's tuning playbook, "identifying bad search space boundaries"; Ax 1.3's search space analysis.
//! Threshold: at least half of the best few (five, or a tenth), and three of them, within 5 % of an end on the range's
//! own scale; for a range of at most twenty values, all of the best five at its end. By chance: below 0.2 % per end for
//! a continuous range. An end that nature sets (a rate of 0 or 1, one layer) is not reported.

use tunesmith_core::{Dimension, Domain, Scale};

use super::facts::Facts;
use super::{Finding, Severity, patch};
use crate::labels::{human, human_shared, shared};
use crate::number::{short, toml_float};

const NEAR: f64 = 0.05;

#[derive(Clone, Copy, PartialEq)]
enum End {
    Low,
    High,
}

pub(crate) fn check(facts: &Facts<'_>, found: &mut Vec<Finding>) {
    // Copies of a layer share one range in the recipe, so they are judged together.
    for group in facts.written() {
        for end in [End::Low, End::High] {
            found.extend(at_end(facts, &group, end));
        }
    }
}

fn at_end(facts: &Facts<'_>, group: &[&Dimension], end: End) -> Option<Finding> {
    let dimension = group[0];
    let wider = widened(&dimension.domain, end)?;
    let near = |u: f64| if end == End::Low { u <= NEAR } else { u >= 1.0 - NEAR };
    let last = dimension.domain.place(if end == End::Low { 0.0 } else { 1.0 });
    let few = dimension.domain.size().is_some_and(|size| size <= 20);
    // Each of the best counts once: when all its copies lie at the end.
    let using: Vec<bool> = facts
        .best_few()
        .iter()
        .filter_map(|trial| {
            let mut places = group
                .iter()
                .filter_map(|d| Some((trial.params.get(&d.key)?, Facts::place(d, trial)?)))
                .peekable();
            places.peek()?;
            Some(places.all(|(value, u)| if few { value.same(&last) } else { near(u) }))
        })
        .collect();
    let (n, at) = (using.len(), using.iter().filter(|at| **at).count());
    let many = if few { n >= 5 && at == n } else { at >= 3 && 2 * at >= n };
    if !many {
        return None;
    }
    let side = if end == End::Low { "lower" } else { "upper" };
    let name = if group.len() > 1 { human_shared(&dimension.key) } else { human(&dimension.key) };
    let limit = last.as_f64().map_or_else(|| last.to_string(), short);
    let place = if few { format!("at the {side} end") } else { format!("within 5\u{a0}% of the {side} end") };
    let to = match (&wider, end) {
        (Domain::Float { low, .. }, End::Low) => toml_float(*low),
        (Domain::Float { high, .. }, End::High) => toml_float(*high),
        (Domain::Int { low, .. }, End::Low) => low.to_string(),
        (Domain::Int { high, .. }, End::High) => high.to_string(),
        _ => return None,
    };
    let all =
        if at == n { format!("All of the best {n} trials") } else { format!("{at} of the best {n} trials") };
    Some(Finding {
        id: "boundary",
        severity: Severity::Warning,
        sentence: format!("{all} sit {place} of `{name}` ({limit})."),
        advice: format!("The best value may lie beyond: widen the range to {to} and continue the study."),
        patch: Some(patch::range(facts.input.space, dimension, &wider)),
        at: Some(shared(&dimension.key)),
    })
}

/// The domain with one end moved outwards: ten times on a log scale (twice for whole numbers), half the width on a
/// linear one, but never from above zero to zero; nothing when that end cannot move.
fn widened(domain: &Domain, end: End) -> Option<Domain> {
    match (domain.clone(), end) {
        (Domain::Float { low, high, .. }, _) if low == high => None,
        (Domain::Float { low, high, scale: Scale::Log, step }, End::Low) => {
            Some(Domain::Float { low: tenth(low), high, scale: Scale::Log, step })
        }
        (Domain::Float { low, high, scale: Scale::Log, step }, End::High) => {
            Some(Domain::Float { low, high: tidy(high * 10.0), scale: Scale::Log, step })
        }
        (Domain::Float { low, high, scale: Scale::ReverseLog, step }, End::High) => {
            Some(Domain::Float { low, high: tidy(1.0 - (1.0 - high) / 10.0), scale: Scale::ReverseLog, step })
        }
        (Domain::Float { low, high, scale: Scale::ReverseLog, step }, End::Low) => {
            let lower = if low > 0.0 { tidy((1.0 - (1.0 - low) * 2.0).max(0.0)) } else { return None };
            Some(Domain::Float { low: lower, high, scale: Scale::ReverseLog, step })
        }
        (Domain::Float { low: 0.0, .. }, End::Low) => None,
        (Domain::Float { low, high, .. }, End::High) if high == 1.0 && low >= 0.0 => None,
        (Domain::Float { low, high, scale, step }, End::Low) => {
            let lower = tidy(low - (high - low) / 2.0);
            // What is above zero may have to be: the alpha of mixup, a temperature.
            let low = if low > 0.0 && lower <= 0.0 { tenth(low) } else { lower };
            Some(Domain::Float { low, high, scale, step })
        }
        (Domain::Float { low, high, scale, step }, End::High) => {
            let higher = tidy(high + (high - low) / 2.0);
            let share = low >= 0.0 && high < 1.0; // a rate cannot reach one, a share not exceed it
            Some(Domain::Float {
                low,
                high: if share { higher.min(0.9_f64.max(high)) } else { higher },
                scale,
                step,
            })
            .filter(|wider| wider != domain)
        }
        (Domain::Int { low, high, .. }, _) if low == high => None,
        (Domain::Int { low, .. }, End::Low) if (0..=1).contains(&low) => None,
        (Domain::Int { low, high, scale: Scale::Log, step }, End::Low) => {
            Some(Domain::Int { low: (low / 2).max(1), high, scale: Scale::Log, step })
        }
        (Domain::Int { low, high, scale: Scale::Log, step }, End::High) => {
            Some(Domain::Int { low, high: high.saturating_mul(2), scale: Scale::Log, step })
        }
        (Domain::Int { low, high, scale, step }, End::Low) => {
            let lower = low.saturating_sub(half(low, high, step));
            Some(Domain::Int { low: if low > 0 { lower.max(1) } else { lower }, high, scale, step })
        }
        (Domain::Int { low, high, scale, step }, End::High) => {
            Some(Domain::Int { low, high: high.saturating_add(half(low, high, step)), scale, step })
        }
        _ => None,
    }
}

fn half(low: i64, high: i64, step: i64) -> i64 {
    (high.saturating_sub(low) / 2 / step).max(1).saturating_mul(step)
}

/// Without the dust of binary arithmetic: 0.30000000000000004 is 0.3.
fn tidy(x: f64) -> f64 {
    format!("{x:.12e}").parse().unwrap_or(x)
}

/// A tenth, exact where the number is a short decimal.
fn tenth(x: f64) -> f64 {
    tidy(x / 10.0)
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::findings::facts::{Facts, made_up};
    use tunesmith_core::{Domain, Scale, Value};

    fn sentences(domain: Domain, rows: Vec<(Value, f64)>) -> Vec<(String, String)> {
        let (space, trials) = (made_up::space(domain), made_up::complete(rows));
        let input = made_up::study(&space, &trials);
        let mut found = Vec::new();
        check(&Facts::of(&input), &mut found);
        found.into_iter().map(|f| (f.sentence.replace('\u{a0}', " "), f.patch.unwrap())).collect()
    }

    fn lr() -> Domain {
        Domain::float(1e-5, 0.1, Scale::Log, None).unwrap()
    }

    #[test]
    fn the_best_at_the_upper_end_are_reported_with_a_wider_range() {
        let rows = (0..20).map(|i| (Value::Float(0.1 * 0.9_f64.powi(i)), f64::from(i))).collect();
        let found = sentences(lr(), rows);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, "All of the best 5 trials sit within 5 % of the upper end of `x` (0.1).");
        assert_eq!(found[0].1, "x = { float = [1e-5, 1.0], scale = \"log\" }");
    }

    #[test]
    fn nearness_is_measured_on_the_scale_of_the_range() {
        // 0.0001 lies within 5 % of the lower end of a linear range, and in the middle of a log range.
        let rows = || (0..20).map(|i| (Value::Float(1e-3 + 1e-5 * f64::from(i)), f64::from(i))).collect();
        assert!(sentences(lr(), rows()).is_empty());
        let linear = Domain::float(1e-4, 1.0, Scale::Linear, None).unwrap();
        let found = sentences(linear, rows());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].1, "x = { float = [1e-5, 1.0] }", "what was above zero stays there");
    }

    #[test]
    fn the_middle_is_not_reported() {
        let rows = (0..20).map(|i| (Value::Float(1e-3 * 1.2_f64.powi(i)), f64::from(i))).collect();
        assert!(sentences(lr(), rows).is_empty());
    }

    #[test]
    fn ends_set_by_nature_are_not_reported() {
        let rows = || (0..20).map(|i| (Value::Float(0.001 * f64::from(i)), f64::from(i))).collect();
        assert!(sentences(Domain::float(0.0, 0.5, Scale::Linear, None).unwrap(), rows()).is_empty());
        let rows = (0..20).map(|i| (Value::Int(1), f64::from(i))).collect();
        assert!(sentences(Domain::int(1, 3, Scale::Linear, 1).unwrap(), rows).is_empty());
    }

    #[test]
    fn few_values_need_all_of_the_best_at_the_end() {
        let domain = || Domain::int(1, 3, Scale::Linear, 1).unwrap();
        let all = (0..20).map(|i| (Value::Int(3), f64::from(i))).collect();
        let found = sentences(domain(), all);
        assert_eq!(found[0].0, "All of the best 5 trials sit at the upper end of `x` (3).");
        assert_eq!(found[0].1, "x = { int = [1, 4] }");
        let most = (0..20).map(|i| (Value::Int(if i == 2 { 2 } else { 3 }), f64::from(i))).collect();
        assert!(sentences(domain(), most).is_empty());
    }
}
