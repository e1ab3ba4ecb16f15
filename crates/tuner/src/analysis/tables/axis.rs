//! `Axis`: what the coordinates of one dimension mean.

use tunesmith_core::{Dimension, Domain, Scale, Value};

use crate::analysis::table;

table! {
    /// A place on an axis with a name.
    pub struct Tick {
        /// Where, in even coordinates.
        pub coordinate: f64,
        /// What the setting is there.
        pub label: String,
    }

    /// What the coordinates of one dimension mean.
    ///
    /// ```
    /// use tunesmith_core::{Dimension, Domain, Scale};
    /// use tunesmith_tuner::analysis::tables::Axis;
    /// let domain = Domain::float(1e-4, 1e-1, Scale::Log, None).unwrap();
    /// let axis = Axis::of(&Dimension { key: "lr".into(), domain, when: vec![] });
    /// let labels: Vec<&str> = axis.ticks.iter().map(|tick| tick.label.as_str()).collect();
    /// assert_eq!(labels, ["0.0001", "0.001", "0.01", "0.1"]);
    /// ```
    pub struct Axis {
        /// The dimension's key.
        pub key: String,
        /// `linear`, `log`, `reverse_log` or `choice`.
        pub scale: String,
        /// The lower end, half a step below the first value where values are discrete.
        pub low: f64,
        /// The upper end, half a step above the last value where values are discrete.
        pub high: f64,
        /// Names along the axis: all values where there are at most twelve.
        pub ticks: Vec<Tick>,
        /// Whether the dimension only exists under a condition, so that rows may have gaps.
        pub conditional: bool,
    }
}

/// All of so few values have a tick.
const ALL: u64 = 12;

impl Axis {
    /// The axis of a dimension.
    #[must_use]
    pub fn of(dimension: &Dimension) -> Self {
        let domain = &dimension.domain;
        let (low, high) = domain.bounds();
        let tick = |value: &Value| Tick {
            coordinate: domain.coordinate(value).unwrap_or(f64::NAN),
            label: label(value),
        };
        let (scale, values) = match domain {
            Domain::Choice { options } => ("choice", options.clone()),
            Domain::Float { scale, .. } | Domain::Int { scale, .. } => {
                (scale.name(), numbers(domain, *scale))
            }
            _ => ("linear", Vec::new()),
        };
        let ticks = values.iter().map(tick).collect();
        let conditional = !dimension.when.is_empty();
        Self { key: dimension.key.clone(), scale: scale.to_owned(), low, high, ticks, conditional }
    }
}

/// A value as a plot names it: options without quotes, numbers to five digits.
pub(super) fn label(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Float(x) => Value::Float(format!("{x:.4e}").parse().unwrap_or(*x)).to_string(),
        other => other.to_string(),
    }
}

/// Some values of a range of numbers, ends included.
fn numbers(domain: &Domain, scale: Scale) -> Vec<Value> {
    let (low, high) = domain.bounds();
    let at = |parts: u64| (0..=parts).map(move |i| low + (high - low) * i as f64 / parts as f64);
    let mut values: Vec<Value> = match domain.size() {
        Some(n) if n <= ALL => {
            let step = |i: u64| match domain {
                Domain::Int { low, step, .. } => Value::Int(low + step * i as i64),
                Domain::Float { low, high, step, .. } => {
                    Value::Float((low + step.unwrap_or(0.0) * i as f64).min(*high))
                }
                _ => Value::Null,
            };
            (0..n).map(step).collect()
        }
        _ if scale == Scale::Log && (high - low) / 10.0_f64.ln() >= 1.9 => {
            let decades =
                (low / 10.0_f64.ln() - 1e-9).ceil() as i32..=(high / 10.0_f64.ln() + 1e-9).floor() as i32;
            let value = |power: i32| match domain {
                Domain::Int { .. } => Value::Int(10_i64.pow(power.max(0).cast_unsigned())),
                _ => Value::Float(format!("1e{power}").parse().unwrap_or(f64::NAN)),
            };
            let every = (decades.clone().count() / ALL as usize + 1).max(1);
            decades.step_by(every).map(value).collect()
        }
        _ => at(4).map(|z| domain.at_coordinate(z)).collect(),
    };
    values.retain(|value| domain.contains(value) || matches!(value, Value::Float(_)));
    values.dedup_by(|a, b| a.same(b));
    values
}
