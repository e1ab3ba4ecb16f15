//! `cargo xtask ci`: every check, cheapest first, each with its time.

use std::process::Command;
use std::time::Instant;

use crate::{docs, process, tidy};

/// One check.
struct Step {
    name: &'static str,
    what: Check,
}

enum Check {
    Cargo(Command),
    Tidy,
    Pages,
}

/// Tests come before docs because they fail more often; all steps share the dev profile and one set of features, so
/// that a dependency is compiled once for checking and once for running.
fn steps() -> Vec<Step> {
    let cargo = |name, arguments: &[&str]| Step { name, what: Check::Cargo(process::cargo(arguments)) };
    let mut docs = process::cargo(&["doc", "--workspace", "--no-deps", "--locked"]);
    docs.env("RUSTDOCFLAGS", "-D warnings");
    vec![
        cargo("format", &["fmt", "--all", "--check"]),
        Step { name: "tidy", what: Check::Tidy },
        cargo(
            "clippy",
            &["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"],
        ),
        cargo("tests", &["test", "--workspace", "--locked", "--quiet"]),
        Step { name: "pages", what: Check::Pages },
        Step { name: "docs", what: Check::Cargo(docs) },
    ]
}

/// Runs the checks and stops at the first that fails.
#[expect(clippy::print_stderr, reason = "a command reports to the one who runs it")]
pub(crate) fn run() -> Result<(), String> {
    let began = Instant::now();
    for Step { name, what } in steps() {
        let start = Instant::now();
        eprintln!("ci: {name} ...");
        let (done, again) = match what {
            Check::Tidy => (tidy::run(), "cargo xtask tidy".to_owned()),
            Check::Pages => (docs::run(&["--check".to_owned()]), "cargo xtask docs --check".to_owned()),
            Check::Cargo(command) => {
                let again = process::typed(&command);
                (process::run(command), again)
            }
        };
        let seconds = start.elapsed().as_secs_f64();
        if let Err(why) = done {
            return Err(format!("{name} failed after {seconds:.0} s: {why}\nto run it alone: {again}"));
        }
        eprintln!("ci: {name}: {seconds:.1} s");
    }
    eprintln!("ci: all is well after {:.0} s", began.elapsed().as_secs_f64());
    Ok(())
}
