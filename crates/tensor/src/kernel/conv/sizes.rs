//! `Conv`: the sizes of a convolution, and where in memory its taps and pixels lie.

use crate::kernel::Real;
use crate::kernel::gemm::packed_len;

/// Rows of a product that are handed on at once.
pub(super) const TILE: usize = 128;
/// Most taps of a kernel: their places stand in an array.
pub(super) const MAX_TAPS: usize = 1024;

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

    /// Elements of room that [`convolve`](super::convolve) needs, for numbers of either type.
    #[must_use]
    pub fn scratch(&self) -> usize {
        if self.is_depthwise() {
            return 0;
        }
        let (taps, outputs) = (self.taps(), self.outputs / self.groups.max(1));
        self.padded_len() + packed_len::<f32>(taps, outputs).max(packed_len::<f64>(taps, outputs))
    }

    /// Elements of room that [`convolve_back`](super::convolve_back) needs.
    #[must_use]
    pub fn scratch_back(&self) -> usize {
        match self.flipped() {
            _ if self.is_depthwise() => 0,
            Some(flipped) => flipped.scratch() + self.weight().iter().product::<usize>(),
            None => TILE * self.taps(),
        }
    }

    /// Elements of room that [`convolve_weight`](super::convolve_weight) needs.
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
    pub(super) fn padded(&self) -> [usize; 2] {
        let after = self.padding_after.unwrap_or(self.padding);
        [0, 1].map(|axis| self.padding[axis] + self.input[axis + 1] + after[axis])
    }

    pub(super) fn has_padding(&self) -> bool {
        self.padded() != [self.input[1], self.input[2]]
    }

    /// Elements of one image with its padding; none when it has none.
    pub(super) fn padded_len(&self) -> usize {
        if self.has_padding() { self.padded()[0] * self.padded()[1] * self.input[3] } else { 0 }
    }

    /// The convolution over the output that is this one's transpose, if there is one: by the kernel turned around, with
    /// inputs and outputs in each other's place.
    pub(super) fn flipped(&self) -> Option<Self> {
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
    pub(super) fn taps(&self) -> usize {
        self.weight()[..3].iter().product()
    }

    /// Whether every channel has one output of its own.
    pub(super) fn is_depthwise(&self) -> bool {
        self.groups == self.input[3] && self.groups == self.outputs
    }

    /// The pixels of the output.
    pub(super) fn pixels(&self) -> usize {
        self.output().map_or(0, |output| output[..3].iter().product())
    }

    /// Calls `f` with each tap of an output pixel that lies inside the input: the tap, and the input pixel.
    #[inline]
    pub(super) fn each_tap(&self, pixel: usize, mut f: impl FnMut(usize, Option<usize>)) {
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
    pub(super) fn gather_back<T: Real>(&self, columns: &[T], group: usize, first: usize, x: &mut [T]) {
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
    pub(super) fn with_padding<'a, T: Real>(&self, image: &'a [T], room: &'a mut [T]) -> &'a [T] {
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
    pub(super) fn corner(&self, width: usize, pixel: usize) -> usize {
        let (y, x) = (pixel / width, pixel % width);
        (y * self.stride[0] * self.padded()[1] + x * self.stride[1]) * self.input[3]
    }

    /// Where a tap lies behind that corner.
    pub(super) fn tap(&self, tap: usize) -> usize {
        let (y, x) = (tap / self.kernel[1], tap % self.kernel[1]);
        (y * self.dilation[0] * self.padded()[1] + x * self.dilation[1]) * self.input[3]
    }

    /// The runs of numbers under the kernel: one for each of its rows where taps and channels have no gaps, else one for
    /// each tap. Returns how many.
    pub(super) fn segments(&self, segments: &mut [(usize, usize); MAX_TAPS]) -> usize {
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
    pub(super) fn check(&self, x: usize, weight: usize, y: usize) {
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
