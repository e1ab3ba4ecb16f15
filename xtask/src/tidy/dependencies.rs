//! A dependency earns its place: each line of a member's manifest says which file needs it.

use super::house::{Finding, House};

pub(super) fn check(house: &House) -> Vec<Finding> {
    let mut findings = Vec::new();
    for manifest in house.manifests().filter(|manifest| manifest.path != "Cargo.toml") {
        let (mut inside, mut above) = (false, false);
        for (number, line) in manifest.lines() {
            let line = line.trim();
            if line.starts_with('[') {
                inside = line.trim_end_matches(']').ends_with("dependencies");
            } else if inside && line.contains('=') && !line.starts_with('#') {
                // Crates of the house are argued in xtask/src/tidy/arrows.rs.
                if !(above
                    || line.contains('#')
                    || line.starts_with("tunesmith")
                    || line.starts_with("stranger"))
                {
                    findings.push(Finding::at(
                        manifest,
                        number,
                        "say behind it which file needs it, and what for",
                    ));
                }
            }
            above = line.starts_with('#');
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_tidy, findings};
    use super::check;

    #[test]
    fn every_dependency_here_is_argued() {
        assert_tidy(check);
    }

    #[test]
    fn a_dependency_without_a_reason_is_found() {
        let text = "[package]\nname = \"a\"\n[dependencies]\n# net.rs: sockets\nnet = \"1\"\nlog = \"1\"\nfft = \"1\" # signal.rs\n";
        let found = findings(check, &[("crates/a/Cargo.toml", text)]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("crates/a/Cargo.toml:6: "));
    }
}
