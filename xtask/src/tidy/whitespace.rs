//! No line ends in blanks, no source is indented by tabs, every text file ends in a line feed.

use super::house::{Finding, House};

/// Endings of the files people write; data files are as they came.
const WRITTEN: &[&str] = &[".rs", ".toml", ".md", ".sh", ".py", ".js", ".css", ".run"];

pub(super) fn check(house: &House) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &house.files {
        if !WRITTEN.iter().any(|ending| file.path.ends_with(ending)) {
            continue;
        }
        for (number, line) in file.lines() {
            if line.ends_with([' ', '\t', '\r']) {
                findings.push(Finding::at(file, number, "the line ends in blanks"));
            }
            if file.is_rust() && line.starts_with('\t') {
                findings.push(Finding::at(file, number, "the line is indented by a tab"));
            }
        }
        if !file.text.is_empty() && !file.text.ends_with('\n') {
            findings.push(Finding::of(&file.path, "the last line has no end"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_tidy, findings};
    use super::check;

    #[test]
    fn no_line_ends_in_blanks() {
        assert_tidy(check);
    }

    #[test]
    fn each_kind_is_found() {
        let found = findings(check, &[("a.md", "x \n"), ("b.rs", "\tx\n"), ("c.toml", "x"), ("d.csv", "x ")]);
        assert_eq!(found.len(), 3, "{found:?}");
    }
}
