//! The commands that run suites and measurements of the package `tunesmith-tests` and of the crates.

use crate::process::{self, cargo, run};

/// What needs the crates of the house lives in this package.
const PACKAGE: &str = "tunesmith-tests";
/// The judge of samplers stands apart: it needs nothing but the tuner.
const JUDGE: &str = "tunesmith-judge";

/// Compares with the fixtures in a folder; its output is the program's own.
pub(crate) fn parity(arguments: &[String]) -> Result<(), String> {
    let [folder] = arguments else { return Err("name one folder: cargo xtask parity DIR".into()) };
    // Cargo is run in the root, the folder is meant from where the user stands.
    let folder = std::path::absolute(folder).map_err(|error| format!("{folder}: {error}"))?;
    let mut command = cargo(&["run", "--quiet", "--package", PACKAGE, "--bin", "parity", "--"]);
    command.arg(folder);
    run(command)
}

/// All property tests, with more cases than in a plain run.
pub(crate) fn props(arguments: &[String]) -> Result<(), String> {
    let cases = match arguments {
        [] => "2048",
        [flag, cases] if flag == "--cases" && cases.parse::<u32>().is_ok() => cases,
        _ => return Err("write it as: cargo xtask props [--cases N]".into()),
    };
    let mut command =
        cargo(&["test", "--workspace", "--locked", "--quiet", "--no-fail-fast", "--lib", "--tests"]);
    command.env("PROPTEST_CASES", cases);
    run(command)
}

/// The tests that kill processes at random moments, in full length.
pub(crate) fn kill() -> Result<(), String> {
    let mut command = cargo(&["test", "--locked", "--package", "tunesmith-store", "--test", "kill"]);
    command.env("TUNESMITH_SLOW", "1");
    run(command)
}

/// A measuring program, compiled for speed: samples a second of whole training steps, how near they come to their matrix
/// products alone, or trials a second of groups.
pub(crate) fn measure(program: &str, arguments: &[String]) -> Result<(), String> {
    released(PACKAGE, program, arguments)
}

/// Samplers on problems with known optima.
pub(crate) fn regret(arguments: &[String]) -> Result<(), String> {
    // Cargo is run in the root, the file is meant from where the user stands.
    let mut arguments = arguments.to_vec();
    if let Some(place) = arguments.iter().position(|argument| argument == "--json")
        && let Some(path) = arguments.get_mut(place + 1)
    {
        *path =
            std::path::absolute(&*path).map_err(|error| format!("{path}: {error}"))?.display().to_string();
    }
    released(JUDGE, "regret", &arguments)
}

fn released(package: &str, program: &str, arguments: &[String]) -> Result<(), String> {
    let mut command = cargo(&["run", "--quiet", "--release", "--package", package, "--bin", program, "--"]);
    command.args(arguments);
    run(command)
}

/// Benches, by name; all of `tests/benches/` when none is named.
pub(crate) fn bench(names: &[String]) -> Result<(), String> {
    if names.is_empty() {
        return run(cargo(&["bench", "--package", PACKAGE]));
    }
    let packages = names.iter().map(|name| package_of(name)).collect::<Result<Vec<_>, _>>()?;
    names
        .iter()
        .zip(packages)
        .try_for_each(|(name, package)| run(cargo(&["bench", "--package", &package, "--bench", name])))
}

/// The package with a bench: that of the whole house, or the crate that can be measured without the others.
fn package_of(bench: &str) -> Result<String, String> {
    let file = format!("benches/{bench}.rs");
    if process::root().join("tests").join(&file).exists() {
        return Ok(PACKAGE.to_owned());
    }
    let crates = std::fs::read_dir(process::root().join("crates"));
    let crates = crates.map_err(|error| format!("crates/: {error}"))?;
    let mut having = crates.flatten().filter(|folder| folder.path().join(&file).exists());
    match having.next() {
        Some(folder) => Ok(format!("tunesmith-{}", folder.file_name().to_string_lossy())),
        None => Err(format!(
            "there is no bench `{bench}`: they are the files of tests/benches/ and crates/*/benches/"
        )),
    }
}
