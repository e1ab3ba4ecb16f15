//! Nothing in the tree names a machine it was made on: no absolute paths of a home or a workshop, no crates from
//! elsewhere than crates.io, no links to other than public sites.

use super::house::{File, Finding, House};

/// Folders that exist on one machine only, in two halves so that this file does not find itself.
const MACHINE: &[(&str, &str)] = &[("/wo", "rk/"), ("/ho", "me/"), ("/ro", "ot/"), ("/Us", "ers/")];

/// Where a link in source or documents may lead. `127.0.0.1` and `localhost` are the reader's own machine.
const SITES: &[&str] = &[
    "127.0.0.1",
    "api.semanticscholar.org",
    "archive.ics.uci.edu",
    "arxiv.org",
    "crates.io",
    "docs.rs",
    "doc.rust-lang.org",
    "doi.org",
    "en.wikipedia.org",
    "example.com",
    "example.org",
    "github.com",
    "jmlr.org",
    "keras.io",
    "localhost",
    "onnx.ai",
    "openreview.net",
    "optuna.org",
    "optuna.readthedocs.io",
    "proceedings.mlr.press",
    "pytorch.org",
    "docs.pytorch.org",
    "rustup.rs",
    "scikit-learn.org",
    "toml.io",
    "www.rust-lang.org",
    "www.sqlite.org",
    "www.w3.org",
    "www.apache.org",
];

/// The only place a locked crate may come from.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

pub(super) fn check(house: &House) -> Vec<Finding> {
    house.files.iter().flat_map(|file| [machine_paths(file), links(file), sources(file)].concat()).collect()
}

fn machine_paths(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in file.lines() {
        for (head, tail) in MACHINE {
            let folder = format!("{head}{tail}");
            let starts = line.match_indices(&folder).any(|(at, _)| {
                // Behind a letter, a dot or a slash it is the middle of a longer path or of a link.
                let before = line[..at].chars().next_back();
                before.is_none_or(|before| !(before.is_alphanumeric() || "._-/~".contains(before)))
            });
            if starts {
                findings.push(Finding::at(file, number, format!("`{folder}` is a folder of one machine")));
            }
        }
    }
    findings
}

fn links(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in file.lines() {
        for scheme in ["http://", "https://"] {
            for (at, _) in line.match_indices(scheme) {
                let rest = &line[at + scheme.len()..];
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '-'));
                let host = &rest[..end.unwrap_or(rest.len())];
                // No host at all is a program that puts a link together.
                if !host.is_empty() && !SITES.contains(&host) {
                    let what = format!("`{host}` is not among the sites of xtask/src/tidy/places.rs");
                    findings.push(Finding::at(file, number, what));
                }
            }
        }
    }
    findings
}

fn sources(file: &File) -> Vec<Finding> {
    if file.path == "Cargo.lock" {
        let foreign = |(number, line): (usize, &str)| {
            let source = line.strip_prefix("source = \"")?.strip_suffix('"')?;
            (source != REGISTRY).then(|| Finding::at(file, number, format!("{source} is not crates.io")))
        };
        return file.lines().filter_map(foreign).collect();
    }
    let is_config = file.path.starts_with(".cargo/");
    let sets_source =
        |line: &str| line.trim_start().starts_with("[source") || line.trim_start().starts_with("[registr");
    let lines = file.lines().filter(|(_, line)| is_config && sets_source(line));
    lines
        .map(|(number, _)| Finding::at(file, number, "where crates come from is the user's to say"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_tidy, findings};
    use super::{MACHINE, check};

    #[test]
    fn nothing_names_a_machine() {
        assert_tidy(check);
    }

    #[test]
    fn paths_links_and_registries_are_found() {
        for (head, tail) in MACHINE {
            let text = format!("//! see {head}{tail}notes\n//! not a{head}{tail}b\n");
            assert_eq!(findings(check, &[("a.rs", &text)]).len(), 1);
        }
        let link = ["see ht", "tps://mirror.internal:8080/x and ht", "tps://docs.rs/y\n"].concat();
        assert_eq!(findings(check, &[("a.md", &link)]).len(), 1);
        let lock = "source = \"sparse+ht";
        let lock = format!("{lock}tps://docs.rs/\"\n");
        assert_eq!(findings(check, &[("Cargo.lock", &lock)]).len(), 1);
        assert_eq!(findings(check, &[(".cargo/config.toml", "[source.crates-io]\n")]).len(), 1);
    }
}
