//! Divergence: a value above which trials lose themselves, or too many of them at all.
//!
//! Source: Google's tuning playbook, "how can optimization failures be debugged" and its rule on the share of
//! infeasible trials. Threshold: at least three diverged trials with a setting at or above some value, of which at
//! least 80 % diverged, and less than 20 % below it; without such a value, more than 30 % of all ended trials.

use tunesmith_core::{Dimension, Domain};
use tunesmith_tuner::TrialState;

use super::facts::Facts;
use super::{Finding, Severity, patch};
use crate::labels::human;
use crate::number::{percent, short};

/// A setting from which on trials diverge.
struct Edge<'a> {
    dimension: &'a Dimension,
    from: f64,
    diverged: usize,
    above: usize,
    /// The largest value below it.
    safe: f64,
}

pub(crate) fn check(facts: &Facts<'_>, found: &mut Vec<Finding>) {
    let diverged = facts.count(TrialState::Diverged);
    if diverged < 3 {
        return;
    }
    let mut edges: Vec<Edge<'_>> =
        facts.input.space.dimensions().iter().filter_map(|d| edge(facts, d)).collect();
    // The edge that explains most; a learning rate before others that explain as much.
    edges.sort_by_key(|edge| (std::cmp::Reverse(edge.diverged), !edge.dimension.key.ends_with("lr")));
    let ended = facts.ended();
    if edges.is_empty() && diverged * 10 > ended * 3 {
        found.push(Finding {
            id: "divergence",
            severity: Severity::Warning,
            sentence: format!("{diverged} of {ended} trials diverged ({}).", percent(diverged as f64 / ended as f64)),
            advice: "No single setting explains it: lower the learning rates, clip gradients by norm, or look for a \
                     fault in the data."
                .to_owned(),
            patch: None,
            at: None,
        });
    }
    // Several edges may tell of the same trials; two are enough to act on.
    found.extend(edges.iter().take(2).map(|edge| finding(facts, edge)));
}

fn finding(facts: &Facts<'_>, edge: &Edge<'_>) -> Finding {
    let Edge { dimension, from, diverged, above, safe } = *edge;
    let name = human(&dimension.key);
    let lower = match dimension.domain.clone() {
        Domain::Float { low, scale, step, .. } if safe > low => {
            Some(Domain::Float { low, high: rounded(safe, from), scale, step })
        }
        Domain::Int { low, scale, step, .. } if safe as i64 > low => {
            Some(Domain::Int { low, high: safe as i64, scale, step })
        }
        _ => None,
    };
    let to = if let Some(Domain::Float { high, .. }) = &lower { short(*high) } else { short(safe) };
    let all = if diverged == above { format!("All {above}") } else { format!("{diverged} of {above}") };
    Finding {
        id: "divergence",
        severity: Severity::Warning,
        sentence: format!("{all} trials with `{name}` at {} or more diverged.", short(from)),
        advice: format!(
            "Lower the upper end to {to}, so that no trial is spent there; to go higher, warm up or clip gradients."
        ),
        patch: lower.map(|domain| patch::range(facts.input.space, dimension, &domain)),
        at: Some(dimension.key.clone()),
    }
}

fn edge<'a>(facts: &Facts<'a>, dimension: &'a Dimension) -> Option<Edge<'a>> {
    if matches!(dimension.domain, Domain::Choice { .. }) {
        return None;
    }
    let known = facts
        .input
        .trials
        .iter()
        .filter(|trial| trial.state.is_finished() && trial.state != TrialState::Failed);
    let mut rows: Vec<(f64, bool)> = known
        .filter_map(|trial| {
            let x = trial.params.get(&dimension.key)?.as_f64()?;
            Some((x, trial.state == TrialState::Diverged))
        })
        .collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total = rows.iter().filter(|(_, diverged)| *diverged).count();
    let candidates = (1..rows.len()).filter(|&i| rows[i].0 > rows[i - 1].0).filter_map(|i| {
        let above = rows.len() - i;
        let diverged = rows[i..].iter().filter(|(_, diverged)| *diverged).count();
        let enough = diverged >= 3 && diverged * 10 >= above * 8 && (total - diverged) * 10 < i * 2;
        enough.then(|| Edge { dimension, from: rows[i].0, diverged, above, safe: rows[i - 1].0 })
    });
    candidates.max_by_key(|edge| (edge.diverged, std::cmp::Reverse(edge.above)))
}

/// A number between two with as few digits as can be, the low one at least.
fn rounded(low: f64, high: f64) -> f64 {
    let power = 10_f64.powf(low.abs().log10().floor());
    let up = |digits: usize| -> f64 {
        let unit = power / 10_f64.powi(digits as i32);
        format!("{:.digits$e}", (low / unit).ceil() * unit).parse().unwrap_or(low)
    };
    (0..6).map(up).find(|up| (low..high).contains(up)).unwrap_or(low)
}

#[cfg(test)]
mod tests {
    use super::{check, rounded};
    use crate::findings::facts::{Facts, made_up};
    use tunesmith_core::{Domain, Scale};
    use tunesmith_tuner::TrialState;

    fn found(diverges: impl Fn(usize) -> bool) -> Vec<(String, Option<String>)> {
        let space = made_up::space(Domain::float(1e-4, 1.0, Scale::Log, None).unwrap());
        let trials: Vec<_> = (0..20)
            .map(|i| {
                let x = 1e-4 * 10_f64.powf(i as f64 / 5.0);
                let (state, value) = if diverges(i) {
                    (TrialState::Diverged, None)
                } else {
                    (TrialState::Complete, Some(1.0))
                };
                made_up::trial(i, x, state, value)
            })
            .collect();
        let input = made_up::study(&space, &trials);
        let mut found = Vec::new();
        check(&Facts::of(&input), &mut found);
        found.into_iter().map(|f| (f.sentence, f.patch)).collect()
    }

    #[test]
    fn a_value_from_which_on_trials_diverge_is_named_with_a_lower_end() {
        let found = found(|i| i >= 16);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, "All 4 trials with `x` at 0.1585 or more diverged.");
        assert_eq!(found[0].1.as_deref(), Some("x = { float = [1e-4, 0.1], scale = \"log\" }"));
    }

    #[test]
    fn scattered_divergence_has_no_edge_and_is_said_when_frequent() {
        assert!(found(|i| i % 7 == 3).is_empty());
        let often = found(|i| i % 2 == 0);
        assert!(often[0].0.starts_with("10 of 20 trials diverged"), "{often:?}");
        assert_eq!(often[0].1, None);
    }

    #[test]
    fn limits_are_round_where_they_can_be() {
        assert_eq!(rounded(0.17, 0.3), 0.2);
        assert_eq!(rounded(0.17, 0.19), 0.17);
        assert_eq!(rounded(0.437_970_424, 0.4883), 0.44);
    }
}
