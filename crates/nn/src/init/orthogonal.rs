//! Orthogonal: rows or columns of length one at right angles.

use nalgebra::DMatrix;

use crate::plugin::*;

/// A random orthogonal matrix: the Q of a normal matrix, with the signs of R's diagonal moved into it so that it is
/// uniformly distributed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Orthogonal {
    gain: f64,
}

impl Default for Orthogonal {
    fn default() -> Self {
        Self { gain: 1.0 }
    }
}

impl Describe for Orthogonal {
    const NAME: &'static str = "orthogonal";
    const ABOUT: &'static str = "rows or columns of length one at right angles to each other";
    const SOURCE: &'static str = "Saxe et al. 2013, arXiv:1312.6120";
    const PARAMS: &'static [Param<Self>] =
        &[Param::float("gain", 0.1, 3.0, |s: &mut Self| &mut s.gain, "length of the rows or columns")
            .log()
            .rarely()
            .valid(0.0, 1e6)];
}

impl Init for Orthogonal {
    fn fill(&self, shape: &Shape, generator: &mut Generator, out: &mut [f64]) {
        let rows = shape.dims().first().copied().unwrap_or(1);
        if out.is_empty() {
            return;
        }
        let cols = out.len() / rows;
        let (long, short) = (rows.max(cols), rows.min(cols));
        let normal = DMatrix::from_fn(long, short, |_, _| generator.normal());
        let (q, r) = normal.qr().unpack();
        for i in 0..long {
            for j in 0..short {
                let value = self.gain * q[(i, j)] * r[(j, j)].signum();
                out[if rows >= cols { i * cols + j } else { j * cols + i }] = value;
            }
        }
    }
}

register!(InitEntry, Orthogonal);
