//! Products in whole numbers of eight bits: weights rounded once, inputs row by row, sums in 32 bits.
//!
//! A weight is a whole number from -127 to 127 times a scale of its output, an input one times a scale of its row, found
//! when it comes (dynamic quantisation). The sum of their products is exact, so every instruction set gives the same
//! bits. Where the machine has them, the dot products of VNNI are used: four products and their sum for each of sixteen
//! or eight outputs at once. Those want inputs without a sign, so 128 is added to each, and taken off the sum again.
#![expect(unsafe_code, reason = "bytes in room for numbers")]

mod dot;

use super::{Real, vectorize};
use dot::{GROUP, Instructions, LANES, OFFSET, PANELS, ROWS, Tile};

/// The most inputs of an output: more could overflow a sum, in which a product counts up to 255 * 127.
pub const MAX_INPUTS: usize = i32::MAX as usize / (255 * 127);

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
