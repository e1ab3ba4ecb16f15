//! Every member keeps the workspace's lints; one that must differ writes the same table with that one difference.

use super::house::{File, Finding, House};

/// Members that write their own table: `unsafe` is denied there, not forbidden, so that single files can expect it.
const OWN_TABLE: &[&str] = &["crates/tensor/Cargo.toml", "tests/Cargo.toml"];

pub(super) fn check(house: &House) -> Vec<Finding> {
    let Some(root) = house.file("Cargo.toml") else { return Vec::new() };
    let mut findings = Vec::new();
    for manifest in house.manifests().filter(|manifest| manifest.path != "Cargo.toml") {
        let shared = !table(manifest, "[lints]").is_empty();
        if !OWN_TABLE.contains(&manifest.path.as_str()) {
            if !shared {
                findings.push(Finding::of(&manifest.path, "it lacks `[lints] workspace = true`"));
            }
            continue;
        }
        for part in ["rust", "clippy"] {
            let mut expected = table(root, &format!("[workspace.lints.{part}]"));
            for line in &mut expected {
                if line == "unsafe_code = \"forbid\"" {
                    "unsafe_code = \"deny\"".clone_into(line);
                }
            }
            if table(manifest, &format!("[lints.{part}]")) != expected {
                let what = format!("[lints.{part}] differs from the workspace's in more than unsafe_code");
                findings.push(Finding::of(&manifest.path, what));
            }
        }
    }
    findings
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
