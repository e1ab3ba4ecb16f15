//! A setting as a point on its range.

use tunesmith_core::{Domain, Value};

use super::Axis;
use super::Size;
use super::svg::Svg;

/// A line as long as the range, a dot at the value, light ticks at the values of others (the next best trials).
///
/// ```
/// use tunesmith_core::{Domain, Scale, Value};
/// use tunesmith_report::chart::strip;
/// let lr = Domain::float(1e-4, 1.0, Scale::Log, None).unwrap();
/// let svg = strip(&lr, &Value::Float(0.01), &[Value::Float(0.02)], "learning rate");
/// assert!(svg.contains("cx=\"60\""));
/// ```
#[must_use]
pub fn strip(domain: &Domain, value: &Value, others: &[Value], name: &str) -> String {
    let size = Size { width: 120.0, height: 16.0 };
    let axis = Axis::of_domain(domain, (5.0, 115.0), 2);
    let mut svg =
        Svg::new("strip", size, &format!("{name} within its range"), &format!("{value} of {domain}"));
    svg.line("base", (5.0, 8.0), (115.0, 8.0));
    for at in others.iter().filter_map(|other| axis.place_value(domain, other)) {
        svg.line("other", (at, 3.0), (at, 13.0));
    }
    if let Some(at) = axis.place_value(domain, value) {
        svg.dot("here", (at, 8.0), 4.0);
    }
    svg.finish()
}
