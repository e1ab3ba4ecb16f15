//! Products in whole numbers of eight bits: weights rounded once, inputs row by row, sums in 32 bits.
//!
//! A weight is a whole number from -127 to 127 times a scale of its output, an input one times a scale of its row, found
//! when it comes (dynamic quantisation). The sum of their products is exact, so every instruction set gives the same
//! bits. Where the machine has them, the dot products of VNNI are used: four products and their sum for each of sixteen
//! or eight outputs at once. Those want inputs without a sign, so 128 is added to each, and taken off the sum again.
#![expect(unsafe_code, reason = "vector instructions, and bytes in room for numbers")]

use super::{Real, vectorize};

/// Outputs of a panel: as many 32-bit sums as the widest register holds.
const LANES: usize = 16;
/// Inputs whose products one instruction adds.
const GROUP: usize = 4;
/// Most rows of a tile.
const ROWS: usize = 8;
/// Panels of a tile.
const PANELS: usize = 2;
/// Added to each input, which then has no sign.
const OFFSET: i32 = 128;
/// The most inputs of an output: more could overflow a sum, in which a product counts up to 255 * 127.
pub const MAX_INPUTS: usize = i32::MAX as usize / (255 * 127);

/// Sums of a tile, by row, panel and lane.
type Tile<const R: usize> = [[[i32; LANES]; PANELS]; R];

/// A matrix of weights `[outputs, inputs]` rounded to eight bits, a scale for each output.
///
/// ```
/// use tunesmith_tensor::kernel::int8::Int8Matrix;
/// let weights = Int8Matrix::new(&[1.0, -0.5, 0.25, 2.0], 2, 2);
/// let (mut out, mut room) = ([0.0_f32; 2], vec![0.0; weights.room::<f32>()]);
/// weights.product(&[1.0, 1.0], &mut out, &mut room);
/// assert!((out[0] - 0.5).abs() < 0.01 && (out[1] - 2.25).abs() < 0.02);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Int8Matrix {
    outputs: usize,
    inputs: usize,
    /// By panel of outputs, group of inputs, output, input; what lies outside the matrix is zero.
    panels: Vec<i8>,
    /// What one is worth, by output.
    scales: Vec<f32>,
    /// What the offset of the inputs adds to the sum, by output.
    excess: Vec<i32>,
}

impl Int8Matrix {
    /// Rounds weights `[outputs, inputs]`, row-major.
    ///
    /// # Panics
    /// When there are not as many weights, or more inputs to an output than a 32-bit sum can hold: [`MAX_INPUTS`].
    #[must_use]
    #[track_caller]
    pub fn new(weights: &[f32], outputs: usize, inputs: usize) -> Self {
        assert!(
            weights.len() == outputs * inputs,
            "Int8Matrix::new: {} weights for {outputs} outputs of {inputs} inputs",
            weights.len()
        );
        assert!(inputs <= MAX_INPUTS, "Int8Matrix::new: {inputs} inputs, at most {MAX_INPUTS} can be added");
        let panels = outputs.div_ceil(LANES).next_multiple_of(PANELS);
        let groups = inputs.div_ceil(GROUP);
        let mut matrix = Self {
            outputs,
            inputs,
            panels: vec![0; panels * groups * LANES * GROUP],
            scales: vec![0.0; panels * LANES],
            excess: vec![0; panels * LANES],
        };
        for (output, row) in weights.chunks_exact(inputs.max(1)).take(outputs).enumerate() {
            let scale = largest(row) / 127.0;
            matrix.scales[output] = scale;
            let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
            for (input, weight) in row.iter().enumerate() {
                let rounded = (weight * inverse).round_ties_even() as i8;
                let group = output / LANES * groups + input / GROUP;
                matrix.panels[(group * LANES + output % LANES) * GROUP + input % GROUP] = rounded;
                matrix.excess[output] += OFFSET * i32::from(rounded);
            }
        }
        matrix
    }

    /// The number of outputs.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The number of inputs.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Bytes it holds.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.panels.len() + size_of_val(&*self.scales) + size_of_val(&*self.excess)
    }

    /// How many elements of room [`product`](Self::product) needs.
    #[must_use]
    pub fn room<T>(&self) -> usize {
        (ROWS * self.stride()).div_ceil(size_of::<T>())
    }

    /// Bytes of a row of rounded inputs.
    fn stride(&self) -> usize {
        self.inputs.next_multiple_of(GROUP)
    }

    /// Writes `x W^T`: `x` is `[rows, inputs]`, `out` `[rows, outputs]`, both row-major.
    ///
    /// # Panics
    /// When the lengths do not fit, or the room is too small.
    #[track_caller]
    pub fn product<T: Real>(&self, x: &[T], out: &mut [T], room: &mut [T]) {
        let rows = out.len().checked_div(self.outputs).unwrap_or(0);
        assert!(
            out.len() == rows * self.outputs && x.len() == rows * self.inputs,
            "product: {} numbers into {}, the weights are {} outputs of {} inputs",
            x.len(),
            out.len(),
            self.outputs,
            self.inputs
        );
        assert!(room.len() >= self.room::<T>(), "product: room for {} elements is too small", room.len());
        // SAFETY: any bytes are numbers of eight bits, which any address will do for; they are written before they are
        // read, and `Real` is `f32` or `f64`, of which any bytes are numbers again.
        let (_, bytes, _) = unsafe { room.align_to_mut::<u8>() };
        let instructions = Instructions::detected();
        let mut first = 0;
        while first < rows {
            first += match rows - first {
                8.. => self.rows::<T, 8>(x, out, first, bytes, instructions),
                4.. => self.rows::<T, 4>(x, out, first, bytes, instructions),
                2.. => self.rows::<T, 2>(x, out, first, bytes, instructions),
                _ => self.rows::<T, 1>(x, out, first, bytes, instructions),
            };
        }
    }

    /// Computes `R` rows and returns `R`.
    fn rows<T: Real, const R: usize>(
        &self,
        x: &[T],
        out: &mut [T],
        first: usize,
        bytes: &mut [u8],
        instructions: Instructions,
    ) -> usize {
        let (stride, groups) = (self.stride(), self.stride() / GROUP);
        let mut scales = [0.0; R];
        for (row, scale) in scales.iter_mut().enumerate() {
            let x = &x[(first + row) * self.inputs..][..self.inputs];
            *scale = round(x, &mut bytes[row * stride..][..self.inputs]);
        }
        let x = &bytes[..R * stride];
        let panels = self.panels.chunks_exact((PANELS * groups * LANES * GROUP).max(1));
        for (at, panels) in panels.enumerate() {
            let sums: Tile<R> = instructions.tile(x, panels, groups);
            let start = at * PANELS * LANES;
            let width = (self.outputs.saturating_sub(start)).min(PANELS * LANES);
            let (weights, excess) = (&self.scales[start..][..width], &self.excess[start..][..width]);
            for (row, (sums, scale)) in sums.iter().zip(scales).enumerate() {
                let out = &mut out[(first + row) * self.outputs + start..][..width];
                vectorize(
                    #[inline(always)]
                    || {
                        let sums = sums.as_flattened().iter().zip(excess).zip(weights);
                        for (out, ((sum, excess), weight)) in out.iter_mut().zip(sums) {
                            *out = T::from_f64(f64::from((sum - excess) as f32 * (scale * weight)));
                        }
                    },
                );
            }
        }
        R
    }
}

/// The largest absolute value; NaN when one is.
#[inline(always)]
fn largest<T: Real>(x: &[T]) -> f32 {
    // The bits of numbers without sign are in the order of the numbers, NaN last.
    let bits = |x: &T| (x.to_f64() as f32).to_bits() & 0x7fff_ffff;
    f32::from_bits(x.iter().map(bits).fold(0, u32::max))
}

/// Rounds a row of inputs, 128 added to each, and returns what one is worth.
fn round<T: Real>(x: &[T], into: &mut [u8]) -> f32 {
    vectorize(
        #[inline(always)]
        || {
            let scale = largest(x) / 127.0;
            let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
            // Added to this, a number is rounded to a whole one, in two's complement in the low bits.
            const WHOLE: f32 = 12_582_912.0;
            for (into, x) in into.iter_mut().zip(x) {
                let rounded = (x.to_f64() as f32 * inverse + WHOLE).to_bits();
                *into = (rounded as u8).wrapping_add(OFFSET as u8);
            }
            scale
        },
    )
}

/// How dot products of bytes are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Instructions {
    Portable,
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
}

impl Instructions {
    fn detected() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            // The standard library asks once and remembers.
            if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni") {
                return Self::Avx512Vnni;
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("avxvnni") {
                return Self::AvxVnni;
            }
        }
        Self::Portable
    }

    /// Sums of products of `R` rows of `4 * groups` inputs and the outputs of some panels.
    #[inline(always)]
    fn tile<const R: usize>(self, x: &[u8], panels: &[i8], groups: usize) -> Tile<R> {
        assert!(x.len() == R * groups * GROUP && panels.len() == PANELS * groups * LANES * GROUP);
        match self {
            Self::Portable => portable(x, panels, groups),
            // SAFETY: the instructions were detected, and the lengths are as asserted.
            #[cfg(target_arch = "x86_64")]
            Self::AvxVnni => unsafe { avx_vnni(x, panels, groups) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => unsafe { avx512_vnni(x, panels, groups) },
        }
    }
}

fn portable<const R: usize>(x: &[u8], panels: &[i8], groups: usize) -> Tile<R> {
    let mut sums = [[[0; LANES]; PANELS]; R];
    vectorize(
        #[inline(always)]
        || {
            for (row, sums) in sums.iter_mut().enumerate() {
                let x = &x[row * groups * GROUP..][..groups * GROUP];
                for (panel, sums) in sums.iter_mut().enumerate() {
                    let weights = &panels[panel * groups * LANES * GROUP..][..groups * LANES * GROUP];
                    for (x, weights) in x.chunks_exact(GROUP).zip(weights.chunks_exact(LANES * GROUP)) {
                        for (sum, weights) in sums.iter_mut().zip(weights.chunks_exact(GROUP)) {
                            for (x, weight) in x.iter().zip(weights) {
                                *sum += i32::from(*x) * i32::from(*weight);
                            }
                        }
                    }
                }
            }
        },
    );
    sums
}

/// A tile by the dot products of one instruction set.
macro_rules! tile {
    ($name:ident, $features:literal, $register:ident, $load:ident, $splat:ident, $zero:ident, $dot:ident) => {
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = $features)]
        unsafe fn $name<const R: usize>(x: &[u8], panels: &[i8], groups: usize) -> Tile<R> {
            use std::arch::x86_64::{$dot, $load, $register, $splat, $zero};
            const WIDTH: usize = size_of::<$register>();
            const PARTS: usize = LANES * GROUP / WIDTH;
            let mut sums = [[[$zero(); PARTS]; PANELS]; R];
            let (x, panels) = (x.as_ptr(), panels.as_ptr());
            for group in 0..groups {
                let weights: [[$register; PARTS]; PANELS] = std::array::from_fn(|panel| {
                    std::array::from_fn(|part| {
                        let at = (panel * groups + group) * LANES * GROUP + part * WIDTH;
                        // SAFETY: inside `panels`, which holds `PANELS * groups * LANES * GROUP` bytes.
                        unsafe { $load(panels.add(at).cast()) }
                    })
                });
                for (row, sums) in sums.iter_mut().enumerate() {
                    // SAFETY: inside `x`, which holds `R * groups * GROUP` bytes; any address will do.
                    let x = unsafe { x.add((row * groups + group) * GROUP).cast::<i32>().read_unaligned() };
                    let x = $splat(x);
                    for (sums, weights) in sums.iter_mut().zip(weights) {
                        for (sum, weights) in sums.iter_mut().zip(weights) {
                            *sum = $dot(*sum, x, weights);
                        }
                    }
                }
            }
            // SAFETY: both are `R * PANELS * LANES` numbers of 32 bits, in the order of their lanes.
            unsafe { std::mem::transmute_copy(&sums) }
        }
    };
}

tile!(
    avx512_vnni,
    "avx512f,avx512vnni",
    __m512i,
    _mm512_loadu_si512,
    _mm512_set1_epi32,
    _mm512_setzero_si512,
    _mm512_dpbusd_epi32
);
tile!(
    avx_vnni,
    "avx2,avxvnni",
    __m256i,
    _mm256_loadu_si256,
    _mm256_set1_epi32,
    _mm256_setzero_si256,
    _mm256_dpbusd_avx_epi32
);

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random, from -1 to 1.
    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    fn product(matrix: &Int8Matrix, x: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; x.len() / matrix.inputs * matrix.outputs];
        matrix.product(x, &mut out, &mut vec![0.0; matrix.room::<f32>()]);
        out
    }

    #[test]
    fn is_as_near_to_the_product_as_rounding_allows() {
        for (rows, inputs, outputs) in [(1, 1, 1), (3, 5, 7), (8, 64, 32), (13, 99, 33), (17, 784, 100)] {
            let (w, x) = (numbers(outputs * inputs, 1), numbers(rows * inputs, 2));
            let found = product(&Int8Matrix::new(&w, outputs, inputs), &x);
            for row in 0..rows {
                let x = &x[row * inputs..][..inputs];
                for output in 0..outputs {
                    let w = &w[output * inputs..][..inputs];
                    let exact: f32 = x.iter().zip(w).map(|(x, w)| x * w).sum();
                    // Half a unit of each factor, and of both.
                    let (unit_x, unit_w) = (largest(x) / 127.0, largest(w) / 127.0);
                    let bound: f32 = x
                        .iter()
                        .zip(w)
                        .map(|(x, w)| 0.5 * (unit_x * w.abs() + unit_w * x.abs()) + 0.25 * unit_x * unit_w)
                        .sum();
                    let error = (found[row * outputs + output] - exact).abs();
                    assert!(error <= bound * 1.001 + 1e-6, "{error} of {bound}");
                }
            }
        }
    }

    #[test]
    fn every_instruction_set_gives_the_same_sums() {
        let detected = Instructions::detected();
        for groups in [0, 1, 7, 196] {
            let x: Vec<u8> =
                numbers(8 * groups * GROUP, 3).iter().map(|x| (x * 127.0 + 128.0) as u8).collect();
            let w: Vec<i8> =
                numbers(PANELS * groups * LANES * GROUP, 4).iter().map(|x| (x * 127.0) as i8).collect();
            let expected: Tile<8> = portable(&x, &w, groups);
            assert_eq!(detected.tile::<8>(&x, &w, groups), expected);
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("avxvnni") {
                assert_eq!(Instructions::AvxVnni.tile::<8>(&x, &w, groups), expected);
            }
        }
    }

    #[test]
    fn a_row_does_not_depend_on_the_rows_beside_it() {
        let matrix = Int8Matrix::new(&numbers(40 * 30, 5), 40, 30);
        let x = numbers(15 * 30, 6);
        let whole = product(&matrix, &x);
        for (row, x) in x.chunks(30).enumerate() {
            assert_eq!(product(&matrix, x), whole[row * 40..][..40], "row {row}");
        }
    }

    #[test]
    fn zeros_stay_zeros_and_what_is_not_finite_shows() {
        let matrix = Int8Matrix::new(&numbers(12, 7), 3, 4);
        assert_eq!(product(&matrix, &[0.0; 4]), [0.0; 3]);
        assert!(product(&matrix, &[1.0, f32::NAN, 0.0, 0.0]).iter().all(|x| x.is_nan()));
        assert!(product(&matrix, &[1.0, f32::INFINITY, 0.0, 0.0]).iter().all(|x| !x.is_finite()));
        let none = Int8Matrix::new(&[0.0; 12], 3, 4);
        assert_eq!(product(&none, &[1.0, 2.0, 3.0, 4.0]), [0.0; 3]);
    }
}
