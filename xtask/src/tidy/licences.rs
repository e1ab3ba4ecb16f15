//! Licences of what is built in are those of this list.

use super::house::{Finding, House};

/// Each allows to use, change and pass on under terms that a notice fulfils.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

pub(super) fn check(house: &House) -> Vec<Finding> {
    let wrong = house.packages.iter().filter(|package| !package.licence.as_deref().is_some_and(allows));
    let say = |package: &crate::metadata::Package| {
        let licence = package.licence.as_deref().unwrap_or("no licence named");
        let what = format!("{} {}: {licence} is not on the list", package.name, package.version);
        Finding::of("xtask/src/tidy/licences.rs", what)
    };
    wrong.map(say).collect()
}

/// Whether an SPDX expression is fulfilled by the list: one of what `OR` offers, all of what `AND` asks.
fn allows(expression: &str) -> bool {
    // Old manifests write a slash for `OR`. Where parentheses stand, `AND` joins them, so it is split first.
    let part = |part: &str| part.split(" OR ").any(|licence| ALLOWED.contains(&licence.trim()));
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    if expression.contains('(') || !plain.contains(" OR ") {
        plain.split(" AND ").all(part)
    } else {
        plain.split(" OR ").any(|side| side.split(" AND ").all(part))
    }
}

#[cfg(test)]
mod tests {
    use super::allows;

    #[test]
    fn all_that_is_built_in_is_on_the_list() {
        super::super::testing::assert_tidy(super::check);
    }

    #[test]
    fn expressions_are_read() {
        for right in ["MIT", "MIT/Apache-2.0", "GPL-3.0 OR MIT", "(MIT OR Apache-2.0) AND Unicode-3.0"] {
            assert!(allows(right), "{right}");
        }
        for wrong in ["GPL-3.0", "MIT AND GPL-3.0", "(MIT OR Apache-2.0) AND SSPL-1.0", ""] {
            assert!(!allows(wrong), "{wrong}");
        }
    }
}
