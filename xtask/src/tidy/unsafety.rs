//! `unsafe` stands where a raw interface forces it, in the places of this list and nowhere else.

use super::house::{Finding, House};

/// Where `unsafe` may stand, and what forces it.
const PLACES: &[(&str, &str)] = &[(
    "crates/tensor/src/kernel/",
    "vector instructions, one arena cut into places, pointers in matrix products",
)];

pub(super) fn check(house: &House) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in house.rust() {
        if PLACES.iter().any(|(place, _)| file.path.starts_with(place)) {
            continue;
        }
        for (number, line) in file.lines() {
            let code = line.split("//").next().unwrap_or_default();
            let follows = |next: &str| code.contains(&["unsafe", next].join(" "));
            if ["{", "fn", "impl", "extern", "trait"].into_iter().any(follows) {
                findings.push(Finding::at(file, number, "`unsafe` stands only in the kernels"));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_tidy, findings};
    use super::check;

    #[test]
    fn only_kernels_are_unsafe() {
        assert_tidy(check);
    }

    #[test]
    fn a_block_elsewhere_is_found() {
        let block = ["//! A.\nfn f() { uns", "afe { g() } }\n// uns", "afe { in a comment }\n"].concat();
        assert_eq!(findings(check, &[("crates/nn/src/a.rs", &block)]).len(), 1);
        assert_eq!(findings(check, &[("crates/tensor/src/kernel/a.rs", &block)]).len(), 0);
    }
}
