//! How numbers are written for people and for TOML.

use tunesmith_core::Value;

/// Four significant digits without trailing zeros: 0.00325, 128, 1.2e-5.
pub(crate) fn short(x: f64) -> String {
    let text = metric(x);
    match text.split_once('e') {
        Some((mantissa, exponent)) => format!("{}e{exponent}", trimmed(mantissa)),
        None => trimmed(&text).to_owned(),
    }
}

/// Four significant digits, zeros kept, so that a column of them lines up: 0.9800.
pub(crate) fn metric(x: f64) -> String {
    if x == 0.0 {
        return "0".to_owned();
    }
    if !x.is_finite() {
        return if x.is_nan() {
            "not a number"
        } else if x > 0.0 {
            "infinite"
        } else {
            "-infinite"
        }
        .to_owned();
    }
    let magnitude = x.abs().log10().floor();
    if (-3.0..6.0).contains(&magnitude) {
        format!("{x:.*}", (3.0 - magnitude).clamp(0.0, 6.0) as usize)
    } else {
        format!("{x:.3e}")
    }
}

fn trimmed(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// A difference of two values, with two significant digits.
pub(crate) fn difference(x: f64) -> String {
    if x == 0.0 || !x.is_finite() {
        return short(x);
    }
    let digits = 10_f64.powf(1.0 - x.abs().log10().floor());
    let rounded = (x * digits).round() / digits;
    short(if rounded.is_finite() { rounded } else { x })
}

/// A setting: numbers in short, the rest as it is.
pub(crate) fn setting(value: &Value) -> String {
    match value {
        Value::Float(x) => short(*x),
        Value::Bool(true) => "on".to_owned(),
        Value::Bool(false) => "off".to_owned(),
        other => other.to_string(),
    }
}

/// A value as TOML writes it.
pub(crate) fn toml(value: &Value) -> String {
    match value {
        Value::Text(text) => {
            let mut quoted = String::from("\"");
            for c in text.chars() {
                match c {
                    '"' | '\\' => quoted.extend(['\\', c]),
                    c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
                    c => quoted.push(c),
                }
            }
            quoted + "\""
        }
        Value::Float(x) => toml_float(*x),
        other => other.to_string(),
    }
}

/// A real number as TOML writes it, shortest form: 0.01, 1e-5, 10.0.
pub(crate) fn toml_float(x: f64) -> String {
    if x != 0.0 && (x.abs() < 1e-3 || x.abs() >= 1e6) { format!("{x:e}") } else { format!("{x:?}") }
}

/// A share as a whole percentage: 41 %.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent != 0.0 && percent.abs() < 10.0 && (percent - percent.round()).abs() > 0.05 {
        format!("{percent:.1}\u{a0}%")
    } else {
        format!("{percent:.0}\u{a0}%")
    }
}

/// Seconds in the units a person would use: 0.8 s, 41 s, 3 min 20 s, 2 h 5 min.
pub(crate) fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "unknown".to_owned();
    }
    if seconds > 0.0 && seconds < 0.000_95 {
        return "under 1\u{a0}ms".to_owned();
    }
    if seconds < 0.095 {
        return format!("{:.0}\u{a0}ms", seconds * 1000.0);
    }
    if seconds < 9.95 {
        return format!("{seconds:.1}\u{a0}s");
    }
    let whole = seconds.round().min(1e15) as u64;
    let pair = |big: u64, big_unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{big}\u{a0}{big_unit}"),
        _ => format!("{big}\u{a0}{big_unit} {small}\u{a0}{small_unit}"),
    };
    match whole {
        0..60 => format!("{whole}\u{a0}s"),
        60..3600 => pair(whole / 60, "min", whole % 60, "s"),
        _ => pair(whole / 3600, "h", whole % 3600 / 60, "min"),
    }
}

/// A number of things: 1 trial, 24 trials.
pub(crate) fn count(n: usize, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}

/// The text with a capital at its beginning.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A list as a sentence holds it: a, b and c.
pub(crate) fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{count, difference, duration, listed, metric, percent, short, toml, toml_float};
    use tunesmith_core::Value;

    #[test]
    fn numbers_read_the_way_people_write_them() {
        for (x, said) in [
            (0.0, "0"),
            (0.003_25, "0.00325"),
            (128.0, "128"),
            (1.2e-5, "1.2e-5"),
            (1e-5, "1e-5"),
            (0.1 + 0.2, "0.3"),
            (999_999.0, "999999"),
            (2.5e9, "2.5e9"),
            (-0.5, "-0.5"),
            (f64::NAN, "not a number"),
        ] {
            assert_eq!(short(x), said);
        }
        assert_eq!(metric(0.98), "0.9800");
        assert_eq!(difference(0.012_34), "0.012");
        assert_eq!(percent(0.4149), "41\u{a0}%");
        assert_eq!(percent(0.025), "2.5\u{a0}%");
    }

    #[test]
    fn durations_use_two_units_at_most() {
        for (seconds, said) in [
            (0.0001, "under 1 ms"),
            (0.012, "12 ms"),
            (0.84, "0.8 s"),
            (41.2, "41 s"),
            (200.0, "3 min 20 s"),
            (7500.0, "2 h 5 min"),
            (3600.0, "1 h"),
        ] {
            assert_eq!(duration(seconds).replace('\u{a0}', " "), said);
        }
    }

    #[test]
    fn words_agree_with_their_numbers() {
        assert_eq!(count(1, "trial"), "1 trial");
        assert_eq!(count(0, "trial"), "0 trials");
        assert_eq!(listed(&["a".into(), "b".into(), "c".into()]), "a, b and c");
    }

    #[test]
    fn toml_texts_are_escaped_and_floats_stay_floats() {
        assert_eq!(toml(&Value::from("a\"b\\c\n")), r#""a\"b\\c\u000A""#);
        assert_eq!(toml_float(1.0), "1.0");
        assert_eq!(toml_float(1e-5), "1e-5");
        assert_eq!(toml_float(0.01), "0.01");
    }
}
