//! Convolution of images `[rows, height, width, channels]`: the product, and its two transposes for derivatives.
//!
//! An output pixel is a row of a matrix product: the input pixels under the kernel, side by side, times the kernel as a
//! matrix `[height * width * channels, outputs]`. These rows are never laid out: the product reads them where they are
//! ([`gemm_indirect`]), in a copy of the image that has its padding. So does the derivative by the weights, and by the
//! input where the kernel moves by one pixel; with longer strides that one scatters a tile of rows at a time.

use super::Real;
use super::gemm::{Indirect, RightOperand, gemm, gemm_indirect, pack, packed_len};

/// Rows of a product that are handed on at once.
const TILE: usize = 128;
/// Most taps of a kernel: their places stand in an array.
const MAX_TAPS: usize = 1024;

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
        [self.kernel[0], self.kernel[1], self.input[3] / self.groups.max(1), self.outputs]
    }

    /// Multiplications and additions of one pass.
    #[must_use]
    pub fn flops(&self) -> u64 {
        let pixels: usize = self.output().map_or(0, |output| output[..3].iter().product());
        let [height, width, channels, outputs] = self.weight();
        2 * (pixels * height * width * channels * outputs) as u64
    }

    /// Elements of room that [`convolve`] needs, for numbers of either type.
    #[must_use]
    pub fn scratch(&self) -> usize {
        if self.is_depthwise() {
            return 0;
        }
        let (taps, outputs) = (self.taps(), self.outputs / self.groups.max(1));
        self.padded_len() + packed_len::<f32>(taps, outputs).max(packed_len::<f64>(taps, outputs))
    }

    /// Elements of room that [`convolve_back`] needs.
    #[must_use]
    pub fn scratch_back(&self) -> usize {
        match self.flipped() {
            _ if self.is_depthwise() => 0,
            Some(flipped) => flipped.scratch() + self.weight().iter().product::<usize>(),
            None => TILE * self.taps(),
        }
    }

    /// Elements of room that [`convolve_weight`] needs.
    #[must_use]
    pub fn scratch_weight(&self) -> usize {
        if self.is_depthwise() { 0 } else { self.padded_len() }
    }

    /// What is wrong with these sizes, if anything.
    #[must_use]
    pub fn problem(&self) -> Option<&'static str> {
        let (channels, groups) = (self.input[3], self.groups);
        if groups == 0 || !channels.is_multiple_of(groups) || !self.outputs.is_multiple_of(groups) {
            Some("channels and outputs must be multiples of the groups")
        } else if self.kernel[0] * self.kernel[1] > MAX_TAPS {
            Some("a kernel has at most 1,024 taps")
        } else if self.output().is_none() {
            Some("the kernel reaches farther than the padded input")
        } else {
            None
        }
    }

    /// Height and width of the input with its padding.
    fn padded(&self) -> [usize; 2] {
        let after = self.padding_after.unwrap_or(self.padding);
        [0, 1].map(|axis| self.padding[axis] + self.input[axis + 1] + after[axis])
    }

    fn has_padding(&self) -> bool {
        self.padded() != [self.input[1], self.input[2]]
    }

    /// Elements of one image with its padding; none when it has none.
    fn padded_len(&self) -> usize {
        if self.has_padding() { self.padded()[0] * self.padded()[1] * self.input[3] } else { 0 }
    }

    /// The convolution over the output that is this one's transpose, if there is one: by the kernel turned around, with
    /// inputs and outputs in each other's place.
    fn flipped(&self) -> Option<Self> {
        let output = self.output()?;
        if self.groups != 1 || self.stride != [1, 1] {
            return None;
        }
        let after = self.padding_after.unwrap_or(self.padding);
        let reach = [0, 1].map(|axis| self.dilation[axis] * (self.kernel[axis] - 1));
        let padding =
            |before: [usize; 2]| Some([reach[0].checked_sub(before[0])?, reach[1].checked_sub(before[1])?]);
        Some(Self {
            padding: padding(self.padding)?,
            padding_after: Some(padding(after)?),
            dilation: self.dilation,
            ..Self::new(output, self.kernel, self.input[3])
        })
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

    /// An image with its padding, in `room` if it has any.
    fn with_padding<'a, T: Real>(&self, image: &'a [T], room: &'a mut [T]) -> &'a [T] {
        if !self.has_padding() {
            return image;
        }
        let (row, padded_row) = (self.input[2] * self.input[3], self.padded()[1] * self.input[3]);
        let room = &mut room[..self.padded_len()];
        room.fill(T::ZERO);
        let first = self.padding[0] * padded_row + self.padding[1] * self.input[3];
        for (from, to) in image.chunks_exact(row).zip(room[first..].chunks_mut(padded_row)) {
            to[..row].copy_from_slice(from);
        }
        room
    }

    /// Where the corner under the kernel of an output pixel of one image lies, in the image with its padding.
    #[inline]
    fn corner(&self, width: usize, pixel: usize) -> usize {
        let (y, x) = (pixel / width, pixel % width);
        (y * self.stride[0] * self.padded()[1] + x * self.stride[1]) * self.input[3]
    }

    /// Where a tap lies behind that corner.
    fn tap(&self, tap: usize) -> usize {
        let (y, x) = (tap / self.kernel[1], tap % self.kernel[1]);
        (y * self.dilation[0] * self.padded()[1] + x * self.dilation[1]) * self.input[3]
    }

    /// The runs of numbers under the kernel: one for each of its rows where taps and channels have no gaps, else one for
    /// each tap. Returns how many.
    fn segments(&self, segments: &mut [(usize, usize); MAX_TAPS]) -> usize {
        let [height, width, channels, _] = self.weight();
        if self.dilation[1] == 1 && self.groups == 1 {
            for (y, segment) in segments[..height].iter_mut().enumerate() {
                *segment = (self.tap(y * width), width * channels);
            }
            height
        } else {
            for (tap, segment) in segments[..height * width].iter_mut().enumerate() {
                *segment = (self.tap(tap), channels);
            }
            height * width
        }
    }

    #[track_caller]
    fn check(&self, x: usize, weight: usize, y: usize) {
        let [rows, height, width, channels] = self.input;
        if let Some(problem) = self.problem() {
            panic!("conv: {problem}: {self:?}");
        }
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
    x.fill(T::ZERO);
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
