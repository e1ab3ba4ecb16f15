//! A layer of a transformer's encoder (Vaswani et al., 2017): attention, then two dense layers, each beside a way past.

use tunesmith_autodiff::ops::attention::Attend;

use super::multi_head_attention::{Linear, SelfAttention, flat, units_of};
use super::padded;
use crate::activation::find_activation;
use crate::plugin::*;
use crate::trace::INPUT;

/// Attention of a sequence to itself and a dense network at each position, both added to what they start from and
/// normalised: PyTorch's `TransformerEncoderLayer`.
///
/// Input and output `[rows, positions, units]`. Parameters as in PyTorch: `self_attn.in_proj_weight`,
/// `self_attn.in_proj_bias`, `self_attn.out_proj.weight`, `self_attn.out_proj.bias`, and `weight` and `bias` of `linear1`,
/// `linear2`, `norm1`, `norm2`. Normalising first (Xiong et al., 2020, arXiv:2002.04745) trains without a warm-up.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::TransformerEncoderLayer};
/// let model = Sequential::new([10, 8]).with(TransformerEncoderLayer::new(2, 32).norm_first().dropout(0.0));
/// assert_eq!(model.output_shape().dims(), [10, 8]);
/// assert_eq!(model.params().len(), 12);
/// ```
#[derive(Clone, Debug)]
pub struct TransformerEncoderLayer {
    heads: usize,
    feed_forward: usize,
    activation: Plug,
    norm_first: bool,
    dropout: f64,
    causal: bool,
    padding: Option<usize>,
    identifiers: String,
    layer_norm_eps: f64,
    init: Plug,
}

impl TransformerEncoderLayer {
    /// A layer of that many heads, and units of the inner dense layer; ReLU, normalising last, a dropout of 0.1.
    #[must_use]
    pub fn new(heads: usize, feed_forward: usize) -> Self {
        Self { heads, feed_forward, ..Self::default() }
    }

    /// The same with another activation of the inner dense layer, by name.
    #[must_use]
    pub fn activation(mut self, name: &str) -> Self {
        self.activation = Plug::new(name);
        self
    }

    /// The same with each part normalised before it, not after it.
    #[must_use]
    pub fn norm_first(mut self) -> Self {
        self.norm_first = true;
        self
    }

    /// The same with another share of zeros: of weights of the attention, inner units, and what each part adds.
    #[must_use]
    pub fn dropout(mut self, rate: f64) -> Self {
        self.dropout = rate;
        self
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
}

impl Default for TransformerEncoderLayer {
    fn default() -> Self {
        Self {
            heads: 4,
            feed_forward: 128,
            activation: Plug::new("relu"),
            norm_first: false,
            dropout: 0.1,
            causal: false,
            padding: None,
            identifiers: INPUT.to_owned(),
            layer_norm_eps: 1e-5,
            init: Plug::new("glorot_uniform"),
        }
    }
}

impl Describe for TransformerEncoderLayer {
    const NAME: &'static str = "transformer_encoder_layer";
    const ABOUT: &'static str =
        "attention and a dense network at each position, normalised, with ways past both";
    const SOURCE: &'static str = "Vaswani et al. 2017, arXiv:1706.03762";
    const PARAMS: &'static [Param<Self>] = &[
        Param::int("heads", 1, 8, |s: &mut Self| &mut s.heads, "how many divide the units among them")
            .fixed()
            .valid(1.0, 1e4),
        Param::int(
            "feed_forward",
            32,
            2048,
            |s: &mut Self| &mut s.feed_forward,
            "units of the inner dense layer",
        )
        .log()
        .valid(1.0, 1e7),
        Param::plug(
            "activation",
            "activation",
            |s: &mut Self| &mut s.activation,
            "what follows the inner dense layer",
        ),
        Param::switch(
            "norm_first",
            |s: &mut Self| &mut s.norm_first,
            "whether each part is normalised before it, not after it",
        ),
        Param::float(
            "dropout",
            0.0,
            0.5,
            |s: &mut Self| &mut s.dropout,
            "probability of zero while training",
        )
        .valid(0.0, 0.999),
        Param::switch(
            "causal",
            |s: &mut Self| &mut s.causal,
            "whether a position sees only itself and those before it",
        ),
        padded::padding(|s: &mut Self| &mut s.padding),
        padded::identifiers(|s: &mut Self| &mut s.identifiers),
        Param::float(
            "layer_norm_eps",
            1e-8,
            1e-2,
            |s: &mut Self| &mut s.layer_norm_eps,
            "added to a variance",
        )
        .log()
        .fixed()
        .valid(0.0, 1e3),
        Param::plug("init", "init", |s: &mut Self| &mut s.init, "how the weights start"),
    ];
}

/// A scale and a shift of what is normalised.
struct Norm {
    weight: Var,
    bias: Var,
    eps: f64,
}

impl Norm {
    fn new(trace: &mut Trace, name: &str, units: usize, eps: f64) -> Self {
        let ones = Plug::new("constant").with("value", 1.0);
        let weight = trace.param(&format!("{name}.weight"), [units], &ones);
        Self { weight, bias: trace.param(&format!("{name}.bias"), [units], &Plug::new("zeros")), eps }
    }

    fn apply(&self, x: &Var) -> Var {
        x.normalize(self.eps) * &self.weight + &self.bias
    }
}

impl Layer for TransformerEncoderLayer {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        let units = units_of(trace, Self::NAME, input, self.heads)?;
        let (inner, activation) = (self.feed_forward, find_activation(&self.activation)?);
        let made = activation
            .features(inner)
            .map_err(|because| trace.error(format!("the activation {} {because}", self.activation.name)))?;
        let attention =
            trace.within("self_attn", |trace| Ok(SelfAttention::new(trace, units, &self.init)))?;
        let first = Linear::new(trace, ["linear1.weight", "linear1.bias"], [inner, units], &self.init);
        let second = Linear::new(trace, ["linear2.weight", "linear2.bias"], [units, made], &self.init);
        let norms = ["norm1", "norm2"].map(|name| Norm::new(trace, name, units, self.layer_norm_eps));

        let rate = if trace.training() { self.dropout } else { 0.0 };
        let graph = input.graph();
        let dropped = |x: Var| match rate {
            0.0 => x,
            rate => &x * graph.dropout_mask(x.shape(), rate),
        };
        let attend = Attend::heads(self.heads).causal(self.causal).dropout(rate);
        let seen = padded::counted(trace, input, self.padding, &self.identifiers)?;
        let rows = input.shape().dims()[0];
        let attended = |x: &Var| dropped(attention.apply(x, rows, attend, seen.as_ref()));
        let dense = |x: &Var| dropped(second.apply(&dropped(activation.apply(&first.apply(x)))));
        let x = flat(input);
        let out = if self.norm_first {
            let x = &x + attended(&norms[0].apply(&x));
            &x + dense(&norms[1].apply(&x))
        } else {
            let x = norms[0].apply(&(&x + attended(&x)));
            norms[1].apply(&(&x + dense(&x)))
        };
        Ok(out.reshape(input.shape()))
    }

    fn sample(&self) -> Sample {
        Sample::numbers([3, 8])
    }
}

register!(LayerEntry, TransformerEncoderLayer);
