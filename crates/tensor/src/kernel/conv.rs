//! Convolution of images `[rows, height, width, channels]`: the product, and its two transposes for derivatives.
//!
//! An output pixel is a row of a matrix product: the input pixels under the kernel, laid side by side, times the kernel
//! as a matrix `[height * width * channels, outputs]`. These rows are laid out a tile at a time, so that they stay in the
//! cache and never exist as a whole.

use super::Real;
use super::gemm::gemm;

/// Pixels laid out at once.
const TILE: usize = 128;

/// The sizes of a convolution: what the input and the kernel are and how one moves over the other.
///
/// ```
/// use tunesmith_tensor::kernel::conv::Conv;
/// let conv = Conv { stride: [2, 2], padding: [1, 1], ..Conv::new([5, 28, 28, 3], [3, 3], 8) };
/// assert_eq!(conv.output(), Some([5, 14, 14, 8]));
/// assert_eq!(conv.weight(), [3, 3, 3, 8]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv {
    /// Rows, height, width and channels of the input.
    pub input: [usize; 4],
    /// Height and width of the kernel.
    pub kernel: [usize; 2],
    /// Channels of the output.
    pub outputs: usize,
    /// How far the kernel moves.
    pub stride: [usize; 2],
    /// Zeros before the first pixel.
    pub padding: [usize; 2],
    /// Zeros after the last pixel; the same as before unless stated.
    pub padding_after: Option<[usize; 2]>,
    /// How far apart the kernel's taps are.
    pub dilation: [usize; 2],
    /// Channels fall into so many groups that do not see each other.
    pub groups: usize,
}

impl Conv {
    /// A convolution that moves by one pixel, without padding, of dense taps and one group.
    #[must_use]
    pub fn new(input: [usize; 4], kernel: [usize; 2], outputs: usize) -> Self {
        let (ones, padding) = ([1, 1], [0, 0]);
        Self { input, kernel, outputs, stride: ones, padding, padding_after: None, dilation: ones, groups: 1 }
    }

    /// The shape of the output; `None` when the kernel does not fit into the padded input.
    #[must_use]
    pub fn output(&self) -> Option<[usize; 4]> {
        let size = |axis: usize| {
            let after = self.padding_after.unwrap_or(self.padding)[axis];
            let whole = self.input[axis + 1] + self.padding[axis] + after;
            let reach = self.dilation[axis] * (self.kernel[axis].checked_sub(1)?) + 1;
            Some(whole.checked_sub(reach)? / self.stride[axis] + 1)
        };
        Some([self.input[0], size(0)?, size(1)?, self.outputs])
    }

    /// The shape of the weights: `[height, width, channels of a group, outputs]`.
    #[must_use]
    pub fn weight(&self) -> [usize; 4] {
        [self.kernel[0], self.kernel[1], self.input[3] / self.groups, self.outputs]
    }

    /// Multiplications and additions of one pass.
    #[must_use]
    pub fn flops(&self) -> u64 {
        let pixels: usize = self.output().map_or(0, |output| output[..3].iter().product());
        let [height, width, channels, outputs] = self.weight();
        2 * (pixels * height * width * channels * outputs) as u64
    }

    /// Elements of room that a pass needs.
    #[must_use]
    pub fn scratch(&self) -> usize {
        if self.is_depthwise() { 0 } else { TILE * self.taps() }
    }

    /// Elements of a group that one output pixel sees.
    fn taps(&self) -> usize {
        self.weight()[..3].iter().product()
    }

    /// Whether every channel has one output of its own.
    fn is_depthwise(&self) -> bool {
        self.groups == self.input[3] && self.groups == self.outputs
    }

    /// The pixels of the output.
    fn pixels(&self) -> usize {
        self.output().map_or(0, |output| output[..3].iter().product())
    }

    /// Calls `f` with each tap of an output pixel that lies inside the input: the tap, and the input pixel.
    #[inline]
    fn each_tap(&self, pixel: usize, mut f: impl FnMut(usize, Option<usize>)) {
        let [_, height, width, _] = self.input;
        let [_, out_height, out_width, _] = self.output().expect("checked");
        let (row, y, x) =
            (pixel / (out_height * out_width), pixel / out_width % out_height, pixel % out_width);
        for tap_y in 0..self.kernel[0] {
            let at_y = (y * self.stride[0] + tap_y * self.dilation[0]).wrapping_sub(self.padding[0]);
            for tap_x in 0..self.kernel[1] {
                let at_x = (x * self.stride[1] + tap_x * self.dilation[1]).wrapping_sub(self.padding[1]);
                let inside = at_y < height && at_x < width;
                f(tap_y * self.kernel[1] + tap_x, inside.then(|| (row * height + at_y) * width + at_x));
            }
        }
    }

    /// Lays out what output pixels see of a group's channels.
    fn lay_out<T: Real>(&self, x: &[T], group: usize, first: usize, columns: &mut [T]) {
        let (channels, all) = (self.input[3] / self.groups, self.input[3]);
        for (i, column) in columns.chunks_exact_mut(self.taps()).enumerate() {
            self.each_tap(first + i, |tap, pixel| {
                let to = &mut column[tap * channels..][..channels];
                match pixel {
                    Some(pixel) => to.copy_from_slice(&x[pixel * all + group * channels..][..channels]),
                    None => to.fill(T::ZERO),
                }
            });
        }
    }

    /// Adds what was laid out to the pixels it came from.
    fn gather_back<T: Real>(&self, columns: &[T], group: usize, first: usize, x: &mut [T]) {
        let (channels, all) = (self.input[3] / self.groups, self.input[3]);
        for (i, column) in columns.chunks_exact(self.taps()).enumerate() {
            self.each_tap(first + i, |tap, pixel| {
                if let Some(pixel) = pixel {
                    let to = &mut x[pixel * all + group * channels..][..channels];
                    let from = &column[tap * channels..][..channels];
                    to.iter_mut().zip(from).for_each(|(to, &from)| *to += from);
                }
            });
        }
    }

    /// Calls `f` with each group and tile: the group, the first pixel, the pixels.
    fn each_tile(&self, mut f: impl FnMut(usize, usize, usize)) {
        let pixels = self.pixels();
        for group in 0..self.groups {
            for first in (0..pixels).step_by(TILE) {
                f(group, first, TILE.min(pixels - first));
            }
        }
    }

    #[track_caller]
    fn check(&self, x: usize, weight: usize, y: usize) {
        let [rows, height, width, channels] = self.input;
        let fits = self.output().is_some()
            && self.groups > 0
            && channels.is_multiple_of(self.groups)
            && self.outputs.is_multiple_of(self.groups);
        assert!(fits, "conv: these sizes do not fit each other: {self:?}");
        let wanted =
            (rows * height * width * channels, self.weight().iter().product(), self.pixels() * self.outputs);
        assert!(
            (x, weight, y) == wanted,
            "conv: input, weight and output hold {x}, {weight} and {y} elements, expected {wanted:?}"
        );
    }
}

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
    conv.each_tile(|group, first, count| {
        let columns = &mut scratch[..count * taps];
        conv.lay_out(x, group, first, columns);
        let (weight, y) = (&weight[group * outputs..], &mut y[first * all + group * outputs..]);
        gemm(count, taps, outputs, T::ONE, columns, (taps, 1), weight, (all, 1), T::ZERO, y, (all, 1));
    });
}

/// The derivative of [`convolve`] by `x`, given that by `y`: the transposed convolution, written to `x`.
///
/// # Panics
/// As [`convolve`].
#[track_caller]
pub fn convolve_back<T: Real>(conv: &Conv, y: &[T], weight: &[T], x: &mut [T], scratch: &mut [T]) {
    conv.check(x.len(), weight.len(), y.len());
    x.fill(T::ZERO);
    if conv.is_depthwise() {
        return depthwise_back(conv, y, weight, x);
    }
    let (taps, all, outputs) = (conv.taps(), conv.outputs, conv.outputs / conv.groups);
    conv.each_tile(|group, first, count| {
        let columns = &mut scratch[..count * taps];
        let (weight, y) = (&weight[group * outputs..], &y[first * all + group * outputs..]);
        gemm(count, outputs, taps, T::ONE, y, (all, 1), weight, (1, all), T::ZERO, columns, (taps, 1));
        conv.gather_back(columns, group, first, x);
    });
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
    let (taps, all, outputs) = (conv.taps(), conv.outputs, conv.outputs / conv.groups);
    conv.each_tile(|group, first, count| {
        let columns = &mut scratch[..count * taps];
        conv.lay_out(x, group, first, columns);
        let (weight, y) = (&mut weight[group * outputs..], &y[first * all + group * outputs..]);
        gemm(taps, count, outputs, T::ONE, columns, (1, taps), y, (all, 1), T::ONE, weight, (all, 1));
    });
}

/// Every channel for itself: a row of channels times a row of weights at every tap.
fn depthwise<T: Real>(conv: &Conv, x: &[T], weight: &[T], y: &mut [T]) {
    let channels = conv.outputs;
    for (pixel, y) in y.chunks_exact_mut(channels).enumerate() {
        y.fill(T::ZERO);
        conv.each_tap(pixel, |tap, from| {
            if let Some(from) = from {
                let (x, weight) = (&x[from * channels..][..channels], &weight[tap * channels..][..channels]);
                add_product(x, weight, y);
            }
        });
    }
}

fn depthwise_back<T: Real>(conv: &Conv, y: &[T], weight: &[T], x: &mut [T]) {
    let channels = conv.outputs;
    for (pixel, y) in y.chunks_exact(channels).enumerate() {
        conv.each_tap(pixel, |tap, from| {
            if let Some(from) = from {
                let weight = &weight[tap * channels..][..channels];
                add_product(y, weight, &mut x[from * channels..][..channels]);
            }
        });
    }
}

fn depthwise_weight<T: Real>(conv: &Conv, x: &[T], y: &[T], weight: &mut [T]) {
    let channels = conv.outputs;
    for (pixel, y) in y.chunks_exact(channels).enumerate() {
        conv.each_tap(pixel, |tap, from| {
            if let Some(from) = from {
                let x = &x[from * channels..][..channels];
                add_product(x, y, &mut weight[tap * channels..][..channels]);
            }
        });
    }
}

fn add_product<T: Real>(a: &[T], b: &[T], sum: &mut [T]) {
    super::vectorize(
        #[inline(always)]
        || {
            for ((sum, &a), &b) in sum.iter_mut().zip(a).zip(b) {
                *sum += a * b;
            }
        },
    );
}
