//! Files hold one concept and stay under 400 lines, counted raw; longer ones are listed here with the reason.

use super::house::{Finding, House};

const MOST: usize = 400;

/// Longer files, and why their concept does not come apart.
const LONGER: &[(&str, &str)] = &[(
    "crates/core/src/search.rs",
    "reading ranges and choices, conditions and repeats is one recursion over the recipe's tables",
)];

pub(super) fn check(house: &House) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in house.rust() {
        let lines = file.text.lines().count();
        let listed = LONGER.iter().any(|(path, _)| *path == file.path);
        if lines > MOST && !listed {
            let what = format!("{lines} lines: cut it by concept, or argue for it in xtask/src/tidy/size.rs");
            findings.push(Finding::of(&file.path, what));
        } else if lines <= MOST && listed {
            findings.push(Finding::of(
                &file.path,
                format!("{lines} lines: strike it from the list of longer files"),
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_tidy, findings};
    use super::{LONGER, check};

    #[test]
    fn files_are_short_or_argued_for() {
        assert_tidy(check);
    }

    #[test]
    fn long_files_and_stale_arguments_are_found() {
        let long = "x\n".repeat(401);
        assert_eq!(findings(check, &[("a.rs", &long)]).len(), 1);
        assert_eq!(findings(check, &[("a.rs", "x\n"), (LONGER[0].0, "x\n")]).len(), 1);
    }
}
