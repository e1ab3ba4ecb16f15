//! Where a run's metric is read: from what the program printed, or from a file it wrote.

use std::path::Path;

use regex_lite::Regex;
use tunesmith::core::{Space, Value};
use tunesmith::{Error, Kind};

use super::lines::{table, value};
use super::numbers::{number, numbers};
use super::template::{Context, Template};

/// Where the metric is.
#[derive(Clone, Debug)]
pub(crate) enum Metric {
    /// The last number on the last line of stdout that has one.
    LastNumber,
    /// The number of the last match on stdout.
    Pattern(Regex),
    /// A key of a JSON file that the program writes.
    File { path: Template, key: String },
    /// A key of JSON lines on stdout, with steps.
    Lines(String),
}

impl Metric {
    pub(crate) fn pattern(pattern: &str) -> Result<Self, Error> {
        let bad = |error| {
            let message = format!("no pattern: {error}; a number in a group is taken, as in 'loss: (\\S+)'");
            Error::new(Kind::Usage, message).at(format!("--metric '{pattern}'"))
        };
        Regex::new(pattern).map(Self::Pattern).map_err(bad)
    }

    /// `FILE:key`; the file's name may have holes. Trials side by side need files of their own.
    pub(crate) fn file(text: &str, space: &Space, workers: usize) -> Result<Self, Error> {
        let wrong = |message: &str| Error::new(Kind::Usage, message).at(format!("--metric-json {text}"));
        let parts = text.rsplit_once(':').filter(|(path, key)| !path.is_empty() && !key.is_empty());
        let (path, key) =
            parts.ok_or_else(|| wrong("write FILE:key, such as {out}/metrics.json:accuracy"))?;
        let path = Template::parse([path].into_iter(), space)?;
        if workers > 1 && !["out", "trial"].iter().any(|hole| path.names(hole)) {
            return Err(wrong("several workers would write one file: let its name hold {out} or {trial}"));
        }
        Ok(Self::File { path, key: key.to_owned() })
    }

    /// The name for progress and results.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::LastNumber => "value",
            Self::Pattern(pattern) => pattern.as_str(),
            Self::File { key, .. } | Self::Lines(key) => key,
        }
    }

    /// The file the metric will be in, if it is in one.
    pub(crate) fn path(&self, context: &Context<'_>) -> Option<String> {
        match self {
            Self::File { path, .. } => path.fill(context).pop(),
            _ => None,
        }
    }

    /// The metric, or what is missing and the cure.
    pub(crate) fn read(&self, stdout: &str, file: Option<&Path>) -> Result<f64, String> {
        match self {
            Self::LastNumber => last_number(stdout)
                .ok_or_else(|| "no number on stdout: let the program print its metric last".to_owned()),
            Self::Pattern(pattern) => last_match(pattern, stdout).ok_or_else(|| {
                format!(
                    "no number on stdout matches '{pattern}': let the program print it, or change --metric"
                )
            }),
            Self::Lines(key) => Err(format!(
                "no line on stdout like {{\"step\": 1, \"{key}\": 0.5}}: let the program print one after each step"
            )),
            Self::File { key, .. } => in_file(file.unwrap_or(Path::new("")), key),
        }
    }
}

fn last_number(stdout: &str) -> Option<f64> {
    stdout.lines().rev().find_map(|line| numbers(line).next_back())
}

/// The number of the last match that has one: in the first group, or else the last in the match, or else the first behind
/// it on its line.
fn last_match(pattern: &Regex, stdout: &str) -> Option<f64> {
    let found = pattern.captures_iter(stdout).filter_map(|captures| {
        if let Some(group) = captures.get(1) {
            return number(group.as_str()).or_else(|| numbers(group.as_str()).next_back());
        }
        let whole = captures.get(0)?;
        let behind = stdout[whole.end()..].lines().next().unwrap_or_default();
        numbers(whole.as_str()).next_back().or_else(|| numbers(behind).next())
    });
    found.last()
}

fn in_file(path: &Path, key: &str) -> Result<f64, String> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("{shown}: {error}: let the program write its metric there"))?;
    let table =
        table(&text).ok_or_else(|| format!("{shown}: is no JSON object, expected {{\"{key}\": 0.5}}"))?;
    let known = table.keys().cloned().collect::<Vec<_>>().join(", ");
    // A key may itself hold dots.
    let whole = table.get(key).cloned();
    let found = whole.or_else(|| Value::Table(table).at(key).cloned());
    let found = found.ok_or_else(|| format!("{shown}: has no `{key}`, it has: {known}"))?;
    value(&found).ok_or_else(|| format!("{shown}: `{key}` is {found}, not a number"))
}

#[cfg(test)]
mod tests {
    use super::Metric;

    const OUT: &str =
        "Epoch 1/2 - loss: 0.50 - accuracy: 0.80\nEpoch 2/2 - loss: 0.31 - accuracy: 0.91\ndone\n";

    #[test]
    fn the_last_number_is_the_last_on_the_last_line_that_has_one() {
        assert_eq!(Metric::LastNumber.read(OUT, None), Ok(0.91));
        assert!(Metric::LastNumber.read("done\n", None).unwrap_err().contains("print its metric last"));
    }

    #[test]
    fn a_pattern_takes_its_group_or_the_number_it_leads_to() {
        let read = |pattern: &str, out: &str| Metric::pattern(pattern).unwrap().read(out, None);
        assert_eq!(read(r"loss: (\S+)", OUT), Ok(0.31));
        assert_eq!(read("loss", OUT), Ok(0.31));
        assert_eq!(read(r"loss: [\d.]+", OUT), Ok(0.31));
        assert_eq!(read("accuracy", "accuracy (top5): 93.5%\n"), Ok(93.5));
        assert!(read("loss", "loss: nan\n").unwrap().is_nan());
        assert!(read("loss", "loss:\n3\n").unwrap_err().contains("matches 'loss'"));
        assert!(Metric::pattern("(").is_err());
    }
}
