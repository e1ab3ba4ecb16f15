//! What convolution and pooling share: axes of an image, sizes per axis, padding.
//!
//! Outside, images are `[rows, channels, height, width]` and sequences `[rows, channels, length]`, as in PyTorch. Inside,
//! channels come last, where kernels are fast; the permutes around neighbouring layers cancel.

use crate::plugin::*;

/// Channels last: `[rows, channels, ..]` becomes `[rows, .., channels]`.
pub(super) fn channels_last(x: &Var) -> Var {
    let axes: Vec<usize> = std::iter::once(0).chain(2..x.rank()).chain([1]).collect();
    x.permute(&axes)
}

/// Channels first again.
pub(super) fn channels_first(x: &Var) -> Var {
    let last = x.rank() - 1;
    let axes: Vec<usize> = [0, last].into_iter().chain(1..last).collect();
    x.permute(&axes)
}

/// Hands `f` images `[rows, height, width, channels]`, of height one for a sequence, and turns what it returns back.
pub(super) fn as_images(
    trace: &Trace,
    layer: &str,
    axes: usize,
    input: &Var,
    f: impl FnOnce(&Var) -> Result<Var, Error>,
) -> Result<Var, Error> {
    let shape = input.shape();
    if shape.dims().len() != axes + 2 {
        let wanted = ["length", "height, width"][axes - 1];
        return Err(trace.error(format!("{layer} needs [rows, channels, {wanted}], found the shape {shape}")));
    }
    let last = channels_last(input);
    if axes == 2 {
        return Ok(channels_first(&f(&last)?));
    }
    let [rows, length, channels] = [0, 1, 2].map(|axis| last.shape().dims()[axis]);
    let output = f(&last.reshape([rows, 1, length, channels]))?;
    let [rows, length, channels] = [0, 2, 3].map(|axis| output.shape().dims()[axis]);
    Ok(channels_first(&output.reshape([rows, length, channels])))
}

/// A size for height and width; for a sequence, `single` for the height.
pub(super) fn two(
    trace: &Trace,
    name: &str,
    sizes: &Sizes,
    axes: usize,
    single: usize,
) -> Result<[usize; 2], Error> {
    let Some(each) = sizes.each(axes) else {
        let wanted = ["a whole number", "a whole number or a list of two"][axes - 1];
        return Err(trace.error(format!("{name} is {wanted} here, found {sizes:?}")));
    };
    Ok(if axes == 1 { [single, each[0]] } else { [each[0], each[1]] })
}

/// As [`two`], of sizes that must not be zero.
pub(super) fn two_or_more(
    trace: &Trace,
    name: &str,
    sizes: &Sizes,
    axes: usize,
) -> Result<[usize; 2], Error> {
    let two = two(trace, name, sizes, axes, 1)?;
    if two.contains(&0) { Err(trace.error(format!("{name} must be 1 or more"))) } else { Ok(two) }
}

/// Zeros before and after along each axis. "same" gives `ceil(size / stride)` positions, with the odd zero after, as
/// Keras and PyTorch do.
pub(super) fn padding(
    trace: &Trace,
    padding: &Sizes,
    axes: usize,
    size: [usize; 2],
    reach: [usize; 2],
    stride: [usize; 2],
) -> Result<([usize; 2], [usize; 2]), Error> {
    match padding.word() {
        Some("same") => {
            let total = [0, 1].map(|axis| {
                (size[axis].div_ceil(stride[axis]).saturating_sub(1) * stride[axis] + reach[axis])
                    .saturating_sub(size[axis])
            });
            let before = total.map(|total| total / 2);
            Ok((before, [total[0] - before[0], total[1] - before[1]]))
        }
        Some(_) => Ok(([0, 0], [0, 0])),
        None => two(trace, "padding", padding, axes, 0).map(|both| (both, both)),
    }
}
