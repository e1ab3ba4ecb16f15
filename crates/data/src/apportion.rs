//! Whole rows for fractional shares: how many rows of each class go into each part.

/// How many rows of each class go into each part, when the parts' totals are given.
///
/// Every cell is its exact quota `class * total / rows` rounded down or up, every class and every part adds up. The
/// extra rows go to the largest remainders first; where that gets stuck, rows move along an augmenting path, which
/// exists because the fractional quotas are themselves a solution (controlled rounding, Bacharach 1966).
pub(crate) fn apportion<const PARTS: usize>(
    classes: &[usize],
    totals: &[usize; PARTS],
) -> Vec<[usize; PARTS]> {
    let rows: usize = classes.iter().sum();
    debug_assert_eq!(rows, totals.iter().sum::<usize>());
    if rows == 0 {
        return vec![[0; PARTS]; classes.len()];
    }
    // Quotas in integers: no rounding of floats decides a tie.
    let product = |class: usize, part: usize| classes[class] as u128 * totals[part] as u128;
    let floor = |class: usize, part: usize| (product(class, part) / rows as u128) as usize;
    let remainder = |class: usize, part: usize| product(class, part) % rows as u128;

    let mut counts: Vec<[usize; PARTS]> =
        (0..classes.len()).map(|class| std::array::from_fn(|part| floor(class, part))).collect();
    let mut extra = vec![[false; PARTS]; classes.len()];
    let mut wanted: Vec<usize> =
        (0..classes.len()).map(|class| classes[class] - counts[class].iter().sum::<usize>()).collect();
    let mut room: [usize; PARTS] =
        std::array::from_fn(|part| totals[part] - counts.iter().map(|c| c[part]).sum::<usize>());

    let mut cells: Vec<(usize, usize)> =
        (0..classes.len()).flat_map(|class| (0..PARTS).map(move |part| (class, part))).collect();
    cells.retain(|&(class, part)| remainder(class, part) > 0);
    cells.sort_by_key(|&(class, part)| (std::cmp::Reverse(remainder(class, part)), class, part));
    for (class, part) in cells {
        if wanted[class] > 0 && room[part] > 0 {
            extra[class][part] = true;
            wanted[class] -= 1;
            room[part] -= 1;
        }
    }
    for (class, wanted) in wanted.into_iter().enumerate() {
        for _ in 0..wanted {
            let open = |class: usize, part: usize| remainder(class, part) > 0;
            room[augment(class, &open, &mut extra, &room)] -= 1;
        }
    }
    for (counts, extra) in counts.iter_mut().zip(&extra) {
        for part in 0..PARTS {
            counts[part] += usize::from(extra[part]);
        }
    }
    counts
}

/// Gives `start` one more extra row, moving others' extra rows between parts; returns the part that grew.
fn augment<const PARTS: usize>(
    start: usize,
    open: &dyn Fn(usize, usize) -> bool,
    extra: &mut [[bool; PARTS]],
    room: &[usize; PARTS],
) -> usize {
    // Breadth first over parts: a part is reached through a class that could take its extra row there.
    let mut reached_by: [Option<(usize, Option<usize>)>; PARTS] = [None; PARTS];
    let mut queue = Vec::new();
    for part in 0..PARTS {
        if open(start, part) && !extra[start][part] {
            reached_by[part] = Some((start, None));
            queue.push(part);
        }
    }
    let mut next = 0;
    while next < queue.len() {
        let part = queue[next];
        next += 1;
        if room[part] > 0 {
            let mut at = part;
            loop {
                let (class, from) = reached_by[at].expect("the path was walked here");
                extra[class][at] = true;
                let Some(from) = from else { return part };
                extra[class][from] = false;
                at = from;
            }
        }
        let holders: Vec<usize> = (0..extra.len()).filter(|&class| extra[class][part]).collect();
        for class in holders {
            for to in 0..PARTS {
                if reached_by[to].is_none() && open(class, to) && !extra[class][to] {
                    reached_by[to] = Some((class, Some(part)));
                    queue.push(to);
                }
            }
        }
    }
    unreachable!("the fractional quotas are a solution, so a whole one exists")
}

#[cfg(test)]
mod tests {
    use super::apportion;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_cell_is_its_quota_rounded(
            classes in prop::collection::vec(0_usize..60, 1..12),
            a in 0.0..1.0_f64,
            b in 0.0..1.0_f64,
        ) {
            let rows: usize = classes.iter().sum();
            let first = (a * rows as f64) as usize;
            let second = (b * (rows - first) as f64) as usize;
            let totals = [rows - first - second, first, second];
            let counts = apportion(&classes, &totals);
            for part in 0..3 {
                prop_assert_eq!(counts.iter().map(|c| c[part]).sum::<usize>(), totals[part]);
            }
            for (class, count) in classes.iter().zip(&counts) {
                prop_assert_eq!(count.iter().sum::<usize>(), *class);
                for part in 0..3 {
                    let quota = *class as f64 * totals[part] as f64 / rows.max(1) as f64;
                    prop_assert!((count[part] as f64 - quota).abs() < 1.0, "{} for {quota}", count[part]);
                }
            }
        }
    }

    #[test]
    fn a_row_moves_where_the_largest_remainders_leave_no_place() {
        // Found by search: taking the largest remainders in order strands one row here.
        let counts = apportion(&[2, 3, 3], &[2, 4, 2]);
        assert_eq!(counts.iter().map(|c| c[1]).sum::<usize>(), 4);
        assert!(counts[0].iter().zip([0, 1, 0]).all(|(&found, floor)| found == floor || found == floor + 1));
        assert!(counts[1..].iter().all(|c| c[1] == 1 || c[1] == 2));
    }
}
