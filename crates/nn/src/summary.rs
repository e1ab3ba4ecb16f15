//! `Summary`: a model at a glance, before anything runs.

use std::fmt;

use tunesmith_autodiff::Element;
use tunesmith_tensor::Shape;

use crate::{Mode, Sequential};

/// One layer's line.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The layer's name.
    pub layer: String,
    /// What it puts out for one sample.
    pub output: Shape,
    /// Numbers it learns.
    pub params: usize,
}

/// A model at a glance: its layers, its parameters, what a prediction costs.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::Dense};
/// let summary = Sequential::new([2]).with(Dense::new(10).activation("relu")).with(Dense::new(1)).summary();
/// assert_eq!(summary.params, 41);
/// assert!(summary.to_string().contains("Total params: 41"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The shape of a sample.
    pub input: Shape,
    /// The layers in order.
    pub rows: Vec<Row>,
    /// Numbers that are learnt.
    pub params: usize,
    /// Floating point operations to predict one sample, roughly.
    pub flops: u64,
}

impl Summary {
    pub(crate) fn of(model: &Sequential) -> Self {
        let (traced, trace) = model.recorded(1, Mode::Prediction);
        let row = |(layer, shape, params): &(String, Shape, usize)| Row {
            layer: layer.clone(),
            output: Shape::from(&shape.dims()[1..]),
            params: *params,
        };
        Self {
            input: *model.input_shape(),
            rows: trace.shapes.iter().map(row).collect(),
            params: model.param_count(),
            flops: traced.graph.plan(&[&traced.output]).flops(),
        }
    }

    /// Bytes of the parameters in elements of a type.
    #[must_use]
    pub fn param_bytes<T: Element>(&self) -> usize {
        self.params * size_of::<T>()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |i: usize, row: &Row| format!("{i}. {}", row.layer);
        let shape = |shape: &Shape| {
            let dims: Vec<String> = shape.dims().iter().map(ToString::to_string).collect();
            format!("(rows, {})", dims.join(", "))
        };
        let rows: Vec<[String; 3]> = self
            .rows
            .iter()
            .enumerate()
            .map(|(i, row)| [name(i, row), shape(&row.output), thousands(row.params)])
            .collect();
        let head = ["Layer", "Output shape", "Params"].map(str::to_owned);
        let width = |column: usize| {
            rows.iter().chain([&head]).map(|row| row[column].chars().count()).max().unwrap_or(0).max(12)
        };
        let widths = [width(0), width(1), width(2)];
        let rule = "─".repeat(widths.iter().sum::<usize>() + 6);
        let line = |f: &mut fmt::Formatter<'_>, row: &[String; 3]| {
            let [a, b, c] = widths;
            writeln!(f, " {:<a$}  {:<b$}  {:>c$}", row[0], row[1], row[2])
        };
        line(f, &head)?;
        writeln!(f, "{rule}")?;
        rows.iter().try_for_each(|row| line(f, row))?;
        writeln!(f, "{rule}")?;
        writeln!(f, " Total params: {} ({})", thousands(self.params), bytes(self.params * 4))?;
        write!(f, " Operations a sample: {}", thousands(usize::try_from(self.flops).unwrap_or(usize::MAX)))
    }
}

/// A whole number with a space every three digits.
fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).expect("digits are ASCII"))
        .collect();
    groups.join(" ")
}

/// Bytes in the largest unit that leaves a number of one or more.
fn bytes(n: usize) -> String {
    let units = ["B", "KiB", "MiB", "GiB"];
    let (mut value, mut unit) = (n as f64, 0);
    while value >= 1024.0 && unit + 1 < units.len() {
        (value, unit) = (value / 1024.0, unit + 1);
    }
    if unit == 0 { format!("{n} B") } else { format!("{value:.1} {}", units[unit]) }
}
