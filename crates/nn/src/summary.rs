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
    /// Numbers it keeps without learning them, such as running means.
    pub buffers: usize,
    /// Floating point operations to predict one sample, roughly.
    pub flops: u64,
    /// Numbers it writes to predict one sample: its activations. What is handed through or reshaped writes none.
    pub elements: usize,
}

/// A model at a glance: its layers, its parameters, what a prediction costs.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::Dense};
/// let summary = Sequential::new([2]).with(Dense::new(10).activation("relu")).with(Dense::new(1)).summary();
/// assert_eq!(summary.params, 41);
/// assert_eq!((summary.rows[0].params, summary.rows[0].elements), (30, 20)); // the product, and the activation
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
    /// Numbers that are kept without being learnt.
    pub buffers: usize,
    /// Floating point operations to predict one sample, roughly.
    pub flops: u64,
    /// Bytes of the intermediate values of one sample in `f32`: what a layer writes may lie where another's lay.
    pub bytes: usize,
}

impl Summary {
    pub(crate) fn of(model: &Sequential) -> Self {
        let (traced, trace) = model.recorded(1, Mode::Prediction);
        let plan = traced.graph.plan(&[&traced.output]);
        let mut rows = trace.rows;
        for (row, cost) in rows.iter_mut().zip(plan.costs(model.plugs().len() + 1).into_iter().skip(1)) {
            (row.flops, row.elements) = (cost.flops, cost.elements);
        }
        Self {
            input: *model.input_shape(),
            params: rows.iter().map(|row| row.params).sum(),
            buffers: rows.iter().map(|row| row.buffers).sum(),
            rows,
            flops: plan.flops(),
            bytes: plan.bytes(4),
        }
    }

    /// Bytes of the parameters and buffers in elements of a type.
    #[must_use]
    pub fn param_bytes<T: Element>(&self) -> usize {
        (self.params + self.buffers) * size_of::<T>()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |i: usize, row: &Row| format!("{i}. {}", row.layer);
        let shape = |shape: &Shape| {
            let dims: Vec<String> = shape.dims().iter().map(ToString::to_string).collect();
            format!("(rows, {})", dims.join(", "))
        };
        let head = ["Layer", "Output shape", "Params", "Activations", "Operations"].map(str::to_owned);
        let cells = |(i, row): (usize, &Row)| {
            let params = thousands(row.params + row.buffers);
            let activations = bytes(4 * row.elements);
            [name(i, row), shape(&row.output), params, activations, large(row.flops)]
        };
        let rows: Vec<[String; 5]> = self.rows.iter().enumerate().map(cells).collect();
        let width = |column: usize| {
            rows.iter().chain([&head]).map(|row| row[column].chars().count()).max().unwrap_or(0).max(10)
        };
        let widths: [usize; 5] = std::array::from_fn(width);
        let rule = "─".repeat(widths.iter().sum::<usize>() + 10);
        let line = |f: &mut fmt::Formatter<'_>, row: &[String; 5]| {
            let [a, b, c, d, e] = widths;
            let [layer, output, params, activations, flops] = row;
            writeln!(f, " {layer:<a$}  {output:<b$}  {params:>c$}  {activations:>d$}  {flops:>e$}")
        };
        line(f, &head)?;
        writeln!(f, "{rule}")?;
        rows.iter().try_for_each(|row| line(f, row))?;
        writeln!(f, "{rule}")?;
        let total = self.params + self.buffers;
        let say =
            |what: &str, count: usize| format!(" {what} params: {} ({})", thousands(count), bytes(4 * count));
        writeln!(f, "{}", say("Total", total))?;
        if self.buffers > 0 {
            writeln!(f, "{}\n{}", say("Trainable", self.params), say("Non-trainable", self.buffers))?;
        }
        writeln!(f, " Operations a sample: {}", large(self.flops))?;
        write!(f, " Memory a sample, values sharing places: {}", bytes(self.bytes))
    }
}

fn large(n: u64) -> String {
    thousands(usize::try_from(n).unwrap_or(usize::MAX))
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
