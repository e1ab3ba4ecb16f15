//! What cargo says of the workspace and of what it depends on.

use serde_json::Value;

use crate::process;

/// A package, with what the rules ask about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) licence: Option<String>,
    /// Names of the packages it depends on when it is used.
    pub(crate) dependencies: Vec<String>,
    /// Names of the packages its own tests, examples and benches depend on besides.
    pub(crate) dev_dependencies: Vec<String>,
}

/// The packages of the workspace.
pub(crate) fn members() -> Result<Vec<Package>, String> {
    let text = process::output(process::cargo(&["metadata", "--format-version=1", "--no-deps"]))?;
    let found: Value = serde_json::from_str(&text).map_err(|error| format!("cargo metadata: {error}"))?;
    let packages = found["packages"].as_array().ok_or("cargo metadata names no packages")?;
    Ok(packages.iter().map(member).collect())
}

/// All packages that a build on this machine uses, the workspace's own included.
///
/// Asked of `cargo tree`: `cargo metadata` also names optional dependencies that no feature turns on.
pub(crate) fn all_packages() -> Result<Vec<Package>, String> {
    let arguments =
        ["tree", "--workspace", "--locked", "--edges=normal,build,dev", "--prefix=none", "--format={p}|{l}"];
    let text = process::output(process::cargo(&arguments))?;
    let mut lines: Vec<&str> = text.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    lines.sort_unstable();
    lines.dedup();
    lines
        .into_iter()
        .filter(|line| !line.is_empty())
        .map(|line| tree_line(line).ok_or(line))
        .collect::<Result<_, _>>()
        .map_err(|line| format!("cargo tree printed `{line}`, which is no package"))
}

/// `name v1.2.3 (place)|licence`, with the place and the licence missing where there is none.
fn tree_line(line: &str) -> Option<Package> {
    let (package, licence) = line.split_once('|')?;
    let mut words = package.split(' ');
    let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
    Some(Package {
        name: name.to_owned(),
        version: version.to_owned(),
        licence: (!licence.is_empty()).then(|| licence.to_owned()),
        ..Package::default()
    })
}

fn member(value: &Value) -> Package {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (mut dependencies, mut dev_dependencies) = (Vec::new(), Vec::new());
    for dependency in value["dependencies"].as_array().into_iter().flatten() {
        let list = if dependency["kind"] == "dev" { &mut dev_dependencies } else { &mut dependencies };
        list.push(text(&dependency["name"]));
    }
    Package {
        name: text(&value["name"]),
        version: text(&value["version"]),
        licence: value["license"].as_str().map(str::to_owned),
        dependencies,
        dev_dependencies,
    }
}
