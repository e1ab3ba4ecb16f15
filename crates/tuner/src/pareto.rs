//! Points with several losses: who dominates whom, how crowded they lie, and how much they cover together.
//!
//! A point is a slice of losses, less is better in each. One point dominates another when it is nowhere worse and
//! somewhere better; equal points do not dominate each other.

use std::cmp::Ordering;

/// Whether `a` is nowhere worse than `b` and somewhere better.
///
/// ```
/// use tunesmith_tuner::pareto::dominates;
/// assert!(dominates(&[1.0, 2.0], &[1.0, 3.0]));
/// assert!(!dominates(&[1.0, 2.0], &[1.0, 2.0]));
/// assert!(!dominates(&[1.0, 2.0], &[0.0, 3.0]));
/// ```
#[must_use]
pub fn dominates(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| a <= b) && a.iter().zip(b).any(|(a, b)| a < b)
}

/// The rank of each point: 0 for those that no other dominates, 1 for those that only points of rank 0 dominate, and so
/// on.
///
/// Two losses take O(n log n); more take O(n^2) at worst (efficient non-dominated sort, Zhang et al. 2015, IEEE TEVC 19).
///
/// ```
/// let points = [[1.0, 4.0], [2.0, 2.0], [2.0, 5.0], [3.0, 6.0]];
/// assert_eq!(tunesmith_tuner::pareto::ranks(&points), [0, 0, 1, 2]);
/// ```
#[must_use]
pub fn ranks<P: AsRef<[f64]>>(points: &[P]) -> Vec<usize> {
    // In this order only earlier points can dominate later ones.
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|&a, &b| lexicographic(points[a].as_ref(), points[b].as_ref()));
    let mut fronts: Vec<Vec<usize>> = Vec::new();
    let mut ranks = vec![0; points.len()];
    for place in order {
        let point = points[place].as_ref();
        let beaten = |front: &Vec<usize>| {
            // With two losses the last of a front has the least second one, and speaks for all.
            let members = front.iter().rev().take(if point.len() <= 2 { 1 } else { front.len() });
            members.into_iter().any(|&member| dominates(points[member].as_ref(), point))
        };
        // A point that a front dominates is dominated by all fronts before it.
        let rank = fronts.partition_point(beaten);
        if rank == fronts.len() {
            fronts.push(Vec::new());
        }
        fronts[rank].push(place);
        ranks[place] = rank;
    }
    ranks
}

fn lexicographic(a: &[f64], b: &[f64]) -> Ordering {
    // Zero and minus zero are one loss.
    let differing = a.iter().zip(b).map(|(a, b)| (a + 0.0).total_cmp(&(b + 0.0)));
    differing.fold(Ordering::Equal, Ordering::then)
}

/// The places of the points that no other dominates, in order.
///
/// ```
/// let points = [[2.0, 5.0], [1.0, 4.0], [2.0, 2.0]];
/// assert_eq!(tunesmith_tuner::pareto::front(&points), [1, 2]);
/// ```
#[must_use]
pub fn front<P: AsRef<[f64]>>(points: &[P]) -> Vec<usize> {
    let ranks = ranks(points);
    (0..points.len()).filter(|&place| ranks[place] == 0).collect()
}

/// The crowding distance of each point of one front: the circumference of the gap its neighbours leave, each loss
/// measured by its range; infinite for the ends (Deb et al. 2002, section III B).
///
/// ```
/// let points = [[0.0, 4.0], [1.0, 2.0], [4.0, 0.0]];
/// assert_eq!(tunesmith_tuner::pareto::crowding(&points), [f64::INFINITY, 2.0, f64::INFINITY]);
/// ```
#[must_use]
pub fn crowding<P: AsRef<[f64]>>(points: &[P]) -> Vec<f64> {
    let mut distances = vec![0.0; points.len()];
    let losses = points.first().map_or(0, |point| point.as_ref().len());
    for m in 0..losses {
        let loss = |place: usize| points[place].as_ref()[m];
        let mut order: Vec<usize> = (0..points.len()).collect();
        order.sort_by(|&a, &b| loss(a).total_cmp(&loss(b)));
        let (first, last) = (order[0], order[order.len() - 1]);
        let range = loss(last) - loss(first);
        if range == 0.0 || range.is_nan() {
            continue; // all alike, so nothing to choose by
        }
        (distances[first], distances[last]) = (f64::INFINITY, f64::INFINITY);
        for gap in order.windows(3) {
            let gap_width = (loss(gap[2]) - loss(gap[0])) / range;
            distances[gap[1]] += if gap_width.is_nan() { 0.0 } else { gap_width };
        }
    }
    distances
}

/// The points measured by the ranges of their front: 0 is the best loss any of its points has, 1 the worst, so that no
/// reference is needed to compare them. A loss in which the front does not differ is 0.
///
/// ```
/// let points = [[10.0, 400.0], [20.0, 200.0], [30.0, 500.0]];
/// let normalized = tunesmith_tuner::pareto::normalize(&points);
/// assert_eq!(normalized, [[0.0, 1.0], [1.0, 0.0], [2.0, 1.5]]);
/// ```
#[must_use]
pub fn normalize<P: AsRef<[f64]>>(points: &[P]) -> Vec<Vec<f64>> {
    let best = front(points);
    let losses = points.first().map_or(0, |point| point.as_ref().len());
    let ranges: Vec<(f64, f64)> = (0..losses)
        .map(|m| {
            let of_front = best.iter().map(|&place| points[place].as_ref()[m]);
            of_front.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
        })
        .collect();
    let place =
        |(x, (low, high)): (&f64, &(f64, f64))| if high > low { (x - low) / (high - low) } else { 0.0 };
    points.iter().map(|point| point.as_ref().iter().zip(&ranges).map(place).collect()).collect()
}

/// The volume that points dominate, up to a reference point; those that are not better than the reference everywhere
/// add nothing.
///
/// Exact: a sweep for up to three losses, the algorithm WFG (While, Bradstreet & Barone 2012, IEEE TEVC 16) for more, which
/// at worst takes time exponential in their number.
///
/// # Panics
/// When a point has another number of losses than the reference.
///
/// ```
/// use tunesmith_tuner::pareto::hypervolume;
/// assert_eq!(hypervolume(&[[1.0, 3.0], [2.0, 1.0]], &[4.0, 4.0]), 3.0 + 4.0);
/// assert_eq!(hypervolume(&[[0.5, 0.5, 0.5]], &[1.0, 1.0, 1.0]), 0.125);
/// ```
#[must_use]
#[track_caller]
pub fn hypervolume<P: AsRef<[f64]>>(points: &[P], reference: &[f64]) -> f64 {
    let mut inside: Vec<Vec<f64>> = Vec::new();
    for point in points.iter().map(AsRef::as_ref) {
        assert_eq!(
            point.len(),
            reference.len(),
            "hypervolume: a point has {} losses, the reference {}",
            point.len(),
            reference.len()
        );
        if point.iter().zip(reference).all(|(x, r)| x < r) {
            inside.push(point.to_vec());
        }
    }
    let best: Vec<Vec<f64>> = front(&inside).into_iter().map(|place| inside[place].clone()).collect();
    volume(best, reference)
}

/// Of points that do not dominate each other and lie below the reference.
fn volume(mut points: Vec<Vec<f64>>, reference: &[f64]) -> f64 {
    if points.is_empty() {
        return 0.0;
    }
    points.sort_by(|a, b| lexicographic(a, b));
    match reference {
        [] => 0.0,
        [r] => r - points[0][0],
        [r0, r1] => {
            let mut staircase = Staircase::new(*r0, *r1);
            points.iter().for_each(|point| staircase.add(point[0], point[1]));
            staircase.area
        }
        [r0, r1, r2] => {
            // From the best third loss up: the area below grows, and each piece lasts to the next point.
            points.sort_by(|a, b| a[2].total_cmp(&b[2]));
            let mut staircase = Staircase::new(*r0, *r1);
            let ends = points[1..].iter().map(|point| point[2]).chain([*r2]);
            points
                .iter()
                .zip(ends)
                .map(|(point, end)| {
                    staircase.add(point[0], point[1]);
                    staircase.area * (end - point[2])
                })
                .sum()
        }
        _ => {
            // Worst in the last loss first: the later ones, which limit it, then are all alike in that loss.
            let last = reference.len() - 1;
            points.sort_by(|a, b| b[last].total_cmp(&a[last]).then_with(|| lexicographic(a, b)));
            (0..points.len()).map(|i| exclusive(&points[i], &points[i + 1..], reference)).sum()
        }
    }
}

/// The area that points with two losses dominate, as they come.
struct Staircase {
    reference: (f64, f64),
    /// Its corners: the first loss rises, the second falls.
    corners: Vec<(f64, f64)>,
    area: f64,
}

impl Staircase {
    fn new(x: f64, y: f64) -> Self {
        Self { reference: (x, y), corners: Vec::new(), area: 0.0 }
    }

    fn add(&mut self, x: f64, y: f64) {
        let start = self.corners.partition_point(|corner| corner.0 <= x);
        let mut ceiling = if start == 0 { self.reference.1 } else { self.corners[start - 1].1 };
        if ceiling <= y {
            return;
        }
        // A corner straight above is beaten as well; it is as wide as nothing.
        let start = if start > 0 && self.corners[start - 1].0 == x { start - 1 } else { start };
        let end = start + self.corners[start..].partition_point(|corner| corner.1 >= y);
        let mut from = x;
        for corner in &self.corners[start..end] {
            self.area += (corner.0 - from) * (ceiling - y);
            (from, ceiling) = *corner;
        }
        let to = self.corners.get(end).map_or(self.reference.0, |corner| corner.0);
        self.area += (to - from) * (ceiling - y);
        self.corners.splice(start..end, [(x, y)]);
    }
}

/// What a point dominates and none of the others does, which are no worse than it in the last loss.
fn exclusive(point: &[f64], others: &[Vec<f64>], reference: &[f64]) -> f64 {
    let last = reference.len() - 1;
    // Cut to what the point dominates, the others reach the same depth in the last loss.
    let cut: Vec<Vec<f64>> = others
        .iter()
        .map(|other| other[..last].iter().zip(point).map(|(a, b)| a.max(*b)).collect())
        .collect();
    let shared: Vec<Vec<f64>> = front(&cut).into_iter().map(|place| cut[place].clone()).collect();
    let base: f64 = point[..last].iter().zip(reference).map(|(x, r)| r - x).product();
    (reference[last] - point[last]) * (base - volume(shared, &reference[..last]))
}

#[cfg(test)]
mod tests {
    use super::{crowding, dominates, front, hypervolume, normalize, ranks};
    use proptest::prelude::*;

    /// Points on a coarse grid, so that losses are often equal and points often the same.
    fn points() -> impl Strategy<Value = Vec<Vec<f64>>> {
        (1_usize..5).prop_flat_map(|m| {
            prop::collection::vec(prop::collection::vec((-1_i8..7).prop_map(f64::from), m), 0..24)
        })
    }

    /// Peels front after front.
    fn ranks_by_definition(points: &[Vec<f64>]) -> Vec<usize> {
        let mut ranks = vec![usize::MAX; points.len()];
        for rank in 0..points.len() {
            let left: Vec<usize> = (0..points.len()).filter(|&i| ranks[i] == usize::MAX).collect();
            let best = left.iter().filter(|&&i| !left.iter().any(|&j| dominates(&points[j], &points[i])));
            best.copied().collect::<Vec<_>>().into_iter().for_each(|i| ranks[i] = rank);
        }
        ranks
    }

    /// Counts the unit cells of the grid.
    fn volume_by_counting(points: &[Vec<f64>], m: usize, reference: f64) -> f64 {
        let side = (reference + 1.0) as usize;
        let cells = (0..side.pow(m as u32)).filter(|cell| {
            let corner: Vec<f64> = (0..m).map(|k| (cell / side.pow(k as u32) % side) as f64 - 1.0).collect();
            points.iter().any(|point| point.iter().zip(&corner).all(|(x, c)| x <= c))
        });
        cells.count() as f64
    }

    proptest! {
        #[test]
        fn ranks_are_those_of_peeling_fronts(points in points()) {
            prop_assert_eq!(ranks(&points), ranks_by_definition(&points));
        }

        #[test]
        fn the_front_is_what_nothing_dominates(points in points()) {
            let expected: Vec<usize> =
                (0..points.len()).filter(|&i| !points.iter().any(|p| dominates(p, &points[i]))).collect();
            prop_assert_eq!(front(&points), expected);
        }

        #[test]
        fn volume_is_the_number_of_unit_cells(points in points(), reference in 2_u8..7) {
            let m = points.first().map_or(2, Vec::len);
            let reference = f64::from(reference);
            let exact = hypervolume(&points, &vec![reference; m]);
            prop_assert!((exact - volume_by_counting(&points, m, reference)).abs() < 1e-9);
        }

        #[test]
        fn volume_depends_on_no_order(points in points(), shift in 0_usize..24) {
            let reference = vec![6.5; points.first().map_or(2, Vec::len)];
            let mut turned = points.clone();
            turned.rotate_left(shift % points.len().max(1));
            prop_assert!((hypervolume(&points, &reference) - hypervolume(&turned, &reference)).abs() < 1e-9);
        }

        #[test]
        fn normalized_fronts_fill_the_unit_box(points in points()) {
            let normalized = normalize(&points);
            for (m, _) in points.first().into_iter().flatten().enumerate() {
                let best: Vec<usize> = front(&points);
                let ends = [f64::min, f64::max].map(|pick| best.iter().map(|&i| normalized[i][m]).reduce(pick).unwrap());
                let differ = best.iter().any(|&i| points[i][m] != points[best[0]][m]);
                prop_assert_eq!(ends, if differ { [0.0, 1.0] } else { [0.0, 0.0] });
            }
        }

        #[test]
        fn crowding_is_the_sum_of_gaps(values in prop::collection::btree_set(-50_i32..50, 3..12)) {
            // A front of two losses: one rises while the other falls.
            let x: Vec<f64> = values.iter().map(|v| f64::from(*v)).collect();
            let points: Vec<[f64; 2]> = x.iter().map(|x| [*x, -x * x.signum() * x - 7.0 * x]).collect();
            let distances = crowding(&points);
            let last = points.len() - 1;
            for i in 1..last {
                let gap = |m: usize| (points[i + 1][m] - points[i - 1][m]).abs() / (points[last][m] - points[0][m]).abs();
                prop_assert!((distances[i] - gap(0) - gap(1)).abs() < 1e-12);
            }
            prop_assert!(distances[0].is_infinite() && distances[last].is_infinite());
        }
    }

    #[test]
    fn infinite_losses_are_dominated_and_cover_nothing() {
        let points = [[f64::INFINITY, 0.0], [1.0, 1.0], [2.0, f64::INFINITY]];
        assert_eq!(ranks(&points), [0, 0, 1]);
        assert_eq!(hypervolume(&points, &[2.0, 2.0]), 1.0);
        assert!(crowding(&points).iter().all(|distance| !distance.is_nan()));
    }
}
