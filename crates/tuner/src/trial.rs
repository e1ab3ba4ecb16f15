//! `Trial`: one point to try, handed out by [`Study::ask`](crate::Study::ask).

use std::ops::Deref;

use tunesmith_core::{Params, Seed, Value};

/// One point to try: a number, settings, and a seed of its own.
///
/// It reads like its settings: `trial["lr"]`, `trial.get("momentum")`; the typed readers below stop at the caller's
/// line when the key or the type is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    number: u64,
    params: Params,
    seed: Seed,
    parent: Option<(u64, u64)>,
    reported: Option<u64>,
}

impl Trial {
    pub(crate) fn new(number: u64, params: Params, seed: Seed) -> Self {
        Self { number, params, seed, parent: None, reported: None }
    }

    pub(crate) fn going_on(mut self, parent: Option<(u64, u64)>, reported: Option<u64>) -> Self {
        (self.parent, self.reported) = (parent, reported);
        self
    }

    /// Its place in the study, from 0.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Its settings.
    #[must_use]
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// The last step it has reported, if it was paused and goes on.
    #[must_use]
    pub fn reported(&self) -> Option<u64> {
        self.reported
    }

    /// The trial whose state it begins with, if it has one, and the last step that trial had reported then (see
    /// [`Next::Fork`](crate::Next::Fork)).
    #[must_use]
    pub fn parent(&self) -> Option<(u64, u64)> {
        self.parent
    }

    /// Its seed, for all randomness in the objective; a retry has the seed of the trial it repeats.
    #[must_use]
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// The number of that key.
    ///
    /// # Panics
    /// When there is no such setting or it is not a number.
    #[must_use]
    #[track_caller]
    pub fn float(&self, key: &str) -> f64 {
        self.read(key, "a number", Value::as_f64)
    }

    /// The whole number of that key.
    ///
    /// # Panics
    /// When there is no such setting or it is not a whole number.
    #[must_use]
    #[track_caller]
    pub fn int(&self, key: &str) -> i64 {
        self.read(key, "a whole number", Value::as_i64)
    }

    /// The text of that key.
    ///
    /// # Panics
    /// When there is no such setting or it is not a text.
    #[must_use]
    #[track_caller]
    pub fn text(&self, key: &str) -> &str {
        self.read(key, "a text", Value::as_str)
    }

    /// The switch of that key.
    ///
    /// # Panics
    /// When there is no such setting or it is not a switch.
    #[must_use]
    #[track_caller]
    pub fn switch(&self, key: &str) -> bool {
        self.read(key, "a switch", Value::as_bool)
    }

    #[track_caller]
    fn read<'a, T>(&'a self, key: &str, expected: &str, convert: impl Fn(&'a Value) -> Option<T>) -> T {
        match self.params.get(key) {
            None => {
                let known = self.params.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                panic!("trial {} has no setting `{key}`, it has: {known}", self.number)
            }
            Some(value) => match convert(value) {
                Some(converted) => converted,
                None => panic!("`{key}` is {} ({value}), not {expected}", value.kind()),
            },
        }
    }
}

impl Deref for Trial {
    type Target = Params;
    fn deref(&self) -> &Params {
        &self.params
    }
}
