//! Lines of a book as a table of word numbers, for an embedding to read: `novel,text` in, a column for each place out.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Rows taken of each book, spread over its lines.
const ROWS: usize = 1_500;
/// Places of a row; a shorter line ends with zeros.
const PLACES: usize = 14;
/// Numbers in use: 0 for none, 1 for a word that is not among the most frequent, and those.
const VOCABULARY: usize = 4_000;

/// The table of `ROWS` lines of each book, whose words are numbered by how often all lines hold them.
pub(super) fn table(csv: &str) -> String {
    let mut books: BTreeMap<&str, Vec<Vec<String>>> = BTreeMap::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (book, text) in csv.lines().skip(1).filter_map(|line| line.split_once(',')) {
        let words: Vec<String> = text
            .split(|letter: char| !letter.is_alphabetic())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        if words.len() >= 4 {
            words.iter().for_each(|word| *counts.entry(word.clone()).or_default() += 1);
            books.entry(book).or_default().push(words);
        }
    }
    let mut ranked: Vec<(&String, &usize)> = counts.iter().collect();
    ranked.sort_by_key(|&(word, count)| (std::cmp::Reverse(*count), word));
    let numbers: BTreeMap<&str, usize> = ranked
        .iter()
        .take(VOCABULARY - 2)
        .zip(2..)
        .map(|((word, _), number)| (word.as_str(), number))
        .collect();

    let mut table = String::from("novel");
    (0..PLACES).for_each(|place| table += &format!(",word_{place}"));
    for (book, lines) in books {
        for row in 0..ROWS.min(lines.len()) {
            let words = &lines[row * lines.len() / ROWS.min(lines.len())];
            let _ = write!(table, "\n{book}");
            for place in 0..PLACES {
                let number =
                    words.get(place).map_or(0, |word| numbers.get(word.as_str()).copied().unwrap_or(1));
                let _ = write!(table, ",{number}");
            }
        }
    }
    table + "\n"
}

#[cfg(test)]
mod tests {
    use super::{PLACES, table};

    #[test]
    fn the_more_frequent_a_word_the_smaller_its_number() {
        let table = table(
            "novel,text\nemma,\"the cat, the dog and the end\"\nemma,too short\nothers,the cat is not in\n",
        );
        let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
        assert!(rows.iter().all(|row| row.len() == PLACES + 1));
        assert_eq!((rows.len(), rows[1][0], rows[2][0]), (3, "emma", "others"));
        assert_eq!([rows[1][1], rows[1][2], rows[2][2], rows[2][6]], ["2", "3", "3", "0"]);
    }
}
