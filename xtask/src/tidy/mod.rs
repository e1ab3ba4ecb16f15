//! The rules of the house that neither rustc nor clippy knows, one file each, each also a test.

mod house;

// How crates depend on each other and on others.
mod arrows;
mod dependencies;
mod duplicates;
mod licences;
mod lints;

// How source looks.
mod headers;
mod leftovers;
mod re_exports;
mod size;
mod unsafety;
mod whitespace;

// What must not leak, and what documents promise.
mod architecture;
mod places;
mod tutorial;

use house::{Finding, House};

/// A rule: its name and what it says about a house.
type Rule = (&'static str, fn(&House) -> Vec<Finding>);

/// In the order in which they are told.
const RULES: [Rule; 14] = [
    ("arrows", arrows::check),
    ("dependencies", dependencies::check),
    ("duplicates", duplicates::check),
    ("licences", licences::check),
    ("lints", lints::check),
    ("headers", headers::check),
    ("leftovers", leftovers::check),
    ("re-exports", re_exports::check),
    ("size", size::check),
    ("unsafety", unsafety::check),
    ("whitespace", whitespace::check),
    ("architecture", architecture::check),
    ("places", places::check),
    ("tutorial", tutorial::check),
];

/// Checks every rule and prints what breaks one.
#[expect(clippy::print_stderr, reason = "a command reports to the one who runs it")]
pub(crate) fn run() -> Result<(), String> {
    let house = House::open()?;
    let mut count = 0;
    for (name, check) in RULES {
        for finding in check(&house) {
            eprintln!("{finding} [{name}]");
            count += 1;
        }
    }
    if count == 0 {
        Ok(())
    } else {
        Err(format!("{count} findings; each rule is explained in xtask/src/tidy/"))
    }
}

/// What tests of rules share.
#[cfg(test)]
mod testing {
    use std::sync::OnceLock;

    use super::{Finding, House};

    /// Fails with every finding about this very house.
    pub(super) fn assert_tidy(check: fn(&House) -> Vec<Finding>) {
        static HOUSE: OnceLock<House> = OnceLock::new();
        let house = HOUSE.get_or_init(|| House::open().unwrap());
        let found: Vec<String> = check(house).iter().map(Finding::to_string).collect();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    /// What a rule says about a house of these files, without the places.
    pub(super) fn findings(check: fn(&House) -> Vec<Finding>, files: &[(&str, &str)]) -> Vec<String> {
        check(&House::of(files)).iter().map(Finding::to_string).collect()
    }
}
