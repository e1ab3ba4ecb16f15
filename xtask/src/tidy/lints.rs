//! Every member keeps the workspace's lints; one that must differ writes the same table with that one difference.

use super::house::{File, Finding, House};

/// A line of the workspace's table, and what stands in its place; `None` for nothing.
type Difference = (&'static str, Option<&'static str>);

/// Members with a table of their own, and in what it differs.
const DIFFERENCES: &[(&str, &[Difference])] = &[
    // Forbidden cannot be expected in single files, denied can.
    ("crates/tensor/Cargo.toml", &[(FORBIDDEN, Some(DENIED))]),
    // The command line is what prints.
    ("crates/cli/Cargo.toml", &[("print_stdout = \"warn\"", None), ("print_stderr = \"warn\"", None)]),
];
const FORBIDDEN: &str = "unsafe_code = \"forbid\"";
const DENIED: &str = "unsafe_code = \"deny\"";

pub(super) fn check(house: &House) -> Vec<Finding> {
    let Some(root) = house.file("Cargo.toml") else { return Vec::new() };
    let mut findings = Vec::new();
    for manifest in house.manifests().filter(|manifest| manifest.path != "Cargo.toml") {
        let differences =
            DIFFERENCES.iter().find(|(path, _)| *path == manifest.path).map(|(_, lines)| *lines);
        let Some(differences) = differences else {
            if table(manifest, "[lints]") != ["workspace = true"] {
                findings.push(Finding::of(&manifest.path, "it lacks `[lints] workspace = true`"));
            }
            continue;
        };
        for part in ["rust", "clippy"] {
            let expected = table(root, &format!("[workspace.lints.{part}]"));
            let expected: Vec<String> =
                expected.into_iter().filter_map(|line| changed(line, differences)).collect();
            if table(manifest, &format!("[lints.{part}]")) != expected {
                let what = format!(
                    "[lints.{part}] is not the workspace's, but for what xtask/src/tidy/lints.rs says"
                );
                findings.push(Finding::of(&manifest.path, what));
            }
        }
    }
    findings
}

fn changed(line: String, differences: &[Difference]) -> Option<String> {
    match differences.iter().find(|(before, _)| *before == line) {
        Some((_, after)) => after.map(str::to_owned),
        None => Some(line),
    }
}

/// The lines of a table without comments.
fn table(manifest: &File, head: &str) -> Vec<String> {
    let mut lines = manifest.text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    if !lines.any(|line| line == head) {
        return Vec::new();
    }
    lines
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_tidy, findings};
    use super::check;

    #[test]
    fn every_member_keeps_the_lints() {
        assert_tidy(check);
    }

    #[test]
    fn a_softer_table_is_found() {
        let root = "[workspace.lints.rust]\nunsafe_code = \"forbid\" # why\nmissing_docs = \"warn\"\n[workspace.lints.clippy]\n";
        let right = "[lints.rust]\nunsafe_code = \"deny\"\nmissing_docs = \"warn\"\n[lints.clippy]\n";
        let soft = "[lints.rust]\nunsafe_code = \"deny\"\n[lints.clippy]\n";
        let found = findings(check, &[("Cargo.toml", root), ("crates/tensor/Cargo.toml", right)]);
        assert_eq!(found, Vec::<String>::new());
        let found = findings(
            check,
            &[
                ("Cargo.toml", root),
                ("crates/tensor/Cargo.toml", soft),
                ("crates/nn/Cargo.toml", "[package]\n"),
            ],
        );
        assert_eq!(found.len(), 2, "{found:?}");
    }
}
