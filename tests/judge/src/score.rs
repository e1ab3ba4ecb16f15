//! `Score`: what one sampler reached on one task from one seed, as a JSON line.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value, json};

/// What one sampler reached on one task from one seed.
///
/// Its [`Display`](fmt::Display) is a JSON line, and [`FromStr`] reads one.
///
/// ```
/// use tunesmith_judge::Score;
/// let line = r#"{"problem":"branin","regret":{"25":0.1,"50":null},"sampler":"tpe","seed":3,"seconds":0.01,"trials":50}"#;
/// let score: Score = line.parse().unwrap();
/// assert_eq!(score.regret[&25], 0.1);
/// assert_eq!(score.regret[&50], f64::INFINITY); // no trial had a value
/// assert_eq!(score.to_string().parse::<Score>().unwrap(), score);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// The task's name.
    pub problem: String,
    /// The sampler's name, with its settings.
    pub sampler: String,
    /// The study's seed.
    pub seed: u64,
    /// The incumbent's normalised regret after so many trials; infinite while there is none.
    pub regret: BTreeMap<u64, f64>,
    /// What the sampler and the study took in all, where it was measured.
    pub seconds: Option<f64>,
    /// How many trials took them.
    pub trials: u64,
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Infinity becomes null.
        let regret: Map<String, Value> =
            self.regret.iter().map(|(n, regret)| (n.to_string(), json!(regret))).collect();
        let line = json!({
            "problem": self.problem, "sampler": self.sampler, "seed": self.seed, "regret": regret,
            "seconds": self.seconds.map(|seconds| (seconds * 1e6).round() / 1e6), "trials": self.trials,
        });
        line.fmt(f)
    }
}

impl FromStr for Score {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let wrong = || format!("this line is no score: {line}");
        let value: Value = serde_json::from_str(line).map_err(|_| wrong())?;
        let text = |key: &str| value[key].as_str().map(str::to_owned);
        let regret = value["regret"].as_object().and_then(|regret| {
            let number = |(n, regret): (&String, &Value)| {
                let regret = if regret.is_null() { Some(f64::INFINITY) } else { regret.as_f64() };
                Some((n.parse().ok()?, regret?))
            };
            regret.iter().map(number).collect::<Option<BTreeMap<u64, f64>>>()
        });
        let score = || {
            Some(Self {
                problem: text("problem")?,
                sampler: text("sampler")?,
                seed: value["seed"].as_u64()?,
                regret: regret?,
                seconds: value["seconds"].as_f64(),
                trials: value["trials"].as_u64()?,
            })
        };
        score().ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::Score;

    #[test]
    fn what_is_no_score_is_named() {
        for line in
            ["", "{}", r#"{"problem":"a","regret":{"x":1},"sampler":"b","seed":0,"seconds":1,"trials":9}"#]
        {
            assert!(line.parse::<Score>().unwrap_err().ends_with(line), "{line}");
        }
    }
}
