//! The sizes of an attention, and where the matrices of a row and a head lie in the tensors that hold them.

use tunesmith_tensor::Shape;

use crate::Var;

/// The sizes of an attention.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub(super) rows: usize,
    pub(super) heads: usize,
    pub(super) queries: usize,
    pub(super) keys: usize,
    pub(super) units: usize,
}

/// Where matrices lie in a tensor: those of the first row and head start at `start`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    start: usize,
    /// From a row to the next.
    row: usize,
    /// From a position to the next.
    pub(super) position: usize,
    /// From a head to the next.
    head: usize,
}

impl Part {
    /// Where the matrix of a row and a head starts, from a position on.
    pub(super) fn at(&self, row: usize, head: usize, position: usize) -> usize {
        self.start + row * self.row + head * self.head + position * self.position
    }
}

impl Sizes {
    pub(super) fn of(heads: usize, cross: bool, inputs: &[Shape]) -> Result<Self, String> {
        let (rows, queries, keys, units) = if cross {
            match (inputs[0].dims(), inputs[1].dims()) {
                (&[rows, queries, units], &[same, keys, both]) if rows == same && both == 2 * units => {
                    (rows, queries, keys, units)
                }
                _ => {
                    return Err(format!(
                        "queries [rows, queries, units] and keys and values [rows, keys, 2 units] are needed, found {} and {}",
                        inputs[0], inputs[1]
                    ));
                }
            }
        } else {
            match inputs[0].dims() {
                &[rows, positions, all] if all.is_multiple_of(3) => (rows, positions, positions, all / 3),
                _ => return Err(format!("[rows, positions, 3 units] is needed, found {}", inputs[0])),
            }
        };
        if heads == 0 || !units.is_multiple_of(heads) || units == 0 {
            return Err(format!("{heads} heads do not divide {units} units"));
        }
        Ok(Self { rows, heads, queries, keys, units })
    }

    /// Units of a head.
    pub(super) fn width(&self) -> usize {
        self.units / self.heads
    }

    /// Elements of the result.
    pub(super) fn output(&self) -> usize {
        self.rows * self.queries * self.units
    }

    /// Where queries, keys and values lie in their tensors.
    pub(super) fn parts(&self, cross: bool) -> [Part; 3] {
        let (of_queries, of_keys) = if cross { (1, 2) } else { (3, 3) };
        let first = of_keys - 2;
        [
            self.part(0, of_queries, self.queries),
            self.part(first * self.units, of_keys, self.keys),
            self.part((first + 1) * self.units, of_keys, self.keys),
        ]
    }

    /// Where the derivatives by queries, keys and values lie in the one tensor of both.
    pub(super) fn gradient_parts(&self, cross: bool) -> [Part; 3] {
        let mut parts = self.parts(cross);
        if cross {
            parts[1..].iter_mut().for_each(|part| part.start += self.output());
        }
        parts
    }

    /// Where the result lies.
    pub(super) fn output_part(&self) -> Part {
        self.part(0, 1, self.queries)
    }

    fn part(&self, start: usize, of: usize, positions: usize) -> Part {
        let position = of * self.units;
        Part { start, row: positions * position, position, head: self.width() }
    }

    /// The derivative by each tensor, from that by all.
    pub(super) fn apart(&self, gradient: &Var, cross: bool) -> Vec<Var> {
        if !cross {
            return vec![gradient.clone()];
        }
        let by_keys = self.rows * self.keys * 2 * self.units;
        vec![
            gradient.slice(0, 0, self.output()).reshape([self.rows, self.queries, self.units]),
            gradient.slice(0, self.output(), by_keys).reshape([self.rows, self.keys, 2 * self.units]),
        ]
    }

    /// The values of a result that may hold more behind them.
    pub(super) fn values(&self, result: &Var) -> Var {
        let flat = result.flatten(0);
        flat.slice(0, 0, self.output()).reshape([self.rows, self.queries, self.units])
    }
}
