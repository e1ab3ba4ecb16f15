//! The convolution and its two transposes as matrix products by offsets.

use super::depthwise::{depthwise, depthwise_back, depthwise_weight};
use super::sizes::{Conv, MAX_TAPS, TILE};
use crate::kernel::Real;
use crate::kernel::gemm::{Indirect, RightOperand, gemm, gemm_indirect, pack, packed_len};

/// The convolution of `x` with `weight`, written to `y`.
///
/// ```
/// use tunesmith_tensor::kernel::conv::{Conv, convolve};
/// let conv = Conv::new([1, 1, 4, 1], [1, 2], 1); // a row of four pixels, the difference of neighbours
/// let (mut y, mut scratch) = ([0.0; 3], vec![0.0; conv.scratch()]);
/// convolve(&conv, &[1.0, 4.0, 9.0, 16.0], &[-1.0, 1.0], &mut y, &mut scratch);
/// assert_eq!(y, [3.0, 5.0, 7.0]);
/// ```
///
/// # Panics
/// When sizes and slices do not fit each other.
#[track_caller]
pub fn convolve<T: Real>(conv: &Conv, x: &[T], weight: &[T], y: &mut [T], scratch: &mut [T]) {
    conv.check(x.len(), weight.len(), y.len());
    if conv.is_depthwise() {
        return depthwise(conv, x, weight, y);
    }
    let (taps, all, outputs) = (conv.taps(), conv.outputs, conv.outputs / conv.groups);
    let (room, packed) = scratch.split_at_mut(conv.padded_len());
    let packed = &mut packed[..packed_len::<T>(taps, outputs)];
    let [_, height, width, _] = conv.output().expect("checked");
    let mut segments = [(0, 0); MAX_TAPS];
    let segments = {
        let count = conv.segments(&mut segments);
        &segments[..count]
    };
    let (image, pixels) = (x.len() / conv.input[0].max(1), height * width);
    for group in 0..conv.groups {
        pack(&weight[group * outputs..], (all, 1), taps, outputs, packed);
        for (x, y) in x.chunks_exact(image.max(1)).zip(y.chunks_exact_mut((pixels * all).max(1))) {
            let data = conv.with_padding(x, room);
            for first in (0..pixels).step_by(TILE) {
                let count = TILE.min(pixels - first);
                let mut rows = [0; TILE];
                for (i, row) in rows[..count].iter_mut().enumerate() {
                    *row = conv.corner(width, first + i) + group * conv.input[3] / conv.groups;
                }
                let left = Indirect { data, rows: &rows[..count], segments, step: 1 };
                let y = &mut y[first * all + group * outputs..];
                gemm_indirect(&left, RightOperand::Packed(packed), outputs, T::ZERO, y, all);
            }
        }
    }
}

/// The derivative of [`convolve`] by `x`, given that by `y`: the transposed convolution, written to `x`.
///
/// # Panics
/// As [`convolve`].
#[track_caller]
pub fn convolve_back<T: Real>(conv: &Conv, y: &[T], weight: &[T], x: &mut [T], scratch: &mut [T]) {
    conv.check(x.len(), weight.len(), y.len());
    if conv.is_depthwise() {
        return depthwise_back(conv, y, weight, x);
    }
    if let Some(flipped) = conv.flipped() {
        let (turned, scratch) = scratch.split_at_mut(weight.len());
        turn_around(conv, weight, turned);
        return convolve(&flipped, y, turned, x, scratch);
    }
    x.fill(T::ZERO);
    let (taps, all, outputs) = (conv.taps(), conv.outputs, conv.outputs / conv.groups);
    let pixels = conv.pixels();
    for group in 0..conv.groups {
        for first in (0..pixels).step_by(TILE) {
            let count = TILE.min(pixels - first);
            let columns = &mut scratch[..count * taps];
            let (weight, y) = (&weight[group * outputs..], &y[first * all + group * outputs..]);
            gemm(count, outputs, taps, T::ONE, y, (all, 1), weight, (1, all), T::ZERO, columns, (taps, 1));
            conv.gather_back(columns, group, first, x);
        }
    }
}

/// The kernel turned around, with inputs and outputs in each other's place.
fn turn_around<T: Real>(conv: &Conv, weight: &[T], turned: &mut [T]) {
    let [height, width, channels, outputs] = conv.weight();
    let tap = (channels * outputs).max(1);
    for (from, to) in weight.chunks_exact(tap).rev().zip(turned.chunks_exact_mut(tap)).take(height * width) {
        for (output, to) in to.chunks_exact_mut(channels).enumerate() {
            for (channel, to) in to.iter_mut().enumerate() {
                *to = from[channel * outputs + output];
            }
        }
    }
}

/// The derivative of [`convolve`] by `weight`, given that by `y`, written to `weight`.
///
/// # Panics
/// As [`convolve`].
#[track_caller]
pub fn convolve_weight<T: Real>(conv: &Conv, x: &[T], y: &[T], weight: &mut [T], scratch: &mut [T]) {
    conv.check(x.len(), weight.len(), y.len());
    weight.fill(T::ZERO);
    if conv.is_depthwise() {
        return depthwise_weight(conv, x, y, weight);
    }
    let (all, outputs, channels) = (conv.outputs, conv.outputs / conv.groups, conv.input[3] / conv.groups);
    let [_, height, width, _] = conv.output().expect("checked");
    let (image, pixels) = (x.len() / conv.input[0].max(1), height * width);
    for (x, y) in x.chunks_exact(image.max(1)).zip(y.chunks_exact((pixels * all).max(1))) {
        let data = conv.with_padding(x, scratch);
        for group in 0..conv.groups {
            // A row for each tap and channel, a segment for each row of pixels.
            for first in (0..conv.taps()).step_by(TILE) {
                let count = TILE.min(conv.taps() - first);
                let mut rows = [0; TILE];
                for (i, row) in rows[..count].iter_mut().enumerate() {
                    let (tap, channel) = ((first + i) / channels, (first + i) % channels);
                    *row = conv.tap(tap) + group * channels + channel;
                }
                for top in (0..height).step_by(TILE) {
                    let lines = TILE.min(height - top);
                    let mut segments = [(0, 0); TILE];
                    for (i, segment) in segments[..lines].iter_mut().enumerate() {
                        *segment = (conv.corner(width, (top + i) * width), width);
                    }
                    let (rows, segments, step) =
                        (&rows[..count], &segments[..lines], conv.stride[1] * conv.input[3]);
                    let left = Indirect { data, rows, segments, step };
                    let right = RightOperand::Strided(&y[top * width * all + group * outputs..], (all, 1));
                    let weight = &mut weight[first * all + group * outputs..];
                    gemm_indirect(&left, right, outputs, T::ONE, weight, all);
                }
            }
        }
    }
}
