//! Nothing is left for later in the source: no stubs, no notes to oneself, no tests that are switched off.

use super::house::{Finding, House};

/// What must not stand in Rust source, in two halves so that this file does not find itself.
const LEFTOVERS: &[(&str, &str, &str)] = &[
    ("to", "do!", "write it, or leave the function out"),
    ("unimple", "mented!", "write it, or leave the function out"),
    ("db", "g!(", "report through values"),
    ("FIX", "ME", "mend it, or file an issue"),
    ("XX", "X", "mend it, or file an issue"),
    ("TO", "DO", "do it, or file an issue"),
    ("#[ign", "ore", "let it run, or put it behind TUNESMITH_SLOW with a short form that always runs"),
];

pub(super) fn check(house: &House) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in house.rust() {
        for (number, line) in file.lines() {
            for (head, tail, cure) in LEFTOVERS {
                let word = format!("{head}{tail}");
                if line.contains(&word) {
                    findings.push(Finding::at(file, number, format!("`{word}` is left: {cure}")));
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_tidy, findings};
    use super::{LEFTOVERS, check};

    #[test]
    fn nothing_is_left_for_later() {
        assert_tidy(check);
    }

    #[test]
    fn each_kind_is_found() {
        for (head, tail, _) in LEFTOVERS {
            let text = format!("//! A.\nfn f() {{ {head}{tail} }}\n");
            assert_eq!(findings(check, &[("a.rs", &text)]).len(), 1, "{head}{tail}");
        }
    }
}
