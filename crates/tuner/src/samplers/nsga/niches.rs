//! Reference directions, and how the front that does not fit whole is spread over them.

use nalgebra::{DMatrix, DVector};
use tunesmith_core::Generator;

/// Points with `losses` coordinates that are multiples of 1 / `parts` and sum to one (Das & Dennis 1998): there are
/// (parts + losses - 1) choose parts.
pub(super) fn directions(losses: usize, parts: usize) -> Vec<Vec<f64>> {
    fn extend(begun: &mut Vec<usize>, left: usize, losses: usize, all: &mut Vec<Vec<usize>>) {
        if begun.len() + 1 == losses {
            all.push(begun.iter().copied().chain([left]).collect());
            return;
        }
        for part in 0..=left {
            begun.push(part);
            extend(begun, left - part, losses, all);
            begun.pop();
        }
    }
    let mut all = Vec::new();
    if losses > 0 {
        extend(&mut Vec::new(), parts, losses, &mut all);
    }
    all.iter().map(|counts| counts.iter().map(|&count| count as f64 / parts as f64).collect()).collect()
}

/// Which of the `border` points to keep beside the `kept`, so that directions are served evenly (Deb & Jain 2014, IEEE
/// TEVC 18, algorithms 2 to 4): `n` places in `border`.
pub(super) fn fill(
    kept: &[&[f64]],
    border: &[&[f64]],
    directions: &[Vec<f64>],
    n: usize,
    generator: &mut Generator,
) -> Vec<usize> {
    let all: Vec<&[f64]> = kept.iter().chain(border).copied().collect();
    let (origin, scale) = frame(&all);
    let nearest: Vec<(usize, f64)> = all
        .iter()
        .map(|point| {
            let place: Vec<f64> =
                point.iter().zip(&origin).zip(&scale).map(|((x, o), s)| (x - o) / s).collect();
            let distances = directions.iter().map(|direction| distance(&place, direction)).enumerate();
            distances.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, 0.0))
        })
        .collect();
    let mut served = vec![0_usize; directions.len()];
    nearest[..kept.len()].iter().for_each(|(direction, _)| served[*direction] += 1);
    let mut waiting: Vec<Vec<usize>> = vec![Vec::new(); directions.len()];
    nearest[kept.len()..].iter().enumerate().for_each(|(i, (direction, _))| waiting[*direction].push(i));
    let mut chosen = Vec::with_capacity(n);
    while chosen.len() < n.min(border.len()) {
        let open = || (0..directions.len()).filter(|&j| !waiting[j].is_empty());
        let least = open().map(|j| served[j]).min().expect("fewer are chosen than wait");
        let niches: Vec<usize> = open().filter(|&j| served[j] == least).collect();
        let niche = niches[generator.below(niches.len())];
        let of = |i: &usize| nearest[kept.len() + i].1;
        let pick = if least == 0 {
            let members = waiting[niche].iter().enumerate();
            members.min_by(|a, b| of(a.1).total_cmp(&of(b.1))).map_or(0, |(at, _)| at)
        } else {
            generator.below(waiting[niche].len())
        };
        chosen.push(waiting[niche].remove(pick));
        served[niche] += 1;
    }
    chosen
}

/// How far a point lies from the line through the origin.
fn distance(point: &[f64], direction: &[f64]) -> f64 {
    let dot: f64 = point.iter().zip(direction).map(|(p, d)| p * d).sum();
    let length: f64 = direction.iter().map(|d| d * d).sum();
    point.iter().zip(direction).map(|(p, d)| (p - dot / length * d).powi(2)).sum::<f64>().sqrt()
}

/// The ideal point, and the intercepts of the plane through the extreme points, measured from it; the ranges where there
/// is no such plane.
fn frame(points: &[&[f64]]) -> (Vec<f64>, Vec<f64>) {
    let losses = points.first().map_or(0, |point| point.len());
    let over = |pick: fn(f64, f64) -> f64, start: f64| -> Vec<f64> {
        (0..losses).map(|m| points.iter().map(|point| point[m]).fold(start, pick)).collect()
    };
    let (origin, worst) = (over(f64::min, f64::INFINITY), over(f64::max, f64::NEG_INFINITY));
    let ranges: Vec<f64> = origin.iter().zip(&worst).map(|(o, w)| w - o).collect();
    // The point that is least bad when all losses but one count a million times.
    let extreme = |axis: usize| {
        let badness = |point: &[f64]| {
            let weighed = (0..losses).map(|m| (point[m] - origin[m]) / if m == axis { 1.0 } else { 1e-6 });
            weighed.fold(f64::NEG_INFINITY, f64::max)
        };
        points.iter().min_by(|a, b| badness(a).total_cmp(&badness(b))).expect("there are points")
    };
    let extremes: Vec<&[f64]> = (0..losses).map(|axis| *extreme(axis)).collect();
    let matrix = DMatrix::from_fn(losses, losses, |i, j| extremes[i][j] - origin[j]);
    let plane = matrix.lu().solve(&DVector::from_element(losses, 1.0));
    let intercepts: Option<Vec<f64>> = plane.map(|plane| plane.iter().map(|x| 1.0 / x).collect());
    let is_sound = |intercepts: &Vec<f64>| {
        intercepts.iter().zip(&ranges).all(|(i, r)| i.is_finite() && *i > 1e-9 * r && *i > 0.0)
    };
    let scale = intercepts.filter(is_sound).unwrap_or(ranges);
    (origin, scale.into_iter().map(|s| if s > 0.0 { s } else { 1.0 }).collect())
}

#[cfg(test)]
mod tests {
    use super::{directions, distance, fill, frame};
    use tunesmith_core::Seed;

    #[test]
    fn directions_are_all_the_ways_to_share_the_parts() {
        assert_eq!(
            directions(2, 3),
            [[0.0, 1.0], [1.0 / 3.0, 2.0 / 3.0], [2.0 / 3.0, 1.0 / 3.0], [1.0, 0.0]]
        );
        assert_eq!(directions(3, 12).len(), 91); // Deb & Jain 2014, table I
        assert_eq!(directions(5, 6).len(), 210);
        assert_eq!(directions(1, 3), [[1.0]]);
        assert!(directions(4, 5).iter().all(|d| (d.iter().sum::<f64>() - 1.0).abs() < 1e-12));
    }

    #[test]
    fn the_distance_is_measured_at_right_angles() {
        assert!((distance(&[1.0, 1.0], &[1.0, 0.0]) - 1.0).abs() < 1e-12);
        assert!(distance(&[2.0, 2.0], &[0.5, 0.5]) < 1e-12);
    }

    #[test]
    fn the_frame_is_that_of_the_plane_through_the_extremes() {
        let points: [&[f64]; 4] = [&[1.0, 1.0, 7.0], &[1.0, 5.0, 2.0], &[4.0, 1.0, 2.0], &[1.5, 2.0, 3.0]];
        let (origin, scale) = frame(&points);
        assert_eq!(origin, [1.0, 1.0, 2.0]);
        assert!(scale.iter().zip([3.0, 4.0, 5.0]).all(|(a, b)| (a - b).abs() < 1e-4), "{scale:?}");
        assert_eq!(frame(&[&[1.0, 2.0], &[1.0, 2.0]]).1, [1.0, 1.0]);
    }

    #[test]
    fn neglected_directions_are_served_first() {
        let kept: [&[f64]; 2] = [&[0.0, 1.0], &[0.05, 0.95]];
        let border: [&[f64]; 4] = [&[0.02, 0.98], &[0.5, 0.5], &[0.52, 0.48], &[1.0, 0.0]];
        let chosen = fill(&kept, &border, &directions(2, 2), 2, &mut Seed::new(0).generator());
        assert!(chosen.contains(&1) && chosen.contains(&3), "{chosen:?}");
    }
}
