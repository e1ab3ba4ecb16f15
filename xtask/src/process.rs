//! Running other programs: cargo above all.

use std::process::{Command, Stdio};

/// A cargo call in the workspace's root, made by the same cargo that runs this program.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// The workspace's root.
pub(crate) fn root() -> &'static std::path::Path {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace's root")
}

/// How a command would be typed.
pub(crate) fn typed(command: &Command) -> String {
    let variables = command.get_envs().filter_map(|(key, value)| Some((key, value?)));
    let variables = variables.map(|(key, value)| format!("{}={:?} ", key.display(), value));
    let program = std::path::Path::new(command.get_program()).file_name().unwrap_or_default();
    let arguments = command.get_args().map(|argument| format!(" {}", argument.display()));
    variables.chain([program.display().to_string()]).chain(arguments).collect()
}

/// Runs a command with this program's own input and output.
pub(crate) fn run(mut command: Command) -> Result<(), String> {
    let status = command.status().map_err(|error| format!("cannot start `{}`: {error}", typed(&command)))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` ended with {status}", typed(&command))) }
}

/// Runs a command and returns what it prints.
pub(crate) fn output(mut command: Command) -> Result<String, String> {
    let found = command.stderr(Stdio::inherit()).output();
    let found = found.map_err(|error| format!("cannot start `{}`: {error}", typed(&command)))?;
    if !found.status.success() {
        return Err(format!("`{}` ended with {}", typed(&command), found.status));
    }
    String::from_utf8(found.stdout).map_err(|_| format!("`{}` printed what is not UTF-8", typed(&command)))
}
