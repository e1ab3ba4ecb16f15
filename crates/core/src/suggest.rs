//! The nearest spelling: what a person may have meant.

/// The known word nearest to `word`, if it is near enough to be a slip of the pen.
///
/// The distance counts insertions, deletions, substitutions and swaps of neighbours
/// (optimal string alignment); up to a third of the letters may differ.
///
/// ```
/// assert_eq!(tunesmith_core::nearest("adma", ["adam", "sgd"]), Some("adam"));
/// assert_eq!(tunesmith_core::nearest("transformer", ["adam", "sgd"]), None);
/// ```
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (distance(&word, &candidate.to_lowercase()), candidate))
        .filter(|&(d, candidate)| d <= 1 + word.len().max(candidate.len()) / 4)
        .min_by_key(|&(d, _)| d)
        .map(|(_, candidate)| candidate)
}

fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let substitute = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = substitute.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn counts_edits() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("ab", "ba"), 1);
    }

    #[test]
    fn prefers_the_closest() {
        assert_eq!(nearest("learning_rat", ["learning_rate", "l1"]), Some("learning_rate"));
        assert_eq!(nearest("epoch", ["epochs", "batch_size"]), Some("epochs"));
    }
}
