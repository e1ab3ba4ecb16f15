//! `Watch`: which value a callback watches, and when it counts as better.

use crate::history::Values;

/// A value that is measured after every epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// The name in the history.
    pub name: String,
    /// Whether a larger value is better.
    pub larger_is_better: bool,
}

/// Which value a callback watches and when it counts as better.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Watch {
    pub(super) monitor: String,
    pub(super) mode: String,
    falls: bool,
    best: Option<f64>,
}

impl Watch {
    pub(super) fn new(monitor: &str) -> Self {
        Self { monitor: monitor.to_owned(), mode: "auto".to_owned(), falls: true, best: None }
    }

    /// Finds the watched value among those that are measured; without validation rows the training's own will do.
    pub(super) fn prepare(&mut self, measured: &[Measure]) -> Result<(), String> {
        let find = |name: &str| measured.iter().find(|measure| measure.name == name);
        let own = || self.monitor.strip_prefix("validation_").and_then(find);
        let validated = measured.iter().any(|measure| measure.name.starts_with("validation_"));
        let found = find(&self.monitor).or_else(|| if validated { None } else { own() });
        let Some(found) = found else {
            let names: Vec<&str> = measured.iter().map(|measure| measure.name.as_str()).collect();
            let keras = self.monitor.strip_prefix("val_").map(|name| format!("validation_{name}"));
            let near = keras.as_deref().and_then(|name| names.iter().find(|known| **known == name).copied());
            let near = near.or_else(|| tunesmith_core::nearest(&self.monitor, names.iter().copied()));
            return Err(match near {
                Some(near) => format!("`{}` is not measured, did you mean `{near}`?", self.monitor),
                None => format!("`{}` is not measured; measured are: {}", self.monitor, names.join(", ")),
            });
        };
        self.falls = match self.mode.as_str() {
            "min" => true,
            "max" => false,
            _ => !found.larger_is_better,
        };
        self.monitor = found.name.clone();
        self.best = None;
        Ok(())
    }

    /// The watched value.
    pub(super) fn read(&self, values: &Values) -> Option<f64> {
        values.get(&self.monitor).copied()
    }

    /// Takes a value and says whether it is better than the best so far by more than `margin`.
    pub(super) fn improves(&mut self, value: f64, margin: impl Fn(f64) -> f64) -> bool {
        let better = match self.best {
            None => !value.is_nan(),
            Some(best) if self.falls => value < best - margin(best),
            Some(best) => value > best + margin(best),
        };
        if better {
            self.best = Some(value);
        }
        better
    }
}
