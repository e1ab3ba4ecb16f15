//! Precision, recall and F1, averaged over classes.

use tunesmith_core::{Describe, Param, register};

use super::{Confusion, Metric, MetricEntry, Predictions};

/// The mean over classes, as scikit-learn names it.
fn averaged(confusion: &Confusion, average: &str, of_class: impl Fn(&Confusion, usize) -> f64) -> f64 {
    let classes = 0..confusion.classes();
    let total: u64 = classes.clone().map(|c| confusion.support(c)).sum();
    match average {
        // Over all rows at once each of the three is the share of right rows.
        "micro" => classes.map(|c| confusion.count(c, c)).sum::<u64>() as f64 / total as f64,
        "weighted" => {
            classes.map(|c| of_class(confusion, c) * confusion.support(c) as f64).sum::<f64>() / total as f64
        }
        "binary" => of_class(confusion, 1),
        _ => {
            // Classes that neither occur nor are predicted do not count.
            let seen: Vec<usize> =
                classes.filter(|&c| confusion.support(c) + confusion.predicted(c) > 0).collect();
            seen.iter().map(|&c| of_class(confusion, c)).sum::<f64>() / seen.len() as f64
        }
    }
}

macro_rules! averaged {
    ($($(#[$doc:meta])* $Name:ident, $name:literal, $about:literal, $of_class:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub(crate) struct $Name {
            average: String,
        }

        impl Default for $Name {
            fn default() -> Self {
                Self { average: "macro".into() }
            }
        }

        impl Describe for $Name {
            const NAME: &'static str = $name;
            const ABOUT: &'static str = $about;
            const PARAMS: &'static [Param<Self>] = &[Param::name(
                "average",
                &["macro", "micro", "weighted", "binary"],
                |s: &mut Self| &mut s.average,
                "how classes count: alike, by row, by size, or the second of two alone",
            )];
        }

        impl Metric for $Name {
            fn of_classes(&self) -> bool {
                true
            }
            fn value(&self, predictions: &Predictions<'_>) -> f64 {
                match Confusion::of(predictions) {
                    Some(confusion) if confusion.classes() > 1 => averaged(&confusion, &self.average, $of_class),
                    _ => f64::NAN,
                }
            }
        }

        register!(MetricEntry, $Name);
    )*};
}

averaged! {
    /// Share of the rows taken for a class that is of it.
    Precision, "precision", "share of the rows taken for a class that is of it", Confusion::precision;
    /// Share of a class's rows that is recognised.
    Recall, "recall", "share of a class's rows that is recognised", Confusion::recall;
    /// Harmonic mean of precision and recall.
    F1, "f1", "harmonic mean of precision and recall", Confusion::f1;
}
