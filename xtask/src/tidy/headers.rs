//! Every Rust file starts with a `//!` line that says which concept it holds.

use super::house::{Finding, House};

pub(super) fn check(house: &House) -> Vec<Finding> {
    let missing = house.rust().filter(|file| {
        let first = file.text.lines().next().unwrap_or_default();
        first.strip_prefix("//! ").is_none_or(|concept| concept.trim().is_empty())
    });
    missing.map(|file| Finding::at(file, 1, "start it with `//! ` and the one concept it holds")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_tidy, findings};
    use super::check;

    #[test]
    fn every_file_says_what_it_holds() {
        assert_tidy(check);
    }

    #[test]
    fn a_file_without_a_first_line_is_found() {
        let found =
            findings(check, &[("a.rs", "//! A.\n"), ("b.rs", "use a;\n"), ("c.rs", "//! \n"), ("d.rs", "")]);
        assert_eq!(found.len(), 3, "{found:?}");
    }
}
