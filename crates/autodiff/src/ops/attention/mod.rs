//! Scaled dot-product attention of all heads (Vaswani et al., 2017) as one operation.
//!
//! A query weighs the values by the softmax of its products with the keys: `softmax(q k^T / sqrt(width)) v`, for every
//! row and head. Queries, keys and values are read where a projection put them, side by side in one tensor, so nothing
//! is moved. Scores exist a tile at a time: a tile of queries meets one block of keys after another, and the largest
//! score and the sum of exponentials so far are carried along (the online softmax of FlashAttention; Dao et al., 2022,
//! algorithm 1). The derivative computes the tiles again (algorithm 4 there).

mod backward;
mod formula;
mod forward;
mod shape;
mod tile;

#[cfg(test)]
mod tests;

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::Real;

use crate::op::{Call, Primitive, Site};
use crate::{Graph, Var, gradient_cases};

use shape::Sizes;

/// Queries and keys of a tile of scores. Up to so many keys, each query meets all of them at once.
const TILE: [usize; 2] = [64, 128];

/// How queries attend to keys.
///
/// ```
/// use tunesmith_autodiff::ops::attention::Attend;
/// let attend = Attend::heads(4).causal(true).dropout(0.1);
/// assert_eq!((attend.heads, attend.causal, attend.dropout), (4, true, 0.1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attend {
    /// The number of heads; the units are divided among them.
    pub heads: usize,
    /// Whether a query sees only keys up to its own position.
    pub causal: bool,
    /// The probability with which a weight is set to zero; the others are scaled by `1 / (1 - dropout)`.
    pub dropout: f64,
}

impl Attend {
    /// Attention of that many heads, to all keys, without dropout.
    #[must_use]
    pub const fn heads(heads: usize) -> Self {
        Self { heads, causal: false, dropout: 0.0 }
    }

    /// The same where a query sees only keys up to its own position, or all.
    #[must_use]
    pub const fn causal(mut self, causal: bool) -> Self {
        self.causal = causal;
        self
    }

    /// The same with a probability with which a weight is set to zero.
    #[must_use]
    pub const fn dropout(mut self, rate: f64) -> Self {
        self.dropout = rate;
        self
    }
}

/// Attention: from queries, keys and values, and possibly which keys count, `[rows, queries, units]`.
///
/// With more keys than a block holds, the result is flat and holds the logarithm of each query's sum of exponentials
/// behind that, `[rows, heads, queries]`, for the derivative to read; what is computed from that part has no derivative.
#[derive(Clone, Debug)]
pub struct Attention {
    /// How queries attend.
    pub attend: Attend,
    /// Whether queries `[rows, queries, units]` come in a tensor of their own before keys and values
    /// `[rows, keys, 2 units]`; else all three are one, `[rows, positions, 3 units]`.
    pub cross: bool,
    /// Whether the last operand says which keys count: `[rows, keys]`, 1 for those that do and 0 for others.
    pub masked: bool,
    /// Names the stream of random numbers of the dropout.
    pub stream: u64,
    /// Queries and keys of a tile.
    pub tile: [usize; 2],
}

/// The derivative of [`Attention`] by what holds queries, keys and values, from its operands, its result and the
/// derivative by that: of the shape of the one tensor, or flat, that by the queries before that by keys and values.
#[derive(Clone, Debug)]
pub struct AttentionGradient(pub Attention);

impl Attention {
    fn parts(&self) -> usize {
        1 + usize::from(self.cross)
    }

    fn sizes(&self, inputs: &[Shape]) -> Result<Sizes, String> {
        let sizes = Sizes::of(self.attend.heads, self.cross, inputs)?;
        if !(0.0..1.0).contains(&self.attend.dropout) {
            return Err(format!("a rate lies from 0 up to, not including, 1, found {}", self.attend.dropout));
        }
        match inputs.last() {
            Some(mask) if self.masked && mask.dims() != [sizes.rows, sizes.keys] => {
                Err(format!("a number per key, [{}, {}], is needed, found {mask}", sizes.rows, sizes.keys))
            }
            _ => Ok(sizes),
        }
    }

    /// Whether the result holds the logarithms of the sums too.
    fn keeps_sums(&self, sizes: &Sizes) -> bool {
        sizes.keys > self.tile[1]
    }

    fn output(&self, sizes: &Sizes) -> Shape {
        if self.keeps_sums(sizes) {
            Shape::from([sizes.output() + sizes.rows * sizes.heads * sizes.queries])
        } else {
            Shape::from([sizes.rows, sizes.queries, sizes.units])
        }
    }

    /// Multiplications and additions of one product of queries and keys, of all rows and heads.
    fn product(&self, sizes: &Sizes) -> u64 {
        let pairs = 2 * (sizes.rows * sizes.queries * sizes.keys * sizes.units) as u64;
        if self.attend.causal { pairs / 2 } else { pairs }
    }
}

impl Primitive for Attention {
    const NAME: &'static str = "attention";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        self.sizes(inputs).map(|sizes| self.output(&sizes))
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let sizes = self.sizes(call.shapes).expect("checked while building");
        forward::run(self, &sizes, call);
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let graph = site.output.graph();
        let sizes = Sizes::of(self.attend.heads, self.cross, &shapes(site.inputs)).expect("it was built");
        let (parts, mask) = site.inputs.split_at(self.parts());
        let operands: Vec<&Var> = parts.iter().chain([site.output, site.gradient]).chain(mask).collect();
        let gradient = graph.apply(AttentionGradient(self.clone()), &operands);
        let mut by: Vec<Option<Var>> = sizes.apart(&gradient, self.cross).into_iter().map(Some).collect();
        by.extend(mask.iter().map(|_| None));
        by
    }

    fn scratch(&self, inputs: &[Shape], _output: &Shape) -> usize {
        self.sizes(inputs).map_or(0, |sizes| forward::scratch(self, &sizes))
    }

    fn flops(&self, inputs: &[Shape], _output: &Shape) -> u64 {
        self.sizes(inputs).map_or(0, |sizes| 2 * self.product(&sizes))
    }

    fn products(&self, inputs: &[Shape], _output: &Shape) -> Vec<(usize, [usize; 3])> {
        let Ok(Sizes { rows, heads, queries, keys, units }) = self.sizes(inputs) else { return Vec::new() };
        let each = units / heads;
        vec![(rows * heads, [queries, each, keys]), (rows * heads, [queries, keys, each])]
    }
}

impl AttentionGradient {
    /// The shapes of the operands of the attention: without its result and the derivative by that.
    fn sizes(&self, inputs: &[Shape]) -> Result<Sizes, String> {
        let parts = self.0.parts();
        let mut operands = [Shape::scalar(); 3];
        let mut count = 0;
        for shape in inputs[..parts].iter().chain(&inputs[parts + 2..]).take(3) {
            operands[count] = *shape;
            count += 1;
        }
        self.0.sizes(&operands[..count])
    }
}

impl Primitive for AttentionGradient {
    const NAME: &'static str = "attention_gradient";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let (sizes, parts) = (self.sizes(inputs)?, self.0.parts());
        let wanted = self.0.output(&sizes);
        match inputs[parts..parts + 2].iter().find(|shape| **shape != wanted) {
            Some(shape) => Err(format!("a result and its derivative are {wanted}, found {shape}")),
            None if self.0.cross => Ok(Shape::from([inputs[0].numel() + inputs[1].numel()])),
            None => Ok(inputs[0]),
        }
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let sizes = self.sizes(call.shapes).expect("checked while building");
        backward::run(&self.0, &sizes, call);
    }

    /// By what holds queries, keys and values in total: that the result depends on them is part of it.
    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let sizes = self.sizes(&shapes(site.inputs)).expect("it was built");
        let parts = self.0.parts();
        let mask = site.inputs.get(parts + 2);
        let upstream = &site.inputs[parts + 1];
        let along = sizes.apart(site.gradient, self.0.cross);
        let (by_parts, by_upstream) =
            formula::second(&self.0, &sizes, &site.inputs[..parts], mask, upstream, &along);
        let mut by: Vec<Option<Var>> = by_parts.into_iter().map(Some).collect();
        by.extend([None, Some(by_upstream)]);
        by.extend(mask.map(|_| None));
        by
    }

    fn scratch(&self, inputs: &[Shape], _output: &Shape) -> usize {
        self.sizes(inputs).map_or(0, |sizes| backward::scratch(&self.0, &sizes))
    }

    fn flops(&self, inputs: &[Shape], _output: &Shape) -> u64 {
        self.sizes(inputs).map_or(0, |sizes| 5 * self.0.product(&sizes))
    }

    fn products(&self, inputs: &[Shape], _output: &Shape) -> Vec<(usize, [usize; 3])> {
        let Ok(Sizes { rows, heads, queries, keys, units }) = self.sizes(inputs) else { return Vec::new() };
        let each = units / heads;
        vec![
            (2 * rows * heads, [queries, each, keys]),
            (rows * heads, [queries, keys, each]),
            (2 * rows * heads, [keys, queries, each]),
        ]
    }
}

fn shapes(vars: &[Var]) -> Vec<Shape> {
    vars.iter().map(Var::shape).collect()
}

impl Graph {
    /// Attention with tiles of a size.
    #[track_caller]
    fn attention(&self, parts: &[&Var], attend: Attend, keys: Option<&Var>, tile: [usize; 2]) -> Var {
        let stream = if attend.dropout > 0.0 { self.stream() } else { 0 };
        let (cross, masked) = (parts.len() == 2, keys.is_some());
        let operands: Vec<&Var> = parts.iter().copied().chain(keys).collect();
        let op = Attention { attend, cross, masked, stream, tile };
        let result = self.apply(op.clone(), &operands);
        let shapes: Vec<Shape> = operands.iter().map(|var| var.shape()).collect();
        op.sizes(&shapes).expect("it was built").values(&result)
    }
}

impl Var {
    /// Attention of the positions of each row to each other, from `[rows, positions, 3 units]`, which holds queries, keys
    /// and values side by side as PyTorch's `in_proj` puts them out; `[rows, positions, units]`.
    ///
    /// `keys`, if given, is `[rows, positions]`, 1 for positions that count as keys and 0 for those that do not, such as
    /// padding. A query that sees no key gets zeros.
    ///
    /// ```
    /// use tunesmith_autodiff::{Graph, ops::attention::Attend};
    /// let graph = Graph::new();
    /// // Two positions whose queries are zero: each gets the mean of the values it sees.
    /// let packed = graph.constant([1, 2, 3], &[0.0, 1.0, 10.0, 0.0, 1.0, 20.0]);
    /// let (all, before) = (Attend::heads(1), Attend::heads(1).causal(true));
    /// let found = graph.evaluate(&[&packed.attention(all, None), &packed.attention(before, None)], &[]);
    /// assert_eq!(found, [[15.0, 15.0], [10.0, 15.0]]);
    /// ```
    ///
    /// # Panics
    /// When the last axis does not hold three parts that the heads divide, or `keys` has another shape.
    #[must_use]
    #[track_caller]
    pub fn attention(&self, attend: Attend, keys: Option<&Self>) -> Self {
        self.graph.attention(&[self], attend, keys, TILE)
    }

    /// Attention of these queries `[rows, queries, units]` to keys and values side by side, `[rows, keys, 2 units]`;
    /// `[rows, queries, units]`. The rest is as in [`Var::attention`].
    ///
    /// # Panics
    /// When the shapes do not fit, or the heads do not divide the units.
    #[must_use]
    #[track_caller]
    pub fn cross_attention(&self, keys_values: &Self, attend: Attend, keys: Option<&Self>) -> Self {
        self.graph.attention(&[self, keys_values], attend, keys, TILE)
    }
}

/// Which keys of two rows of five count: of the second, all but the last two.
fn padding(x: &Var) -> Var {
    x.graph().constant([2, 5], &[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0])
}

gradient_cases! {
    "attention" [[2, 3, 12]] |x| x[0].attention(Attend::heads(2), None);
    "attention, causal" [[2, 4, 6]] |x| x[0].attention(Attend::heads(1).causal(true), None).square();
    "attention, padded" [[2, 5, 6]] |x| x[0].attention(Attend::heads(2), Some(&padding(&x[0])));
    "attention, dropout" [[2, 4, 6]] |x| x[0].attention(Attend::heads(1).dropout(0.4), None);
    "attention, in tiles" [[2, 5, 6]] |x| x[0].graph().attention(&[&x[0]], Attend::heads(2), None, [2, 2]);
    "attention, in tiles, everything" [[2, 5, 6]] |x| {
        let attend = Attend::heads(1).causal(true).dropout(0.3);
        x[0].graph().attention(&[&x[0]], attend, Some(&padding(&x[0])), [2, 2]).square()
    };
    "attention, a tensor of queries" [[2, 3, 4], [2, 5, 8]] |x| {
        x[0].cross_attention(&x[1], Attend::heads(2), Some(&padding(&x[0])))
    };
    "attention, a tensor of queries, in tiles" [[1, 5, 2], [1, 4, 4]] |x| {
        x[0].graph().attention(&[&x[0], &x[1]], Attend::heads(1).causal(true), None, [2, 3]).square()
    };
    "attention, keys nobody sees" [[1, 2, 2], [1, 5, 4]] |x| {
        x[0].cross_attention(&x[1], Attend::heads(1).causal(true), None)
    };
}
