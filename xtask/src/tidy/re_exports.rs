//! Re-exports are named: `pub use x::*` makes an interface by accident.

use super::house::{Finding, House};

pub(super) fn check(house: &House) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in house.rust() {
        for (number, line) in file.lines() {
            let line = line.trim();
            if line.starts_with("pub") && line.contains(" use ") && line.ends_with("*;") {
                findings.push(Finding::at(file, number, "name what is re-exported"));
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
    fn every_re_export_is_named() {
        assert_tidy(check);
    }

    #[test]
    fn a_glob_is_found() {
        let text = "//! A.\npub use a::*;\npub(crate) use b::*;\nuse c::*;\npub use d::E;\n";
        assert_eq!(findings(check, &[("a.rs", text)]).len(), 2);
    }
}
