//! Parts of a domain: one per value where there are few, else of about even width.

use tunesmith_core::{Domain, Scale};

/// The ends of the parts, in even coordinates: one more than there are parts. A choice has a part per option; a range
/// `most` parts of even width, or fewer where whole values make up a part.
pub(crate) fn edges(domain: &Domain, most: usize) -> Vec<f64> {
    let (low, high) = domain.bounds();
    let evenly = |i: usize| if i == most { high } else { low + (high - low) * i as f64 / most as f64 };
    let even = (0..=most).map(evenly);
    match domain {
        Domain::Choice { options } => (0..=options.len()).map(|i| i as f64).collect(),
        _ if domain.size() == Some(1) => vec![low, high],
        Domain::Int { low, step, scale, .. } => {
            between_values(even, domain, most, *low as f64, *step as f64, *scale)
        }
        Domain::Float { low, step: Some(step), scale, .. } => {
            between_values(even, domain, most, *low, *step, *scale)
        }
        _ => even.collect(),
    }
}

/// The ends moved to the nearest place half-way between two values.
fn between_values(
    even: impl Iterator<Item = f64>,
    domain: &Domain,
    most: usize,
    low: f64,
    step: f64,
    scale: Scale,
) -> Vec<f64> {
    let half_way = |k: f64| scale.warp(low + (k - 0.5) * step);
    if let Some(n) = domain.size().filter(|n| *n <= most as u64) {
        return (0..=n).map(|k| half_way(k as f64)).collect();
    }
    let mut edges: Vec<f64> =
        even.map(|z| half_way(((scale.unwarp(z) - low) / step + 0.5).round())).collect();
    edges.dedup();
    edges
}

/// The part in which a coordinate lies; the outer ones reach on.
pub(crate) fn part_of(edges: &[f64], z: f64) -> usize {
    edges[1..edges.len() - 1].partition_point(|edge| *edge <= z)
}

#[cfg(test)]
mod tests {
    use super::{edges, part_of};
    use proptest::prelude::*;
    use tunesmith_core::{Domain, Scale, Seed};

    #[test]
    fn few_values_have_a_part_each() {
        let domain = Domain::int(1, 16, Scale::Log, 1).unwrap();
        assert_eq!(edges(&domain, 16).len(), 17);
        for i in 1..=16 {
            assert_eq!(part_of(&edges(&domain, 16), f64::from(i).ln()), i as usize - 1);
        }
    }

    proptest! {
        #[test]
        fn parts_share_out_the_domain_in_order(seed in 0_u64..2000, most in 1_usize..40) {
            let space = crate::conform::random_space(&mut Seed::new(seed).generator());
            for dimension in space.dimensions() {
                let edges = edges(&dimension.domain, most);
                let options = if let Domain::Choice { options } = &dimension.domain { options.len() } else { most };
                prop_assert!((2..=options + 1).contains(&edges.len()));
                let (low, high) = dimension.domain.bounds();
                let slack = 1e-9 * (1.0 + low.abs().max(high.abs()));
                prop_assert!((edges[0] - low).abs() < slack && (edges[edges.len() - 1] - high).abs() < slack);
                prop_assert!(edges.is_sorted_by(|a, b| a < b) || low == high, "{edges:?} of {}", dimension.domain);
            }
        }
    }
}
