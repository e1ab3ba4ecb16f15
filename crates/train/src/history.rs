//! `History`: what was measured after each epoch.

use std::collections::BTreeMap;

/// What was measured after one epoch, by name: `loss`, `validation_loss`, `validation_accuracy`, `lr`, ...
pub type Values = BTreeMap<String, f64>;

/// What was measured after each epoch, from the first on.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct History {
    epochs: Vec<Values>,
}

impl History {
    pub(crate) fn push(&mut self, values: Values) {
        self.epochs.push(values);
    }

    /// The epochs, in order.
    #[must_use]
    pub fn epochs(&self) -> &[Values] {
        &self.epochs
    }

    /// One value over the epochs; NaN where it was not measured.
    #[must_use]
    pub fn curve(&self, name: &str) -> Vec<f64> {
        self.epochs.iter().map(|values| values.get(name).copied().unwrap_or(f64::NAN)).collect()
    }

    /// Every name that was measured, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.epochs.iter().flat_map(|values| values.keys().map(String::as_str)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The history as CSV: a column `epoch` from 1, then one per name.
    ///
    /// ```
    /// assert_eq!(tunesmith_train::History::default().to_csv(), "epoch\n");
    /// ```
    #[must_use]
    pub fn to_csv(&self) -> String {
        let names = self.names();
        let mut csv = std::iter::once("epoch").chain(names.iter().copied()).collect::<Vec<_>>().join(",");
        csv.push('\n');
        for (i, values) in self.epochs.iter().enumerate() {
            let cell = |name: &&str| values.get(*name).map_or_else(String::new, ToString::to_string);
            let cells = std::iter::once((i + 1).to_string()).chain(names.iter().map(cell));
            csv.push_str(&cells.collect::<Vec<_>>().join(","));
            csv.push('\n');
        }
        csv
    }
}
