//! `Domain`: what values one dimension of a search can take.

use std::fmt;

use crate::{Scale, Value, Why};

/// The values one dimension can take.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Value};
/// let lr = Domain::float(1e-5, 1e-1, Scale::Log, None).unwrap();
/// assert!((lr.place(0.5).as_f64().unwrap() - 1e-3).abs() < 1e-12);
/// assert!((lr.locate(&Value::Float(1e-3)).unwrap() - 0.5).abs() < 1e-12);
/// let units = Domain::int(16, 256, Scale::Log, 1).unwrap();
/// assert_eq!(units.place(0.999_999), Value::Int(256));
/// assert!(Domain::float(0.0, 1.0, Scale::Log, None).is_err());
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Domain {
    /// Real numbers from `low` to `high`, both included.
    Float {
        /// Lowest value.
        low: f64,
        /// Highest value.
        high: f64,
        /// How the range is walked.
        scale: Scale,
        /// Only `low + k * step`, on a linear scale.
        step: Option<f64>,
    },
    /// Whole numbers from `low` to `high`, both included.
    Int {
        /// Lowest value.
        low: i64,
        /// Highest value.
        high: i64,
        /// How the range is walked.
        scale: Scale,
        /// Only `low + k * step`; 1 on a log scale.
        step: i64,
    },
    /// One of a list: names, numbers, switches or nothing.
    Choice {
        /// The options in order; a switch is `[false, true]`.
        options: Vec<Value>,
    },
}

fn bad(because: impl Into<String>) -> Why {
    Why::BadRange { because: because.into() }
}

impl Domain {
    /// A range of real numbers.
    ///
    /// # Errors
    /// When the range is empty or not finite, a log scale holds zero or less, a reverse log scale holds one or more,
    /// or a step does not fit. The highest value is lowered to the last step.
    pub fn float(low: f64, high: f64, scale: Scale, step: Option<f64>) -> Result<Self, Why> {
        if !low.is_finite() || !high.is_finite() {
            return Err(bad(format!("a range from {low} to {high} is not finite")));
        }
        if low > high {
            return Err(bad(format!("the range [{low}, {high}] is empty, low must not exceed high")));
        }
        if !(high - low).is_finite() {
            return Err(bad(format!(
                "the range [{low:e}, {high:e}] is wider than the largest number there is"
            )));
        }
        match scale {
            Scale::Log if low <= 0.0 => {
                return Err(bad(format!("a log range must start above zero, found {low}")));
            }
            Scale::ReverseLog if high >= 1.0 => {
                return Err(bad(format!("a reverse_log range must end below one, found {high}")));
            }
            _ => {}
        }
        let Some(step) = step else { return Ok(Self::Float { low, high, scale, step: None }) };
        if scale != Scale::Linear {
            return Err(bad("a range with a step must be linear"));
        }
        if step.is_nan() || step <= 0.0 {
            return Err(bad(format!("a step must be positive, found {step}")));
        }
        // 1e-8 of a step forgives decimal fractions that are not exact in binary: 0.3 / 0.1.
        let steps = ((high - low) / step + 1e-8).floor();
        if steps > (1_u64 << 53) as f64 {
            return Err(bad(format!("a step of {step:e} makes more numbers than can be told apart (2^53)")));
        }
        Ok(Self::Float { low, high: low + steps * step, scale, step: Some(step) })
    }

    /// A range of whole numbers.
    ///
    /// # Errors
    /// As for [`Domain::float`]; a log scale starts at one and has no step.
    pub fn int(low: i64, high: i64, scale: Scale, step: i64) -> Result<Self, Why> {
        if low > high {
            return Err(bad(format!("the range [{low}, {high}] is empty, low must not exceed high")));
        }
        if step < 1 {
            return Err(bad(format!("a step must be at least 1, found {step}")));
        }
        if high.checked_sub(low).is_none_or(|width| width > 1 << 53) {
            return Err(bad(format!(
                "the range [{low}, {high}] holds more numbers than can be told apart (2^53)"
            )));
        }
        match scale {
            Scale::Log if low < 1 => {
                return Err(bad(format!("a log range of whole numbers starts at 1, found {low}")));
            }
            Scale::Log if step != 1 => return Err(bad("a range with a step must be linear")),
            Scale::ReverseLog => {
                return Err(bad("whole numbers have no reverse_log scale, use linear or log"));
            }
            _ => {}
        }
        Ok(Self::Int { low, high: low + (high - low) / step * step, scale, step })
    }

    /// One of several options.
    ///
    /// # Errors
    /// When there is none, one is twice, or one is a list or a table.
    pub fn choice<T: Into<Value>>(options: impl IntoIterator<Item = T>) -> Result<Self, Why> {
        let options: Vec<Value> = options.into_iter().map(Into::into).collect();
        if options.is_empty() {
            return Err(bad("a choice needs at least one option"));
        }
        for (i, option) in options.iter().enumerate() {
            if matches!(option, Value::List(_) | Value::Table(_)) {
                return Err(bad(format!("an option must be a name, a number or a switch, found {option}")));
            }
            if options[..i].iter().any(|earlier| earlier.same(option)) {
                return Err(bad(format!("the option {option} stands there twice")));
            }
        }
        Ok(Self::Choice { options })
    }

    /// On or off.
    #[must_use]
    pub fn switch() -> Self {
        Self::Choice { options: vec![Value::Bool(false), Value::Bool(true)] }
    }

    /// How many values there are; `None` when a range is continuous.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        match self {
            Self::Float { low, high, .. } if low == high => Some(1),
            Self::Float { step: None, .. } => None,
            Self::Float { low, high, step: Some(step), .. } => Some(((high - low) / step).round() as u64 + 1),
            Self::Int { low, high, step, .. } => Some(((high - low) / step) as u64 + 1),
            Self::Choice { options } => Some(options.len() as u64),
        }
    }

    /// The even coordinates of the ends: warped, and widened by half a step where values are discrete, so that
    /// the first and the last value own as much of the range as the others.
    #[must_use]
    pub fn bounds(&self) -> (f64, f64) {
        match self {
            Self::Float { low, high, scale, step } => {
                let half = step.unwrap_or(0.0) / 2.0;
                (scale.warp(low - half), scale.warp(high + half))
            }
            Self::Int { low, high, scale, step } => {
                let half = *step as f64 / 2.0;
                (scale.warp(*low as f64 - half), scale.warp(*high as f64 + half))
            }
            Self::Choice { options } => (0.0, options.len() as f64),
        }
    }

    /// The nearest value at an even coordinate (see [`Domain::bounds`]); coordinates outside are clamped.
    #[must_use]
    pub fn at_coordinate(&self, z: f64) -> Value {
        match self {
            Self::Float { low, high, scale, step } => {
                // The ends are themselves, whatever rounding the scale's way there and back brings.
                match step {
                    None if z <= scale.warp(*low) => return Value::Float(*low),
                    None if z >= scale.warp(*high) => return Value::Float(*high),
                    _ => {}
                }
                let x = scale.unwarp(z);
                let x = step.map_or(x, |step| low + ((x - low) / step).round() * step);
                Value::Float(x.clamp(*low, *high))
            }
            Self::Int { low, high, scale, step } => {
                let steps = ((scale.unwarp(z) - *low as f64) / *step as f64).round();
                Value::Int((low.saturating_add((steps as i64).saturating_mul(*step))).clamp(*low, *high))
            }
            Self::Choice { options } => options[(z.floor().max(0.0) as usize).min(options.len() - 1)].clone(),
        }
    }

    /// The even coordinate of a value; `None` when the value is not of this domain's type.
    #[must_use]
    pub fn coordinate(&self, value: &Value) -> Option<f64> {
        match self {
            Self::Float { scale, .. } => value.as_f64().map(|x| scale.warp(x)),
            Self::Int { scale, .. } => value.as_i64().map(|i| scale.warp(i as f64)),
            Self::Choice { options } => {
                options.iter().position(|option| option.same(value)).map(|i| i as f64 + 0.5)
            }
        }
    }

    /// The value at a place in [0, 1): uniform places give values uniform in this domain's scale.
    #[must_use]
    pub fn place(&self, u: f64) -> Value {
        let (low, high) = self.bounds();
        self.at_coordinate(low + u * (high - low))
    }

    /// The place in [0, 1] of a value, the inverse of [`Domain::place`]; a single value lies in the middle.
    #[must_use]
    pub fn locate(&self, value: &Value) -> Option<f64> {
        let (low, high) = self.bounds();
        let z = self.coordinate(value)?;
        Some(if high > low { ((z - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 })
    }

    /// Whether the value is one of this domain's.
    #[must_use]
    pub fn contains(&self, value: &Value) -> bool {
        match self {
            Self::Float { low, high, step, .. } => value.as_f64().is_some_and(|x| {
                let on_step = step.is_none_or(|step| {
                    let k = (x - low) / step;
                    (k - k.round()).abs() < 1e-8
                });
                *low <= x && x <= *high && on_step
            }),
            Self::Int { low, high, step, .. } => {
                value.as_i64().is_some_and(|i| *low <= i && i <= *high && (i - low) % step == 0)
            }
            Self::Choice { options } => options.iter().any(|option| option.same(value)),
        }
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high, scale, step) = match self {
            Self::Float { low, high, scale, step } => {
                (Value::Float(*low), Value::Float(*high), scale, step.map(Value::Float))
            }
            Self::Int { low, high, scale, step } => {
                (Value::Int(*low), Value::Int(*high), scale, (*step != 1).then_some(Value::Int(*step)))
            }
            Self::Choice { options } => {
                for (i, option) in options.iter().enumerate() {
                    write!(f, "{}{option}", if i == 0 { "" } else { " | " })?;
                }
                return Ok(());
            }
        };
        write!(f, "{low} to {high}")?;
        if *scale != Scale::Linear {
            write!(f, ", {}", scale.name())?;
        }
        step.map_or(Ok(()), |step| write!(f, ", in steps of {step}"))
    }
}

#[cfg(test)]
mod tests {
    use super::Domain;
    use crate::{Scale, Value};
    use proptest::prelude::*;

    fn any_domain() -> impl Strategy<Value = Domain> {
        prop_oneof![
            (-1e3..1e3, 0.0..1e3).prop_map(|(low, width)| Domain::float(
                low,
                low + width,
                Scale::Linear,
                None
            )
            .unwrap()),
            (-1e3..1e3, 0.0..1e3, 0.01..10.0_f64).prop_map(|(low, width, step)| Domain::float(
                low,
                low + width,
                Scale::Linear,
                Some(step)
            )
            .unwrap()),
            (1e-6..1.0, 1.0..1e6).prop_map(|(low, high)| Domain::float(low, high, Scale::Log, None).unwrap()),
            (0.0..0.9, 0.9..0.99999).prop_map(|(low, high)| Domain::float(
                low,
                high,
                Scale::ReverseLog,
                None
            )
            .unwrap()),
            (-50_i64..50, 0_i64..100, 1_i64..7).prop_map(|(low, width, step)| Domain::int(
                low,
                low + width,
                Scale::Linear,
                step
            )
            .unwrap()),
            (1_i64..50, 0_i64..1000)
                .prop_map(|(low, width)| Domain::int(low, low + width, Scale::Log, 1).unwrap()),
            (1_usize..6).prop_map(|n| Domain::choice((0..n).map(|i| format!("option {i}"))).unwrap()),
        ]
    }

    proptest! {
        #[test]
        fn every_place_is_a_value_of_the_domain(domain in any_domain(), u in 0.0..1.0) {
            let value = domain.place(u);
            prop_assert!(domain.contains(&value), "{value} is not in {domain}");
        }

        #[test]
        fn a_value_is_found_where_it_was_placed(domain in any_domain(), u in 0.0..1.0) {
            let value = domain.place(u);
            let again = domain.place(domain.locate(&value).unwrap().min(1.0 - 1e-12));
            let (a, b) = (value.as_f64(), again.as_f64());
            match (a, b) {
                (Some(a), Some(b)) => prop_assert!((a - b).abs() <= 1e-9 * a.abs().max(1e-3), "{a} {b} in {domain}"),
                _ => prop_assert_eq!(value, again),
            }
        }

        #[test]
        fn discrete_domains_reach_every_value(low in -5_i64..5, width in 0_i64..9, step in 1_i64..4) {
            let domain = Domain::int(low, low + width, Scale::Linear, step).unwrap();
            let n = domain.size().unwrap();
            let mut seen: Vec<i64> = (0..n * 64).filter_map(|i| domain.place((i as f64 + 0.5) / (n * 64) as f64).as_i64()).collect();
            seen.dedup();
            prop_assert_eq!(seen.len() as u64, n);
        }
    }

    #[test]
    fn impossible_ranges_are_refused() {
        assert!(Domain::float(2.0, 1.0, Scale::Linear, None).is_err());
        assert!(Domain::float(f64::NAN, 1.0, Scale::Linear, None).is_err());
        assert!(Domain::float(-1e308, 1e308, Scale::Linear, None).is_err());
        assert!(Domain::float(0.0, 1.0, Scale::Linear, Some(1e-320)).is_err());
        assert!(Domain::float(0.0, 1.0, Scale::Log, None).is_err());
        assert!(Domain::float(0.5, 1.0, Scale::ReverseLog, None).is_err());
        assert!(Domain::float(0.0, 1.0, Scale::Linear, Some(0.0)).is_err());
        assert!(Domain::int(0, 9, Scale::Log, 1).is_err());
        assert!(Domain::choice(Vec::<Value>::new()).is_err());
        assert!(Domain::choice(["a", "a"]).is_err());
    }

    #[test]
    fn the_last_step_bounds_the_range() {
        assert_eq!(
            Domain::float(0.0, 1.0, Scale::Linear, Some(0.3)).unwrap(),
            Domain::Float { low: 0.0, high: 0.8999999999999999, scale: Scale::Linear, step: Some(0.3) }
        );
        assert_eq!(Domain::float(0.0, 0.3, Scale::Linear, Some(0.1)).unwrap().size(), Some(4));
    }
}
