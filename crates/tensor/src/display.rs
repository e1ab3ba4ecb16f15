//! Printing tensors the way NumPy does.

use std::fmt;

use crate::dispatch::for_dtype;
use crate::dtype::DType;
use crate::element::Element;
use crate::tensor::Tensor;

/// Larger tensors show only the ends of each axis.
const SUMMARIZE_ABOVE: usize = 1000;
/// Entries shown at each end of a summarised axis.
const EDGE: usize = 3;
/// Digits after the point, unless the formatter asks for others (`{:.2}`).
const DIGITS: usize = 4;

impl fmt::Display for Tensor {
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let x = Tensor::from([[1.0f32, -2.5], [10.0, 0.125]]);
    /// assert_eq!(x.to_string(), "[[ 1.    , -2.5   ],\n [10.    ,  0.125 ]]");
    /// ```
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let style = Style::of(self, f.precision().unwrap_or(DIGITS));
        let width = self.shown().iter().map(|&x| style.text(x).len()).max().unwrap_or(0);
        write_part(f, self, &style, width, 0, self.numel() > SUMMARIZE_ABOVE)
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor({self}, shape = {}, dtype = {})", self.shape(), self.dtype())
    }
}

/// How the numbers of one tensor are written, so that they line up.
struct Style {
    whole: bool,
    scientific: bool,
    digits: usize,
}

impl Style {
    fn of(tensor: &Tensor, digits: usize) -> Style {
        let sizes: Vec<f64> =
            tensor.shown().iter().map(|x| x.abs()).filter(|x| x.is_finite() && *x > 0.0).collect();
        let largest = sizes.iter().copied().fold(0.0, f64::max);
        let smallest = sizes.iter().copied().fold(f64::INFINITY, f64::min);
        let scientific = largest >= 1e8
            || (largest > 0.0 && (smallest < 1e-4 || largest / smallest > 1e3 && largest >= 1e5));
        Style { whole: tensor.dtype() == DType::I64, scientific, digits }
    }

    /// Trailing zeros become spaces, so that points line up without noise.
    fn text(&self, x: f64) -> String {
        if self.whole {
            return format!("{x:.0}");
        }
        if !x.is_finite() {
            return x.to_string();
        }
        let digits = self.digits;
        if self.scientific {
            return format!("{x:.digits$e}");
        }
        let text = format!("{x:.digits$}");
        let kept = text.trim_end_matches('0').len();
        if text.contains('.') { format!("{:<width$}", &text[..kept], width = text.len()) } else { text }
    }
}

impl Tensor {
    /// The elements that are printed.
    fn shown(&self) -> Vec<f64> {
        let mut part = self.clone();
        for axis in 0..self.ndim() {
            let size = self.shape()[axis];
            if self.numel() > SUMMARIZE_ABOVE && size > 2 * EDGE {
                let ends =
                    [part.slice(axis as isize, 0..EDGE, 1), part.slice(axis as isize, size - EDGE..size, 1)];
                part = Tensor::cat(&[&ends[0], &ends[1]], axis as isize);
            }
        }
        for_dtype!(part.dtype(), T => part.values::<T>().iter().map(|x| x.to_f64()).collect())
    }
}

fn write_part(
    f: &mut fmt::Formatter<'_>,
    part: &Tensor,
    style: &Style,
    width: usize,
    depth: usize,
    summarize: bool,
) -> fmt::Result {
    if part.ndim() == 0 {
        let text = style.text(part.item());
        return if depth == 0 { f.write_str(text.trim_end()) } else { write!(f, "{text:>width$}") };
    }
    let size = part.shape()[0];
    f.write_str("[")?;
    let mut i = 0;
    while i < size {
        if i > 0 {
            write_separator(f, part.ndim(), depth)?;
        }
        if summarize && i == EDGE && size > 2 * EDGE {
            f.write_str("...")?;
            i = size - EDGE;
            continue;
        }
        write_part(f, &part.select(0, i), style, width, depth + 1, summarize)?;
        i += 1;
    }
    f.write_str("]")
}

/// A comma, then for matrices a new line, and one more empty line for each further axis.
fn write_separator(f: &mut fmt::Formatter<'_>, ndim: usize, depth: usize) -> fmt::Result {
    f.write_str(",")?;
    if ndim == 1 {
        return f.write_str(" ");
    }
    for _ in 1..ndim {
        f.write_str("\n")?;
    }
    write!(f, "{:indent$}", "", indent = depth + 1)
}
