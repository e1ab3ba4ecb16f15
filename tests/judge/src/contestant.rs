//! `Contestant`: a registered sampler with its settings.

use tunesmith_core::{Error, Plug, Value, find};
use tunesmith_tuner::{Sampler, SamplerEntry};

/// A sampler that is judged: a registered name, with settings as a recipe writes them.
///
/// ```
/// use tunesmith_judge::Contestant;
/// let plain = Contestant::parse("tpe").unwrap();
/// assert_eq!(plain.name(), "tpe");
/// let other = Contestant::parse(r#"{"tpe": {"n_startup_trials": 20}}"#).unwrap();
/// assert_eq!(other.name(), "tpe n_startup_trials=20");
/// assert!(Contestant::parse("tpee").unwrap_err().contains("tpe"));
/// ```
#[derive(Clone, Debug)]
pub struct Contestant {
    name: String,
    plug: Plug,
}

impl Contestant {
    /// Reads a name, or JSON of a name and settings.
    ///
    /// # Errors
    /// When there is no such sampler, or it has no such setting.
    pub fn parse(text: &str) -> Result<Self, String> {
        let say = |error: Error| error.to_string();
        let value = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|error| format!("--sampler {text}: {error}"))?
        } else {
            Value::from(text)
        };
        let plug = Plug::parse(&value, "sampler", "--sampler").map_err(say)?;
        let settings = plug.config.iter().map(|(key, value)| format!(" {key}={value}"));
        let contestant = Self { name: std::iter::once(plug.name.clone()).chain(settings).collect(), plug };
        contestant.build().map_err(say)?;
        Ok(contestant)
    }

    /// What it is called in scores: its name, and its settings where they are not the defaults.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A fresh sampler, that knows nothing of earlier studies.
    pub(crate) fn build(&self) -> Result<Box<dyn Sampler>, Error> {
        find::<SamplerEntry>(&self.plug.name, "--sampler")?.build(&self.plug.config, "--sampler")
    }
}
