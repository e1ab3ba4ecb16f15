//! `cargo xtask new --check`: one plug-in of each kind, written into a copy of the crates that own the kinds, compiled and
//! tested there.

use std::path::Path;

use super::{KINDS, write};
use crate::process::{self, cargo, output};

/// The crates that own kinds, and those below them.
const CRATES: [&str; 6] = ["core", "tensor", "autodiff", "optim", "nn", "tuner"];

/// Where the copy lies: the same place every time, so that cargo knows what it has compiled.
const COPY: &str = "target/new";

/// Writes, compiles and tests one plug-in of each kind; the copy is left for who wants to look at what failed.
#[expect(clippy::print_stderr, reason = "a command reports to the one who runs it")]
pub(super) fn run() -> Result<(), String> {
    let copy = process::root().join(COPY);
    make_copy(process::root(), &copy)?;
    for kind in &KINDS {
        write(&copy, kind, &name(kind.label))?;
    }
    let mut command = cargo(&["test", "--offline", "--lib", "checked_"]);
    command.current_dir(&copy).arg("--target-dir").arg(process::root().join("target"));
    for owner in owners() {
        command.args(["--package", &owner]);
    }
    let printed = output(command)?;
    for kind in &KINDS {
        let tests = printed.lines().filter(|line| line.contains(&format!("::{}::", name(kind.label))));
        let passed = tests.filter(|line| line.ends_with("... ok")).count();
        if passed == 0 {
            return Err(format!("no test of a new {} was run:\n{printed}", kind.label));
        }
        eprintln!("new {}: compiles, {passed} test passed", kind.label);
    }
    Ok(())
}

fn name(kind: &str) -> String {
    format!("checked_{kind}")
}

/// The packages that own a kind, each once.
fn owners() -> Vec<String> {
    let mut owners: Vec<String> = KINDS.iter().map(|kind| kind.owner.replace('_', "-")).collect();
    owners.dedup();
    owners
}

/// Copies the crates and a workspace of them alone; files that are the same are left, with their times.
fn make_copy(from: &Path, to: &Path) -> Result<(), String> {
    let say = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let manifest = from.join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest).map_err(|error| say(&manifest, &error))?;
    put(&to.join("Cargo.toml"), members(&text)?.as_bytes())?;
    for file in ["Cargo.lock", "clippy.toml"] {
        let path = from.join(file);
        put(&to.join(file), &std::fs::read(&path).map_err(|error| say(&path, &error))?)?;
    }
    for name in CRATES {
        copy_folder(&from.join("crates").join(name), &to.join("crates").join(name))?;
    }
    Ok(())
}

/// The workspace's manifest with these crates as its members.
fn members(manifest: &str) -> Result<String, String> {
    let listed = CRATES.map(|name| format!("\"crates/{name}\"")).join(", ");
    let mut found = false;
    let lines: Vec<String> = manifest
        .lines()
        .filter(|line| !line.starts_with("default-members = "))
        .map(|line| {
            let is_list = line.starts_with("members = ");
            found |= is_list;
            if is_list { format!("members = [{listed}]") } else { line.to_owned() }
        })
        .collect();
    if found { Ok(lines.join("\n") + "\n") } else { Err("Cargo.toml has no line `members = ...`".into()) }
}

/// Makes a folder hold the same files as another.
fn copy_folder(from: &Path, to: &Path) -> Result<(), String> {
    let say = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    std::fs::create_dir_all(to).map_err(|error| say(to, error))?;
    for entry in std::fs::read_dir(to).map_err(|error| say(to, error))?.flatten() {
        let (gone, path) = (!from.join(entry.file_name()).exists(), entry.path());
        if gone && path.is_dir() {
            std::fs::remove_dir_all(&path).map_err(|error| say(&path, error))?;
        } else if gone {
            std::fs::remove_file(&path).map_err(|error| say(&path, error))?;
        }
    }
    for entry in std::fs::read_dir(from).map_err(|error| say(from, error))?.flatten() {
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_folder(&path, &copy)?;
        } else {
            put(&copy, &std::fs::read(&path).map_err(|error| say(&path, error))?)?;
        }
    }
    Ok(())
}

/// Writes a file, unless it holds that already.
fn put(path: &Path, bytes: &[u8]) -> Result<(), String> {
    if std::fs::read(path).is_ok_and(|found| found == bytes) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, bytes))
        .map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{CRATES, KINDS, make_copy, members, name};
    use crate::new::write;
    use crate::process::root;

    #[test]
    fn a_copy_is_a_workspace_of_its_own_that_takes_one_plug_in_of_each_kind_again_and_again() {
        let copy = std::env::temp_dir().join(format!("tunesmith-new-check-{}", std::process::id()));
        for _ in 0..2 {
            make_copy(root(), &copy).unwrap();
            for kind in &KINDS {
                write(&copy, kind, &name(kind.label)).unwrap();
            }
        }
        let manifest = std::fs::read_to_string(copy.join("Cargo.toml")).unwrap();
        assert!(manifest.contains("members = [\"crates/core\", ") && !manifest.contains("default-members"));
        for name in CRATES {
            assert!(copy.join("crates").join(name).join("Cargo.toml").exists(), "{name}");
        }
        std::fs::remove_dir_all(&copy).unwrap();
        assert!(members("[workspace]\n").unwrap_err().contains("members"));
    }
}
