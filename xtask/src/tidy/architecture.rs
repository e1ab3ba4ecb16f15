//! The map is complete and true: docs/ARCHITECTURE.md names every crate's root, and every path a document names
//! exists.

use super::house::{Finding, House};

const MAP: &str = "docs/ARCHITECTURE.md";
/// Folders of the tree; a path in a document that starts with one must exist.
const TOP: &[&str] = &["crates/", "docs/", "tests/", "xtask/", "examples/", ".ci/", ".cargo/"];

pub(super) fn check(house: &House) -> Vec<Finding> {
    let mut findings = Vec::new();
    let map = house.file(MAP).map(|file| file.text.as_str()).unwrap_or_default();
    for manifest in house.manifests() {
        let folder = manifest.path.trim_end_matches("Cargo.toml");
        let root = ["src/lib.rs", "src/main.rs"].map(|root| format!("{folder}{root}"));
        let root = root.into_iter().find(|root| house.file(root).is_some());
        if let Some(root) = root.filter(|root| !map.contains(root.as_str())) {
            findings.push(Finding::of(MAP, format!("it does not name {root}")));
        }
    }
    for document in house.documents() {
        for (number, line) in document.lines() {
            for path in line.split('`').skip(1).step_by(2).filter(|path| names_a_path(path)) {
                let exists = house
                    .files
                    .iter()
                    .any(|file| file.path == path || path.ends_with('/') && file.path.starts_with(path));
                if !exists {
                    findings.push(Finding::at(document, number, format!("`{path}` does not exist")));
                }
            }
        }
    }
    findings
}

/// Whether code in a document is one path of the tree: commands, patterns and places to fill in are not.
fn names_a_path(code: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    TOP.iter().any(|top| code.starts_with(top)) && code.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_tidy, findings};
    use super::check;

    #[test]
    fn the_map_is_complete_and_true() {
        assert_tidy(check);
    }

    #[test]
    fn a_crate_off_the_map_and_a_dead_path_are_found() {
        let files = [
            ("crates/a/Cargo.toml", ""),
            ("crates/a/src/lib.rs", ""),
            ("docs/ARCHITECTURE.md", "`crates/b/src/lib.rs`, `crates/a/`, `crates/*/x`, `cargo test`\n"),
        ];
        let found = findings(check, &files);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].ends_with("it does not name crates/a/src/lib.rs"));
        assert!(found[1].ends_with("`crates/b/src/lib.rs` does not exist"));
    }
}
