//! Multi-head attention (Vaswani et al., 2017): every position of a sequence looks at the others.

use tunesmith_autodiff::ops::attention::Attend;

use super::padded;
use crate::plugin::*;
use crate::trace::INPUT;

/// Every position gets a mean of the values of all positions, weighted by how its query fits their keys, in several
/// heads side by side: PyTorch's `MultiheadAttention` of a sequence to itself.
///
/// Input and output `[rows, positions, units]`; the heads divide the units. Parameters `in_proj_weight` `[3 units, units]`
/// and `in_proj_bias` (queries, keys, values), `out_proj.weight` `[units, units]` and `out_proj.bias`.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::MultiHeadAttention};
/// let model = Sequential::new([10, 8]).with(MultiHeadAttention::new(2).causal());
/// assert_eq!(model.output_shape().dims(), [10, 8]);
/// assert_eq!(model.params()[0].name, "0.in_proj_weight");
/// ```
#[derive(Clone, Debug)]
pub struct MultiHeadAttention {
    heads: usize,
    causal: bool,
    padding: Option<usize>,
    identifiers: String,
    dropout: f64,
    init: Plug,
}

impl MultiHeadAttention {
    /// Attention of that many heads to all positions, without dropout, weights by Glorot's uniform rule.
    #[must_use]
    pub fn new(heads: usize) -> Self {
        Self { heads, ..Self::default() }
    }

    /// The same where a position sees only itself and those before it.
    #[must_use]
    pub fn causal(mut self) -> Self {
        self.causal = true;
        self
    }

    /// The same where no position sees those whose identifier is the padding: identifiers are the model's input,
    /// `[rows, positions]`. What stands at padding itself is of no use. A row of nothing but padding gets zeros from the
    /// attention, where PyTorch gives NaN.
    #[must_use]
    pub fn padding(mut self, padding: usize) -> Self {
        self.padding = Some(padding);
        self
    }

    /// The same where, while training, a random share of the weights is zero.
    #[must_use]
    pub fn dropout(mut self, rate: f64) -> Self {
        self.dropout = rate;
        self
    }
}

impl Default for MultiHeadAttention {
    fn default() -> Self {
        Self {
            heads: 4,
            causal: false,
            padding: None,
            identifiers: INPUT.to_owned(),
            dropout: 0.0,
            init: Plug::new("glorot_uniform"),
        }
    }
}

impl Describe for MultiHeadAttention {
    const NAME: &'static str = "multi_head_attention";
    const ABOUT: &'static str = "every position of a sequence looks at the others, in several heads";
    const SOURCE: &'static str = "Vaswani et al. 2017, arXiv:1706.03762";
    const PARAMS: &'static [Param<Self>] = &[
        Param::int("heads", 1, 8, |s: &mut Self| &mut s.heads, "how many divide the units among them")
            .fixed()
            .valid(1.0, 1e4),
        Param::switch(
            "causal",
            |s: &mut Self| &mut s.causal,
            "whether a position sees only itself and those before it",
        ),
        padded::padding(|s: &mut Self| &mut s.padding),
        padded::identifiers(|s: &mut Self| &mut s.identifiers),
        Param::float(
            "dropout",
            0.0,
            0.5,
            |s: &mut Self| &mut s.dropout,
            "probability of zero of a weight while training",
        )
        .rarely()
        .valid(0.0, 0.999),
        Param::plug("init", "init", |s: &mut Self| &mut s.init, "how the weights start"),
    ];
}

impl Layer for MultiHeadAttention {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        let units = units_of(trace, Self::NAME, input, self.heads)?;
        let attention = SelfAttention::new(trace, units, &self.init);
        let attend = Attend::heads(self.heads).causal(self.causal);
        let attend = attend.dropout(if trace.training() { self.dropout } else { 0.0 });
        let seen = padded::counted(trace, input, self.padding, &self.identifiers)?;
        let rows = input.shape().dims()[0];
        Ok(attention.apply(&flat(input), rows, attend, seen.as_ref()).reshape(input.shape()))
    }

    fn sample(&self) -> Sample {
        Sample::numbers([3, 8])
    }
}

register!(LayerEntry, MultiHeadAttention);

/// The units of sequences `[rows, positions, units]` that heads divide, or why they do not.
pub(super) fn units_of(trace: &Trace, what: &str, input: &Var, heads: usize) -> Result<usize, Error> {
    let shape = input.shape();
    match *shape.dims() {
        [_, _, units] if units > 0 && units.is_multiple_of(heads) => Ok(units),
        [_, _, units] => Err(trace.error(format!("{heads} heads do not divide {units} units"))),
        _ => Err(trace.error(format!("{what} needs [rows, positions, units], found the shape {shape}"))),
    }
}

/// A weight `[out, in]` and a bias.
pub(super) struct Linear {
    weight: Var,
    bias: Var,
}

impl Linear {
    /// Parameters of these names.
    pub(super) fn new(trace: &mut Trace, names: [&str; 2], sizes: [usize; 2], init: &Plug) -> Self {
        Self {
            weight: trace.param(names[0], sizes, init),
            bias: trace.param(names[1], [sizes[0]], &Plug::new("zeros")),
        }
    }

    /// `x W^T + b` of a matrix.
    pub(super) fn apply(&self, x: &Var) -> Var {
        x.matmul_t(&self.weight) + &self.bias
    }
}

/// Sequences `[rows, positions, units]` as one matrix: so that what follows a product is one kernel with it.
pub(super) fn flat(sequences: &Var) -> Var {
    let shape = sequences.shape();
    let [lead @ .., units] = shape.dims() else { unreachable!("`units_of` has looked") };
    sequences.reshape([lead.iter().product(), *units])
}

/// The parameters of attention of a sequence to itself.
pub(super) struct SelfAttention {
    into: Linear,
    out: Linear,
}

impl SelfAttention {
    pub(super) fn new(trace: &mut Trace, units: usize, init: &Plug) -> Self {
        Self {
            into: Linear::new(trace, ["in_proj_weight", "in_proj_bias"], [3 * units, units], init),
            out: Linear::new(trace, ["out_proj.weight", "out_proj.bias"], [units, units], init),
        }
    }

    /// Of sequences as a matrix, how many they are, and which of their positions are seen.
    pub(super) fn apply(&self, x: &Var, rows: usize, attend: Attend, seen: Option<&Var>) -> Var {
        let packed = self.into.apply(x);
        let [all, units] = *packed.shape().dims() else { unreachable!("it is a matrix") };
        let packed = packed.reshape([rows, all.checked_div(rows).unwrap_or(0), units]);
        self.out.apply(&flat(&packed.attention(attend, seen)))
    }
}
