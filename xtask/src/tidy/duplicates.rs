//! One version of each crate in a build: a second one is built too, and its types do not fit the first's.

use super::house::{Finding, House};

/// Crates that come in two versions, and why that stands for now.
const ALLOWED: &[(&str, &str)] = &[
    ("hashbrown", "safetensors and rusqlite's hashlink are one version apart"),
    ("syn", "zerocopy's derive macros, under rand_chacha and criterion, still use version 2"),
];

pub(super) fn check(house: &House) -> Vec<Finding> {
    let mut names: Vec<&str> = house.packages.iter().map(|package| package.name.as_str()).collect();
    names.sort_unstable();
    let mut twice: Vec<&str> =
        names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    twice.dedup();
    let say = |name: &str, what: &str| Finding::of("xtask/src/tidy/duplicates.rs", format!("{name} {what}"));
    let new = twice.iter().filter(|name| ALLOWED.iter().all(|(allowed, _)| allowed != *name));
    let new = new.map(|name| say(name, "is built in two versions: see `cargo tree --duplicates`"));
    // A list that is not kept short excuses the next one.
    let stale = ALLOWED.iter().filter(|(name, _)| names.contains(name) && !twice.contains(name));
    new.chain(stale.map(|(name, _)| say(name, "is no longer built twice, strike it"))).collect()
}

#[cfg(test)]
mod tests {
    use super::{ALLOWED, House, check};
    use crate::metadata::Package;

    #[test]
    fn no_crate_is_built_twice() {
        super::super::testing::assert_tidy(check);
    }

    #[test]
    fn a_second_version_and_a_stale_excuse_are_found() {
        let package = |name: &str| Package { name: name.into(), ..Package::default() };
        let house = House {
            packages: ["left-pad", "right-pad", ALLOWED[0].0, "left-pad"].map(package).into(),
            ..House::default()
        };
        let found: Vec<String> = check(&house).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("left-pad is built in two versions"));
    }
}
