//! A folder of its own for each test, and the command run inside it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// A temporary folder, removed when it goes out of use.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tunesmith-cli-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// The names in the folder, hidden ones too, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tunesmith"));
        command.args(arguments).current_dir(&self.0).stdin(Stdio::null());
        command
    }

    /// Runs the command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    /// Starts the command.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl AsRef<Path> for Folder {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

/// What a run of the command gave.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The one JSON object on stdout.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        assert_eq!(self.stdout.lines().count(), 1, "exactly one line of JSON: {self:?}");
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// Asserts success and returns the JSON object.
    #[track_caller]
    pub(crate) fn ok(&self) -> serde_json::Value {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.json()
    }

    /// Asserts a failure with that code, one line on stderr, and returns it.
    #[track_caller]
    pub(crate) fn failed(&self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        let said: Vec<&str> = self.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
        assert_eq!(said.len(), 1, "one line that begins with error: {self:?}");
        said[0].trim_start_matches("error: ").to_owned()
    }
}

/// A small recipe with ranges: iris, a few epochs.
pub(crate) const SMALL: &str = r#"
[data]
source = "iris"
prepare = ["standardize"]
[model]
layers = [{ dense = { units = { int = [4, 32], scale = "log" }, activation = { choice = ["relu", "tanh"] } } }, { dense = { units = "classes" } }]
[training]
epochs = 8
optimizer = { choice = ["sgd", "adam"] }
[tuning]
trials = 12
workers = 1
"#;

/// The same without ranges.
pub(crate) const FIXED: &str = r#"
[data]
source = "iris"
prepare = ["standardize"]
[model]
layers = [{ dense = { units = 16, activation = "tanh" } }, { dense = { units = "classes" } }]
[training]
epochs = 30
optimizer = { adam = { lr = 0.02 } }
"#;
