//! Which of many trials a table keeps.

use crate::analysis::View;

/// The places of at most `most` of these trials, in order: the best tenth of that number, and the others evenly.
pub(super) fn keep(view: View<'_>, places: Vec<usize>, most: usize) -> Vec<usize> {
    if places.len() <= most {
        return places;
    }
    let loss = |place: usize| view.loss(&view.trials()[place]).unwrap_or(f64::INFINITY);
    let best = most.div_ceil(10).min(most);
    let mut ranked: Vec<(f64, usize)> = places.into_iter().map(|place| (loss(place), place)).collect();
    if best > 0 {
        ranked.select_nth_unstable_by(best - 1, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    }
    let mut kept: Vec<usize> = ranked.iter().map(|row| row.1).collect();
    let mut others = kept.split_off(best);
    others.sort_unstable();
    let wanted = most - kept.len();
    kept.extend(evenly(others.len(), wanted).map(|i| others[i]));
    kept.sort_unstable();
    kept
}

/// At most `most` of the numbers 0..n, from the first to the last at even distances.
pub(super) fn evenly(n: usize, most: usize) -> impl Iterator<Item = usize> {
    let count = n.min(most);
    let place = move |i: usize| if count > 1 { i * (n - 1) / (count - 1) } else { n.saturating_sub(1) };
    (0..count).map(place)
}

#[cfg(test)]
mod tests {
    use super::evenly;

    #[test]
    fn an_even_choice_has_both_ends_and_nothing_twice() {
        for (n, most) in [(0, 5), (1, 1), (5, 9), (10, 3), (1000, 7), (9, 8), (4, 0)] {
            let chosen: Vec<usize> = evenly(n, most).collect();
            assert_eq!(chosen.len(), n.min(most));
            assert!(chosen.windows(2).all(|pair| pair[0] < pair[1]), "{n} {most}: {chosen:?}");
            if n.min(most) > 1 {
                assert_eq!((chosen[0], *chosen.last().unwrap()), (0, n - 1));
            }
        }
    }
}
