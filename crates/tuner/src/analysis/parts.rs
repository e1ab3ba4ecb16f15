//! Parts of a domain: one per value where there are few, else of even width.

use tunesmith_core::Domain;

/// The ends of the parts, in even coordinates: one more than there are parts. A choice has a part per option, a range
/// with no more values than `most` one per value, any other range `most` of even width.
pub(crate) fn edges(domain: &Domain, most: usize) -> Vec<f64> {
    let (low, high) = domain.bounds();
    let few = domain.size().filter(|n| *n <= most as u64);
    match domain {
        Domain::Choice { options } => (0..=options.len()).map(|i| i as f64).collect(),
        Domain::Int { low: first, step, scale, .. } if few.is_some() => {
            let half_way = |i: u64| scale.warp((first + step * i as i64) as f64 - *step as f64 / 2.0);
            (0..=few.unwrap_or(0)).map(half_way).collect()
        }
        _ => {
            let parts = few.map_or(most, |n| n as usize);
            (0..=parts).map(|i| low + (high - low) * i as f64 / parts as f64).collect()
        }
    }
}

/// The part in which a coordinate lies; the outer ones reach on.
pub(crate) fn part_of(edges: &[f64], z: f64) -> usize {
    edges[1..edges.len() - 1].partition_point(|edge| *edge <= z)
}
