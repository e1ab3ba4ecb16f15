//! Arrows between crates are those of docs/ARCHITECTURE.md: a new one is a decision, made here.

use super::house::{Finding, House};

/// Each crate with the crates it knows, from the lowest floor up; it may know none that stands below itself in this
/// list. What is missing in a line is what the crate knows nothing of.
const ARROWS: &[(&str, &[&str])] = &[
    ("tunesmith-core", &[]),
    ("tunesmith-tensor", &[]),
    ("tunesmith-autodiff", &["tunesmith-core", "tunesmith-tensor"]),
    ("tunesmith-optim", &["tunesmith-core", "tunesmith-tensor"]),
    ("tunesmith-tuner", &["tunesmith-core"]),
    ("tunesmith-nn", &["tunesmith-core", "tunesmith-tensor", "tunesmith-autodiff"]),
    ("tunesmith-data", &["tunesmith-core"]),
    (
        "tunesmith-train",
        &[
            "tunesmith-core",
            "tunesmith-tensor",
            "tunesmith-autodiff",
            "tunesmith-optim",
            "tunesmith-nn",
            "tunesmith-data",
        ],
    ),
    ("tunesmith-store", &["tunesmith-core", "tunesmith-tuner"]),
    ("tunesmith-report", &["tunesmith-core", "tunesmith-tuner"]),
    (
        "tunesmith",
        &[
            "tunesmith-core",
            "tunesmith-tensor",
            "tunesmith-autodiff",
            "tunesmith-optim",
            "tunesmith-tuner",
            "tunesmith-nn",
            "tunesmith-data",
            "tunesmith-train",
            "tunesmith-store",
            "tunesmith-report",
        ],
    ),
    ("tunesmith-cli", &["tunesmith"]),
];

/// Packages that stand beside the house and may know any crate of it; no crate may know them.
const BESIDE: &[&str] = &["stranger", "tunesmith-judge", "tunesmith-templates", "tunesmith-tests", "xtask"];

pub(super) fn check(house: &House) -> Vec<Finding> {
    let names: Vec<&str> = house.members.iter().map(|member| member.name.as_str()).collect();
    let floor = |name: &str| ARROWS.iter().position(|(crate_name, _)| *crate_name == name);
    let mut findings = Vec::new();
    for member in &house.members {
        let mut say = |what: String| findings.push(Finding::of(member.name.clone(), what));
        let inside = |list: &[String]| -> Vec<String> {
            list.iter().filter(|name| names.contains(&name.as_str())).cloned().collect()
        };
        let Some(own) = floor(&member.name) else {
            if !BESIDE.contains(&member.name.as_str()) {
                say("it has no place in xtask/src/tidy/arrows.rs: say which crates it knows".into());
            }
            continue;
        };
        let allowed = ARROWS[own].1;
        let found = inside(&member.dependencies);
        for name in &found {
            if !allowed.contains(&name.as_str()) {
                say(format!("an arrow to {name} is not in the plan"));
            }
        }
        for name in allowed {
            if names.contains(name) && !found.iter().any(|found| found == name) {
                say(format!("the planned arrow to {name} is not there: strike it from the plan"));
            }
        }
        for name in inside(&member.dev_dependencies) {
            if floor(&name).is_none_or(|floor| floor >= own) {
                say(format!("its tests depend on {name}, which does not stand below it"));
            }
        }
    }
    let missing = ARROWS.iter().filter(|(name, _)| !names.contains(name));
    findings
        .extend(missing.map(|(name, _)| Finding::of(*name, "it is in the plan and not in the workspace")));
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Package;

    #[test]
    fn this_house_keeps_to_the_plan() {
        super::super::testing::assert_tidy(check);
    }

    #[test]
    fn the_plan_points_down_only() {
        for (i, (name, known)) in ARROWS.iter().enumerate() {
            let below = |known: &&str| ARROWS[..i].iter().any(|(lower, _)| lower == known);
            assert!(known.iter().all(below), "{name} knows a crate that is not below it");
        }
    }

    #[test]
    fn a_new_arrow_is_found() {
        let package = |name: &str, knows: &[&str], tests: &[&str]| Package {
            name: name.into(),
            dependencies: knows.iter().map(|&name| name.to_owned()).collect(),
            dev_dependencies: tests.iter().map(|&name| name.to_owned()).collect(),
            ..Package::default()
        };
        let mut house = House::default();
        for (name, known) in ARROWS {
            house.members.push(package(name, known, &[]));
        }
        assert_eq!(check(&house).len(), 0);
        house.members[4] =
            package("tunesmith-tuner", &["tunesmith-core", "tunesmith-tensor"], &["tunesmith-nn"]);
        house.members.push(package("newcomer", &[], &[]));
        let found: Vec<String> = check(&house).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].starts_with("tunesmith-tuner: an arrow to tunesmith-tensor"));
        assert!(found[1].starts_with("tunesmith-tuner: its tests depend on tunesmith-nn"));
        assert!(found[2].starts_with("newcomer: "));
    }
}
